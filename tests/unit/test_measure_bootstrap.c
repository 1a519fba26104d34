/* The oracle: a replicate is the answer over a history in which each person stands as often as its weight says. */
#include "attribution_fixture.h"
#include "base/parallel.h"
#include "measure/bootstrap.h"

#include <stdlib.h>
#include <string.h>

#define PERSONS 40u
#define REPLICATES 20u

static const struct bootstrap ASKED = {.replicates = REPLICATES, .level = 0.9, .seed = 7};

static void test_weights_are_poisson(void **state)
{
    enum { MANY = 1000, DRAWS = 200 };
    struct bootstrap bootstrap = {.replicates = DRAWS, .level = 0.9, .seed = 3};
    uint8_t weights[DRAWS];
    double sum = 0, squares = 0, none = 0, n = (double)MANY * DRAWS;

    (void)state;
    for (uint32_t person = 0; person < MANY; person++) {
        bootstrap_weights(&bootstrap, person, weights);
        for (int r = 0; r < DRAWS; r++) {
            sum += weights[r];
            squares += weights[r] * weights[r];
            none += weights[r] == 0;
        }
    }
    /* five standard errors: of the mean 1/sqrt(n); of the mean square (variance 15 - 4 = 11) sqrt(11/n) */
    assert_true(fabs(sum / n - 1) < 5 / sqrt(n));
    assert_true(fabs(squares / n - 2) < 5 * sqrt(11 / n));
    assert_true(fabs(none / n - exp(-1)) < 5 * sqrt(0.2325 / n));
}

static void test_weights_depend_on_seed_and_person(void **state)
{
    struct bootstrap other = ASKED;
    uint8_t a[REPLICATES], again[REPLICATES], next[REPLICATES], seeded[REPLICATES];

    (void)state;
    other.seed++;
    bootstrap_weights(&ASKED, 5, a);
    bootstrap_weights(&ASKED, 5, again);
    bootstrap_weights(&ASKED, 6, next);
    bootstrap_weights(&other, 5, seeded);
    assert_memory_equal(a, again, sizeof a);
    assert_memory_not_equal(a, next, sizeof a);
    assert_memory_not_equal(a, seeded, sizeof a);
}

static void random_history(struct fixture *f, uint32_t persons, uint64_t *seed)
{
    for (uint32_t p = 0; p < persons; p++) {
        uint64_t n = random_below(seed, 8);
        for (uint64_t i = 0; i < n; i++)
            visit(f, p, (int64_t)random_below(seed, 70), (uint32_t)random_below(seed, TOUCHES));
        if (random_below(seed, 2)) order(f, p, NOW, NONE, (int64_t)random_below(seed, 10000) - 500);
        if (random_below(seed, 4) == 0) order(f, p, NOW - 9 * DAY_MS, A, 700);
    }
}

/* The replicates' answers one by one, for the smallest and largest of each cell. */
static void slow_extremes(struct fixture *f, const struct snapshot *snapshot, struct attribution_query query,
                          struct attribution_interval *out)
{
    uint8_t weights[PERSONS][REPLICATES], times[PERSONS];
    struct bootstrap bootstrap = ASKED;

    for (uint32_t p = 0; p < PERSONS; p++) bootstrap_weights(&bootstrap, p, weights[p]);
    for (uint32_t r = 0; r < REPLICATES; r++) {
        struct builder repeated = {0};
        struct attribution_row rows[TOUCHES + 1];
        struct attribution_total total;
        for (uint32_t p = 0; p < PERSONS; p++) times[p] = weights[p][r];
        uint32_t n = repeat_persons(snapshot, times, &repeated);
        assert_true(attribution_count(builder_done(&repeated, n, NAMES), &query, &f->arena, rows, &total, &f->err));
        for (uint32_t g = 0; g <= TOUCHES; g++) {
            for (int m = 0; m < MODEL_COUNT; m++) {
                struct interval *c = &out[g].conversions[m], *v = &out[g].revenue_minor[m];
                double conversions = rows[g].conversions[m], revenue = (double)rows[g].revenue_minor[m];
                if (r == 0 || conversions < c->low) c->low = conversions;
                if (r == 0 || conversions > c->high) c->high = conversions;
                if (r == 0 || revenue < v->low) v->low = revenue;
                if (r == 0 || revenue > v->high) v->high = revenue;
            }
        }
        builder_reset(&repeated);
    }
}

static void test_replicates_are_repeated_persons(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 11;

    for (int round = 0; round < 20; round++) {
        static const enum touch_mode modes[] = {TOUCH_EVENTS, TOUCH_SESSIONS, TOUCH_JOURNEY};
        struct attribution_query query = ask(modes[round % 3]);
        struct attribution_interval got[TOUCHES + 1], wanted[TOUCHES + 1];
        struct bootstrap whole = ASKED;
        start_again(f);
        f->builder.scatter = round / 2 % 2;
        if (round % 4 == 3) query.models = MODEL_BIT(MODEL_LAST) | MODEL_BIT(MODEL_LINEAR) | MODEL_BIT(MODEL_W_SHAPED);
        query.lead_plus_1 = VISIT + 1;
        random_history(f, PERSONS, &seed);
        const struct snapshot *snapshot = builder_done(&f->builder, PERSONS, NAMES);
        query.exclude = round % 2 ? (const bool[TOUCHES]){[B] = true} : NULL;
        whole.level = 1 - 1e-12; /* its ends are the smallest and the largest replicate */
        assert_true(attribution_intervals(snapshot, &query, &whole, &f->arena, got, &f->err));
        slow_extremes(f, snapshot, query, wanted);
        for (uint32_t g = 0; g <= TOUCHES; g++) {
            for (int m = 0; m < MODEL_COUNT; m++) {
                assert_true(fabs(got[g].conversions[m].low - wanted[g].conversions[m].low) < 1e-6);
                assert_true(fabs(got[g].conversions[m].high - wanted[g].conversions[m].high) < 1e-6);
                assert_true(fabs(got[g].revenue_minor[m].low - wanted[g].revenue_minor[m].low) < 1e-3);
                assert_true(fabs(got[g].revenue_minor[m].high - wanted[g].revenue_minor[m].high) < 1e-3);
            }
        }
    }
}

/* ---- many: what shards add up to ---- */

struct replicates {
    uint32_t person_plus_1;
    const struct snapshot *snapshot;
    uint8_t weights[REPLICATES];
    double conversions[TOUCHES + 1][MODEL_COUNT][REPLICATES];
    double revenue[TOUCHES + 1][MODEL_COUNT][REPLICATES];
};

static bool add_to_replicates(void *context, const struct journey *journey)
{
    struct replicates *all = context;

    if (all->person_plus_1 != journey->person + 1) bootstrap_weights(&ASKED, journey->person, all->weights);
    all->person_plus_1 = journey->person + 1;
    for (uint32_t i = 0; i < journey->n; i++) {
        for (int m = 0; m < MODEL_COUNT; m++) {
            for (uint32_t r = 0; r < REPLICATES; r++) {
                uint32_t g = journey->touch[i].group;
                all->conversions[g][m][r] += all->weights[r] * journey->touch[i].weight[m];
                all->revenue[g][m][r] += all->weights[r] * (double)journey->revenue_minor[i][m];
            }
        }
    }
    return true;
}

static void assert_extremes(struct interval got, const double *values)
{
    double low = values[0], high = values[0];

    for (uint32_t r = 1; r < REPLICATES; r++) {
        low = fmin(low, values[r]);
        high = fmax(high, values[r]);
    }
    assert_true(fabs(got.low - low) <= 1e-9 * fabs(low));
    assert_true(fabs(got.high - high) <= 1e-9 * fabs(high));
}

static void test_shards_add_up(void **state)
{
    enum { MANY = 33000 };
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_SESSIONS);
    struct attribution_interval got[TOUCHES + 1], again[TOUCHES + 1];
    struct replicates *all = mem_new(sizeof *all);
    struct bootstrap whole = ASKED;
    uint64_t seed = 12;

    random_history(f, MANY, &seed);
    all->snapshot = builder_done(&f->builder, MANY, NAMES);
    assert_true(all->snapshot->n_events > UINT64_C(4) * 32768);
    assert_true(attribution_walk(all->snapshot, &query, 0, &f->arena, add_to_replicates, all, &f->err));
    whole.level = 1 - 1e-13;
    parallel_limit(4);
    assert_true(attribution_intervals(all->snapshot, &query, &whole, &f->arena, got, &f->err));
    for (uint32_t g = 0; g <= TOUCHES; g++) {
        for (int m = 0; m < MODEL_COUNT; m++) {
            assert_extremes(got[g].conversions[m], all->conversions[g][m]);
            assert_extremes(got[g].revenue_minor[m], all->revenue[g][m]);
        }
    }
    assert_true(attribution_intervals(all->snapshot, &query, &whole, &f->arena, again, &f->err));
    assert_memory_equal(got, again, sizeof got); /* whoever did which part */
    free(all);
}

/* n persons with one order each, all from A: the credit of A is a Poisson(n) number, about n +- 1.645 sqrt(n). */
static void test_width_is_what_theory_says(void **state)
{
    struct fixture *f = *state;
    struct attribution_interval out[TOUCHES + 1];
    struct bootstrap bootstrap = {.replicates = 1000, .level = 0.9, .seed = 1};
    struct attribution_query query = ask(TOUCH_EVENTS);
    uint32_t n = add_paths(f, 0, 400, "a", 100);

    assert_true(
        attribution_intervals(builder_done(&f->builder, n, NAMES), &query, &bootstrap, &f->arena, out, &f->err));
    assert_true(fabs(out[A].conversions[MODEL_LINEAR].low - (400 - 1.645 * 20)) < 5);
    assert_true(fabs(out[A].conversions[MODEL_LINEAR].high - (400 + 1.645 * 20)) < 5);
    assert_true(fabs(out[A].revenue_minor[MODEL_FIRST].low / 100 - out[A].conversions[MODEL_FIRST].low) < 1e-9);
    ASSERT_NEAR(out[B].conversions[MODEL_LINEAR].high, 0);
}

static void test_bad_questions(void **state)
{
    struct fixture *f = *state;
    struct attribution_interval out[TOUCHES + 1];
    struct attribution_query query = ask(TOUCH_EVENTS);
    static const struct {
        struct bootstrap asked;
        const char *field;
    } BAD[] = {{{19, 0.9, 1}, "replicates"},
               {{1001, 0.9, 1}, "replicates"},
               {{20, 0, 1}, "level"},
               {{20, 1, 1}, "level"},
               {{20, NAN, 1}, "level"}};

    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_false(
            attribution_intervals(builder_done(&f->builder, 0, NAMES), &query, &BAD[i].asked, &f->arena, out, &f->err));
        assert_string_equal(f->err.field, BAD[i].field);
    }
    assert_true(attribution_intervals(builder_done(&f->builder, 0, NAMES), &query, &ASKED, &f->arena, out, &f->err));
    ASSERT_NEAR(out[A].conversions[MODEL_FIRST].high, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_are_poisson),         cmocka_unit_test(test_weights_depend_on_seed_and_person),
        FIXTURE_TEST(test_replicates_are_repeated_persons), FIXTURE_TEST(test_shards_add_up),
        FIXTURE_TEST(test_width_is_what_theory_says),       FIXTURE_TEST(test_bad_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
