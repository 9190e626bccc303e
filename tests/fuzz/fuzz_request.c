/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Requests: bytes become a request with everything that a caller could put into one. It is refused with a reason, or it keeps to
 * what its check promises. */
#include <codeexec/codeexec.h>

#include "api/sandbox.h"
#include "reader.h"

#define FILES_MAX 6

static const ce_limits *read_limits(struct reader *r)
{
	ce_limits *limits;
	uint64_t *members;

	if (reader_byte(r) % 2 == 0)
		return NULL;
	limits = reader_allocate(r, sizeof(*limits));
	if (!limits)
		return NULL;
	members = (uint64_t *)(void *)limits;
	for (size_t i = 1; i < sizeof(*limits) / sizeof(*members); i++)
		members[i] = reader_byte(r) % 2 ? reader_number(r) : 0;
	limits->size = sizeof(*limits);
	return limits;
}

static void read_files(struct reader *r, ce_request *request)
{
	size_t count = reader_byte(r) % (FILES_MAX + 1);
	ce_file *files = count ? reader_allocate(r, count * sizeof(*files)) : NULL;

	if (!files)
		return;
	for (size_t i = 0; i < count; i++) {
		files[i].name = reader_text(r);
		files[i].data = reader_block(r, &files[i].data_size);
	}
	request->files = files;
	request->file_count = count;
}

static void check_accepted(struct ce_checked_request *checked)
{
	ce_error *error = NULL;
	static char source_name[] = "main.py";
	static const struct ce_executor executor = { .source_name = source_name };
	int r = ce__request_name_program(checked, &executor, 0, &error);

	if ((r != 0) != (error != NULL))
		abort();
	ce_error_free(error);
	if (checked->file_count == 0)
		abort();
	for (size_t i = 0; r == 0 && i < checked->file_count; i++) {
		const ce_file *f = &checked->files[i];

		if (!ce__plan_name_ok(f->name, strlen(f->name)) || (f->data_size && !f->data))
			abort();
		for (size_t k = 0; k < i; k++)
			if (!strcmp(f->name, checked->files[k].name))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct reader r = { .data = data, .size = size };
	struct ce_checked_request checked;
	ce_request request = ce_request_init();
	ce_error *error = NULL;
	uint8_t wanted = reader_byte(&r);
	int code;

	request.language = wanted & 1 ? reader_text(&r) : "python";
	if (wanted & 2)
		request.code = reader_block(&r, &request.code_size);
	if (wanted & 4)
		read_files(&r, &request);
	if (wanted & 8)
		request.input = reader_block(&r, &request.input_size);
	if (wanted & 16)
		request.args = reader_list(&r);
	if (wanted & 32)
		request.env = reader_list(&r);
	if (wanted & 64)
		request.outputs = reader_list(&r);
	if (wanted & 128) {
		request.limits = read_limits(&r);
		request.compile_limits = read_limits(&r);
		request.outputs_max_bytes = reader_number(&r);
		request.network = reader_byte(&r) % 4;
		request.flags = reader_byte(&r) % 4;
		request.usage_interval_ms = reader_number(&r);
		request.tenant = reader_text(&r);
	}
	code = ce__request_check(&request, &checked, &error);
	if ((code != 0) != (error != NULL) || (error && ce_error_code(error) != code))
		abort();
	if (code == 0)
		check_accepted(&checked);
	ce__request_finish(&checked);
	ce_error_free(error);
	reader_finish(&r);
	return 0;
}
