// SPDX-License-Identifier: Apache-2.0 OR MIT
// Diagnostics without end: as many as fit are kept.
// attack-options: --limit output=64KiB --compile-limit output=64KiB
// attack-status: compilation_error
// attack-compile-stderr: undeclared
// attack-seconds: 40
#define A x; y; z; u; v; w; a1; a2; a3; a4; a5; a6; a7; a8; a9; b1;
#define B A A A A A A A A A A A A A A A A
#define C B B B B B B B B B B B B B B B B
#define D C C
#define E(n) int f##n(void) { D }
E(1) E(2) E(3) E(4) E(5) E(6) E(7) E(8) E(9) E(10) E(11) E(12) E(13) E(14) E(15) E(16)
