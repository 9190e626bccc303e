// SPDX-License-Identifier: Apache-2.0 OR MIT
// An artifact that does not fit into the run stage's disk: a limit, no failure of the sandbox.
// attack-options: --limit disk_space=4MiB
// attack-status: disk_limit
// attack-limit-hit: disk_space
static char large[20 << 20] = { 1 };
int main(int argc, char **argv) { (void)argv; return large[argc]; }
