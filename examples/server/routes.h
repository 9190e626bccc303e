/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "http.h"

void route_execute(struct exchange *exchange);
void route_batch(struct exchange *exchange);
void route_start(struct exchange *exchange);
void route_list(struct exchange *exchange);
void route_show(struct exchange *exchange);
void route_events(struct exchange *exchange);
void route_stdin(struct exchange *exchange);
void route_cancel(struct exchange *exchange);

void route_alive(struct exchange *exchange);
void route_ready(struct exchange *exchange);
void route_languages(struct exchange *exchange);
void route_metrics(struct exchange *exchange);
void route_openapi(struct exchange *exchange);

#endif
