/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * For the programs in this directory: tell how an attempt ended, in one word per attempt. */
#ifndef ATTACK_H
#define ATTACK_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* "bpf EPERM"; a success is "bpf BROKEN". */
static inline void told(const char *what, long result)
{
	printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "BROKEN");
}

#define TRY(name, ...) told(#name, syscall(SYS_##name, ##__VA_ARGS__))
/* As declared on x86-64 and aarch64: from 424 on numbers are the same everywhere. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#endif
