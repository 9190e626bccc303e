#include <stdio.h>
#include <string.h>

static int ackermann(int m, int n)
{
	return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static int hanoi(int n)
{
	return n == 0 ? 0 : 2 * hanoi(n - 1) + 1;
}

static int queens(int n, int row, unsigned columns, unsigned down, unsigned up)
{
	int count = row == n;

	for (unsigned free = ((1u << n) - 1) & ~(columns | down | up); row < n && free; free &= free - 1) {
		unsigned c = free & -free;

		count += queens(n, row + 1, columns | c, (down | c) << 1, (up | c) >> 1);
	}
	return count;
}

static int permutations(char *items, size_t n, void (*visit)(const char *))
{
	int count = 0;

	if (n == 1) {
		visit(items);
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		char swap;

		count += permutations(items, n - 1, visit);
		swap = items[n % 2 ? 0 : i];
		items[n % 2 ? 0 : i] = items[n - 1];
		items[n - 1] = swap;
	}
	return count;
}

static void check(const char *items)
{
	if (strspn(items, "abcd") != 4)
		printf("wrong: %s\n", items);
}

static long fibonacci(int n)
{
	static long known[64];

	if (n >= 2 && known[n] == 0)
		known[n] = fibonacci(n - 1) + fibonacci(n - 2);
	return n < 2 ? n : known[n];
}

int main(void)
{
	char items[] = "abcd";

	printf("%d\n%d\n%d\n%d\n%ld\n", ackermann(2, 3), hanoi(10), queens(8, 0, 0, 0, 0), permutations(items, 4, check), fibonacci(20));
	return 0;
}
