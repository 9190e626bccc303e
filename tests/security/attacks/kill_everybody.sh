# SPDX-License-Identifier: Apache-2.0 OR MIT
# Signals to init and to everybody: init does not mind, and no outcome but the program's own comes of it.
# attack-stdout: still here
for s in 9 19 11 15 17 1; do kill -$s 1 2>/dev/null; done
sleep 100 &
kill -9 -1 2>/dev/null
wait 2>/dev/null
echo still here
