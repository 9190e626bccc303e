# SPDX-License-Identifier: Apache-2.0 OR MIT
# What is to be random differs from one execution to the next: run.sh compares the two.
# attack-twice: differ
import os
import random
import uuid

print(random.random(), os.urandom(8).hex(), hash('text'), uuid.uuid4())
