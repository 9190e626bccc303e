/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Prints what the tables say of every system call of this architecture: "number name word [errno]", where the word is
 * allowed, some (it has rules), refused or unknown. syscalls.py holds a real cell against it. */
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/seccomp_tables.h"

#define HIGHEST 480 /* above the last number of Linux 6.18 */

static bool is_among(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool has_rules(const char *name)
{
	for (size_t i = 0; i < ce__seccomp_rule_count; i++)
		if (!strcmp(ce__seccomp_rules[i].name, name))
			return true;
	return false;
}

static int refusal_of(const char *name)
{
	for (size_t i = 0; i < ce__seccomp_refusal_count; i++)
		if (!strcmp(ce__seccomp_refusals[i].name, name))
			return ce__seccomp_refusals[i].answer;
	return 0;
}

static const char *own_name(int number)
{
	for (size_t i = 0; i < ce__seccomp_number_count; i++)
		if (ce__seccomp_numbers[i].number == number)
			return ce__seccomp_numbers[i].name;
	return NULL;
}

int main(void)
{
	for (int number = 0; number < HIGHEST; number++) {
		char *known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
		const char *name = known ? known : own_name(number);
		int answer = name ? refusal_of(name) : 0;

		if (!name)
			printf("%d - unknown\n", number);
		else if (is_among(ce__seccomp_calls, name))
			printf("%d %s allowed\n", number, name);
		else if (has_rules(name))
			printf("%d %s some %d\n", number, name, answer);
		else if (answer)
			printf("%d %s refused %d\n", number, name, answer);
		else
			printf("%d %s unknown\n", number, name);
		free(known);
	}
	return 0;
}
