/* Tests of http/auth.h: tokens, sessions that end, links that work once. */
#include "helpers.h"

#include "base/hash.h"
#include "base/time.h"
#include "http/auth.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    char folder[FOLDER_MAX];
    struct store *store;
    struct auth_store *auth;
};

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);
    struct err err = {0};

    folder_make(place->folder);
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    place->auth = auth_open(place->store, &err);
    if (!place->auth) fail_msg("%s", err.text);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;
    auth_close(place->auth);
    store_close(place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

/* Open it again, as a program that starts. */
static void reopen(struct place *place)
{
    struct err err = {0};
    auth_close(place->auth);
    place->auth = auth_open(place->store, &err);
    if (!place->auth) fail_msg("%s", err.text);
}

/* AUTH_NONE: it is nobody's. */
static enum auth role_of(struct place *place, const char *secret, bool by_cookie)
{
    struct principal who = {.role = AUTH_WRITE};
    struct err err = {0};

    if (!auth_check(place->auth, str_of(secret), by_cookie, &who, &err)) {
        assert_int_equal(err.code, ERR_DENIED);
        assert_null(strstr(err.text, secret[0] ? secret : "there is no secret"));
        return AUTH_NONE;
    }
    assert_int_equal(who.by_cookie, by_cookie);
    return who.role;
}

static void test_tokens(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char admin[TOKEN_MAX], reader[TOKEN_MAX];

    ASSERT_OK(auth_add_token(place->auth, STR("boss"), AUTH_ADMIN, admin, &err));
    ASSERT_OK(auth_add_token(place->auth, STR("dashboard"), AUTH_READ, reader, &err));
    assert_int_equal(role_of(place, admin, false), AUTH_ADMIN);
    assert_int_equal(role_of(place, reader, false), AUTH_READ);
    assert_int_equal(role_of(place, admin, true), AUTH_NONE); /* a token is no session */
    assert_int_equal(role_of(place, "", false), AUTH_NONE);
    assert_int_equal(role_of(place, "ak_wrong", false), AUTH_NONE);
    for (size_t i = 0; i < strlen(admin); i++) { /* one character off, each */
        char wrong[TOKEN_MAX];
        memcpy(wrong, admin, sizeof wrong);
        wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
        assert_int_equal(role_of(place, wrong, false), AUTH_NONE);
    }
    admin[strlen(admin) - 1] = '\0';
    assert_int_equal(role_of(place, admin, false), AUTH_NONE);
    reopen(place);
    assert_int_equal(role_of(place, reader, false), AUTH_READ);
}

static void test_no_secret_is_stored(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char admin[TOKEN_MAX];

    ASSERT_OK(auth_add_token(place->auth, STR("boss"), AUTH_ADMIN, admin, &err));
    struct digest digest = digest_of(str_of(admin));
    struct db *db = store_reader_take(place->store, &err);
    struct db_rows rows = db_query(db, "SELECT hash, name, role FROM token", DB_NO_ARGS);
    assert_true(db_next(&rows));
    ASSERT_STR_EQ(db_str(&rows, 0), ((Str){(const char *)digest.bytes, DIGEST_BYTES}));
    ASSERT_STR(db_str(&rows, 1), "boss");
    assert_false(db_next(&rows));
    ASSERT_OK(db_end(&rows, &err));
    store_reader_give(place->store, db);
}

static void test_the_admin_of_the_first_start(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char first[TOKEN_MAX], second[TOKEN_MAX];

    ASSERT_OK(auth_set_admin(place->auth, STR(""), first, &err));
    assert_memory_equal(first, "ak_", 3);
    assert_int_equal(role_of(place, first, false), AUTH_ADMIN);
    ASSERT_OK(auth_set_admin(place->auth, STR(""), second, &err)); /* there is one: no other is made */
    assert_string_equal(second, "");
}

static void test_the_operators_own_admin(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char made[TOKEN_MAX], out[TOKEN_MAX];

    ASSERT_OK(auth_set_admin(place->auth, STR(""), made, &err));
    ASSERT_FAILS(auth_set_admin(place->auth, STR("fifteen letters"), out, &err), ERR_INVALID);
    assert_int_equal(role_of(place, made, false), AUTH_ADMIN);
    ASSERT_OK(auth_set_admin(place->auth, STR("sixteen letters!"), out, &err));
    assert_string_equal(out, "");
    assert_int_equal(role_of(place, "sixteen letters!", false), AUTH_ADMIN);
    assert_int_equal(role_of(place, made, false), AUTH_NONE);                   /* it takes the place of the other */
    ASSERT_OK(auth_set_admin(place->auth, STR("sixteen letters!"), out, &err)); /* at every start */
    ASSERT_OK(auth_set_admin(place->auth, STR("another secret of 16"), out, &err));
    assert_int_equal(role_of(place, "sixteen letters!", false), AUTH_NONE);
    assert_int_equal(role_of(place, "another secret of 16", false), AUTH_ADMIN);
}

static void test_sessions(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char reader[TOKEN_MAX], session[TOKEN_MAX], other[TOKEN_MAX];

    ASSERT_OK(auth_add_token(place->auth, STR("r"), AUTH_READ, reader, &err));
    ASSERT_OK(auth_log_in(place->auth, str_of(reader), session, &err));
    ASSERT_OK(auth_log_in(place->auth, str_of(reader), other, &err));
    assert_string_not_equal(session, other);
    assert_int_equal(role_of(place, session, true), AUTH_READ);
    assert_int_equal(role_of(place, session, false), AUTH_NONE); /* a session is no token */
    ASSERT_FAILS(auth_log_in(place->auth, str_of(session), other, &err), ERR_DENIED);
    ASSERT_FAILS(auth_log_in(place->auth, STR("rk_wrong"), other, &err), ERR_DENIED);
    ASSERT_OK(auth_log_out(place->auth, str_of(session), &err));
    assert_int_equal(role_of(place, session, true), AUTH_NONE);
    assert_int_equal(role_of(place, other, true), AUTH_READ);
    ASSERT_OK(auth_log_out(place->auth, str_of(session), &err)); /* twice does no harm */
    ASSERT_OK(auth_log_out(place->auth, str_of(reader), &err));
    assert_int_equal(role_of(place, reader, false), AUTH_READ); /* a token cannot be logged out */
}

static void end_all(struct place *place, const char *role, int64_t at_ms)
{
    struct err err = {0};
    struct db *db = store_writer_take(place->store);
    ASSERT_OK(db_run(db, "UPDATE token SET expires_ms = $1 WHERE role = $2",
                     DB_ARGS(DB_I64(at_ms), DB_TEXT(str_of(role))), &err));
    store_writer_give(place->store);
}

static int64_t rows_in(struct place *place)
{
    struct err err = {0};
    struct db *db = store_reader_take(place->store, &err);
    struct db_rows rows = db_query(db, "SELECT count(*) FROM token", DB_NO_ARGS);
    int64_t n = db_next(&rows) ? db_i64(&rows, 0) : -1;
    ASSERT_OK(db_end(&rows, &err));
    store_reader_give(place->store, db);
    return n;
}

static void test_sessions_end(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char admin[TOKEN_MAX], session[TOKEN_MAX];

    ASSERT_OK(auth_add_token(place->auth, STR("a"), AUTH_ADMIN, admin, &err));
    ASSERT_OK(auth_log_in(place->auth, str_of(admin), session, &err));
    struct db *db = store_reader_take(place->store, &err);
    struct db_rows rows = db_query(db, "SELECT expires_ms FROM token WHERE role = 'session-admin'", DB_NO_ARGS);
    assert_true(db_next(&rows));
    int64_t left = db_i64(&rows, 0) - time_now_ms();
    assert_true(left > SESSION_MS - 60000 && left <= SESSION_MS);
    ASSERT_OK(db_end(&rows, &err));
    store_reader_give(place->store, db);

    end_all(place, "session-admin", time_now_ms() + 150);
    reopen(place);
    assert_int_equal(role_of(place, session, true), AUTH_ADMIN);
    usleep(250000);
    assert_int_equal(role_of(place, session, true), AUTH_NONE); /* though its row is there still */
    assert_int_equal(rows_in(place), 2);
    reopen(place);
    assert_int_equal(rows_in(place), 1);                        /* swept at start */
    assert_int_equal(role_of(place, admin, false), AUTH_ADMIN); /* tokens have no end */
}

static void test_links_work_once(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char code[TOKEN_MAX], session[TOKEN_MAX], none[TOKEN_MAX];
    enum auth role = AUTH_NONE;

    ASSERT_OK(auth_make_link(place->auth, AUTH_READ, code, &err));
    assert_int_equal(role_of(place, code, false), AUTH_NONE); /* a link is neither token nor session */
    assert_int_equal(role_of(place, code, true), AUTH_NONE);
    ASSERT_FAILS(auth_log_in(place->auth, str_of(code), none, &err), ERR_DENIED);
    ASSERT_OK(auth_use_link(place->auth, str_of(code), session, &role, &err));
    assert_int_equal(role, AUTH_READ);
    assert_int_equal(role_of(place, session, true), AUTH_READ);
    ASSERT_FAILS(auth_use_link(place->auth, str_of(code), none, &role, &err), ERR_DENIED);
    ASSERT_FAILS(auth_use_link(place->auth, str_of(session), none, &role, &err), ERR_DENIED);
    ASSERT_FAILS(auth_use_link(place->auth, STR(""), none, &role, &err), ERR_DENIED);
    reopen(place);
    ASSERT_FAILS(auth_use_link(place->auth, str_of(code), none, &role, &err), ERR_DENIED);

    ASSERT_OK(auth_make_link(place->auth, AUTH_ADMIN, code, &err));
    end_all(place, "link-admin", time_now_ms() - 1);
    reopen(place);
    ASSERT_FAILS(auth_use_link(place->auth, str_of(code), none, &role, &err), ERR_DENIED); /* too late */
}

/* ---- of several at once, one wins ---- */

struct racer {
    struct auth_store *auth;
    const char *code;
    pthread_barrier_t *start;
    bool won;
};

static void *race(void *context)
{
    struct racer *racer = context;
    char session[TOKEN_MAX];
    enum auth role;
    struct err err;

    pthread_barrier_wait(racer->start);
    racer->won = auth_use_link(racer->auth, str_of(racer->code), session, &role, &err);
    return NULL;
}

static void test_two_at_once_use_a_link(void **state)
{
    enum { RACERS = 4 };
    struct place *place = *state;
    struct err err = {0};

    for (int round = 0; round < 20; round++) {
        char code[TOKEN_MAX];
        pthread_barrier_t start;
        pthread_t thread[RACERS];
        struct racer racer[RACERS];
        int won = 0;
        ASSERT_OK(auth_make_link(place->auth, AUTH_ADMIN, code, &err));
        pthread_barrier_init(&start, NULL, RACERS);
        for (int i = 0; i < RACERS; i++) {
            racer[i] = (struct racer){place->auth, code, &start, false};
            assert_int_equal(pthread_create(&thread[i], NULL, race, &racer[i]), 0);
        }
        for (int i = 0; i < RACERS; i++) pthread_join(thread[i], NULL);
        for (int i = 0; i < RACERS; i++) won += racer[i].won;
        pthread_barrier_destroy(&start);
        assert_int_equal(won, 1);
    }
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_tokens),
        PLACE_TEST(test_no_secret_is_stored),
        PLACE_TEST(test_the_admin_of_the_first_start),
        PLACE_TEST(test_the_operators_own_admin),
        PLACE_TEST(test_sessions),
        PLACE_TEST(test_sessions_end),
        PLACE_TEST(test_links_work_once),
        PLACE_TEST(test_two_at_once_use_a_link),
    };
    hash_start();
    return cmocka_run_group_tests_name("http/auth", tests, NULL, NULL);
}
