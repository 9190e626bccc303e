/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Real programs under the filter: runtimes, threads, child processes, sockets, compilers. The filter only, no
 * cell: what fails here fails because of the filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "seccomp_child.h"

struct program {
	const char *argv[8];
	const char *output;
};

static char directory[] = "/tmp/seccomp-programs-XXXXXX";

static int run_program(const struct filter *filter, const struct program *program, char *output, size_t size)
{
	ssize_t n;
	pid_t pid;
	int out[2];
	int status;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		if (chdir(directory) < 0 || dup2(null, 0) < 0 || dup2(out[1], 1) < 0 || dup2(out[1], 2) < 0)
			_exit(100);
		if (install_filter(filter) < 0)
			_exit(101);
		execve(program->argv[0], (char *const *)program->argv,
		       (char *const[]){ "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/tmp", NULL });
		_exit(102);
	}
	close(out[1]);
	n = ce__io_read_full(out[0], output, size - 1);
	close(out[0]);
	status = wait_for(pid);
	output[n < 0 ? 0 : n] = '\0';
	return status;
}

static void expect_output(const struct program *program)
{
	struct filter filter;
	char output[8192];
	int status;

	if (access(program->argv[0], X_OK) < 0) {
		print_message("%s is not installed\n", program->argv[0]);
		if (getenv("CE_TESTS_MUST_RUN"))
			fail();
		skip();
	}
	filter = build_filter(NULL);
	status = run_program(&filter, program, output, sizeof(output));
	free(filter.code);
	if (status != 0 || strcmp(output, program->output) != 0)
		fail_msg("%s: status %#x, output: %s", program->argv[0], (unsigned)status, output);
}

static void bash_runs_pipelines_and_jobs(void **state)
{
	const struct program program = {
		{ "/usr/bin/bash", "-c",
		  "set -e\n"
		  "seq 1 1000 | sort -rn | head -n 3 | tr '\\n' ' '\n"
		  "diff <(echo a) <(echo a)\n"
		  "cat <<< here\n"
		  "ulimit -n 100; ulimit -n\n"
		  "sleep 100 & kill $!; wait $! || echo killed $?\n"
		  "trap 'echo trapped' USR1; kill -USR1 $$\n"
		  "mkdir -m 755 d; echo x > d/f; cp -a d e; mv e g; chmod 600 g/f; stat -c %a g/f\n"
		  "touch -d @0 g/f\n"
		  "tar cf - d g | tar tf - | wc -l; ln -s d l; mkfifo p; (echo fifo > p &)\n"
		  "cat p; rm -r d g l p\n"
		  "ulimit -c 0 2>/dev/null || echo core stays; timeout 1 sleep 9 || echo late\n" },
		"1000 999 998 here\n100\nkilled 143\ntrapped\n600\n4\nfifo\ncore stays\nlate\n",
	};

	(void)state;
	expect_output(&program);
}

static void python_runs_threads_processes_and_sockets(void **state)
{
	const struct program program = {
		{ "/usr/bin/python3", "-c",
		  "import asyncio, concurrent.futures as f, ctypes, fcntl, mmap, os, resource\n"
		  "import select, shutil\n"
		  "import signal, socket, subprocess, sys, tempfile, termios, threading, time\n"
		  "print(sum(f.ThreadPoolExecutor(4).map(lambda x: x * x, range(100))))\n"
		  "print(subprocess.run(['/usr/bin/tr', 'a', 'b'], input=b'aa', stdout=-1).stdout)\n"
		  "pid = os.fork()\n"
		  "if pid == 0: os._exit(7)\n"
		  "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
		  "s = socket.socket(socket.AF_UNIX); s.bind('s'); s.listen()\n"
		  "t = threading.Thread(target=lambda: s.accept()[0].sendall(b'unix')); t.start()\n"
		  "c = socket.socket(socket.AF_UNIX); c.connect('s'); print(c.recv(9)); t.join()\n"
		  "t = socket.create_server(('127.0.0.1', 0)); t.close()\n"
		  "try: socket.socket(socket.AF_INET, socket.SOCK_RAW)\n"
		  "except OSError as e: print(e.errno)\n"
		  "async def go():\n"
		  "  p = await asyncio.create_subprocess_exec('/bin/echo', 'child', stdout=-1)\n"
		  "  await asyncio.sleep(0.01); return (await p.communicate())[0]\n"
		  "print(asyncio.run(go()))\n"
		  "m = mmap.mmap(-1, 1 << 20); m[:3] = b'abc'; print(m[:3])\n"
		  "with tempfile.TemporaryDirectory() as d:\n"
		  "  open(d + '/a', 'w').write('x'); shutil.copy2(d + '/a', d + '/b')\n"
		  "  print(sorted(os.listdir(d)))\n"
		  "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
		  "print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
		  "signal.signal(signal.SIGALRM, lambda *a: print('alarm'))\n"
		  "signal.setitimer(0, 0.01); time.sleep(0.1)\n"
		  "print(sys.stdin.isatty(), os.get_blocking(0), len(os.urandom(4)), os.uname().sysname)\n" },
		"328350\nb'bb'\n7\nb'unix'\n97\nb'child\\n'\nb'abc'\n['a', 'b']\n(64, 64)\nalarm\n"
		"False True 4 Linux\n",
	};

	(void)state;
	expect_output(&program);
}

static void python_runs_multiprocessing(void **state)
{
	const struct program program = {
		{ "/usr/bin/python3", "-c",
		  "import multiprocessing as m\n"
		  "def f(x): return x * 2\n"
		  "if __name__ == '__main__':\n"
		  "  with m.get_context('fork').Pool(2) as p: print(p.map(f, range(5)))\n"
		  "  q = m.Queue(); p = m.Process(target=lambda: q.put('queued'))\n"
		  "  p.start(); print(q.get()); p.join()\n" },
		"[0, 2, 4, 6, 8]\nqueued\n",
	};

	(void)state;
	expect_output(&program);
}

static void node_runs_workers_children_and_servers(void **state)
{
	const struct program program = {
		{ "/usr/bin/node", "-e",
		  "const cp = require('child_process'), fs = require('fs'), net = require('net');\n"
		  "const { Worker } = require('worker_threads');\n"
		  "(async () => {\n"
		  "  const code = 'require(\"worker_threads\").parentPort.postMessage(6*7)';\n"
		  "  await new Promise(r => new Worker(code,\n"
		  "    { eval: true }).on('message', m => { console.log(m); r(); }));\n"
		  "  console.log(cp.execFileSync('/bin/echo', ['child']).toString().trim());\n"
		  "  await fs.promises.writeFile('n.txt', 'file'); fs.chmodSync('n.txt', 0o600);\n"
		  "  console.log(await fs.promises.readFile('n.txt', 'utf8'));\n"
		  "  const s = net.createServer(c => c.end('socket')).listen('n.sock');\n"
		  "  await new Promise(r => net.connect('n.sock').on('data',\n"
		  "    d => { console.log(String(d)); r(); }));\n"
		  "  s.close();\n"
		  "  console.log(require('zlib').gunzipSync(require('zlib').gzipSync('zip')).toString());\n"
		  "  console.log(require('crypto').randomBytes(8).length, require('os').cpus().length > 0);\n"
		  "  try { fs.watch('.').close(); } catch (e) { console.log(e.code); }\n"
		  "})();\n" },
		"42\nchild\nfile\nsocket\nzip\n8 true\nENOSYS\n",
	};

	(void)state;
	expect_output(&program);
}

static void compilers_compile(void **state)
{
	const struct program program = {
		{ "/usr/bin/bash", "-c",
		  "set -e; cat > h.c <<'E'\n"
		  "#include <stdio.h>\n#include <threads.h>\n"
		  "static int f(void *p) { return *(int *)p; }\n"
		  "int main(void) { thrd_t t; int v = 5, r; thrd_create(&t, f, &v); thrd_join(t, &r);\n"
		  "printf(\"hello %d\\n\", r); return 0; }\nE\n"
		  "gcc -O2 -pipe -o h h.c && ./h && gcc -flto -o h2 h.c && ./h2" },
		"hello 5\nhello 5\n",
	};

	(void)state;
	expect_output(&program);
}

static void java_runs_threads(void **state)
{
	const struct program program = {
		{ "/usr/bin/java", "-XX:-UsePerfData" /* it would lock a file */, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "J.java" },
		"3\nexecuted\n",
	};
	static const char source[] =
		"import java.util.concurrent.*;\n"
		"class J { public static void main(String[] a) throws Exception {\n"
		"  var e = Executors.newFixedThreadPool(2);\n"
		"  System.out.println(e.submit(() -> 1 + 2).get()); e.shutdown();\n"
		"  var p = new ProcessBuilder(\"/bin/echo\", \"executed\").inheritIO().start();\n"
		"  p.waitFor();\n"
		"} }\n";
	char path[64];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/J.java", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(ce__io_write_full(fd, source, strlen(source)), 0);
	close(fd);
	expect_output(&program);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", directory, (char *)NULL);
		_exit(1);
	}
	return wait_for(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bash_runs_pipelines_and_jobs),
		cmocka_unit_test(python_runs_threads_processes_and_sockets),
		cmocka_unit_test(python_runs_multiprocessing),
		cmocka_unit_test(node_runs_workers_children_and_servers),
		cmocka_unit_test(compilers_compile),
		cmocka_unit_test(java_runs_threads),
	};

	return cmocka_run_group_tests_name("seccomp-programs", tests, make_directory, remove_directory);
}
