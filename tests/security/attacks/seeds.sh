#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
# attack-twice: differ
echo $RANDOM $RANDOM $RANDOM $SRANDOM
