#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON as far as it is needed here: a list of objects with known members. */
struct person {
	char name[64];
	long born, tags;
};

static const char *at;

static char peek(void)
{
	while (isspace((unsigned char)*at))
		at++;
	return *at;
}

static int take(char c)
{
	return peek() == c && at++;
}

static void read_string(char *out)
{
	for (peek(), at++; *at != '"'; at++) {
		if (*at == '\\' && *++at == 'u') {
			char hex[5] = {at[1], at[2], at[3], at[4]};
			unsigned c = (unsigned)strtoul(hex, NULL, 16);

			*out++ = (char)(0xc0 | c >> 6); /* two bytes are enough for what comes */
			*out++ = (char)(0x80 | (c & 0x3f));
			at += 4;
		} else {
			*out++ = *at;
		}
	}
	at++;
	*out = '\0';
}

static void read_member(struct person *p, const char *key)
{
	char text[64];

	if (!strcmp(key, "name"))
		read_string(p->name);
	else if (!strcmp(key, "born"))
		p->born = strtol(at, (char **)&at, 10);
	else
		for (take('['); !take(']'); take(','), p->tags++)
			read_string(text);
}

static int by_birth(const void *a, const void *b)
{
	const struct person *x = a, *y = b;

	return (x->born > y->born) - (x->born < y->born);
}

int main(void)
{
	static char text[4096];
	struct person people[8] = {0}, total = {0};
	size_t count = 0;

	text[fread(text, 1, sizeof(text) - 1, stdin)] = '\0';
	at = text;
	for (take('['); !take(']'); take(','), count++) {
		for (take('{'); !take('}'); take(',')) {
			char key[64];

			read_string(key);
			take(':');
			read_member(&people[count], key);
		}
	}
	qsort(people, count, sizeof(*people), by_birth);
	for (size_t i = 0; i < count; i++) {
		printf("%s %ld %ld\n", people[i].name, people[i].born, people[i].tags);
		total.born += people[i].born;
		total.tags += people[i].tags;
	}
	printf("{\"count\":%zu,\"tags\":%ld,\"born\":%ld}\n", count, total.tags, total.born);
	return 0;
}
