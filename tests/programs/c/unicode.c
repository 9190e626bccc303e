#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

int main(void)
{
	char line[256], out[MB_LEN_MAX];
	wchar_t points[256];
	size_t count;
	const char *separator = "";

	if (!setlocale(LC_ALL, "C.UTF-8") || !fgets(line, sizeof(line), stdin))
		return 1;
	line[strcspn(line, "\n")] = '\0';
	count = mbstowcs(points, line, 256);
	printf("%zu %zu\n", count, strlen(line));
	for (size_t i = count; i-- > 0;) {
		int n = wctomb(out, points[i]);

		fwrite(out, 1, n > 0 ? (size_t)n : 0, stdout);
	}
	putchar('\n');
	for (size_t i = 0; i < count; i++) {
		if (points[i] <= 127)
			continue;
		printf("%s%x", separator, (unsigned)points[i]);
		separator = " ";
	}
	putchar('\n');
	return 0;
}
