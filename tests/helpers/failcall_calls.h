/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Which of libc's calls failcall.c can make fail, and how each of them says so. */
#ifndef CE_TESTS_HELPERS_FAILCALL_CALLS_H
#define CE_TESTS_HELPERS_FAILCALL_CALLS_H

/* What a call can give. */
#define NOMEM 1u
#define MFILE 2u
#define NFILE 4u
#define NOSPC 8u
#define AGAIN 16u
#define INTR 32u
#define IO 64u
#define FILES (MFILE | NFILE | NOMEM)

/* How it fails: -1, NULL, or the number itself, with errno set or as the result; a stream as well gets its error mark. */
enum way { MINUS, NONE, CODE, GLOB, INFO, STREAM0, STREAM2, STREAM3 };

/* The name; how it fails; with what, if nothing else is asked for; with what else it can.
 *
 * Not here, since they cannot fail for lack of anything, or their failure says nothing: close, getpid, clock_gettime,
 * sigprocmask, lseek, getrlimit, shutdown, kill by pidfd, eventfd_read and _write. dlopen fails by its allocations. */
#define CALLS(X)                                                                                                    \
	X(open, MINUS, MFILE, FILES | IO | NOSPC)                                                                   \
	X(open64, MINUS, MFILE, FILES | IO | NOSPC)                                                                 \
	X(__open64_2, MINUS, MFILE, FILES | IO)                                                                     \
	X(openat, MINUS, MFILE, FILES | IO | NOSPC)                                                                 \
	X(openat64, MINUS, MFILE, FILES | IO | NOSPC)                                                               \
	X(__openat64_2, MINUS, MFILE, FILES | IO)                                                                   \
	X(fopen, NONE, MFILE, FILES | IO)                                                                           \
	X(fopen64, NONE, MFILE, FILES | IO)                                                                         \
	X(fdopen, NONE, NOMEM, 0)                                                                                   \
	X(open_memstream, NONE, NOMEM, 0)                                                                           \
	X(opendir, NONE, MFILE, FILES | IO)                                                                         \
	X(fdopendir, NONE, NOMEM, IO)                                                                               \
	X(readdir64, NONE, IO, NOMEM)                                                                               \
	X(scandir64, MINUS, MFILE, FILES | IO)                                                                      \
	X(nftw64, MINUS, MFILE, FILES | IO)                                                                         \
	X(glob64, GLOB, NOMEM, IO)                                                                                  \
	X(realpath, NONE, NOMEM, IO)                                                                                \
	X(readlink, MINUS, NOMEM, IO)                                                                               \
	X(stat64, MINUS, NOMEM, IO)                                                                                 \
	X(fstat64, MINUS, NOMEM, IO)                                                                                \
	X(fstatat64, MINUS, NOMEM, IO)                                                                              \
	X(statfs64, MINUS, NOMEM, IO)                                                                               \
	X(fstatfs64, MINUS, NOMEM, IO)                                                                              \
	X(access, MINUS, NOMEM, IO)                                                                                 \
	X(faccessat, MINUS, NOMEM, IO)                                                                              \
	X(chmod, MINUS, IO, NOMEM)                                                                                  \
	X(fchmod, MINUS, IO, NOMEM)                                                                                 \
	X(mkdir, MINUS, NOSPC, NOMEM | IO)                                                                          \
	X(mkdirat, MINUS, NOSPC, NOMEM | IO)                                                                        \
	X(mkdtemp, NONE, NOSPC, NOMEM | IO)                                                                         \
	X(rename, MINUS, NOSPC, NOMEM | IO)                                                                         \
	X(unlink, MINUS, IO, NOMEM)                                                                                 \
	X(unlinkat, MINUS, IO, NOMEM)                                                                               \
	X(remove, MINUS, IO, NOMEM)                                                                                 \
	X(ftruncate64, MINUS, NOMEM, NOSPC | IO | INTR)                                                             \
	X(flock, MINUS, NOMEM, INTR)                                                                                \
	X(fcntl, MINUS, MFILE, NOMEM)                                                                               \
	X(fcntl64, MINUS, MFILE, NOMEM)                                                                             \
	X(read, MINUS, IO, NOMEM | INTR | AGAIN)                                                                    \
	X(pread64, MINUS, IO, NOMEM | INTR)                                                                         \
	X(write, MINUS, IO, NOSPC | NOMEM | INTR | AGAIN)                                                           \
	X(pwrite64, MINUS, NOSPC, NOMEM | IO | INTR)                                                                \
	X(fread, STREAM3, IO, NOMEM)                                                                                \
	X(fgets, STREAM2, IO, NOMEM)                                                                                \
	X(fgetc, STREAM0, IO, NOMEM)                                                                                \
	X(getdelim, STREAM3, NOMEM, IO)                                                                             \
	X(__getdelim, STREAM3, NOMEM, IO)                                                                           \
	X(mmap, MINUS, NOMEM, 0)                                                                                    \
	X(mmap64, MINUS, NOMEM, 0)                                                                                  \
	X(madvise, MINUS, NOMEM, AGAIN)                                                                             \
	X(memfd_create, MINUS, MFILE, FILES)                                                                        \
	X(eventfd, MINUS, MFILE, FILES)                                                                             \
	X(signalfd, MINUS, MFILE, FILES)                                                                            \
	X(pidfd_open, MINUS, MFILE, FILES)                                                                          \
	X(epoll_create1, MINUS, MFILE, FILES)                                                                       \
	X(epoll_ctl, MINUS, NOMEM, NOSPC)                                                                           \
	X(epoll_wait, MINUS, INTR, 0)                                                                               \
	X(poll, MINUS, NOMEM, INTR)                                                                                 \
	X(pipe2, MINUS, MFILE, FILES)                                                                               \
	X(socket, MINUS, MFILE, FILES)                                                                              \
	X(socketpair, MINUS, MFILE, FILES)                                                                          \
	X(accept4, MINUS, MFILE, FILES | INTR | AGAIN)                                                              \
	X(bind, MINUS, NOMEM, 0)                                                                                    \
	X(connect, MINUS, NOMEM, INTR)                                                                              \
	X(setsockopt, MINUS, NOMEM, 0)                                                                              \
	X(getsockopt, MINUS, NOMEM, 0)                                                                              \
	X(getsockname, MINUS, NOMEM, 0)                                                                             \
	X(getpeername, MINUS, NOMEM, 0)                                                                             \
	X(send, MINUS, NOMEM, INTR | AGAIN)                                                                         \
	X(sendto, MINUS, NOMEM, INTR | AGAIN)                                                                       \
	X(sendmsg, MINUS, NOMEM, INTR | AGAIN)                                                                      \
	X(recvmsg, MINUS, NOMEM, MFILE | INTR | AGAIN)                                                              \
	X(syscall, MINUS, NOMEM, INTR)                                                                              \
	X(getaddrinfo, INFO, NOMEM, AGAIN)                                                                          \
	X(getrandom, MINUS, INTR, 0)                                                                                \
	X(waitpid, MINUS, INTR, 0)                                                                                  \
	X(waitid, MINUS, INTR, 0)                                                                                   \
	X(pthread_create, CODE, AGAIN, 0)                                                                           \
	X(posix_spawn, CODE, AGAIN, NOMEM)                                                                          \
	X(posix_spawn_file_actions_init, CODE, NOMEM, 0)                                                            \
	X(posix_spawn_file_actions_adddup2, CODE, NOMEM, 0)                                                         \
	X(posix_spawn_file_actions_addopen, CODE, NOMEM, 0)                                                         \
	X(posix_spawnattr_init, CODE, NOMEM, 0)

#endif
