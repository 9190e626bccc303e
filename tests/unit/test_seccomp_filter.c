/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The filter's bytes against the tables: a BPF interpreter runs the filter with many arguments, and the
 * tables say what has to come out. Catches what libseccomp's binary tree or our joining of rules could get
 * wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "monitor/message.h"
#include "plan/plan.h"
#include "plan/seccomp_tables.h"
#include "seccomp_child.h"

#if defined(__x86_64__)
#define NATIVE_ARCH SCMP_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH SCMP_ARCH_AARCH64
#else
#define NATIVE_ARCH seccomp_arch_native()
#endif

static bool jumps(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	case BPF_JSET:
		return (a & i->k) != 0;
	default:
		fail_msg("unknown jump %#x", i->code);
		return false;
	}
}

/* The subset of classic BPF that libseccomp makes. */
static uint32_t run_filter(const struct filter *filter, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < filter->count; pc++) {
		const struct sock_filter *i = &filter->code[pc];

		if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
			assert_true(i->k <= sizeof(*data) - 4 && i->k % 4 == 0);
			memcpy(&a, (const char *)data + i->k, 4);
		} else if (i->code == (BPF_ALU | BPF_AND | BPF_K)) {
			a &= i->k;
		} else if (i->code == (BPF_RET | BPF_K)) {
			return i->k;
		} else if (i->code == (BPF_JMP | BPF_JA)) {
			pc += i->k;
		} else {
			assert_int_equal(BPF_CLASS(i->code), BPF_JMP);
			pc += jumps(i, a) ? i->jt : i->jf;
		}
	}
	fail_msg("the filter ended without an answer");
	return 0;
}

static int number_of(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	for (size_t i = 0; number == __NR_SCMP_ERROR && i < ce__seccomp_number_count; i++) {
		if (!strcmp(name, ce__seccomp_numbers[i].name))
			number = ce__seccomp_numbers[i].number;
	}
	return number;
}

/* Of the base's rules, in their order; the caller's to free. */
static int *numbers_of_rules(void)
{
	int *numbers = calloc(ce__seccomp_rule_count, sizeof(*numbers));

	assert_non_null(numbers);
	for (size_t i = 0; i < ce__seccomp_rule_count; i++)
		numbers[i] = number_of(ce__seccomp_rules[i].name);
	return numbers;
}

static bool is_plain(const char *const *calls, int number)
{
	for (; calls && *calls; calls++) {
		if (number_of(*calls) == number)
			return true;
	}
	return false;
}

static bool matches(const struct ce_seccomp_rule *rule, const uint64_t *args)
{
	for (size_t i = 0; i < CE_SECCOMP_CHECKS_MAX && rule->checks[i].mask; i++) {
		if ((args[rule->checks[i].index] & rule->checks[i].mask) != rule->checks[i].value)
			return false;
	}
	return true;
}

/* What the base's tables say. `numbers` are those of the rules' names. */
static bool rules_allow(const int *numbers, int number, const uint64_t *args)
{
	for (size_t i = 0; i < ce__seccomp_rule_count; i++) {
		if (numbers[i] == number && matches(&ce__seccomp_rules[i], args))
			return true;
	}
	return false;
}

static uint32_t refusal_of(int number)
{
	for (size_t i = 0; i < ce__seccomp_refusal_count; i++) {
		if (number_of(ce__seccomp_refusals[i].name) == number)
			return SECCOMP_RET_ERRNO | (uint32_t)ce__seccomp_refusals[i].answer;
	}
	return SECCOMP_RET_ERRNO | ENOSYS;
}

/* xorshift: the same arguments in each run. */
static uint64_t next_random(void)
{
	static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A value near to what some rule of the call compares with. */
static void near_values(const int *numbers, int number, uint64_t *args)
{
	for (unsigned index = 0; index < 6; index++) {
		const struct ce_seccomp_rule *rule;

		do
			rule = &ce__seccomp_rules[next_random() % ce__seccomp_rule_count];
		while (numbers[rule - ce__seccomp_rules] != number);
		args[index] = 0;
		for (size_t i = 0; i < CE_SECCOMP_CHECKS_MAX; i++) {
			if (rule->checks[i].mask && rule->checks[i].index == index)
				args[index] = rule->checks[i].value;
		}
		if (next_random() % 4 == 0)
			args[index] ^= UINT64_C(1) << next_random() % 32;
		if (next_random() % 8 == 0)
			args[index] = next_random() & 0xffff;
		if (next_random() % 2 == 0)
			args[index] ^= next_random() << 32;
	}
}

static void every_number_gets_the_answer_of_the_tables(void **state)
{
	struct filter filter = build_filter(NULL);
	int *numbers = numbers_of_rules();

	(void)state;
	for (int number = -2; number < 1200; number++) {
		bool plain = is_plain(ce__seccomp_calls, number), ruled = false;
		uint32_t refusal = refusal_of(number);

		for (size_t i = 0; i < ce__seccomp_rule_count && !ruled; i++)
			ruled = numbers[i] == number && number >= 0;
		if (number == -2) /* has x32's bit */
			refusal = NATIVE_ARCH == SCMP_ARCH_X86_64 ? SECCOMP_RET_KILL_PROCESS : refusal;
		for (int round = 0; round < (ruled ? 4000 : 4); round++) {
			struct seccomp_data data = {.nr = number, .arch = NATIVE_ARCH};
			uint64_t args[6] = {next_random(), next_random(), next_random(), 0, next_random(), 1};
			uint32_t expected, got;

			if (ruled)
				near_values(numbers, number, args);
			memcpy(data.args, args, sizeof(args));
			expected = number >= 0 && (plain || rules_allow(numbers, number, args))
				       ? SECCOMP_RET_ALLOW
				       : refusal;
			got = run_filter(&filter, &data);
			if (got != expected)
				fail_msg("call %d (%#lx, %#lx, %#lx, %#lx): expected %#x, got %#x", number,
					 (unsigned long)args[0], (unsigned long)args[1],
					 (unsigned long)args[2], (unsigned long)args[3], expected, got);
		}
	}
	free(numbers);
	free(filter.code);
}

static void other_architectures_are_killed(void **state)
{
	static const uint32_t others[] = {SCMP_ARCH_X86, SCMP_ARCH_ARM, SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64,
					  0};
	struct filter filter = build_filter(NULL);

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(others); i++) {
		for (int number = 0; number < 600 && others[i] != NATIVE_ARCH; number++) {
			struct seccomp_data data = {.nr = number, .arch = others[i]};

			assert_int_equal(run_filter(&filter, &data), SECCOMP_RET_KILL_PROCESS);
		}
	}
	for (int number = 0x40000000; NATIVE_ARCH == SCMP_ARCH_X86_64 && number < 0x40000400; number++) {
		struct seccomp_data data = {.nr = number, .arch = SCMP_ARCH_X86_64};

		assert_int_equal(run_filter(&filter, &data), SECCOMP_RET_KILL_PROCESS);
	}
	free(filter.code);
}

/* A call in the plain list would make its rules idle; one with rules and no refusal would answer ENOSYS. */
static void tables_do_not_contradict_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ce__seccomp_rule_count; i++) {
		const char *name = ce__seccomp_rules[i].name;
		bool refused = false;

		for (const char *const *call = ce__seccomp_calls; *call; call++)
			assert_string_not_equal(*call, name);
		for (size_t k = 0; k < CE_SECCOMP_CHECKS_MAX; k++) { /* or it could never hold */
			const struct ce_seccomp_check *check = &ce__seccomp_rules[i].checks[k];

			if (check->value & ~check->mask)
				fail_msg("rule %zu of %s compares bits that it masks out", i, name);
		}
		for (size_t k = 0; k < ce__seccomp_refusal_count && !refused; k++)
			refused = !strcmp(ce__seccomp_refusals[k].name, name);
		if (!refused)
			fail_msg("%s has rules but no answer for when none matches", name);
	}
	for (size_t i = 0; i < ce__seccomp_refusal_count; i++) {
		for (const char *const *call = ce__seccomp_calls; *call; call++)
			assert_string_not_equal(*call, ce__seccomp_refusals[i].name);
	}
}

/* A misspelt name would silently be left out. */
static void every_name_is_a_system_call(void **state)
{
	(void)state;
	for (const char *const *call = ce__seccomp_calls; *call; call++) {
		if (number_of(*call) == __NR_SCMP_ERROR)
			fail_msg("no system call is named %s", *call);
	}
	for (size_t i = 0; i < ce__seccomp_rule_count; i++) {
		if (number_of(ce__seccomp_rules[i].name) == __NR_SCMP_ERROR)
			fail_msg("no system call is named %s", ce__seccomp_rules[i].name);
	}
	for (size_t i = 0; i < ce__seccomp_refusal_count; i++) {
		if (number_of(ce__seccomp_refusals[i].name) == __NR_SCMP_ERROR)
			fail_msg("no system call is named %s", ce__seccomp_refusals[i].name);
	}
	for (const char *const *call = ce__seccomp_supervisor.calls; *call; call++)
		assert_int_not_equal(number_of(*call), __NR_SCMP_ERROR);
	for (size_t i = 0; i < ce__seccomp_group_count; i++) {
		const char *const *call = ce__seccomp_groups[i].calls;

		for (; call && *call; call++)
			assert_int_not_equal(number_of(*call), __NR_SCMP_ERROR);
	}
}

static void same_groups_give_the_same_bytes(void **state)
{
	static const char *const one[] = {"ptrace", "netlink", "numa", NULL};
	static const char *const two[] = {"numa", "ptrace", "netlink", "ptrace", NULL};
	struct filter a = build_filter(one), b = build_filter(two), base = build_filter(NULL);

	(void)state;
	assert_int_equal(a.count, b.count);
	assert_memory_equal(a.code, b.code, a.count * sizeof(*a.code));
	assert_true(base.count < a.count);
	free(a.code);
	free(b.code);
	free(base.code);
}

/* With all groups. */
static struct filter build_widest(void)
{
	const char *groups[CE_SECCOMP_GROUPS_MAX + 1] = { NULL };

	for (size_t i = 0; ce__seccomp_group_name(i); i++)
		groups[i] = ce__seccomp_group_name(i);
	return build_filter(groups);
}

static void all_groups_together_fit_into_a_plan(void **state)
{
	struct filter filter;
	uint64_t before, took;

	(void)state;
	for (size_t i = 0; ce__seccomp_group_name(i); i++)
		assert_non_null(ce__seccomp_group_purpose(i));
	assert_null(ce__seccomp_group_purpose(CE_SECCOMP_GROUPS_MAX));
	before = ce__clock_us();
	filter = build_widest();
	took = ce__clock_us() - before;
	assert_true(filter.count <= CE_PLAN_MAX_BPF);
	print_message("%zu instructions with all groups, built in %llu us\n", filter.count,
		      (unsigned long long)took);
	free(filter.code);
}

/* ---- the supervisor's own, below each cell's ---- */

static struct filter build_outer(void)
{
	struct filter filter = { 0 };
	ce_error *error = NULL;
	void *bytes = NULL;
	size_t size = 0;

	if (ce__seccomp_build_outer(&bytes, &size, &error))
		fail_msg("%s", ce_error_message(error));
	filter.code = bytes;
	filter.count = size / sizeof(*filter.code);
	return filter;
}

/* What one of both refuses is refused: a call that the outer one did not know would be missing in a cell. */
static void the_supervisors_filter_takes_nothing_from_a_cell(void **state)
{
	struct filter outer = build_outer(), cell = build_widest();
	int *numbers = numbers_of_rules();
	unsigned allowed = 0;

	(void)state;
	for (int number = 0; number < 1200; number++) {
		bool ruled = false, known = false;

		for (size_t i = 0; i < ce__seccomp_rule_count && !ruled; i++)
			ruled = numbers[i] == number;
		for (int round = 0; round < (ruled ? 400 : 4); round++) {
			struct seccomp_data data = { .nr = number, .arch = NATIVE_ARCH };
			uint64_t args[6] = { next_random(), next_random(), next_random(), 0, next_random(), 1 };

			if (ruled)
				near_values(numbers, number, args);
			memcpy(data.args, args, sizeof(args));
			if (run_filter(&cell, &data) != SECCOMP_RET_ALLOW)
				continue;
			known = true;
			if (run_filter(&outer, &data) != SECCOMP_RET_ALLOW)
				fail_msg("cells may make call %d, their supervisor not", number);
		}
		allowed += known;
	}
	assert_true(allowed > 245); /* that many are plain */
	/* personality(ADDR_NO_RANDOMIZE) and netlink sockets are in no base rule's neighbourhood */
	for (size_t i = 0; i < ce__seccomp_group_count; i++) {
		for (size_t k = 0; k < ce__seccomp_groups[i].rule_count; k++) {
			struct seccomp_data data = { .nr = number_of(ce__seccomp_groups[i].rules[k].name), .arch = NATIVE_ARCH };

			assert_int_equal(run_filter(&outer, &data), SECCOMP_RET_ALLOW);
		}
	}
	free(numbers);
	free(outer.code);
	free(cell.code);
}

static void the_supervisors_filter_refuses_what_nobody_needs(void **state)
{
	static const char *const names[] = {
		"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key", "request_key",
		"kcmp", "pidfd_getfd", "open_by_handle_at", "execveat", "fanotify_init", "memfd_secret", "kexec_load",
		"kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff", "acct", "syslog",
		"quotactl", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "chroot", "sync", "vhangup", "lookup_dcookie",
#ifdef __x86_64__
		"iopl", "ioperm", "modify_ldt",
#endif
	};
	struct filter outer = build_outer();

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(names); i++) {
		struct seccomp_data data = { .nr = number_of(names[i]), .arch = NATIVE_ARCH };
		uint32_t answer;

		assert_true(data.nr >= 0);
		answer = run_filter(&outer, &data);
		if (answer != refusal_of(data.nr))
			fail_msg("%s is answered with %#x", names[i], answer);
	}
	for (int number = 0; number < 600; number++) {
		struct seccomp_data data = { .nr = number, .arch = NATIVE_ARCH == SCMP_ARCH_X86_64 ? SCMP_ARCH_X86 : SCMP_ARCH_ARM };

		assert_int_equal(run_filter(&outer, &data), SECCOMP_RET_KILL_PROCESS);
	}
	free(outer.code);
}

/* So that the kernel need not run it for a call that it allows. */
static void the_supervisors_filter_looks_at_numbers_only(void **state)
{
	struct filter outer = build_outer();

	(void)state;
	for (size_t i = 0; i < outer.count; i++)
		if (BPF_CLASS(outer.code[i].code) == BPF_LD)
			assert_true(outer.code[i].k == offsetof(struct seccomp_data, nr) || outer.code[i].k == offsetof(struct seccomp_data, arch));
	assert_true(outer.count <= CE_HELLO_FILTER_MAX);
	print_message("%zu instructions\n", outer.count);
	free(outer.code);
}

static void unknown_group_is_refused_with_the_known_ones(void **state)
{
	static const char *const groups[] = {"netlink", "netlnk", NULL};
	ce_error *error = NULL;
	void *bytes = NULL;
	size_t size = 0;

	(void)state;
	assert_int_equal(ce__seccomp_build(groups, &bytes, &size, &error), CE_ERR_INVALID);
	assert_null(bytes);
	assert_non_null(strstr(ce_error_message(error), "\"netlnk\""));
	for (size_t i = 0; ce__seccomp_group_name(i); i++)
		assert_non_null(strstr(ce_error_message(error), ce__seccomp_group_name(i)));
	ce_error_free(error);
	assert_int_equal(ce__seccomp_build(groups, &bytes, &size, NULL), CE_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_number_gets_the_answer_of_the_tables),
	    cmocka_unit_test(other_architectures_are_killed),
	    cmocka_unit_test(tables_do_not_contradict_each_other),
	    cmocka_unit_test(every_name_is_a_system_call),
	    cmocka_unit_test(same_groups_give_the_same_bytes),
	    cmocka_unit_test(all_groups_together_fit_into_a_plan),
	    cmocka_unit_test(the_supervisors_filter_takes_nothing_from_a_cell),
	    cmocka_unit_test(the_supervisors_filter_refuses_what_nobody_needs),
	    cmocka_unit_test(the_supervisors_filter_looks_at_numbers_only),
	    cmocka_unit_test(unknown_group_is_refused_with_the_known_ones),
	};

	return cmocka_run_group_tests_name("seccomp-filter", tests, NULL, NULL);
}
