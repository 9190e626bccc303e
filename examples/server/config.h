/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Every setting of the server, from (in rising order) defaults, a YAML file, the environment, the command
 * line. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <codeexec/codeexec.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Strings are owned; times in milliseconds, sizes in bytes. Lists are comma-separated. */
struct config {
	char *bind;
	uint64_t port;
	char *socket;
	bool allow_no_keys;
	uint64_t max_concurrent;
	uint64_t queue_limit;
	uint64_t queue_timeout_ms;
	uint64_t max_body_bytes;
	uint64_t max_buffered_bytes;
	uint64_t max_connections;
	uint64_t connection_timeout_ms;
	uint64_t request_timeout_ms;
	uint64_t drain_timeout_ms;
	uint64_t default_timeout_ms;
	uint64_t max_timeout_ms;
	uint64_t max_cpu_time_ms;
	uint64_t max_memory;
	uint64_t max_processes;
	uint64_t max_file_size;
	uint64_t max_disk_space;
	uint64_t max_output;
	uint64_t max_outputs;
	uint64_t warm_memory;
	uint64_t cache_bytes;
	char *prewarm;
	uint64_t batch_limit;
	uint64_t keep_results;
	uint64_t keep_ms;
	uint64_t keep_bytes;
	uint64_t event_buffer;
	char *api_keys_file;
	char *allowed_hosts;
	char *cors_origins;
	bool log_requests;
	bool log_code;
	char *executors_dir;
	char *plugin_dir;
	char *supervisor;
	char *runtimes_dir;
	char *cgroup;
	char *state_dir;
	bool allow_weaker;
	bool fresh_slots;
	char *allow_missing;
	char *page_dir;
	uint64_t given; /* which of them somebody has set: a bit each */
};

/* Defaults. False: no memory. */
bool config_init(struct config *config);
void config_free(struct config *config);
/* What a number of `config` was set to; 0 if it is the one that we chose. */
uint64_t config_given(const struct config *config, const uint64_t *number);

/* Sets what YAML calls `key`. 0, or -1 with one line in `why`. */
int config_set_yaml(struct config *config, const char *key, const char *value, char *why, size_t size);
bool config_knows_yaml(const char *key);
/* Reads the file. 0, or -1 with "file:line:column: message" in `why`. */
int config_read_file(struct config *config, const char *path, char *why, size_t size);
/* Reads all of MAX_CONCURRENT_EXECUTIONS and CODE_EXEC_*; an unknown name is an error. */
int config_read_environment(struct config *config, char **environment, char *why, size_t size);
/* Reads "--name" of the command line, where `value` may be NULL. 1: no such option. */
int config_set_option(struct config *config, const char *name, const char *value, char *why, size_t size);
/* Does it go together? */
int config_check(const struct config *config, char *why, size_t size);

void config_print_help(FILE *out);
void config_print(const struct config *config, FILE *out);

/* Is `word` an item of a comma-separated list? */
bool config_list_has(const char *list, const char *word);
/* "127.0.0.1", "::1", "localhost" */
bool config_is_loopback(const char *address);

#endif
