// SPDX-License-Identifier: Apache-2.0 OR MIT
// The compiler's own input is no file that it may open, and the program's is not for it.
// attack-status: compilation_error
// attack-compile-stderr: /dev/stdin
#include "/dev/stdin"
#include <stdio.h>

int main(void)
{
	puts("nothing there");
	return 0;
}
