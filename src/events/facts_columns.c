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

#include "base/parallel.h"
#include "base/time.h"

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

static int by_time_and_arrival(const void *a, const void *b)
{
    const struct gathered *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return x->raw < y->raw ? -1 : x->raw > y->raw;
}

static bool in_order(const struct gathered *rows, size_t n)
{
    size_t i = 1;

    while (i < n && by_time_and_arrival(&rows[i - 1], &rows[i]) < 0) i++;
    return i >= n;
}

static void copy_rows(struct columns *to, uint64_t to_row, const struct columns *from, uint64_t row, uint64_t n)
{
    memcpy(to->at_ms + to_row, from->at_ms + row, n * sizeof *to->at_ms);
    memcpy(to->name + to_row, from->name + row, n * sizeof *to->name);
    memcpy(to->touch + to_row, from->touch + row, n * sizeof *to->touch);
    memcpy(to->amount_minor + to_row, from->amount_minor + row, n * sizeof *to->amount_minor);
    memcpy(to->raw + to_row, from->raw + row, n * sizeof *to->raw);
}

static void put_row(struct columns *to, uint64_t row, const struct gathered *from)
{
    to->at_ms[row] = from->at_ms;
    to->name[row] = from->name;
    to->touch[row] = from->touch;
    to->amount_minor[row] = from->amount_minor;
    to->raw[row] = from->raw;
}

static struct gathered row_at(const struct columns *columns, uint64_t row)
{
    return (struct gathered){columns->at_ms[row], columns->amount_minor[row], columns->raw[row], columns->touch[row],
                             columns->name[row]};
}

/* The new rows, in order, into those of `from`, which are. */
static void merge(const struct columns *columns, struct rows from, const struct gathered *fresh, size_t n,
                  struct columns *out, uint64_t to)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = from.begin, end = from.end; /* where it goes lies in between; most often at the end */
        if (begin < end && columns->at_ms[end - 1] < fresh[i].at_ms) begin = end;
        while (begin < end) {
            uint64_t middle = begin + (end - begin) / 2;
            struct gathered there = row_at(columns, middle);
            if (by_time_and_arrival(&there, &fresh[i]) < 0) {
                begin = middle + 1;
            } else {
                end = middle;
            }
        }
        copy_rows(out, to, columns, from.begin, begin - from.begin);
        to += begin - from.begin;
        from.begin = begin;
        put_row(out, to++, &fresh[i]);
    }
    copy_rows(out, to, columns, from.begin, from.end - from.begin);
}

/* ---- all of it ---- */

struct fresh {
    struct gathered *at;
    size_t n, capacity;
};

/* What goes into the rows of `from`: those of the tail, and of its base places but the first. */
static void gather(const struct settling *settling, const struct move *move, struct fresh *out)
{
    out->n = 0;
    for (uint32_t i = move->first; i;) {
        const struct tail_row *row = tail_at(settling->tail, i - 1);
        VECTOR_RESERVE(out);
        out->at[out->n++] = (struct gathered){row->at_ms, row->amount_minor, row->raw, row->touch, (uint16_t)row->name};
        i = i == move->last ? 0 : row->next; /* the writer may be linking more to the last */
    }
    for (uint32_t i = 1; i < move->n_places; i++) {
        const uint64_t *first = &settling->generation->first[settling->places.at[move->place + i]];
        for (uint64_t row = first[0]; row < first[1]; row++) {
            VECTOR_RESERVE(out);
            out->at[out->n++] = row_at(settling->before, row);
        }
    }
    if (!in_order(out->at, out->n)) qsort(out->at, out->n, sizeof *out->at, by_time_and_arrival);
}

#define MOVES_EACH 1024 /* fewer are not worth another thread */

static void do_some(void *context, uint32_t part)
{
    struct settling *settling = context;
    int64_t began_us = time_thread_us();
    size_t begin = (size_t)part * MOVES_EACH, left = settling->moves.n - begin;
    struct fresh fresh = {0};

    for (size_t i = 0; i < left && i < MOVES_EACH; i++) {
        const struct move *move = &settling->moves.at[begin + i];
        gather(settling, move, &fresh);
        CHECK(move->from.end - move->from.begin + fresh.n == move->to.end - move->to.begin);
        merge(settling->before, move->from, fresh.at, fresh.n, settling->columns, move->to.begin);
    }
    free(fresh.at);
    atomic_fetch_add(&settling->took_us, time_thread_us() - began_us);
}

int64_t settling_do(struct settling *settling, bool urgent)
{
    uint32_t n = (uint32_t)((settling->moves.n + MOVES_EACH - 1) / MOVES_EACH);

    if (urgent) {
        for (uint32_t part = 0; part < n; part++) do_some(settling, part);
    } else {
        parallel_run(n, do_some, settling);
    }
    columns_release(settling->before);
    columns_release(settling->columns);
    free(settling->moves.at);
    free(settling->places.at);
    return atomic_load(&settling->took_us);
}

/* Of a record that was not written since it was made or merged. Returns how many rows there are. */
static uint64_t plan_places(const struct facts *facts, const struct record *record, struct settling *out,
                            struct move *move)
{
    uint64_t n = 0;

    for (uint32_t i = record->base; i; i = facts->nodes.at[i - 1].next) {
        uint32_t place = facts->nodes.at[i - 1].place;
        const uint64_t *first = &facts->generation->first[place];
        if (move->n_places++ == 0) move->from = (struct rows){first[0], first[1]};
        VECTOR_RESERVE(&out->places);
        out->places.at[out->places.n++] = place;
        n += first[1] - first[0];
    }
    return n;
}

static void plan_record(struct facts *facts, struct record *record, struct settling *out)
{
    struct move move = {.first = record->first, .last = record->last, .place = out->places.n};
    uint64_t n = record->n_tail - record->n_written;

    if (record->written) {
        move.from = record->rows;
        move.first = tail_at(&facts->tail, record->written - 1)->next;
        n += record->rows.end - record->rows.begin;
    } else {
        n += plan_places(facts, record, out, &move);
    }
    CHECK(n <= facts->columns->capacity - facts->columns->used);
    facts->live_rows += n - (record->rows.end - record->rows.begin);
    move.to = record->rows = (struct rows){facts->columns->used, facts->columns->used + n};
    facts->columns->used += n;
    record->written = record->last;
    record->n_written = record->n_tail;
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

/* The overlay has more waste than it is worth: begin it anew, with what the records have in the old one. If the system
 * has no addresses left, go on as it is. */
static void renew_overlay(struct facts *facts)
{
    const struct generation *generation = facts->generation;
    struct err err;
    struct columns *columns = columns_new(generation->bundle, generation->n_events, &err);

    if (!columns) return;
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
    *out = (struct settling){.before = facts->columns, .generation = facts->generation, .tail = &facts->tail};
    if (overlay > WASTE_ROWS + 2 * facts->live_rows) renew_overlay(facts);
    out->columns = facts->columns;
    atomic_fetch_add(&facts->columns->holders, 1);
    if (out->before == out->columns) atomic_fetch_add(&facts->columns->holders, 1); /* else it has that of the facts */
    for (size_t i = 0; i < facts->dirty.n; i++) {
        struct record *record = &facts->generation->records.at[facts->dirty.at[i]];
        record->dirty = false;
        if (record->root == DICT_NONE) continue;
        plan_record(facts, record, out);
        if (record->relabel) label_record(facts, record, facts->dirty.at[i]);
    }
    facts->dirty.n = 0;
}
