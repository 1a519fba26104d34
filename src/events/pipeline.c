/* events/pipeline.c -- see pipeline.h.
 *
 * A group is everything that waits when the writer comes round, and what comes while it writes that into the open
 * transaction, up to GROUP_BYTES: the dearest step, the sync, is shared by as many as can be. Four steps:
 *
 *   plan    each item's key is looked up among the seen and put there: an item whose key was there is a repeat
 *   store   one transaction: raw rows (of deliveries with something new), rejects, how far imports have come
 *   apply   items become facts, in the order of the raw log
 *   answer  `done` for each delivery
 *
 * Invariants
 *   P1  `done` with stored = true runs after the commit returned, and the facts hold the items then
 *   P2  if the commit fails, the seen keys are as they were before the plan, and the facts are untouched
 *   P3  applying is a function of the raw log in id order, contracts first: rebuilding gives the same facts
 *   P4  once a commit fails for another reason than a full disk, nothing more is accepted: what the kernel has
 *       dropped after a failed fsync cannot be known
 *
 * Locks, in this order: `rebuilding`; `work` is held for a whole group, a rebuild, a change of rules, the begin and end
 * of a fold; the store's writer; `swap` for the pointer that readers take; `queue` for the queue alone.
 */
#include "events/pipeline_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "events/raw.h"
#include "events/rejects.h"

#define QUEUE_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define GROUP_BYTES ((size_t)16 * 1024 * 1024)

/* ---- plan ---- */

/* Within one file a contract may stand twice: its second row is compared with the first, not with the table. */
static void plan_contracts(struct pipeline *pipeline, struct delivery *delivery)
{
    struct dict *docs = dict_new();
    uint32_t *last = mem_new((size_t)delivery->decoded.n * sizeof *last);

    for (uint32_t i = 0; i < delivery->decoded.n; i++) {
        struct staged *item = &delivery->decoded.items[i];
        uint32_t before = dict_count(docs), doc = dict_add(docs, item->doc_id);
        if (doc == before) {
            item->repeat = derived_is_repeat(pipeline->derived, &delivery->raw, item);
        } else {
            const struct staged *other = &delivery->decoded.items[last[doc]];
            item->repeat = other->cost_minor == item->cost_minor && other->contract_day == item->contract_day &&
                           str_eq(other->alias[0].value, item->alias[0].value);
        }
        last[doc] = i;
    }
    free(last);
    dict_free(docs);
}

static void plan(struct pipeline *pipeline, struct delivery *delivery)
{
    if (delivery->raw.kind == RAW_CRM_CONTRACTS) {
        plan_contracts(pipeline, delivery);
    } else {
        for (uint32_t i = 0; i < delivery->decoded.n; i++)
            delivery->decoded.items[i].repeat =
                derived_is_repeat(pipeline->derived, &delivery->raw, &delivery->decoded.items[i]);
    }
    for (uint32_t i = 0; i < delivery->decoded.n; i++) {
        const struct staged *item = &delivery->decoded.items[i];
        delivery->repeated += item->repeat;
        delivery->kept += !item->repeat;
        delivery->uncounted += !item->repeat && item->type == STAGED_CONTRACT && item->cost_minor <= 0;
    }
    delivery->rejected = delivery->decoded.n_rejects;
}

/* P2 */
static void take_back_plan(struct pipeline *pipeline, struct delivery *delivery)
{
    for (uint32_t i = 0; i < delivery->decoded.n; i++)
        if (!delivery->decoded.items[i].repeat)
            derived_forget(pipeline->derived, &delivery->raw, &delivery->decoded.items[i]);
    delivery->kept = delivery->repeated = delivery->rejected = delivery->uncounted = 0;
}

/* ---- the queue ---- */

/* Everything that waits, up to GROUP_BYTES; NULL when nothing does. With `queue` held. */
static struct delivery *unqueue(struct pipeline *pipeline)
{
    struct delivery *group = NULL, **end = &group;
    size_t bytes = 0;

    while (pipeline->head && bytes < GROUP_BYTES) {
        struct delivery *d = pipeline->head;
        pipeline->head = d->next;
        d->next = NULL;
        *end = d;
        end = &d->next;
        bytes += d->raw.body.n;
        pipeline->queued--;
    }
    if (!pipeline->head) pipeline->tail = &pipeline->head;
    pipeline->queue_bytes -= bytes;
    return group;
}

static struct delivery *take_waiting(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->queue);
    struct delivery *some = unqueue(pipeline);
    pthread_mutex_unlock(&pipeline->queue);
    return some;
}

/* ---- store ---- */

static bool store_rejects(struct db *db, const struct delivery *delivery, struct err *err)
{
    for (uint32_t i = 0; i < delivery->decoded.n_rejects; i++) {
        const struct staged_reject *bad = &delivery->decoded.rejects[i];
        struct reject row = {
            .source_id = delivery->raw.source_id,
            .kind = bad->kind,
            .import_id = delivery->raw.import_id,
            .line = bad->line,
            .reason = str_of(bad->reason),
            .header = delivery->csv_header,
            .body = bad->body,
            .at_ms = delivery->raw.received_ms,
        };
        if (!rejects_put(db, &row, NULL, err)) return false;
    }
    return true;
}

static bool store_step(struct db *db, const struct delivery *delivery, struct err *err)
{
    const struct import_step *step = delivery->step;

    if (!step) return true;
    return db_run(db,
                  "UPDATE import SET bytes_done = $1, lines_done = $2, kept = kept + $3, repeated = repeated + $4, "
                  "rejected = rejected + $5, uncounted = uncounted + $6 WHERE id = $7",
                  DB_ARGS(DB_I64(step->bytes_done), DB_I64(step->lines_done), DB_I64(delivery->kept),
                          DB_I64(delivery->repeated), DB_I64(delivery->rejected), DB_I64(delivery->uncounted),
                          DB_I64(step->import_id)),
                  err);
}

/* A delivery of nothing but repeats needs no row, unless it is of a file: when the import that was first is taken
 * back, this one still says that its rows are there. */
static bool has_row(const struct delivery *delivery)
{
    return delivery->kept || (delivery->raw.import_id && delivery->decoded.n);
}

/* Plan and write some deliveries into the open transaction. Those with something new get the raw ids *id + 1, ... */
static bool store_some(struct pipeline *pipeline, struct db *db, struct delivery *some, int64_t *id, struct err *err)
{
    for (struct delivery *d = some; d; d = d->next) plan(pipeline, d);
    for (struct delivery *d = some; d; d = d->next) {
        if (has_row(d) && !raw_append(db, ++*id, &d->raw, err)) return false;
        if (!store_rejects(db, d, err) || !store_step(db, d, err)) return false;
    }
    return true;
}

/* `group` grows by what comes while it is written. All of it is planned when this returns, stored or not. */
static bool store_group(struct pipeline *pipeline, struct db *db, struct delivery *group, struct err *err)
{
    int64_t id = atomic_load(&pipeline->last_raw_id);
    size_t bytes = 0;

    if (!db_begin(db, err)) {
        for (struct delivery *d = group; d; d = d->next) plan(pipeline, d);
        return false;
    }
    for (struct delivery *some = group, *last = NULL; some;) {
        if (!store_some(pipeline, db, some, &id, err)) {
            db_rollback(db);
            return false;
        }
        for (last = some; last->next; last = last->next) bytes += last->raw.body.n;
        bytes += last->raw.body.n;
        some = bytes < GROUP_BYTES ? take_waiting(pipeline) : NULL;
        last->next = some;
    }
    return db_commit(db, err);
}

/* ---- apply ---- */

static void apply_group(struct pipeline *pipeline, struct delivery *group)
{
    struct derived *derived = pipeline->derived;

    facts_write_begin(derived->facts);
    for (struct delivery *d = group; d; d = d->next) {
        atomic_fetch_add(&pipeline->repeated, d->repeated);
        if (!has_row(d)) continue;
        int64_t id = atomic_fetch_add(&pipeline->last_raw_id, 1) + 1;
        for (uint32_t i = 0; i < d->decoded.n; i++)
            if (!d->decoded.items[i].repeat) derived_apply(derived, id, &d->raw, &d->decoded.items[i]);
    }
    facts_write_end(derived->facts);
}

/* ---- the writer ---- */

static bool any_file_goes_on(const struct delivery *group)
{
    for (const struct delivery *d = group; d; d = d->next)
        if (d->more) return true;
    return false;
}

static bool write_group(struct pipeline *pipeline, struct delivery *group, struct err *err)
{
    struct err why;

    pthread_mutex_lock(&pipeline->work);
    struct db *db = store_writer_take(pipeline->store);
    bool ok = store_group(pipeline, db, group, err);
    if (ok) {
        apply_group(pipeline, group);
        for (struct delivery *d = group; d; d = d->next)
            if (!d->raw.import_id)
                live_show(pipeline->live, pipeline->rules, &pipeline->derived->foreign, &d->raw, &d->decoded);
        if (pipeline->derived->stale && !any_file_goes_on(group) && !pipeline_rebuild(pipeline, db, &why))
            log_line(LOG_ERROR, "rebuild.failed", "reason=\"%s\"", why.text);
    } else {
        for (struct delivery *d = group; d; d = d->next) take_back_plan(pipeline, d);
        if (err->code != ERR_BUSY) atomic_store(&pipeline->failed, true); /* P4 */
        log_line(LOG_ERROR, "raw.failed", "reason=\"%s\"", err->text);
    }
    store_writer_give(pipeline->store);
    pthread_mutex_unlock(&pipeline->work);
    return ok;
}

static void answer(struct delivery *group, bool stored, const struct err *err)
{
    while (group) {
        struct delivery *next = group->next; /* `done` may free its delivery */
        group->stored = stored;
        if (!stored) {
            group->err = *err;
            if (err->code != ERR_BUSY)
                (void)err_set(&group->err, ERR_BUSY, "the log could not be written; the operator has to look at it");
        }
        group->done(group);
        group = next;
    }
}

/* Wait for deliveries and take them off the queue, or for a fold to end, or for a quiet second (`quiet`). False when
 * stopping and nothing is left. */
static bool wait_for_work(struct pipeline *pipeline, struct delivery **group, bool *quiet)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    *quiet = false;
    pthread_mutex_lock(&pipeline->queue);
    while (!pipeline->head && !pipeline->stopping && !*quiet && !folding_finished(pipeline->folding) &&
           !(atomic_load(&pipeline->fold_wanted) && !folding_runs(pipeline->folding)))
        *quiet = pthread_cond_timedwait(&pipeline->filled, &pipeline->queue, &until) == ETIMEDOUT;
    *group = unqueue(pipeline);
    bool go_on = *group || !pipeline->stopping;
    pthread_mutex_unlock(&pipeline->queue);
    return go_on;
}

/* End the fold that has been written; begin one that is due. */
static void fold(struct pipeline *pipeline, enum folding_when when)
{
    pthread_mutex_lock(&pipeline->work);
    if (folding_finished(pipeline->folding)) folding_end(pipeline->folding);
    bool wanted = !folding_runs(pipeline->folding) && atomic_exchange(&pipeline->fold_wanted, false);
    if (wanted || folding_due(pipeline->folding, pipeline->derived, when)) {
        struct db *db = store_writer_take(pipeline->store);
        folding_begin(pipeline->folding, pipeline->derived, db, atomic_load(&pipeline->last_raw_id));
        store_writer_give(pipeline->store);
    }
    pthread_mutex_unlock(&pipeline->work);
}

void pipeline_wake(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->queue);
    pthread_cond_signal(&pipeline->filled);
    pthread_mutex_unlock(&pipeline->queue);
}

static void wake_writer(void *context)
{
    pipeline_wake(context);
}

static void *writer_main(void *context)
{
    struct pipeline *pipeline = context;
    struct delivery *group;
    bool quiet;

    while (wait_for_work(pipeline, &group, &quiet)) {
        if (group) {
            struct err err = {0};
            bool failed = atomic_load(&pipeline->failed);
            if (failed) (void)err_set(&err, ERR_INTERNAL, "an earlier write failed");
            bool stored = !failed && write_group(pipeline, group, &err);
            answer(group, stored, &err);
        }
        fold(pipeline, quiet ? FOLDING_QUIET : FOLDING_BUSY);
    }
    return NULL;
}

bool pipeline_submit(struct pipeline *pipeline, struct delivery *delivery, struct err *err)
{
    bool taken = false;

    if (atomic_load(&pipeline->failed))
        return err_set(err, ERR_BUSY, "the log could not be written; the operator has to look at it");
    pthread_mutex_lock(&pipeline->queue);
    if (pipeline->stopping) {
        err_set(err, ERR_BUSY, "the server is stopping");
    } else if (pipeline->queue_bytes + delivery->raw.body.n > QUEUE_BYTES_MAX) {
        err_set(err, ERR_BUSY, "too much is waiting to be written; send it again in a moment");
    } else {
        delivery->next = NULL;
        *pipeline->tail = delivery;
        pipeline->tail = &delivery->next;
        pipeline->queue_bytes += delivery->raw.body.n;
        pipeline->queued++;
        taken = true;
        pthread_cond_signal(&pipeline->filled);
    }
    pthread_mutex_unlock(&pipeline->queue);
    return taken;
}

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
};

static void wake(struct delivery *delivery)
{
    struct waiter *waiter = delivery->context;

    pthread_mutex_lock(&waiter->mutex);
    waiter->done = true;
    pthread_cond_signal(&waiter->answered);
    pthread_mutex_unlock(&waiter->mutex);
}

bool pipeline_submit_wait(struct pipeline *pipeline, struct delivery *delivery, struct err *err)
{
    struct waiter waiter = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};

    delivery->done = wake;
    delivery->context = &waiter;
    if (!pipeline_submit(pipeline, delivery, err)) return false;
    pthread_mutex_lock(&waiter.mutex);
    while (!waiter.done) pthread_cond_wait(&waiter.answered, &waiter.mutex);
    pthread_mutex_unlock(&waiter.mutex);
    if (!delivery->stored) *err = delivery->err;
    return delivery->stored;
}

/* ---- readers ---- */

const struct snapshot *pipeline_snapshot(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->swap);
    const struct snapshot *snapshot = facts_snapshot(pipeline->derived->facts);
    pthread_mutex_unlock(&pipeline->swap);
    return snapshot;
}

struct contracts *pipeline_contracts(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->swap);
    struct contracts *contracts = contracts_hold(pipeline->derived->contracts);
    pthread_mutex_unlock(&pipeline->swap);
    return contracts;
}

struct live *pipeline_live(struct pipeline *pipeline)
{
    return pipeline->live;
}

void pipeline_state(struct pipeline *pipeline, struct pipeline_state *out)
{
    *out = (struct pipeline_state){.raw_rows = atomic_load(&pipeline->last_raw_id),
                                   .repeated = atomic_load(&pipeline->repeated)};
    pthread_mutex_lock(&pipeline->queue);
    out->accepting = !pipeline->stopping && !atomic_load(&pipeline->failed);
    out->queued = pipeline->queued;
    pthread_mutex_unlock(&pipeline->queue);
    pthread_mutex_lock(&pipeline->swap);
    out->amounts_unpriced = foreign_unpriced(&pipeline->derived->foreign);
    pthread_mutex_unlock(&pipeline->swap);
}

size_t pipeline_unpriced(struct pipeline *pipeline, struct unpriced out[UNPRICED_MAX])
{
    pthread_mutex_lock(&pipeline->swap);
    size_t n = foreign_unpriced_in(&pipeline->derived->foreign, out);
    pthread_mutex_unlock(&pipeline->swap);
    return n;
}

void pipeline_source_stats(struct pipeline *pipeline, int64_t source_id, uint64_t *events, int64_t *last_ms)
{
    *events = 0;
    *last_ms = TIME_NONE;
    if (source_id < 0 || source_id > SOURCES_MAX) return;
    pthread_mutex_lock(&pipeline->swap);
    struct source_stats *stats = &pipeline->derived->stats[source_id];
    *events = atomic_load(&stats->events);
    *last_ms = atomic_load(&stats->last_ms);
    pthread_mutex_unlock(&pipeline->swap);
}

/* ---- open and close ---- */

struct pipeline *pipeline_open(struct store *store, const struct settings *settings, struct err *err)
{
    struct pipeline *pipeline = mem_new(sizeof *pipeline);
    int64_t last_id = 0;

    pipeline->store = store;
    pipeline->tail = &pipeline->head;
    pthread_mutex_init(&pipeline->queue, NULL);
    pthread_cond_init(&pipeline->filled, NULL);
    pthread_mutex_init(&pipeline->rebuilding, NULL);
    pthread_mutex_init(&pipeline->work, NULL);
    pthread_mutex_init(&pipeline->swap, NULL);
    pipeline->live = live_new();
    struct db *db = store_writer_take(store);
    pipeline->rules = rules_load(db, err);
    pipeline->reading = (struct reading){pipeline->rules, settings->currency, settings->timezone};
    bool ok = pipeline->rules && raw_last_id(db, &last_id, err);
    if (ok) pipeline->folding = folding_new(store_folder(store), settings->currency, wake_writer, pipeline, err);
    if (pipeline->folding)
        pipeline->derived = derived_open(db, folding_path(pipeline->folding), &pipeline->reading, err);
    store_writer_give(store);
    atomic_store(&pipeline->last_raw_id, last_id);
    if (pipeline->derived) {
        CHECK(pthread_create(&pipeline->thread, NULL, writer_main, pipeline) == 0);
        pipeline->thread_runs = true;
        return pipeline;
    }
    pipeline_close(pipeline);
    return NULL;
}

void pipeline_close(struct pipeline *pipeline)
{
    if (!pipeline) return;
    if (pipeline->thread_runs) {
        pthread_mutex_lock(&pipeline->queue);
        pipeline->stopping = true;
        pthread_cond_signal(&pipeline->filled);
        pthread_mutex_unlock(&pipeline->queue);
        pthread_join(pipeline->thread, NULL);
        folding_end(pipeline->folding);
        fold(pipeline, FOLDING_AT_END);
        folding_end(pipeline->folding);
    }
    folding_free(pipeline->folding);
    derived_free(pipeline->derived);
    rules_free(pipeline->rules);
    live_free(pipeline->live);
    pthread_mutex_destroy(&pipeline->queue);
    pthread_cond_destroy(&pipeline->filled);
    pthread_mutex_destroy(&pipeline->rebuilding);
    pthread_mutex_destroy(&pipeline->work);
    pthread_mutex_destroy(&pipeline->swap);
    free(pipeline);
}
