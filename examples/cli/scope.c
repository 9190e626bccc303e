/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * An ordinary user has no cgroup of their own to put limits on, but their systemd manager gives one to
 * whoever asks: `systemd-run --user --scope -p Delegate=yes`. This asks for it on the user's behalf, once. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCOPE_MARK "CODEEXEC_IN_SCOPE"

bool scope_leave_mark(void)
{
	bool marked = getenv(SCOPE_MARK) != NULL;

	unsetenv(SCOPE_MARK);
	return marked;
}

static bool on_path(const char *name)
{
	const char *path = getenv("PATH");
	char candidate[4096];

	while (path && *path) {
		size_t length = strcspn(path, ":");

		snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)length, path, name);
		if (length > 0 && !access(candidate, X_OK))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

bool scope_reachable(const struct cli_globals *globals)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char manager[4096];
	struct stat status;

	if (globals->in_scope || globals->cgroup || geteuid() == 0 || !runtime || *runtime != '/')
		return false;
	snprintf(manager, sizeof(manager), "%s/systemd", runtime);
	return !stat(manager, &status) && S_ISDIR(status.st_mode) && on_path("systemd-run");
}

void scope_enter(const struct cli_globals *globals)
{
	static const char *const prefix[] = {"systemd-run", "--user",       "--scope", "--quiet",
					     "-p",          "Delegate=yes", "--"};
	const size_t prefix_count = sizeof(prefix) / sizeof(prefix[0]);
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char **argv;
	size_t n = 0;

	if (length < 0)
		return;
	self[length] = '\0';
	while (globals->argv[n])
		n++;
	argv = calloc(prefix_count + n + 1, sizeof(*argv));
	if (!argv)
		return;
	memcpy(argv, prefix, sizeof(prefix));
	argv[prefix_count] = self;
	for (size_t i = 1; i < n; i++)
		argv[prefix_count + i] = globals->argv[i];
	if (!setenv(SCOPE_MARK, "1", 1))
		execvp(argv[0], (char *const *)argv);
	console_note("cannot start systemd-run: %s", strerror(errno));
	unsetenv(SCOPE_MARK);
	free(argv);
}
