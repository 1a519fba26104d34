/* Tests of store/store.h: statements, transactions, the lock, readers beside the writer. */
#include "helpers.h"

#include "store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    char folder[FOLDER_MAX];
    struct store *store;
};

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);
    struct err err = {0};

    folder_make(place->folder);
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    struct db *db = store_writer_take(place->store);
    ASSERT_OK(
        db_script(db, STR("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT UNIQUE, bytes BLOB, n BIGINT);"), &err));
    store_writer_give(place->store);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;
    store_close(place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

static bool put(struct db *db, int64_t id, Str text, struct err *err)
{
    return db_run(db, "INSERT INTO t (id, text) VALUES ($1, $2)", DB_ARGS(DB_I64(id), DB_TEXT(text)), err);
}

static int64_t rows_in(struct db *db)
{
    struct err err = {0};
    struct db_rows rows = db_query(db, "SELECT count(*) FROM t", DB_NO_ARGS);
    int64_t n = db_next(&rows) ? db_i64(&rows, 0) : -1;
    ASSERT_OK(db_end(&rows, &err));
    return n;
}

static void test_values_of_every_type(void **state)
{
    struct place *place = *state;
    struct db *db = store_writer_take(place->store);
    struct err err = {0};
    Str bytes = {"\0\xFF\0", 3};

    /* parameters stand in any order and may stand twice */
    ASSERT_OK(db_run(db, "INSERT INTO t (n, bytes, text, id) VALUES ($2, $4, $3, $1 + 0 * $2)",
                     DB_ARGS(DB_I64(1), DB_I64(INT64_MIN), DB_TEXT(STR("a'b\xC3\xA9")), DB_BYTES(bytes)), &err));
    assert_int_equal(db_changed(db), 1);
    ASSERT_OK(db_run(db, "INSERT INTO t (id, text, bytes, n) VALUES ($1, $2, $3, $4)",
                     DB_ARGS(DB_I64(2), DB_TEXT(((Str){NULL, 0})), DB_BYTES(((Str){NULL, 0})), DB_NULL), &err));
    struct db_rows rows = db_query(db, "SELECT id, text, bytes, n FROM t ORDER BY id", DB_NO_ARGS);
    assert_true(db_next(&rows));
    ASSERT_STR(db_str(&rows, 1), "a'b\xC3\xA9");
    ASSERT_STR_EQ(db_str(&rows, 2), bytes);
    ASSERT_I64(db_i64(&rows, 3), INT64_MIN);
    assert_false(db_is_null(&rows, 3));
    assert_true(db_next(&rows));
    assert_false(db_is_null(&rows, 1)); /* empty is not absent */
    assert_int_equal(db_str(&rows, 1).n, 0);
    assert_false(db_is_null(&rows, 2));
    assert_true(db_is_null(&rows, 3));
    assert_false(db_next(&rows));
    ASSERT_OK(db_end(&rows, &err));
    store_writer_give(place->store);
}

static void test_one_statement_twice_at_once(void **state)
{
    static const char *const sql = "SELECT id FROM t ORDER BY id";
    struct place *place = *state;
    struct db *db = store_writer_take(place->store);
    struct err err = {0};

    for (int64_t i = 1; i <= 3; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", (int)i);
        ASSERT_OK(put(db, i, str_of(text), &err));
    }
    struct db_rows outer = db_query(db, sql, DB_NO_ARGS);
    for (int64_t i = 1; i <= 3; i++) {
        assert_true(db_next(&outer));
        struct db_rows inner = db_query(db, sql, DB_NO_ARGS);
        for (int64_t k = 1; k <= 3; k++) {
            assert_true(db_next(&inner));
            ASSERT_I64(db_i64(&inner, 0), k);
        }
        ASSERT_OK(db_end(&inner, &err));
        ASSERT_I64(db_i64(&outer, 0), i);
    }
    ASSERT_OK(db_end(&outer, &err));
    store_writer_give(place->store);
}

static void test_errors(void **state)
{
    struct place *place = *state;
    struct db *db = store_writer_take(place->store);
    struct err err = {0};

    ASSERT_OK(put(db, 1, STR("same"), &err));
    ASSERT_FAILS(put(db, 2, STR("same"), &err), ERR_CONFLICT);
    ASSERT_HOLDS(err.text, "text");
    ASSERT_FAILS(db_run(db, "SELECT nonsense FROM nowhere", DB_NO_ARGS, &err), ERR_INTERNAL);
    ASSERT_HOLDS(err.text, "nowhere");
    struct db_rows rows = db_query(db, "SELEKT", DB_NO_ARGS);
    assert_false(db_next(&rows));
    ASSERT_FAILS(db_end(&rows, &err), ERR_INTERNAL);
    ASSERT_FAILS(db_script(db, STR("DELETE FROM t; SELEKT;"), &err), ERR_INTERNAL);
    ASSERT_OK(put(db, 3, STR("it goes on"), &err));
    assert_int_equal(rows_in(db), 1); /* the script's first statement ran: scripts are no transactions by themselves */
    store_writer_give(place->store);
}

static void test_transactions(void **state)
{
    struct place *place = *state;
    struct db *db = store_writer_take(place->store);
    struct err err = {0};

    ASSERT_OK(db_begin(db, &err));
    ASSERT_OK(put(db, 1, STR("a"), &err));
    ASSERT_OK(put(db, 2, STR("b"), &err));
    db_rollback(db);
    assert_int_equal(rows_in(db), 0);
    db_rollback(db); /* nothing is open: nothing happens */
    ASSERT_OK(db_begin(db, &err));
    ASSERT_OK(put(db, 1, STR("a"), &err));
    ASSERT_FAILS(put(db, 1, STR("b"), &err), ERR_CONFLICT);
    ASSERT_OK(db_commit(db, &err)); /* what failed alone does not take the others with it */
    assert_int_equal(rows_in(db), 1);
    ASSERT_FAILS(db_commit(db, &err), ERR_INTERNAL);
    store_writer_give(place->store);
}

static void test_readers_see_only_what_is_committed(void **state)
{
    struct place *place = *state;
    struct db *writer = store_writer_take(place->store);
    struct err err = {0};
    struct db *reader = store_reader_take(place->store, &err);

    assert_non_null(reader);
    ASSERT_OK(db_begin(writer, &err));
    ASSERT_OK(put(writer, 1, STR("a"), &err));
    assert_int_equal(rows_in(writer), 1);
    assert_int_equal(rows_in(reader), 0);
    ASSERT_OK(db_commit(writer, &err));
    assert_int_equal(rows_in(reader), 1);
    ASSERT_FAILS(put(reader, 2, STR("b"), &err), ERR_INTERNAL); /* a reader refuses to write */
    assert_int_equal(rows_in(reader), 1);
    store_reader_give(place->store, reader);
    struct db *again = store_reader_take(place->store, &err);
    assert_ptr_equal(again, reader); /* from the pool */
    store_reader_give(place->store, again);
    store_reader_give(place->store, NULL);
    store_writer_give(place->store);
}

static void test_many_readers(void **state)
{
    enum { READERS = 70 }; /* more than the pool keeps */
    struct place *place = *state;
    struct db *reader[READERS];
    struct err err = {0};

    for (int i = 0; i < READERS; i++) {
        reader[i] = store_reader_take(place->store, &err);
        assert_non_null(reader[i]);
        assert_int_equal(rows_in(reader[i]), 0);
    }
    for (int i = 0; i < READERS; i++) store_reader_give(place->store, reader[i]);
}

static void test_full_is_busy_and_everything_else_is_not(void **state)
{
    struct place *place = *state;
    struct db *db = store_writer_take(place->store);
    struct err err = {0};
    char *large = mem_new(1 << 20);

    memset(large, 'x', 1 << 20);
    ASSERT_OK(db_run(db, "PRAGMA max_page_count = 1", DB_NO_ARGS, &err)); /* as it is now */
    ASSERT_OK(db_begin(db, &err));
    ASSERT_FAILS(put(db, 1, (Str){large, 1 << 20}, &err), ERR_BUSY);
    ASSERT_HOLDS(err.text, "full");
    db_rollback(db);
    ASSERT_OK(db_run(db, "PRAGMA max_page_count = 1000000", DB_NO_ARGS, &err));
    ASSERT_OK(put(db, 1, (Str){large, 1 << 20}, &err));
    assert_int_equal(rows_in(db), 1);
    free(large);
    store_writer_give(place->store);
}

/* ---- opening ---- */

static void test_a_second_program_is_refused(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char other[FOLDER_MAX];

    ASSERT_FAILS(store_open(str_of(place->folder), &err) != NULL, ERR_CONFLICT);
    ASSERT_HOLDS(err.text, place->folder);
    folder_make(other);
    struct store *store = store_open(str_of(other), &err); /* another folder is another matter */
    assert_non_null(store);
    store_close(store);
    folder_remove(other);
    store_close(place->store);
    place->store = store_open(str_of(place->folder), &err); /* and the lock goes with its holder */
    assert_non_null(place->store);
    ASSERT_STR(store_folder(place->store), place->folder);
}

static void test_what_was_committed_is_there_after_reopening(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct db *db = store_writer_take(place->store);

    ASSERT_OK(put(db, 1, STR("kept"), &err));
    ASSERT_OK(db_begin(db, &err));
    ASSERT_OK(put(db, 2, STR("not committed"), &err));
    store_writer_give(place->store);
    store_close(place->store);
    place->store = store_open(str_of(place->folder), &err);
    assert_non_null(place->store);
    assert_int_equal(rows_in(store_writer_take(place->store)), 1);
    store_writer_give(place->store);
}

static void test_folders(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char path[2000];

    snprintf(path, sizeof path, "%s/a/b/c", place->folder); /* made as needed */
    struct store *store = store_open(str_of(path), &err);
    assert_non_null(store);
    store_close(store);
    file_write(place->folder, "file", STR("x"));
    snprintf(path, sizeof path, "%s/file/data", place->folder);
    ASSERT_FAILS(store_open(str_of(path), &err) != NULL, ERR_INTERNAL);
    snprintf(path, sizeof path, "%s/file", place->folder);
    ASSERT_FAILS(store_open(str_of(path), &err) != NULL, ERR_INTERNAL);
    ASSERT_FAILS(store_open(STR(""), &err) != NULL, ERR_INVALID);
    memset(path, 'x', sizeof path);
    ASSERT_FAILS(store_open((Str){path, sizeof path}, &err) != NULL, ERR_INVALID);
    store_close(NULL);
}

static void test_a_file_that_is_no_database(void **state)
{
    char folder[FOLDER_MAX];
    struct err err = {0};
    (void)state;

    folder_make(folder);
    file_write(folder, "demetra.sqlite", STR("this was never a database, and is long enough to look at: 0123456789"));
    ASSERT_FAILS(store_open(str_of(folder), &err) != NULL, ERR_INTERNAL);
    folder_remove(folder);
}

/* ---- one writer ---- */

static void *write_some(void *context)
{
    struct store *store = context;

    for (int i = 0; i < 50; i++) {
        struct db *db = store_writer_take(store);
        struct err err;
        bool ok = db_begin(db, &err) &&
                  db_run(db, "INSERT INTO t (n) SELECT coalesce(max(n), 0) + 1 FROM t", DB_NO_ARGS, &err);
        if (ok) ok = db_commit(db, &err);
        store_writer_give(store);
        if (!ok) return store;
    }
    return NULL;
}

static void test_writers_take_turns(void **state)
{
    struct place *place = *state;
    pthread_t thread[4];
    struct err err = {0};

    for (size_t i = 0; i < COUNT_OF(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, write_some, place->store), 0);
    for (size_t i = 0; i < COUNT_OF(thread); i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        assert_null(failed);
    }
    struct db *db = store_reader_take(place->store, &err);
    struct db_rows rows = db_query(db, "SELECT count(DISTINCT n), max(n) FROM t", DB_NO_ARGS);
    assert_true(db_next(&rows));
    ASSERT_I64(db_i64(&rows, 0), 200);
    ASSERT_I64(db_i64(&rows, 1), 200);
    ASSERT_OK(db_end(&rows, &err));
    store_reader_give(place->store, db);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_values_of_every_type),
        PLACE_TEST(test_one_statement_twice_at_once),
        PLACE_TEST(test_errors),
        PLACE_TEST(test_transactions),
        PLACE_TEST(test_readers_see_only_what_is_committed),
        PLACE_TEST(test_many_readers),
        PLACE_TEST(test_full_is_busy_and_everything_else_is_not),
        PLACE_TEST(test_a_second_program_is_refused),
        PLACE_TEST(test_what_was_committed_is_there_after_reopening),
        PLACE_TEST(test_folders),
        cmocka_unit_test(test_a_file_that_is_no_database),
        PLACE_TEST(test_writers_take_turns),
    };
    return cmocka_run_group_tests_name("store/store", tests, NULL, NULL);
}
