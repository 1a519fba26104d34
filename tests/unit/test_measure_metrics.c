/* Tests of measure/metrics.h: tables by hand, boundaries, invariants C1 to C3, and a slow oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attribution_oracle.h"
#include "base/parallel.h"
#include "measure/metrics.h"
#include "snapshot_builder.h"

#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define CELLS_MAX 64
#define MANY_PERSONS 15000

enum { VIEW, ORDER, NAMES };
enum { A, B, NONE, TOUCHES };

struct fixture {
    struct builder builder;
    struct arena arena;
    struct err err;
    struct metrics_cell cell[CELLS_MAX], total[TOUCHES];
    bool marked[MANY_PERSONS];
};

BUILDER_FIXTURE(struct fixture)

static const int64_t TWO_HUNDREDS[] = {0, 100, 200};

/* Every event, orders convert, two periods of 100 ms, no groups. */
static struct metrics_query ask(void)
{
    return (struct metrics_query){
        .event = DICT_NONE,
        .any_event = true,
        .conversion = ORDER,
        .bounds = TWO_HUNDREDS,
        .n_periods = 2,
        .by = {NULL, 1},
    };
}

static void count(struct fixture *f, uint32_t n_persons, struct metrics_query query)
{
    const struct snapshot *snapshot = builder_done(&f->builder, n_persons, NAMES);
    if (!metrics_count(snapshot, &query, &f->arena, f->cell, f->total, &f->err)) fail_msg("%s", f->err.text);
}

/* What every answer has had from the beginning. */
static struct metrics_cell six(uint64_t events, uint64_t persons, uint64_t sessions, uint64_t conversions,
                               uint64_t converted, int64_t revenue_minor)
{
    return (struct metrics_cell){.events = events,
                                 .persons = persons,
                                 .sessions = sessions,
                                 .conversions = conversions,
                                 .converted = converted,
                                 .revenue_minor = revenue_minor};
}

static void assert_six(struct metrics_cell got, struct metrics_cell wanted)
{
    assert_int_equal(got.events, wanted.events);
    assert_int_equal(got.persons, wanted.persons);
    assert_int_equal(got.sessions, wanted.sessions);
    assert_int_equal(got.conversions, wanted.conversions);
    assert_int_equal(got.converted, wanted.converted);
    assert_int_equal(got.revenue_minor, wanted.revenue_minor);
}

static void assert_cell(struct metrics_cell got, struct metrics_cell wanted)
{
    assert_six(got, wanted);
    assert_int_equal(got.orders, wanted.orders);
    assert_int_equal(got.payers, wanted.payers);
    assert_int_equal(got.bounces, wanted.bounces);
    assert_int_equal(got.session_ms, wanted.session_ms);
}

/* Person 0 in both periods, person 1 in the second, person 2 has no events. */
static void add_two_persons(struct fixture *f)
{
    builder_event(&f->builder, 0, 10, VIEW, A, 7);
    builder_event(&f->builder, 0, 20, ORDER, A, 500);
    builder_event(&f->builder, 0, 150, VIEW, B, 0);
    builder_event(&f->builder, 0, 160, ORDER, NONE, 300);
    builder_event(&f->builder, 0, 160, ORDER, NONE, -50);
    builder_event(&f->builder, 1, 199, VIEW, NONE, 11);
}

static void test_by_hand(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();

    add_two_persons(f);
    count(f, 3, query);
    assert_six(f->cell[0], six(2, 1, 1, 1, 1, 500));
    assert_six(f->cell[1], six(4, 2, 2, 2, 1, 250));
    assert_six(f->total[0], six(6, 2, 3, 3, 1, 750));
    query.any_revenue = true;
    count(f, 3, query);
    assert_int_equal(f->cell[0].revenue_minor, 507);
    assert_int_equal(f->total[0].revenue_minor, 768);
}

/* `event` chooses events and persons; sessions, conversions and revenue stay. */
static void test_one_event(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();

    add_two_persons(f);
    query.any_event = false;
    query.event = VIEW;
    count(f, 3, query);
    assert_six(f->cell[0], six(1, 1, 1, 1, 1, 500));
    assert_six(f->total[0], six(3, 2, 3, 3, 1, 750));
    query.event = DICT_NONE;
    query.conversion = DICT_NONE;
    count(f, 3, query);
    assert_six(f->total[0], six(0, 0, 3, 0, 0, 0));
}

static void test_by_touch(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();

    add_two_persons(f);
    query.by = (struct grouping){(const uint32_t[TOUCHES]){1, 0, 1}, 2};
    count(f, 3, query);
    assert_cell(f->cell[0], (struct metrics_cell){0}); /* B, first period */
    assert_six(f->cell[1], six(3, 1, 1, 2, 1, 250));   /* B, second: its session brought the orders */
    assert_six(f->cell[2], six(2, 1, 1, 1, 1, 500));   /* A and NONE, first */
    assert_six(f->cell[3], six(1, 1, 1, 0, 0, 0));     /* person 1 came by itself */
    assert_six(f->total[1], six(3, 2, 2, 1, 1, 500));
    query.touch_counts = (const bool[TOUCHES]){[NONE] = true};
    count(f, 3, query);
    assert_cell(f->cell[0], (struct metrics_cell){0});
    assert_cell(f->cell[1], (struct metrics_cell){0});
    assert_cell(f->cell[2], (struct metrics_cell){0});
    assert_six(f->cell[3], six(1, 1, 1, 0, 0, 0)); /* person 0's empty tuples go on a session of B */
}

static void test_period_bounds(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();
    static const int64_t bounds[] = {-5, 0, 0, 10};

    for (int64_t at_ms = -7; at_ms < 13; at_ms++) builder_event(&f->builder, 0, at_ms, VIEW, A, 0);
    query.bounds = bounds;
    query.n_periods = 3;
    count(f, 1, query);
    assert_int_equal(f->cell[0].events, 5);
    assert_int_equal(f->cell[1].events, 0); /* ends where it begins */
    assert_int_equal(f->cell[2].events, 10);
    assert_int_equal(f->total[0].sessions, 0); /* it began before the first period */
    query.bounds = (const int64_t[]){INT64_MIN, INT64_MAX};
    query.n_periods = 1;
    count(f, 1, query);
    assert_int_equal(f->total[0].events, 20);
    assert_int_equal(f->total[0].sessions, 1);
}

/* The gap to an event of any kind, before the first period too: 30 minutes go on, more begin another session. */
static void test_sessions(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();

    builder_event(&f->builder, 0, -30 * MINUTE_MS, VIEW, A, 0);
    builder_event(&f->builder, 0, 0, ORDER, NONE, 0); /* goes on */
    builder_event(&f->builder, 0, 50, VIEW, B, 0);    /* another tuple */
    builder_event(&f->builder, 1, -30 * MINUTE_MS - 1, VIEW, A, 0);
    builder_event(&f->builder, 1, 0, VIEW, A, 0); /* too late */
    count(f, 2, query);
    assert_int_equal(f->cell[0].sessions, 2);
    assert_int_equal(f->cell[1].sessions, 0);
    query.any_event = false; /* no view counts, yet they hold the sessions together */
    query.event = ORDER;
    count(f, 2, query);
    assert_six(f->total[0], six(1, 1, 2, 1, 1, 0));
}

/* Orders are conversions; when no conversion is named, events with more than no money. */
static void test_orders(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();

    builder_event(&f->builder, 0, 10, VIEW, A, 7);
    builder_event(&f->builder, 0, 20, ORDER, A, 500);
    builder_event(&f->builder, 0, 120, ORDER, A, -100); /* a refund: an order of that name, no sale */
    builder_event(&f->builder, 1, 130, ORDER, A, 0);    /* a free one */
    builder_event(&f->builder, 2, 140, VIEW, A, 1);
    count(f, 3, query);
    assert_int_equal(f->total[0].orders, 3);
    assert_int_equal(f->total[0].payers, 2);
    assert_int_equal(f->cell[1].orders, 2);
    query.any_revenue = true;
    count(f, 3, query);
    assert_int_equal(f->cell[0].orders, 2);
    assert_int_equal(f->cell[0].payers, 1);
    assert_int_equal(f->cell[1].orders, 1);
    assert_int_equal(f->total[0].payers, 2);
    assert_int_equal(f->total[0].revenue_minor, 408);
}

/* A session's length is its own, wherever it ends; it counts where it begins. */
static void test_lengths(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();

    builder_event(&f->builder, 0, 10, VIEW, A, 0);
    builder_event(&f->builder, 0, 150, VIEW, A, 0);
    builder_event(&f->builder, 0, 1000, VIEW, NONE, 0); /* past the last period, yet of the session */
    builder_event(&f->builder, 0, 1010, VIEW, B, 0);    /* another, outside */
    builder_event(&f->builder, 1, -10, VIEW, A, 0);     /* begun before: no session of these periods */
    builder_event(&f->builder, 1, 60, VIEW, A, 0);
    builder_event(&f->builder, 1, 110, VIEW, B, 0);
    count(f, 2, query);
    assert_int_equal(f->cell[0].sessions, 1);
    assert_int_equal(f->cell[0].session_ms, 990);
    assert_int_equal(f->cell[0].bounces, 0);
    assert_int_equal(f->cell[1].sessions, 1);
    assert_int_equal(f->cell[1].session_ms, 0);
    assert_int_equal(f->cell[1].bounces, 1);
    assert_int_equal(f->total[0].session_ms, 990);
    assert_int_equal(f->total[0].bounces, 1);
}

static void test_nothing_to_count(void **state)
{
    struct fixture *f = *state;

    memset(f->cell, 0xFF, sizeof f->cell);
    memset(f->total, 0xFF, sizeof f->total);
    count(f, 0, ask());
    assert_cell(f->cell[0], (struct metrics_cell){0});
    assert_cell(f->cell[1], (struct metrics_cell){0});
    assert_cell(f->total[0], (struct metrics_cell){0});
    builder_event(&f->builder, 1, 200, VIEW, A, 0); /* at the end: out */
    builder_event(&f->builder, 2, -1, VIEW, A, 0);
    count(f, 4, ask());
    assert_cell(f->total[0], (struct metrics_cell){0});
}

static void test_bad_questions_change_nothing(void **state)
{
    struct fixture *f = *state;
    const struct snapshot *snapshot = builder_done(&f->builder, 0, 0);
    struct metrics_query query = ask();

    f->cell[0].events = f->total[0].events = 9;
    query.n_periods = 0;
    assert_false(metrics_count(snapshot, &query, &f->arena, f->cell, f->total, &f->err));
    assert_int_equal(f->err.code, ERR_INVALID);
    query = ask();
    query.bounds = (const int64_t[]){0, 200, 199};
    assert_false(metrics_count(snapshot, &query, &f->arena, f->cell, f->total, &f->err));
    assert_int_equal(f->cell[0].events, 9);
    assert_int_equal(f->total[0].events, 9);
}

static void test_large_revenue(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();

    builder_event(&f->builder, 0, 1, ORDER, A, -INT64_MAX);
    count(f, 1, query);
    assert_true(f->total[0].revenue_minor == -INT64_MAX);
    builder_event(&f->builder, 1, 1, ORDER, A, 1);
    const struct snapshot *snapshot = builder_done(&f->builder, 2, NAMES);
    assert_false(metrics_count(snapshot, &query, &f->arena, f->cell, f->total, &f->err));
    assert_int_equal(f->err.code, ERR_LIMIT);
    assert_true(f->total[0].revenue_minor == -INT64_MAX); /* the answer before */
    query.touch_counts = (const bool[TOUCHES]){false};
    count(f, 2, query);
    assert_int_equal(f->total[0].revenue_minor, 0);
}

/* ---- the oracle: each cell on its own, from all events ---- */

#define PERSONS 8
#define PERSON_EVENTS 20

static bool begins_session(const struct snapshot *s, uint32_t person, uint64_t row)
{
    uint64_t rows[PERSON_EVENTS];

    for (uint64_t i = 0; i < snapshot_rows(s, person).end - snapshot_rows(s, person).begin; i++)
        rows[i] = snapshot_rows(s, person).begin + i;
    return oracle_begins_session(s, rows, (size_t)(row - snapshot_rows(s, person).begin));
}

/* The length of the session that the event at `row` begins, and how many events it has. */
static uint64_t session_length(const struct snapshot *s, uint32_t person, uint64_t row, uint64_t *events)
{
    uint64_t last = row;

    while (last + 1 < snapshot_rows(s, person).end && !begins_session(s, person, last + 1)) last++;
    *events = last + 1 - row;
    return (uint64_t)(s->at_ms[last] - s->at_ms[row]);
}

/* Does the event count in a group and a span? */
static bool is_in(const struct snapshot *s, const struct metrics_query *query, uint32_t person, uint64_t row,
                  uint32_t group, struct range span)
{
    uint32_t touch = oracle_session_touch(s, person, row);

    if (!range_holds(span, s->at_ms[row])) return false;
    if (query->touch_counts && !query->touch_counts[touch]) return false;
    return !query->by.key || query->by.key[touch] == group;
}

static struct metrics_cell slow_person(const struct snapshot *s, const struct metrics_query *query, uint32_t person,
                                       uint32_t group, struct range span)
{
    struct metrics_cell cell = {0};

    for (uint64_t row = snapshot_rows(s, person).begin; row < snapshot_rows(s, person).end; row++) {
        bool converts = query->conversion != DICT_NONE && s->name[row] == query->conversion;
        uint64_t events;
        if (!is_in(s, query, person, row, group, span)) continue;
        cell.events += query->any_event || s->name[row] == query->event;
        cell.conversions += converts;
        cell.orders += query->any_revenue ? s->amount_minor[row] > 0 : converts;
        if (converts || query->any_revenue) cell.revenue_minor += s->amount_minor[row];
        if (!begins_session(s, person, row)) continue;
        cell.sessions++;
        cell.session_ms += session_length(s, person, row, &events);
        cell.bounces += events == 1;
    }
    cell.persons = cell.events > 0;
    cell.converted = cell.conversions > 0;
    cell.payers = cell.orders > 0;
    return cell;
}

static void add(struct metrics_cell *sum, struct metrics_cell cell)
{
    sum->events += cell.events;
    sum->persons += cell.persons;
    sum->sessions += cell.sessions;
    sum->conversions += cell.conversions;
    sum->converted += cell.converted;
    sum->revenue_minor += cell.revenue_minor;
    sum->orders += cell.orders;
    sum->payers += cell.payers;
    sum->bounces += cell.bounces;
    sum->session_ms += cell.session_ms;
}

static struct metrics_cell slow_cell(const struct snapshot *s, const struct metrics_query *query, uint32_t group,
                                     int64_t from_ms, int64_t to_ms)
{
    struct metrics_cell cell = {0};

    for (uint32_t person = 0; person < s->n_persons; person++)
        add(&cell, slow_person(s, query, person, group, (struct range){from_ms, to_ms}));
    return cell;
}

static void random_facts(struct builder *builder, uint32_t n_persons, uint64_t *seed)
{
    static const uint64_t spans[] = {3, 1000, 14400000};
    for (uint32_t person = 0; person < n_persons; person++) {
        uint64_t n = random_below(seed, PERSON_EVENTS), span = spans[random_below(seed, COUNT_OF(spans))];
        for (uint64_t i = 0; i < n; i++) {
            builder_event(builder, person, (int64_t)random_below(seed, span), (uint32_t)random_below(seed, NAMES),
                          (uint32_t)random_below(seed, TOUCHES), (int64_t)random_below(seed, 2000) - 500);
        }
    }
}

/* Bounds of up to 9 periods, some of them empty; `bounds` has room for 10. */
static struct metrics_query random_query(uint64_t *seed, int64_t *bounds)
{
    static const uint32_t key[TOUCHES] = {1, 0, 1};
    static const bool counts[TOUCHES] = {true, false, true};
    static const uint64_t steps[] = {2, 400, 7200000};
    uint64_t step = steps[random_below(seed, COUNT_OF(steps))];
    struct metrics_query query = ask();

    query.n_periods = 1 + (uint32_t)random_below(seed, 9);
    bounds[0] = (int64_t)random_below(seed, 3) - 1;
    for (uint32_t i = 0; i < query.n_periods; i++) bounds[i + 1] = bounds[i] + (int64_t)random_below(seed, step);
    query.bounds = bounds;
    query.any_event = random_below(seed, 2);
    query.event = random_below(seed, 4) ? VIEW : DICT_NONE;
    if (random_below(seed, 5) == 0) query.conversion = DICT_NONE;
    query.any_revenue = random_below(seed, 2);
    if (random_below(seed, 2)) query.touch_counts = counts;
    if (random_below(seed, 2)) query.by = (struct grouping){key, 2};
    return query;
}

/* C1 and C2. */
static void assert_totals(const struct fixture *f, const struct metrics_query *query, uint32_t group)
{
    struct metrics_cell total = f->total[group], sum = {0};

    for (uint32_t i = 0; i < query->n_periods; i++) {
        struct metrics_cell cell = f->cell[group * query->n_periods + i];
        add(&sum, cell);
        assert_true(cell.persons <= total.persons && cell.converted <= total.converted && cell.payers <= total.payers);
    }
    assert_true(total.persons <= sum.persons && total.converted <= sum.converted && total.payers <= sum.payers);
    sum.persons = total.persons;
    sum.converted = total.converted;
    sum.payers = total.payers;
    assert_cell(total, sum);
}

/* C3, and each person on its own. */
static void assert_marks(struct fixture *f, const struct snapshot *s, const struct metrics_query *query, uint32_t group)
{
    const struct range span = {query->bounds[0], query->bounds[query->n_periods]};
    uint64_t n[3] = {0};

    for (enum metrics_persons which = METRICS_PERSONS; which <= METRICS_PAYERS; which++) {
        assert_true(metrics_mark(s, query, which, group, &f->arena, f->marked, &f->err));
        for (uint32_t person = 0; person < s->n_places; person++) {
            struct metrics_cell cell = slow_person(s, query, person, group, span);
            uint64_t wanted[] = {cell.persons, cell.converted, cell.payers};
            assert_int_equal(f->marked[person], wanted[which]);
            n[which] += wanted[which];
        }
    }
    assert_int_equal(n[0], f->total[group].persons);
    assert_int_equal(n[1], f->total[group].converted);
    assert_int_equal(n[2], f->total[group].payers);
}

/* Events and persons alone are what they are among everything. */
static void assert_events_only(struct fixture *f, const struct snapshot *s, struct metrics_query query)
{
    query.events_only = true;
    assert_true(metrics_count(s, &query, &f->arena, f->cell, f->total, &f->err));
    for (uint32_t group = 0; group < query.by.n; group++) {
        struct metrics_cell all = slow_cell(s, &query, group, query.bounds[0], query.bounds[query.n_periods]);
        assert_int_equal(f->total[group].events, all.events);
        assert_int_equal(f->total[group].persons, all.persons);
        for (uint32_t i = 0; i < query.n_periods; i++) {
            struct metrics_cell cell = slow_cell(s, &query, group, query.bounds[i], query.bounds[i + 1]);
            assert_int_equal(f->cell[group * query.n_periods + i].events, cell.events);
            assert_int_equal(f->cell[group * query.n_periods + i].persons, cell.persons);
        }
    }
}

static void assert_all(struct fixture *f, const struct snapshot *s, const struct metrics_query *query)
{
    assert_true(metrics_count(s, query, &f->arena, f->cell, f->total, &f->err));
    for (uint32_t group = 0; group < query->by.n; group++) {
        for (uint32_t i = 0; i < query->n_periods; i++)
            assert_cell(f->cell[group * query->n_periods + i],
                        slow_cell(s, query, group, query->bounds[i], query->bounds[i + 1]));
        assert_cell(f->total[group], slow_cell(s, query, group, query->bounds[0], query->bounds[query->n_periods]));
        assert_totals(f, query, group);
        assert_marks(f, s, query, group);
    }
    assert_events_only(f, s, *query);
}

static void test_oracle_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 40;

    for (int round = 0; round < 2000; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        int64_t bounds[10];
        struct metrics_query query = random_query(&seed, bounds);

        builder_three_touches(&builder);
        random_facts(&builder, PERSONS, &seed);
        assert_all(f, builder_done(&builder, PERSONS, NAMES), &query);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* Some 140,000 events in several shards, on two threads whatever the machine has. */
static void test_many_shards(void **state)
{
    static const int64_t bounds[] = {1, 2, 500, 3600000, 14000000};
    static const uint32_t key[TOUCHES] = {1, 0, 1};
    struct fixture *f = *state;
    struct metrics_query query = ask();
    uint64_t seed = 41;

    parallel_limit(2);
    f->builder.scatter = true;
    random_facts(&f->builder, MANY_PERSONS, &seed);
    query.bounds = bounds;
    query.n_periods = COUNT_OF(bounds) - 1;
    query.any_revenue = true;
    query.by = (struct grouping){key, 2};
    const struct snapshot *s = builder_done(&f->builder, MANY_PERSONS, NAMES);
    assert_true(s->n_events > 131072);
    assert_all(f, s, &query);
    parallel_limit(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_by_hand),       TEST(test_one_event),        TEST(test_by_touch),
        TEST(test_period_bounds), TEST(test_sessions),         TEST(test_orders),
        TEST(test_lengths),       TEST(test_nothing_to_count), TEST(test_bad_questions_change_nothing),
        TEST(test_large_revenue), TEST(test_oracle_agrees),    TEST(test_many_shards),
    };
    return cmocka_run_group_tests_name("measure/metrics", tests, NULL, NULL);
}
