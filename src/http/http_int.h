/* http/http_int.h -- what the server's files share. */
#ifndef HTTP_HTTP_INT_H
#define HTTP_HTTP_INT_H

#include <netinet/in.h>
#include <stdarg.h>

#include "http/server.h"

/* ---- router.c ---- */
struct match {
    const struct route *route;
    const struct route_table *table;
    Str param[PATH_PARAMS_MAX];
};
/* "OPTIONS" is POST with *options set; HEAD is GET: the library leaves the body out. */
bool method_find(Str name, enum method *method, bool *options) MUST_CHECK;
/* ERR_NOT_FOUND, or ERR_METHOD with what it takes in *allowed (a bit for each method). */
bool router_find(const struct route_table *tables, size_t n, enum method method, Str path, struct match *out,
                 unsigned *allowed, struct err *err) MUST_CHECK;

/* A question with a name that its route does not know would be answered as though it were not there: INVALID. */
bool request_query_known(struct request *request, struct err *err) MUST_CHECK;
bool route_takes(const struct route *route, Str content_length, struct err *err) MUST_CHECK;

/* ---- listen.c ---- */
union listen_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};
/* "127.0.0.1:8080", "localhost:8080", "[::1]:8080"; ":8080" is every address. */
bool listen_parse(Str listen, union listen_address *out, struct err *err) MUST_CHECK;
/* What the library has to say, as lines of the log. */
void library_log(void *context, const char *format, va_list args);

/* ---- problem.c ---- */
int problem_status(const struct err *err);
void problem_write(struct reply *reply, const struct err *err, const char *request_id); /* replaces the body */

/* ---- gzip.c ---- */
bool gzip_is(Str bytes);
/* Unpack into `out`, up to its ceiling: ERR_LIMIT beyond it, ERR_INVALID for what is no gzip. */
bool gzip_unpack(Str bytes, struct buf *out, struct err *err) MUST_CHECK;
bool gzip_pack(Str bytes, struct buf *out) MUST_CHECK; /* false: does not pay */

/* ---- spool.c: a body that goes to a file ---- */
int spool_open(const char *path, struct err *err) MUST_CHECK; /* -1 on failure */
bool spool_write(int file, Str piece, struct err *err) MUST_CHECK;
bool spool_close(int file, struct err *err) MUST_CHECK; /* on disk when true; closed in any case */

/* ---- workers.c: threads for what takes its time ---- */
#define WORKERS_MAX 64
struct task {
    void (*run)(struct task *task);
    struct task *next;
};
struct workers;
struct workers *workers_start(int n);
bool workers_put(struct workers *workers, struct task *task) MUST_CHECK; /* false: there is no thread */
void workers_stop(struct workers *workers);                              /* NULL is fine; does what waits first */

/* ---- assets.c: the dashboard's files ---- */
bool asset_serve(Str path, struct reply *reply); /* false: there is no such page */

#endif
