/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_CLIENT_RESULT_H
#define CE_CLIENT_RESULT_H

#include "capture/capture.h"
#include "executor/executor.h"
#include "monitor/message.h"

struct ce_result_stage {
	bool present;
	struct ce_stage_end end;
	struct ce_capture streams[2]; /* stdout, stderr */
	struct ce_trace_message *trace; /* owned; NULL: none was asked for */
};

struct ce_result {
	ce_outcome outcome;
	char message[512];
	char limits_backend[CE_BACKEND_NAME_BYTES];
	const char *language, *runtime; /* owned copies */
	struct ce_result_stage stages[2]; /* by ce_stage - 1 */
	ce_output_file *files;		  /* owned with their names, data and reasons */
	size_t file_count;
	struct ce_owned_diagnostic *diagnostics; /* owned */
	size_t diagnostic_count;
};

/* Reads the records of a CE_MSG_FILES memfd. A malformed one ends the list; nothing is trusted. 0 or -errno. */
int ce__result_read_files(struct ce_result *result, int memfd);
/* The stage that decided the outcome. */
struct ce_result_stage *ce__result_deciding_stage(struct ce_result *result);
/* Derives the outcome from the stages and asks the plugin what the output means. */
void ce__result_conclude(struct ce_result *result, const struct ce_executor *executor, size_t runtime, bool cancelled);

#endif
