# SPDX-License-Identifier: Apache-2.0 OR MIT
# Variables that make loaders and interpreters run other code do so in the cell at most, and after everything is in place.
# attack-options: --env LD_PRELOAD=/work/evil.so --env LD_AUDIT=/work/evil.so --env PYTHONSTARTUP=/work/x.py --env PYTHONPATH=/work/evil --env NODE_OPTIONS=--require=/work/x.js --env BASH_ENV=/work/x.sh --env GCONV_PATH=/work --env MALLOC_CHECK_=3
# attack-stdout: seccomp 2
# attack-stdout: capabilities 0
# attack-stdout: no new privileges 1
import re

status = open('/proc/self/status').read()
print('seccomp', re.search(r'^Seccomp:\s*(\d+)', status, re.M).group(1))
print('capabilities', int(re.search(r'^CapPrm:\s*(\w+)', status, re.M).group(1), 16) +
      int(re.search(r'^CapBnd:\s*(\w+)', status, re.M).group(1), 16))
print('no new privileges', re.search(r'^NoNewPrivs:\s*(\d+)', status, re.M).group(1))
