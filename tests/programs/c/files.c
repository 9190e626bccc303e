#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct found {
	char name[64];
	long size;
} found[16];
static size_t count;

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_F) {
		snprintf(found[count].name, sizeof(found[count].name), "%s", path + strlen("tree/"));
		found[count++].size = (long)st->st_size;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

static void walk(void)
{
	count = 0;
	if (nftw("tree", visit, 8, FTW_PHYS))
		exit(1);
	qsort(found, count, sizeof(*found), by_name);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(1);
}

int main(void)
{
	char text[64] = "";
	long total = 0;
	FILE *f;

	mkdir("tree", 0755);
	mkdir("tree/b", 0755);
	write_file("tree/a.txt", "hello");
	write_file("tree/b/c.txt", "hello world");
	write_file("tree/b/d.txt", "");
	walk();
	for (size_t i = 0; i < count; i++) {
		printf("%s %ld\n", found[i].name, found[i].size);
		total += found[i].size;
	}
	printf("total %ld\n", total);
	if (rename("tree/b/c.txt", "tree/moved.txt") || !(f = fopen("tree/moved.txt", "r")) || !fgets(text, sizeof(text), f))
		return 1;
	fclose(f);
	printf("renamed %s\n", text);
	unlink("tree/b/d.txt");
	walk();
	printf("left %zu\n", count);
	return 0;
}
