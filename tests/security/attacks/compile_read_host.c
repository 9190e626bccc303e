// SPDX-License-Identifier: Apache-2.0 OR MIT
// The compiler as a confused deputy.
// attack-status: compilation_error
// attack-compile-stderr: No such file
#include "/etc/shadow"
int main(void)
{
	__asm__(".incbin \"/etc/shadow\"");
	return 0;
}
