/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One table names, explains, reads and prints every setting. The name in the environment is the key: the YAML
 * key is the same in lower case without "CODE_EXEC_", the option has '-' instead of '_'. */
#include "config.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "units.h"
#include "util.h"

#define PREFIX "CODE_EXEC_"
#define NAME_MAX_BYTES 64

enum kind { KIND_TEXT, KIND_BOOL, KIND_COUNT, KIND_BYTES, KIND_TIME };

struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *standard; /* default, as one would write it; NULL: none */
	uint64_t least, most;
	const char *help;
};

#define AT(member) offsetof(struct config, member)
#define DAY_MS UINT64_C(86400000)
#define TIB (UINT64_C(1) << 40)

static const struct setting settings[] = {
    {"CODE_EXEC_BIND", KIND_TEXT, AT(bind), "127.0.0.1", 0, 0,
     "address to listen on; any but a loopback address needs CODE_EXEC_API_KEYS_FILE"},
    {"CODE_EXEC_PORT", KIND_COUNT, AT(port), "8080", 0, 65535, "TCP port; 0 takes a free one and logs it"},
    {"CODE_EXEC_SOCKET", KIND_TEXT, AT(socket), NULL, 0, 0, "path of a unix socket to listen on instead"},
    {"CODE_EXEC_ALLOW_NO_KEYS", KIND_BOOL, AT(allow_no_keys), "false", 0, 0,
     "serve other addresses than loopback although everybody may run programs"},
    {"MAX_CONCURRENT_EXECUTIONS", KIND_COUNT, AT(max_concurrent), "10", 1, 10000, "executions at once"},
    {"CODE_EXEC_QUEUE_LIMIT", KIND_COUNT, AT(queue_limit), "100", 0, 100000,
     "executions that may wait; beyond it the answer is 429"},
    {"CODE_EXEC_QUEUE_TIMEOUT", KIND_TIME, AT(queue_timeout_ms), "60s", 1, DAY_MS,
     "longest wait of one execution; after it the answer is 503"},
    {"CODE_EXEC_MAX_BODY_BYTES", KIND_BYTES, AT(max_body_bytes), "16MiB", 1024, TIB, "largest request body"},
    {"CODE_EXEC_MAX_BUFFERED_BYTES", KIND_BYTES, AT(max_buffered_bytes), "256MiB", 1024, TIB,
     "request bodies in memory at once, of waiting executions too; beyond it the answer is 503"},
    {"CODE_EXEC_MAX_CONNECTIONS", KIND_COUNT, AT(max_connections), "1024", 1, 100000, "connections at once"},
    {"CODE_EXEC_CONNECTION_TIMEOUT", KIND_TIME, AT(connection_timeout_ms), "30s", 1000, DAY_MS,
     "silence after which a connection is closed"},
    {"CODE_EXEC_REQUEST_TIMEOUT", KIND_TIME, AT(request_timeout_ms), "30s", 100, DAY_MS,
     "longest time that a request may take to arrive, head and body"},
    {"CODE_EXEC_DRAIN_TIMEOUT", KIND_TIME, AT(drain_timeout_ms), "30s", 1, DAY_MS,
     "after SIGTERM, how long executions may go on before they are cancelled"},
    {"CODE_EXEC_DEFAULT_TIMEOUT", KIND_TIME, AT(default_timeout_ms), "30s", 1, DAY_MS,
     "wall and CPU time of a request that says nothing"},
    {"CODE_EXEC_MAX_TIMEOUT", KIND_TIME, AT(max_timeout_ms), "60s", 1, DAY_MS, "ceiling of timeout"},
    {"CODE_EXEC_MAX_CPU_TIME", KIND_TIME, AT(max_cpu_time_ms), "60s", 1, DAY_MS,
     "ceiling of limits.cpu_time"},
    {"CODE_EXEC_MAX_MEMORY", KIND_BYTES, AT(max_memory), "256MiB", 2097152, TIB,
     "ceiling and default of limits.memory; unset, what a language needs may be more"},
    {"CODE_EXEC_MAX_PROCESSES", KIND_COUNT, AT(max_processes), "32", 1, 100000,
     "ceiling and default of limits.processes; unset, what a language needs may be more"},
    {"CODE_EXEC_MAX_FILE_SIZE", KIND_BYTES, AT(max_file_size), "10MiB", 1, TIB,
     "ceiling and default of limits.file_size; unset, what a language needs may be more"},
    {"CODE_EXEC_MAX_DISK_SPACE", KIND_BYTES, AT(max_disk_space), "100MiB", 65536, TIB,
     "ceiling and default of limits.disk_space; unset, what a language needs may be more"},
    {"CODE_EXEC_MAX_OUTPUT", KIND_BYTES, AT(max_output), "1MiB", 1, UINT64_C(1) << 30,
     "ceiling and default of limits.output, per stream"},
    {"CODE_EXEC_MAX_OUTPUTS", KIND_BYTES, AT(max_outputs), "10MiB", 1, UINT64_C(1) << 30,
     "most that the files named by outputs may have together"},
    {"CODE_EXEC_WARM_MEMORY", KIND_BYTES, AT(warm_memory), "64MiB", 0, TIB,
     "memory for interpreters that are started ahead; 0 starts none"},
    {"CODE_EXEC_PREWARM", KIND_TEXT, AT(prewarm), NULL, 0, 0,
     "languages to start ahead before the server is ready, comma-separated"},
    {"CODE_EXEC_CACHE_BYTES", KIND_BYTES, AT(cache_bytes), "64MiB", 0, TIB,
     "memory for compiled programs that are kept, each client's apart; 0 keeps none"},
    {"CODE_EXEC_BATCH_LIMIT", KIND_COUNT, AT(batch_limit), "100", 1, 100000, "most inputs of one batch"},
    {"CODE_EXEC_KEEP_RESULTS", KIND_COUNT, AT(keep_results), "256", 1, 100000,
     "finished executions that are remembered"},
    {"CODE_EXEC_KEEP_TIME", KIND_TIME, AT(keep_ms), "10min", 1, DAY_MS, "how long they are remembered"},
    {"CODE_EXEC_KEEP_BYTES", KIND_BYTES, AT(keep_bytes), "64MiB", 1024, TIB,
     "memory that their results and events may take; the oldest go first"},
    {"CODE_EXEC_EVENT_BUFFER", KIND_BYTES, AT(event_buffer), "1MiB", 4096, UINT64_C(1) << 30,
     "events of one execution that are kept for those who come late or resume"},
    {"CODE_EXEC_API_KEYS_FILE", KIND_TEXT, AT(api_keys_file), NULL, 0, 0,
     "lines 'name sha256 [concurrency=N] [rate=N]' (N per minute); see --hash-key"},
    {"CODE_EXEC_ALLOWED_HOSTS", KIND_TEXT, AT(allowed_hosts), NULL, 0, 0,
     "Host names to answer to besides localhost and IP addresses, comma-separated"},
    {"CODE_EXEC_CORS_ORIGINS", KIND_TEXT, AT(cors_origins), NULL, 0, 0,
     "origins of other pages that may use the server, comma-separated"},
    {"CODE_EXEC_LOG_REQUESTS", KIND_BOOL, AT(log_requests), "true", 0, 0,
     "one JSON line per request on stderr"},
    {"CODE_EXEC_LOG_CODE", KIND_BOOL, AT(log_code), "false", 0, 0, "log the programs too"},
    {"CODE_EXEC_EXECUTORS_DIR", KIND_TEXT, AT(executors_dir), NULL, 0, 0,
     "directories of executors, separated by ':'"},
    {"CODE_EXEC_PLUGIN_DIR", KIND_TEXT, AT(plugin_dir), NULL, 0, 0,
     "directories of executor plugins, separated by ':'"},
    {"CODE_EXEC_RUNTIMES_DIR", KIND_TEXT, AT(runtimes_dir), NULL, 0, 0, "runtimes that no Debian package brings"},
    {"CODE_EXEC_SUPERVISOR", KIND_TEXT, AT(supervisor), NULL, 0, 0, "the supervisor, for build trees"},
    {"CODE_EXEC_CGROUP", KIND_TEXT, AT(cgroup), NULL, 0, 0, "a cgroup directory that is delegated to us"},
    {"CODE_EXEC_STATE_DIR", KIND_TEXT, AT(state_dir), NULL, 0, 0, "owner and lease files of the sandbox"},
    {"CODE_EXEC_ALLOW_WEAKER", KIND_BOOL, AT(allow_weaker), "false", 0, 0,
     "without cgroups, make do with rlimits and sampling"},
    {"CODE_EXEC_FRESH_SLOTS", KIND_BOOL, AT(fresh_slots), "false", 0, 0,
     "keep nothing of a cell for the next one, at its price"},
    {"CODE_EXEC_ALLOW_MISSING", KIND_TEXT, AT(allow_missing), NULL, 0, 0,
     "protections that this machine may lack, comma-separated ('codeexec doctor' lists them)"},
    {"CODE_EXEC_PAGE_DIR", KIND_TEXT, AT(page_dir), NULL, 0, 0, "serve the page's files from here"},
};

_Static_assert(COUNT_OF(settings) <= 64, "config.given has a bit for each");

/* The names that codeexec(1) knows too, so that one build tree's environment serves both. */
static const struct {
	const char *name, *setting;
} shared[] = {
    {"CODEEXEC_EXECUTORS_DIR", "CODE_EXEC_EXECUTORS_DIR"},
    {"CODEEXEC_PLUGIN_DIR", "CODE_EXEC_PLUGIN_DIR"},
    {"CODEEXEC_RUNTIMES_DIR", "CODE_EXEC_RUNTIMES_DIR"},
    {"CODEEXEC_SUPERVISOR", "CODE_EXEC_SUPERVISOR"},
};

static const struct setting *find_setting(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	return NULL;
}

static void lower_name(const char *name, char between, char *out)
{
	size_t n = 0;

	for (; name[n] && n < NAME_MAX_BYTES - 1; n++)
		out[n] = name[n] == '_' || name[n] == '-' ? between : (char)tolower((unsigned char)name[n]);
	out[n] = '\0';
}

static void yaml_name(const struct setting *setting, char between, char *out)
{
	size_t skip = strncmp(setting->name, PREFIX, strlen(PREFIX)) ? 0 : strlen(PREFIX);

	lower_name(setting->name + skip, between, out);
}

static const struct setting *find_by_key(const char *key, char between)
{
	char name[NAME_MAX_BYTES];

	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		yaml_name(&settings[i], between, name);
		if (!strcmp(name, key))
			return &settings[i];
	}
	return NULL;
}

static void *member(const struct config *config, const struct setting *setting)
{
	return (char *)(uintptr_t)config + setting->offset;
}

static int set_bool(bool *out, const char *value, char *why, size_t size)
{
	static const char *const yes[] = {"true", "1", "yes", "on"}, *const no[] = {"false", "0", "no",
										    "off"};

	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (!strcmp(value, yes[i]) || !strcmp(value, no[i])) {
			*out = !strcmp(value, yes[i]);
			return 0;
		}
	snprintf(why, size, "'%s' is neither true nor false", value);
	return -1;
}

static int set_number(const struct setting *s, uint64_t *out, const char *value, char *why, size_t size)
{
	enum unit_kind kind = s->kind == KIND_BYTES  ? UNIT_BYTES
			      : s->kind == KIND_TIME ? UNIT_TIME
						     : UNIT_COUNT;
	const char *reason = NULL;
	uint64_t number = 0;

	/* units_parse knows limits, which are never 0. */
	if (strcmp(value, "0") != 0 && units_parse(kind, value, &number, &reason)) {
		snprintf(why, size, "'%s' %s", value, reason);
		return -1;
	}
	if (number < s->least || number > s->most) {
		snprintf(why, size, "'%s' is out of range (%llu to %llu%s)", value,
			 (unsigned long long)s->least, (unsigned long long)s->most,
			 s->kind == KIND_TIME ? " ms" : "");
		return -1;
	}
	*out = number;
	return 0;
}

static int set_value(struct config *config, const struct setting *s, const char *value, char *why,
		     size_t size)
{
	char **text, *copy;

	config->given |= UINT64_C(1) << (s - settings);
	if (s->kind == KIND_BOOL)
		return set_bool(member(config, s), value, why, size);
	if (s->kind != KIND_TEXT)
		return set_number(s, member(config, s), value, why, size);
	copy = *value ? strdup(value) : NULL; /* empty is unset */
	if (*value && !copy) {
		snprintf(why, size, "no memory left");
		return -1;
	}
	text = member(config, s);
	free(*text);
	*text = copy;
	return 0;
}

bool config_init(struct config *config)
{
	char why[200];

	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (settings[i].standard &&
		    set_value(config, &settings[i], settings[i].standard, why, sizeof(why)))
			return false;
	config->given = 0;
	return true;
}

uint64_t config_given(const struct config *config, const uint64_t *number)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (member(config, &settings[i]) == number)
			return config->given & UINT64_C(1) << i ? *number : 0;
	return 0;
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (settings[i].kind == KIND_TEXT) {
			char **text = member(config, &settings[i]);

			free(*text);
			*text = NULL;
		}
}

/* Writes the nearest name that YAML would know to `best`; false if none is near. */
static bool near_yaml(const char *key, char *best)
{
	size_t least = strlen(key) / 3 + 1;
	char name[NAME_MAX_BYTES];
	bool found = false;

	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		size_t distance;

		yaml_name(&settings[i], '_', name);
		distance = text_distance(key, name);
		if (distance < least || (distance == least && !found)) {
			least = distance;
			found = true;
			memcpy(best, name, sizeof(name));
		}
	}
	return found;
}

bool config_knows_yaml(const char *key)
{
	return find_by_key(key, '_') != NULL;
}

int config_set_yaml(struct config *config, const char *key, const char *value, char *why, size_t size)
{
	const struct setting *setting = find_by_key(key, '_');
	char near[NAME_MAX_BYTES];

	if (setting)
		return set_value(config, setting, value, why, size);
	if (near_yaml(key, near))
		snprintf(why, size, "unknown setting (did you mean %s?)", near);
	else
		snprintf(why, size, "unknown setting (--help lists them)");
	return -1;
}

int config_set_option(struct config *config, const char *name, const char *value, char *why, size_t size)
{
	const struct setting *setting = find_by_key(name, '-');
	char reason[256];

	if (!setting)
		return 1;
	if (!value && setting->kind == KIND_BOOL)
		value = "true";
	if (!value) {
		snprintf(why, size, "--%s: a value is missing", name);
		return -1;
	}
	if (!set_value(config, setting, value, reason, sizeof(reason)))
		return 0;
	snprintf(why, size, "--%s: %s", name, reason);
	return -1;
}

static void name_unknown(const char *name, char *why, size_t size)
{
	char key[NAME_MAX_BYTES], near[NAME_MAX_BYTES];
	const struct setting *setting = NULL;
	const char *rest = name;

	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		rest += strlen(PREFIX);
	lower_name(rest, '_', key);
	if (near_yaml(key, near))
		setting = find_by_key(near, '_');
	snprintf(why, size, "%.80s: unknown setting%s%s%s", name, setting ? " (did you mean " : "",
		 setting ? setting->name : "", setting ? "?)" : " (--help lists them)");
}

static int read_variable(struct config *config, const char *name, const char *value, char *why, size_t size)
{
	const struct setting *setting = find_setting(name);
	char reason[256];

	if ((!setting && strncmp(name, PREFIX, strlen(PREFIX)) != 0) || !strcmp(name, PREFIX "CONFIG"))
		return 0; /* not ours; or read by main before all others */
	if (!setting) {
		name_unknown(name, why, size);
		return -1;
	}
	if (!set_value(config, setting, value, reason, sizeof(reason)))
		return 0;
	snprintf(why, size, "%s: %s", name, reason);
	return -1;
}

int config_read_environment(struct config *config, char **environment, char *why, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(shared); i++) {
		const char *value = secure_getenv(shared[i].name);

		if (value && read_variable(config, shared[i].setting, value, why, size))
			return -1;
	}
	for (; *environment; environment++) {
		const char *equals = strchr(*environment, '=');
		char name[128];

		if (!equals || (size_t)(equals - *environment) >= sizeof(name))
			continue;
		memcpy(name, *environment, (size_t)(equals - *environment));
		name[equals - *environment] = '\0';
		if (read_variable(config, name, equals + 1, why, size))
			return -1;
	}
	return 0;
}

bool config_is_loopback(const char *address)
{
	return !strcmp(address, "localhost") || !strcmp(address, "::1") || !strncmp(address, "127.", 4);
}

int config_check(const struct config *config, char *why, size_t size)
{
	if (!config->bind) {
		snprintf(why, size, "CODE_EXEC_BIND: an address is missing");
		return -1;
	}
	if (!config->socket && !config_is_loopback(config->bind) && !config->api_keys_file &&
	    !config->allow_no_keys) {
		snprintf(why, size,
			 "CODE_EXEC_BIND=%s: everybody who reaches it could run programs here (set "
			 "CODE_EXEC_API_KEYS_FILE, or CODE_EXEC_ALLOW_NO_KEYS=true if that is meant)",
			 config->bind);
		return -1;
	}
	if (config->default_timeout_ms > config->max_timeout_ms) {
		snprintf(why, size, "CODE_EXEC_DEFAULT_TIMEOUT is over CODE_EXEC_MAX_TIMEOUT");
		return -1;
	}
	return 0;
}

void config_print_help(FILE *out)
{
	char option[NAME_MAX_BYTES];

	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const struct setting *s = &settings[i];

		yaml_name(s, '-', option);
		fprintf(out, "  --%s\n      %s; %s%s%s\n", option, s->help, s->name,
			s->standard ? ", default " : "", s->standard ? s->standard : "");
	}
}

void config_print(const struct config *config, FILE *out)
{
	char key[NAME_MAX_BYTES];

	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const struct setting *s = &settings[i];

		yaml_name(s, '_', key);
		if (s->kind == KIND_BOOL)
			fprintf(out, "%s: %s\n", key, *(bool *)member(config, s) ? "true" : "false");
		else if (s->kind == KIND_TEXT)
			fprintf(out, "%s: \"%s\"\n", key,
				*(char **)member(config, s) ? *(char **)member(config, s) : "");
		else
			fprintf(out, "%s: %llu%s\n", key, (unsigned long long)*(uint64_t *)member(config, s),
				s->kind == KIND_TIME ? "ms" : "");
	}
}

bool config_list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (list && *list) {
		size_t n = strcspn(list, ",");
		const char *item = list;

		list += n + (list[n] == ',');
		while (n && *item == ' ')
			item++, n--;
		while (n && item[n - 1] == ' ')
			n--;
		if (n == length && !strncasecmp(item, word, n))
			return true;
	}
	return false;
}
