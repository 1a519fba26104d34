/* connect/connect.h -- ad platforms, each told by a file and not by code.
 *
 * Is:    adapters (adapters/NAME.json, built in, and those of DATA/adapters), the engine that follows one, and
 *        pulls: the days of a connection brought into the store.
 * Owns:  the adapters; of a pull how far it is.
 * Never: knows a platform by name; leaves days half brought.
 */
#ifndef CONNECT_CONNECT_H
#define CONNECT_CONNECT_H

#include "connect/connections.h"
#include "net/client.h"

struct connect;

/* Reads all adapters; one with a mistake is an error that says file, place and what to do. */
struct connect *connect_open(struct store *store, struct net *net, const struct vault *vault, struct err *err);
void connect_close(struct connect *connect); /* NULL is fine */

/* ---- adapters, for people and forms ---- */
struct adapter_setting {
    Str name, title, title_ru, help, help_ru, pattern; /* pattern: a POSIX extended expression; empty: anything */
    Str fallback;
    bool secret, optional;
};
struct adapter_info {
    Str name, title, title_ru, channels; /* channels: names it brings, for people */
    const struct adapter_setting *settings;
    size_t n_settings;
};
size_t connect_adapters(const struct connect *connect, const struct adapter_info **out);
const struct adapter_info *connect_adapter(const struct connect *connect, Str name); /* NULL: there is none */

/* Are these settings whole and well formed? One sentence in err with the field. `settings`: JSON object. */
bool connect_check(const struct connect *connect, Str adapter, const struct json *settings, struct err *err) MUST_CHECK;

/* Is this file an adapter? The error names file, place and what is expected. */
bool connect_check_file(const char *path, struct err *err) MUST_CHECK;

/* ---- doing ---- */
struct connect_watch {
    bool (*progress)(void *context, int64_t done, int64_t total, const char *note); /* false: stop */
    void *context;
};

struct connect_verdict {
    bool ok;
    Str sentence; /* "Connected: 3 campaigns yesterday, in UAH, Europe/Kyiv", or what is wrong and what to do */
};
/* Ask the platform for yesterday, once, and say what is wrong in a sentence; also when it cannot be reached or answers
 * nonsense. False only when told to stop (ERR_BUSY). */
bool connect_test(struct connect *connect, const struct connection *connection, const struct connect_watch *watch,
                  struct arena *arena, struct connect_verdict *out, struct err *err) MUST_CHECK;

/* Bring the days that are missing or may have been restated, chunk by chunk; each chunk is stored in one transaction
 * with how far the pull is. Sets the connection's state. `result`: a JSON object {"from","to","chunks","rows",
 * "inserted","replaced","removed","skipped","changed_days":[…],"requests","waited_ms"}, also of a pull that failed on
 * its way. Errors: ERR_FORBIDDEN and ERR_INVALID (the connection is broken, or the days asked for make no sense; not
 * again by itself), ERR_UPSTREAM and ERR_BUSY (later). from, to: days to bring whatever is there already; INT32_MIN:
 * what is due. */
bool connect_pull(struct connect *connect, int64_t connection_id, int32_t from, int32_t to,
                  const struct connect_watch *watch, struct buf *result, struct err *err) MUST_CHECK;

#endif
