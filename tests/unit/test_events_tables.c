/* Tests of the tables of events: the raw log, the rejects, the sources with their write keys. */
#include "helpers.h"

#include "base/time.h"
#include "events/raw.h"
#include "events/rejects.h"
#include "events/source.h"

#include <stdlib.h>
#include <string.h>

struct place {
    char folder[FOLDER_MAX];
    struct store *store;
    struct db *db;
    struct arena arena;
};

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);
    struct err err = {0};

    folder_make(place->folder);
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    place->db = store_reader_take(place->store, &err);
    arena_init(&place->arena, (size_t)16 << 20);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;
    store_reader_give(place->store, place->db);
    store_close(place->store);
    folder_remove(place->folder);
    arena_free(&place->arena);
    free(place);
    return 0;
}

/* ---- the raw log ---- */

static struct raw_entry entry_of(enum raw_kind kind, int64_t import_id, Str body)
{
    return (struct raw_entry){.source_id = 3,
                              .kind = kind,
                              .received_ms = 5,
                              .sent_ms = TIME_NONE,
                              .import_id = import_id,
                              .first_line = 9,
                              .body = body};
}

static bool append_id(void *context, int64_t id, const struct raw_entry *entry, struct err *err)
{
    (void)err;
    return buf_printf(context, "%lld:%.*s ", (long long)id, STR_ARG(entry->body));
}

static bool stop_at_once(void *context, int64_t id, const struct raw_entry *entry, struct err *err)
{
    (void)context;
    (void)entry;
    return err_set(err, ERR_LIMIT, "enough at %lld", (long long)id);
}

static void test_raw(void **state)
{
    static const Str bytes = STR_INIT("a\0\xFF");
    struct place *place = *state;
    struct db *writer = store_writer_take(place->store);
    struct raw_entry back, batch = entry_of(RAW_BATCH, 0, bytes), contracts = entry_of(RAW_CRM_CONTRACTS, 7, STR("c")),
                           events = entry_of(RAW_CRM_EVENTS, 7, STR("e"));
    struct err err = {0};
    struct buf seen;
    int64_t last = 77;

    buf_init(&seen, 1000);
    ASSERT_OK(raw_last_id(place->db, &last, &err));
    ASSERT_I64(last, 0);
    ASSERT_OK(raw_append(writer, 1, &batch, &err));
    ASSERT_OK(raw_append(writer, 3, &events, &err));
    ASSERT_OK(raw_append(writer, 2, &contracts, &err));
    ASSERT_FAILS(raw_append(writer, 2, &contracts, &err), ERR_CONFLICT);
    ASSERT_OK(raw_last_id(place->db, &last, &err));
    ASSERT_I64(last, 3);
    ASSERT_OK(raw_read(place->db, 1, &place->arena, &back, &err));
    ASSERT_STR_EQ(back.body, bytes); /* byte for byte */
    ASSERT_I64(back.sent_ms, TIME_NONE);
    ASSERT_I64(back.source_id, 3);
    ASSERT_I64(back.received_ms, 5);
    ASSERT_I64(back.first_line, 9);
    assert_int_equal(back.kind, RAW_BATCH);
    ASSERT_FAILS(raw_read(place->db, 4, &place->arena, &back, &err), ERR_NOT_FOUND);
    ASSERT_OK(raw_walk(place->db, RAW_SPAN_ALL, RAW_CONTRACTS, append_id, &seen, &err));
    ASSERT_STR(buf_str(&seen), "2:c ");
    buf_reset(&seen);
    ASSERT_OK(raw_walk(place->db, RAW_SPAN_ALL, RAW_BUT_CONTRACTS, append_id, &seen, &err));
    ASSERT_STR(buf_str(&seen), "1:a 3:e "); /* by id */
    buf_reset(&seen);
    ASSERT_OK(raw_walk(place->db, (struct raw_span){1, 2}, RAW_EVERY, append_id, &seen, &err));
    ASSERT_STR(buf_str(&seen), "2:c ");
    ASSERT_FAILS(raw_walk(place->db, RAW_SPAN_ALL, RAW_EVERY, stop_at_once, NULL, &err), ERR_LIMIT);
    assert_string_equal(err.text, "enough at 1");
    ASSERT_OK(raw_delete_import(writer, 7, &err));
    ASSERT_OK(raw_last_id(place->db, &last, &err));
    ASSERT_I64(last, 1);
    buf_reset(&seen);
    store_writer_give(place->store);
}

/* ---- rejects ---- */

static struct reject reject_of(int64_t source_id, int64_t import_id, int64_t line, const char *body)
{
    return (struct reject){.source_id = source_id,
                           .kind = RAW_WEBHOOK,
                           .import_id = import_id,
                           .line = line,
                           .reason = STR("why"),
                           .header = STR("h"),
                           .body = str_of(body),
                           .at_ms = 5};
}

static bool put(struct place *place, struct reject reject)
{
    struct err err = {0};
    bool added = false;
    ASSERT_OK(rejects_put(store_writer_take(place->store), &reject, &added, &err));
    store_writer_give(place->store);
    return added;
}

static int64_t count(struct place *place, enum reject_filter filter)
{
    struct err err = {0};
    int64_t n = -1;
    ASSERT_OK(rejects_count(place->db, filter, &n, &err));
    return n;
}

static void test_a_reject_stands_once(void **state)
{
    struct place *place = *state;
    struct reject back = {0}, other_kind = reject_of(1, 0, 0, "x");
    struct err err = {0};

    assert_true(put(place, reject_of(1, 0, 0, "x")));
    assert_false(put(place, reject_of(1, 0, 0, "x")));
    assert_true(put(place, reject_of(2, 0, 0, "x"))); /* of another source */
    assert_true(put(place, reject_of(1, 0, 4, "x")));
    assert_true(put(place, reject_of(1, 0, 0, "y")));
    other_kind.kind = RAW_TRACK;
    assert_true(put(place, other_kind));
    assert_false(put(place, reject_of(1, 9, 0, "x"))); /* the same fault in another import */
    ASSERT_I64(count(place, REJECTS_OPEN), 5);
    ASSERT_OK(rejects_read(place->db, 1, &place->arena, &back, &err));
    ASSERT_STR(back.body, "x");
    ASSERT_STR(back.reason, "why");
    ASSERT_STR(back.header, "h");
    assert_int_equal(back.kind, RAW_WEBHOOK);
    assert_false(back.replayed);
    ASSERT_FAILS(rejects_read(place->db, 99, &place->arena, &back, &err), ERR_NOT_FOUND);
}

static void test_large_rejects_are_cut_and_still_apart(void **state)
{
    struct place *place = *state;
    size_t n = REJECT_BODY_MAX + 10;
    char *body = mem_new(n + 1);
    struct reject back = {0};
    struct err err = {0};

    memset(body, 'x', n);
    assert_true(put(place, reject_of(1, 0, 0, body)));
    body[n - 1] = 'y'; /* differs only where it is cut */
    assert_true(put(place, reject_of(1, 0, 0, body)));
    ASSERT_OK(rejects_read(place->db, 2, &place->arena, &back, &err));
    assert_int_equal(back.body.n, REJECT_BODY_MAX);
    free(body);
}

static void test_listing_rejects(void **state)
{
    struct place *place = *state;
    struct reject rows[10];
    struct err err = {0};
    size_t n = 0;

    for (int i = 0; i < 6; i++) assert_true(put(place, reject_of(1, i % 2 ? 7 : 0, i, "x")));
    ASSERT_OK(rejects_mark_replayed(store_writer_take(place->store), 2, &err));
    store_writer_give(place->store);
    static const struct {
        enum reject_filter filter;
        int64_t import_id, after;
        size_t max, n;
        int64_t ids[6];
    } cases[] = {
        {REJECTS_ALL, 0, 0, 10, 6, {1, 2, 3, 4, 5, 6}},
        {REJECTS_OPEN, 0, 0, 10, 5, {1, 3, 4, 5, 6}},
        {REJECTS_REPLAYED, 0, 0, 10, 1, {2}},
        {REJECTS_ALL, 7, 0, 10, 3, {2, 4, 6}},
        {REJECTS_OPEN, 7, 0, 10, 2, {4, 6}},
        {REJECTS_ALL, 0, 3, 2, 2, {4, 5}},
        {REJECTS_ALL, 0, 6, 10, 0, {0}},
        {REJECTS_ALL, 8, 0, 10, 0, {0}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ASSERT_OK(rejects_list(place->db, cases[i].filter, cases[i].import_id, cases[i].after, &place->arena, rows,
                               cases[i].max, &n, &err));
        if (n != cases[i].n) fail_msg("case %zu gave %zu", i, n);
        for (size_t k = 0; k < n; k++) ASSERT_I64(rows[k].id, cases[i].ids[k]);
    }
    ASSERT_I64(count(place, REJECTS_REPLAYED), 1);
    ASSERT_OK(rejects_undo_import(store_writer_take(place->store), 7, &err));
    store_writer_give(place->store);
    ASSERT_I64(count(place, REJECTS_ALL), 3);
}

/* ---- sources ---- */

static void test_sources(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct source source, other;
    char key[TOKEN_MAX], own[TOKEN_MAX], again[TOKEN_MAX];
    int64_t id = 77;
    struct sources *sources = sources_open(place->store, &err);

    assert_non_null(sources);
    assert_int_equal(sources_count(sources), 0);
    ASSERT_FAILS(sources_check_key(sources, STR("wk_x"), &id, &err), ERR_DENIED);
    ASSERT_FAILS(sources_check_key(sources, STR(""), &id, &err), ERR_DENIED);
    ASSERT_OK(sources_add(sources, STR(" Web "), STR(""), &source, key, &err));
    ASSERT_I64(source.id, 1);
    assert_string_equal(source.name, "Web");
    assert_memory_equal(key, source.key_prefix, 7);
    assert_true(strlen(source.key_prefix) < 8);
    ASSERT_OK(sources_add(sources, STR("Shop"), STR("operator-key"), &other, own, &err));
    assert_string_equal(own, "operator-key");
    ASSERT_OK(sources_check_key(sources, str_of(key), &id, &err));
    ASSERT_I64(id, 1);
    ASSERT_OK(sources_check_key(sources, STR("operator-key"), &id, &err));
    ASSERT_I64(id, 2);
    ASSERT_FAILS(sources_add(sources, STR("Copy"), STR("operator-key"), &other, again, &err), ERR_CONFLICT);
    ASSERT_FAILS(sources_add(sources, STR("  "), STR(""), &other, again, &err), ERR_INVALID);
    assert_string_equal(err.field, "name");
    ASSERT_FAILS(sources_add(sources, STR("x"), STR("seven77"), &other, again, &err), ERR_INVALID);

    ASSERT_OK(sources_change(sources, 2, STR("Shop 2"), false, &other, &err));
    ASSERT_FAILS(sources_check_key(sources, STR("operator-key"), &id, &err), ERR_FORBIDDEN);
    ASSERT_OK(sources_change(sources, 2, STR("Shop 2"), true, &other, &err));
    ASSERT_OK(sources_check_key(sources, STR("operator-key"), &id, &err));
    ASSERT_OK(sources_new_key(sources, 2, again, &err));
    ASSERT_FAILS(sources_check_key(sources, STR("operator-key"), &id, &err), ERR_DENIED);
    ASSERT_OK(sources_check_key(sources, str_of(again), &id, &err));
    ASSERT_FAILS(sources_new_key(sources, 9, again, &err), ERR_NOT_FOUND);
    ASSERT_FAILS(sources_change(sources, 9, STR("x"), true, &other, &err), ERR_NOT_FOUND);

    sources_close(sources);
    sources = sources_open(place->store, &err); /* all of it is on disk */
    assert_int_equal(sources_count(sources), 2);
    ASSERT_OK(sources_check_key(sources, str_of(key), &id, &err));
    assert_true(sources_at(sources, 1, &source));
    assert_string_equal(source.name, "Shop 2");
    assert_false(sources_at(sources, 2, &source));
    sources_close(sources);
    sources_close(NULL);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_raw),
        PLACE_TEST(test_a_reject_stands_once),
        PLACE_TEST(test_large_rejects_are_cut_and_still_apart),
        PLACE_TEST(test_listing_rejects),
        PLACE_TEST(test_sources),
    };
    hash_start();
    return cmocka_run_group_tests_name("events: raw, rejects, sources", tests, NULL, NULL);
}
