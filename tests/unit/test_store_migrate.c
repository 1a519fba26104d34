/* Tests of migrations: up, down and up again leave the same schema; a newer schema is refused. */
#include "helpers.h"

#include "store/store.h"

#include <stdlib.h>

struct place {
    char folder[FOLDER_MAX];
    struct store *store;
    struct db *db;
};

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);
    struct err err = {0};

    folder_make(place->folder);
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    place->db = store_writer_take(place->store);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;
    if (place->store) store_writer_give(place->store);
    store_close(place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

/* The SQL of every table and index, in one text. */
static void schema_of(struct db *db, struct buf *out)
{
    struct err err = {0};
    struct db_rows rows = db_query(db, "SELECT coalesce(sql, '') FROM sqlite_master ORDER BY type, name", DB_NO_ARGS);

    buf_init(out, (size_t)1 << 20);
    while (db_next(&rows)) {
        buf_add(out, db_str(&rows, 0));
        buf_add(out, STR("\n"));
    }
    ASSERT_OK(db_end(&rows, &err));
}

static int64_t tables_in(struct db *db)
{
    struct err err = {0};
    struct db_rows rows = db_query(
        db, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name <> 'schema_version'", DB_NO_ARGS);
    int64_t n = db_next(&rows) ? db_i64(&rows, 0) : -1;
    ASSERT_OK(db_end(&rows, &err));
    return n;
}

static int version_of(struct db *db)
{
    struct err err = {0};
    int version = -1;
    ASSERT_OK(store_schema_version(db, &version, &err));
    return version;
}

static void test_up_down_up(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct buf first, again;
    int latest = store_schema_latest();

    assert_true(latest >= 1);
    assert_int_equal(version_of(place->db), latest);
    schema_of(place->db, &first);
    ASSERT_OK(store_migrate(place->db, 0, &err));
    assert_int_equal(version_of(place->db), 0);
    assert_int_equal(tables_in(place->db), 0);
    for (int version = 1; version <= latest; version++) { /* one by one, and each back and forth */
        ASSERT_OK(store_migrate(place->db, version, &err));
        ASSERT_OK(store_migrate(place->db, version - 1, &err));
        ASSERT_OK(store_migrate(place->db, version, &err));
        assert_int_equal(version_of(place->db), version);
    }
    schema_of(place->db, &again);
    ASSERT_STR_EQ(buf_str(&again), buf_str(&first));
    ASSERT_OK(store_migrate(place->db, latest, &err)); /* there already */
    buf_reset(&first);
    buf_reset(&again);
}

static void test_no_placeholder_is_left(void **state)
{
    struct place *place = *state;
    struct buf schema;

    schema_of(place->db, &schema);
    assert_true(schema.n > 500);
    for (size_t i = 0; i < schema.n; i++) assert_int_not_equal(schema.p[i], '{');
    buf_reset(&schema);
}

static void test_a_newer_schema_is_refused(void **state)
{
    struct place *place = *state;
    struct err err = {0};

    ASSERT_OK(db_run(place->db, "UPDATE schema_version SET version = version + 1", DB_NO_ARGS, &err));
    ASSERT_FAILS(store_migrate(place->db, store_schema_latest(), &err), ERR_CONFLICT);
    ASSERT_HOLDS(err.text, "newer");
    store_writer_give(place->store);
    store_close(place->store);
    place->store = store_open(str_of(place->folder), &err);
    assert_null(place->store);
    assert_int_equal(err.code, ERR_CONFLICT);
}

static void test_a_migration_that_fails_changes_nothing(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct buf before, after;

    ASSERT_OK(db_run(place->db, "DROP TABLE raw", DB_NO_ARGS, &err)); /* the way down will miss it */
    schema_of(place->db, &before);
    ASSERT_FAILS(store_migrate(place->db, 0, &err), ERR_INTERNAL);
    schema_of(place->db, &after);
    ASSERT_STR_EQ(buf_str(&after), buf_str(&before));
    assert_int_equal(version_of(place->db), store_schema_latest());
    ASSERT_FAILS(store_migrate(place->db, store_schema_latest() + 1, &err), ERR_INTERNAL); /* there is none */
    buf_reset(&before);
    buf_reset(&after);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_up_down_up),
        PLACE_TEST(test_no_placeholder_is_left),
        PLACE_TEST(test_a_newer_schema_is_refused),
        PLACE_TEST(test_a_migration_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests_name("store/migrate", tests, NULL, NULL);
}
