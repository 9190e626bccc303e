# SPDX-License-Identifier: Apache-2.0 OR MIT
# One limit for all places that can be written.
# attack-options: --limit disk_space=16MiB
# attack-stdout: at most 16 MiB
# attack-limit-hit: disk_space
import os

total = 0
for where in '/work', '/tmp', '/dev/shm':
    try:
        for i in range(100):
            fd = os.open('%s/f%d' % (where, i), os.O_CREAT | os.O_WRONLY)
            for k in range(8):
                total += os.write(fd, bytes(1 << 20))
    except OSError as e:
        if e.errno != 28:
            raise
print('at most 16 MiB' if 14 << 20 < total <= 16 << 20 else 'BROKEN: %d' % total)
