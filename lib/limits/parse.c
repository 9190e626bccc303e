/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Parsers of kernel texts, pure so that they can be tested from strings. */
#include "limits/limits_internal.h"

#include <string.h>

/* Reads digits at *p and moves *p behind them. */
static int take_u64(const char **p, uint64_t *out)
{
	uint64_t value = 0;
	const char *s = *p;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return -ERANGE;
	}
	*p = s;
	*out = value;
	return 0;
}

int ce__limits_parse_u64(const char *text, uint64_t *out)
{
	uint64_t value;
	int r = take_u64(&text, &value);

	if (r < 0)
		return r;
	if (*text == '\n')
		text++;
	if (*text != '\0')
		return -EINVAL;
	*out = value;
	return 0;
}

int ce__limits_parse_keyed(const char *text, const char *key, uint64_t *out)
{
	size_t length = strlen(key);

	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');

		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			const char *p = line + length + 1;
			uint64_t value;
			int r = take_u64(&p, &value);

			if (r < 0)
				return r;
			if (p != end)
				return -EINVAL;
			*out = value;
			return 0;
		}
		line = *end ? end + 1 : end;
	}
	return -ENOENT;
}

static int add_field(const char *text, const char *name, uint64_t *sum)
{
	size_t length = strlen(name);

	for (const char *p = text; (p = strstr(p, name)) != NULL;) {
		uint64_t value;
		int r;

		/* Fields follow a blank: "dbytes=" must not count as "bytes=". */
		if (p == text || p[-1] != ' ') {
			p += length;
			continue;
		}
		p += length;
		r = take_u64(&p, &value);
		if (r < 0)
			return r;
		if (__builtin_add_overflow(*sum, value, sum))
			return -ERANGE;
	}
	return 0;
}

int ce__limits_parse_io_stat(const char *text, uint64_t *read_bytes, uint64_t *write_bytes)
{
	uint64_t in = 0, out = 0;
	int r = add_field(text, "rbytes=", &in);

	if (r == 0)
		r = add_field(text, "wbytes=", &out);
	if (r < 0)
		return r;
	*read_bytes = in;
	*write_bytes = out;
	return 0;
}

bool ce__limits_parse_has_word(const char *list, const char *word)
{
	static const char separators[] = " ,\n";
	size_t length = strlen(word);

	while (*list) {
		size_t n = strcspn(list, separators);

		if (n == length && memcmp(list, word, n) == 0)
			return true;
		list += n;
		list += strspn(list, separators);
	}
	return false;
}

/* mountinfo writes blanks, tabs, newlines and backslashes as \ooo. */
static void unescape(char *text)
{
	char *out = text;

	for (const char *p = text; *p; out++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
		    p[3] <= '7') {
			*out = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
			p += 4;
		} else {
			*out = *p++;
		}
	}
	*out = '\0';
}

int ce__limits_parse_mountinfo(char *line, struct ce_mountinfo *out)
{
	char *save = NULL, *root, *mount, *options, *word, *type, *super;

	line[strcspn(line, "\n")] = '\0';
	/* id, parent, major:minor */
	if (!strtok_r(line, " ", &save) || !strtok_r(NULL, " ", &save) || !strtok_r(NULL, " ", &save))
		return -EINVAL;
	root = strtok_r(NULL, " ", &save);
	mount = strtok_r(NULL, " ", &save);
	options = strtok_r(NULL, " ", &save);
	/* any number of optional fields, then "-" */
	do {
		word = strtok_r(NULL, " ", &save);
	} while (word && strcmp(word, "-") != 0);
	type = strtok_r(NULL, " ", &save);
	/* An empty source shows as two blanks, which strtok_r takes for one: so the last word, not the third.
	 */
	super = NULL;
	while ((word = strtok_r(NULL, " ", &save)) != NULL)
		super = word;
	if (!root || !mount || !options || !type || !super)
		return -EINVAL;
	unescape(root);
	unescape(mount);
	*out = (struct ce_mountinfo){root, mount, options, type, super};
	return 0;
}

int ce__limits_parse_cgroup(char *line, struct ce_cgroup_line *out)
{
	const char *p = line;
	char *controllers, *path;
	uint64_t id;

	line[strcspn(line, "\n")] = '\0';
	if (take_u64(&p, &id) < 0 || *p != ':')
		return -EINVAL;
	controllers = line + (p - line) + 1;
	/* A cgroup's name may hold colons, a controller's not. */
	path = strchr(controllers, ':');
	if (!path || path[1] != '/')
		return -EINVAL;
	*path++ = '\0';
	*out = (struct ce_cgroup_line){id, controllers, path};
	return 0;
}

static bool has_parent_part(const char *path)
{
	for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

char *ce__limits_parse_locate(const char *root, const char *mount, const char *path)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	/* "/.." means outside of our cgroup namespace: such a name leads nowhere in the mounted tree. */
	if (has_parent_part(root) || has_parent_part(path))
		return NULL;
	if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	path += length;
	return ce__base_asprintf("%s%s", mount, strcmp(path, "/") == 0 ? "" : path);
}

int ce__limits_parse_stat(const char *text, struct ce_proc_stat *out)
{
	/* The name in the second field may hold anything, also ") R 1": the last ")" ends it. */
	const char *p = strrchr(text, ')');
	uint64_t value, ticks = 0, threads = 0, parent = 0;

	if (!p || p[1] != ' ' || p[2] == '\0' || p[3] != ' ')
		return -EINVAL;
	p += 4;
	/* Fields count as in proc(5): ppid is the 4th; 14 to 17 are the times, 20 the threads. */
	for (int field = 4; field <= 20; field++) {
		bool negative = *p == '-';

		if (negative)
			p++;
		if (take_u64(&p, &value) < 0 || *p++ != ' ')
			return -EINVAL;
		if (negative)
			value = 0;
		if (field == 4)
			parent = value;
		else if (field >= 14 && field <= 17)
			ticks += value;
		else if (field == 20)
			threads = value;
	}
	if (parent > INT32_MAX)
		return -EINVAL;
	*out = (struct ce_proc_stat){(pid_t)parent, ticks, threads};
	return 0;
}
