/* features/connectors/connectors_int.h -- the handlers and what they share. */
#ifndef FEATURES_CONNECTORS_CONNECTORS_INT_H
#define FEATURES_CONNECTORS_CONNECTORS_INT_H

#include "base/json.h"
#include "features/connectors/connectors.h"

#define CONNECTIONS_MAX 200
#define PULL "pull"
#define PULL_EVERY_MS TIME_HOUR_MS
#define KEY_BYTES 24

handler_fn adapters_get, connections_get, connections_post, connection_get, connection_put, connection_delete,
    connection_test_post, connection_pull_post;

/* ---- pull.c ---- */
Str pull_key(int64_t id, char out[KEY_BYTES]);
bool pull_job_add(struct connectors *connectors, const struct connection *connection, struct err *err) MUST_CHECK;
bool pull_job_off(struct connectors *connectors, int64_t id, struct err *err) MUST_CHECK;
bool pull_job_remove(struct connectors *connectors, int64_t id, struct err *err) MUST_CHECK;

/* ---- settings.c ---- */
/* The settings of a connection, parted into what may be shown and what may not. */
struct settings_parts {
    Str open, secret; /* JSON objects */
};
/* `given` over `old` (an object of all settings; NULL: none), checked; a text that is empty takes a setting away. */
bool settings_merge(struct connect *connect, Str adapter, const struct json *given, const struct json *old,
                    struct arena *arena, struct settings_parts *out, struct err *err) MUST_CHECK;

/* ---- tester.c: a thread of its own, as a platform may take its time ---- */
struct connection_tester *tester_start(struct connectors *connectors);
void tester_stop(struct connection_tester *tester); /* NULL is fine in both; answers all who wait */
void tester_close(struct connection_tester *tester);
/* For a request that is held, which is answered when true. BUSY: the program ends. */
bool tester_put(struct connection_tester *tester, struct request *request, int64_t id, struct err *err) MUST_CHECK;

#endif
