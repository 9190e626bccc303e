// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-options: --compile-limit timeout=10s
// attack-status: compilation_error
// attack-compile-stderr: nested
// attack-seconds: 40
#include __FILE__
int main(void)
{
	return 0;
}
