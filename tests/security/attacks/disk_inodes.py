# SPDX-License-Identifier: Apache-2.0 OR MIT
# Millions of files, links, FIFOs and sockets, with long names; --output looks at all of them, many times.
# attack-options: --output a* --output *1 --output *2 --output *3 --output *4 --output *5 --output *6 --output *7 --output *8 --output *9 --output */* --output */*/* --output *a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b
# attack-status: error
# attack-status: disk_limit
# attack-exit: 7
# attack-limit-hit: inodes
# attack-seconds: 20
import os
import sys

n = 0
try:
    while True:
        name = '%s%d' % ('a' * 200, n)
        if n % 4 == 0:
            os.mkfifo(name)
        elif n % 4 == 1:
            os.symlink('/proc/self/root', name)
        else:
            open(name, 'w').close()
        n += 1
except OSError:
    sys.exit(7 if n < 20000 else 1)
