/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * codeexec-server: the command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lifecycle.h"
#include "page.h"

enum mode { MODE_SERVE, MODE_CHECK, MODE_HELP, MODE_VERSION, MODE_HASH, MODE_PRINT };

static const char help_head[] =
    "Runs programs that nobody trusts in sandboxes, for clients that speak HTTP and JSON.\n"
    "\n"
    "Usage: codeexec-server [OPTIONS]\n"
    "\n"
    "  -h, --help          show this help\n"
    "  -V, --version       print the version\n"
    "  -c, --config FILE   read settings from a YAML file (or CODE_EXEC_CONFIG)\n"
    "      --check-config  check the settings and exit\n"
    "      --print-config  print the settings as YAML and exit\n"
    "      --hash-key      read an API key from standard input and print its SHA-256\n"
    "\n"
    "Settings. Each is an option, an environment variable, and a key of the YAML file (the option with '_' "
    "for\n"
    "'-'); the option wins over the environment, the environment over the file. Times take ms, s, min and "
    "h,\n"
    "sizes take K, M, G, KiB, MiB and GiB.\n"
    "\n";

static const char help_tail[] =
    "\nSignals: SIGTERM stops when what runs has ended, SIGHUP reads executors and keys anew.\n"
    "Exit status: 0 stopped as asked, 1 cannot start, 2 wrong settings.\n";

static int complain(const char *why)
{
	fprintf(stderr, "codeexec-server: %s\n", why);
	return 2;
}

static int hash_key(void)
{
	char line[4096], digest[SHA256_HEX_BYTES];
	size_t n;

	if (!fgets(line, sizeof(line), stdin))
		return complain("--hash-key: no key on standard input");
	n = strcspn(line, "\r\n");
	if (n < 16)
		return complain("--hash-key: a key has at least 16 characters (try: openssl rand -hex 32)");
	sha256_hex(line, n, digest);
	puts(digest);
	return 0;
}

struct command_line {
	enum mode mode;
	const char *file;
	char **options; /* "--name" and the like, read after file and environment */
	int count;
};

static bool take_mode(struct command_line *line, const char *word)
{
	static const struct {
		const char *word;
		enum mode mode;
	} modes[] = {
	    {"-h", MODE_HELP},
	    {"--help", MODE_HELP},
	    {"-V", MODE_VERSION},
	    {"--version", MODE_VERSION},
	    {"--check-config", MODE_CHECK},
	    {"--hash-key", MODE_HASH},
	    {"--print-config", MODE_PRINT},
	};

	for (size_t i = 0; i < COUNT_OF(modes); i++)
		if (!strcmp(modes[i].word, word)) {
			line->mode = modes[i].mode;
			return true;
		}
	return false;
}

/* "--name=value", "--name value", or "--name" of a switch. Returns the words used, or -1. */
static int take_option(struct config *config, char **words, char *why, size_t size)
{
	const char *equals = strchr(words[0], '='), *value = equals ? equals + 1 : NULL;
	size_t n = equals ? (size_t)(equals - words[0]) : strlen(words[0]);
	char name[64];
	int used = 1, r;

	if (strncmp(words[0], "--", 2) != 0 || n - 2 >= sizeof(name)) {
		snprintf(why, size, "'%s' is no option (see --help)", words[0]);
		return -1;
	}
	memcpy(name, words[0] + 2, n - 2);
	name[n - 2] = '\0';
	if (!value && words[1] && strncmp(words[1], "--", 2) != 0) {
		value = words[1];
		used = 2;
	}
	r = config_set_option(config, name, value, why, size);
	if (r > 0)
		snprintf(why, size, "'%s' is no option (see --help)", words[0]);
	return r ? -1 : used;
}

/* First what decides where settings come from; the settings themselves are looked at in read_settings. */
static int scan(struct command_line *line, int argc, char **argv, char *why, size_t size)
{
	line->options = calloc((size_t)argc + 1, sizeof(*line->options));
	line->file = getenv("CODE_EXEC_CONFIG");
	if (!line->options)
		return -1;
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--config=", 9)) {
			line->file = argv[i] + 9;
		} else if (!strcmp(argv[i], "-c") || !strcmp(argv[i], "--config")) {
			if (!argv[i + 1]) {
				snprintf(why, size, "%s: a file is missing", argv[i]);
				return -1;
			}
			line->file = argv[++i];
		} else if (!take_mode(line, argv[i])) {
			line->options[line->count++] = argv[i];
		}
	}
	return 0;
}

static int read_settings(struct config *config, const struct command_line *line, char *why, size_t size)
{
	if (!config_init(config)) {
		snprintf(why, size, "no memory left");
		return -1;
	}
	if (line->file && *line->file && config_read_file(config, line->file, why, size))
		return -1;
	if (config_read_environment(config, environ, why, size))
		return -1;
	for (int i = 0; i < line->count;) {
		int used = take_option(config, line->options + i, why, size);

		if (used < 0)
			return -1;
		i += used;
	}
	return config_check(config, why, size);
}

static int serve(struct server *server, enum mode mode)
{
	char why[600];

	if (server->config.api_keys_file &&
	    keys_load(&server->keys, server->config.api_keys_file, why, sizeof(why)))
		return complain(why);
	if (page_load(server->config.page_dir, why, sizeof(why)))
		return complain(why);
	if (mode == MODE_CHECK) {
		puts("the settings are fine");
		return 0;
	}
	server->admission.max_running = (size_t)server->config.max_concurrent;
	server->admission.queue_limit = (size_t)server->config.queue_limit;
	server->metrics.started_us = clock_us();
	return lifecycle_run(server);
}

static int run(struct server *server, const struct command_line *line)
{
	char why[600];

	switch (line->mode) {
	case MODE_HELP:
		fputs(help_head, stdout);
		config_print_help(stdout);
		fputs(help_tail, stdout);
		return 0;
	case MODE_VERSION:
		printf("codeexec-server %s (libcodeexec %s)\n", CE_VERSION, ce_version());
		return 0;
	case MODE_HASH:
		return hash_key();
	default:
		break;
	}
	if (read_settings(&server->config, line, why, sizeof(why)))
		return complain(why);
	if (line->mode == MODE_PRINT) {
		config_print(&server->config, stdout);
		return 0;
	}
	return serve(server, line->mode);
}

int main(int argc, char **argv)
{
	struct command_line line = {0};
	struct server *server = calloc(1, sizeof(*server));
	char why[600] = "no memory left";
	int status;

	if (!server || scan(&line, argc, argv, why, sizeof(why))) {
		status = complain(why);
	} else {
		server->listen_fd = server->signal_fd = server->loader.done = server->loop = -1;
		status = run(server, &line);
		config_free(&server->config);
		keys_free(&server->keys);
		page_free();
		if (server->loop >= 0)
			close(server->loop);
	}
	free(line.options);
	free(server);
	return status;
}
