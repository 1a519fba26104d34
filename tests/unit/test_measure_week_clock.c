/* Tests of measure/week_clock.h: against the C library's own clock, event by event, in zones of every kind; the nights
 * on which clocks change by hand. */
#include "helpers.h"

#include "base/parallel.h"
#include "measure/week_clock.h"

#include <string.h>
#include <time.h>

enum { NAMES = 4, CONVERSION = 2 };

struct fixture {
    struct builder builder;
    struct arena arena;
};

BUILDER_FIXTURE(struct fixture)

static void zone(const char *name)
{
    struct err err = {0};
    ASSERT_OK(time_zone_set(name, &err));
}

static uint32_t slow_cell(int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / 1000 - (at_ms % 1000 < 0));
    struct tm local;

    localtime_r(&seconds, &local);
    return (uint32_t)((local.tm_wday + 6) % 7 * 24 + local.tm_hour);
}

static void slow(const struct snapshot *s, const struct week_clock_query *query, struct week_clock_cell *out)
{
    memset(out, 0, WEEK_CLOCK_CELLS * sizeof *out);
    for (uint32_t place = 0; place < s->n_places; place++) {
        bool seen[WEEK_CLOCK_CELLS] = {false};
        for (uint64_t row = snapshot_rows(s, place).begin; row < snapshot_rows(s, place).end; row++) {
            if (s->at_ms[row] < query->range.from_ms || s->at_ms[row] >= query->range.to_ms) continue;
            if (query->must_touch && !query->must_touch[s->touch[row]]) continue;
            uint32_t at = slow_cell(s->at_ms[row]);
            if (!query->counts || query->counts[s->name[row]]) {
                out[at].events++;
                seen[at] = true;
            }
            if (s->name[row] == CONVERSION && query->conversion == CONVERSION) {
                out[at].conversions++;
                out[at].revenue_minor += s->amount_minor[row];
            }
        }
        for (int i = 0; i < WEEK_CLOCK_CELLS; i++) out[i].persons += seen[i];
    }
}

/* The zone over all events; builder_done leaves first_ms and last_ms alone. */
static void find_zone(struct fixture *f, const struct snapshot *s, struct week_clock_query *query)
{
    int64_t first_ms = INT64_MAX, last_ms = INT64_MIN;

    for (uint64_t row = 0; row < s->n_events; row++) {
        if (s->at_ms[row] < first_ms) first_ms = s->at_ms[row];
        if (s->at_ms[row] > last_ms) last_ms = s->at_ms[row];
    }
    if (s->n_events == 0) first_ms = last_ms = 0;
    query->zone = time_offsets(first_ms, last_ms, &f->arena, &query->n_zone);
}

static void assert_cells(struct fixture *f, const struct snapshot *s, struct week_clock_query query)
{
    struct week_clock_cell got[WEEK_CLOCK_CELLS], wanted[WEEK_CLOCK_CELLS];
    struct err err = {0};

    find_zone(f, s, &query);
    ASSERT_OK(week_clock(s, &query, &f->arena, got, &err));
    slow(s, &query, wanted);
    for (int i = 0; i < WEEK_CLOCK_CELLS; i++) {
        assert_int_equal(got[i].events, wanted[i].events);
        assert_int_equal(got[i].persons, wanted[i].persons);
        assert_int_equal(got[i].conversions, wanted[i].conversions);
        ASSERT_I64(got[i].revenue_minor, wanted[i].revenue_minor);
    }
}

static void random_facts(struct builder *builder, uint32_t n_persons, uint64_t most, int64_t from_ms, uint64_t span_ms,
                         uint64_t *seed)
{
    for (uint32_t person = 0; person < n_persons; person++) {
        uint64_t n = random_below(seed, most);
        for (uint64_t i = 0; i < n; i++)
            builder_event(builder, person, from_ms + (int64_t)random_below(seed, span_ms),
                          (uint32_t)random_below(seed, NAMES), (uint32_t)random_below(seed, 3),
                          (int64_t)random_below(seed, 2000) - 500);
    }
}

static void test_oracle_agrees(void **state)
{
    static const char *const ZONES[] = {"UTC",
                                        "Europe/Kyiv",
                                        "America/St_Johns",
                                        "Asia/Kathmandu",
                                        "America/New_York",
                                        "Australia/Lord_Howe",
                                        "Pacific/Apia",
                                        "Africa/Casablanca"};
    static const bool MUST[3] = {true, false, true}, COUNTS[NAMES] = {true, false, false, true};
    struct fixture *f = *state;
    uint64_t seed = 17;

    for (int round = 0; round < 200; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        uint32_t n_persons = (uint32_t)random_below(&seed, 9);
        int64_t from_ms = (int64_t)random_below(&seed, 60) * 365 * TIME_DAY_MS - 2 * 365 * TIME_DAY_MS;
        struct week_clock_query query = {.range = RANGE_ALL,
                                         .conversion = random_below(&seed, 4) ? CONVERSION : DICT_NONE};
        zone(ZONES[random_below(&seed, COUNT_OF(ZONES))]);
        builder_three_touches(&builder);
        random_facts(&builder, n_persons, 40, from_ms, (uint64_t)(2 * 365 * TIME_DAY_MS), &seed);
        if (random_below(&seed, 2))
            query.range = (struct range){from_ms + 90 * TIME_DAY_MS, from_ms + 400 * TIME_DAY_MS};
        if (random_below(&seed, 2)) query.must_touch = MUST;
        if (random_below(&seed, 2)) query.counts = COUNTS;
        assert_cells(f, builder_done(&builder, n_persons, NAMES), query);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

static void test_many_shards(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 18;

    zone("Europe/Kyiv");
    parallel_limit(2);
    f->builder.scatter = true;
    random_facts(&f->builder, 15000, 20, INT64_C(1700000000000), (uint64_t)(400 * TIME_DAY_MS), &seed);
    const struct snapshot *s = builder_done(&f->builder, 15000, NAMES);
    assert_true(s->n_events > 131072);
    assert_cells(f, s, (struct week_clock_query){.range = RANGE_ALL, .conversion = CONVERSION});
    parallel_limit(0);
}

/* Kyiv: on Sunday 2025-03-30 the hour from 3 to 4 is left out, on Sunday 2025-10-26 it comes twice; both at 01:00 UTC.
 */
static void test_nights_of_change(void **state)
{
    struct fixture *f = *state;
    struct week_clock_cell cell[WEEK_CLOCK_CELLS];
    struct week_clock_query query = {.range = RANGE_ALL, .conversion = 1};
    const uint32_t sunday = 6 * 24;
    int64_t spring, autumn;
    struct err err = {0};

    zone("Europe/Kyiv");
    assert_true(time_parse_instant(STR("2025-03-30T01:00:00Z"), &spring));
    assert_true(time_parse_instant(STR("2025-10-26T01:00:00Z"), &autumn));
    builder_event(&f->builder, 0, spring - 1, 0, 0, 0);
    builder_event(&f->builder, 0, spring, 0, 0, 0);
    builder_event(&f->builder, 0, autumn - TIME_HOUR_MS, 0, 0, 0);
    builder_event(&f->builder, 0, autumn, 1, 0, 250);
    builder_event(&f->builder, 1, autumn + TIME_HOUR_MS - 1, 0, 0, 0);
    builder_event(&f->builder, 1, autumn + TIME_HOUR_MS, 0, 0, 0);
    const struct snapshot *s = builder_done(&f->builder, 2, NAMES);
    find_zone(f, s, &query);
    assert_int_equal(query.n_zone, 3);
    ASSERT_I64(query.zone[1].from_ms, spring);
    ASSERT_I64(query.zone[2].from_ms, autumn);
    ASSERT_OK(week_clock(s, &query, &f->arena, cell, &err));
    assert_int_equal(cell[sunday + 2].events, 1);
    assert_int_equal(cell[sunday + 3].events, 3);
    assert_int_equal(cell[sunday + 3].persons, 2);
    assert_int_equal(cell[sunday + 3].conversions, 1);
    ASSERT_I64(cell[sunday + 3].revenue_minor, 250);
    assert_int_equal(cell[sunday + 4].events, 2);
}

static void test_ends(void **state)
{
    struct fixture *f = *state;
    struct week_clock_cell cell[WEEK_CLOCK_CELLS];
    const struct time_offset utc = {INT64_MIN, 0};
    struct week_clock_query query = {.range = RANGE_ALL, .conversion = 0, .zone = &utc, .n_zone = 1};
    struct err err = {0};

    const struct snapshot *none = builder_done(&f->builder, 0, NAMES);
    ASSERT_OK(week_clock(none, &query, &f->arena, cell, &err));
    for (int i = 0; i < WEEK_CLOCK_CELLS; i++) assert_int_equal(cell[i].events, 0);
    struct builder builder = {0};
    builder_three_touches(&builder);
    builder_event(&builder, 0, 0, 0, 0, INT64_MAX); /* Thursday, at 0 */
    builder_event(&builder, 0, 1, 0, 0, 1);
    builder_event(&builder, 0, -1, 0, 0, INT64_MIN); /* Wednesday, at 23 */
    ASSERT_OK(week_clock(builder_done(&builder, 1, NAMES), &query, &f->arena, cell, &err));
    assert_true(cell[72].revenue_minor == INT64_MAX && cell[71].revenue_minor == INT64_MIN);
    arena_free(&f->arena);
    arena_init(&f->arena, 100);
    ASSERT_FAILS(week_clock(builder.n_events ? &builder.snapshot : none, &query, &f->arena, cell, &err), ERR_LIMIT);
    builder_reset(&builder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_oracle_agrees),
        TEST(test_many_shards),
        TEST(test_nights_of_change),
        TEST(test_ends),
    };
    return cmocka_run_group_tests_name("measure/week_clock", tests, NULL, NULL);
}
