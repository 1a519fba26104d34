/* http/http_int.h -- what the server's files share. */
#ifndef HTTP_HTTP_INT_H
#define HTTP_HTTP_INT_H

#include <netinet/in.h>

#include "http/server.h"

/* ---- router.c ---- */
struct match {
    const struct route *route;
    const struct route_table *table;
    Str param[PATH_PARAMS_MAX];
};
/* ERR_NOT_FOUND, or ERR_METHOD with what it takes in *allowed (a bit for each method). */
bool router_find(const struct route_table *tables, size_t n, enum method method, Str path, struct match *out,
                 unsigned *allowed, struct err *err) MUST_CHECK;

/* ---- listen.c ---- */
union listen_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};
/* "127.0.0.1:8080", "localhost:8080", "[::1]:8080"; ":8080" is every address. */
bool listen_parse(Str listen, union listen_address *out, struct err *err) MUST_CHECK;

/* ---- problem.c ---- */
int problem_status(const struct err *err);
void problem_write(struct reply *reply, const struct err *err, const char *request_id); /* replaces the body */

/* ---- gzip.c ---- */
bool gzip_is(Str bytes);
/* Unpack into `out`, up to its ceiling: ERR_LIMIT beyond it, ERR_INVALID for what is no gzip. */
bool gzip_unpack(Str bytes, struct buf *out, struct err *err) MUST_CHECK;
bool gzip_pack(Str bytes, struct buf *out) MUST_CHECK; /* false: does not pay */

/* ---- assets.c: the dashboard's files ---- */
bool asset_serve(Str path, struct reply *reply); /* false: there is no such page */

#endif
