/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The end of the filter, for calls that no rule allowed: a binary tree over the system call numbers.
 * Neighbours mostly have the same answer, so that the 450 numbers are about 110 runs, and the tree has one
 * instruction less than there are runs. As one libseccomp rule and one refusal per call it would be 530
 * instructions, and the kernel takes a quarter of a microsecond for each of them whenever a filter is
 * installed. */
#include "plan/seccomp_tables.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define NUMBERS 1024 /* above all system call numbers; what follows has the answer of the last one */
#define VALUES_MAX 32
#define JUMP_MAX 255

struct run {
	uint32_t first; /* number of the first call */
	size_t value;   /* index of its answer */
};

struct tree {
	struct sock_filter *code; /* borrowed */
	size_t used;
	size_t returns; /* where the return instructions begin, one for each value */
	struct run runs[NUMBERS];
	size_t run_count;
	uint32_t values[VALUES_MAX];
	size_t value_count;
};

static int set_answer(uint32_t *answers, const char *name, uint32_t answer)
{
	int number = ce__seccomp_number(name);

	if (number < 0)
		return 0;
	/* The last number stands for all the calls of the future. */
	if (number >= NUMBERS - 1)
		return -ERANGE;
	answers[number] = answer;
	return 0;
}

static int collect_answers(uint32_t *answers, const struct ce_seccomp_set *const *sets, size_t set_count)
{
	int r = 0;

	for (size_t i = 0; i < NUMBERS; i++)
		answers[i] = SECCOMP_RET_ERRNO | ENOSYS;
	for (size_t i = 0; i < ce__seccomp_refusal_count && r == 0; i++)
		r = set_answer(answers, ce__seccomp_refusals[i].name,
			       SECCOMP_RET_ERRNO | (uint32_t)ce__seccomp_refusals[i].answer);
	/* Last, because a group allows what the base refuses. */
	for (size_t i = 0; i < set_count; i++) {
		for (const char *const *call = sets[i]->calls; call && *call && r == 0; call++)
			r = set_answer(answers, *call, SECCOMP_RET_ALLOW);
	}
	return r;
}

static size_t value_index(struct tree *tree, uint32_t value)
{
	size_t i = 0;

	while (i < tree->value_count && tree->values[i] != value)
		i++;
	if (i == tree->value_count && i < VALUES_MAX)
		tree->values[tree->value_count++] = value;
	return i;
}

static int find_runs(struct tree *tree, const uint32_t *answers)
{
	for (uint32_t i = 0; i < NUMBERS; i++) {
		if (i > 0 && answers[i] == answers[i - 1])
			continue;
		tree->runs[tree->run_count].first = i;
		tree->runs[tree->run_count].value = value_index(tree, answers[i]);
		if (tree->runs[tree->run_count].value == VALUES_MAX)
			return -E2BIG;
		tree->run_count++;
	}
	/* Every jump of the tree fits into eight bits if the longest does. */
	return tree->run_count < 2 || tree->run_count + tree->value_count > JUMP_MAX ? -E2BIG : 0;
}

/* Runs `low` to `high` - 1, at least two: a comparison, then the tree of the lower half, then that of the
 * upper one. A half of one run is no tree but a jump to its return. A tree of n runs has n - 1 instructions.
 */
static void emit_runs(struct tree *tree, size_t low, size_t high)
{
	size_t middle = low + (high - low) / 2;
	size_t next = tree->used + 1;
	size_t lower_size = middle - low - 1;
	size_t if_lower = lower_size ? 0 : tree->returns + tree->runs[low].value - next;
	size_t if_upper = high - middle > 1 ? lower_size : tree->returns + tree->runs[middle].value - next;

	tree->code[tree->used++] = (struct sock_filter)BPF_JUMP(
	    BPF_JMP | BPF_JGE | BPF_K, tree->runs[middle].first, (uint8_t)if_upper, (uint8_t)if_lower);
	if (lower_size)
		emit_runs(tree, low, middle);
	if (high - middle > 1)
		emit_runs(tree, middle, high);
}

int ce__seccomp_answers(const struct ce_seccomp_set *const *sets, size_t set_count, struct sock_filter *code)
{
	uint32_t answers[NUMBERS];
	struct tree tree = {.code = code};
	int r = collect_answers(answers, sets, set_count);

	if (r == 0)
		r = find_runs(&tree, answers);
	if (r < 0)
		return r;
	code[tree.used++] =
	    (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	tree.returns = tree.used + tree.run_count - 1;
	emit_runs(&tree, 0, tree.run_count);
	for (size_t i = 0; i < tree.value_count; i++)
		code[tree.used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, tree.values[i]);
	return (int)tree.used;
}
