/* events/pipeline_change.c -- what changes history: other rules or rates, an import taken back, a person erased. */
#include <stdlib.h>

#include "base/log.h"
#include "events/person_log.h"
#include "events/pipeline_int.h"
#include "events/rejects.h"

void pipeline_use(struct pipeline *pipeline, struct derived *derived)
{
    folding_end(pipeline->folding);
    pthread_mutex_lock(&pipeline->swap);
    struct derived *old = pipeline->derived;
    pipeline->derived = derived;
    pthread_mutex_unlock(&pipeline->swap);
    derived_free(old);
}

bool pipeline_rebuild(struct pipeline *pipeline, struct db *db, struct err *err)
{
    struct derived *built = derived_build(db, RAW_SPAN_ALL, &pipeline->reading, NULL, err);

    if (built) pipeline_use(pipeline, built);
    return built != NULL;
}

/* The same beside the writer, who goes on; only what comes meanwhile is applied while it waits. With `rebuilding`
 * held. */
static bool rebuild_beside(struct pipeline *pipeline, const struct watch *watch, struct err *err)
{
    int64_t last = atomic_load(&pipeline->last_raw_id);
    struct db *db = store_reader_take(pipeline->store, err);
    struct derived *built = db ? derived_build(db, (struct raw_span){0, last}, &pipeline->reading, watch, err) : NULL;

    store_reader_give(pipeline->store, db);
    if (!built) return false;
    pthread_mutex_lock(&pipeline->work);
    db = store_writer_take(pipeline->store);
    bool ok = derived_replay(built, db, (struct raw_span){last, INT64_MAX}, pipeline->reading.currency, err);
    if (ok && !built->stale) {
        pipeline_use(pipeline, built);
    } else {
        derived_free(built);
        ok = ok && pipeline_rebuild(pipeline, db, err);
    }
    store_writer_give(pipeline->store);
    pthread_mutex_unlock(&pipeline->work);
    return ok;
}

bool pipeline_read_again(struct pipeline *pipeline, struct err *err)
{
    pthread_mutex_lock(&pipeline->rebuilding);
    bool ok = rebuild_beside(pipeline, NULL, err);
    atomic_store(&pipeline->fold_wanted, ok);
    pthread_mutex_unlock(&pipeline->rebuilding);
    return ok;
}

/* ---- rates ---- */

bool pipeline_rates_changed(struct pipeline *pipeline, const struct watch *watch, struct err *err)
{
    const struct reading *reading = &pipeline->reading;
    struct foreign now;

    foreign_init(&now);
    pthread_mutex_lock(&pipeline->rebuilding);
    struct db *db = store_reader_take(pipeline->store, err);
    bool ok = db && foreign_open(&now, db, reading->currency, reading->timezone, err);
    store_reader_give(pipeline->store, db);
    if (ok) {
        pthread_mutex_lock(&pipeline->work);
        bool renewed = foreign_renew(&pipeline->derived->foreign, &now);
        pthread_mutex_unlock(&pipeline->work);
        if (!renewed) {
            ok = rebuild_beside(pipeline, watch, err);
            if (ok) atomic_store(&pipeline->fold_wanted, true); /* the file on disk is of the rates before */
        }
    }
    pthread_mutex_unlock(&pipeline->rebuilding);
    pipeline_wake(pipeline);
    foreign_reset(&now);
    return ok;
}

/* ---- rules ---- */

bool pipeline_set_rules(struct pipeline *pipeline, Str json, struct err *err)
{
    struct rules *rules = rules_parse(json, err), *old = rules;

    if (!rules) return false;
    pthread_mutex_lock(&pipeline->rebuilding);
    pthread_mutex_lock(&pipeline->work);
    bool ok = rules_save(store_writer_take(pipeline->store), rules, err);
    store_writer_give(pipeline->store);
    if (ok) {
        facts_write_begin(pipeline->derived->facts);
        facts_set_rules(pipeline->derived->facts, rules_platform, rules);
        facts_write_end(pipeline->derived->facts);
        old = pipeline->rules;
        pipeline->rules = rules;
        pipeline->reading.rules = rules;
    }
    pthread_mutex_unlock(&pipeline->work);
    pthread_mutex_unlock(&pipeline->rebuilding);
    rules_free(old);
    return ok;
}

void pipeline_write_rules(struct pipeline *pipeline, struct buf *out)
{
    pthread_mutex_lock(&pipeline->work);
    rules_write(pipeline->rules, out);
    pthread_mutex_unlock(&pipeline->work);
}

/* ---- taking out ---- */

/* Take something out of the raw log: `take_out` within a transaction, with `work` held. */
typedef bool take_out_fn(struct pipeline *pipeline, struct db *db, void *context, struct err *err);
static bool take_out(struct pipeline *pipeline, take_out_fn *act, void *context, struct err *err)
{
    pthread_mutex_lock(&pipeline->work);
    struct db *db = store_writer_take(pipeline->store);
    bool ok = db_begin(db, err);
    if (ok) {
        ok = act(pipeline, db, context, err) && raw_new_epoch(db, err);
        if (ok) {
            ok = db_commit(db, err);
        } else {
            db_rollback(db);
        }
    }
    store_writer_give(pipeline->store);
    pthread_mutex_unlock(&pipeline->work);
    return ok && rebuild_beside(pipeline, NULL, err);
}

static bool undo_import(struct pipeline *pipeline, struct db *db, void *context, struct err *err)
{
    int64_t import_id = *(const int64_t *)context;

    (void)pipeline;
    return raw_delete_import(db, import_id, err) && rejects_undo_import(db, import_id, err) &&
           db_run(db, "UPDATE import SET state = 'undone' WHERE id = $1", DB_ARGS(DB_I64(import_id)), err);
}

bool pipeline_undo_import(struct pipeline *pipeline, int64_t import_id, struct err *err)
{
    pthread_mutex_lock(&pipeline->rebuilding);
    bool ok = take_out(pipeline, undo_import, &import_id, err);
    pthread_mutex_unlock(&pipeline->rebuilding);
    return ok;
}

/* ---- a person erased ---- */

struct erasure {
    const struct dict *aliases;
    struct person_entries entries;
    int64_t searched; /* the raw log up to here */
    uint64_t *erased;
};

static bool erase(struct pipeline *pipeline, struct db *db, void *context, struct err *err)
{
    struct erasure *erasure = context;
    Str currency = pipeline->reading.currency;

    return person_log_find(db, (struct raw_span){erasure->searched, INT64_MAX}, currency, erasure->aliases,
                           &erasure->entries, err) &&
           person_log_erase(db, &erasure->entries, currency, erasure->aliases, erasure->erased, err);
}

/* What was replaced is in the write-ahead log still: empty it. If readers hold it now, the next checkpoint will. */
static void forget_log(struct pipeline *pipeline)
{
    struct err err;

    if (!db_script(store_writer_take(pipeline->store), STR("PRAGMA wal_checkpoint(TRUNCATE);"), &err))
        log_line(LOG_WARN, "erase.checkpoint", "reason=\"%s\"", err.text);
    store_writer_give(pipeline->store);
}

bool pipeline_erase_person(struct pipeline *pipeline, const struct dict *aliases, uint64_t *erased, struct err *err)
{
    struct erasure erasure = {.aliases = aliases, .erased = erased};

    *erased = 0;
    pthread_mutex_lock(&pipeline->rebuilding);
    erasure.searched = atomic_load(&pipeline->last_raw_id);
    struct db *db = store_reader_take(pipeline->store, err);
    bool ok = db && person_log_find(db, (struct raw_span){0, erasure.searched}, pipeline->reading.currency, aliases,
                                    &erasure.entries, err);
    store_reader_give(pipeline->store, db);
    ok = ok && take_out(pipeline, erase, &erasure, err);
    if (ok) {
        live_forget(pipeline->live, aliases);
        forget_log(pipeline);
        atomic_store(&pipeline->fold_wanted, true); /* the file on disk names the person still */
        pipeline_wake(pipeline);
    }
    pthread_mutex_unlock(&pipeline->rebuilding);
    free(erasure.entries.id);
    return ok;
}
