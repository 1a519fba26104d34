/* tests/unit/loopback.h -- a small HTTP server in a thread, for what asks others.
 *
 * Is:    one function that is given each request and answers with bytes.
 * Owns:  its socket and thread.
 * Never: keeps a connection open: one request each.
 */
#ifndef TESTS_UNIT_LOOPBACK_H
#define TESTS_UNIT_LOOPBACK_H

#include "base/buf.h"

struct loopback;

/* `request`: head and body as they came. What is put into `out` is sent as it is, then the connection is closed.
 * Called on the server's thread, one request after the other. */
typedef void loopback_answer(void *context, Str request, struct buf *out);

struct loopback *loopback_open(loopback_answer *answer, void *context);
void loopback_close(struct loopback *server);
int loopback_port(const struct loopback *server);
int loopback_requests(struct loopback *server);

/* HTTP/1.1 `status`, `headers` (lines, each with \r\n), the length and the body. */
void loopback_reply(struct buf *out, int status, const char *headers, Str body);
/* What follows the empty line. */
Str loopback_body(Str request);

#endif
