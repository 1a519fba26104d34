/* ads/ad_import_scan.c -- a file is read whole before anything of it is written.
 *
 * So a file that is refused leaves nothing behind; rows of one key stand together and are written at once; and what is
 * written, and in which order, depends on the file alone: a program that was killed reads the file again, and goes on
 * at the row at which it stopped. Campaigns stand by day: so the indexes on it grow at few places, a chunk touches few
 * pages of them, and the sums of a day read its campaigns one after the other.
 *
 * A campaign's id that comes again with other content becomes ID-2, ID-3 … in the order of the file, past those that
 * the file has itself; the same content again is left out and counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ads/ad_import_int.h"
#include "base/csv.h"
#include "base/dict.h"

#define FIRST_ROWS 1000
#define BAD_PARTS 5 /* a file with more than one bad line in so many is refused */
#define REJECTS_AT_ONCE 500
#define KEYS_CEILING ((size_t)512 * 1024 * 1024)

/* The order of the rows is made of hashes, and must be the same in the next process. */
static const struct hash_key SAME_KEY = {{0}};

struct rejects {
    struct ad_reject row[REJECTS_AT_ONCE];
    size_t n;
    struct arena arena;
};

static bool store_rejects(struct ad_imports *imports, int64_t id, const struct rejects *rejects, struct err *err)
{
    struct db *db = store_writer_take(imports->store);
    bool ok = db_begin(db, err);

    for (size_t i = 0; ok && i < rejects->n; i++) {
        const struct ad_reject *one = &rejects->row[i];
        ok = db_run(
            db,
            "INSERT INTO ad_import_reject (import_id, line, column_name, reason, body) "
            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (import_id, line) DO NOTHING",
            DB_ARGS(DB_I64(id), DB_I64(one->line), DB_TEXT(one->column), DB_TEXT(one->reason), DB_BYTES(one->body)),
            err);
        if (!ok) db_rollback(db);
    }
    ok = ok && db_commit(db, err);
    store_writer_give(imports->store);
    return ok;
}

/* A full disk is waited out. */
static bool flush_rejects(struct ad_imports *imports, const struct worker *worker, int64_t id, struct rejects *rejects,
                          struct err *err)
{
    while (rejects->n && !store_rejects(imports, id, rejects, err)) {
        if (err->code != ERR_BUSY || worker_stopping(worker)) return false;
        worker_pause(worker, RETRY_MS);
    }
    rejects->n = 0;
    arena_reset(&rejects->arena);
    return true;
}

static Str without_end(Str record)
{
    while (record.n && (record.p[record.n - 1] == '\n' || record.p[record.n - 1] == '\r')) record.n--;
    return record;
}

static bool add_reject(struct ad_imports *imports, const struct worker *worker, int64_t id, struct rejects *rejects,
                       int64_t line, const struct row_fault *fault, Str record, struct err *err)
{
    record = without_end(record);
    if (record.n > AD_REJECT_BODY_MAX) record.n = AD_REJECT_BODY_MAX;
    rejects->row[rejects->n++] =
        (struct ad_reject){line, str_of(fault->column), arena_copy(&rejects->arena, str_of(fault->reason)), record};
    return rejects->n < REJECTS_AT_ONCE || flush_rejects(imports, worker, id, rejects, err);
}

static bool too_many_bad(const struct row_scan *scan, const char *of, struct err *err)
{
    if (scan->rejected * BAD_PARTS <= scan->rows) return true;
    return err_set(err, ERR_INVALID, "%lld of %s%lld lines cannot be read, which is more than 20 %%; nothing was taken",
                   (long long)scan->rejected, of, (long long)scan->rows);
}

/* A key that lives as long as the scan: a slice of the file, or a copy of what was unquoted. */
static Str keep(struct row_scan *scan, const struct ad_file *file, Str key)
{
    uintptr_t p = (uintptr_t)key.p, start = (uintptr_t)file->text.p;
    bool inside = p >= start && p < start + file->text.n;
    return inside || key.n == 0 ? key : arena_copy(&scan->keys, key);
}

/* What with source, account, day and campaign makes the key of a row of days. */
static struct hash128 key_of_day(const struct ad_row *row)
{
    const Str parts[] = {row->ad_set_id.n ? row->ad_set_id : row->ad_set_name, row->ad_id.n ? row->ad_id : row->ad_name,
                         row->placement, row->country};
    struct hash128 out = {0};

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct hash128 one = hash_with(&SAME_KEY, i + 2, parts[i]);
        out.a += one.a * (2 * i + 1);
        out.b ^= one.b;
    }
    return out;
}

static struct row_ref ref_of(struct row_scan *scan, const struct ad_file *file, const struct table_row *row, Str record,
                             int64_t line)
{
    struct row_ref ref = {.at = (size_t)(record.p - file->text.p), .n = (uint32_t)record.n, .line = line};

    if (file->plan.campaigns) {
        ref.key = keep(scan, file, row->campaign.campaign_id);
        ref.day = row->campaign.day == AD_NOT_SAID ? INT32_MIN : (int32_t)row->campaign.day;
        return ref;
    }
    char name[2 * AD_ID_MAX + 2];
    int n = snprintf(name, sizeof name, "%.*s/%.*s", STR_ARG(row->source), STR_ARG(row->account));
    ref.group = dict_add(scan->groups, (Str){name, (size_t)n});
    ref.day = row->day.day;
    ref.key = keep(scan, file, row->day.campaign_id.n ? row->day.campaign_id : row->day.campaign_name);
    ref.content = key_of_day(&row->day);
    memcpy(ref.currency, row->day.currency.p, row->day.currency.n < CELL_CURRENCY_MAX ? row->day.currency.n : 0);
    return ref;
}

static void push(struct row_scan *scan, const struct row_ref *ref)
{
    if (scan->n == scan->cap) {
        scan->cap = scan->cap ? 2 * scan->cap : 4096;
        scan->row = mem_grow(scan->row, sizeof *scan->row, scan->cap);
    }
    scan->row[scan->n++] = *ref;
}

static bool read_rows(struct ad_imports *imports, const struct worker *worker, int64_t id, const struct ad_file *file,
                      struct row_scan *scan, struct rejects *rejects, struct err *err)
{
    Str rest = str_from(file->text, file->table.data_at), record;
    int64_t line = file->table.data_line, at_line;
    struct arena arena;
    bool ok = true;

    arena_init(&arena, 4 * TABLE_LINE_MAX + (size_t)64 * 1024);
    while (ok && table_next(&file->table, &rest, &line, &record, &at_line)) {
        struct table_row row;
        struct row_fault fault;
        if (++scan->rows > TABLE_LINES_MAX)
            ok = err_set(err, ERR_LIMIT, "the file has more than %d lines; split it", TABLE_LINES_MAX);
        if (ok && table_row_read(&file->plan, record, &arena, &row, &fault)) {
            struct row_ref ref = ref_of(scan, file, &row, record, at_line);
            push(scan, &ref);
        } else if (ok) {
            scan->rejected++;
            ok = add_reject(imports, worker, id, rejects, at_line, &fault, record, err);
        }
        if (ok && scan->rows == FIRST_ROWS) ok = too_many_bad(scan, "the first ", err);
        if (ok && scan->rows % 4096 == 0 && worker_stopping(worker)) ok = err_set(err, ERR_BUSY, "the program ends");
        arena_reset(&arena);
    }
    arena_free(&arena);
    return ok && too_many_bad(scan, "", err);
}

/* ---- order ---- */

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_key(const void *a, const void *b)
{
    const struct row_ref *x = a, *y = b;
    int order = str_compare(x->key, y->key);

    return order ? order : compare_numbers((int64_t)x->at, (int64_t)y->at);
}

static int by_content(const void *a, const void *b)
{
    const struct row_ref *x = a, *y = b;
    int order = (x->content.a > y->content.a) - (x->content.a < y->content.a);

    if (!order) order = (x->content.b > y->content.b) - (x->content.b < y->content.b);
    return order ? order : compare_numbers((int64_t)x->at, (int64_t)y->at);
}

static int by_key_of_day(const void *a, const void *b)
{
    const struct row_ref *x = a, *y = b;
    int order = compare_numbers(x->group, y->group);

    if (!order) order = compare_numbers(x->day, y->day);
    if (!order) order = str_compare(x->key, y->key);
    return order ? order : by_content(a, b);
}

static int by_day(const void *a, const void *b)
{
    return compare_numbers(*(const int32_t *)a, *(const int32_t *)b);
}

/* The campaigns' days, each once. */
static void take_days(struct row_scan *scan)
{
    scan->day = mem_grow(NULL, sizeof *scan->day, scan->n ? scan->n : 1);
    for (size_t i = 0; i < scan->n; i++) scan->day[i] = scan->row[i].day;
    qsort(scan->day, scan->n, sizeof *scan->day, by_day);
    for (size_t i = 0; i < scan->n; i++)
        if (scan->n_days == 0 || scan->day[scan->n_days - 1] != scan->day[i]) scan->day[scan->n_days++] = scan->day[i];
}

/* Campaigns in order of their ids, by day: those of a day stay in that order. */
static void order_by_day(struct row_scan *scan)
{
    struct row_ref *sorted = mem_grow(NULL, sizeof *sorted, scan->n + 1);
    size_t *next = mem_new((scan->n_days + 1) * sizeof *next); /* where the next row of a day comes */

    for (int place = 0; place < 2; place++) {
        for (size_t i = 0; i < scan->n; i++) {
            const int32_t *day = bsearch(&scan->row[i].day, scan->day, scan->n_days, sizeof *scan->day, by_day);
            size_t at = (size_t)(day - scan->day);
            if (place) {
                sorted[next[at]++] = scan->row[i];
            } else {
                next[at + 1]++;
            }
        }
        for (size_t i = 1; !place && i <= scan->n_days; i++) next[i] += next[i - 1];
    }
    free(next);
    free(scan->row);
    scan->row = sorted;
    scan->cap = scan->n + 1;
}

static bool has_key(const struct row_scan *scan, size_t n, Str key)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(scan->row[middle].key, key);
        if (order == 0) return true;
        if (order < 0) low = middle + 1;
        if (order > 0) high = middle;
    }
    return false;
}

/* Mark what comes again in rows first .. end, which have one id: with `again`, UINT32_MAX for what is to be left out.
 */
static void name_again(struct row_scan *scan, Str text, size_t first, size_t end)
{
    struct row_ref *group = scan->row + first;
    size_t n = end - first;
    uint32_t next = 1;

    for (size_t i = 0; i < n; i++)
        group[i].content = hash_with(&SAME_KEY, 1, without_end((Str){text.p + group[i].at, group[i].n}));
    qsort(group, n, sizeof *group, by_content);
    for (size_t i = n; i-- > 1;)
        if (group[i].content.a == group[i - 1].content.a && group[i].content.b == group[i - 1].content.b)
            group[i].again = UINT32_MAX;
    qsort(group, n, sizeof *group, by_key);
    for (size_t i = 0; i < n; i++) {
        char name[AD_ID_MAX + 16];
        if (group[i].again) continue;
        if (next > 1) group[i].again = next;
        for (bool taken = true; taken;) {
            int length = snprintf(name, sizeof name, "%.*s-%u", STR_ARG(group[i].key), ++next);
            taken = has_key(scan, scan->n, (Str){name, (size_t)length});
        }
    }
}

static void settle_campaigns(struct row_scan *scan, Str text)
{
    size_t kept = 0;
    bool in_order = true; /* as files mostly are */

    take_days(scan);
    for (size_t i = 1; in_order && i < scan->n; i++) in_order = by_key(&scan->row[i - 1], &scan->row[i]) < 0;
    if (!in_order) qsort(scan->row, scan->n, sizeof *scan->row, by_key);
    for (size_t i = 0, end; i < scan->n; i = end) {
        for (end = i + 1; end < scan->n && str_eq(scan->row[end].key, scan->row[i].key);) end++;
        if (end > i + 1) name_again(scan, text, i, end);
    }
    for (size_t i = 0; i < scan->n; i++)
        if (scan->row[i].again != UINT32_MAX) scan->row[kept++] = scan->row[i];
    scan->repeated = (int64_t)(scan->n - kept);
    scan->n = kept;
    order_by_day(scan);
}

bool ad_same_key(const struct row_ref *a, const struct row_ref *b)
{
    return a->group == b->group && a->day == b->day && a->content.a == b->content.a && a->content.b == b->content.b &&
           str_eq(a->key, b->key);
}

/* Rows of one key are added up, so they must be in one currency: that of the first. */
static bool settle_days(struct ad_imports *imports, const struct worker *worker, int64_t id, const struct ad_file *file,
                        struct row_scan *scan, struct rejects *rejects, struct err *err)
{
    static const struct row_fault FAULT = {"currency", "another row of the same day and ad is in another currency"};
    size_t kept = 0;

    qsort(scan->row, scan->n, sizeof *scan->row, by_key_of_day);
    for (size_t i = 0; i < scan->n; i++) {
        const struct row_ref *row = &scan->row[i];
        bool differs = kept && ad_same_key(&scan->row[kept - 1], row) &&
                       memcmp(scan->row[kept - 1].currency, row->currency, CELL_CURRENCY_MAX) != 0;
        if (!differs) {
            scan->row[kept++] = *row;
            continue;
        }
        scan->rejected++;
        if (!add_reject(imports, worker, id, rejects, row->line, &FAULT, (Str){file->text.p + row->at, row->n}, err))
            return false;
    }
    scan->n = kept;
    return too_many_bad(scan, "", err);
}

bool ad_scan(struct ad_imports *imports, const struct worker *worker, int64_t id, const struct ad_file *file,
             struct row_scan *out, struct err *err)
{
    struct rejects *rejects = mem_new(sizeof *rejects);

    *out = (struct row_scan){.groups = dict_new()};
    arena_init(&out->keys, KEYS_CEILING);
    arena_init(&rejects->arena, (size_t)REJECTS_AT_ONCE * 512);
    bool ok = read_rows(imports, worker, id, file, out, rejects, err);
    if (ok && file->plan.campaigns) {
        settle_campaigns(out, file->text);
    } else if (ok) {
        ok = settle_days(imports, worker, id, file, out, rejects, err);
    }
    bool refused = !ok && err->code == ERR_INVALID;
    struct err why = {0};
    if ((ok || refused) && !flush_rejects(imports, worker, id, rejects, refused ? &why : err)) ok = false;
    arena_free(&rejects->arena);
    free(rejects);
    return ok;
}

void ad_scan_free(struct row_scan *scan)
{
    free(scan->row);
    free(scan->day);
    dict_free(scan->groups);
    arena_free(&scan->keys);
}
