/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "request.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "request_limits.h"
#include "text.h"
#include "util.h"

int api_error_set(struct api_error *error, unsigned status, const char *code, const char *field,
		  const char *format, ...)
{
	va_list arguments;

	error->status = status;
	error->code = code;
	snprintf(error->field, sizeof(error->field), "%s", field ? field : "");
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return -1;
}

static int invalid(struct api_error *error, const char *field, const char *reason)
{
	return api_error_set(error, 400, "invalid_request", field, "%s %s", field, reason);
}

static int no_memory(struct api_error *error)
{
	return api_error_set(error, 500, "no_memory", NULL, "no memory left");
}

struct reading {
	struct run_request *out;
	const struct config *config;
	struct api_error *error;
	bool base64; /* of code, input and inputs */
};

/* ---- texts and bytes ---- */

/* A string without NUL, for what becomes a C string. */
static const char *plain_text(struct reading *r, const char *field, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		invalid(r->error, field, "must be a string");
	else if (strlen(text) != json_string_length(value))
		invalid(r->error, field, "must not contain NUL");
	else
		return text;
	return NULL;
}

static int read_bytes(struct reading *r, const char *field, const json_t *value, bool base64,
		      struct blob *out)
{
	bool wrong = false;

	if (!json_is_string(value))
		return invalid(r->error, field, "must be a string");
	out->data = json_string_value(value);
	out->size = json_string_length(value);
	if (!base64)
		return 0;
	out->owned = base64_decode(out->data, out->size, &out->size, &wrong);
	out->data = out->owned;
	if (out->owned)
		return 0;
	return wrong ? invalid(r->error, field, "is not base64 (standard alphabet, padded)")
		     : no_memory(r->error);
}

static int read_encoding(struct reading *r, const char *field, const json_t *value, bool *base64)
{
	const char *text = json_string_value(value);

	if (!text || (strcmp(text, "utf8") != 0 && strcmp(text, "base64") != 0))
		return invalid(r->error, field, "must be \"utf8\" or \"base64\"");
	*base64 = !strcmp(text, "base64");
	return 0;
}

/* ---- lists ---- */

static int read_texts(struct reading *r, const char *field, const json_t *value, char ***out)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return invalid(r->error, field, "must be a list of strings");
	*out = calloc(count + 1, sizeof(**out));
	if (!*out)
		return no_memory(r->error);
	for (size_t i = 0; i < count; i++) {
		char name[64];
		const char *text;

		snprintf(name, sizeof(name), "%s[%zu]", field, i);
		text = plain_text(r, name, json_array_get(value, i));
		if (!text)
			return -1;
		(*out)[i] = (char *)(uintptr_t)text; /* the library reads only */
	}
	return 0;
}

static int read_env(struct reading *r, const char *field, const json_t *value)
{
	size_t count = 0;
	const char *name;
	json_t *item;

	if (!json_is_object(value))
		return invalid(r->error, field, "must be an object of strings");
	r->out->env = calloc(json_object_size(value) + 1, sizeof(*r->out->env));
	if (!r->out->env)
		return no_memory(r->error);
	json_object_foreach((json_t *)(uintptr_t)value, name, item)
	{
		char path[96];
		const char *text;

		snprintf(path, sizeof(path), "%s.%.60s", field, name);
		text = plain_text(r, path, item);
		if (!text)
			return -1;
		if (!*name || strchr(name, '='))
			return invalid(r->error, path, "is no name of an environment variable");
		if (asprintf(&r->out->env[count++], "%s=%s", name, text) < 0) {
			r->out->env[--count] = NULL;
			return no_memory(r->error);
		}
	}
	return 0;
}

static int read_file(struct reading *r, const char *path, const json_t *value, ce_file *file,
		     struct blob *blob)
{
	const json_t *content = json_object_get(value, "content"),
		     *encoding = json_object_get(value, "encoding");
	bool base64 = false;
	char name[80];
	size_t known;

	if (!json_is_object(value))
		return invalid(r->error, path, "must be an object {name, content, encoding}");
	known = 2 + (encoding != NULL);
	snprintf(name, sizeof(name), "%s.name", path);
	file->name = plain_text(r, name, json_object_get(value, "name"));
	if (!file->name)
		return -1;
	snprintf(name, sizeof(name), "%s.encoding", path);
	if (encoding && read_encoding(r, name, encoding, &base64))
		return -1;
	snprintf(name, sizeof(name), "%s.content", path);
	if (read_bytes(r, name, content, base64, blob))
		return -1;
	if (json_object_size(value) != known)
		return invalid(r->error, path, "has other fields than name, content and encoding");
	file->data = blob->data;
	file->data_size = blob->size;
	return 0;
}

static int read_files(struct reading *r, const char *field, const json_t *value)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return invalid(r->error, field, "must be a list of {name, content, encoding}");
	r->out->files = calloc(count + 1, sizeof(*r->out->files));
	r->out->blobs = calloc(count + 1, sizeof(*r->out->blobs));
	if (!r->out->files || !r->out->blobs)
		return no_memory(r->error);
	for (size_t i = 0; i < count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s[%zu]", field, i);
		r->out->request.file_count = r->out->blob_count = i + 1;
		if (read_file(r, path, json_array_get(value, i), &r->out->files[i], &r->out->blobs[i]))
			return -1;
	}
	return 0;
}

static int read_inputs(struct reading *r, const char *field, const json_t *value)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value) || !count)
		return invalid(r->error, field, "must be a list of at least one string or null");
	if (count > r->config->batch_limit)
		return api_error_set(r->error, 400, "over_limit", field,
				     "%s has %zu items; at most %llu are taken", field, count,
				     (unsigned long long)r->config->batch_limit);
	r->out->inputs = calloc(count, sizeof(*r->out->inputs));
	if (!r->out->inputs)
		return no_memory(r->error);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(value, i);
		char path[64];

		snprintf(path, sizeof(path), "%s[%zu]", field, i);
		r->out->input_count = i + 1;
		if (!json_is_null(item) && read_bytes(r, path, item, r->base64, &r->out->inputs[i]))
			return -1;
	}
	return 0;
}

/* ---- fields ---- */

static int take_language(struct reading *r, const char *field, const json_t *value)
{
	r->out->request.language = plain_text(r, field, value);
	return r->out->request.language ? 0 : -1;
}

static int take_code(struct reading *r, const char *field, const json_t *value)
{
	return read_bytes(r, field, value, r->base64, &r->out->code);
}

static int take_input(struct reading *r, const char *field, const json_t *value)
{
	return read_bytes(r, field, value, r->base64, &r->out->input);
}

static int take_timeout(struct reading *r, const char *field, const json_t *value)
{
	return request_limit_seconds(field, value, r->config->max_timeout_ms, &r->out->limits.wall_time_ms,
				     r->error);
}

static int take_limits(struct reading *r, const char *field, const json_t *value)
{
	return request_limits_read(field, value, r->config, false, &r->out->limits, r->error);
}

static int take_compile_limits(struct reading *r, const char *field, const json_t *value)
{
	return request_limits_read(field, value, r->config, true, &r->out->compile_limits, r->error);
}

static int take_args(struct reading *r, const char *field, const json_t *value)
{
	return read_texts(r, field, value, &r->out->args);
}

static int read_dependency(struct reading *r, const char *path, const json_t *value, ce_dependency *out)
{
	static const char *const keys[] = {"name", "version", "source"};
	const char **texts[] = {&out->name, &out->version, &out->source};
	size_t known = 0;

	if (!json_is_object(value))
		return invalid(r->error, path, "must be an object of name, version and source");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *item = json_object_get(value, keys[i]);
		char place[96];

		known += item != NULL;
		if (!item || (i > 0 && json_is_null(item)))
			continue;
		snprintf(place, sizeof(place), "%s.%s", path, keys[i]);
		*texts[i] = plain_text(r, place, item);
		if (!*texts[i])
			return -1;
	}
	if (!out->name)
		return invalid(r->error, path, "needs a name");
	if (known != json_object_size(value))
		return invalid(r->error, path, "has an unknown member (known: name, version, source)");
	return 0;
}

static int read_dependencies(struct reading *r, const char *field, const json_t *value)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return invalid(r->error, field, "must be a list of objects");
	r->out->dependencies = calloc(count + 1, sizeof(*r->out->dependencies));
	if (!r->out->dependencies)
		return no_memory(r->error);
	for (size_t i = 0; i < count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s[%zu]", field, i);
		if (read_dependency(r, path, json_array_get(value, i), &r->out->dependencies[i]))
			return -1;
	}
	r->out->request.dependency_count = count;
	return 0;
}

static int take_outputs(struct reading *r, const char *field, const json_t *value)
{
	return read_texts(r, field, value, &r->out->outputs);
}

static int take_network(struct reading *r, const char *field, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || (strcmp(text, "none") != 0 && strcmp(text, "loopback") != 0))
		return invalid(r->error, field, "must be \"none\" or \"loopback\"");
	r->out->request.network = strcmp(text, "none") ? CE_NETWORK_LOOPBACK : CE_NETWORK_NONE;
	return 0;
}

static int take_base64(struct reading *r, const char *field, const json_t *value)
{
	r->out->always_base64 = json_is_true(value);
	return json_is_boolean(value) ? 0 : invalid(r->error, field, "must be true or false");
}

static int take_interactive(struct reading *r, const char *field, const json_t *value)
{
	if (json_is_true(value))
		r->out->request.flags |= CE_REQUEST_INTERACTIVE;
	return json_is_boolean(value) ? 0 : invalid(r->error, field, "must be true or false");
}

static int take_stop_on(struct reading *r, const char *field, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || strcmp(text, "failure") != 0)
		return invalid(r->error, field, "must be \"failure\" or null");
	r->out->stop_on_failure = true;
	return 0;
}

static int take_encoding(struct reading *r, const char *field, const json_t *value)
{
	return read_encoding(r, field, value, &r->base64);
}

#define ANY (FORM_EXECUTE | FORM_ASYNC | FORM_BATCH)

static const struct field {
	const char *name;
	unsigned forms;
	bool nullable;
	int (*take)(struct reading *r, const char *field, const json_t *value);
} fields[] = {
    {"encoding", ANY, false, take_encoding}, /* first: others depend on it */
    {"language", ANY, false, take_language},
    {"code", ANY, true, take_code},
    {"input", FORM_EXECUTE | FORM_ASYNC, true, take_input},
    {"inputs", FORM_BATCH, false, read_inputs},
    {"stop_on", FORM_BATCH, true, take_stop_on},
    {"timeout", ANY, true, take_timeout},
    {"files", ANY, true, read_files},
    {"args", ANY, true, take_args},
    {"env_vars", ANY, true, read_env},
    {"limits", ANY, true, take_limits},
    {"compile_limits", ANY, true, take_compile_limits},
    {"outputs", ANY, true, take_outputs},
    {"dependencies", ANY, true, read_dependencies},
    {"network", ANY, true, take_network},
    {"stdout_base64", ANY, false, take_base64},
    {"interactive", FORM_ASYNC, false, take_interactive},
};

static int refuse_unknown(const json_t *root, enum request_form form, struct api_error *error)
{
	const char *name, *near = NULL;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)root, name, value)
	{
		size_t least = strlen(name) / 3 + 2;
		bool known = false;

		for (size_t i = 0; i < COUNT_OF(fields); i++) {
			size_t distance = text_distance(name, fields[i].name);

			if (!(fields[i].forms & (unsigned)form))
				continue;
			known |= distance == 0;
			if (distance < least) {
				least = distance;
				near = fields[i].name;
			}
		}
		if (!known)
			return api_error_set(error, 400, "unknown_field", name, "unknown field '%.60s'%s%s%s",
					     name, near ? " (did you mean " : "", near ? near : "",
					     near ? "?)" : "");
	}
	return 0;
}

static int read_fields(struct reading *r, const json_t *root, enum request_form form)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const json_t *value = json_object_get(root, fields[i].name);

		if (!value || (json_is_null(value) && fields[i].nullable))
			continue;
		if (fields[i].take(r, fields[i].name, value))
			return -1;
	}
	if (!r->out->request.language)
		return api_error_set(r->error, 400, "missing_field", "language", "language is missing");
	if (!r->out->code.data && !r->out->request.file_count)
		return api_error_set(r->error, 400, "missing_field", "code", "code is missing");
	if (form == FORM_BATCH && !r->out->inputs)
		return api_error_set(r->error, 400, "missing_field", "inputs", "inputs is missing");
	return 0;
}

static void connect(struct run_request *out)
{
	ce_request *request = &out->request;

	request->code = out->code.data;
	request->code_size = out->code.size;
	request->input = out->input.data;
	request->input_size = out->input.size;
	request->files = out->files;
	request->args = (const char *const *)out->args;
	request->dependencies = out->dependencies;
	request->env = (const char *const *)out->env;
	request->outputs = (const char *const *)out->outputs;
	request->limits = &out->limits;
	request->compile_limits = &out->compile_limits;
}

static json_t *parse(const char *body, size_t size, struct api_error *error)
{
	/* Jansson itself refuses ill-formed UTF-8, lone surrogates, numbers that do not fit and deep nesting.
	 */
	size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
	json_error_t at;
	json_t *root = json_loadb(body ? body : "", size, flags, &at);

	if (!root)
		api_error_set(error, 400, "invalid_json", NULL, "line %d, column %d: %s", at.line, at.column,
			      at.text);
	return root;
}

int request_read(const char *body, size_t size, enum request_form form, const struct config *config,
		 struct run_request *out, struct api_error *error)
{
	struct reading r = {.out = out, .config = config, .error = error};

	memset(out, 0, sizeof(*out));
	out->request = ce_request_init();
	out->limits = ce_limits_init();
	out->compile_limits = ce_limits_init();
	out->root = parse(body, size, error);
	if (!out->root)
		return -1;
	if (!json_is_object(out->root))
		return api_error_set(error, 400, "invalid_json", NULL, "the body must be an object");
	if (refuse_unknown(out->root, form, error) || read_fields(&r, out->root, form))
		return -1;
	request_limits_finish(&out->limits, config);
	out->request.outputs_max_bytes = config->max_outputs;
	connect(out);
	return 0;
}

void request_free(struct run_request *request)
{
	for (size_t i = 0; i < request->blob_count; i++)
		free(request->blobs[i].owned);
	for (size_t i = 0; request->inputs && i < request->input_count; i++)
		free(request->inputs[i].owned);
	for (size_t i = 0; request->env && request->env[i]; i++)
		free(request->env[i]);
	free(request->code.owned);
	free(request->input.owned);
	free(request->files);
	free(request->blobs);
	free(request->inputs);
	free(request->args);
	free(request->dependencies);
	free(request->env);
	free(request->outputs);
	json_decref(request->root);
	memset(request, 0, sizeof(*request));
}
