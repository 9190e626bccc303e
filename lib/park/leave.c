/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Leaving a function of the interpreter early: the unwinder says what its caller's registers were and where it goes on. It is
 * what throwing an exception through it would do, but arriving where the call returns, not at a handler. */
#include "park/inside.h"

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

#include <unwind.h>

/* DWARF's numbers of what a function keeps for its caller. */
enum { RBX = 3, RBP = 6, R12 = 12, R13, R14, R15 };

struct search {
	uintptr_t function;
	bool found;	 /* the frame of it was seen: the next one is its caller's */
	bool complete;
	uintptr_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *context, void *data)
{
	struct search *s = data;

	if (!s->found) {
		s->found = _Unwind_GetRegionStart(context) == s->function;
		return _URC_NO_REASON;
	}
	s->rip = _Unwind_GetIP(context);
	s->rbx = _Unwind_GetGR(context, RBX);
	s->rbp = _Unwind_GetGR(context, RBP);
	s->r12 = _Unwind_GetGR(context, R12);
	s->r13 = _Unwind_GetGR(context, R13);
	s->r14 = _Unwind_GetGR(context, R14);
	s->r15 = _Unwind_GetGR(context, R15);
	s->rsp = _Unwind_GetCFA(context); /* of the frame below: the stack pointer after the return */
	s->complete = true;
	return _URC_NORMAL_STOP;
}

/* Processors that keep return addresses a second time would not have it. */
static bool has_shadow_stack(void)
{
	uint64_t pointer = 0;

	__asm__ volatile("rdsspq %0" : "+r"(pointer));
	return pointer != 0;
}

void ce__leave_function(const void *function, long value)
{
	struct search s = { .function = (uintptr_t)function };

	if (!function || has_shadow_stack())
		return;
	_Unwind_Backtrace(look_at_frame, &s);
	if (!s.complete)
		return;
	__asm__ volatile("movq 0(%0), %%rbx\n\t"
			 "movq 8(%0), %%rbp\n\t"
			 "movq 16(%0), %%r12\n\t"
			 "movq 24(%0), %%r13\n\t"
			 "movq 32(%0), %%r14\n\t"
			 "movq 40(%0), %%r15\n\t"
			 "movq 48(%0), %%rsp\n\t"
			 "jmpq *56(%0)"
			 :
			 : "d"(&s.rbx), "a"(value)
			 : "memory");
	__builtin_unreachable();
}

#else

void ce__leave_function(const void *function, long value)
{
	(void)function, (void)value;
}

#endif
