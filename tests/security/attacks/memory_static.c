// SPDX-License-Identifier: Apache-2.0 OR MIT
// A static array that is larger than the limit: the program may start, its pages are counted when they are used.
// attack-options: --limit memory=64MiB
// attack-status: memory_limit
// attack-limit-hit: memory
// attack-needs: cgroup
static char large[1u << 30];

int main(void)
{
	for (unsigned long i = 0; i < sizeof(large); i += 4096)
		((volatile char *)large)[i] = 1;
	return 1;
}
