/* http/server.c -- see server.h.
 *
 * An exchange is one request and its reply, from the first header to the last byte:
 *
 *   READING   the route is found and the caller checked as soon as the headers are there; the body is gathered, or
 *             thrown away if an error is known already (so that the client can read the answer to what it sends)
 *   HELD      the handler will answer later; the connection is suspended and its thread serves others
 *   ANSWERED  the reply is filled
 *
 * libmicrohttpd calls on_request again and again for one exchange: once with headers, for each piece of the body,
 * at its end, and after a resume. Nothing of an exchange is shared between threads but through suspend and resume.
 */
#include "http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "http/http_int.h"

#define HEADER_BYTES_MAX ((size_t)48 * 1024)
#define CONNECTIONS_MAX 20000u
#define IDLE_SECONDS 30u
#define DISCARD_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define STOP_WAIT_MS 10000

struct server {
    struct server_config config;
    struct route_table tables[TABLES_MAX]; /* the features', then the server's own */
    struct MHD_Daemon *daemon;
    struct workers *workers;
    _Atomic uint64_t next_id;
    _Atomic uint32_t running;  /* exchanges under way */
    _Atomic uint32_t handling; /* of them, those that a handler has, held ones too */
    _Atomic bool stopping;     /* no exchange begins any more */
    _Atomic bool cut;          /* no handler is called any more */
    char boot[9];              /* makes request ids differ between runs */
};

enum state { READING, HELD, ANSWERED };

struct exchange {
    struct request request; /* first: handlers get its address back as an exchange */
    struct reply reply;
    struct server *server;
    struct MHD_Connection *connection;
    enum state state;
    struct task task;
    bool asleep; /* the connection is suspended */
    bool *held;  /* set by request_hold; the caller's of the handler, who must not look at x any more then */
    bool failed; /* err is what will be answered */
    struct err err;
    unsigned allowed; /* methods of the path, for 405 */
    struct buf body;
    struct buf unpacked;
    int spool;
    size_t received;
    int64_t started_us;
    enum method method;
    bool options;
};

static struct exchange *exchange_of(struct request *request)
{
    return (struct exchange *)(void *)request;
}

/* ---- reading the headers ---- */

static Str header(struct MHD_Connection *connection, const char *name)
{
    return str_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

static enum MHD_Result add_query(void *context, enum MHD_ValueKind kind, const char *name, size_t name_n,
                                 const char *value, size_t value_n)
{
    struct request *request = context;

    (void)kind;
    if (request->n_query == QUERY_MAX) return MHD_YES; /* counted all the same, and refused */
    request->query[request->n_query++] =
        (struct query_value){{name, name_n}, {value ? value : "", value ? value_n : 0}};
    return MHD_YES;
}

static Str secret_of(struct exchange *x)
{
    return auth_header_secret(header(x->connection, "Authorization"), &x->request.arena);
}

/* A browser sends its cookie whoever asked it to; only our own page can add this header (a foreign one would need a
 * preflight, which is never granted here). */
static bool not_forged(struct exchange *x, struct err *err)
{
    if (x->method == GET || str_eq(header(x->connection, "X-Requested-With"), STR("demetra"))) return true;
    return err_set(err, ERR_FORBIDDEN,
                   "a change made with a browser session needs the header "
                   "X-Requested-With: demetra");
}

static bool check_reader(struct exchange *x, enum auth need, struct err *err)
{
    struct request *request = &x->request;
    Str secret = secret_of(x);

    if (secret.n) {
        if (!auth_check(x->server->config.auth, secret, false, &request->who, err)) return false;
    } else if (request->session.n) {
        if (!auth_check(x->server->config.auth, request->session, true, &request->who, err)) return false;
        if (!not_forged(x, err)) return false;
    } else {
        return err_set(err, ERR_DENIED, "send Authorization: Bearer TOKEN, or log in");
    }
    return request->who.role >= need || err_set(err, ERR_FORBIDDEN, "this needs an admin token");
}

static bool open_spool(struct exchange *x, struct err *err)
{
    Str path =
        arena_printf(&x->request.arena, "%.*s/upload-%s", STR_ARG(x->server->config.spool_folder), x->request.id);

    x->request.spool = path.p;
    x->spool = spool_open(path.p, err);
    return x->spool >= 0;
}

static bool read_head(struct exchange *x, const char *url, struct err *err)
{
    struct request *request = &x->request;
    struct server *server = x->server;
    struct match match;

    request->path = arena_copy(&request->arena, str_of(url));
    int values = MHD_get_connection_values_n(x->connection, MHD_GET_ARGUMENT_KIND, add_query, request);
    if (values > QUERY_MAX) return err_set(err, ERR_INVALID, "more than %d query parameters", QUERY_MAX);
    request->sent_at = header(x->connection, "SentAt");
    request->host = header(x->connection, "Host");
    request->wants_page = str_contains_nocase(header(x->connection, "Accept"), STR("text/html"));
    request->session = str_of(MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, SESSION_COOKIE));
    if (!router_find(server->tables, server->config.n_tables, x->method, request->path, &match, &x->allowed, err))
        return false;
    request->route = match.route;
    request->context = match.table->context;
    memcpy(request->param, match.param, sizeof match.param);
    buf_init(&x->body, match.route->body_max);
    if (x->options) return true;
    if (match.route->auth == AUTH_WRITE) {
        request->write_key = secret_of(x);
        if (!request->write_key.n) request->write_key = request_query(request, "writeKey");
    } else if (match.route->auth != AUTH_NONE && !check_reader(x, match.route->auth, err)) {
        return false;
    }
    if (!route_takes(match.route, header(x->connection, "Content-Length"), err)) return false;
    return !(match.route->flags & ROUTE_SPOOL) || open_spool(x, err);
}

/* ---- the body ---- */

static bool take_piece(struct exchange *x, Str piece, struct err *err)
{
    size_t max = x->request.route->body_max;

    if (x->received > max)
        return err_set(err, ERR_LIMIT, "the body is larger than the %zu bytes that %s takes", max,
                       x->request.route->path);
    if (x->spool < 0) return buf_add(&x->body, piece) || err_set(err, ERR_LIMIT, "the body is too large");
    return spool_write(x->spool, piece, err);
}

/* RudderStack's Node client packs without always saying so: the bytes tell. */
static bool unpack_body(struct exchange *x, struct err *err)
{
    struct request *request = &x->request;

    request->body = buf_str(&x->body);
    request->spool_bytes = x->received;
    if (x->spool >= 0) {
        int file = x->spool;
        x->spool = -1;
        return spool_close(file, err);
    }
    if (!gzip_is(request->body)) return true;
    buf_init(&x->unpacked, request->route->body_max);
    if (!gzip_unpack(request->body, &x->unpacked, err)) return false;
    request->body = buf_str(&x->unpacked);
    return true;
}

static bool check_writer(struct exchange *x, struct err *err)
{
    struct request *request = &x->request;
    Str key = request->write_key, in_body;

    if (!key.n && json_span_member(request->body, STR("writeKey"), &in_body) && in_body.n > 2 && in_body.p[0] == '"')
        key = (Str){in_body.p + 1, in_body.n - 2}; /* a key has nothing to unescape */
    request->who.role = AUTH_WRITE;
    return x->server->config.write_key(x->server->config.write_key_context, key, &request->who.source_id, err);
}

/* ---- answering ---- */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    CHECK(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* Like add_header, for a value that came from outside: false if it cannot stand in a header (a tab, say). */
static bool echo_header(struct MHD_Response *response, const char *name, Str value)
{
    return value.n && MHD_add_response_header(response, name, value.p) == MHD_YES;
}

/* Credentials forbid "*", so what was asked for is echoed. */
static void add_cors(struct exchange *x, struct MHD_Response *response)
{
    Str origin = header(x->connection, "Origin");
    Str headers = header(x->connection, "Access-Control-Request-Headers");

    if (!echo_header(response, "Access-Control-Allow-Origin", origin)) return;
    add_header(response, "Access-Control-Allow-Credentials", "true");
    add_header(response, "Vary", "Origin");
    if (!x->options) return;
    add_header(response, "Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    (void)!echo_header(response, "Access-Control-Allow-Headers", headers);
    add_header(response, "Access-Control-Max-Age", "900");
}

static void add_allow(struct exchange *x, struct MHD_Response *response)
{
    struct buf text;

    buf_init(&text, 128);
    for (int m = 0; m < METHOD_COUNT; m++)
        if (x->allowed & (1u << m)) buf_printf(&text, "%s%s", text.n ? ", " : "", method_name((enum method)m));
    if (text.n) add_header(response, "Allow", text.p);
    buf_reset(&text);
}

static bool takes_gzip(struct exchange *x)
{
    return str_contains_nocase(header(x->connection, "Accept-Encoding"), STR("gzip"));
}

/* The bytes to send: constant, packed, or as they are. A gzip constant is unpacked for a client that takes none. */
static struct MHD_Response *make_response(struct exchange *x, bool *gzip)
{
    struct reply *reply = &x->reply;
    struct buf other;
    size_t n = 0;
    char *bytes;

    *gzip = false;
    buf_init(&other, REPLY_BYTES_MAX);
    if (reply->constant.p && (!reply->gzip || takes_gzip(x))) {
        *gzip = reply->gzip;
        return MHD_create_response_from_buffer(reply->constant.n, (void *)(uintptr_t)reply->constant.p,
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (reply->constant.p) {
        CHECK(gzip_unpack(reply->constant, &other, NULL));
    } else if (takes_gzip(x) && gzip_pack(buf_str(&reply->body), &other)) {
        *gzip = true;
    } else {
        buf_reset(&other);
        other = reply->body;
        buf_init(&reply->body, REPLY_BYTES_MAX);
    }
    bytes = buf_take(&other, &n);
    return MHD_create_response_from_buffer(n, bytes ? bytes : "",
                                           bytes ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
}

static void add_headers(struct exchange *x, struct MHD_Response *response, bool gzip)
{
    static const char *const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
                                      "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    const struct reply *reply = &x->reply;
    const char *type = reply->content_type ? reply->content_type : "application/json";
    char text[160];

    if (reply->status != 204 && reply->status != 303) add_header(response, "Content-Type", type);
    if (gzip) add_header(response, "Content-Encoding", "gzip");
    if (str_starts(str_of(type), STR("text/html"))) add_header(response, "Content-Security-Policy", POLICY);
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Referrer-Policy", "same-origin");
    add_header(response, "X-Request-Id", x->request.id);
    add_header(response, "Cache-Control", reply->cache_forever ? "public, max-age=31536000, immutable" : "no-store");
    if (reply->location) add_header(response, "Location", reply->location);
    if (reply->cookie) add_header(response, "Set-Cookie", reply->cookie);
    if (reply->filename) {
        snprintf(text, sizeof text, "attachment; filename=\"%s\"", reply->filename);
        add_header(response, "Content-Disposition", text);
    }
    if (reply->retry_after_s) {
        snprintf(text, sizeof text, "%d", reply->retry_after_s);
        add_header(response, "Retry-After", text);
    }
    if (reply->status == 401) add_header(response, "WWW-Authenticate", "Bearer");
    if (reply->status == 405) add_allow(x, response);
    if (x->request.route && (x->request.route->flags & ROUTE_CORS)) add_cors(x, response);
}

static enum MHD_Result send_reply(struct exchange *x)
{
    bool gzip;

    if (!x->failed && x->reply.body.full)
        x->failed = !err_set(&x->err, ERR_LIMIT, "the answer is larger than %zu bytes; ask for less", REPLY_BYTES_MAX);
    if (x->failed) problem_write(&x->reply, &x->err, x->request.id);
    if (x->reply.status == 0) x->reply.status = 200;
    struct MHD_Response *response = make_response(x, &gzip);
    CHECK(response != NULL);
    add_headers(x, response, gzip);
    enum MHD_Result queued = MHD_queue_response(x->connection, (unsigned)x->reply.status, response);
    MHD_destroy_response(response);
    log_line(x->reply.status >= 500 ? LOG_WARN : LOG_DEBUG, "http", "id=%s method=%s path=%s status=%d us=%lld%s%s",
             x->request.id, method_name(x->method), x->request.route ? x->request.route->path : "-", x->reply.status,
             (long long)(time_monotonic_us() - x->started_us), x->failed ? " why=" : "", x->failed ? x->err.text : "");
    return queued;
}

static void fail(struct exchange *x, const struct err *err)
{
    if (err != &x->err) x->err = *err;
    x->failed = true;
}

static void sleep_on(struct exchange *x)
{
    if (!x->asleep) MHD_suspend_connection(x->connection);
    x->asleep = true;
    x->state = HELD;
}

void request_hold(struct request *request)
{
    struct exchange *x = exchange_of(request);

    *x->held = true;
    store_reader_give(x->server->config.store, request->db);
    request->db = NULL;
    sleep_on(x);
}

void request_answer(struct request *request, bool ok, const struct err *err)
{
    struct exchange *x = exchange_of(request);
    struct server *server = x->server;

    if (!ok) fail(x, err);
    x->state = ANSWERED;
    MHD_resume_connection(x->connection); /* from here on the exchange may be gone */
    atomic_fetch_sub(&server->handling, 1);
}

struct reply *request_reply(struct request *request)
{
    return &exchange_of(request)->reply;
}

/* The handler, or what stands in its way. */
static bool run(struct exchange *x, struct err *err)
{
    struct request *request = &x->request;

    if (x->options) {
        x->reply.status = 204;
        return true;
    }
    if (!unpack_body(x, err)) return false;
    if (request->route->auth == AUTH_WRITE) {
        if (!check_writer(x, err)) return false;
    } else {
        request->db = store_reader_take(x->server->config.store, err);
        if (!request->db) return false;
    }
    return request_query_known(request, err) && request->route->handler(request, &x->reply, err);
}

/* The dashboard's files answer where no route does. */
static bool is_page(struct exchange *x)
{
    return x->failed && x->err.code == ERR_NOT_FOUND && !x->request.route && x->method == GET &&
           asset_serve(x->request.path, &x->reply);
}

/* Call the handler; false if it holds the request, which is not ours any more then. */
static bool run_to_answer(struct exchange *x)
{
    struct err err;
    bool held = false;

    x->held = &held;
    bool ok = run(x, &err);
    if (held) return false;
    if (!ok) fail(x, &err);
    store_reader_give(x->server->config.store, x->request.db);
    x->request.db = NULL;
    return true;
}

static void run_task(struct task *task)
{
    struct exchange *x = (struct exchange *)(void *)((char *)task - offsetof(struct exchange, task));
    if (run_to_answer(x)) request_answer(&x->request, true, NULL);
}

/* Questions take their time; what is written has to be answered where it came in. */
static bool is_question(const struct exchange *x)
{
    return x->method == GET && !x->options && x->request.route->auth == AUTH_READ;
}

static enum MHD_Result dispatch(struct exchange *x)
{
    struct server *server = x->server;
    struct err err;

    atomic_fetch_add(&server->handling, 1); /* before `cut` is looked at: server_stop sets it, then looks at this */
    if (atomic_load(&server->cut)) {
        fail(x, (err_set(&err, ERR_BUSY, "the server is stopping"), &err));
    } else if (is_page(x)) {
        x->failed = false;
    } else if (!x->failed && is_question(x)) {
        sleep_on(x);
        x->task.run = run_task;
        if (!workers_put(server->workers, &x->task)) run_task(&x->task);
        return MHD_YES; /* from here on it is the worker's */
    } else if (!x->failed && !run_to_answer(x)) {
        return MHD_YES; /* from here on the exchange is whoever's answers it */
    }
    atomic_fetch_sub(&server->handling, 1);
    x->state = ANSWERED;
    return send_reply(x);
}

/* ---- libmicrohttpd's side ---- */

static struct exchange *exchange_new(struct server *server, struct MHD_Connection *connection)
{
    struct exchange *x = mem_new(sizeof *x);

    x->server = server;
    x->connection = connection;
    x->spool = -1;
    x->started_us = time_monotonic_us();
    arena_init(&x->request.arena, ARENA_BYTES_MAX);
    buf_init(&x->reply.body, REPLY_BYTES_MAX);
    snprintf(x->request.id, sizeof x->request.id, "%s-%06llx", server->boot,
             (unsigned long long)(atomic_fetch_add(&server->next_id, 1) & 0xFFFFFF));
    atomic_fetch_add(&server->running, 1);
    return x;
}

/* First call of an exchange. An answer that needs no body is given at once when the client waits to be asked for
 * it, or when what it is about to send is too much to throw away. */
static enum MHD_Result begin(struct exchange *x, const char *url, const char *method)
{
    struct err err;
    int64_t length = 0;

    if (atomic_load(&x->server->stopping)) {
        fail(x, (err_set(&err, ERR_BUSY, "the server is stopping"), &err));
    } else if (!method_find(str_of(method), &x->method, &x->options)) {
        x->allowed = (1u << METHOD_COUNT) - 1; /* no path was looked up */
        fail(x, (err_set(&err, ERR_METHOD, "there is no method %.20s here", method), &err));
    } else if (!read_head(x, url, &err)) {
        /* a preflight asks about a GET as about a POST */
        bool preflight = x->options && err.code == ERR_METHOD;
        x->method = preflight ? GET : x->method;
        x->request.n_query = 0;
        if (!preflight || !read_head(x, url, &err)) fail(x, &err);
    }
    if (x->options && !x->failed && !(x->request.route->flags & ROUTE_CORS))
        fail(x, (err_set(&err, ERR_METHOD, "other sites' pages may not call this"), &err));
    if (!x->failed) return MHD_YES;
    (void)!str_to_i64(header(x->connection, "Content-Length"), &length);
    bool waits = str_contains_nocase(header(x->connection, "Expect"), STR("100-continue"));
    if (!waits && length <= (int64_t)DISCARD_BYTES_MAX) return MHD_YES;
    x->state = ANSWERED;
    return send_reply(x);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **slot)
{
    struct exchange *x = *slot;
    struct err err;

    (void)version;
    if (!x) {
        *slot = x = exchange_new(context, connection);
        return begin(x, url, method);
    }
    if (*upload_n) {
        x->received += *upload_n;
        if (!x->failed && !take_piece(x, (Str){upload, *upload_n}, &err)) fail(x, &err);
        *upload_n = 0;
        return x->failed && x->received > DISCARD_BYTES_MAX + (x->request.route ? x->request.route->body_max : 0)
                   ? MHD_NO
                   : MHD_YES;
    }
    if (x->state == ANSWERED) return send_reply(x);
    return x->state == READING ? dispatch(x) : MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *slot;

    (void)connection;
    (void)why;
    struct server *server = context;
    if (!x) return;
    if (x->spool >= 0) close(x->spool);
    if (x->request.spool) (void)!unlink(x->request.spool); /* gone already if the handler took it */
    store_reader_give(server->config.store, x->request.db);
    buf_reset(&x->body);
    buf_reset(&x->unpacked);
    buf_reset(&x->reply.body);
    arena_free(&x->request.arena);
    free(x);
    *slot = NULL;
    atomic_fetch_sub(&server->running, 1);
}

/* ---- start and stop ---- */

/* Nobody new while it stops. MHD_quiesce_daemon would say so to the sender at once, but its threads and ours then race
 * for the listening socket, and the library stops the program when it loses. */
static enum MHD_Result on_accept(void *context, const struct sockaddr *address, socklen_t n)
{
    struct server *server = context;

    (void)address;
    (void)n;
    return atomic_load(&server->stopping) ? MHD_NO : MHD_YES;
}

struct server *server_start(const struct server_config *config, struct err *err)
{
    struct server *server = mem_new(sizeof *server);
    union listen_address address;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    char boot[TOKEN_MAX];

    server->config = *config;
    CHECK(config->n_tables + 1 <= TABLES_MAX);
    memcpy(server->tables, config->tables, config->n_tables * sizeof *config->tables);
    server->tables[config->n_tables] = openapi_table(&server->config);
    server->config.tables = server->tables;
    server->config.n_tables = config->n_tables + 1;
    token_make("", boot);
    snprintf(server->boot, sizeof server->boot, "%.8s", boot);
    if (!listen_parse(config->listen, &address, err)) goto failed;
    if (address.any.sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    server->workers = workers_start(config->threads > 1 ? config->threads : 1);
    server->daemon = MHD_start_daemon(
        flags, 0, on_accept, server, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, library_log, NULL,
        MHD_OPTION_SOCK_ADDR, &address.any, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES_MAX, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_THREAD_POOL_SIZE,
        config->threads > 1 ? (unsigned)config->threads : 0u, MHD_OPTION_END);
    if (server->daemon) return server;
    err_set(err, ERR_CONFLICT, "cannot listen on %.*s: %s", STR_ARG(config->listen), strerror(errno));
failed:
    server_stop(server);
    return NULL;
}

void server_stop(struct server *server)
{
    if (!server) return;
    if (server->daemon) {
        atomic_store(&server->stopping, true);
        for (int waited = 0; atomic_load(&server->running) && waited < STOP_WAIT_MS; waited += 10) usleep(10000);
        atomic_store(&server->cut, true);                     /* whoever still dawdles over a request has lost it */
        while (atomic_load(&server->handling)) usleep(10000); /* the library stops the program for a held one */
        MHD_stop_daemon(server->daemon);
    }
    workers_stop(server->workers);
    free(server);
}

int server_port(const struct server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
