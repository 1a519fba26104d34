/* report/segment_erase.c -- a person who is erased leaves the lists of segments too. */
#include "base/time.h"
#include "report/segment_rule.h"
#include "report/segments.h"

#define DEFINITION_ARENA_BYTES ((size_t)256 << 20)
#define DEFINITION_BYTES_MAX ((size_t)32 << 20)

struct forgetting {
    struct db *db;
    const struct snapshot *snapshot;
    uint32_t person;
};

/* True: a list lost somebody. */
static bool forget(const struct forgetting *forgetting, struct segment_rule *rule)
{
    bool lost = false;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < rule->n_inner; i++) lost = forget(forgetting, &rule->inner[i]) || lost;
    for (uint32_t i = 0; i < rule->n_persons; i++)
        if (snapshot_find_person(forgetting->snapshot, rule->person[i]) != forgetting->person)
            rule->person[kept++] = rule->person[i];
    lost = lost || kept < rule->n_persons;
    rule->n_persons = kept;
    return lost;
}

static bool save(struct db *db, int64_t id, const struct segment_rule *rule, struct err *err)
{
    struct buf text;

    buf_init(&text, DEFINITION_BYTES_MAX);
    struct json_out out = json_to(&text);
    segment_rule_write(rule, &out);
    CHECK(!text.full); /* it is shorter than it was */
    struct digest digest = digest_of(buf_str(&text));
    bool ok = db_run(db, "UPDATE segment SET definition = $2, digest = $3, changed_ms = $4 WHERE id = $1",
                     DB_ARGS(DB_I64(id), DB_TEXT(buf_str(&text)),
                             DB_BYTES(((Str){(const char *)digest.bytes, DIGEST_BYTES})), DB_I64(time_now_ms())),
                     err);
    buf_reset(&text);
    return ok;
}

/* The next segment after *id; *id = 0: there is none. */
static bool next_segment(struct db *db, struct arena *arena, int64_t *id, Str *definition, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT id, definition FROM segment WHERE id > $1 ORDER BY id LIMIT 1", DB_ARGS(DB_I64(*id)));
    bool found = db_next(&rows);

    *id = found ? db_i64(&rows, 0) : 0;
    if (found) *definition = arena_copy(arena, db_str(&rows, 1));
    return db_end(&rows, err);
}

static bool forget_in_all(const struct forgetting *forgetting, struct err *err)
{
    struct arena arena;
    int64_t id = 0;
    bool ok;

    arena_init(&arena, DEFINITION_ARENA_BYTES);
    do {
        struct segment_rule rule;
        Str definition = {NULL, 0};
        arena_reset(&arena);
        ok = next_segment(forgetting->db, &arena, &id, &definition, err);
        if (!ok || id == 0) break;
        const struct json *json = json_parse(definition, &arena, err);
        ok = json && segment_rule_read(json, &arena, &rule, err);
        if (ok && forget(forgetting, &rule)) ok = save(forgetting->db, id, &rule, err);
    } while (ok);
    arena_free(&arena);
    return ok;
}

bool segments_forget(struct store *store, struct pipeline *pipeline, Str alias, struct err *err)
{
    struct forgetting forgetting = {.snapshot = pipeline_snapshot(pipeline)};
    bool ok = true;

    forgetting.person = snapshot_find_person(forgetting.snapshot, alias);
    if (forgetting.person != DICT_NONE) {
        forgetting.db = store_writer_take(store);
        ok = db_begin(forgetting.db, err);
        if (ok && forget_in_all(&forgetting, err)) {
            ok = db_commit(forgetting.db, err);
        } else if (ok) {
            db_rollback(forgetting.db);
            ok = false;
        }
        store_writer_give(store);
    }
    snapshot_close(forgetting.snapshot);
    return ok;
}
