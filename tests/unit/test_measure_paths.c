/* Tests of measure/paths.h and measure/path_credit.h: the table, the rules over it, and money made whole. */
#include "paths_fixture.h"

/* ---- the table ---- */

static void test_collapse(void **state)
{
    struct world *w = *state;

    add(&w->paths, "ab", 1, 2, 100);
    add(&w->paths, "ba", 1, 0, 7);
    add(&w->paths, "ab", 3, 0, -40);
    add(&w->paths, "", 2, 1, 5);
    add(&w->paths, "abb", 0, 1, 0);
    assert_int_equal(w->paths.n, 4);
    struct path path = paths_at(&w->paths, 0);
    assert_int_equal(path.n, 2);
    assert_int_equal(path.channel[0], 0);
    assert_int_equal(path.channel[1], 1);
    ASSERT_I64(path.conversions, 4);
    ASSERT_I64(path.nulls, 2);
    ASSERT_I64(path.value_minor, 60);
    assert_int_equal(paths_at(&w->paths, 1).channel[0], 1);
    path = paths_at(&w->paths, 2);
    assert_int_equal(path.n, 0);
    assert_null(path.channel);
    ASSERT_I64(path.conversions, 2);
    ASSERT_I64(w->paths.conversions, 7);
    ASSERT_I64(w->paths.nulls, 4);
    ASSERT_I64(w->paths.value_minor, 72);
    assert_int_equal(w->paths.magnitude, 152);
    assert_int_equal(w->paths.longest, 3);
    assert_int_equal(w->paths.n_touches, 7);
    assert_int_equal(w->paths.n_channels, 2);
}

static void test_rows_that_count_nothing(void **state)
{
    struct world *w = *state;

    add(&w->paths, "c", 0, 0, 0);
    assert_int_equal(w->paths.n, 0);
    assert_int_equal(w->paths.n_channels, 3);
    add(&w->paths, "a", 0, 1, 0);
    assert_int_equal(w->paths.n, 1);
    assert_int_equal(w->paths.n_channels, 3);
}

/* I3: one by one, in another order, or with counts: the same rows. */
static void test_expanded_is_collapsed(void **state)
{
    struct world *w = *state;
    struct paths one;
    uint64_t seed = 7;

    paths_init(&one, (size_t)64 << 20);
    add_random(&w->paths, &seed, 3000, 3, 6, true);
    for (uint32_t i = w->paths.n; i-- > 0;) {
        struct path path = paths_at(&w->paths, i), single = path;
        struct err err;
        single.conversions = 1;
        single.nulls = 0;
        for (int64_t k = 0; k < path.conversions; k++) {
            single.value_minor = k == 0 ? path.value_minor : 0;
            ASSERT_OK(paths_add(&one, &single, &err));
        }
        single = (struct path){path.channel, path.n, 0, 1, 0};
        for (int64_t k = 0; k < path.nulls; k++) ASSERT_OK(paths_add(&one, &single, &err));
    }
    assert_int_equal(one.n, w->paths.n);
    for (uint32_t i = 0; i < one.n; i++) {
        struct path a = paths_at(&w->paths, i), b = paths_at(&one, one.n - 1 - i);
        assert_int_equal(a.n, b.n);
        if (a.n) assert_memory_equal(a.channel, b.channel, a.n * sizeof *a.channel);
        ASSERT_I64(a.conversions, b.conversions);
        ASSERT_I64(a.nulls, b.nulls);
        ASSERT_I64(a.value_minor, b.value_minor);
    }
    ASSERT_I64(one.conversions, w->paths.conversions);
    ASSERT_I64(one.nulls, w->paths.nulls);
    ASSERT_I64(one.value_minor, w->paths.value_minor);
    paths_reset(&one);
}

static void test_refused(void **state)
{
    struct world *w = *state;
    static const uint32_t channel[] = {0, 1}, far[] = {PATHS_CHANNELS_MAX};
    static const struct {
        struct path path;
        enum err_code code;
    } cases[] = {
        {{channel, 2, -1, 0, 0}, ERR_INVALID},
        {{channel, 2, 0, -1, 0}, ERR_INVALID},
        {{channel, 2, 0, 1, 1}, ERR_INVALID},
        {{channel, 2, 0, 0, -1}, ERR_INVALID},
        {{far, 1, 1, 0, 0}, ERR_LIMIT},
        {{channel, 2, PATHS_TOTAL_MAX, 0, 0}, ERR_LIMIT},
        {{channel, 2, PATHS_TOTAL_MAX - 4, 1, 0}, ERR_LIMIT},
        {{channel, 2, INT64_MAX, INT64_MAX, 0}, ERR_LIMIT},
        {{channel, 2, 1, 0, PATHS_TOTAL_MAX - 9}, ERR_LIMIT},
        {{channel, 2, 1, 0, INT64_MIN}, ERR_LIMIT},
    };
    struct err err;

    add(&w->paths, "a", 2, 2, -10);
    struct paths before = w->paths;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ASSERT_FAILS(paths_add(&w->paths, &cases[i].path, &err), cases[i].code);
        assert_memory_equal(&w->paths, &before, sizeof before);
    }
    add(&w->paths, "ab", PATHS_TOTAL_MAX - 5, 1, 10 - PATHS_TOTAL_MAX); /* and just what fits */
    ASSERT_I64(w->paths.conversions + w->paths.nulls, PATHS_TOTAL_MAX);
}

static void test_ceiling(void **state)
{
    struct paths paths;
    struct err err = {0};
    uint32_t n = 0;

    (void)state;
    paths_init(&paths, 100000);
    for (;; n++) {
        uint32_t channel[] = {n, n + 1, n + 2};
        struct path path = {channel, 3, 1, 0, 1};
        if (!paths_add(&paths, &path, &err)) break;
        assert_true(paths.bytes <= 100000);
    }
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(n > 500);
    assert_int_equal(paths.n, n);
    ASSERT_I64(paths.conversions, n);
    uint32_t known[] = {5, 6, 7};
    struct path path = {known, 3, 1, 0, 1}; /* a known path still counts */
    ASSERT_OK(paths_add(&paths, &path, &err));
    assert_int_equal(paths.n, n);
    paths_reset(&paths);
    assert_int_equal(paths.bytes, 0);
}

/* Every way of up to 12 touches over two channels is a row of its own: ways that begin alike, or with channel 0. */
static void test_all_words(void **state)
{
    struct world *w = *state;

    for (int round = 0; round < 2; round++) {
        for (uint32_t n = 0; n <= 12; n++) {
            for (uint32_t word = 0; word < UINT32_C(1) << n; word++) {
                uint32_t channel[12];
                struct path path = {channel, n, 1, 0, 0};
                struct err err;
                for (uint32_t i = 0; i < n; i++) channel[i] = (word >> i & 1) ? PATHS_CHANNELS_MAX - 1 : 0;
                ASSERT_OK(paths_add(&w->paths, &path, &err));
            }
        }
    }
    assert_int_equal(w->paths.n, 8191);
    for (uint32_t i = 0; i < w->paths.n; i++) ASSERT_I64(paths_at(&w->paths, i).conversions, 2);
}

/* Two tables joined are one table, to the order of its rows. */
static void test_joined(void **state)
{
    struct world *w = *state;
    struct paths part[2], joined;
    uint64_t seed = 13, again = 13;
    struct err err;

    add_random(&w->paths, &seed, 2000, 3, 6, true);
    add_random(&w->paths, &seed, 1500, 5, 6, true);
    paths_init(&joined, (size_t)64 << 20);
    for (int i = 0; i < 2; i++) {
        paths_init(&part[i], (size_t)64 << 20);
        add_random(&part[i], &again, i == 0 ? 2000 : 1500, i == 0 ? 3 : 5, 6, true);
        ASSERT_OK(paths_add_all(&joined, &part[i], &err));
    }
    assert_int_equal(joined.n, w->paths.n);
    assert_int_equal(joined.n_channels, w->paths.n_channels);
    assert_int_equal(joined.longest, w->paths.longest);
    assert_int_equal(joined.n_touches, w->paths.n_touches);
    for (uint32_t i = 0; i < joined.n; i++) {
        struct path a = paths_at(&w->paths, i), b = paths_at(&joined, i);
        assert_int_equal(a.n, b.n);
        if (a.n) assert_memory_equal(a.channel, b.channel, a.n * sizeof *a.channel);
        ASSERT_I64(a.conversions, b.conversions);
        ASSERT_I64(a.nulls, b.nulls);
        ASSERT_I64(a.value_minor, b.value_minor);
    }
    paths_reset(&joined);
    paths_init(&joined, 1000);
    ASSERT_FAILS(paths_add_all(&joined, &part[0], &err), ERR_LIMIT);
    paths_reset(&joined);
    paths_reset(&part[0]);
    paths_reset(&part[1]);
}

static void test_very_long(void **state)
{
    struct world *w = *state;
    uint32_t *channel = mem_new(1000000 * sizeof *channel);
    struct path path = {channel, 1000000, 1, 0, 3};
    struct err err;

    for (uint32_t i = 0; i < path.n; i++) channel[i] = i % LETTERS;
    ASSERT_OK(paths_add(&w->paths, &path, &err));
    ASSERT_OK(paths_add(&w->paths, &path, &err));
    assert_int_equal(w->paths.n, 1);
    ASSERT_OK(path_rule(&w->paths, MODEL_LINEAR, &w->arena, w->credit, &err));
    assert_adds_up(&w->paths, w->credit);
    ASSERT_NEAR(w->credit[0].conversions, 2 * 38462 / 1e6);
    free(channel);
}

/* ---- the rules ---- */

static void rule(struct world *w, enum attribution_model model)
{
    struct err err;

    assert_true(path_rule_applies(model));
    ASSERT_OK(path_rule(&w->paths, model, &w->arena, w->credit, &err));
    assert_adds_up(&w->paths, w->credit);
}

/* eeghor/mta: direct 2/1, search > email 3/2, search > social > email 5/4 as d, ab, acb. */
static void test_mta(void **state)
{
    struct world *w = *state;

    add(&w->paths, "d", 2, 1, 0);
    add(&w->paths, "ab", 3, 2, 0);
    add(&w->paths, "acb", 5, 4, 0);
    rule(w, MODEL_FIRST);
    ASSERT_CREDITS(w->credit, 8, 0, 0, 2, 0);
    rule(w, MODEL_LAST);
    ASSERT_CREDITS(w->credit, 0, 8, 0, 2, 0);
    rule(w, MODEL_LINEAR);
    ASSERT_CREDITS(w->credit, 19.0 / 6, 19.0 / 6, 5.0 / 3, 2, 0);
    rule(w, MODEL_POSITION);
    ASSERT_CREDITS(w->credit, 3.5, 3.5, 1, 2, 0);
    paths_reset(&w->paths);
    add(&w->paths, "aab", 6, 0, 0);
    rule(w, MODEL_LINEAR);
    ASSERT_CREDITS(w->credit, 4, 2, 0);
}

/* Snowplow's channels: Display > Organic 66.50, Direct > Organic > Direct 140; and DP6's fixture. */
static void test_revenue_worked(void **state)
{
    struct world *w = *state;

    add(&w->paths, "ab", 1, 0, 6650);
    add(&w->paths, "dcd", 1, 0, 14000);
    rule(w, MODEL_FIRST);
    ASSERT_VALUES(w->credit, 6650, 0, 0, 14000, 0);
    rule(w, MODEL_LAST);
    ASSERT_VALUES(w->credit, 0, 6650, 0, 14000, 0);
    rule(w, MODEL_LINEAR); /* 46.6667 each of the three */
    ASSERT_VALUES(w->credit, 3325, 3325, 4667, 9333, 0);
    rule(w, MODEL_POSITION);
    ASSERT_VALUES(w->credit, 3325, 3325, 2800, 11200, 0);
    paths_reset(&w->paths);
    add(&w->paths, "abc", 1, 0, 150);
    add(&w->paths, "de", 1, 0, 300);
    rule(w, MODEL_LINEAR);
    ASSERT_VALUES(w->credit, 50, 50, 50, 150, 150, 0);
}

static void test_boundaries(void **state)
{
    struct world *w = *state;
    static const enum attribution_model rules[] = {MODEL_FIRST, MODEL_LAST, MODEL_LINEAR, MODEL_POSITION};

    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        paths_reset(&w->paths);
        rule(w, rules[i]);
        ASSERT_NEAR(w->credit[0].conversions, 0);
        add(&w->paths, "", 3, 1, -25);
        rule(w, rules[i]); /* all unattributed, at row 0 as there is no channel */
        ASSERT_NEAR(w->credit[0].conversions, 3);
        ASSERT_I64(w->credit[0].value_minor, -25);
        add(&w->paths, "b", 0, 4, 0); /* only in null paths, and not at all: 0 */
        rule(w, rules[i]);
        ASSERT_CREDITS(w->credit, 0, 0, 3);
        add(&w->paths, "a", 1, 0, 7);
        rule(w, rules[i]); /* I5 */
        ASSERT_CREDITS(w->credit, 1, 0, 3);
        ASSERT_VALUES(w->credit, 7, 0, -25);
    }
    assert_false(path_rule_applies(MODEL_TIME_DECAY));
    assert_false(path_rule_applies(MODEL_LAST_PAID));
    assert_false(path_rule_applies(MODEL_LAST_NON_DIRECT));
}

/* ---- money ---- */

static void settle(struct world *w, const double *due, uint32_t n, int64_t total, const int64_t *wanted)
{
    struct path_share share[LETTERS + 1] = {{0}};
    struct err err;
    char letter[2] = "a";

    paths_reset(&w->paths);
    letter[0] = (char)('a' + (int)n - 1);
    add(&w->paths, letter, 1, 0, total);
    for (uint32_t i = 0; i < n; i++) share[i].value = due[i];
    ASSERT_OK(path_shares_settle(w->paths.n_channels, w->paths.value_minor, share, &w->arena, w->credit, &err));
    assert_values(w->credit, wanted, n);
}

static void test_settle(void **state)
{
    struct world *w = *state;

    settle(w, (double[]){100 / 3.0, 100 / 3.0, 100 / 3.0}, 3, 100, (int64_t[]){34, 33, 33});
    settle(w, (double[]){-100 / 3.0, -100 / 3.0, -100 / 3.0}, 3, -100, (int64_t[]){-33, -33, -34});
    settle(w, (double[]){0.2, 0.5, 0.3}, 3, 1, (int64_t[]){0, 1, 0});
    settle(w, (double[]){1.4, 2.6}, 2, 4, (int64_t[]){1, 3});
    settle(w, (double[]){-0.5, 1.5}, 2, 1, (int64_t[]){0, 1});
    settle(w, (double[]){2.9999999999, 1.0000000001}, 2, 4, (int64_t[]){3, 1});
    settle(w, (double[]){2.5 + 1e-12, 2.5 - 1e-12, 2.5, 2.5 + 1e-11}, 4, 10, (int64_t[]){3, 3, 2, 2}); /* noise */
    settle(w, (double[]){9007199254740991.0, 1}, 2, PATHS_TOTAL_MAX, (int64_t[]){PATHS_TOTAL_MAX - 1, 1});
    settle(w, (double[]){3, 3}, 2, 11, (int64_t[]){6, 5}); /* sums that are far off still add up */
    settle(w, (double[]){3, 3}, 2, 1, (int64_t[]){1, 0});
}

/* I1 on random tables, and nobody is more than a unit from the due. */
static void test_random_sums(void **state)
{
    struct world *w = *state;
    uint64_t seed = 11;

    for (int round = 0; round < 300; round++) {
        double due[LETTERS] = {0};
        paths_reset(&w->paths);
        arena_reset(&w->arena);
        add_random(&w->paths, &seed, (uint32_t)random_below(&seed, 40), 1 + (uint32_t)random_below(&seed, 8), 7, true);
        rule(w, MODEL_LINEAR);
        for (uint32_t i = 0; i < w->paths.n; i++) {
            struct path path = paths_at(&w->paths, i);
            for (uint32_t k = 0; k < path.n; k++) due[path.channel[k]] += (double)path.value_minor / path.n;
        }
        for (uint32_t c = 0; c < w->paths.n_channels; c++)
            assert_true(fabs((double)w->credit[c].value_minor - due[c]) < 1.00001);
        rule(w, MODEL_FIRST);
        rule(w, MODEL_LAST);
        rule(w, MODEL_POSITION);
    }
}

static void test_arena_too_small(void **state)
{
    struct world *w = *state;
    struct arena tiny;
    struct err err;

    add(&w->paths, "abc", 1, 0, 1);
    w->credit[0].value_minor = 77;
    arena_init(&tiny, 100);
    ASSERT_FAILS(path_rule(&w->paths, MODEL_LINEAR, &tiny, w->credit, &err), ERR_LIMIT);
    ASSERT_I64(w->credit[0].value_minor, 77);
    arena_free(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATHS_TEST(test_collapse),
        PATHS_TEST(test_rows_that_count_nothing),
        PATHS_TEST(test_expanded_is_collapsed),
        PATHS_TEST(test_refused),
        PATHS_TEST(test_ceiling),
        PATHS_TEST(test_all_words),
        PATHS_TEST(test_joined),
        PATHS_TEST(test_very_long),
        PATHS_TEST(test_mta),
        PATHS_TEST(test_revenue_worked),
        PATHS_TEST(test_boundaries),
        PATHS_TEST(test_settle),
        PATHS_TEST(test_random_sums),
        PATHS_TEST(test_arena_too_small),
    };
    return cmocka_run_group_tests_name("measure/paths", tests, NULL, NULL);
}
