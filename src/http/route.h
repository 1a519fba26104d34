/* http/route.h -- what a feature tells the server: its routes, as tables.
 *
 * Is:    rows of method, path, who may call, limits, handler and description; the request and reply that a handler
 *        sees. The router, auth, limits, /openapi.json and /docs all read the same rows.
 * Owns:  nothing.
 * Never: lets a handler see libmicrohttpd.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

enum method { GET, POST, PUT, PATCH, DELETE, METHOD_COUNT };
const char *method_name(enum method method);

enum auth {
    AUTH_NONE,
    AUTH_WRITE, /* a source's write key */
    AUTH_READ,  /* a read or admin token, or a browser session */
    AUTH_ADMIN, /* an admin token or session */
};

#define ROUTE_CORS 1u   /* any web page may send: ingest only */
#define ROUTE_SPOOL 2u  /* the body goes to a file (request.spool) rather than into memory */
#define ROUTE_HIDDEN 4u /* left out of the documentation (aliases of other routes) */

struct request;
struct reply;

/* Fill the reply and return true; or return false with err, which becomes problem+json. A handler that wants to
 * answer later calls request_hold, and request_answer once, from any thread, when the reply is filled. */
typedef bool handler_fn(struct request *request, struct reply *reply, struct err *err);

struct param {
    const char *name;
    const char *type; /* "string", "integer", "day", "length", "list"; for people and for OpenAPI */
    const char *what;
};

struct route {
    enum method method;
    const char *path; /* "/api/v1/imports/{id}"; a last "{name*}" takes the rest, slashes and all */
    enum auth auth;
    size_t body_max; /* 0: no body */
    handler_fn *handler;
    const char *what;           /* one line for the documentation */
    const struct param *params; /* of the query, ended by a row without a name; or NULL */
    const char *takes;          /* the schema of the body, or NULL */
    const char *gives;          /* the schema of the reply or NULL */
    unsigned flags;
};

struct route_table {
    const char *title; /* a heading in the documentation */
    const struct route *rows;
    size_t n;
    const char *schemas; /* the asset with its JSON Schemas, such as "events/schemas.json", or NULL */
    void *context;       /* the feature's own, found again in request.context */
};

struct principal {
    enum auth role;    /* the highest that it may */
    int64_t source_id; /* of a write key */
    bool by_cookie;
    Str name;
};

#define PATH_PARAMS_MAX 4
#define QUERY_MAX 128

struct query_value {
    Str name, value;
};

struct request {
    const struct route *route;
    void *context;              /* of the route's table */
    Str path;                   /* decoded */
    Str param[PATH_PARAMS_MAX]; /* in the order of the path's braces */
    struct query_value query[QUERY_MAX];
    size_t n_query;
    Str body;          /* unpacked; of a spooled one, empty */
    const char *spool; /* its file, which the handler may take over by renaming it; or NULL */
    size_t spool_bytes;
    Str write_key;   /* as sent in header or query; the body's is the handler's business */
    Str sent_at;     /* the SentAt header */
    Str host;        /* the Host header */
    bool wants_page; /* a browser asks: Accept names text/html */
    Str session;     /* the session cookie, if there is one */
    struct principal who;
    char id[24];
    struct arena arena;
    struct db *db; /* a reader, lent for the request; NULL while held */
};

struct reply {
    int status;               /* 200 unless set */
    const char *content_type; /* application/json unless set; a constant or in the request's arena */
    const char *location;     /* for redirects */
    const char *cookie;       /* a Set-Cookie value */
    const char *filename;     /* offered as a download */
    int retry_after_s;
    bool cache_forever; /* an asset whose name changes with its bytes */
    bool gzip;          /* the bytes are gzip already */
    Str constant;       /* bytes that outlive the server, instead of the body */
    struct buf body;
};

#define REPLY_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* The first value of a query parameter; empty with p == NULL when absent. */
Str request_query(const struct request *request, const char *name);
/* The i-th value of one that may be given several times. */
bool request_query_at(const struct request *request, const char *name, size_t i, Str *value);
/* A whole number between min and max, or `fallback` when absent. */
bool request_query_whole(const struct request *request, const char *name, int64_t fallback, int64_t min, int64_t max,
                         int64_t *out, struct err *err) MUST_CHECK;
bool request_param_whole(const struct request *request, size_t i, int64_t *out, struct err *err) MUST_CHECK;

void request_hold(struct request *request);
void request_answer(struct request *request, bool ok, const struct err *err);
struct reply *request_reply(struct request *request);

#endif
