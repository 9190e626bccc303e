/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec lint`: reads manifests as a sandbox would. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

#include <codeexec/executors.h>

#include "page.h"

/* A finding is what was asked for and no error of ours, so it stands as compilers write theirs, for editors
 * to follow. */
static int print_finding(const char *path, ce_error *error)
{
	const char *message = error ? ce_error_message(error) : "no memory left";
	char line[2048];
	int n;

	if (error && ce_error_code(error) == CE_ERR_MANIFEST)
		n = snprintf(line, sizeof(line), "%s\n", message);
	else
		return console_error("%s%s%s", strstr(message, path) ? "" : path,
				     strstr(message, path) ? "" : ": ", message);
	if ((size_t)n >= sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	console_write(STDERR_FILENO, line, (size_t)n);
	return 1;
}

/* "FILE:LINE:COLUMN: warning: MESSAGE", as compilers write it. */
static void print_warning(const char *message, void *user_data)
{
	const char *words = strstr(message, ": ");
	int place = words ? (int)(words - message) : 0;
	char line[2048];
	int n = snprintf(line, sizeof(line), "%.*s: warning: %s\n", place, message, words ? words + 2 : message);

	(void)user_data;
	if (n > 0)
		console_write(STDERR_FILENO, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

int command_lint(struct cli_globals *globals, int argc, char **argv)
{
	struct arguments arguments;
	struct page page;
	int status = 0, r = globals_parse(globals, NULL, argc, argv, &arguments);

	if (r)
		return r;
	if (globals->help)
		return help_print("lint");
	if (!arguments.plain_count)
		return console_error("nothing to lint: a FILE.yaml is missing (see 'codeexec lint --help')");
	if (page_open(&page))
		return EXIT_OWN_ERROR;
	for (size_t i = 0; i < arguments.plain_count; i++) {
		ce_error *error = NULL;
		int found;

		if (ce_manifest_review(arguments.plain[i], print_warning, NULL, &error) >= 0) {
			fprintf(page.out, "%s: ok\n", arguments.plain[i]);
			continue;
		}
		found = print_finding(arguments.plain[i], error);
		status = found > status ? found : status;
		ce_error_free(error);
	}
	r = page_print(&page);
	return r ? r : status;
}
