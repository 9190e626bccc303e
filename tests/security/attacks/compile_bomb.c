// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-options: --compile-limit timeout=2s
// attack-status: compilation_error
// attack-seconds: 40
#include "main.c"
#include "main.c"
int main(void) { return 0; }
