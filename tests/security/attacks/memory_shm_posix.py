# SPDX-License-Identifier: Apache-2.0 OR MIT
# /dev/shm is the cell's own, and small: what fills it is the disk limit, whoever has it open.
# attack-options: --limit disk_space=16MiB --limit file_size=64MiB
# attack-stdout: full
# attack-status: success
import os

written = 0
try:
    with open('/dev/shm/segment', 'wb', buffering=0) as f:
        os.unlink('/dev/shm/segment')
        for _ in range(64):
            written += f.write(bytes(1 << 20))
except OSError as e:
    print('full' if e.errno == 28 and written <= 16 << 20 else 'BROKEN %s %d' % (e, written))
else:
    print('BROKEN %d' % written)
