# SPDX-License-Identifier: Apache-2.0 OR MIT
# A trickle on both streams until the clock ends it: what came before is there.
# attack-options: --limit timeout=1s
# attack-status: timeout
# attack-limit-hit: wall_time
# attack-stdout: first
import sys
import time

print('first', flush=True)
while True:
    sys.stderr.write('.')
    sys.stderr.flush()
    time.sleep(0.01)
