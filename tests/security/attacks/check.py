# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compares a result (codeexec run --json) with what the attack's own header promises. Prints what differs."""
import json
import platform
import re
import sys


def directives(path):
    found = {}
    for line in open(path, encoding='utf-8'):
        m = re.match(r'(?://|#) attack-([a-z-]+): ?(.*)', line.rstrip('\n'))
        if m:
            found.setdefault(m.group(1), []).append(m.group(2))
    return found


def options(wanted, weaker):
    if wanted.get('arch', [platform.machine()])[0] != platform.machine():
        return 'SKIP for another processor'
    if weaker and 'cgroup' in wanted.get('needs', []):
        return 'SKIP needs a cgroup'
    return 'RUN ' + ' '.join(wanted.get('options', []))


def pick(wanted, key, weaker, default):
    if weaker and 'weaker-' + key in wanted:
        return wanted['weaker-' + key]
    return wanted.get(key, default)


def check(wanted, result, weaker):
    status = pick(wanted, 'status', weaker, ['success'])
    if result['status'] not in status:
        yield 'status %s (%s), not %s' % (result['status'], result['message'], ' or '.join(status))
    for key, name in ('exit', 'exit_code'), ('signal', 'signal'):
        value = pick(wanted, key, weaker, None)
        if value and str(result[name]) not in value:
            yield '%s is %s, not %s' % (name, result[name], value)
    if not weaker:
        missing = set(wanted.get('limit-hit', [])) - set(result['limit_hit'])
        if missing:
            yield 'limit_hit %s lacks %s' % (result['limit_hit'], sorted(missing))
    if 'stdout' in wanted and result['stdout'].splitlines() != wanted['stdout']:
        yield 'stdout is %r' % result['stdout']
    if 'BROKEN' in result['stdout']:
        yield 'it got through: %r' % result['stdout']
    if 'stdout-bytes' in wanted and len(result['stdout']) != int(wanted['stdout-bytes'][0]):
        yield 'stdout has %d bytes' % len(result['stdout'])
    for stream in wanted.get('truncated', []):
        if not result['truncated'][stream]:
            yield '%s is not truncated' % stream
    for text in wanted.get('compile-stderr', []):
        if text not in json.dumps(result['compile']):
            yield 'the compiler did not say %r' % text
    if 'output-only-regular' in wanted:
        kept = {o['name'] for o in result['outputs'] if not o.get('skipped')}
        for name in kept - {'regular', 'hard', 'main.c', 'attack.h', 'main', 'new\nline'}:
            if set(name) != {'n'} and '\ufffd' not in name:
                yield 'output %r was kept' % name
        if not {'regular', 'hard'} <= kept:
            yield 'outputs are %s' % sorted(kept)
    if 'output' in wanted:
        outputs = sorted('%s %s' % (o['name'], 'skipped' if o.get('skipped') else 'kept') for o in result['outputs'])
        if outputs != sorted(wanted['output']):
            yield 'outputs are %s' % outputs


def main():
    if sys.argv[1] == 'stdout':
        print(json.load(open(sys.argv[2], encoding='utf-8'))['stdout'])
        return
    command, path, weaker = sys.argv[1], sys.argv[2], sys.argv[3] == 'weaker'
    wanted = directives(path)
    if command == 'options':
        print(options(wanted, weaker))
    else:
        try:
            result = json.load(open(sys.argv[4], encoding='utf-8'))
        except ValueError:
            print('no result')
            return
        for problem in check(wanted, result, weaker):
            print(problem)


main()
