# SPDX-License-Identifier: Apache-2.0 OR MIT
# The program's own end decides, whatever its children still do; and what they write afterwards is not waited for.
# attack-exit: 5
# attack-status: error
# attack-seconds: 5
# attack-stdout: leaving
(while :; do :; done) &
(sleep 60; echo too late) &
echo leaving
exit 5
