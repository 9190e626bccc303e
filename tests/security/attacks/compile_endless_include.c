// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-options: --compile-limit timeout=3s
// attack-status: compilation_error
// attack-seconds: 40
#include "/dev/zero"
int main(void)
{
	return 0;
}
