/* Tests of connect/connections.h: the key and its file, secrets that only the key opens, the table. */
#include "helpers.h"

#include "base/hash.h"
#include "base/time.h"
#include "connect/connections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY STR("a key of the operator")

struct place {
    char folder[FOLDER_MAX];
    struct store *store;
    struct db *db; /* the writer, held all the time */
    struct vault *vault;
    struct arena arena;
};

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);
    struct err err = {0};

    folder_make(place->folder);
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    place->db = store_writer_take(place->store);
    place->vault = vault_open(str_of(place->folder), KEY, &err);
    if (!place->vault) fail_msg("%s", err.text);
    arena_init(&place->arena, (size_t)1024 * 1024);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    arena_free(&place->arena);
    vault_close(place->vault);
    store_writer_give(place->store);
    store_close(place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

static struct connection add(struct place *place, const char *name, const char *settings, const char *secrets)
{
    struct connection one = {
        .adapter = STR("meta"), .name = str_of(name), .settings = str_of(settings), .secrets = str_of(secrets)};
    struct err err = {0};

    ASSERT_OK(connection_insert(place->db, place->vault, &one, &err));
    return one;
}

static struct connection read_one(struct place *place, const struct vault *vault, int64_t id)
{
    struct connection one;
    struct err err = {0};

    ASSERT_OK(connection_read(place->db, vault, id, &place->arena, &one, &err));
    return one;
}

static void test_secrets_come_back_with_the_key_only(void **state)
{
    struct place *place = *state;
    struct connection one = add(place, "Shop", "{\"account\":\"act_1\"}", "{\"token\":\"EAAB-secret\"}");

    ASSERT_STR(one.state, "new");
    ASSERT_I64(one.pulled_day, TIME_NONE);
    struct connection plain = read_one(place, NULL, one.id);
    assert_int_equal(plain.secrets.n, 0);
    ASSERT_STR(plain.settings, "{\"account\":\"act_1\"}");
    ASSERT_STR(plain.adapter, "meta");
    struct connection whole = read_one(place, place->vault, one.id);
    ASSERT_STR(whole.secrets, "{\"token\":\"EAAB-secret\",\"account\":\"act_1\"}");
    const char *bytes = whole.secrets.p;
    size_t n = whole.secrets.n;
    connection_wipe(&whole);
    assert_int_equal(whole.secrets.n, 0);
    for (size_t i = 0; i < n; i++) assert_int_equal(bytes[i], 0);
}

static void test_either_side_may_be_empty(void **state)
{
    static const struct {
        const char *settings, *secrets, *wanted;
    } cases[] = {
        {"{}", "", "{}"},
        {"{}", "{}", "{}"},
        {"{\"a\":\"1\"}", "", "{\"a\":\"1\"}"},
        {"{}", "{\"b\":\"}\"}", "{\"b\":\"}\"}"},
    };
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[8];
        snprintf(name, sizeof name, "%zu", i);
        struct connection one = add(place, name, cases[i].settings, cases[i].secrets);
        ASSERT_STR(read_one(place, place->vault, one.id).secrets, cases[i].wanted);
    }
}

static void test_another_key_is_told_apart(void **state)
{
    struct place *place = *state;
    struct connection one = add(place, "Shop", "{}", "{\"token\":\"t\"}"), out;
    struct err err = {0};
    struct vault *other = vault_open(str_of(place->folder), STR("another key of it"), &err);

    assert_non_null(other);
    ASSERT_FAILS(connection_read(place->db, other, one.id, &place->arena, &out, &err), ERR_CONFLICT);
    ASSERT_HOLDS(err.text, "DEMETRA_SECRET_KEY");
    ASSERT_HOLDS(err.text, "Shop");
    one.secrets = STR("{\"token\":\"new\"}"); /* entered again, it is the new key's */
    ASSERT_OK(connection_update(place->db, other, &one, &err));
    ASSERT_STR(read_one(place, other, one.id).secrets, "{\"token\":\"new\"}");
    vault_close(other);
}

/* Any bit of what is stored, and any cut, is found out. */
static void test_what_was_changed_does_not_open(void **state)
{
    struct place *place = *state;
    struct connection one = add(place, "Shop", "{}", "{\"token\":\"t\"}"), out;
    struct err err = {0};
    uint64_t seed = 7;
    char sealed[256];
    struct db_rows rows = db_query(place->db, "SELECT secret FROM connection", DB_NO_ARGS);

    assert_true(db_next(&rows));
    size_t n = db_str(&rows, 0).n;
    memcpy(sealed, db_str(&rows, 0).p, n);
    ASSERT_OK(db_end(&rows, &err));
    for (int i = 0; i < 200; i++) {
        char broken[256];
        size_t length = n;
        memcpy(broken, sealed, n);
        if (i % 4 == 0) {
            length = random_below(&seed, (uint32_t)n);
        } else {
            broken[random_below(&seed, (uint32_t)n)] ^= (char)(1 << random_below(&seed, 8));
        }
        ASSERT_OK(
            db_run(place->db, "UPDATE connection SET secret = $1", DB_ARGS(DB_BYTES(((Str){broken, length}))), &err));
        ASSERT_FAILS(connection_read(place->db, place->vault, one.id, &place->arena, &out, &err), ERR_CONFLICT);
    }
}

static void test_the_same_text_is_sealed_differently_each_time(void **state)
{
    struct place *place = *state;
    struct err err = {0};

    add(place, "a", "{}", "{\"token\":\"t\"}");
    add(place, "b", "{}", "{\"token\":\"t\"}");
    struct db_rows rows = db_query(place->db, "SELECT count(DISTINCT secret) FROM connection", DB_NO_ARGS);
    assert_true(db_next(&rows));
    ASSERT_I64(db_i64(&rows, 0), 2);
    ASSERT_OK(db_end(&rows, &err));
}

static void test_changes(void **state)
{
    struct place *place = *state;
    struct connection one = add(place, "a", "{}", "{\"token\":\"t\"}"), two = add(place, "b", "{}", "");
    struct err err = {0};

    one.name = STR("c");
    one.secrets = (Str){NULL, 0};
    one.settings = STR("{\"x\":\"1\"}");
    one.pulled_day = 20000;
    ASSERT_OK(connection_update(place->db, place->vault, &one, &err));
    struct connection got = read_one(place, place->vault, one.id);
    ASSERT_STR(got.secrets, "{\"token\":\"t\",\"x\":\"1\"}");
    ASSERT_STR(got.name, "c");
    ASSERT_I64(got.pulled_day, 20000);
    one.name = two.name;
    ASSERT_FAILS(connection_update(place->db, place->vault, &one, &err), ERR_CONFLICT);
    ASSERT_HOLDS(err.text, "\"b\"");
    ASSERT_FAILS(connection_insert(place->db, place->vault, &one, &err), ERR_CONFLICT);

    ASSERT_OK(connection_note(place->db, two.id, STR("failed"), STR("It did not answer."), &err));
    ASSERT_STR(read_one(place, NULL, two.id).state, "failed");
    ASSERT_STR(read_one(place, NULL, two.id).message, "It did not answer.");
    two.state = STR("paused");
    ASSERT_OK(connection_update(place->db, place->vault, &two, &err));
    ASSERT_OK(connection_note(place->db, two.id, STR("ok"), STR(""), &err));
    ASSERT_STR(read_one(place, NULL, two.id).state, "paused");
    ASSERT_OK(connection_pulled(place->db, two.id, 20100, TIME_NONE, &err));
    got = read_one(place, NULL, two.id);
    ASSERT_I64(got.pulled_day, 20100);
    ASSERT_I64(got.restated_day, TIME_NONE);
    assert_true(got.pulled_ms > 0);
}

static void test_an_id_is_not_given_again(void **state)
{
    struct place *place = *state;
    struct connection one = add(place, "a", "{}", ""), out, list[2];
    struct err err = {0};
    size_t n;

    ASSERT_OK(db_run(place->db,
                     "INSERT INTO ad_account (id, source, account, connection_id, created_ms) "
                     "VALUES (1, 'meta', 'x', $1, 0)",
                     DB_ARGS(DB_I64(one.id)), &err));
    ASSERT_OK(connection_remove(place->db, one.id, &err));
    struct connection two = add(place, "b", "{}", "");
    assert_true(two.id > one.id);
    ASSERT_FAILS(connection_remove(place->db, one.id, &err), ERR_NOT_FOUND);
    ASSERT_FAILS(connection_note(place->db, one.id, STR("ok"), STR(""), &err), ERR_NOT_FOUND);
    ASSERT_FAILS(connection_pulled(place->db, one.id, 1, 1, &err), ERR_NOT_FOUND);
    ASSERT_FAILS(connection_update(place->db, place->vault, &one, &err), ERR_NOT_FOUND);
    ASSERT_FAILS(connection_read(place->db, place->vault, one.id, &place->arena, &out, &err), ERR_NOT_FOUND);
    ASSERT_OK(connections_list(place->db, &place->arena, list, 2, &n, &err));
    assert_int_equal(n, 1);
    ASSERT_I64(list[0].id, two.id);
}

static void test_the_key_that_is_made(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char path[FOLDER_MAX + 16];
    struct stat info;

    assert_null(vault_open(str_of(place->folder), STR("short"), &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(strstr(err.text, "short"));
    struct vault *made = vault_open(str_of(place->folder), STR(""), &err);
    assert_non_null(made);
    snprintf(path, sizeof path, "%s/secret.key", place->folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    struct connection one = {.adapter = STR("x"), .name = STR("n"), .settings = STR("{}"), .secrets = STR("{\"t\":1}")};
    ASSERT_OK(connection_insert(place->db, made, &one, &err));
    vault_close(made);
    struct vault *again = vault_open(str_of(place->folder), STR(""), &err);
    ASSERT_STR(read_one(place, again, one.id).secrets, "{\"t\":1}");
    vault_close(again);
    file_write(place->folder, "secret.key", STR("x\n"));
    assert_null(vault_open(str_of(place->folder), STR(""), &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(unlink(path), 0);
    struct vault *other = vault_open(str_of(place->folder), STR(""), &err);
    ASSERT_FAILS(connection_read(place->db, other, one.id, &place->arena, &one, &err), ERR_CONFLICT);
    vault_close(other);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_secrets_come_back_with_the_key_only),
        IN_PLACE(test_either_side_may_be_empty),
        IN_PLACE(test_another_key_is_told_apart),
        IN_PLACE(test_what_was_changed_does_not_open),
        IN_PLACE(test_the_same_text_is_sealed_differently_each_time),
        IN_PLACE(test_changes),
        IN_PLACE(test_an_id_is_not_given_again),
        IN_PLACE(test_the_key_that_is_made),
    };
    hash_start();
    return cmocka_run_group_tests_name("connect/connections", tests, NULL, NULL);
}
