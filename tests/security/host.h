/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A host process for the kill tests: a forked child that uses the public interface alone, tells its parent
 * what happens one letter at a time, and judges the results once something was killed. */
#ifndef CE_TESTS_SECURITY_HOST_H
#define CE_TESTS_SECURITY_HOST_H

#include "world.h"

enum victim { VICTIM_HOST, VICTIM_SUPERVISOR, VICTIM_INIT, VICTIM_PROGRAM, VICTIM_BOTH, VICTIM_COUNT };

struct host {
	pid_t pid;
	int pidfd;
	int events;  /* letters: s sandbox, q queued, c compiling, r running, o output, f a fork holds all
			descriptors */
	int command; /* 'k': something was killed, judge; 'f': fork a child that holds everything */
	int hold;    /* that child lives until this is closed */
};

/* Starts it. `victim` is what will be killed: it decides what the results must be. */
void host_start(struct host *h, const struct world *w, enum victim victim);
/* Waits for the n-th such letter; false at the end of the letters or after 20 s. */
bool host_await(struct host *h, char letter, unsigned n);
void host_command(struct host *h, char command);
/* Waits for its end up to 20 s: its exit status, -1 if it was killed. */
int host_end(struct host *h);

#endif
