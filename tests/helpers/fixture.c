/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "snapshot.h"

#define TRACKED_MAX 2048
#define UIDS 512 /* each process of a test has its own range, so that tests may run side by side */

/* What a test holds; released by fixture_after in the order that the library asks for. */
static struct {
	ce_result *results[TRACKED_MAX];
	ce_execution *executions[TRACKED_MAX];
	ce_sandbox *sandboxes[64];
	size_t result_count, execution_count, sandbox_count;
	char state_dir[64];
	uint64_t uid_base;
	char *before;
	const char *executor_dirs[2], *plugin_dirs[2];
} f;

enum fixture_kind fixture_kind(void)
{
	const char *kind = getenv("CE_TEST_KIND");

	if (!kind)
		return geteuid() == 0 ? KIND_ROOT : KIND_DELEGATED;
	if (!strcmp(kind, "undelegated"))
		return KIND_UNDELEGATED;
	return strcmp(kind, "root") ? KIND_DELEGATED : KIND_ROOT;
}

static bool must_run(void)
{
	const char *text = getenv("CE_TESTS_MUST_RUN");

	return text && !strcmp(text, "1");
}

void fixture_not_here(const char *reason)
{
	print_message("skipped: %s\n", reason);
	skip();
}

void fixture_lacks(const char *reason)
{
	if (must_run())
		fail_msg("CE_TESTS_MUST_RUN is set, but %s", reason);
	fixture_not_here(reason);
}

void fixture_need_root(void)
{
	if (fixture_kind() != KIND_ROOT)
		fixture_not_here("only root has uids to lease");
}

void fixture_need_cgroups(void)
{
	if (fixture_kind() == KIND_UNDELEGATED)
		fixture_not_here("without a cgroup this cannot be told exactly");
}

bool fixture_has_language(const ce_sandbox *sandbox, const char *language)
{
	const ce_executor *executor = NULL;

	if (!ce_sandbox_find_executor(sandbox, language, &executor, NULL) && ce_executor_available(executor))
		return true;
	if (must_run())
		fail_msg("CE_TESTS_MUST_RUN is set, but %s is not available: %s", language,
			 executor ? ce_executor_unavailable_reason(executor) : "unknown");
	print_message("left out: %s is not available here\n", language);
	return false;
}

void fixture_need_language(const ce_sandbox *sandbox, const char *language)
{
	if (!fixture_has_language(sandbox, language))
		skip();
}

const char *fixture_state_dir(void)
{
	return f.state_dir;
}

uint64_t fixture_uid_base(void)
{
	return f.uid_base;
}

uint64_t fixture_uid_count(void)
{
	return UIDS;
}

/* ---- around the tests ---- */

void fixture_prepare(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* one test of many, with * and ? */
	cmocka_set_test_filter(getenv("CE_TEST_ONLY"));
}

int fixture_begin(void **state)
{
	(void)state;
	f.uid_base = 2100000000 + (uint64_t)(getpid() % 100000) * UIDS;
	snprintf(f.state_dir, sizeof(f.state_dir), "/tmp/codeexec-test-XXXXXX");
	if (!mkdtemp(f.state_dir)) {
		fprintf(stderr, "cannot create %s: %m\n", f.state_dir);
		return -1;
	}
	/* cells of root look at it with another uid */
	return chmod(f.state_dir, 0755);
}

static void remove_tree(const char *path)
{
	char command[200];

	/* The path is ours and plain. */
	snprintf(command, sizeof(command), "rm -rf -- %s", path);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", path);
}

int fixture_end(void **state)
{
	(void)state;
	remove_tree(f.state_dir);
	return 0;
}

static char *look(void)
{
	return snapshot_take(f.state_dir, fixture_uid_base(), fixture_uid_count(), SNAPSHOT_LEASES);
}

int fixture_before(void **state)
{
	(void)state;
	f.before = look();
	return 0;
}

int fixture_after(void **state)
{
	char *after;
	bool equal;

	(void)state;
	while (f.execution_count)
		ce_execution_destroy(f.executions[--f.execution_count]);
	while (f.result_count)
		ce_result_free(f.results[--f.result_count]);
	snapshot_learn(f.state_dir);
	while (f.sandbox_count)
		ce_sandbox_destroy(f.sandboxes[--f.sandbox_count]);
	after = look();
	equal = snapshot_equal(f.before, after);
	free(f.before);
	free(after);
	f.before = NULL;
	return equal ? 0 : -1;
}

/* ---- sandboxes ---- */

ce_sandbox_options fixture_options(void)
{
	ce_sandbox_options o = ce_sandbox_options_init();
	const char *cgroup = getenv("CE_TEST_CGROUP");

	f.executor_dirs[0] = getenv("CE_TEST_EXECUTORS_DIR");
	f.plugin_dirs[0] = getenv("CE_TEST_PLUGIN_DIR");
	o.executor_dirs = f.executor_dirs[0] ? f.executor_dirs : NULL;
	o.plugin_dirs = f.plugin_dirs[0] ? f.plugin_dirs : NULL;
	o.supervisor_path = getenv("CE_TEST_SUPERVISOR");
	o.cgroup = cgroup && *cgroup ? cgroup : NULL;
	o.state_dir = f.state_dir;
	o.flags = CE_SANDBOX_MOVE_HOST;
	if (fixture_kind() == KIND_ROOT) {
		o.uid_base = fixture_uid_base();
		o.uid_count = fixture_uid_count();
	}
	if (fixture_kind() == KIND_UNDELEGATED)
		o.flags |= CE_SANDBOX_ALLOW_WEAKER;
	return o;
}

ce_sandbox *fixture_create(const ce_sandbox_options *options)
{
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;
	char message[600] = "";
	int r = ce_sandbox_create(options, &sandbox, &error);

	if (error)
		snprintf(message, sizeof(message), "%s", ce_error_message(error));
	ce_error_free(error);
	if (r)
		fail_msg("ce_sandbox_create: %s: %s", ce_error_name(r), message);
	assert_non_null(sandbox);
	f.sandboxes[f.sandbox_count++] = sandbox;
	snapshot_learn(f.state_dir);
	return sandbox;
}

ce_sandbox *fixture_sandbox(void)
{
	ce_sandbox_options o = fixture_options();

	return fixture_create(&o);
}

void fixture_destroy(ce_sandbox *sandbox)
{
	for (size_t i = 0; i < f.sandbox_count; i++)
		if (f.sandboxes[i] == sandbox)
			f.sandboxes[i] = f.sandboxes[--f.sandbox_count];
	ce_sandbox_destroy(sandbox);
}

/* ---- running ---- */

ce_request fixture_request(const char *language, const char *code)
{
	ce_request request = ce_request_init();

	request.language = language;
	request.code = code;
	request.code_size = code ? strlen(code) : 0;
	return request;
}

static void fail_with(const char *call, int r, ce_error *error)
{
	char message[600] = "no message";

	if (error)
		snprintf(message, sizeof(message), "%s%s%s", ce_error_step(error) ? ce_error_step(error) : "",
			 ce_error_step(error) ? ": " : "", ce_error_message(error));
	ce_error_free(error);
	fail_msg("%s: %s: %s", call, ce_error_name(r), message);
}

static ce_result *track_result(ce_result *result)
{
	assert_non_null(result);
	assert_true(f.result_count < TRACKED_MAX);
	f.results[f.result_count++] = result;
	return result;
}

ce_result *fixture_run(ce_sandbox *sandbox, const ce_request *request)
{
	ce_result *result = NULL;
	ce_error *error = NULL;
	int r = ce_execute(sandbox, request, &result, &error);

	if (r)
		fail_with("ce_execute", r, error);
	assert_null(error);
	return track_result(result);
}

ce_result *fixture_code(ce_sandbox *sandbox, const char *language, const char *code)
{
	ce_request request = fixture_request(language, code);

	return fixture_run(sandbox, &request);
}

ce_execution *fixture_start(ce_sandbox *sandbox, const ce_request *request, ce_event_fn on_event,
			    void *user_data)
{
	ce_execution *execution = NULL;
	ce_error *error = NULL;
	int r = ce_execution_start(sandbox, request, on_event, user_data, &execution, &error);

	if (r)
		fail_with("ce_execution_start", r, error);
	assert_true(f.execution_count < TRACKED_MAX);
	f.executions[f.execution_count++] = execution;
	return execution;
}

ce_result *fixture_finish(ce_execution *execution)
{
	ce_result *result = NULL;
	ce_error *error = NULL;
	int r = ce_execution_wait(execution, 60000, &error);

	if (r)
		fail_with("ce_execution_wait", r, error);
	r = ce_execution_take_result(execution, &result, &error);
	if (r)
		fail_with("ce_execution_take_result", r, error);
	return track_result(result);
}

void fixture_drop(ce_execution *execution)
{
	for (size_t i = 0; i < f.execution_count; i++)
		if (f.executions[i] == execution)
			f.executions[i] = f.executions[--f.execution_count];
	ce_execution_destroy(execution);
}

void fixture_check_error(int returned, ce_error **error, int code, const char *part)
{
	char message[700] = "no error object";
	int said = 0;

	if (*error) {
		said = ce_error_code(*error);
		snprintf(message, sizeof(message), "%s", ce_error_message(*error));
	}
	ce_error_free(*error);
	*error = NULL;
	if (returned != code || said != code)
		fail_msg("expected %s (\"%s\"), got %s: %s", ce_error_name(code), part,
			 returned ? ce_error_name(returned) : "success", message);
	if (!strstr(message, part))
		fail_msg("the message lacks \"%s\": %s", part, message);
	if (strchr(message, '\n') || !*message)
		fail_msg("the message is not one line: %s", message);
}

void fixture_refuses(ce_sandbox *sandbox, const ce_request *request, int code, const char *part)
{
	ce_result *result = NULL;
	ce_error *error = NULL;
	int r = ce_execute(sandbox, request, &result, &error);

	if (result)
		track_result(result);
	fixture_check_error(r, &error, code, part);
	assert_null(result);
}

void fixture_refuses_options(const ce_sandbox_options *options, int code, const char *part)
{
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;
	int r = ce_sandbox_create(options, &sandbox, &error);

	if (sandbox)
		f.sandboxes[f.sandbox_count++] = sandbox;
	fixture_check_error(r, &error, code, part);
	assert_null(sandbox);
}
