/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * libmicrohttpd takes the first Content-Length, lets Transfer-Encoding win over it and leaves odd names as
 * they are. A proxy in front of it may decide otherwise, and then one request becomes two. All such heads are
 * refused. */
#include "guard.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct scan {
	unsigned lengths, encodings, hosts, keys;
	const char *length, *encoding, *problem;
	bool expects;
};

static bool is_token(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && (!text[i] || !strchr("!#$%&'*+-.^_`|~", text[i])))
			return false;
	return size > 0;
}

static bool is_clean(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7F)
			return false;
	return true;
}

static enum MHD_Result look(void *data, enum MHD_ValueKind kind, const char *key, size_t key_size,
			    const char *value, size_t value_size)
{
	struct scan *scan = data;

	(void)kind;
	if (!is_token(key, key_size))
		scan->problem = "the name of a header is no token (a space before the colon?)";
	else if (!is_clean(value ? value : "", value_size))
		scan->problem = "the value of a header has control characters";
	if (!strcasecmp(key, "Content-Length")) {
		scan->lengths++;
		scan->length = value;
	} else if (!strcasecmp(key, "Transfer-Encoding")) {
		scan->encodings++;
		scan->encoding = value;
	} else if (!strcasecmp(key, "Host")) {
		scan->hosts++;
	} else if (!strcasecmp(key, "Expect")) {
		scan->expects = true;
	} else if (!strcasecmp(key, "Authorization") || !strcasecmp(key, "X-API-Key")) {
		scan->keys++;
	}
	return MHD_YES;
}

static const char *framing_problem(const struct scan *scan, const char *version)
{
	if (scan->problem)
		return scan->problem;
	if (scan->lengths > 1)
		return "Content-Length is there more than once";
	if (scan->lengths && scan->encodings)
		return "Content-Length and Transfer-Encoding exclude each other";
	if (scan->encodings > 1 || (scan->encoding && strcasecmp(scan->encoding, "chunked") != 0))
		return "the only Transfer-Encoding known here is chunked";
	if (scan->encodings && !strcmp(version, "HTTP/1.0"))
		return "HTTP/1.0 has no Transfer-Encoding";
	if (scan->length && (strspn(scan->length, "0123456789") != strlen(scan->length) || !*scan->length ||
			     strlen(scan->length) > 18))
		return "Content-Length is no number";
	if (scan->hosts > 1)
		return "Host is there more than once";
	if (!scan->hosts && strcmp(version, "HTTP/1.0") != 0)
		return "Host is missing";
	if (scan->keys > 1)
		return "there are several keys";
	return NULL;
}

int guard_framing(const struct exchange *x, const char *version, struct guard_head *head,
		  struct api_error *error)
{
	struct scan scan = {0};
	const char *problem;

	MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, look, &scan);
	problem = framing_problem(&scan, version);
	if (problem)
		return api_error_set(error, 400, "bad_head", NULL, "%s", problem);
	head->has_length = scan.length != NULL;
	head->length = scan.length ? strtoull(scan.length, NULL, 10) : 0;
	head->has_body = scan.encodings || head->length;
	head->expects = scan.expects;
	return 0;
}

/* ---- Host and Origin ---- */

/* "[::1]:8080" -> "::1", "a.example:80" -> "a.example". False: no host at all. */
static bool host_name(const char *text, char *out, size_t size)
{
	bool bracket = *text == '[';
	size_t n = bracket ? strcspn(text + 1, "]") : strcspn(text, ":");
	const char *rest = text + n + (bracket ? 2 : 0);

	if (bracket && text[1 + n] != ']')
		return false;
	if (!n || n >= size ||
	    (*rest && (*rest != ':' || strspn(rest + 1, "0123456789") != strlen(rest + 1))))
		return false;
	memcpy(out, text + bracket, n);
	out[n] = '\0';
	return true;
}

/* A name can be rebound, an address cannot. */
static bool host_allowed(const struct server *server, const char *host)
{
	unsigned char address[16];
	char name[256];

	if (!host_name(host, name, sizeof(name)))
		return false;
	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
		return true;
	return !strcasecmp(name, "localhost") || !strcasecmp(name, server->config.bind) ||
	       config_list_has(server->config.allowed_hosts, name);
}

/* "http://host" without the scheme is the page's own host. */
static bool same_origin(const char *origin, const char *host)
{
	if (!strncmp(origin, "http://", 7))
		return host && !strcasecmp(origin + 7, host);
	if (!strncmp(origin, "https://", 8))
		return host && !strcasecmp(origin + 8, host);
	return false;
}

int guard_origin(struct exchange *x, struct api_error *error)
{
	const char *host = exchange_header(x, "Host"), *origin = exchange_header(x, "Origin");
	const char *site = exchange_header(x, "Sec-Fetch-Site");

	if (host && !x->connection->local && !host_allowed(x->server, host))
		return api_error_set(error, 421, "host_not_allowed", NULL,
				     "this server does not answer to that Host (CODE_EXEC_ALLOWED_HOSTS)");
	if (!origin) {
		if (site && !strcmp(site, "cross-site") && strcmp(x->method, "GET") != 0)
			return api_error_set(error, 403, "origin_not_allowed", NULL,
					     "other pages may not do this");
		return 0;
	}
	if (same_origin(origin, host))
		return 0;
	if (!config_list_has(x->server->config.cors_origins, origin) || strlen(origin) >= sizeof(x->origin))
		return api_error_set(error, 403, "origin_not_allowed", NULL,
				     "pages of that origin may not use this server (CODE_EXEC_CORS_ORIGINS)");
	memcpy(x->origin, origin, strlen(origin) + 1);
	return 0;
}

/* ---- keys ---- */

int guard_key(struct exchange *x, struct api_error *error)
{
	const char *authorization = exchange_header(x, "Authorization"),
		   *presented = exchange_header(x, "X-API-Key");
	const struct key *key;

	if (!x->server->keys.count)
		return 0;
	if (authorization && !strncasecmp(authorization, "Bearer ", 7))
		presented = authorization + 7 + strspn(authorization + 7, " ");
	key = presented ? keys_find(&x->server->keys, presented) : NULL;
	if (!key)
		return api_error_set(error, 401, "unauthorized", NULL, "%s",
				     presented
					 ? "this API key is not known"
					 : "an API key is missing (Authorization: Bearer KEY, or X-API-Key)");
	memcpy(x->key_name, key->name, sizeof(x->key_name));
	x->key_concurrency = key->concurrency;
	return 0;
}
