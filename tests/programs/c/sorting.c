#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_length(const void *a, const void *b)
{
	const char *x = a, *y = b;
	size_t n = strlen(x), m = strlen(y);

	return n != m ? (n < m ? 1 : -1) : strcmp(x, y);
}

int main(void)
{
	char words[64][32];
	size_t count = 0;
	double median;

	while (count < 64 && scanf("%31s", words[count]) == 1)
		count++;
	qsort(words, count, sizeof(words[0]), by_length);
	for (size_t i = 0; i < count; i++)
		puts(words[i]);
	median = (double)(strlen(words[(count - 1) / 2]) + strlen(words[count / 2])) / 2;
	printf("median %.1f\n", median);
	return 0;
}
