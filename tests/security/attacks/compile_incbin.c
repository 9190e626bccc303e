// SPDX-License-Identifier: Apache-2.0 OR MIT
// The assembler reads files as well, of the cell only.
// attack-status: compilation_error
// attack-compile-stderr: file not found
__asm__(".incbin \"/etc/shadow\"\n.incbin \"/proc/1/environ\"\n");
int main(void)
{
	return 0;
}
