/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Bodies of requests: refused with a reason, or a request whose pointers and sizes fit. The first byte
 * chooses the form. */
#include <stdlib.h>
#include <string.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static unsigned touch(const void *data, size_t size)
{
	const unsigned char *p = data;
	unsigned sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += p[i];
	return sum;
}

static void check(const struct run_request *request, const struct config *config)
{
	volatile unsigned sum = touch(request->request.code, request->request.code_size);

	if (!request->request.language || (!request->request.code && !request->request.file_count))
		abort();
	if (request->limits.wall_time_ms < 1 || request->limits.wall_time_ms > config->max_timeout_ms ||
	    request->limits.memory_bytes > config->max_memory)
		abort();
	sum += touch(request->request.input, request->request.input_size);
	for (size_t i = 0; i < request->request.file_count; i++)
		sum += touch(request->files[i].data, request->files[i].data_size) +
		       (unsigned)strlen(request->files[i].name);
	for (size_t i = 0; i < request->input_count; i++)
		sum += touch(request->inputs[i].data, request->inputs[i].size);
	for (size_t i = 0; request->env && request->env[i]; i++)
		if (!strchr(request->env[i], '='))
			abort();
	(void)sum; /* volatile: every byte was read */
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const enum request_form forms[] = {FORM_EXECUTE, FORM_ASYNC, FORM_BATCH};
	static struct config config;
	struct run_request request;
	struct api_error error = {0};

	if (!config.bind && !config_init(&config))
		abort();
	if (!size)
		return 0;
	if (!request_read((const char *)data + 1, size - 1, forms[data[0] % 3], &config, &request, &error))
		check(&request, &config);
	else if (error.status < 400 || !error.code || !*error.message)
		abort();
	request_free(&request);
	return 0;
}
