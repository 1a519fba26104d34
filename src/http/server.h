/* http/server.h -- the HTTP server on libmicrohttpd: a thread for each core, routes from tables.
 *
 * Is:    listening, reading bodies within limits, auth, calling handlers, answering.
 * Owns:  connections and their requests.
 * Never: knows what a route does.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/auth.h"

#define TABLES_MAX 32

/* Which source a write key belongs to (events/source.h lies above this folder). */
typedef bool write_key_fn(void *context, Str key, int64_t *source_id, struct err *err);

struct server_config {
    Str listen; /* "127.0.0.1:8080", "[::1]:8080", ":8080" for every address */
    int threads;
    struct store *store;
    struct auth_store *auth;
    write_key_fn *write_key;
    void *write_key_context;
    const struct route_table *tables;
    size_t n_tables;
    Str spool_folder;
    const char *version;
};

struct server;

struct server *server_start(const struct server_config *config, struct err *err);
/* Take no new connection, let what runs finish, stop. Whoever holds requests must have answered or will. */
void server_stop(struct server *server); /* NULL is fine */
int server_port(const struct server *server);
/* The server's own routes, the documentation of all; server_start adds them, `demetra openapi` does so itself. */
struct route_table openapi_table(struct server_config *config);
void openapi_write(const struct route_table *tables, size_t n, const char *version, struct buf *out);

#endif
