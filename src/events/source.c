#include "events/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/copy.h"

#define PREFIX_SHOWN 7

struct sources {
    struct copy copy; /* of what follows */
    struct source rows[SOURCES_MAX];
    uint32_t n;
};

static void fill_text(char *out, size_t room, Str text)
{
    size_t n = text.n < room - 1 ? text.n : room - 1;
    if (n) memcpy(out, text.p, n);
    out[n] = '\0';
}

static bool load(struct copy *copy, struct db *db, struct err *err)
{
    struct sources *sources = (struct sources *)(void *)copy; /* its first member */
    struct db_rows rows =
        db_query(db, "SELECT id, name, key_hash, key_prefix, enabled, created_ms FROM source ORDER BY id", DB_NO_ARGS);

    sources->n = 0;
    while (sources->n < SOURCES_MAX && db_next(&rows)) {
        struct source *row = &sources->rows[sources->n++];
        Str hash = db_str(&rows, 2);
        *row = (struct source){.id = db_i64(&rows, 0), .enabled = db_i64(&rows, 4), .created_ms = db_i64(&rows, 5)};
        fill_text(row->name, sizeof row->name, db_str(&rows, 1));
        if (hash.n == DIGEST_BYTES) memcpy(row->key_hash.bytes, hash.p, DIGEST_BYTES);
        fill_text(row->key_prefix, sizeof row->key_prefix, db_str(&rows, 3));
    }
    return db_end(&rows, err);
}

struct sources *sources_open(struct store *store, struct err *err)
{
    struct sources *sources = mem_new(sizeof *sources);

    copy_init(&sources->copy, store, load);
    bool ok = load(&sources->copy, store_writer_take(store), err);
    store_writer_give(store);
    if (ok) return sources;
    sources_close(sources);
    return NULL;
}

void sources_close(struct sources *sources)
{
    if (!sources) return;
    copy_reset(&sources->copy);
    free(sources);
}

uint32_t sources_count(struct sources *sources)
{
    pthread_rwlock_rdlock(&sources->copy.lock);
    uint32_t n = sources->n;
    pthread_rwlock_unlock(&sources->copy.lock);
    return n;
}

bool sources_at(struct sources *sources, uint32_t i, struct source *out)
{
    pthread_rwlock_rdlock(&sources->copy.lock);
    bool found = i < sources->n;
    if (found) *out = sources->rows[i];
    pthread_rwlock_unlock(&sources->copy.lock);
    return found;
}

static struct source *row_of(struct sources *sources, int64_t id)
{
    for (uint32_t i = 0; i < sources->n; i++)
        if (sources->rows[i].id == id) return &sources->rows[i];
    return NULL;
}

bool sources_find(struct sources *sources, int64_t id, struct source *out)
{
    pthread_rwlock_rdlock(&sources->copy.lock);
    const struct source *row = row_of(sources, id);
    if (row) *out = *row;
    pthread_rwlock_unlock(&sources->copy.lock);
    return row != NULL;
}

bool sources_check_key(struct sources *sources, Str key, int64_t *id, struct err *err)
{
    struct digest digest = digest_of(key);
    const struct source *found = NULL;

    if (key.n == 0) return err_set(err, ERR_DENIED, "no write key: send it as HTTP Basic user name, or as writeKey");
    pthread_rwlock_rdlock(&sources->copy.lock);
    for (uint32_t i = 0; i < sources->n; i++)
        if (digest_eq(&sources->rows[i].key_hash, &digest)) found = &sources->rows[i];
    bool enabled = found && found->enabled;
    if (found) *id = found->id;
    pthread_rwlock_unlock(&sources->copy.lock);
    if (!found) return err_set(err, ERR_DENIED, "this write key belongs to no source");
    return enabled || err_set(err, ERR_FORBIDDEN, "the source of this write key is switched off");
}

static bool check_name(Str name, struct err *err)
{
    if (name.n == 0 || name.n > SOURCE_NAME_MAX)
        return err_set_field(err, "name", "a source needs a name of 1 to %d bytes", SOURCE_NAME_MAX);
    return true;
}

bool sources_add(struct sources *sources, Str name, Str key, struct source *out, char *key_out, struct err *err)
{
    struct source last = {0};
    uint32_t n = sources_count(sources);

    name = str_trim(name);
    if (!check_name(name, err)) return false;
    if (n >= SOURCES_MAX)
        return err_set(err, ERR_LIMIT, "there are %d sources already, the most there may be", SOURCES_MAX);
    if (key.n && (key.n < 8 || key.n >= TOKEN_MAX))
        return err_set(err, ERR_INVALID, "a write key has 8 to %d characters", TOKEN_MAX - 1);
    if (key.n) {
        fill_text(key_out, TOKEN_MAX, key);
    } else {
        token_make("wk_", key_out);
    }
    if (n) (void)sources_at(sources, n - 1, &last);
    int64_t id = last.id + 1;
    struct digest hash = digest_of(str_of(key_out));
    Str prefix = {key_out, PREFIX_SHOWN};
    if (!copy_change(&sources->copy,
                     "INSERT INTO source (id, name, key_hash, key_prefix, enabled, created_ms) "
                     "VALUES ($1, $2, $3, $4, 1, $5)",
                     DB_ARGS(DB_I64(id), DB_TEXT(name), DB_BYTES(((Str){(const char *)hash.bytes, DIGEST_BYTES})),
                             DB_TEXT(prefix), DB_I64(time_now_ms())),
                     err))
        return false;
    return sources_find(sources, id, out) || err_set(err, ERR_INTERNAL, "the new source cannot be read back");
}

static bool not_found(int64_t id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no source %lld", (long long)id);
}

bool sources_new_key(struct sources *sources, int64_t id, char *key_out, struct err *err)
{
    struct source row;

    if (!sources_find(sources, id, &row)) return not_found(id, err);
    token_make("wk_", key_out);
    struct digest hash = digest_of(str_of(key_out));
    Str prefix = {key_out, PREFIX_SHOWN};
    return copy_change(&sources->copy, "UPDATE source SET key_hash = $1, key_prefix = $2 WHERE id = $3",
                       DB_ARGS(DB_BYTES(((Str){(const char *)hash.bytes, DIGEST_BYTES})), DB_TEXT(prefix), DB_I64(id)),
                       err);
}

bool sources_change(struct sources *sources, int64_t id, Str name, bool enabled, struct source *out, struct err *err)
{
    name = str_trim(name);
    if (!check_name(name, err)) return false;
    if (!sources_find(sources, id, out)) return not_found(id, err);
    if (!copy_change(&sources->copy, "UPDATE source SET name = $1, enabled = $2 WHERE id = $3",
                     DB_ARGS(DB_TEXT(name), DB_I64(enabled), DB_I64(id)), err))
        return false;
    return sources_find(sources, id, out) || not_found(id, err);
}
