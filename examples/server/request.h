/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A request's JSON made into a ce_request, with every field checked. */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <codeexec/codeexec.h>
#include <jansson.h>

#include "config.h"

/* What went wrong with a request, as the answer tells it. */
struct api_error {
	unsigned status;  /* HTTP */
	const char *code; /* static */
	char field[96];   /* "": none */
	char message[480];
};

/* Always returns -1. `field` may be NULL. */
int api_error_set(struct api_error *error, unsigned status, const char *code, const char *field,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));

enum request_form { FORM_EXECUTE = 1, FORM_ASYNC = 2, FORM_BATCH = 4 };

struct blob {
	const void *data; /* into the JSON, or `owned` */
	size_t size;
	void *owned;
};

/* Zeroed is empty. */
struct run_request {
	json_t *root; /* owned; most texts live in it */
	ce_request request;
	ce_limits limits, compile_limits;
	struct blob code, input;
	ce_file *files; /* owned */
	size_t blob_count;
	struct blob *blobs;            /* owned: contents of the files */
	ce_dependency *dependencies; /* owned; the texts are the JSON's */
	char **args, **env, **outputs; /* owned, and so are the items of env */
	struct blob *inputs;           /* owned; batch */
	size_t input_count;
	bool stop_on_failure;
	bool always_base64;
	size_t body_bytes; /* of the JSON, which bounds what this takes */
};

/* 0, or -1 with `error`; request_free it in both cases. */
int request_read(const char *body, size_t size, enum request_form form, const struct config *config,
		 struct run_request *out, struct api_error *error);
void request_free(struct run_request *request);

#endif
