/* events/source.h -- who may send: sources and their write keys.
 *
 * Is:    the table `source`, and a copy of it in memory so that checking a key costs no query.
 * Owns:  both.
 * Never: keeps a key: only its SHA-256 and the first characters that are shown.
 */
#ifndef EVENTS_SOURCE_H
#define EVENTS_SOURCE_H

#include "base/hash.h"
#include "store/store.h"

#define SOURCES_MAX 1000
#define SOURCE_NAME_MAX 100

struct source {
    int64_t id;
    char name[SOURCE_NAME_MAX + 1];
    char key_prefix[16];
    struct digest key_hash;
    bool enabled;
    int64_t created_ms;
};

struct sources;

struct sources *sources_open(struct store *store, struct err *err);
void sources_close(struct sources *sources); /* NULL is fine */

uint32_t sources_count(struct sources *sources);
bool sources_at(struct sources *sources, uint32_t i, struct source *out);
bool sources_find(struct sources *sources, int64_t id, struct source *out);
/* The source that a key belongs to. ERR_DENIED: no such key; ERR_FORBIDDEN: the source is switched off. */
bool sources_check_key(struct sources *sources, Str key, int64_t *id, struct err *err) MUST_CHECK;

/* Make one. `key` is used when given (an operator's own), else made; key_out holds TOKEN_MAX bytes and is the only
 * time that it is seen. */
bool sources_add(struct sources *sources, Str name, Str key, struct source *out, char *key_out,
                 struct err *err) MUST_CHECK;
bool sources_new_key(struct sources *sources, int64_t id, char *key_out, struct err *err) MUST_CHECK;
bool sources_change(struct sources *sources, int64_t id, Str name, bool enabled, struct source *out,
                    struct err *err) MUST_CHECK;

#endif
