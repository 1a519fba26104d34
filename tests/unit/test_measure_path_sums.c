/* Tests of measure/path_sums.h: the sums against a table of the same journeys (journey_paths.h), the models of them
 * against the models of the table, and the worked numbers of models/attribution.md 5.3. */
#include "attribution_fixture.h"
#include "base/hash.h"
#include "helpers.h"
#include "measure/journey_paths.h"
#include "measure/path_models.h"

#include <stdlib.h>
#include <string.h>

#define PERSONS 12
#define PERSON_EVENTS 24
#define CEILING ((size_t)64 << 20)

static const uint32_t FEW_KEY[TOUCHES] = {0, 1, 1, 2, 0, 2};
static const uint32_t FAR_KEY[TOUCHES] = {3, 64, 127, 64, 199, 130}; /* sets of more than a word */
static const bool SOME_EXCLUDED[] = {false, true, false};
static const bool SOME_MUST[TOUCHES] = {[B] = true, [P] = true};
static const bool SOME_NAMES[NAMES] = {[VISIT] = true};
static const struct path_models_ask BOTH = {.wanted = {[PATH_MARKOV] = true, [PATH_SHAPLEY] = true}, .order = 1};

static void random_facts(struct builder *builder, uint64_t *seed, uint32_t persons)
{
    static const uint64_t spans[] = {4, 200, 10800000, 3456000000};

    add_touches(builder);
    builder->scatter = random_below(seed, 2);
    for (uint32_t person = 0; person < persons; person++) {
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
    if (random_below(seed, 3) == 0) query.by = (struct grouping){FAR_KEY, 200};
    if (query.by.n == 3 && random_below(seed, 2)) query.exclude = SOME_EXCLUDED;
    if (random_below(seed, 3) == 0) query.must_touch = SOME_MUST;
    if (random_below(seed, 3) == 0) query.in_journey = SOME_NAMES;
    if (random_below(seed, 3) == 0) query.range = (struct range){NOW + 50, NOW + 5 * DAY_MS};
    return query;
}

/* ---- of a table, slowly ---- */

static double *cell(double *of, uint32_t stride, uint32_t from, uint32_t to)
{
    return &of[(size_t)from * stride + to];
}

static void slow_sums(const struct paths *paths, struct path_sums *sums)
{
    uint32_t n = sums->n;

    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        double journeys = (double)(path.conversions + path.nulls);
        uint32_t last = n, size = 0;
        bool *met = mem_new(n + 1);

        for (uint32_t k = 0; k < path.n; k++) {
            uint32_t c = path.channel[k];
            if (c != last) *cell(sums->steps, n + 1, last, c) += journeys;
            size += !met[c];
            met[c] = true;
            last = c;
        }
        *cell(sums->steps, n + 1, last, n) += (double)path.conversions;
        sums->value[last] += (double)path.value_minor;
        for (uint32_t c = 0; c < n; c++) {
            if (!met[c]) continue;
            *cell(sums->met, n, size - 1, c) += (double)path.conversions;
            *cell(sums->met_value, n, size - 1, c) += (double)path.value_minor;
        }
        free(met);
    }
}

static void assert_same(const double *got, const double *wanted, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (got[i] != wanted[i]) fail_msg("%s %zu is %g, not %g", what, i, got[i], wanted[i]);
}

static void assert_sums(struct fixture *f, const struct path_sums *got, const struct paths *paths)
{
    size_t n = got->n;
    struct path_sums slow = {.n = got->n, .each = 1};

    slow.steps = ARENA_ARRAY(&f->arena, double, (n + 1) * (n + 1));
    slow.value = ARENA_ARRAY(&f->arena, double, n + 1);
    slow.met = ARENA_ARRAY(&f->arena, double, n *n);
    slow.met_value = ARENA_ARRAY(&f->arena, double, n *n);
    slow_sums(paths, &slow);
    assert_same(got->steps, slow.steps, (n + 1) * (n + 1), "step");
    assert_same(got->value, slow.value, n + 1, "value");
    assert_same(got->met, slow.met, n * n, "set");
    assert_same(got->met_value, slow.met_value, n * n, "value of set");
    ASSERT_I64(got->conversions, paths->conversions);
    ASSERT_I64(got->nulls, paths->nulls);
    ASSERT_I64(got->value_minor, paths->value_minor);
}

static void assert_models(const struct path_models *got, const struct path_models *wanted)
{
    static const enum path_model models[] = {PATH_MARKOV, PATH_SHAPLEY};

    for (size_t m = 0; m < COUNT_OF(models); m++) {
        for (uint32_t c = 0; c <= wanted->n_channels; c++) {
            ASSERT_NEAR(got->credit[models[m]][c].conversions, wanted->credit[models[m]][c].conversions);
            ASSERT_I64(got->credit[models[m]][c].value_minor, wanted->credit[models[m]][c].value_minor);
        }
    }
    for (uint32_t c = 0; c < wanted->n_channels; c++) {
        double scale = fmax(1, fabs(wanted->removal[c].value));
        assert_true(fabs(got->removal[c].conversions - wanted->removal[c].conversions) <= 1e-12);
        assert_true(fabs(got->removal[c].value - wanted->removal[c].value) <= 1e-9 * scale);
    }
    assert_int_equal(got->markov.states, wanted->markov.states);
    assert_int_equal(got->markov.transitions, wanted->markov.transitions);
    assert_int_equal(got->markov.value_undetermined, wanted->markov.value_undetermined);
    assert_true(fabs(got->markov.conversion_rate - wanted->markov.conversion_rate) <= 1e-12);
    assert_true(got->markov.direct && got->markov.residual <= 1e-12);
    assert_int_equal(got->order, 1);
    assert_false(got->chosen);
}

/* attribution_count_with_sums is attribution_count and path_sums_count. */
static void assert_one_reading(struct fixture *f, const struct snapshot *snapshot,
                               const struct attribution_query *query, const struct path_sums *sums)
{
    struct attribution_row *rows[2];
    struct attribution_total total[2];
    struct path_sums both;
    size_t n = sums->n;
    struct err err;

    for (int i = 0; i < 2; i++) rows[i] = ARENA_ARRAY(&f->arena, struct attribution_row, n + 1);
    ASSERT_OK(attribution_count(snapshot, query, &f->arena, rows[0], &total[0], &err));
    ASSERT_OK(attribution_count_with_sums(snapshot, query, &f->arena, rows[1], &total[1], &both, &err));
    assert_memory_equal(rows[1], rows[0], (n + 1) * sizeof *rows[0]);
    assert_memory_equal(&total[1], &total[0], sizeof total[0]);
    assert_same(both.steps, sums->steps, (n + 1) * (n + 1), "step");
    assert_same(both.value, sums->value, n + 1, "value");
    assert_same(both.met, sums->met, n * n, "set");
    assert_same(both.met_value, sums->met_value, n * n, "value of set");
    ASSERT_I64(both.nulls, sums->nulls);
    ASSERT_I64(both.value_minor, sums->value_minor);
}

static void compare(struct fixture *f, const struct snapshot *snapshot, const struct attribution_query *query)
{
    struct path_models by_sums, by_table;
    struct path_sums sums;
    struct paths paths;
    struct err err;

    paths_init(&paths, CEILING);
    ASSERT_OK(journey_paths(snapshot, query, &f->arena, &paths, &err));
    ASSERT_OK(path_sums_count(snapshot, query, NULL, &f->arena, &sums, &err));
    assert_sums(f, &sums, &paths);
    ASSERT_OK(path_models_of_sums(&sums, &BOTH, &f->arena, &by_sums, &err));
    ASSERT_OK(path_models_count(&paths, &BOTH, CEILING, &f->arena, &by_table, &err));
    assert_int_equal(by_sums.n_channels, by_table.n_channels);
    assert_models(&by_sums, &by_table);
    assert_one_reading(f, snapshot, query, &sums);
    paths_reset(&paths);
}

static void test_table_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 60;

    for (int round = 0; round < 2000; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        random_facts(&builder, &seed, PERSONS);
        compare(f, builder_done(&builder, PERSONS, NAMES), &query);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

static void test_over_shards(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 61;

    for (int round = 0; round < 4; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        random_facts(&builder, &seed, 8000);
        assert_true(builder.n_events > 65536); /* three shards */
        compare(f, builder_done(&builder, 8000, NAMES), &query);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* ---- by hand: models/attribution.md 5.3, a person a path ---- */

struct worked {
    const char *path;
    int conversions, nulls;
    int64_t value;
};

static struct path_models solve(struct fixture *f, const struct worked *rows, size_t n)
{
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct path_models models;
    struct path_sums sums;
    struct err err;
    uint32_t person = 0;

    start_again(f);
    for (size_t i = 0; i < n; i++) {
        person = add_paths(f, person, rows[i].conversions, rows[i].path, rows[i].value);
        for (int k = 0; k < rows[i].nulls; k++, person++) {
            int64_t days = (int64_t)strlen(rows[i].path);
            for (const char *c = rows[i].path; *c; c++) visit(f, person, days--, (uint32_t)(*c - 'a'));
        }
    }
    ASSERT_OK(path_sums_count(builder_done(&f->builder, person, NAMES), &query, NULL, &f->arena, &sums, &err));
    ASSERT_OK(path_models_of_sums(&sums, &BOTH, &f->arena, &models, &err));
    assert_true(models.markov.residual <= 1e-12);
    return models;
}

static void test_worked(void **state)
{
    struct fixture *f = *state;
    static const struct worked three[] = {{"abc", 1, 0, 1000}, {"a", 0, 1, 0}, {"bc", 0, 1, 0}};
    static const struct worked two[] = {{"a", 2, 1, 0}, {"b", 1, 0, 0}, {"ab", 1, 0, 0}};
    static const struct worked loops[] = {{"ababba", 1, 0, 0}, {"abbaa", 1, 0, 0}, {"aa", 1, 0, 0}};
    struct path_models models = solve(f, three, COUNT_OF(three));

    ASSERT_NEAR(models.markov.conversion_rate, 1.0 / 3);
    ASSERT_NEAR(models.removal[0].conversions, 0.5);
    ASSERT_NEAR(models.removal[1].conversions, 1);
    ASSERT_NEAR(models.removal[2].conversions, 1);
    ASSERT_NEAR(models.credit[PATH_MARKOV][0].conversions, 0.2);
    ASSERT_I64(models.credit[PATH_MARKOV][0].value_minor, 200);
    ASSERT_I64(models.credit[PATH_MARKOV][1].value_minor, 400);
    ASSERT_I64(models.credit[PATH_MARKOV][2].value_minor, 400);
    ASSERT_NEAR(models.credit[PATH_SHAPLEY][1].conversions, 1.0 / 3);

    models = solve(f, two, COUNT_OF(two));
    ASSERT_NEAR(models.markov.conversion_rate, 0.8);
    ASSERT_NEAR(models.removal[0].conversions, 0.75);
    ASSERT_NEAR(models.removal[1].conversions, 0.5);
    ASSERT_NEAR(models.credit[PATH_MARKOV][0].conversions, 2.4);
    ASSERT_NEAR(models.credit[PATH_SHAPLEY][0].conversions, 2.5);

    models = solve(f, loops, COUNT_OF(loops));
    ASSERT_NEAR(models.markov.conversion_rate, 1);
    ASSERT_NEAR(models.removal[0].conversions, 1);
    ASSERT_NEAR(models.removal[1].conversions, 0.5);
    ASSERT_NEAR(models.credit[PATH_MARKOV][0].conversions, 2);
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct path_sums sums;
    struct err err;

    for (uint32_t person = 0; person < 2; person++) order(f, person, NOW, A, PATHS_TOTAL_MAX / 2 + 1);
    const struct snapshot *snapshot = builder_done(&f->builder, 2, NAMES);
    ASSERT_FAILS(path_sums_count(snapshot, &query, NULL, &f->arena, &sums, &err), ERR_LIMIT);
    query.by.n = PATH_SUMS_GROUPS_MAX + 1;
    ASSERT_FAILS(path_sums_count(snapshot, &query, NULL, &f->arena, &sums, &err), ERR_INVALID);
    assert_string_equal(err.field, "by");
    struct path_models_ask all = {.wanted = {true, true, true}, .order = 1};
    struct path_models_ask by_sums = path_models_by_sums(&all, PATH_SUMS_GROUPS_MAX);
    assert_true(by_sums.wanted[PATH_MARKOV] && by_sums.wanted[PATH_SHAPLEY] && !by_sums.wanted[PATH_SHAPLEY_RATE]);
    by_sums = path_models_by_sums(&all, PATH_SUMS_GROUPS_MAX + 1);
    assert_false(by_sums.wanted[PATH_MARKOV] || by_sums.wanted[PATH_SHAPLEY]);
    all.order = 0; /* the best */
    by_sums = path_models_by_sums(&all, 3);
    assert_true(!by_sums.wanted[PATH_MARKOV] && by_sums.wanted[PATH_SHAPLEY]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_table_agrees),
        FIXTURE_TEST(test_over_shards),
        FIXTURE_TEST(test_worked),
        FIXTURE_TEST(test_refused),
    };
    hash_start();
    return cmocka_run_group_tests_name("measure/path_sums", tests, NULL, NULL);
}
