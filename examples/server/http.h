/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One HTTP request and its answer (an exchange), and the connection it came on. */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include <microhttpd.h>
#include <sys/socket.h>

#include "loop.h"
#include "request.h"
#include "server.h"
#include "wire.h"

struct connection {
	struct server *server;
	int fd;               /* libmicrohttpd's */
	bool gone;            /* the other end has closed, or half of it */
	uint64_t deadline_us; /* by when the request must be here whole; 0: it is */
	char address[64];
	bool local; /* a unix socket */
	struct watch watch;
	struct wire wire;
	struct exchange *active;
	struct connection *next, *previous;
};

enum route_flags {
	ROUTE_KEY = 1,  /* needs an API key where there are any */
	ROUTE_JSON = 2, /* has a body, which must be JSON */
	ROUTE_BODY = 4  /* has a body of any kind */
};

struct route {
	const char *method;
	const char *path; /* "{id}" stands for one part */
	unsigned flags;
	void (*handle)(struct exchange *exchange);
};

extern const struct route routes[];
extern const size_t route_count;

struct exchange {
	struct server *server;
	struct connection *connection;
	struct MHD_Connection *mhd;
	const struct route *route;
	char method[16], path[256];
	char id[33]; /* of the path's {id} */
	char request_id[33], trace[33], span[17];
	char key_name[CLIENT_NAME_BYTES]; /* "": none */
	uint64_t key_concurrency;
	char origin[256]; /* allowed by CORS; "" none */
	uint64_t started_us;
	struct buffer body;
	struct MHD_Response *response; /* owned until queued */
	unsigned status;
	size_t response_bytes, body_seen;
	unsigned retry_after; /* seconds; 0: estimated */
	bool checked, handled, queued, suspended, discard, close, early;
	bool speechless; /* no answer could be made: the connection is closed */
	struct job *job; /* whose result it waits for */
	struct stream *stream;
	char job_id[33];
};

/* ---- for handlers: each exchange is answered once ---- */

/* Takes the text, which is malloc'ed. */
void exchange_reply(struct exchange *exchange, unsigned status, const char *type, char *text, size_t size);
void exchange_reply_buffer(struct exchange *exchange, unsigned status, struct buffer *json);
void exchange_reply_error(struct exchange *exchange, const struct api_error *error);
void exchange_fail(struct exchange *exchange, unsigned status, const char *code, const char *field,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Takes over a response that was made elsewhere. */
void exchange_reply_response(struct exchange *exchange, unsigned status, struct MHD_Response *response);
void exchange_add_header(struct exchange *exchange, const char *name, const char *value);
/* The value of a header, or of "?name=", or NULL. */
const char *exchange_header(const struct exchange *exchange, const char *name);
const char *exchange_query(const struct exchange *exchange, const char *name);

/* The job that the exchange waits for is done. */
void exchange_job_finished(struct exchange *exchange, struct job *job);
/* Whose executions these are, and who waits for a turn. */
const char *exchange_client(const struct exchange *exchange);

/* It was suspended and may go on. */
void exchange_resume(struct exchange *exchange);

/* ---- for main ---- */

int http_start(struct server *server);
void http_stop(struct server *server);
/* Closes connections whose request does not come to an end. */
void http_tick(struct server *server, uint64_t now_us);

#endif
