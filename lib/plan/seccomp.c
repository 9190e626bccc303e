/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Turns the tables into BPF. libseccomp checks the architecture (and x32) and compiles the rules on
 * arguments, which all say ALLOW, so that their order does not matter. Its one default action cannot give
 * each other call the answer that runtimes know how to live with (ENOTTY, EAFNOSUPPORT, EPERM, ENOSYS): so
 * its default is a marker, which is replaced by a jump to a tree that looks the answer up. A marker that was
 * not replaced would still refuse.
 */
#include "plan/seccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "plan/plan.h"
#include "plan/seccomp_tables.h"

#define STEP "seccomp-build"
#define MARKER 4094u /* an errno that no call has; libseccomp takes no larger one */

#define CLEANUP_FILTER __attribute__((cleanup(cleanup_filter)))

static void cleanup_filter(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

int ce__seccomp_number(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number != __NR_SCMP_ERROR)
		return number;
	for (size_t i = 0; i < ce__seccomp_number_count; i++) {
		if (!strcmp(ce__seccomp_numbers[i].name, name))
			return ce__seccomp_numbers[i].number;
	}
	return number;
}

static int allow_rule(scmp_filter_ctx filter, const struct ce_seccomp_resolved *rule, ce_error **error)
{
	struct scmp_arg_cmp args[CE_SECCOMP_CHECKS_MAX];
	unsigned count = 0;
	int r;

	for (; count < CE_SECCOMP_CHECKS_MAX && rule->checks[count].mask; count++) {
		const struct ce_seccomp_check *check = &rule->checks[count];

		args[count] = SCMP_CMP64(check->index, SCMP_CMP_MASKED_EQ, check->mask, check->value);
	}
	r = seccomp_rule_add_exact_array(filter, SCMP_ACT_ALLOW, rule->number, count, args);
	if (r < 0 && r != -EEXIST)
		return ce__error_set(error, CE_ERR_OS, -r, STEP, "cannot add a rule for system call %d",
				     rule->number);
	return 0;
}

static size_t resolve_rules(const struct ce_seccomp_set *set, struct ce_seccomp_resolved *out)
{
	size_t n = 0;

	for (size_t i = 0; i < set->rule_count; i++) {
		int number = ce__seccomp_number(set->rules[i].name);

		if (number < 0)
			continue;
		out[n].number = number;
		memcpy(out[n].checks, set->rules[i].checks, sizeof(out[n].checks));
		n++;
	}
	return n;
}

/* The rules of all sets go in together: libseccomp is given the fewest that say the same. */
static int allow_rules(scmp_filter_ctx filter, const struct ce_seccomp_set *const *sets, size_t count,
		       ce_error **error)
{
	CE_CLEANUP_FREE struct ce_seccomp_resolved *rules = NULL;
	size_t total = 0, n = 0;
	int r = 0;

	for (size_t i = 0; i < count; i++)
		total += sets[i]->rule_count;
	rules = calloc(total + 1, sizeof(*rules));
	if (!rules)
		return ce__error_no_memory(error);
	for (size_t i = 0; i < count; i++)
		n += resolve_rules(sets[i], rules + n);
	n = ce__seccomp_merge(rules, n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = allow_rule(filter, &rules[i], error);
	return r;
}

static int unknown_group(const char *name, ce_error **error)
{
	char known[256] = "";

	for (size_t i = 0; i < ce__seccomp_group_count; i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
			 ce__seccomp_groups[i].name);
	}
	return ce__error_set(error, CE_ERR_INVALID, 0, STEP, "unknown seccomp group \"%s\" (there are: %s)",
			     name, known);
}

/* The base, then each wanted group once. The caller's order must not show in the bytes. */
static int select_sets(const char *const *groups, const struct ce_seccomp_set **sets, size_t *count,
		       ce_error **error)
{
	static const struct ce_seccomp_set *const known = ce__seccomp_groups;
	bool wanted[CE_SECCOMP_GROUPS_MAX] = {false};

	for (; groups && *groups; groups++) {
		size_t i = 0;

		while (i < ce__seccomp_group_count && strcmp(*groups, known[i].name))
			i++;
		if (i == ce__seccomp_group_count)
			return unknown_group(*groups, error);
		wanted[i] = true;
	}
	*count = 0;
	sets[(*count)++] = &ce__seccomp_base;
	for (size_t i = 0; i < ce__seccomp_group_count; i++) {
		if (wanted[i])
			sets[(*count)++] = &known[i];
	}
	return 0;
}

static int make_filter(const struct ce_seccomp_set *const *sets, size_t count, scmp_filter_ctx *out,
		       ce_error **error)
{
	CLEANUP_FILTER scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(MARKER));
	int r;

	if (!filter)
		return ce__error_no_memory(error);
	/* Another architecture's numbers mean other calls; a process that tries them is up to no good. */
	r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r < 0)
		return ce__error_set(
		    error, CE_ERR_UNSUPPORTED, -r, STEP,
		    "this kernel's seccomp cannot kill a process; Linux 4.14 or newer is needed");
	r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r < 0)
		return ce__error_set(error, CE_ERR_OS, -r, STEP, "cannot ask libseccomp for a binary tree");
	r = allow_rules(filter, sets, count, error);
	if (r == 0)
		*out = ce__steal_pointer(&filter);
	return r;
}

/* libseccomp exports to a descriptor only. */
static int export_filter(scmp_filter_ctx filter, struct sock_filter **code, size_t *count, ce_error **error)
{
	CE_CLEANUP_FD int fd = memfd_create("codeexec-seccomp", MFD_CLOEXEC);
	CE_CLEANUP_FREE struct sock_filter *buffer = NULL;
	struct stat st;
	size_t size;
	int r;

	if (fd < 0)
		return ce__error_set(error, CE_ERR_OS, errno, STEP,
				     "cannot make a memory file for the filter");
	r = seccomp_export_bpf(filter, fd);
	if (r < 0)
		return ce__error_set(error, CE_ERR_OS, -r, STEP, "libseccomp cannot export the filter");
	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return ce__error_set(error, CE_ERR_OS, errno, STEP, "cannot read the exported filter");
	size = (size_t)st.st_size;
	buffer = calloc(size / sizeof(*buffer) + CE_SECCOMP_ANSWERS_MAX, sizeof(*buffer));
	if (!buffer)
		return ce__error_no_memory(error);
	if (size % sizeof(*buffer) || ce__io_read_full(fd, buffer, size) != (ssize_t)size)
		return ce__error_set(error, CE_ERR_OS, EIO, STEP, "cannot read the exported filter");
	*count = size / sizeof(*buffer);
	*code = ce__steal_pointer(&buffer);
	return 0;
}

/* Writes the answers behind the filter and leads every marker to them. `code` has room for them. */
static int append_answers(const struct ce_seccomp_set *const *sets, size_t set_count,
			  struct sock_filter *code, size_t *count, ce_error **error)
{
	size_t end = *count, markers = 0;
	int added;

	for (size_t i = 0; i < end; i++) {
		if (code[i].code != (BPF_RET | BPF_K) || code[i].k != (SECCOMP_RET_ERRNO | MARKER))
			continue;
		code[i] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(end - i - 1));
		markers++;
	}
	if (!markers)
		return ce__error_set(error, CE_ERR_OS, 0, STEP, "libseccomp exported no default action");
	added = ce__seccomp_answers(sets, set_count, code + end);
	if (added < 0)
		return ce__error_set(error, CE_ERR_UNSUPPORTED, -added, STEP,
				     "this architecture's system call numbers do not fit into the filter");
	*count += (size_t)added;
	return 0;
}

static int compile_once(const struct ce_seccomp_set *const *sets, size_t set_count, void **bytes, size_t *size, ce_error **error)
{
	CLEANUP_FILTER scmp_filter_ctx filter = NULL;
	CE_CLEANUP_FREE struct sock_filter *code = NULL;
	size_t count = 0;
	int r = make_filter(sets, set_count, &filter, error);

	if (r == 0)
		r = export_filter(filter, &code, &count, error);
	if (r == 0)
		r = append_answers(sets, set_count, code, &count, error);
	if (r < 0)
		return r;
	if (count > CE_PLAN_MAX_BPF)
		return ce__error_set(error, CE_ERR_UNSUPPORTED, E2BIG, STEP,
				     "the filter has %zu instructions, the kernel takes %d", count,
				     CE_PLAN_MAX_BPF);
	*size = count * sizeof(*code);
	*bytes = ce__steal_pointer(&code);
	return 0;
}

/* Twice: where memory runs out, libseccomp 2.5 has been seen to export a filter that lacks rules, and call it a success. */
static int compile(const struct ce_seccomp_set *const *sets, size_t set_count, void **bytes, size_t *size, ce_error **error)
{
	CE_CLEANUP_FREE void *first = NULL;
	CE_CLEANUP_FREE void *second = NULL;
	size_t first_size = 0, second_size = 0;
	int r = compile_once(sets, set_count, &first, &first_size, error);

	if (r == 0)
		r = compile_once(sets, set_count, &second, &second_size, error);
	if (r < 0)
		return r;
	if (first_size != second_size || memcmp(first, second, first_size))
		return ce__error_no_memory(error);
	*size = first_size;
	*bytes = ce__steal_pointer(&first);
	return 0;
}

int ce__seccomp_build(const char *const *groups, void **bytes, size_t *size, ce_error **error)
{
	const struct ce_seccomp_set *sets[1 + CE_SECCOMP_GROUPS_MAX];
	size_t set_count = 0;
	int r = select_sets(groups, sets, &set_count, error);

	return r ? r : compile(sets, set_count, bytes, size, error);
}

static size_t add_names(const struct ce_seccomp_set *set, const char **names)
{
	size_t n = 0;

	for (const char *const *call = set->calls; call && *call; call++)
		names[n++] = *call;
	for (size_t i = 0; i < set->rule_count; i++)
		names[n++] = set->rules[i].name;
	return n;
}

static size_t count_names(const struct ce_seccomp_set *set)
{
	size_t n = 0;

	while (set->calls && set->calls[n])
		n++;
	return n + set->rule_count;
}

int ce__seccomp_build_outer(void **bytes, size_t *size, ce_error **error)
{
	const struct ce_seccomp_set *parts[2 + CE_SECCOMP_GROUPS_MAX] = { &ce__seccomp_base, &ce__seccomp_supervisor };
	CE_CLEANUP_FREE const char **names = NULL;
	struct ce_seccomp_set all = { .name = "outer" };
	const struct ce_seccomp_set *const sets[] = { &all };
	size_t count = 2, total = 1;

	for (size_t i = 0; i < ce__seccomp_group_count; i++)
		parts[count++] = &ce__seccomp_groups[i];
	/* What a cell lacks is missing in that; what the supervisor lacks, in all. */
	for (const char *const *call = ce__seccomp_supervisor.calls; *call; call++)
		if (ce__seccomp_number(*call) < 0)
			return ce__error_set(error, CE_ERR_UNSUPPORTED, 0, STEP, "this libseccomp does not know %s", *call);
	for (size_t i = 0; i < count; i++)
		total += count_names(parts[i]);
	names = calloc(total, sizeof(*names));
	if (!names)
		return ce__error_no_memory(error);
	for (size_t i = 0, n = 0; i < count; i++)
		n += add_names(parts[i], names + n);
	all.calls = names;
	return compile(sets, 1, bytes, size, error);
}
