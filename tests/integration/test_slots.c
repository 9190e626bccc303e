/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What serves one execution after the other, or was made ahead, tells nothing of one to the next: each test leaves what it can and
 * looks for it from the same slot. With CE_SANDBOX_FRESH_SLOTS and without. */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static ce_sandbox *one_slot(uint64_t flags)
{
	ce_sandbox_options options = fixture_options();

	options.max_concurrent = 1;
	options.flags |= flags;
	return fixture_create(&options);
}

static const uint64_t kinds[] = { 0, CE_SANDBOX_FRESH_SLOTS };

/* Runs `first`, then `second` three times (whatever is kept has come back by then), and compares what the two print. */
static void expect_no_trace(const char *first, const char *second, const char *expected)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		ce_sandbox *sandbox = one_slot(kinds[i]);

		fixture_need_language(sandbox, "python");
		expect_says(fixture_code(sandbox, "python", first), "left\n");
		for (int k = 0; k < 3; k++)
			expect_says(fixture_code(sandbox, "python", second), expected);
		fixture_destroy(sandbox);
	}
}

static void sockets_and_counters_of_the_network_are_gone(void **state)
{
	(void)state;
	expect_no_trace("import socket, os\n"
			"a = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); a.bind(b'\\0left'); a.listen()\n"
			"p = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
			"socket.send_fds(p[0], [b'x'], [p[0].fileno(), p[1].fileno(), a.fileno()])\n" /* a cycle in flight */
			"u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('', 4242))\n"
			"t = socket.socket(socket.AF_INET); t.bind(('', 4243)); t.listen()\n"
			"for i in range(9):\n"
			"    try: u.sendto(b'x', ('127.0.0.1', 4244))\n"
			"    except OSError: pass\n"
			"print('left')\n",
			"import socket\n"
			"seen = open('/proc/net/unix').read().count('left')\n"
			"for l in open('/proc/net/snmp'):\n"
			"    if l.startswith('Udp:') or l.startswith('Tcp:'):\n"
			"        seen += sum(int(n) for n in l.split()[5:10] if n.isdigit())\n"
			"socket.socket(socket.AF_UNIX).bind(b'\\0left')\n"
			"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(('', 4242))\n"
			"socket.socket(socket.AF_INET).bind(('', 4243))\n"
			"print(seen)\n",
			"0\n");
}

static void system_v_objects_and_queues_are_gone(void **state)
{
	(void)state;
	expect_no_trace("import ctypes\nc = ctypes.CDLL(None)\n"
			"assert c.shmget(77, 4096, 0o1666) >= 0 and c.semget(77, 1, 0o1666) >= 0 and c.msgget(77, 0o1666) >= 0\n"
			"print('left')\n",
			"import ctypes\nc = ctypes.CDLL(None)\n"
			"print(c.shmget(77, 0, 0), c.semget(77, 0, 0), c.msgget(77, 0))\n",
			"-1 -1 -1\n");
}

static void files_and_processes_are_gone(void **state)
{
	(void)state;
	expect_no_trace("import os, time\n"
			"for d in ('/tmp', '/dev/shm', '/work'): open(d + '/left', 'w').write('x')\n"
			"if os.fork() == 0:\n"
			"    os.setsid(); os.close(1); os.close(2); time.sleep(600)\n"
			"print('left')\n",
			"import os\n"
			"print(sum(os.path.exists(d + '/left') for d in ('/tmp', '/dev/shm', '/work')), "
			"len([p for p in os.listdir('/proc') if p.isdigit() and p not in ('1', str(os.getpid()))]))\n",
			"0 0\n");
}

static void protections_are_the_same_with_fresh_slots(void **state)
{
	ce_sandbox *kept = one_slot(0), *fresh = one_slot(CE_SANDBOX_FRESH_SLOTS);
	uint64_t seen;

	(void)state;
	fixture_need_language(kept, "bash");
	seen = ce_result_protections(fixture_code(kept, "bash", "true"), CE_STAGE_RUN);
	assert_true(seen & CE_PROTECTION_NETWORK_NS);
	for (int i = 0; i < 3; i++) {
		assert_true(ce_result_protections(fixture_code(kept, "bash", "true"), CE_STAGE_RUN) == seen);
		assert_true(ce_result_protections(fixture_code(fresh, "bash", "true"), CE_STAGE_RUN) == seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sockets_and_counters_of_the_network_are_gone),
		TEST(system_v_objects_and_queues_are_gone),
		TEST(files_and_processes_are_gone),
		TEST(protections_are_the_same_with_fresh_slots),
	};

	return fixture_main("slots", tests);
}
