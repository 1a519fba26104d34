/* Tests of measure/attribution.h on random facts: the slow oracle on every journey, and the invariants I1, I4-I7 of
 * models/attribution.md (A1-A4 of attribution.c, M1-M3 of models.c). */
#include "attribution_fixture.h"
#include "attribution_oracle.h"
#include "base/parallel.h"

#include <stdlib.h>

#define PERSONS 12
#define PERSON_EVENTS 14
#define LONG_EVENTS 450 /* more than one look at names takes, and than a date is searched among one by one */
#define ROWS_MAX (UINT64_C(4) * LONG_EVENTS)

static const uint32_t FEW_KEY[TOUCHES] = {0, 1, 1, 2, 0, 2};
static const bool SOME_EXCLUDED[] = {false, true, false};
static const bool SOME_MUST[TOUCHES] = {[B] = true, [P] = true};
static const bool SOME_NAMES[NAMES] = {[VISIT] = true};

/* `spans` sets how dense they are: milliseconds, minutes, days. One event in `orders` converts. */
static void random_persons(struct builder *builder, uint64_t *seed, uint32_t persons, uint64_t events, uint64_t orders)
{
    static const uint64_t spans[] = {4, 200, 10800000, 3456000000};
    add_touches(builder);
    builder->scatter = random_below(seed, 2);

    for (uint32_t person = 0; person < persons; person++) {
        uint64_t n = random_below(seed, events), span = spans[random_below(seed, COUNT_OF(spans))];
        for (uint64_t i = 0; i < n; i++) {
            int64_t revenue = (int64_t)random_below(seed, 3) * ((int64_t)random_below(seed, 20001) - 5000);
            uint32_t name = ((const uint32_t[]){VISIT, SIGNUP, MEETING})[random_below(seed, 3)];
            if (random_below(seed, orders) == 0) name = ORDER;
            builder_event(builder, person, NOW + (int64_t)random_below(seed, span), name,
                          (uint32_t)random_below(seed, TOUCHES), name == ORDER ? revenue : 0);
        }
    }
}

static void random_facts(struct builder *builder, uint64_t *seed)
{
    random_persons(builder, seed, PERSONS, PERSON_EVENTS, 3);
}

static struct attribution_query random_query(uint64_t *seed)
{
    static const int64_t lengths[] = {1, 3, 100, 30 * MINUTE_MS, DAY_MS, 17 * DAY_MS, INT64_MAX};
    struct attribution_query query = ask((enum touch_mode)random_below(seed, 3));

    query.lookback_ms = lengths[random_below(seed, COUNT_OF(lengths))];
    query.half_life_ms = lengths[3 + random_below(seed, 3)]; /* others underflow in the oracle, or make near ties */
    if (random_below(seed, 2)) query.by = (struct grouping){FEW_KEY, 3};
    if (query.by.n == 3 && random_below(seed, 2)) query.exclude = SOME_EXCLUDED;
    if (random_below(seed, 3) == 0) query.must_touch = SOME_MUST;
    if (random_below(seed, 3) == 0) query.in_journey = SOME_NAMES;
    if (random_below(seed, 3) == 0) query.range = (struct range){NOW + 50, NOW + 5 * DAY_MS};
    if (random_below(seed, 2)) query.lead_plus_1 = (uint32_t)random_below(seed, NAMES + 1);
    if (random_below(seed, 2)) query.opportunity_plus_1 = (uint32_t)random_below(seed, NAMES + 1);
    if (random_below(seed, 2)) query.models = (uint32_t)random_below(seed, MODEL_BIT(MODEL_COUNT));
    return query;
}

static bool is_wanted(const struct attribution_query *query, int model)
{
    return query->models == 0 || query->models & MODEL_BIT(model);
}

/* What a walk sees, checked against the oracle as it goes, and summed for count. */
struct check {
    const struct snapshot *snapshot;
    const struct attribution_query *query;
    bool is_seen[ROWS_MAX]; /* conversions, of small snapshots */
    bool *is_touch;         /* by row */
    struct attribution_row row[TOUCHES + 1];
    struct attribution_total total;
    uint32_t last_person;
    uint64_t last_row;
};

/* Each conversion that counts was seen. */
static void assert_none_skipped(const struct check *check)
{
    const struct snapshot *s = check->snapshot;

    for (uint32_t person = 0; person < s->n_places; person++) {
        for (uint64_t i = snapshot_rows(s, person).begin; i < snapshot_rows(s, person).end; i++) {
            struct oracle_journey slow;
            if (check->is_seen[i] || s->name[i] != ORDER || !range_holds(check->query->range, s->at_ms[i])) continue;
            oracle_journey(s, check->query, person, i, &slow);
            assert_false(slow.counts);
        }
    }
}

static void add_to_sums(struct check *check, const struct journey *journey)
{
    int64_t revenue = check->snapshot->amount_minor[journey->conversion_row];

    if (check->total.conversions == 0 || check->last_person != journey->person) check->total.persons++;
    check->last_person = journey->person;
    check->total.conversions++;
    check->total.revenue_minor += revenue;
    for (int model = 0; model < MODEL_COUNT; model++) {
        if (journey->n > 0 || !is_wanted(check->query, model)) continue;
        check->row[check->query->by.n].conversions[model] += 1;
        check->row[check->query->by.n].revenue_minor[model] += revenue;
    }
    for (uint32_t i = 0; i < journey->n; i++) {
        struct attribution_row *row = &check->row[journey->touch[i].group];
        if (!check->is_touch[journey->touch[i].row]) row->touches++;
        check->is_touch[journey->touch[i].row] = true;
        for (int model = 0; model < MODEL_COUNT; model++) {
            row->conversions[model] += journey->touch[i].weight[model];
            row->revenue_minor[model] += journey->revenue_minor[i][model];
        }
    }
}

static bool check_journey(void *context, const struct journey *journey)
{
    struct check *check = context;
    struct oracle_journey slow;

    assert_true(check->total.conversions == 0 || journey->person > check->last_person ||
                (journey->person == check->last_person && journey->conversion_row > check->last_row));
    check->last_row = journey->conversion_row;
    check->is_seen[journey->conversion_row] = true;
    assert_int_equal(check->snapshot->name[journey->conversion_row], ORDER);
    oracle_journey(check->snapshot, check->query, journey->person, journey->conversion_row, &slow);
    assert_true(slow.counts);
    assert_int_equal(journey->n, slow.n);
    for (uint32_t i = 0; i < slow.n; i++) {
        assert_int_equal(journey->touch[i].row, slow.row[i]);
        assert_int_equal(journey->touch[i].group, slow.group[i]);
        assert_int_equal(journey->touch[i].own, slow.own);
        for (int model = 0; model < MODEL_COUNT; model++) {
            bool wanted = is_wanted(check->query, model);
            ASSERT_NEAR(journey->touch[i].weight[model], wanted ? (double)slow.weight[i][model] : 0);
            assert_int_equal(journey->revenue_minor[i][model], wanted ? slow.revenue_minor[i][model] : 0);
        }
    }
    add_to_sums(check, journey);
    return true;
}

/* A1: credits sum to the conversions, revenue exactly to the revenue. */
static void assert_sums(const struct attribution_row *rows, const struct attribution_query *query,
                        const struct attribution_total *total)
{
    for (int model = 0; model < MODEL_COUNT; model++) {
        if (!is_wanted(query, model)) continue;
        double credit = 0;
        int64_t revenue = 0;
        for (uint32_t i = 0; i <= query->by.n; i++) {
            credit += rows[i].conversions[model];
            revenue += rows[i].revenue_minor[model];
        }
        assert_true(fabs(credit - (double)total->conversions) <= 1e-9 * (double)total->conversions);
        assert_int_equal(revenue, total->revenue_minor);
    }
}

/* A4: touches and money to the unit, credit but for rounding. */
static void assert_same_rows(const struct attribution_row *got, const struct attribution_row *wanted, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(got[i].touches, wanted[i].touches);
        assert_memory_equal(got[i].revenue_minor, wanted[i].revenue_minor, sizeof got[i].revenue_minor);
        for (int model = 0; model < MODEL_COUNT; model++) {
            double far = fabs(got[i].conversions[model] - wanted[i].conversions[model]);
            assert_true(far <= 1e-12 * (1 + wanted[i].conversions[model]));
            if (model != MODEL_TIME_DECAY) /* of which what is below 2^-50 of a conversion is nothing */
                assert_true((got[i].conversions[model] == 0) == (wanted[i].conversions[model] == 0));
        }
    }
}

/* The oracle on each journey, the sum of them for the count. Returns how many. */
static uint64_t assert_oracle_agrees(struct fixture *f, const struct snapshot *snapshot,
                                     const struct attribution_query *query)
{
    bool is_touch[ROWS_MAX] = {false};
    struct check check = {.snapshot = snapshot, .query = query, .is_touch = is_touch};

    assert_true(snapshot->n_events <= ROWS_MAX);
    assert_true(attribution_walk(snapshot, query, 0, &f->arena, check_journey, &check, &f->err));
    assert_none_skipped(&check);
    assert_true(attribution_count(snapshot, query, &f->arena, f->row, &f->total, &f->err));
    assert_memory_equal(&f->total, &check.total, sizeof f->total);
    assert_same_rows(f->row, check.row, query->by.n + 1);
    assert_sums(f->row, query, &f->total);
    arena_reset(&f->arena);
    return f->total.conversions;
}

static void test_oracle_agrees(void **state)
{
    uint64_t seed = 30, conversions = 0;

    for (int round = 0; round < 3000; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        random_facts(&builder, &seed);
        conversions += assert_oracle_agrees(*state, builder_done(&builder, PERSONS, NAMES), &query);
        builder_reset(&builder);
    }
    assert_true(conversions > 20000); /* else the facts were too thin to say anything */
}

static void test_oracle_agrees_on_long_persons(void **state)
{
    uint64_t seed = 33, conversions = 0;

    for (int round = 0; round < 120; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        random_persons(&builder, &seed, 4, LONG_EVENTS, 3 + random_below(&seed, 60));
        conversions += assert_oracle_agrees(*state, builder_done(&builder, 4, NAMES), &query);
        builder_reset(&builder);
    }
    assert_true(conversions > 1500);
}

/* ---- many: what shards add up to ---- */

static bool add_journey(void *context, const struct journey *journey)
{
    add_to_sums(context, journey);
    return true;
}

/* Several shards; the walk, which has none, is the oracle. */
static void test_shards_add_up(void **state)
{
    enum { MANY = 30000 };
    struct fixture *f = *state;
    uint64_t seed = 34;

    for (int round = 0; round < 4; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        struct check *check = mem_new(sizeof *check);
        struct attribution_row again[TOUCHES + 1];
        struct attribution_total total;

        random_persons(&builder, &seed, MANY, PERSON_EVENTS, 5);
        builder.scatter = round % 2;
        const struct snapshot *snapshot = builder_done(&builder, MANY, NAMES);
        assert_true(snapshot->n_events > UINT64_C(4) * 32768);
        *check = (struct check){.snapshot = snapshot, .query = &query};
        check->is_touch = mem_new(snapshot->n_events);
        assert_true(attribution_walk(snapshot, &query, 0, &f->arena, add_journey, check, &f->err));
        parallel_limit(4); /* also where there are fewer cores */
        assert_true(attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &f->err));
        assert_memory_equal(&f->total, &check->total, sizeof f->total);
        assert_sums(f->row, &query, &f->total);
        for (uint32_t i = 0; i <= query.by.n; i++) {
            assert_int_equal(f->row[i].touches, check->row[i].touches);
            assert_memory_equal(f->row[i].revenue_minor, check->row[i].revenue_minor, sizeof f->row[i].revenue_minor);
            for (int model = 0; model < MODEL_COUNT; model++) {
                double got = f->row[i].conversions[model], wanted = check->row[i].conversions[model];
                assert_true(fabs(got - wanted) <= 1e-9 * wanted);
            }
        }
        assert_true(attribution_count(snapshot, &query, &f->arena, again, &total, &f->err));
        assert_memory_equal(f->row, again, (query.by.n + 1) * sizeof *again); /* whoever did which part */
        free(check->is_touch);
        free(check);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

struct walked {
    uint64_t row[PERSONS * PERSON_EVENTS];
    uint32_t person[PERSONS * PERSON_EVENTS];
    size_t n;
};

static bool note_journey(void *context, const struct journey *journey)
{
    struct walked *walked = context;

    walked->row[walked->n] = journey->conversion_row;
    walked->person[walked->n++] = journey->person;
    return true;
}

/* A walk from a person on is the end of the whole walk. */
static void test_walk_from_any_person(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 35;

    for (int round = 0; round < 300; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        struct walked all = {.n = 0};

        random_facts(&builder, &seed);
        const struct snapshot *snapshot = builder_done(&builder, PERSONS, NAMES);
        assert_true(attribution_walk(snapshot, &query, 0, &f->arena, note_journey, &all, &f->err));
        for (uint32_t from = 0; from <= PERSONS; from++) {
            struct walked some = {.n = 0};
            size_t before = 0;
            assert_true(attribution_walk(snapshot, &query, from, &f->arena, note_journey, &some, &f->err));
            while (before < all.n && all.person[before] < from) before++;
            assert_int_equal(some.n, all.n - before);
            assert_memory_equal(some.row, all.row + before, some.n * sizeof *some.row);
        }
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* I4: groups by other names. */
static void test_names_of_groups_change_nothing(void **state)
{
    struct fixture *f = *state;
    static const uint32_t renamed[TOUCHES] = {2, 0, 0, 1, 2, 1}; /* FEW_KEY with 0 -> 2, 1 -> 0, 2 -> 1 */
    static const uint32_t name_of[] = {2, 0, 1, 3};
    uint64_t seed = 31;

    for (int round = 0; round < 400; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        struct attribution_row other[4];
        struct attribution_total total;

        query.exclude = NULL;
        query.by = (struct grouping){FEW_KEY, 3};
        random_facts(&builder, &seed);
        const struct snapshot *snapshot = builder_done(&builder, PERSONS, NAMES);
        assert_true(attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &f->err));
        query.by.key = renamed;
        assert_true(attribution_count(snapshot, &query, &f->arena, other, &total, &f->err));
        for (int i = 0; i < 4; i++) assert_memory_equal(&f->row[i], &other[name_of[i]], sizeof other[i]);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* Everybody three times, and in another order. */
static void copy_three_times(const struct builder *from, struct builder *to)
{
    add_touches(to);
    to->scatter = !from->scatter;
    for (size_t i = 0; i < from->n_events; i++) {
        const struct built_event *e = &from->event[i];
        for (uint32_t copy = 0; copy < 3; copy++) {
            uint32_t person = (PERSONS - 1 - e->person) * 3 + copy;
            builder_event(to, person, e->at_ms, e->name, e->touch, e->amount_minor);
        }
    }
}

/* I4, I6: persons in other places change nothing, three times as many triple everything. */
static void test_copies_scale(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 32;

    for (int round = 0; round < 400; round++) {
        struct builder one = {0}, three = {0};
        struct attribution_query query = random_query(&seed);
        struct attribution_row row[TOUCHES + 1];
        struct attribution_total total;

        random_facts(&one, &seed);
        const struct snapshot *snapshot = builder_done(&one, PERSONS, NAMES);
        assert_true(attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &f->err));
        copy_three_times(&one, &three);
        snapshot = builder_done(&three, 3 * PERSONS, NAMES);
        assert_true(attribution_count(snapshot, &query, &f->arena, row, &total, &f->err));
        assert_int_equal(total.persons, 3 * f->total.persons);
        assert_int_equal(total.revenue_minor, 3 * f->total.revenue_minor);
        for (uint32_t i = 0; i <= query.by.n; i++) {
            assert_int_equal(row[i].touches, 3 * f->row[i].touches);
            for (int model = 0; model < MODEL_COUNT; model++) {
                ASSERT_NEAR(row[i].conversions[model], 3 * f->row[i].conversions[model]);
                assert_int_equal(row[i].revenue_minor[model], 3 * f->row[i].revenue_minor[model]);
            }
        }
        builder_reset(&one);
        builder_reset(&three);
        arena_reset(&f->arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_oracle_agrees),
        FIXTURE_TEST(test_oracle_agrees_on_long_persons),
        FIXTURE_TEST(test_shards_add_up),
        FIXTURE_TEST(test_walk_from_any_person),
        FIXTURE_TEST(test_names_of_groups_change_nothing),
        FIXTURE_TEST(test_copies_scale),
    };
    return cmocka_run_group_tests_name("measure/attribution, random", tests, NULL, NULL);
}
