/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the preloaded object does inside the interpreter that it sits in, by the symbols that the interpreter exports. */
#ifndef CE_PARK_INSIDE_H
#define CE_PARK_INSIDE_H

#include <stdbool.h>

/* Called once, where the interpreter waits for its program. */
void ce__runtime_prepare(bool fast_exit);

/* Called in each child of a zygote before it waits. */
void ce__runtime_forked(void);

/* Called when the program has come. */
void ce__runtime_resumed(void);

/* In a zygote: 0, or why it cannot be one (enum ce_park_obstacle). */
unsigned ce__zygote_obstacle(int channel);
/* One child goes through an empty program, in the zygote's own cell, and tells what it wrote to and ran: the others get that much
 * ahead. True in it. Best effort: without, they get all that they could write to. */
bool ce__zygote_rehearse(int channel, const char *program);
/* Takes orders from the supervisor and forks. Returns in the children, each in its cell, with all of its walls around it and the
 * channel become its own. */
void ce__zygote_serve(int channel);

/* memory.c. What a child has copies of, and the code that it will run. False: none of it can be had ahead here. */
bool ce__memory_note(void);
/* In the child that rehearses: at its exit it writes to `fd` what it has wanted of that, and ends. */
void ce__memory_tell_at_exit(int fd);
/* In the zygote: reads it, or ends the child that does not come to an end. */
void ce__memory_learn(int fd);
/* In a child: copies what will be written to. `urgent`: a request waits for it. */
void ce__memory_copy_ahead(bool urgent);
/* In a child that waits: touches a part of it all. False: nothing is left, or the word to go on has come. */
bool ce__memory_meet(int channel);

void ce__python_prepare(bool fast_exit);

/* Makes the function that begins at `function`, and that is being executed further up this stack, return `value` now. What it
 * has not done yet is not done. Comes back only if that cannot be had here: then nothing has changed. */
void ce__leave_function(const void *function, long value);

#endif
