/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a test and the object that is preloaded into its host program (failcall.c) share: a file of this layout, named by
 * FAILCALL in the host's environment and mapped by both. tests/server/server_faults.py knows the layout as well. */
#ifndef CE_TESTS_HELPERS_FAILCALL_H
#define CE_TESTS_HELPERS_FAILCALL_H

#include <stdint.h>

#define FAILCALL_SPAWNED_MAX 16

enum { FAILCALL_ALL = 0, FAILCALL_MEMORY = 1, FAILCALL_OTHERS = 2 };

struct failcall {
	/* Told by the test. */
	_Atomic uint64_t armed; /* calls are counted, and one fails; may change at any time */
	uint64_t nth;           /* this one, from 1; 0: none */
	uint64_t error;         /* only calls that can give this errno count; 0: all, each with the one it is known for */
	uint64_t what;          /* FAILCALL_*: only allocations count, or only what is none */
	uint64_t odds;          /* instead of one: each call fails with a chance of one in so many */
	_Atomic uint64_t seed;  /* of that chance; moves on */
	/* Told by the host program. */
	_Atomic uint64_t owner; /* its process; forks of it and what it executes count nothing */
	_Atomic uint64_t count;
	_Atomic uint64_t hits; /* calls that were made to fail */
	_Atomic int64_t live;  /* blocks of memory that were allocated and not freed since its start */
	_Atomic uint64_t spawned_count;
	uint64_t spawned[FAILCALL_SPAWNED_MAX]; /* processes that it started */
	char name[32];                          /* of the call that failed last, */
	uint64_t failed_with;                   /* its errno, */
	char trace[2048];                       /* and who called it: "object+offset", innermost first */
};

#endif
