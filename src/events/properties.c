/* events/properties.c -- a queue of wanted columns and the thread that makes them.
 *
 * A column is three arrays in the order of the raw log, and over them a table that leads from a place in the log to
 * within a few entries of where it stands. The thread takes one ask after the other: it finds or makes the column,
 * reads the raw log from where the column ends, in portions so that no reader holds the database's log for long, and
 * hands the column out. The stop is looked for at each entry.
 *
 * Invariants
 *   Y1  `ref` ascends; each is of an entry up to `read_to`
 *   Y2  all columns together take at most `bytes_max`, but while one grows by a portion
 *   Y3  columns are of one epoch of the log: when something was taken out of it, all are dropped
 *
 * Locks: `mutex` guards the queue and the flags. Columns are the thread's alone.
 */
#include "events/properties.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "events/raw.h"

#define COLUMNS_MAX 256
#define ASKS_MAX 256
#define PORTION_IDS 4096
#define ENTRIES_EACH 8                  /* of the table: entries to look through */
#define DICT_BYTES ((size_t)384 * 1024) /* of a dictionary of the most and longest values */

struct kept_column {
    struct property_column column; /* first */
    struct property_path path;
    Str event; /* owned */
    int64_t read_to;
    uint64_t used;
};

struct properties {
    struct store *store;
    size_t bytes_max;
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    pthread_t thread;
    bool runs;
    _Atomic bool stopping;
    struct property_ask *head, **tail;
    uint32_t queued;
    /* the thread's own */
    struct kept_column *kept[COLUMNS_MAX];
    uint32_t n_kept;
    uint64_t clock;
    int64_t epoch;      /* of the raw log, that the columns were read from */
    struct arena arena; /* of one item */
};

/* ---- columns ---- */

static size_t bytes_of(const struct property_column *column)
{
    size_t each = sizeof *column->ref + sizeof *column->code + (column->number ? sizeof *column->number : 0);
    return sizeof(struct kept_column) + DICT_BYTES + column->room * each +
           (column->start ? (column->n_starts + 1) * sizeof *column->start : 0);
}

static void column_free(struct kept_column *kept)
{
    free(kept->column.ref);
    free(kept->column.code);
    free(kept->column.number);
    free(kept->column.start);
    dict_free(kept->column.values);
    free((void *)(uintptr_t)kept->event.p);
    free(kept);
}

static uint16_t code_of(struct property_column *column, Str text)
{
    uint32_t id = dict_find(column->values, text);

    if (id == DICT_NONE && dict_count(column->values) < PROPERTY_VALUES_MAX) id = dict_add(column->values, text);
    column->other = column->other || id == DICT_NONE;
    return (uint16_t)(id == DICT_NONE ? PROPERTY_CODE_OTHER : PROPERTY_CODE_FIRST + id);
}

static void column_grow(struct property_column *column)
{
    column->room = column->room ? column->room + column->room / 2 : 1024;
    column->ref = mem_grow(column->ref, sizeof *column->ref, column->room);
    column->code = mem_grow(column->code, sizeof *column->code, column->room);
    if (column->number) column->number = mem_grow(column->number, sizeof *column->number, column->room);
}

static void column_add(struct property_column *column, uint64_t ref, const struct property_value *value)
{
    bool number = value->type == PROPERTY_NUMBER;

    if (column->n == column->room) column_grow(column);
    if (number && !column->number) {
        column->number = mem_grow(NULL, sizeof *column->number, column->room);
        for (uint64_t i = 0; i < column->n; i++) column->number[i] = NAN;
    }
    column->ref[column->n] = ref;
    column->code[column->n] = code_of(column, value->text);
    if (column->number) column->number[column->n] = number ? value->number : NAN;
    column->n++;
}

/* The table anew. */
static void column_index(struct property_column *column)
{
    uint64_t n = column->n, reach, at = 0;

    free(column->start);
    column->start = NULL;
    if (n == 0) return;
    CHECK(n < UINT32_MAX); /* the ceiling in bytes comes long before */
    reach = column->ref[n - 1] - column->ref[0];
    for (column->shift = 0; (reach >> column->shift) > n / ENTRIES_EACH; column->shift++) {}
    column->n_starts = (reach >> column->shift) + 1;
    column->start = mem_new((column->n_starts + 1) * sizeof *column->start);
    for (uint64_t i = 0; i < column->n_starts; i++) {
        while (at < n && (column->ref[at] - column->ref[0]) >> column->shift < i) at++;
        column->start[i] = (uint32_t)at;
    }
    column->start[column->n_starts] = (uint32_t)n;
}

uint64_t property_at(const struct property_column *column, uint64_t ref)
{
    if (column->n == 0 || ref < column->ref[0] || ref > column->ref[column->n - 1]) return UINT64_MAX;
    uint64_t i = (ref - column->ref[0]) >> column->shift;
    uint64_t low = column->start[i], high = column->start[i + 1];

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (column->ref[middle] == ref) return middle;
        if (column->ref[middle] < ref) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return UINT64_MAX;
}

/* ---- keeping ---- */

static struct kept_column *find_kept(struct properties *properties, Str event, const struct property_path *path)
{
    for (uint32_t i = 0; i < properties->n_kept; i++)
        if (str_eq(properties->kept[i]->event, event) && strcmp(properties->kept[i]->path.shown, path->shown) == 0)
            return properties->kept[i];
    return NULL;
}

static void drop(struct properties *properties, uint32_t i)
{
    column_free(properties->kept[i]);
    properties->kept[i] = properties->kept[--properties->n_kept];
}

static void drop_all(struct properties *properties)
{
    while (properties->n_kept) drop(properties, 0);
}

static size_t bytes_of_all(const struct properties *properties)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < properties->n_kept; i++) bytes += bytes_of(&properties->kept[i]->column);
    return bytes;
}

/* Drop what was asked for the longest ago until the others fit, `kept` not among them. */
static bool make_room(struct properties *properties, const struct kept_column *kept, struct err *err)
{
    while (bytes_of_all(properties) > properties->bytes_max && properties->n_kept > 1) {
        uint32_t oldest = properties->kept[0] == kept ? 1 : 0;
        for (uint32_t i = 0; i < properties->n_kept; i++)
            if (properties->kept[i] != kept && properties->kept[i]->used < properties->kept[oldest]->used) oldest = i;
        drop(properties, oldest);
    }
    if (bytes_of_all(properties) <= properties->bytes_max) return true;
    return err_set(err, ERR_LIMIT, "%s stands in %llu events, more than the %zu MB for such columns hold",
                   kept->path.shown, (unsigned long long)kept->column.n, properties->bytes_max >> 20);
}

static struct kept_column *column_new(struct properties *properties, Str event, const struct property_path *path,
                                      struct err *err)
{
    struct kept_column *kept = mem_new(sizeof *kept);
    char *name = mem_new(event.n + 1);

    if (properties->n_kept == COLUMNS_MAX) {
        uint32_t oldest = 0;
        for (uint32_t i = 1; i < COLUMNS_MAX; i++)
            if (properties->kept[i]->used < properties->kept[oldest]->used) oldest = i;
        drop(properties, oldest);
    }
    if (event.n) memcpy(name, event.p, event.n);
    kept->event = (Str){name, event.n};
    kept->column.values = dict_new();
    CHECK(property_path_parse(str_of(path->shown), &kept->path, err)); /* its parts point into it */
    properties->kept[properties->n_kept++] = kept;
    return kept;
}

/* ---- reading the log ---- */

struct reading {
    struct properties *properties;
    struct kept_column *kept;
};

static bool read_entry(void *context, int64_t id, const struct raw_entry *entry, struct err *err)
{
    struct reading *reading = context;
    struct properties *properties = reading->properties;
    struct kept_column *kept = reading->kept;
    struct property_items items = property_items(entry);
    struct property_value value;

    if (atomic_load(&properties->stopping)) return err_set(err, ERR_BUSY, "the server is stopping");
    while (property_items_next(&items)) {
        arena_reset(&properties->arena);
        if (property_read(&items, kept->event, &kept->path, &properties->arena, &value) &&
            value.type != PROPERTY_ABSENT)
            column_add(&kept->column, RAW_REF(id, items.item), &value);
    }
    return true;
}

static bool bring_up_to_date(struct properties *properties, struct db *db, struct kept_column *kept, struct err *err)
{
    struct reading reading = {.properties = properties, .kept = kept};
    uint64_t n = kept->column.n;
    int64_t last = 0;
    bool ok = raw_last_id(db, &last, err);

    while (ok && kept->read_to < last) {
        int64_t upto = last - kept->read_to > PORTION_IDS ? kept->read_to + PORTION_IDS : last;
        ok = raw_walk(db, (struct raw_span){kept->read_to, upto}, RAW_EVERY, read_entry, &reading, err) &&
             make_room(properties, kept, err);
        if (ok) kept->read_to = upto;
    }
    if (ok && kept->column.n != n) column_index(&kept->column);
    return ok;
}

/* Y3 */
static bool check_epoch(struct properties *properties, struct db *db, struct err *err)
{
    struct raw_mark mark;

    if (!raw_mark_at(db, 0, &mark, err)) return false;
    if (mark.epoch != properties->epoch) drop_all(properties);
    properties->epoch = mark.epoch;
    return true;
}

static void serve(struct properties *properties, struct property_ask *ask)
{
    struct err err = {0};
    struct kept_column *kept = NULL;
    int64_t started_us = time_monotonic_us();
    struct db *db = store_reader_take(properties->store, &err);
    bool ok = db && check_epoch(properties, db, &err);

    if (ok) {
        kept = find_kept(properties, ask->event, ask->path);
        if (!kept) kept = column_new(properties, ask->event, ask->path, &err);
        kept->used = ++properties->clock;
        ok = bring_up_to_date(properties, db, kept, &err);
        log_line(LOG_DEBUG, "properties.read", "entries=%llu ms=%lld", (unsigned long long)kept->column.n,
                 (long long)(time_monotonic_us() - started_us) / 1000);
    }
    store_reader_give(properties->store, db);
    ask->done(ask, ok ? &kept->column : NULL, &err);
    for (uint32_t i = 0; kept && !ok && i < properties->n_kept; i++)
        if (properties->kept[i] == kept) drop(properties, i); /* it may end within a portion */
}

/* ---- the thread ---- */

/* The next ask; NULL: stop. */
static struct property_ask *next_ask(struct properties *properties)
{
    struct property_ask *ask;

    pthread_mutex_lock(&properties->mutex);
    while (!properties->head && !atomic_load(&properties->stopping))
        pthread_cond_wait(&properties->filled, &properties->mutex);
    ask = properties->head;
    if (ask) {
        properties->head = ask->next;
        if (!properties->head) properties->tail = &properties->head;
        properties->queued--;
    }
    pthread_mutex_unlock(&properties->mutex);
    return ask;
}

static void *properties_main(void *context)
{
    struct properties *properties = context;
    struct property_ask *ask;

    while ((ask = next_ask(properties))) serve(properties, ask); /* when stopping too: each is answered */
    return NULL;
}

bool properties_ask(struct properties *properties, struct property_ask *ask, struct err *err)
{
    bool ok = false;

    pthread_mutex_lock(&properties->mutex);
    if (atomic_load(&properties->stopping)) {
        err_set(err, ERR_BUSY, "the server is stopping");
    } else if (properties->queued == ASKS_MAX) {
        err_set(err, ERR_BUSY, "%d questions about properties wait already; ask again later", ASKS_MAX);
    } else {
        ask->next = NULL;
        *properties->tail = ask;
        properties->tail = &ask->next;
        properties->queued++;
        if (!properties->runs) { /* most commands never ask */
            CHECK(pthread_create(&properties->thread, NULL, properties_main, properties) == 0);
            properties->runs = true;
        }
        pthread_cond_signal(&properties->filled);
        ok = true;
    }
    pthread_mutex_unlock(&properties->mutex);
    return ok;
}

struct properties *properties_open(struct store *store, size_t bytes_max)
{
    struct properties *properties = mem_new(sizeof *properties);

    properties->store = store;
    properties->bytes_max = bytes_max;
    properties->tail = &properties->head;
    pthread_mutex_init(&properties->mutex, NULL);
    pthread_cond_init(&properties->filled, NULL);
    arena_init(&properties->arena, PROPERTY_ARENA_BYTES);
    return properties;
}

void properties_stop(struct properties *properties)
{
    pthread_mutex_lock(&properties->mutex);
    atomic_store(&properties->stopping, true);
    pthread_cond_signal(&properties->filled);
    pthread_mutex_unlock(&properties->mutex);
}

void properties_close(struct properties *properties)
{
    if (!properties) return;
    properties_stop(properties);
    if (properties->runs) pthread_join(properties->thread, NULL);
    drop_all(properties);
    arena_free(&properties->arena);
    pthread_mutex_destroy(&properties->mutex);
    pthread_cond_destroy(&properties->filled);
    free(properties);
}
