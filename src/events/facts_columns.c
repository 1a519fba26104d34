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

/* ---- writing the records' persons ---- */

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

static void copy_base_rows(const struct settling *settling, uint32_t place, uint64_t to)
{
    struct columns *columns = settling->columns;
    uint64_t from = settling->generation->first[place], n = settling->generation->first[place + 1] - from;

    memcpy(columns->at_ms + to, columns->at_ms + from, n * sizeof *columns->at_ms);
    memcpy(columns->name + to, columns->name + from, n * sizeof *columns->name);
    memcpy(columns->touch + to, columns->touch + from, n * sizeof *columns->touch);
    memcpy(columns->amount_minor + to, columns->amount_minor + from, n * sizeof *columns->amount_minor);
    memcpy(columns->raw + to, columns->raw + from, n * sizeof *columns->raw);
}

static void copy_tail_row(struct columns *columns, const struct tail_row *row, uint64_t to)
{
    columns->at_ms[to] = row->at_ms;
    columns->name[to] = (uint16_t)row->name;
    columns->touch[to] = row->touch;
    columns->amount_minor[to] = row->amount_minor;
    columns->raw[to] = row->raw;
}

/* `from`: the first of its places in settling->places. */
static void do_move(const struct settling *settling, const struct move *move, size_t from)
{
    uint64_t to = move->to.begin;

    for (uint32_t i = 0; i < move->n_places; i++) {
        uint32_t place = settling->places.at[from + i];
        copy_base_rows(settling, place, to);
        to += settling->generation->first[place + 1] - settling->generation->first[place];
    }
    for (uint32_t i = move->first; i; to++) {
        const struct tail_row *row = tail_at(settling->tail, i - 1);
        copy_tail_row(settling->columns, row, to);
        i = i == move->last ? 0 : row->next; /* the writer may be linking more to the last */
    }
    CHECK(to == move->to.end);
    sort_rows(settling->columns, move->to);
}

void settling_do(struct settling *settling)
{
    size_t place = 0;

    for (size_t i = 0; i < settling->moves.n; i++) {
        do_move(settling, &settling->moves.at[i], place);
        place += settling->moves.at[i].n_places;
    }
    columns_release(settling->columns);
    free(settling->moves.at);
    free(settling->places.at);
}

static void plan_record(struct facts *facts, struct record *record, struct settling *out)
{
    const struct generation *generation = facts->generation;
    struct move move = {.first = record->first, .last = record->last};
    uint64_t n = record->n_tail;

    for (uint32_t i = record->base; i; i = facts->nodes.at[i - 1].next) {
        uint32_t place = facts->nodes.at[i - 1].place;
        VECTOR_RESERVE(&out->places);
        out->places.at[out->places.n++] = place;
        move.n_places++;
        n += generation->first[place + 1] - generation->first[place];
    }
    CHECK(n <= facts->columns->capacity - facts->columns->used);
    facts->live_rows += n - (record->rows.end - record->rows.begin);
    move.to = record->rows = (struct rows){facts->columns->used, facts->columns->used + n};
    facts->columns->used += n;
    VECTOR_RESERVE(&out->moves);
    out->moves.at[out->moves.n++] = move;
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

void settling_plan(struct facts *facts, struct settling *out)
{
    uint64_t overlay = facts->columns->used - facts->generation->n_events;

    facts->settlings++;
    if (overlay > WASTE_ROWS + 2 * facts->live_rows) renew_overlay(facts);
    *out = (struct settling){.columns = facts->columns, .generation = facts->generation, .tail = &facts->tail};
    atomic_fetch_add(&facts->columns->holders, 1);
    for (size_t i = 0; i < facts->dirty.n; i++) {
        struct record *record = &facts->generation->records.at[facts->dirty.at[i]];
        record->dirty = false;
        if (record->root == DICT_NONE) continue;
        plan_record(facts, record, out);
        if (record->relabel) label_record(facts, record, facts->dirty.at[i]);
    }
    facts->dirty.n = 0;
}
