// SPDX-License-Identifier: Apache-2.0 OR MIT
// A crash leaves no core file and wakes no crash handler of the host.
// attack-status: success
// attack-stdout: dumped no
// attack-stdout: files: only mine
// attack-stdout: limit refused
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };
	int status, other = 0;
	struct dirent *e;
	DIR *d;

	if (fork() == 0)
		abort();
	wait(&status);
	printf("dumped %s\n", WCOREDUMP(status) ? "BROKEN" : "no");
	d = opendir("/work");
	while (d && (e = readdir(d)))
		other += strncmp(e->d_name, "core", 4) == 0;
	puts(other ? "files: BROKEN" : "files: only mine");
	puts(setrlimit(RLIMIT_CORE, &more) < 0 ? "limit refused" : "limit BROKEN");
	return 0;
}
