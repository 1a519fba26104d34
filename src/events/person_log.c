#include "events/person_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/dict.h"

/* What stands in the place of an erased event; no reader of events takes it for one. */
#define ERASED STR("{\"erased\":true}")

static bool is_of(const struct staged *item, const struct dict *aliases)
{
    char text[ALIAS_VALUE_MAX + 2] = {0, ':'};

    for (uint32_t i = 0; i < item->n_aliases; i++) {
        Str value = item->alias[i].value;
        text[0] = item->alias[i].kind;
        if (value.n) memcpy(text + 2, value.p, value.n);
        if (dict_find(aliases, (Str){text, value.n + 2}) != DICT_NONE) return true;
    }
    return false;
}

/* ---- walking ---- */

struct walk {
    Str currency;
    const struct dict *aliases;
    person_item_fn *see;
    void *context;
    bool stopped;
};

static bool walk_entry(void *context, int64_t id, const struct raw_entry *entry, struct err *err)
{
    struct walk *walk = context;
    struct arena arena;
    struct decoded decoded = {0};
    struct err unreadable;

    arena_init(&arena, stage_arena_bytes(entry->body.n));
    if (!stage_decode(entry, walk->currency, &arena, &decoded, &unreadable)) decoded.n = 0;
    for (uint32_t i = 0; i < decoded.n && !walk->stopped; i++)
        if (is_of(&decoded.items[i], walk->aliases))
            walk->stopped = !walk->see(walk->context, id, entry, &decoded.items[i]);
    arena_free(&arena);
    return !walk->stopped || err_set(err, ERR_NONE, "stopped");
}

bool person_log_walk(struct db *db, struct raw_span span, Str currency, const struct dict *aliases, person_item_fn *see,
                     void *context, struct err *err)
{
    struct walk walk = {.currency = currency, .aliases = aliases, .see = see, .context = context};

    return raw_walk(db, span, RAW_EVERY, walk_entry, &walk, err) || walk.stopped;
}

static bool note_entry(void *context, int64_t raw_id, const struct raw_entry *entry, const struct staged *item)
{
    struct person_entries *entries = context;

    (void)entry;
    (void)item;
    if (entries->n && entries->id[entries->n - 1] == raw_id) return true;
    if (entries->n == entries->capacity) {
        entries->capacity = entries->capacity ? entries->capacity * 2 : 64;
        entries->id = mem_grow(entries->id, sizeof *entries->id, entries->capacity);
    }
    entries->id[entries->n++] = raw_id;
    return true;
}

bool person_log_find(struct db *db, struct raw_span span, Str currency, const struct dict *aliases,
                     struct person_entries *out, struct err *err)
{
    return person_log_walk(db, span, currency, aliases, note_entry, out, err);
}

/* ---- erasing ---- */

bool entry_without(const struct raw_entry *entry, const uint32_t *item, size_t n, struct buf *out)
{
    const char *at = entry->body.p;

    for (size_t i = 0; i < n; i++) {
        Str bytes;
        if (!stage_item_bytes(entry, item[i], &bytes)) return false;
        if (raw_kind_is_csv(entry->kind)) /* an empty line is no record; its end stays */
            while (bytes.n && (bytes.p[bytes.n - 1] == '\n' || bytes.p[bytes.n - 1] == '\r')) bytes.n--;
        buf_add(out, (Str){at, (size_t)(bytes.p - at)});
        if (!raw_kind_is_csv(entry->kind)) buf_add(out, ERASED);
        at = bytes.p + bytes.n;
    }
    buf_add(out, (Str){at, (size_t)(entry->body.p + entry->body.n - at)});
    return !out->full;
}

static bool erase_entry(struct db *db, int64_t id, Str currency, const struct dict *aliases, uint64_t *erased,
                        struct err *err)
{
    static uint32_t item[RAW_ITEMS_MAX]; /* one erasure at a time: it holds the store's writer */
    struct arena arena;
    struct raw_entry entry;
    struct decoded decoded = {0};
    struct buf body = {0};
    size_t n = 0;

    arena_init(&arena, stage_arena_bytes(RAW_BODY_MAX) + RAW_BODY_MAX + 4096);
    bool ok = raw_read(db, id, &arena, &entry, err) && stage_decode(&entry, currency, &arena, &decoded, err);
    for (uint32_t i = 0; ok && i < decoded.n; i++)
        if (is_of(&decoded.items[i], aliases)) item[n++] = decoded.items[i].item;
    if (ok && n > 0) {
        buf_init(&body, entry.body.n + n * ERASED.n + 64);
        ok = entry_without(&entry, item, n, &body) ||
             err_set(err, ERR_INTERNAL, "raw entry %lld cannot be cut", (long long)id);
        ok = ok && raw_replace(db, id, buf_str(&body), err);
        buf_reset(&body);
        *erased += n;
    }
    arena_free(&arena);
    return ok;
}

/* Refused items name a person by the alias's value as a whole JSON text or CSV cell. */
static bool erase_rejects(struct db *db, const struct dict *aliases, struct err *err)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < dict_count(aliases); i++) {
        Str value = str_from(dict_text(aliases, i), 2);
        ok = db_run(db,
                    "DELETE FROM reject WHERE instr(CAST(body AS TEXT), '\"' || $1 || '\"') > 0 "
                    "OR instr(',' || replace(CAST(body AS TEXT), char(10), ',') || ',', ',' || $1 || ',') > 0",
                    DB_ARGS(DB_TEXT(value)), err);
    }
    return ok;
}

bool person_log_erase(struct db *db, const struct person_entries *entries, Str currency, const struct dict *aliases,
                      uint64_t *erased, struct err *err)
{
    bool ok = true;

    for (size_t i = 0; ok && i < entries->n; i++) ok = erase_entry(db, entries->id[i], currency, aliases, erased, err);
    return ok && erase_rejects(db, aliases, err);
}
