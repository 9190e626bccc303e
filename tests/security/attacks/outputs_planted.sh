# SPDX-License-Identifier: Apache-2.0 OR MIT
# Whoever collects files must follow nothing and wait for nothing.
# attack-options: --output * --output sub/* --output link/* --output gone
# attack-stdout: planted
# attack-output: good kept
# attack-output: fifo skipped
# attack-output: host skipped
# attack-output: link skipped
# attack-output: main.sh kept
# attack-output: sparse kept
# attack-output: sub skipped
# attack-output: sub/up skipped
# attack-output: unreadable kept
echo good > good
echo closed > unreadable; chmod 000 unreadable
ln -s /etc/passwd host
ln -s / link
mkfifo fifo
truncate -s 5M sparse
mkdir sub; ln -s ../../etc/passwd sub/up
echo planted
