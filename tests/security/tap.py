# SPDX-License-Identifier: Apache-2.0 OR MIT
"""TAP for the scripts of this directory."""
import os
import sys

_count = 0
_failed = False


def ok(good, name, details=(), always=False):
    """One test; its details are shown if it failed, or `always`."""
    global _count, _failed
    _count += 1
    _failed |= not good
    print('%s %d - %s' % ('ok' if good else 'not ok', _count, name), flush=True)
    for line in () if good and not always else details:
        print('#', line, flush=True)


def skip(reason):
    """All of it; where nothing may be skipped that is a failure."""
    print('1..0 # SKIP', reason)
    sys.exit(1 if os.environ.get('CE_TESTS_MUST_RUN') else 0)


def done():
    print('1..%d' % _count)
    sys.exit(_failed)
