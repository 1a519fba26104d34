/* Tests of measure/session_run.h: the sessions and conversions of random persons, against the rule asked of every event
 * one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/session_run.h"
#include "snapshot_builder.h"

#define PERSONS 40
#define ORDER 1
#define MINUTE_MS INT64_C(60000)

struct fixture {
    struct builder builder;
    struct arena arena;
};

BUILDER_FIXTURE(struct fixture)

/* Visits by a few tuples, the empty one among them, with pauses of just as long as a session lasts, and a little more.
 */
static const struct snapshot *random_history(struct fixture *f, uint64_t *seed)
{
    static const int64_t gaps[] = {0, 1, 5 * MINUTE_MS, SESSION_IDLE_MS, SESSION_IDLE_MS + 1, 100 * MINUTE_MS};
    uint64_t most = random_below(seed, 8) ? 12 : 900;

    builder_reset(&f->builder);
    builder_three_touches(&f->builder);
    for (uint32_t p = 0; p < PERSONS; p++) {
        int64_t at_ms = (int64_t)random_below(seed, 1000000);
        uint32_t touch = 0;
        for (uint64_t i = random_below(seed, random_below(seed, 10) ? 12 : most); i > 0; i--) {
            at_ms += gaps[random_below(seed, random_below(seed, 2) ? 3 : 6)];
            if (random_below(seed, 3) == 0) touch = (uint32_t)random_below(seed, 3);
            builder_event(&f->builder, p, at_ms, (uint32_t)random_below(seed, 4), touch, 0);
        }
    }
    return builder_done(&f->builder, PERSONS, 4);
}

/* What the rule says of a person's rows, from a session on. */
static void assert_rows(const struct session_run *run, const struct session_person *person,
                        const struct snapshot *snapshot, struct rows rows, struct session session)
{
    uint32_t n = person[0].start, m = person[0].conversion;

    for (uint64_t row = rows.begin; row < rows.end; row++) {
        if (session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row])) {
            assert_true(n < person[1].start);
            assert_int_equal(run->start[n++], row);
        }
        if (snapshot->name[row] != ORDER) continue;
        assert_true(m < person[1].conversion);
        assert_int_equal(run->conversion[m], row);
        assert_int_equal(run->begun[m++], n);
    }
    assert_int_equal(n, person[1].start);
    assert_int_equal(m, person[1].conversion);
}

static void test_many_persons(void **state)
{
    struct fixture *f = *state;
    struct session_run run = {0};
    uint64_t seed = 70;
    struct err err;

    for (int round = 0; round < 1000; round++) {
        const struct snapshot *snapshot = random_history(f, &seed);
        uint32_t from = (uint32_t)random_below(&seed, PERSONS);
        uint32_t to = from + 1 + (uint32_t)random_below(&seed, PERSONS - from), k = 0;
        struct rows rows = {snapshot_rows(snapshot, from).begin, snapshot_rows(snapshot, to - 1).end};
        assert_true(session_run_find(&run, snapshot, rows, ORDER, from, to, (struct session){0}, &f->arena, &err));
        for (uint32_t p = from; p < to; p++) {
            struct rows own = snapshot_rows(snapshot, p);
            if (own.begin == own.end) continue;
            assert_int_equal(run.person[k].place, p);
            assert_rows(&run, &run.person[k++], snapshot, own, (struct session){0});
        }
        assert_int_equal(run.n_persons, k);
        assert_int_equal(run.person[0].start, 0);
    }
}

/* Some rows of one person, whose session began before them. */
static void test_some_rows_of_a_person(void **state)
{
    struct fixture *f = *state;
    struct session_run run = {0};
    uint64_t seed = 71;
    struct err err;

    for (int round = 0; round < 1000; round++) {
        const struct snapshot *snapshot = random_history(f, &seed);
        struct rows rows = snapshot_rows(snapshot, (uint32_t)random_below(&seed, PERSONS));
        uint64_t first = rows.begin;
        struct session before = {0};
        if (rows.begin == rows.end) continue;
        rows.begin += random_below(&seed, rows.end - rows.begin);
        if (rows.begin > first) session_resume(&before, snapshot, first, rows.begin);
        assert_true(session_run_find(&run, snapshot, rows, ORDER, 0, 0, before, &f->arena, &err));
        assert_int_equal(run.n_persons, 1);
        assert_rows(&run, run.person, snapshot, rows, before);
    }
}

/* Of persons who are all out of sight, there is nothing. */
static void test_no_rows(void **state)
{
    struct fixture *f = *state;
    struct session_run run = {0};
    uint64_t seed = 72, hidden = UINT64_MAX;
    struct err err;
    struct snapshot snapshot = *random_history(f, &seed);

    snapshot.hidden = &hidden;
    assert_true(session_run_find(&run, &snapshot, (struct rows){0, 0}, ORDER, 0, PERSONS, (struct session){0},
                                 &f->arena, &err));
    assert_int_equal(run.n, 0);
    assert_int_equal(run.n_persons, 0);
    assert_int_equal(run.person[0].start, 0);
}

static void test_no_room(void **state)
{
    struct fixture *f = *state;
    struct session_run run = {0};
    struct arena tight;
    struct err err;

    for (int i = 0; i < 1000; i++) builder_event(&f->builder, 0, i, 0, 0, 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 1, 1);
    arena_init(&tight, 10000);
    assert_false(
        session_run_find(&run, snapshot, snapshot_rows(snapshot, 0), ORDER, 0, 1, (struct session){0}, &tight, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    arena_free(&tight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_persons, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_some_rows_of_a_person, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("measure/session_run", tests, NULL, NULL);
}
