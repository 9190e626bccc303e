/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * SIGINT, SIGTERM and SIGHUP as something to poll for. One instance per process. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/* From here on the first of these signals makes signals_fd() readable, and a second one ends the process at
 * once with 128+N. Signals that were ignored (nohup) stay ignored. 0 or -1 with errno. */
int signals_catch(void);
/* Readable once a signal came, and for good; -1 before signals_catch(). */
int signals_fd(void);
/* The first signal that came, or 0. */
int signals_received(void);

#endif
