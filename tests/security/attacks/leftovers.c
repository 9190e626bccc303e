// SPDX-License-Identifier: Apache-2.0 OR MIT
// More of what one execution could leave to the next: keys, queues, semaphores, locks, names, directories, limits, clocks.
// attack-stdout: clean
// attack-twice: yes
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(void)
{
	int dirty = 0, fd;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct utsname names;
	struct rlimit r;

	dirty += msgget(0x77, 0) >= 0 || semget(0x77, 1, 0) >= 0;
	dirty += mq_open("/left", O_RDONLY) >= 0 || sem_open("/left", 0) != SEM_FAILED;
	/* a session keyring that the one before wrote to; refused altogether, as it should be */
	dirty += syscall(SYS_keyctl, 10 /* search */, -3, "user", "left", 0) >= 0;
	dirty += access("/var/tmp/left", F_OK) == 0 || access("/run/left", F_OK) == 0 || access("/var/lock/left", F_OK) == 0;
	uname(&names);
	dirty += strcmp(names.nodename, "sandbox") != 0;
	getrlimit(RLIMIT_NOFILE, &r);
	dirty += r.rlim_cur != 256;
	dirty += umask(022) != 022;
	fd = open("/usr/bin/env", O_RDONLY);
	/* read locks of the one before on a file that all share; a write lock needs more than reading */
	dirty += fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

	msgget(0x77, IPC_CREAT | 0600);
	semget(0x77, 1, IPC_CREAT | 0600);
	mq_open("/left", O_CREAT | O_RDWR, 0600, NULL);
	sem_open("/left", O_CREAT, 0600, 1);
	mkdir("/var/tmp", 0777);
	close(open("/var/tmp/left", O_CREAT | O_WRONLY, 0600));
	lock.l_type = F_RDLCK;
	fcntl(fd, F_SETLK, &lock);
	umask(077);
	r.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &r);
	puts(dirty ? "BROKEN" : "clean");
	return 0;
}
