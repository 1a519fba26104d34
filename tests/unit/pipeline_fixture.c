#include "pipeline_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

int place_open(void **state)
{
    struct place *place = mem_new(sizeof *place);

    hash_start();
    log_set_level(LOG_ERROR);
    folder_make(place->folder);
    place->settings.currency = STR("UAH");
    place_start(place);
    *state = place;
    return 0;
}

int place_close(void **state)
{
    struct place *place = *state;
    place_stop(place);
    folder_remove(place->folder);
    free(place);
    return 0;
}

void place_start(struct place *place)
{
    struct err err = {0};
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    place->pipeline = pipeline_open(place->store, &place->settings, &err);
    if (!place->pipeline) fail_msg("%s", err.text);
}

void place_stop(struct place *place)
{
    pipeline_close(place->pipeline);
    store_close(place->store);
    place->pipeline = NULL;
    place->store = NULL;
}

static struct outcome send_entry(struct place *place, const struct raw_entry *entry, bool more)
{
    struct delivery delivery = {.raw = *entry, .more = more};
    struct outcome outcome = {0};
    struct arena arena;

    if (raw_kind_is_csv(entry->kind)) delivery.csv_header = str_of("the header");
    arena_init(&arena, stage_arena_bytes(entry->body.n));
    if (stage_decode(&delivery.raw, place->settings.currency, &arena, &delivery.decoded, &outcome.err)) {
        outcome.stored = pipeline_submit_wait(place->pipeline, &delivery, &outcome.err);
        outcome.kept = delivery.kept;
        outcome.repeated = delivery.repeated;
        outcome.rejected = delivery.rejected;
        outcome.uncounted = delivery.uncounted;
    }
    arena_free(&arena);
    return outcome;
}

struct outcome send_body(struct place *place, int64_t source_id, enum raw_kind kind, Str body)
{
    struct raw_entry entry = {
        .source_id = source_id, .kind = kind, .received_ms = RECEIVED, .sent_ms = TIME_NONE, .body = body};
    return send_entry(place, &entry, false);
}

struct outcome send_batch(struct place *place, const char *items)
{
    struct buf body;
    buf_init(&body, (size_t)8 << 20);
    buf_printf(&body, "{\"batch\":[%s]}", items);
    struct outcome outcome = send_body(place, 1, RAW_BATCH, buf_str(&body));
    buf_reset(&body);
    return outcome;
}

struct outcome send_piece(struct place *place, enum raw_kind kind, int64_t import_id, const char *csv, bool more)
{
    struct raw_entry entry = {.source_id = SOURCE_CRM,
                              .kind = kind,
                              .received_ms = RECEIVED,
                              .sent_ms = TIME_NONE,
                              .import_id = import_id,
                              .first_line = 2,
                              .body = str_of(csv)};
    return send_entry(place, &entry, more);
}

static void write_person(const struct snapshot *snap, uint32_t p, struct buf *out)
{
    buf_printf(out, "%.*s", STR_ARG(snapshot_alias(snap, snapshot_person_alias(snap, p))));
    for (uint64_t r = snapshot_rows(snap, p).begin; r < snapshot_rows(snap, p).end; r++) {
        const struct touch *touch = &snap->touches[snap->touch[r]];
        buf_printf(out, " | %lld %.*s (%.*s %.*s%s) %lld #%llu", (long long)snap->at_ms[r],
                   STR_ARG(snapshot_name(snap, snap->name[r])),
                   STR_ARG(snapshot_value(snap, touch->dim[TOUCH_PLATFORM])),
                   STR_ARG(snapshot_value(snap, touch->dim[TOUCH_SOURCE])), touch->paid ? " paid" : "",
                   (long long)snap->amount_minor[r], (unsigned long long)snap->raw[r]);
    }
    buf_add_char(out, '\n');
}

/* A person's first event; places may be in any order. */
struct standing {
    uint64_t raw;
    uint32_t place;
};

static int by_raw(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;
    return (x->raw > y->raw) - (x->raw < y->raw);
}

static void write_persons(const struct snapshot *snap, struct buf *out)
{
    struct standing *standing = mem_new((size_t)snap->n_places * sizeof *standing);
    size_t n = 0;

    for (uint32_t p = 0; p < snap->n_places; p++) {
        struct rows rows = snapshot_rows(snap, p);
        if (rows.begin < rows.end) standing[n++] = (struct standing){snap->raw[rows.begin], p};
    }
    assert_int_equal(n, snap->n_persons);
    qsort(standing, n, sizeof *standing, by_raw);
    for (size_t i = 0; i < n; i++) write_person(snap, standing[i].place, out);
    free(standing);
}

void write_facts(struct place *place, struct buf *out)
{
    const struct snapshot *snap = pipeline_snapshot(place->pipeline);
    struct contracts *contracts = pipeline_contracts(place->pipeline);
    struct contract row;

    buf_init(out, (size_t)64 << 20);
    write_persons(snap, out);
    for (uint32_t i = 0; contracts_at(contracts, i, &row); i++) {
        if (!row.known) continue; /* which documents are named but unknown may come in another order */
        buf_printf(out, "contract %.*s of %.*s: %lld on %d", STR_ARG(row.doc_id), STR_ARG(row.client),
                   (long long)row.cost_minor, row.day);
        if (row.signed_by) buf_printf(out, " by #%llu", (unsigned long long)row.event);
        buf_add_char(out, '\n');
    }
    struct unpriced unpriced[UNPRICED_MAX];
    size_t n = pipeline_unpriced(place->pipeline, unpriced);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "not counted in %s: %llu\n", unpriced[i].code, (unsigned long long)unpriced[i].events);
    assert_false(out->full);
    contracts_release(contracts);
    snapshot_close(snap);
}

void assert_same_after_restart(struct place *place)
{
    struct buf before, after;
    char path[FOLDER_MAX + 16];

    snprintf(path, sizeof path, "%s/facts/base", place->folder);
    write_facts(place, &before);
    for (int from_raw = 0; from_raw < 2; from_raw++) {
        place_stop(place);
        if (from_raw) unlink(path);
        place_start(place);
        write_facts(place, &after);
        ASSERT_STR_EQ(buf_str(&after), buf_str(&before));
        buf_reset(&after);
    }
    buf_reset(&before);
}

uint64_t events_of(struct place *place)
{
    const struct snapshot *snap = pipeline_snapshot(place->pipeline);
    uint64_t n = snap->n_events;
    snapshot_close(snap);
    return n;
}

int64_t count_rows(struct place *place, const char *sql)
{
    struct err err = {0};
    struct db *db = store_reader_take(place->store, &err);
    struct db_rows rows = db_query(db, sql, DB_NO_ARGS);
    int64_t n = db_next(&rows) ? db_i64(&rows, 0) : -1;
    ASSERT_OK(db_end(&rows, &err));
    store_reader_give(place->store, db);
    return n;
}

void add_import(struct place *place, int64_t id)
{
    struct err err = {0};
    ASSERT_OK(db_run(store_writer_take(place->store),
                     "INSERT INTO import (id, kind, name, state, bytes_total, started_ms) "
                     "VALUES ($1, 20, 'f', 'done', 1, 1)",
                     DB_ARGS(DB_I64(id)), &err));
    store_writer_give(place->store);
}
