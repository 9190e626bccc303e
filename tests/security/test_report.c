/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The report pipe decides what the result says: no program may reach it, nor anything else that init or the
 * supervisor hold. */
#include <stdio.h>
#include <string.h>

#include "world.h"

static const char program[] =
    "#define _GNU_SOURCE\n"
    "#include <dirent.h>\n"
    "#include <errno.h>\n"
    "#include <fcntl.h>\n"
    "#include <signal.h>\n"
    "#include <stdio.h>\n"
    "#include <sys/ptrace.h>\n"
    "#include <sys/syscall.h>\n"
    "#include <sys/uio.h>\n"
    "#include <unistd.h>\n"
    "int main(void)\n"
    "{\n"
    "	char path[64], byte = 0;\n"
    "	struct iovec here = { &byte, 1 }, there = { main, 1 };\n"
    "	int open_fds = 0, reached = 0, pidfd;\n"
    "	for (int fd = 3; fd < 4096; fd++)\n"
    "		open_fds += fcntl(fd, F_GETFD) != -1 || errno != EBADF;\n"
    "	for (int fd = 0; fd < 256; fd++) {\n"
    "		snprintf(path, sizeof(path), \"/proc/1/fd/%d\", fd);\n"
    "		reached += open(path, O_WRONLY) >= 0;\n"
    "	}\n"
    "	pidfd = (int)syscall(SYS_pidfd_open, 1, 0);\n"
    "	for (int fd = 0; fd < 256; fd++)\n"
    "		reached += syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0;\n"
    "	reached += opendir(\"/proc/1/fd\") != NULL || open(\"/proc/1/mem\", O_RDWR) >= 0;\n"
    "	reached += ptrace(PTRACE_ATTACH, 1, 0, 0) == 0;\n"
    "	reached += process_vm_readv(1, &here, 1, &there, 1, 0) >= 0;\n"
    "	kill(1, SIGKILL);\n"
    "	kill(1, SIGTERM);\n"
    "	printf(\"open %d reached %d\\n\", open_fds, reached);\n"
    "	return 0;\n"
    "}\n";

int main(void)
{
	ce_request request = ce_request_init();
	ce_sandbox_options options;
	ce_sandbox *sandbox = NULL;
	ce_result *result = NULL;
	ce_error *error = NULL;
	const char *output = "";
	struct world w;
	size_t size = 0;

	world_open(&w, NULL);
	options = world_options(&w);
	request.language = "c";
	request.code = program;
	request.code_size = sizeof(program) - 1;
	if (ce_sandbox_create(&options, &sandbox, &error) || ce_execute(sandbox, &request, &result, &error)) {
		tap_ok(false, "cannot run: %s", ce_error_message(error));
		ce_error_free(error);
		return tap_done();
	}
	output = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);
	if (!tap_ok(ce_result_outcome(result) == CE_OUTCOME_SUCCESS && !strcmp(output, "open 0 reached 0\n"),
		    "a program has descriptors 0 to 2 and reaches none of init's"))
		tap_diag("%s: %s: %s %s", ce_result_status(result), ce_result_message(result), output,
			 (const char *)ce_result_output(result, CE_STAGE_COMPILE, CE_STREAM_STDERR, &size));
	ce_result_free(result);
	ce_sandbox_destroy(sandbox);
	tap_ok(world_is_clean(&w, NULL, 0, true), "nothing is left");
	world_close(&w);
	return tap_done();
}
