/* events/facts_columns.c -- the columns of base and overlay, and how a changed person is written into them.
 *
 * Each column is one range of addresses: the base's pages of the file, private, and behind them room that costs nothing
 * until it is written to. So a row number means the same in both, and no kernel has to know. What a record was before
 * it was written anew stays behind as waste, for older snapshots; when there is much of it, the overlay begins anew.
 */
#include "events/facts_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define OVERLAY_ROWS (UINT64_C(1) << 28)
#define WASTE_ROWS (UINT64_C(4) << 20)

struct column_map {
    const char *name; /* of the bundle's array */
    size_t size, member;
};

static const struct column_map COLUMNS[] = {
    {"at_ms", sizeof(int64_t), offsetof(struct columns, at_ms)},
    {"name", sizeof(uint16_t), offsetof(struct columns, name)},
    {"touch", sizeof(uint32_t), offsetof(struct columns, touch)},
    {"amount", sizeof(int64_t), offsetof(struct columns, amount_minor)},
    {"raw", sizeof(uint64_t), offsetof(struct columns, raw)},
};

static void **column_of(struct columns *columns, const struct column_map *map)
{
    return (void **)((char *)columns + map->member);
}

static size_t column_bytes(const struct columns *columns, const struct column_map *map)
{
    return columns->capacity * map->size + BUNDLE_ALIGN;
}

struct columns *columns_new(const struct bundle *bundle, uint64_t n_base, struct err *err)
{
    struct columns *columns = mem_new(sizeof *columns);
    bool ok = true;

    atomic_init(&columns->holders, 1);
    columns->used = n_base;
    columns->capacity = n_base + OVERLAY_ROWS;
    for (size_t i = 0; i < COUNT_OF(COLUMNS) && ok; i++) {
        void *at = mmap(NULL, column_bytes(columns, &COLUMNS[i]), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) {
            ok = err_set(err, ERR_INTERNAL, "cannot reserve addresses for the facts: %s", strerror(errno));
        } else {
            *column_of(columns, &COLUMNS[i]) = at;
            ok = !bundle || bundle_map_over(bundle, COLUMNS[i].name, at, err);
        }
    }
    if (ok) return columns;
    columns_release(columns);
    return NULL;
}

void columns_release(struct columns *columns)
{
    if (!columns || atomic_fetch_sub(&columns->holders, 1) != 1) return;
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        void *at = *column_of(columns, &COLUMNS[i]);
        if (at) munmap(at, column_bytes(columns, &COLUMNS[i]));
    }
    free(columns);
}

/* ---- writing a record's person ---- */

struct gathered {
    int64_t at_ms, amount_minor;
    uint64_t raw;
    uint32_t touch;
    uint16_t name;
};

static bool in_order(const struct columns *columns, uint64_t a, uint64_t b)
{
    if (columns->at_ms[a] != columns->at_ms[b]) return columns->at_ms[a] < columns->at_ms[b];
    return columns->raw[a] <= columns->raw[b];
}

static int by_time_and_arrival(const void *a, const void *b)
{
    const struct gathered *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return x->raw < y->raw ? -1 : x->raw > y->raw;
}

/* Put rows that were just written into their order, if they are not in it. */
static void sort_rows(struct columns *columns, struct rows rows)
{
    uint64_t row = rows.begin + 1, n = rows.end - rows.begin;

    while (row < rows.end && in_order(columns, row - 1, row)) row++;
    if (row >= rows.end) return;
    struct gathered *gathered = mem_new(n * sizeof *gathered);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t r = rows.begin + i;
        gathered[i] = (struct gathered){columns->at_ms[r], columns->amount_minor[r], columns->raw[r], columns->touch[r],
                                        columns->name[r]};
    }
    qsort(gathered, n, sizeof *gathered, by_time_and_arrival);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t r = rows.begin + i;
        columns->at_ms[r] = gathered[i].at_ms;
        columns->amount_minor[r] = gathered[i].amount_minor;
        columns->raw[r] = gathered[i].raw;
        columns->touch[r] = gathered[i].touch;
        columns->name[r] = gathered[i].name;
    }
    free(gathered);
}

static void copy_base_rows(struct facts *facts, uint32_t place)
{
    struct columns *columns = facts->columns;
    uint64_t from = facts->generation->first[place], n = facts->generation->first[place + 1] - from;

    CHECK(n <= columns->capacity - columns->used);
    memcpy(columns->at_ms + columns->used, columns->at_ms + from, n * sizeof *columns->at_ms);
    memcpy(columns->name + columns->used, columns->name + from, n * sizeof *columns->name);
    memcpy(columns->touch + columns->used, columns->touch + from, n * sizeof *columns->touch);
    memcpy(columns->amount_minor + columns->used, columns->amount_minor + from, n * sizeof *columns->amount_minor);
    memcpy(columns->raw + columns->used, columns->raw + from, n * sizeof *columns->raw);
    columns->used += n;
}

static void copy_tail_row(struct columns *columns, const struct tail_row *row)
{
    CHECK(columns->used < columns->capacity);
    columns->at_ms[columns->used] = row->at_ms;
    columns->name[columns->used] = (uint16_t)row->name;
    columns->touch[columns->used] = row->touch;
    columns->amount_minor[columns->used] = row->amount_minor;
    columns->raw[columns->used] = row->raw;
    columns->used++;
}

static void write_record(struct facts *facts, struct record *record)
{
    struct columns *columns = facts->columns;
    const struct tail_row *row;

    facts->live_rows -= record->rows.end - record->rows.begin;
    record->rows.begin = columns->used;
    for (uint32_t i = record->base; i; i = facts->nodes.at[i - 1].next)
        copy_base_rows(facts, facts->nodes.at[i - 1].place);
    for (uint32_t i = record->first; i; i = row->next) {
        row = tail_at(&facts->tail, i - 1);
        copy_tail_row(columns, row);
    }
    record->rows.end = columns->used;
    facts->live_rows += record->rows.end - record->rows.begin;
    sort_rows(columns, record->rows);
}

static void label_record(struct facts *facts, struct record *record, uint32_t number)
{
    uint32_t alias = record->root;

    do {
        if (facts->generation->place[alias] == DICT_NONE) {
            facts->generation->place[alias] = facts->generation->n_base + number;
            facts->generation->joined[alias] = facts->settlings;
        }
        alias = facts->ring[alias];
    } while (alias != record->root);
    record->relabel = false;
}

/* The overlay has more waste than it is worth: begin it anew. If the system has no addresses left, go on as it is. */
static void renew_overlay(struct facts *facts)
{
    const struct generation *generation = facts->generation;
    struct err err;
    struct columns *columns = columns_new(generation->bundle, generation->n_events, &err);

    if (!columns) return;
    columns_release(facts->columns);
    facts->columns = columns;
    facts->dirty.n = 0;
    for (uint32_t i = 0; i < facts->generation->records.n; i++) {
        facts->generation->records.at[i].dirty = facts->generation->records.at[i].root != DICT_NONE;
        if (!facts->generation->records.at[i].dirty) continue;
        VECTOR_RESERVE(&facts->dirty);
        facts->dirty.at[facts->dirty.n++] = i;
    }
}

void facts_settle(struct facts *facts)
{
    uint64_t overlay = facts->columns->used - facts->generation->n_events;

    facts->settlings++;
    if (overlay > WASTE_ROWS + 2 * facts->live_rows) renew_overlay(facts);
    for (size_t i = 0; i < facts->dirty.n; i++) {
        struct record *record = &facts->generation->records.at[facts->dirty.at[i]];
        record->dirty = false;
        if (record->root == DICT_NONE) continue;
        write_record(facts, record);
        if (record->relabel) label_record(facts, record, facts->dirty.at[i]);
    }
    facts->dirty.n = 0;
}
