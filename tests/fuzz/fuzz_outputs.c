/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Files brought back: whatever the supervisor's memfd holds, what the result shows of it can be read. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "client/result.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static volatile uint64_t sink;

static void touch(const ce_output_file *file)
{
	const unsigned char *bytes = file->data;

	for (size_t i = 0; i <= file->data_size; i++) /* and the NUL behind */
		sink += bytes[i];
	sink += strlen(file->name) + strlen(file->reason);
	if (bytes[file->data_size] != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CE_CLEANUP_FD int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct ce_result *result = calloc(1, sizeof(*result));

	if (fd < 0 || !result || ce__io_write_full(fd, data, size)) {
		free(result);
		return 0;
	}
	ce__result_read_files(result, fd);
	for (size_t i = 0; i < result->file_count; i++) {
		touch(&result->files[i]);
		if (i > 0 && strcmp(result->files[i - 1].name, result->files[i].name) >= 0)
			abort();
	}
	ce_result_free(result);
	return 0;
}
