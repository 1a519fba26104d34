/* Tests of measure/journey_paths.h: the table against journeys found the slow way, the rules over it against
 * attribution_count (J1), and what may change nothing (J3, I4, I6). */
#include "attribution_fixture.h"
#include "attribution_oracle.h"
#include "base/hash.h"
#include "helpers.h"
#include "measure/journey_paths.h"
#include "measure/path_credit.h"

#include <stdlib.h>
#include <string.h>

#define PERSONS 12
#define PERSON_EVENTS 14
#define ROWS_MAX (PERSONS * (PERSON_EVENTS + 1))
#define CEILING ((size_t)64 << 20)

static const uint32_t FEW_KEY[TOUCHES] = {0, 1, 1, 2, 0, 2};
static const bool SOME_EXCLUDED[] = {false, true, false};
static const bool SOME_MUST[TOUCHES] = {[B] = true, [P] = true};
static const bool SOME_NAMES[NAMES] = {[VISIT] = true};

/* ---- slowly ---- */

struct slow_path {
    uint32_t channel[ORACLE_MAX], n;
    int64_t conversions, nulls, value_minor;
};

struct slow_table {
    struct slow_path row[ROWS_MAX];
    uint32_t n;
};

static void slow_add(struct slow_table *table, const struct slow_path *path)
{
    uint32_t i = 0;

    while (i < table->n && (table->row[i].n != path->n ||
                            memcmp(table->row[i].channel, path->channel, path->n * sizeof *path->channel) != 0))
        i++;
    if (i == table->n) {
        table->row[table->n++] = *path;
        return;
    }
    table->row[i].conversions += path->conversions;
    table->row[i].nulls += path->nulls;
    table->row[i].value_minor += path->value_minor;
}

static void slow_conversion(const struct snapshot *s, const struct attribution_query *query, uint32_t person,
                            uint64_t row, struct slow_table *table)
{
    struct oracle_journey journey;
    struct slow_path path = {.conversions = 1, .value_minor = s->amount_minor[row]};

    if (s->name[row] != query->conversion || !range_holds(query->range, s->at_ms[row])) return;
    oracle_journey(s, query, person, row, &journey);
    if (!journey.counts) return;
    path.n = journey.n;
    for (uint32_t i = 0; i < journey.n; i++) path.channel[i] = journey.group[i];
    slow_add(table, &path);
}

/* All touches of the person before the range's end, the place of its last conversion among them: what comes after. */
static void slow_null(const struct snapshot *s, const struct attribution_query *query, struct rows all,
                      struct slow_table *table)
{
    uint64_t rows[ORACLE_MAX], touch[ORACLE_MAX];
    size_t n_rows = 0, n = 0;
    bool counts = query->must_touch == NULL;
    struct slow_path path = {.nulls = 1};

    for (uint64_t row = all.begin; row < all.end; row++) {
        bool takes_part = s->name[row] == query->conversion || !query->in_journey || query->in_journey[s->name[row]];
        if (takes_part && s->at_ms[row] < query->range.to_ms) rows[n_rows++] = row;
    }
    for (size_t i = 0; i < n_rows; i++) {
        bool converts = s->name[rows[i]] == query->conversion;
        bool is_touch = query->touches == TOUCH_SESSIONS ? oracle_begins_session(s, rows, i)
                                                         : query->touches == TOUCH_JOURNEY || !converts;
        if (converts) n = 0;
        if (is_touch && !converts) touch[n++] = rows[i];
    }
    if (n == 0 || s->at_ms[touch[n - 1]] < query->range.from_ms) return;
    for (size_t i = 0; i < n; i++) {
        long double age = (long double)s->at_ms[touch[n - 1]] - (long double)s->at_ms[touch[i]];
        uint32_t id = s->touch[touch[i]], group = query->by.key[id];
        if (query->lookback_ms != INT64_MAX && age >= (long double)query->lookback_ms) continue;
        if (query->must_touch && query->must_touch[id]) counts = true;
        if (!query->exclude || !query->exclude[group]) path.channel[path.n++] = group;
    }
    if (counts) slow_add(table, &path);
}

static void slow_paths(const struct snapshot *s, const struct attribution_query *query, struct slow_table *table)
{
    table->n = 0;
    for (uint32_t person = 0; person < s->n_places; person++) {
        struct rows rows = snapshot_rows(s, person);
        for (uint64_t row = rows.begin; row < rows.end; row++) slow_conversion(s, query, person, row, table);
        slow_null(s, query, rows, table);
    }
}

/* ---- random facts ---- */

/* `spans` sets how dense they are: milliseconds, minutes, days. */
static void random_facts(struct builder *builder, uint64_t *seed)
{
    static const uint64_t spans[] = {4, 200, 10800000, 3456000000};

    add_touches(builder);
    builder->scatter = random_below(seed, 2);
    for (uint32_t person = 0; person < PERSONS; person++) {
        uint64_t n = random_below(seed, PERSON_EVENTS), span = spans[random_below(seed, COUNT_OF(spans))];
        uint64_t names = random_below(seed, 3) == 0 ? 1 : NAMES; /* some never convert */
        for (uint64_t i = 0; i < n; i++) {
            int64_t revenue = (int64_t)random_below(seed, 3) * ((int64_t)random_below(seed, 20001) - 5000);
            uint32_t name = (uint32_t)random_below(seed, names);
            builder_event(builder, person, NOW + (int64_t)random_below(seed, span), name,
                          (uint32_t)random_below(seed, TOUCHES), name == ORDER ? revenue : 0);
        }
    }
}

static struct attribution_query random_query(uint64_t *seed)
{
    static const int64_t lengths[] = {1, 3, 100, 30 * MINUTE_MS, DAY_MS, 17 * DAY_MS, INT64_MAX};
    struct attribution_query query = ask((enum touch_mode)random_below(seed, 3));

    query.lookback_ms = lengths[random_below(seed, COUNT_OF(lengths))];
    if (random_below(seed, 2)) query.by = (struct grouping){FEW_KEY, 3};
    if (query.by.n == 3 && random_below(seed, 2)) query.exclude = SOME_EXCLUDED;
    if (random_below(seed, 3) == 0) query.must_touch = SOME_MUST;
    if (random_below(seed, 3) == 0) query.in_journey = SOME_NAMES;
    if (random_below(seed, 3) == 0) query.range = (struct range){NOW + 50, NOW + 5 * DAY_MS};
    return query;
}

static void journeys(struct fixture *f, const struct snapshot *snapshot, const struct attribution_query *query,
                     struct paths *paths)
{
    struct err err;

    paths_init(paths, CEILING);
    ASSERT_OK(journey_paths(snapshot, query, &f->arena, paths, &err));
}

static void assert_row(struct path got, const uint32_t *channel, uint32_t n, int64_t conversions, int64_t nulls,
                       int64_t value_minor)
{
    assert_int_equal(got.n, n);
    if (n) assert_memory_equal(got.channel, channel, n * sizeof *channel);
    ASSERT_I64(got.conversions, conversions);
    ASSERT_I64(got.nulls, nulls);
    ASSERT_I64(got.value_minor, value_minor);
}

/* J1. Every touch of a journey is within a unit of its due, and so is every channel of the table. */
static void assert_rules(struct fixture *f, const struct snapshot *snapshot, const struct attribution_query *query,
                         const struct paths *paths)
{
    static const enum attribution_model models[] = {MODEL_FIRST, MODEL_LAST, MODEL_LINEAR, MODEL_POSITION};
    struct path_credit credit[TOUCHES + 1];
    struct err err;

    ASSERT_OK(attribution_count(snapshot, query, &f->arena, f->row, &f->total, &err));
    ASSERT_I64(paths->conversions, (int64_t)f->total.conversions);
    ASSERT_I64(paths->value_minor, f->total.revenue_minor);
    for (size_t m = 0; m < COUNT_OF(models); m++) {
        bool whole = models[m] == MODEL_FIRST || models[m] == MODEL_LAST;
        memset(credit, 0, sizeof credit);
        ASSERT_OK(path_rule(paths, models[m], &f->arena, credit, &err));
        for (uint32_t g = 0; g <= query->by.n; g++) {
            struct path_credit none = {0}, got = g < paths->n_channels ? credit[g] : none;
            if (g == query->by.n) got = credit[paths->n_channels];
            ASSERT_NEAR(got.conversions, f->row[g].conversions[models[m]]);
            int64_t apart = got.value_minor - f->row[g].revenue_minor[models[m]];
            int64_t may = whole || g == query->by.n ? 0 : paths->conversions * (int64_t)paths->longest + 1;
            if (llabs(apart) > may) fail_msg("%lld units apart, may be %lld", (long long)apart, (long long)may);
        }
    }
}

static void test_oracle_agrees(void **state)
{
    struct fixture *f = *state;
    struct slow_table *slow = mem_new(sizeof *slow);
    int64_t conversions = 0, nulls = 0;
    uint64_t seed = 40;

    for (int round = 0; round < 3000; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        struct paths paths;

        random_facts(&builder, &seed);
        const struct snapshot *snapshot = builder_done(&builder, PERSONS, NAMES);
        journeys(f, snapshot, &query, &paths);
        slow_paths(snapshot, &query, slow);
        assert_int_equal(paths.n, slow->n);
        for (uint32_t i = 0; i < paths.n; i++)
            assert_row(paths_at(&paths, i), slow->row[i].channel, slow->row[i].n, slow->row[i].conversions,
                       slow->row[i].nulls, slow->row[i].value_minor);
        assert_rules(f, snapshot, &query, &paths);
        conversions += paths.conversions;
        nulls += paths.nulls;
        paths_reset(&paths);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
    free(slow);
    assert_true(conversions > 15000 && nulls > 8000); /* else the facts were too thin to say anything */
}

/* I4, I6, J3: everybody many times, over several shards, and groups by other names. */
static void test_copies_scale(void **state)
{
    struct fixture *f = *state;
    static const uint32_t renamed[TOUCHES] = {2, 0, 0, 1, 2, 1}, name_of[] = {2, 0, 1};
    enum { COPIES = 1500 };
    uint64_t seed = 41;

    for (int round = 0; round < 6; round++) {
        struct builder one = {0}, many = {0};
        struct attribution_query query = random_query(&seed);
        struct paths few, all;

        query.exclude = NULL;
        query.by = (struct grouping){FEW_KEY, 3};
        random_facts(&one, &seed);
        one.scatter = false;
        journeys(f, builder_done(&one, PERSONS, NAMES), &query, &few);
        add_touches(&many);
        for (uint32_t copy = 0; copy < COPIES; copy++) {
            for (size_t i = 0; i < one.n_events; i++) {
                const struct built_event *e = &one.event[i];
                builder_event(&many, copy * PERSONS + e->person, e->at_ms, e->name, e->touch, e->amount_minor);
            }
        }
        assert_true(many.n_events > 65536); /* three shards */
        query.by.key = renamed;
        journeys(f, builder_done(&many, COPIES * PERSONS, NAMES), &query, &all);
        assert_int_equal(all.n, few.n);
        for (uint32_t i = 0; i < few.n; i++) {
            struct path path = paths_at(&few, i);
            uint32_t channel[ORACLE_MAX];
            for (uint32_t k = 0; k < path.n; k++) channel[k] = name_of[path.channel[k]];
            assert_row(paths_at(&all, i), channel, path.n, COPIES * path.conversions, COPIES * path.nulls,
                       COPIES * path.value_minor);
        }
        paths_reset(&few);
        paths_reset(&all);
        builder_reset(&one);
        builder_reset(&many);
        arena_reset(&f->arena);
    }
}

/* Long runs of places where nobody stands, also where a shard begins; the count reads the same persons. */
static void test_empty_places(void **state)
{
    struct fixture *f = *state;
    enum { COPIES = 1500, EACH = 500, GAP = 900, PLACES = (COPIES * PERSONS / EACH + 1) * (EACH + GAP) };
    uint64_t seed = 42;

    for (int round = 0; round < 8; round++) {
        struct builder one = {0}, sparse = {0};
        struct attribution_query query = random_query(&seed);
        struct attribution_total total;
        struct paths few, all;
        struct err err;

        random_facts(&one, &seed);
        one.scatter = false;
        const struct snapshot *snapshot = builder_done(&one, PERSONS, NAMES);
        journeys(f, snapshot, &query, &few);
        ASSERT_OK(attribution_count(snapshot, &query, &f->arena, f->row, &total, &err));
        add_touches(&sparse);
        for (uint32_t copy = 0; copy < COPIES; copy++) {
            for (size_t i = 0; i < one.n_events; i++) {
                const struct built_event *e = &one.event[i];
                uint32_t person = copy * PERSONS + e->person, place = person + (person / EACH + 1) * GAP;
                builder_event(&sparse, place, e->at_ms, e->name, e->touch, e->amount_minor);
            }
        }
        snapshot = builder_done(&sparse, PLACES, NAMES);
        journeys(f, snapshot, &query, &all);
        assert_int_equal(all.n, few.n);
        ASSERT_I64(all.conversions, COPIES * few.conversions);
        ASSERT_I64(all.nulls, COPIES * few.nulls);
        ASSERT_I64(all.value_minor, COPIES * few.value_minor);
        ASSERT_OK(attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &err));
        assert_int_equal(f->total.conversions, COPIES * total.conversions);
        assert_int_equal(f->total.persons, COPIES * total.persons);
        ASSERT_I64(f->total.revenue_minor, COPIES * total.revenue_minor);
        paths_reset(&few);
        paths_reset(&all);
        builder_reset(&one);
        builder_reset(&sparse);
        arena_reset(&f->arena);
    }
}

/* ---- by hand ---- */

static void test_null_journeys(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct paths paths;

    visit(f, 0, 9, A);
    order(f, 0, NOW - 8 * DAY_MS, NONE, 500);
    visit(f, 0, 5, B);
    visit(f, 0, 1, C);
    visit(f, 1, 100, A); /* too long before the last touch */
    visit(f, 1, 41, A);
    visit(f, 1, 2, D);
    order(f, 2, NOW, NONE, 0); /* own touch, and none after it */
    visit(f, 4, 4, A);         /* 3 has no events at all */
    order(f, 4, NOW - 2 * DAY_MS, NONE, 70);
    journeys(f, builder_done(&f->builder, 5, NAMES), &query, &paths);
    assert_int_equal(paths.n, 4);
    assert_row(paths_at(&paths, 0), (uint32_t[]){A}, 1, 2, 0, 570);
    assert_row(paths_at(&paths, 1), (uint32_t[]){B, C}, 2, 0, 1, 0);
    assert_row(paths_at(&paths, 2), (uint32_t[]){A, D}, 2, 0, 1, 0);
    assert_row(paths_at(&paths, 3), (uint32_t[]){NONE}, 1, 1, 0, 0);
    paths_reset(&paths);

    query.range = (struct range){NOW - 7 * DAY_MS, NOW - 2 * DAY_MS}; /* 4's order lies at its end: not yet there */
    journeys(f, &f->builder.snapshot, &query, &paths);
    assert_int_equal(paths.n, 2);
    assert_row(paths_at(&paths, 0), (uint32_t[]){B}, 1, 0, 1, 0); /* 0 ordered before the range; 1 came after it */
    assert_row(paths_at(&paths, 1), (uint32_t[]){A}, 1, 0, 1, 0);
    paths_reset(&paths);

    query.range = (struct range){NOW - 3 * DAY_MS, NOW}; /* touches before it count, as they do for conversions */
    journeys(f, &f->builder.snapshot, &query, &paths);
    assert_row(paths_at(&paths, 0), (uint32_t[]){B, C}, 2, 0, 1, 0);
    assert_row(paths_at(&paths, 1), (uint32_t[]){A, D}, 2, 0, 1, 0);
    assert_row(paths_at(&paths, 2), (uint32_t[]){A}, 1, 1, 0, 70);
    paths_reset(&paths);
}

/* Nearly all different journeys are those of one person, and so of one shard. */
static void test_room_goes_where_it_is_needed(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct paths paths;
    struct err err;

    for (uint32_t k = 0; k < 2500; k++) {
        builder_event(&f->builder, 0, NOW + 2 * k, VISIT, k & 3 ? A : B, 0);
        order(f, 0, NOW + 2 * k + 1, A, 1);
    }
    for (uint32_t person = 1; person < 110000; person++) visit(f, person, 1, A);
    paths_init(&paths, (size_t)48 << 20);
    ASSERT_OK(journey_paths(builder_done(&f->builder, 110000, NAMES), &query, &f->arena, &paths, &err));
    assert_true(paths.n_touches > 3000000);
    assert_true(paths.bytes <= paths.ceiling);
    paths_reset(&paths);
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct paths paths;
    struct err err;

    for (uint32_t person = 0; person < 200; person++)
        for (uint32_t k = 0; k < 8; k++) visit(f, person, 10 - k, (person >> k & 1) ? A : B);
    const struct snapshot *snapshot = builder_done(&f->builder, 200, NAMES);
    paths_init(&paths, 4000);
    ASSERT_FAILS(journey_paths(snapshot, &query, &f->arena, &paths, &err), ERR_LIMIT);
    paths_reset(&paths);
    query.lookback_ms = 0;
    ASSERT_FAILS(journey_paths(snapshot, &query, &f->arena, &paths, &err), ERR_INVALID);
    assert_string_equal(err.field, "lookback");
    query = ask(TOUCH_EVENTS);
    query.by.n = PATHS_CHANNELS_MAX + 1;
    ASSERT_FAILS(journey_paths(snapshot, &query, &f->arena, &paths, &err), ERR_LIMIT);
    query = ask(TOUCH_EVENTS);
    query.conversion = DICT_NONE;
    paths_reset(&paths);
    paths_init(&paths, CEILING);
    ASSERT_OK(journey_paths(snapshot, &query, &f->arena, &paths, &err));
    assert_int_equal(paths.n, 0);
    query.conversion = SIGNUP; /* nobody signed up: nulls alone */
    ASSERT_OK(journey_paths(snapshot, &query, &f->arena, &paths, &err));
    ASSERT_I64(paths.conversions, 0);
    ASSERT_I64(paths.nulls, 200);
    paths_reset(&paths);
    start_again(f);
    ASSERT_OK(journey_paths(builder_done(&f->builder, 0, NAMES), &query, &f->arena, &paths, &err));
    assert_int_equal(paths.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_oracle_agrees),
        FIXTURE_TEST(test_copies_scale),
        FIXTURE_TEST(test_empty_places),
        FIXTURE_TEST(test_null_journeys),
        FIXTURE_TEST(test_room_goes_where_it_is_needed),
        FIXTURE_TEST(test_refused),
    };
    hash_start();
    return cmocka_run_group_tests_name("measure/journey_paths", tests, NULL, NULL);
}
