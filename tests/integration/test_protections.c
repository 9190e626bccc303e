/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The cell as a program inside sees it, with everything on. */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

/* Runs Python that prints one line for each thing that is not as it should be. */
static void all_is_well(const char *code)
{
	ce_result *result = fixture_code(fixture_sandbox(), "python", code);

	expect_says(result, "");
	assert_string_equal(stderr_of(result), "");
}

static void privileges_are_gone(void **state)
{
	(void)state;
	all_is_well(
	    "import os\n"
	    "s = dict(l.split(':\\t', 1) for l in open('/proc/self/status').read().splitlines() if ':\\t' in "
	    "l)\n"
	    "for c in 'Inh', 'Prm', 'Eff', 'Bnd', 'Amb':\n"
	    "    if int(s['Cap' + c], 16): print('Cap' + c, s['Cap' + c])\n"
	    "if s['NoNewPrivs'] != '1': print('NoNewPrivs', s['NoNewPrivs'])\n"
	    "if s['Seccomp'] != '2': print('Seccomp', s['Seccomp'])\n"
	    "if os.getresuid() != (1000,) * 3: print('uids', os.getresuid())\n"
	    "if os.getresgid() != (1000,) * 3: print('gids', os.getresgid())\n"
	    "if [g for g in os.getgroups() if g not in (1000, 65534)]: print('groups', os.getgroups())\n"
	    "if s['TracerPid'] != '0': print('traced')\n"
	    "for f in os.setuid, os.setgid:\n"
	    "    try: f(0); print('became root by', f)\n"
	    "    except OSError: pass\n");
}

static void only_its_own_processes_are_visible(void **state)
{
	(void)state;
	all_is_well(
	    "import os, subprocess\n"
	    "c = subprocess.Popen(['sleep', '600'])\n"
	    "pids = sorted(int(n) for n in os.listdir('/proc') if n.isdigit())\n"
	    "for p in pids:\n"
	    "    if p not in (1, os.getpid(), c.pid): print('process', p, open('/proc/%d/cmdline' % "
	    "p).read())\n"
	    "if os.getpid() > 10: print('a pid of the host', os.getpid())\n"
	    "for p in 1, os.getppid():\n"
	    "    for name in 'mem', 'environ', 'maps', 'root/etc/passwd':\n"
	    "        try: open('/proc/%d/%s' % (p, name), 'rb').read(1); print('init is readable:', name)\n"
	    "        except OSError: pass\n"
	    "try: os.kill(1, 9); print('init can be killed')\n"
	    "except OSError: pass\n"
	    "c.kill()\n");
}

static void only_work_tmp_and_shm_can_be_written(void **state)
{
	(void)state;
	all_is_well(
	    "import os\n"
	    "good = ('/work', '/tmp', '/dev/shm')\n"
	    "for d in good:\n"
	    "    with open(d + '/x', 'w') as f: f.write('x')\n"
	    "def attempt(d):\n"
	    "    try:\n"
	    "        open(d + '/.codeexec-probe', 'w').close(); print('wrote into', d)\n"
	    "    except OSError: pass\n"
	    "for top, dirs, files in os.walk('/', onerror=None):\n"
	    "    if top in good: dirs[:] = []; continue\n"
	    "    if top.startswith(('/proc', '/usr/share', '/usr/lib', '/usr/include')): dirs[:] = dirs[:3]\n"
	    "    if top.count('/') > 5: dirs[:] = []\n"
	    "    attempt(top)\n"
	    "for f in '/etc/passwd', '/usr/bin/env', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', "
	    "'/dev/full':\n"
	    "    try:\n"
	    "        open(f, 'r+').close()\n"
	    "        if f != '/dev/full': print('opened for writing', f)\n"
	    "    except OSError: pass\n"
	    "for f in '/proc/self/oom_score_adj',:\n"
	    "    try: open(f, 'w').write('-500'); print('lowered', f)\n"
	    "    except OSError: pass\n");
}

static void no_file_of_the_host_is_visible(void **state)
{
	const char *supervisor = getenv("CE_TEST_SUPERVISOR");
	char code[1500];

	(void)state;
	snprintf(code, sizeof(code),
		 "import os\n"
		 "for p in '/etc/shadow', '/root', '/home', '/boot', '/mnt', '/media', '/srv', '/opt', "
		 "'/sys', '/run/codeexec',\\\n"
		 "         '/var/lib', '/var/log', '/dev/sda', '/dev/mem', '/dev/kmsg', '/dev/tty', "
		 "'/dev/ptmx', '%s', '%s':\n"
		 "    if os.path.lexists(p): print('visible:', p)\n"
		 "if sorted(os.listdir('/dev')) != ['fd', 'full', 'null', 'random', 'shm', 'stderr', "
		 "'stdin', 'stdout', 'urandom', 'zero']:\n"
		 "    print(os.listdir('/dev'))\n"
		 "if os.listdir('/work') != ['main.py'] or os.listdir('/tmp') or os.listdir('/dev/shm'): "
		 "print('not empty')\n"
		 "text = open('/proc/self/mountinfo').read() + open('/etc/passwd').read()\n"
		 "for word in '%s', '/upper', '/codeexec-':\n"
		 "    if word in text: print('the host shows through:', word)\n"
		 "for p in '/proc/kcore', '/proc/cmdline', '/proc/kmsg', '/proc/kallsyms', '/proc/keys', "
		 "'/proc/timer_list':\n"
		 "    try:\n"
		 "        if os.path.exists(p) and open(p).read(1): print('readable:', p)\n"
		 "    except OSError: pass\n",
		 fixture_state_dir(),
		 /* an installed one lies in /usr, which every cell shows */
		 supervisor && strncmp(supervisor, "/usr/", 5) != 0 ? supervisor : "/nonexistent",
		 fixture_state_dir());
	all_is_well(code);
}

static void the_network_is_an_interface_that_is_down(void **state)
{
	(void)state;
	all_is_well(
	    "import socket, os\n"
	    "names = [l.split(':')[0].strip() for l in open('/proc/net/dev').read().splitlines()[2:]]\n"
	    "if [n for n in names if n != 'lo' and not n.startswith(('tunl', 'sit', 'gre', 'erspan', 'ip6', "
	    "'ip_vti'))]: print(names)\n"
	    "if not names: print('no lo')\n"
	    "if len(open('/proc/net/route').read().splitlines()) > 1: print('routes')\n"
	    "for family, kind in (socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_RAW):\n"
	    "    try: socket.socket(family, kind); print('raw socket', family)\n"
	    "    except OSError: pass\n");
}

static void names_are_its_own(void **state)
{
	ce_result *result =
	    fixture_code(fixture_sandbox(), "python",
			 "import socket, getpass\nprint(socket.gethostname(), getpass.getuser())\n");

	(void)state;
	expect_says(result, "sandbox sandbox\n");
}

static const struct {
	const char *name;
	uint64_t bit;
} namespaces[] = {
    {"user", CE_PROTECTION_USER_NS},     {"pid", CE_PROTECTION_PID_NS},   {"mnt", CE_PROTECTION_MOUNT_NS},
    {"net", CE_PROTECTION_NETWORK_NS},   {"ipc", CE_PROTECTION_IPC_NS},   {"uts", CE_PROTECTION_UTS_NS},
    {"cgroup", CE_PROTECTION_CGROUP_NS}, {"time", CE_PROTECTION_TIME_NS},
};

static void every_namespace_differs_from_the_hosts(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "bash",
					 "for n in user pid mnt net ipc uts cgroup time; do"
					 " readlink /proc/self/ns/$n; done");

	(void)state;
	for (size_t i = 0; i < COUNT(namespaces); i++) {
		char path[64], host[64] = "";

		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i].name);
		if (readlink(path, host, sizeof(host) - 1) < 0)
			continue; /* this kernel has none */
		if (strstr(stdout_of(result), host) || !strstr(stdout_of(result), namespaces[i].name))
			fail_msg("the %s namespace is the host's: %s", namespaces[i].name, stdout_of(result));
		assert_true(ce_result_protections(result, CE_STAGE_RUN) & namespaces[i].bit);
	}
}

static void two_executions_share_nothing(void **state)
{
	static const char code[] = "import os, sys\n"
				   "print(os.stat('/work').st_dev, os.stat('/proc').st_dev)\n"
				   "print(' '.join(os.readlink('/proc/self/ns/' + n) for n in ('pid', 'mnt', "
				   "'ipc', 'net')), flush=True)\n"
				   "open('/tmp/shared', 'x'); open('/dev/shm/shared', 'x')\n"
				   "sys.stdin.read()\n";
	ce_request request = fixture_request("python", code);
	ce_sandbox *sandbox = fixture_sandbox();
	ce_execution *executions[2];
	ce_result *results[2];
	char *words[2], *save[2], copies[2][400];

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE; /* both are there until both inputs are closed */
	for (int i = 0; i < 2; i++)
		executions[i] = fixture_start(sandbox, &request, NULL, NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ce_execution_wait(executions[i], 500, NULL), CE_ERR_TIMEOUT);
	for (int i = 0; i < 2; i++)
		ce_execution_close_input(executions[i], NULL);
	for (int i = 0; i < 2; i++) {
		results[i] = fixture_finish(executions[i]);
		expect_exit(results[i], CE_OUTCOME_SUCCESS, 0);
		snprintf(copies[i], sizeof(copies[i]), "%s", stdout_of(results[i]));
		words[i] = strtok_r(copies[i], " \n", &save[i]);
	}
	for (int n = 0; n < 6; n++) {
		if (!words[0] || !words[1] || !strcmp(words[0], words[1]))
			fail_msg("both have %s", words[0]);
		for (int i = 0; i < 2; i++)
			words[i] = strtok_r(NULL, " \n", &save[i]);
	}
	if (fixture_kind() == KIND_ROOT)
		assert_int_not_equal(ce_result_host_uid(results[0]), ce_result_host_uid(results[1]));
}

static void the_compiler_is_in_a_cell_too(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_result *result;

	(void)state;
	fixture_need_language(sandbox, "c");
	result = fixture_code(sandbox, "c", "#include \"/etc/shadow\"\nint main(void) { return 0; }\n");
	expect_outcome(result, CE_OUTCOME_COMPILATION_ERROR);
	expect_stderr_has(result, "No such file");
	result = fixture_code(sandbox, "c", "int main(void) { return 0; }\n");
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	assert_int_equal(ce_result_protections(result, CE_STAGE_COMPILE),
			 ce_result_protections(result, CE_STAGE_RUN));
}

static void the_host_uid_is_as_reported(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "bash", "cat /proc/self/uid_map");
	unsigned long long uid = ce_result_host_uid(result);

	(void)state;
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	if (fixture_kind() == KIND_ROOT)
		assert_in_range(uid, fixture_uid_base(), fixture_uid_base() + fixture_uid_count() - 1);
	else
		assert_int_equal(uid, geteuid());
}

/* ---- the supervisor ---- */

static size_t children_of(pid_t *pids, size_t max)
{
	char path[64];
	size_t count = 0;
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	if (!f)
		fixture_lacks("no list of children in /proc");
	while (count < max && fscanf(f, "%d", &pid) == 1)
		pids[count++] = pid;
	fclose(f);
	return count;
}

/* The child that this one has and the tests before did not. */
static pid_t supervisor_of_new_sandbox(uint64_t disable, ce_sandbox **sandbox)
{
	ce_sandbox_options o = fixture_options();
	pid_t before[64], after[64], found = 0;
	size_t n = children_of(before, COUNT(before)), m;

	o.disable = disable;
	*sandbox = fixture_create(&o);
	m = children_of(after, COUNT(after));
	for (size_t i = 0; i < m; i++) {
		bool is_new = true;

		for (size_t k = 0; k < n; k++)
			is_new = is_new && before[k] != after[i];
		if (is_new) {
			assert_int_equal(found, 0);
			found = after[i];
		}
	}
	assert_int_not_equal(found, 0);
	return found;
}

static unsigned long long field_of(pid_t pid, const char *field, int base)
{
	char path[64], line[256];
	unsigned long long value = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f)) {
		found = !strncmp(line, field, strlen(field));
		if (found)
			value = strtoull(line + strlen(field), NULL, base);
	}
	fclose(f);
	assert_true(found);
	return value;
}

static void the_supervisor_has_what_makes_cells_and_no_more(void **state)
{
	/* SECURITY.md lists them */
	static const unsigned kept[] = { CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID,
					 CAP_CHOWN, CAP_FOWNER, CAP_DAC_OVERRIDE, CAP_SYS_PTRACE };
	unsigned long long mask = fixture_kind() == KIND_ROOT ? 0 : 1ull << CAP_SETFCAP;
	ce_sandbox *sandbox;
	pid_t pid = supervisor_of_new_sandbox(0, &sandbox);

	(void)state;
	for (size_t i = 0; i < COUNT(kept); i++)
		mask |= 1ull << kept[i];
	expect_says(fixture_code(sandbox, "bash", "echo works"), "works\n");
	assert_int_equal(field_of(pid, "CapBnd:", 16) & ~mask, 0);
	assert_int_equal(field_of(pid, "CapPrm:", 16) & ~mask, 0);
	assert_int_equal(field_of(pid, "CapEff:", 16), field_of(pid, "CapPrm:", 16));
	assert_int_equal(field_of(pid, "CapInh:", 16), 0);
	assert_int_equal(field_of(pid, "CapAmb:", 16), 0);
	assert_int_equal(field_of(pid, "Seccomp:", 10), 2);
}

static void a_sandbox_without_filters_has_none_in_its_supervisor(void **state)
{
	ce_sandbox *sandbox;
	pid_t pid = supervisor_of_new_sandbox(CE_PROTECTION_SECCOMP, &sandbox);

	(void)state;
	assert_int_equal(field_of(pid, "Seccomp:", 10), field_of(getpid(), "Seccomp:", 10));
	expect_says(fixture_code(sandbox, "bash", "grep ^Seccomp: /proc/self/status | tr -d '\\t'"),
		    field_of(getpid(), "Seccomp:", 10) == 2 ? "Seccomp:2\n" : "Seccomp:0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(privileges_are_gone),
	    TEST(only_its_own_processes_are_visible),
	    TEST(only_work_tmp_and_shm_can_be_written),
	    TEST(no_file_of_the_host_is_visible),
	    TEST(the_network_is_an_interface_that_is_down),
	    TEST(names_are_its_own),
	    TEST(every_namespace_differs_from_the_hosts),
	    TEST(two_executions_share_nothing),
	    TEST(the_compiler_is_in_a_cell_too),
	    TEST(the_host_uid_is_as_reported),
	    TEST(the_supervisor_has_what_makes_cells_and_no_more),
	    TEST(a_sandbox_without_filters_has_none_in_its_supervisor),
	};

	return fixture_main("protections", tests);
}
