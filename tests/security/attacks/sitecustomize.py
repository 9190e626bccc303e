# SPDX-License-Identifier: Apache-2.0 OR MIT
# A module of that name next to the program is the program's own affair, and starts nothing before the walls are up.
# attack-files: sitecustomize.py
# attack-stdout: seccomp 2
import re

print('seccomp', re.search(r'^Seccomp:\s*(\d+)', open('/proc/self/status').read(), re.M).group(1))
