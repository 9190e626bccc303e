/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What interpreters other than Python remember of their start and what must not be so of one that waited: clocks, and
 * generators that a zygote's children would share. All of it by what they export. */
#include "park/inside.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

#define PERL_ADD 1

/* bash: $RANDOM is seeded when it starts, and $SECONDS counts from then. */
static struct {
	void (*seed)(unsigned long);
	time_t *start_time;
	struct timeval *start;
} bash;

/* perl: the value of $^T. Which interpreter it is says a thread's own key. */
static struct {
	pthread_key_t *key;
	void *(*get_variable)(void *perl, const char *name, int flags);
	void (*set_integer)(void *perl, void *variable, long value);
} perl;

static void *find(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

void ce__runtime_prepare(bool fast_exit)
{
	if (find("Py_FinalizeEx"))
		ce__python_prepare(fast_exit);
	*(void **)&bash.seed = find("sbrand");
	*(void **)&bash.start_time = find("shell_start_time");
	*(void **)&bash.start = find("shellstart");
	*(void **)&perl.key = find("PL_thr_key");
	*(void **)&perl.get_variable = find("Perl_get_sv");
	*(void **)&perl.set_integer = find("Perl_sv_setiv_mg");
}

void ce__runtime_forked(void)
{
	unsigned long random;

	if (bash.seed && getrandom(&random, sizeof(random), 0) == (ssize_t)sizeof(random))
		bash.seed(random);
}

static void set_perl_start(time_t now)
{
	void *interpreter = perl.key && perl.get_variable && perl.set_integer ? pthread_getspecific(*perl.key) : NULL;
	void *variable = interpreter ? perl.get_variable(interpreter, "\024", PERL_ADD) : NULL;

	if (variable)
		perl.set_integer(interpreter, variable, (long)now);
}

void ce__runtime_resumed(void)
{
	struct timeval now;

	if (gettimeofday(&now, NULL) < 0)
		return;
	if (bash.start_time && bash.seed)
		*bash.start_time = now.tv_sec;
	if (bash.start && bash.seed)
		*bash.start = now;
	set_perl_start(now.tv_sec);
}
