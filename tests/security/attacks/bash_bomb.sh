# SPDX-License-Identifier: Apache-2.0 OR MIT
# The classic, and it goes on when refused.
# attack-options: --limit timeout=1s
# attack-status: timeout
# attack-limit-hit: wall_time
f() { f | f & }
f 2>/dev/null
sleep 10
sleep 10
