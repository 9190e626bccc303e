# SPDX-License-Identifier: Apache-2.0 OR MIT
# A tree so deep that its path fits nowhere, left for whoever cleans up.
# attack-options: --output d/d/d/d/d/* --output */*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*
# attack-stdout: 1500
import os

for n in range(1500):
    os.mkdir('d')
    os.chdir('d')
print(n + 1)
