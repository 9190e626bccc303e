# SPDX-License-Identifier: Apache-2.0 OR MIT
# Reading more of the host's files than the memory limit: their pages are reclaimed, nobody is killed for them.
# attack-options: --limit memory=48MiB
# attack-stdout: read much
import os

total = 0
for directory, _, names in os.walk('/usr/lib'):
    for name in names:
        try:
            fd = os.open(os.path.join(directory, name), os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        while total < 96 << 20:
            block = os.read(fd, 1 << 18)
            if not block:
                break
            total += len(block)
        os.close(fd)
    if total >= 96 << 20:
        break
# On a machine with little installed there is less to read.
print('read much' if total > 16 << 20 else 'BROKEN %d' % total)
