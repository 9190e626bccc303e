#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	regmatch_t m[5];
	regex_t pattern;
	int errors = 0;

	if (regcomp(&pattern, "^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([A-Z]+) (.+) id=([0-9]+)$", REG_EXTENDED))
		return 1;
	while ((length = getline(&line, &capacity, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (regexec(&pattern, line, 5, m, 0))
			continue;
#define GROUP(i) (int)(m[i].rm_eo - m[i].rm_so), line + m[i].rm_so
		printf("%.*s %.*s %.*s [%.*s]\n", GROUP(4), GROUP(2), GROUP(1), GROUP(3));
		errors += strncmp(line + m[2].rm_so, "ERROR", 5) == 0;
	}
	printf("errors %d\n", errors);
	regfree(&pattern);
	free(line);
	return 0;
}
