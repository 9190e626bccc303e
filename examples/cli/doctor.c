/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec doctor`: what this machine and this user can do, and what to do about the rest. */
#include "cli.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "json.h"
#include "page.h"

enum { DOCTOR_JSON = 100, DOCTOR_ALLOW_WEAKER };

static const struct option_spec doctor_specs[] = {
    {"json", 0, false, DOCTOR_JSON},
    {"allow-weaker", 0, false, DOCTOR_ALLOW_WEAKER},
    {NULL, 0, false, 0},
};

struct doctor {
	const struct cli_globals *globals;
	bool json, allow_weaker;
	struct utsname kernel;
	const char *user;
	size_t missing;
};

static int doctor_option(void *context, int id, const char *value)
{
	struct doctor *doctor = context;

	(void)value;
	if (id == DOCTOR_JSON)
		doctor->json = true;
	else
		doctor->allow_weaker = true;
	return 0;
}

static const char *state_name(int state)
{
	switch (state) {
	case CE_PROBE_AVAILABLE:
		return "available";
	case CE_PROBE_MISSING:
		return "missing";
	case CE_PROBE_TOLERATED:
		return "tolerated";
	default:
		return "unknown";
	}
}

static enum console_style state_style(int state)
{
	return state == CE_PROBE_AVAILABLE ? STYLE_GOOD : state == CE_PROBE_MISSING ? STYLE_BAD : STYLE_WEAK;
}

static json_t *system_json(const struct doctor *doctor)
{
	json_t *item = json_object();

	json_object_set_new(item, "kernel", json_c_text(doctor->kernel.release));
	json_object_set_new(item, "architecture", json_c_text(doctor->kernel.machine));
	json_object_set_new(item, "user", json_c_text(doctor->user));
	json_object_set_new(item, "uid", json_integer((json_int_t)geteuid()));
	json_object_set_new(item, "root", json_boolean(geteuid() == 0));
	json_object_set_new(item, "systemd_scope", json_boolean(doctor->globals->in_scope));
	json_object_set_new(item, "library_version", json_c_text(ce_version()));
	return item;
}

static json_t *executors_json(const ce_sandbox *sandbox)
{
	json_t *list = json_array();

	for (size_t i = 0; sandbox && i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);
		json_t *item = json_object();

		json_object_set_new(item, "name", json_c_text(ce_executor_name(executor)));
		json_object_set_new(item, "available", json_boolean(ce_executor_available(executor)));
		json_object_set_new(item, "reason", json_c_text(ce_executor_unavailable_reason(executor)));
		json_array_append_new(list, item);
	}
	return list;
}

static int print_json(const struct doctor *doctor, const ce_probe *probe, const ce_sandbox *sandbox)
{
	json_t *top = json_object(), *list = json_array(), *limits = json_object();

	for (size_t i = 0; i < ce_probe_count(probe); i++) {
		json_t *item = json_object();

		json_object_set_new(item, "name", json_c_text(ce_probe_name(probe, i)));
		json_object_set_new(item, "state", json_string(state_name(ce_probe_state(probe, i))));
		json_object_set_new(item, "purpose", json_c_text(ce_probe_purpose(probe, i)));
		json_object_set_new(item, "reason", json_c_text(ce_probe_reason(probe, i)));
		json_object_set_new(item, "remedy", json_c_text(ce_probe_remedy(probe, i)));
		json_array_append_new(list, item);
	}
	json_object_set_new(limits, "backend", json_c_text(ce_probe_limits_backend(probe)));
	json_object_set_new(limits, "detail", json_c_text(ce_probe_limits_detail(probe)));
	json_object_set_new(top, "ok", json_boolean(doctor->missing == 0));
	json_object_set_new(top, "system", system_json(doctor));
	json_object_set_new(top, "limits", limits);
	json_object_set_new(top, "protections", list);
	json_object_set_new(top, "executors", executors_json(sandbox));
	return json_print(top);
}

static void write_protections(FILE *out, const ce_probe *probe)
{
	fprintf(out, "\nProtections\n");
	for (size_t i = 0; i < ce_probe_count(probe); i++) {
		int state = ce_probe_state(probe, i);
		const char *reason = ce_probe_reason(probe, i), *remedy = ce_probe_remedy(probe, i);

		fprintf(out, "  ");
		console_cell(out, state_style(state), 10, state_name(state));
		fprintf(out, " %-18s %s\n", ce_probe_name(probe, i), ce_probe_purpose(probe, i));
		if (state == CE_PROBE_AVAILABLE)
			continue;
		if (reason && *reason)
			fprintf(out, "             why:    %s\n", reason);
		if (remedy && *remedy)
			fprintf(out, "             remedy: %s\n", remedy);
	}
}

static void write_executors(FILE *out, const ce_sandbox *sandbox)
{
	fprintf(out, "\nExecutors\n");
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);
		bool available = ce_executor_available(executor);

		fprintf(out, "  ");
		console_cell(out, available ? STYLE_GOOD : STYLE_WEAK, 10,
			     available ? "available" : "missing");
		fprintf(out, " %-18s %s\n", ce_executor_name(executor),
			available ? ce_executor_title(executor) : ce_executor_unavailable_reason(executor));
	}
}

static int print_table(const struct doctor *doctor, const ce_probe *probe, const ce_sandbox *sandbox)
{
	struct page page;

	if (page_open(&page))
		return EXIT_OWN_ERROR;
	fprintf(page.out, "Kernel   %s %s\n", doctor->kernel.release, doctor->kernel.machine);
	fprintf(page.out, "User     %s (uid %lu)%s\n", doctor->user, (unsigned long)geteuid(),
		doctor->globals->in_scope ? ", in a delegated systemd scope" : "");
	fprintf(page.out, "Library  %s\n", ce_version());
	fprintf(page.out, "Limits   %s: %s\n", ce_probe_limits_backend(probe), ce_probe_limits_detail(probe));
	write_protections(page.out, probe);
	if (sandbox)
		write_executors(page.out, sandbox);
	fprintf(page.out, "\n");
	if (doctor->missing)
		fprintf(page.out,
			"%zu protection%s missing: codeexec refuses to run programs here until that is "
			"remedied or allowed with --allow-missing NAME or --allow-weaker.\n",
			doctor->missing, doctor->missing == 1 ? " is" : "s are");
	else
		fprintf(page.out, "Programs can be run here with every required protection in force.\n");
	return page_print(&page);
}

static int examine(struct doctor *doctor, const ce_sandbox_options *options)
{
	ce_probe *probe = NULL;
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;
	struct passwd *entry = getpwuid(geteuid());
	int r = ce_probe_create(options, &probe, &error);

	if (r)
		return cli_error("cannot examine this machine", error);
	if (strncmp(ce_probe_limits_backend(probe), "cgroup", 6) != 0 && scope_reachable(doctor->globals))
		scope_enter(doctor->globals); /* to tell what `run` will find, which does the same */
	uname(&doctor->kernel);
	doctor->user = entry ? entry->pw_name : "unknown";
	for (size_t i = 0; i < ce_probe_count(probe); i++)
		doctor->missing += ce_probe_state(probe, i) == CE_PROBE_MISSING;
	if (ce_sandbox_create(options, &sandbox, &error)) {
		console_note("no sandbox can be made: %s",
			     error ? ce_error_message(error) : "no memory left");
		doctor->missing += doctor->missing == 0;
		ce_error_free(error);
	} else {
		sandbox_note_load_errors(sandbox);
	}
	r = doctor->json ? print_json(doctor, probe, sandbox) : print_table(doctor, probe, sandbox);
	ce_sandbox_destroy(sandbox);
	ce_probe_free(probe);
	return r ? r : doctor->missing ? 1 : 0;
}

int command_doctor(struct cli_globals *globals, int argc, char **argv)
{
	struct doctor doctor = {.globals = globals};
	struct option_set own = {doctor_specs, doctor_option, &doctor};
	struct arguments arguments;
	ce_sandbox_options options;
	int r = globals_parse(globals, &own, argc, argv, &arguments);

	if (r)
		return r;
	if (globals->help)
		return help_print("doctor");
	if (arguments.plain_count)
		return console_error("'%s': doctor takes no arguments (see 'codeexec doctor --help')",
				     arguments.plain[0]);
	options = globals_sandbox_options(globals);
	if (doctor.allow_weaker)
		options.flags |= CE_SANDBOX_ALLOW_WEAKER;
	return examine(&doctor, &options);
}
