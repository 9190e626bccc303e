// SPDX-License-Identifier: Apache-2.0 OR MIT
// Sixteen to the ninth power words out of ten lines: stopped by the compile stage's clock or memory.
// attack-options: --compile-limit timeout=3s --compile-limit memory=128MiB
// attack-status: compilation_error
// attack-seconds: 40
#define A x x x x x x x x x x x x x x x x
#define B A A A A A A A A A A A A A A A A
#define C B B B B B B B B B B B B B B B B
#define D C C C C C C C C C C C C C C C C
#define E D D D D D D D D D D D D D D D D
#define F E E E E E E E E E E E E E E E E
#define G F F F F F F F F F F F F F F F F
#define H G G G G G G G G G G G G G G G G
int main(void)
{
	H;
	return 0;
}
