/* ads/ad_import_write.c -- rows into the store, chunk by chunk, each with the place reached in its own transaction.
 *
 * A chunk is as large as keeps the writer for about HOLD_US: events go on beside it. What comes out does not depend on
 * where chunks end: rows of one key are together in one.
 */
#include <stdlib.h>
#include <string.h>

#include "ads/ad_import_int.h"
#include "ads/campaign_sums.h"
#include "ads/channels.h"
#include "base/dict.h"
#include "base/time.h"

#define ROWS_MIN 50
#define ROWS_FIRST 1000
#define ROWS_MAX 20000
#define CHUNK_BYTES ((size_t)4 * 1024 * 1024)
#define DAYS_MAX 64

size_t ad_pace(size_t n, int64_t took_us, size_t max)
{
    size_t next = took_us > HOLD_US ? n * HOLD_US / (size_t)took_us : 2 * n;

    if (took_us <= HOLD_US && took_us > HOLD_US / 2) next = n;
    if (next > max) next = max;
    return next ? next : 1;
}

/* ---- the rows of a chunk ----
 * They are read before the writer is taken. Not by helpers meanwhile: those run at a low priority, and on a busy
 * machine this would wait for them. */

struct batch {
    const struct ad_file *file;
    const struct row_scan *scan;
    size_t at, end, cap; /* rows [at, end) of the scan */
    struct table_row *row;
    struct arena arena; /* their texts */
};

static bool read_batch(struct batch *batch, struct err *err)
{
    arena_reset(&batch->arena);
    if (batch->end - batch->at > batch->cap) {
        batch->cap = batch->end - batch->at;
        batch->row = mem_grow(batch->row, sizeof *batch->row, batch->cap);
    }
    for (size_t i = batch->at; i < batch->end; i++) {
        const struct row_ref *ref = &batch->scan->row[i];
        struct table_row *row = &batch->row[i - batch->at];
        struct row_fault fault;
        Str record = {batch->file->text.p + ref->at, ref->n};
        if (!table_row_read(&batch->file->plan, record, &batch->arena, row, &fault))
            return err_set(err, ERR_INTERNAL, "a row reads otherwise the second time: %s", fault.reason);
        if (ref->again)
            row->campaign.campaign_id =
                arena_printf(&batch->arena, "%.*s-%u", STR_ARG(row->campaign.campaign_id), ref->again);
    }
    return true;
}

/* Rows from `at` on: about `n`, no more bytes than a chunk takes, and no key cut in two. */
static size_t batch_end(const struct row_scan *scan, size_t at, size_t n)
{
    size_t end = at, bytes = 0;

    while (end < scan->n && (end - at < n || ad_same_key(&scan->row[end - 1], &scan->row[end]))) {
        bytes += scan->row[end++].n;
        if (bytes > CHUNK_BYTES && end < scan->n && !ad_same_key(&scan->row[end - 1], &scan->row[end])) break;
    }
    return end;
}

/* ---- a chunk ---- */

struct chunk {
    struct db *db;
    const struct batch *batch;
    const struct ad_import *import;
    struct arena arena;
    int64_t inserted, replaced, repeated;
    int64_t now_ms;
    struct dict *matched; /* what was joined already */
};

/* ---- what joins them to events ---- */

/* The events' value of a dimension means this campaign, unless somebody has said otherwise. */
static bool put_match(struct chunk *chunk, const char *dim, Str value, Str campaign_id, struct err *err)
{
    Str key = arena_printf(&chunk->arena, "%s %.*s %.*s", dim, STR_ARG(value), STR_ARG(campaign_id));

    if (value.n == 0 || dict_find(chunk->matched, key) != DICT_NONE) return true;
    (void)dict_add(chunk->matched, key);
    return db_run(chunk->db,
                  "INSERT INTO campaign_match (dim, value, campaign_id, origin, changed_ms) "
                  "SELECT $1, $2, id, 'import', $4 FROM campaign WHERE campaign_id = $3 "
                  "ON CONFLICT (dim, value) DO UPDATE SET campaign_id = excluded.campaign_id, "
                  "changed_ms = excluded.changed_ms WHERE campaign_match.origin = 'import'",
                  DB_ARGS(DB_TEXT(str_of(dim)), DB_TEXT(value), DB_TEXT(campaign_id), DB_I64(chunk->now_ms)), err);
}

static bool put_matches(struct chunk *chunk, const struct table_row *row, Str campaign_id, struct err *err)
{
    return put_match(chunk, "campaign", row->utm_campaign, campaign_id, err) &&
           put_match(chunk, "content", row->utm_content, campaign_id, err) &&
           put_match(chunk, "campaign", row->start_param, campaign_id, err);
}

/* ---- campaigns ---- */

/* Channels are few: looked up once a chunk. */
static bool channel_of(struct chunk *chunk, struct dict *names, int64_t **ids, Str name, int64_t *id, struct err *err)
{
    uint32_t known = dict_count(names), at = dict_add(names, name);

    if (at == known) {
        *ids = mem_grow(*ids, sizeof **ids, (size_t)at + 1);
        if (!channel_of_name(chunk->db, name, &(*ids)[at], err)) return false;
    }
    CHECK(*ids != NULL);
    *id = (*ids)[at];
    return true;
}

static bool put_campaigns(struct chunk *chunk, struct err *err)
{
    const struct batch *batch = chunk->batch;
    struct dict *names = dict_new();
    int64_t *ids = NULL;
    bool ok = true;

    for (size_t i = 0; ok && i < batch->end - batch->at; i++) {
        const struct table_row *row = &batch->row[i];
        struct campaign_row campaign = row->campaign;
        enum put_result result = PUT_SAME;
        ok = channel_of(chunk, names, &ids, campaign.channel, &campaign.channel_id, err) &&
             campaign_row_put(chunk->db, &campaign, chunk->import->id, chunk->now_ms, &result, err) &&
             (!batch->file->plan.links || put_matches(chunk, row, campaign.campaign_id, err));
        chunk->inserted += result == PUT_INSERTED;
        chunk->replaced += result == PUT_REPLACED;
        chunk->repeated += result == PUT_SAME;
    }
    dict_free(names);
    free(ids);
    return ok;
}

/* ---- days ---- */

/* Rows [first, end) of the batch, which are of one source and account. */
static bool put_run(struct chunk *chunk, struct ad_row *rows, size_t first, size_t end, struct err *err)
{
    const struct batch *batch = chunk->batch;
    struct ad_source source = {.source = batch->row[first].source,
                               .account = batch->row[first].account,
                               .import_id = chunk->import->id,
                               .counts = table_plan_counts(&batch->file->plan)};
    struct ad_change change;

    for (size_t i = first; i < end; i++) rows[i - first] = batch->row[i].day;
    if (!ad_days_put(chunk->db, &source, rows, end - first, &chunk->arena, &change, err)) return false;
    chunk->inserted += change.inserted;
    chunk->replaced += change.replaced;
    chunk->repeated += change.repeated + change.same;
    return true;
}

/* When the campaigns are there. */
static bool link_days(struct chunk *chunk, struct err *err)
{
    const struct batch *batch = chunk->batch;

    for (size_t i = 0; batch->file->plan.links && i < batch->end - batch->at; i++) {
        const struct table_row *row = &batch->row[i];
        char made[AD_ID_MAX];
        Str own = ad_id_of(row->day.campaign_id, row->day.campaign_name, made);
        Str id =
            arena_printf(&chunk->arena, "%.*s:%.*s:%.*s", STR_ARG(row->source), STR_ARG(row->account), STR_ARG(own));
        if (!put_matches(chunk, row, id, err)) return false;
    }
    return true;
}

static bool put_days(struct chunk *chunk, struct err *err)
{
    const struct batch *batch = chunk->batch;
    const struct row_ref *ref = &batch->scan->row[batch->at];
    size_t n = batch->end - batch->at;
    struct ad_row *rows = ARENA_ARRAY(&chunk->arena, struct ad_row, n);

    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && ref[end].group == ref[i].group;) end++;
        if (!put_run(chunk, rows, i, end, err)) return false;
    }
    return link_days(chunk, err);
}

/* ---- all of them ---- */

static bool store_place(const struct chunk *chunk, struct err *err)
{
    size_t n = chunk->batch->scan->n, end = chunk->batch->end;
    int64_t bytes = (int64_t)((double)chunk->import->bytes_total * (double)end / (double)n);

    return db_run(chunk->db,
                  "UPDATE ad_import SET lines_done = $2, bytes_done = $3, inserted = inserted + $4, "
                  "replaced = replaced + $5, repeated = repeated + $6 WHERE id = $1",
                  DB_ARGS(DB_I64(chunk->import->id), DB_I64((int64_t)end), DB_I64(bytes), DB_I64(chunk->inserted),
                          DB_I64(chunk->replaced), DB_I64(chunk->repeated)),
                  err);
}

static bool write_chunk(struct chunk *chunk, struct err *err)
{
    bool ok = db_begin(chunk->db, err);

    if (!ok) return false;
    ok = (chunk->batch->file->plan.campaigns ? put_campaigns(chunk, err) : put_days(chunk, err)) &&
         store_place(chunk, err);
    if (!ok) db_rollback(chunk->db);
    return ok && db_commit(chunk->db, err);
}

/* *pace: how many rows the next one takes. */
static bool write_batch(struct ad_imports *imports, struct ad_import *import, const struct batch *batch, size_t *pace,
                        struct err *err)
{
    struct chunk chunk = {.batch = batch, .import = import, .now_ms = time_now_ms(), .matched = dict_new()};

    arena_init(&chunk.arena, (size_t)1024 * 1024 * 1024);
    chunk.db = store_writer_take(imports->store);
    int64_t start = time_monotonic_us();
    bool ok = write_chunk(&chunk, err);
    int64_t took = time_monotonic_us() - start;
    store_writer_give(imports->store);
    arena_free(&chunk.arena);
    dict_free(chunk.matched);
    if (!ok) return false;
    import->rows_done = (int64_t)batch->end;
    import->replaced += chunk.replaced;
    *pace = ad_pace(batch->end - batch->at, took, ROWS_MAX);
    if (*pace < ROWS_MIN) *pace = ROWS_MIN;
    return true;
}

static bool write_rows(struct ad_imports *imports, const struct worker *worker, struct ad_import *import,
                       const struct ad_file *file, const struct row_scan *scan, struct err *err)
{
    struct batch batch = {.file = file, .scan = scan};
    size_t pace = ROWS_FIRST;
    bool ok = true;

    arena_init(&batch.arena, (size_t)1024 * 1024 * 1024);
    while (ok && (size_t)import->rows_done < scan->n) {
        if (worker_stopping(worker)) {
            ok = err_set(err, ERR_BUSY, "the program ends");
            break;
        }
        batch.at = (size_t)import->rows_done;
        batch.end = batch_end(scan, batch.at, pace);
        ok = read_batch(&batch, err);
        if (!ok || write_batch(imports, import, &batch, &pace, err)) continue;
        ok = err->code == ERR_BUSY;
        if (ok) worker_pause(worker, RETRY_MS);
    }
    arena_free(&batch.arena);
    free(batch.row);
    return ok;
}

/* ---- sums of campaigns ---- */

static bool ad_sums_refresh(struct ad_imports *imports, const struct worker *worker, const int32_t *days, size_t n,
                            struct err *err)
{
    size_t pace = 4;

    for (size_t i = 0; i < n;) {
        size_t take = n - i < pace ? n - i : pace;
        if (worker_stopping(worker)) return err_set(err, ERR_BUSY, "the program ends");
        struct db *db = store_writer_take(imports->store);
        int64_t start = time_monotonic_us();
        bool ok = db_begin(db, err);
        if (ok && !campaign_sums_refresh(db, days + i, take, err)) {
            db_rollback(db);
            ok = false;
        }
        ok = ok && db_commit(db, err);
        int64_t took = time_monotonic_us() - start;
        store_writer_give(imports->store);
        if (ok) {
            i += take;
            pace = ad_pace(pace, took, DAYS_MAX);
        } else if (err->code == ERR_BUSY) {
            worker_pause(worker, RETRY_MS);
        } else {
            return false;
        }
    }
    return true;
}

/* Days that campaigns are of, or were: those which have sums. */
static bool all_days(struct ad_imports *imports, int32_t **days, size_t *n, struct err *err)
{
    struct db *db = store_reader_take(imports->store, err);
    size_t cap = 0;

    *days = NULL;
    *n = 0;
    if (!db) return false;
    struct db_rows rows = db_query(db,
                                   "SELECT DISTINCT coalesce(day, -2147483648) FROM campaign "
                                   "UNION SELECT DISTINCT day FROM campaign_sum ORDER BY 1",
                                   DB_NO_ARGS);
    while (db_next(&rows)) {
        if (*n == cap) {
            cap = cap ? 2 * cap : 512;
            *days = mem_grow(*days, sizeof **days, cap);
        }
        (*days)[(*n)++] = (int32_t)db_i64(&rows, 0);
    }
    bool ok = db_end(&rows, err);
    store_reader_give(imports->store, db);
    return ok;
}

bool ad_sums_refresh_all(struct ad_imports *imports, const struct worker *worker, struct err *err)
{
    int32_t *days;
    size_t n;
    bool ok = all_days(imports, &days, &n, err) && ad_sums_refresh(imports, worker, days, n, err);

    free(days);
    return ok;
}

/* A campaign that was replaced may have left another day, which only the sums still know. */
bool ad_write(struct ad_imports *imports, const struct worker *worker, struct ad_import *import,
              const struct ad_file *file, const struct row_scan *scan, struct err *err)
{
    if (!write_rows(imports, worker, import, file, scan, err)) return false;
    if (!file->plan.campaigns) return true;
    return import->replaced ? ad_sums_refresh_all(imports, worker, err)
                            : ad_sums_refresh(imports, worker, scan->day, scan->n_days, err);
}
