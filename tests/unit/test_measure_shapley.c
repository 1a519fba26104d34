/* Tests of measure/shapley.h: worked numbers, brute force over all orders of the channels, axioms, sampling. */
#include "measure/shapley.h"
#include "paths_fixture.h"

static void count(struct world *w)
{
    struct err err;

    arena_reset(&w->arena);
    ASSERT_OK(shapley_count(&w->paths, &w->arena, w->credit, &err));
    assert_adds_up(&w->paths, w->credit);
}

static struct shapley_rate count_rate(struct world *w, uint32_t pairs, uint64_t seed, struct shapley_error *error)
{
    struct shapley_sampling sampling = {pairs, &seed};
    struct shapley_rate rate;
    struct err err;

    arena_reset(&w->arena);
    ASSERT_OK(shapley_rate_count(&w->paths, &sampling, &w->arena, w->credit, error, &rate, &err));
    assert_adds_up(&w->paths, w->credit);
    return rate;
}

/* ---- worked numbers ---- */

/* DP6's game O 7, F 6, D 4, OF 15, OD 7, FD 9, OFD 19 is one of coalitions; as what exactly each set brings: O 7, F 6,
 * D 4, OF 2, OD -4, FD -1, OFD 5. Money can be below 0, so there it is, in 600ths. phi = 23/3, 49/6, 19/6. */
static void test_dp6_game(void **state)
{
    struct world *w = *state;

    add(&w->paths, "a", 1, 0, 7 * 600);
    add(&w->paths, "b", 1, 0, 6 * 600);
    add(&w->paths, "c", 1, 0, 4 * 600);
    add(&w->paths, "ab", 1, 0, 2 * 600);
    add(&w->paths, "aca", 1, 0, -4 * 600);
    add(&w->paths, "cb", 1, 0, -1 * 600);
    add(&w->paths, "cabc", 1, 0, 5 * 600);
    count(w);
    ASSERT_VALUES(w->credit, 4600, 4900, 1900, 0); /* 7.6667, 8.1667, 3.1667 */
    ASSERT_CREDITS(w->credit, 1 + 0.5 + 0.5 + 1.0 / 3, 1 + 0.5 + 0.5 + 1.0 / 3, 1 + 0.5 + 0.5 + 1.0 / 3, 0);
}

static void test_count_worked(void **state)
{
    struct world *w = *state;

    add(&w->paths, "ab", 3, 5, 300);
    add(&w->paths, "bab", 1, 0, 50);
    add(&w->paths, "aaa", 2, 1, 10);
    add(&w->paths, "abc", 3, 0, 100);
    add(&w->paths, "", 4, 0, 9);
    add(&w->paths, "d", 0, 7, 0);
    count(w);
    ASSERT_CREDITS(w->credit, 5, 3, 1, 0, 4);
    ASSERT_VALUES(w->credit, 150 + 25 + 10 + 34, 150 + 25 + 33, 33, 0, 9);
}

/* Touch by touch: abab gives each channel a half of a half for each of its two places. */
static void test_ordered_worked(void **state)
{
    struct world *w = *state;
    double out[2 * 3];
    struct err err;

    add(&w->paths, "abab", 1, 0, 0);
    add(&w->paths, "b", 2, 0, 0);
    ASSERT_OK(shapley_ordered(&w->paths, 3, &w->arena, out, &err));
    static const double wanted[] = {0.25, 0, 0.25, 2, 0.25, 0.25}; /* the fourth touch counts as third */
    for (int i = 0; i < 6; i++) ASSERT_NEAR(out[i], wanted[i]);
    ASSERT_FAILS(shapley_ordered(&w->paths, 0, &w->arena, out, &err), ERR_INVALID);
}

/* Rates: a 1/2, b 1/10, both together (2 + 1 + 1) / (4 + 10 + 2). */
static void test_rate_worked(void **state)
{
    struct world *w = *state;

    add(&w->paths, "a", 2, 2, 100);
    add(&w->paths, "b", 1, 9, 100);
    add(&w->paths, "ab", 1, 1, 200);
    add(&w->paths, "", 5, 5, 70); /* no part of the game */
    struct shapley_rate rate = count_rate(w, 2, 1, NULL);
    assert_true(rate.exact);
    assert_int_equal(rate.players, 2);
    assert_int_equal(rate.orders, 0);
    ASSERT_NEAR(w->credit[0].conversions, 16 * (0.5 + 0.25 - 0.1) / 2);
    ASSERT_NEAR(w->credit[1].conversions, 16 * (0.1 + 0.25 - 0.5) / 2); /* -1.2: not clipped */
    assert_true(w->credit[1].conversions < -1);
    ASSERT_NEAR(w->credit[2].conversions, 5);
    ASSERT_VALUES(w->credit, 16 * (25 + 25 - 10) / 2, 16 * (10 + 25 - 25) / 2, 70);
}

/* ---- brute force: the mean marginal over all orders, each set's worth counted anew from the paths ---- */

struct worth {
    long double conversions, value;
};

static struct worth worth_of(const struct paths *paths, uint32_t set, bool rate)
{
    struct worth worth = {0, 0};
    long double journeys = 0;

    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        bool inside = path.n > 0;
        for (uint32_t k = 0; k < path.n; k++) inside = inside && (set >> path.channel[k] & 1);
        if (!inside) continue;
        worth.conversions += (long double)path.conversions;
        worth.value += (long double)path.value_minor;
        journeys += (long double)(path.conversions + path.nulls);
    }
    if (rate && journeys > 0) {
        worth.conversions /= journeys;
        worth.value /= journeys;
    }
    return worth;
}

static void next_order(const struct paths *paths, uint32_t n, uint32_t set, bool rate, struct worth *sum,
                       long double *orders)
{
    if (set == (1u << n) - 1) *orders += 1;
    for (uint32_t i = 0; i < n; i++) {
        if (set >> i & 1) continue;
        struct worth before = worth_of(paths, set, rate), after = worth_of(paths, set | 1u << i, rate);
        long double was = *orders;
        next_order(paths, n, set | 1u << i, rate, sum, orders);
        sum[i].conversions += (*orders - was) * (after.conversions - before.conversions);
        sum[i].value += (*orders - was) * (after.value - before.value);
    }
}

static void assert_brute(struct world *w, uint32_t n, bool rate)
{
    struct worth sum[LETTERS] = {{0, 0}};
    long double orders = 0, journeys = 1;

    if (rate) {
        journeys = (long double)(w->paths.conversions + w->paths.nulls);
        for (uint32_t i = 0; i < w->paths.n; i++) {
            struct path path = paths_at(&w->paths, i);
            if (path.n == 0) journeys -= (long double)(path.conversions + path.nulls);
        }
    }
    next_order(&w->paths, n, 0, rate, sum, &orders);
    for (uint32_t i = 0; i < n; i++) {
        ASSERT_NEAR(w->credit[i].conversions, sum[i].conversions / orders * journeys);
        assert_true(fabs((double)(w->credit[i].value_minor - sum[i].value / orders * journeys)) < 1.001);
    }
}

static void test_brute_force(void **state)
{
    struct world *w = *state;
    uint64_t seed = 41;

    for (int round = 0; round < 60; round++) {
        uint32_t n = 1 + (uint32_t)random_below(&seed, 6);
        paths_reset(&w->paths);
        add_random(&w->paths, &seed, 1 + (uint32_t)random_below(&seed, 30), n, 7, round % 2 == 0);
        n = w->paths.n_channels;
        count(w);
        assert_brute(w, n, false);
        struct shapley_rate rate = count_rate(w, 2, 1, NULL);
        assert_true(rate.exact);
        assert_brute(w, n, true);
    }
}

/* The ordered split adds up to the count game, whatever the number of places. */
static void test_ordered_sums(void **state)
{
    struct world *w = *state;
    uint64_t seed = 43;

    for (uint32_t places = 1; places < 12; places++) {
        double out[8 * 12];
        struct err err;
        paths_reset(&w->paths);
        add_random(&w->paths, &seed, 50, 8, 9, false);
        count(w);
        ASSERT_OK(shapley_ordered(&w->paths, places, &w->arena, out, &err));
        for (uint32_t c = 0; c < w->paths.n_channels; c++) {
            double sum = 0;
            for (uint32_t k = 0; k < places; k++) sum += out[c * places + k];
            ASSERT_NEAR(sum, w->credit[c].conversions);
        }
    }
}

/* ---- axioms ---- */

/* Channels that always come together share alike; one that only nulls see has nothing of the count game. */
static void test_symmetry_and_dummy(void **state)
{
    struct world *w = *state;

    add(&w->paths, "abc", 4, 3, 1000);
    add(&w->paths, "ba", 2, 9, 500);
    add(&w->paths, "c", 5, 1, 100);
    add(&w->paths, "dc", 0, 6, 0);
    count(w);
    ASSERT_NEAR(w->credit[0].conversions, w->credit[1].conversions);
    ASSERT_I64(w->credit[0].value_minor, w->credit[1].value_minor + 1); /* 583.33 each: the cent to the first */
    ASSERT_NEAR(w->credit[3].conversions, 0);
    count_rate(w, 2, 1, NULL);
    ASSERT_NEAR(w->credit[0].conversions, w->credit[1].conversions);
    assert_true(w->credit[3].conversions < 0); /* it does lower the rate */
}

/* ---- sampling ---- */

/* 17 channels, one too many to enumerate; here they are, bit by bit. */
static void exact_17(const struct paths *paths, double *out)
{
    static double conversions[1 << 17], journeys[1 << 17];
    double weight[17] = {1.0 / 17};

    memset(conversions, 0, sizeof conversions);
    memset(journeys, 0, sizeof journeys);
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        uint32_t set = 0;
        for (uint32_t k = 0; k < path.n; k++) set |= 1u << path.channel[k];
        if (set == 0) continue;
        uint32_t rest = 0x1FFFF & ~set; /* every superset of the set */
        for (uint32_t more = rest;; more = (more - 1) & rest) {
            conversions[set | more] += (double)path.conversions;
            journeys[set | more] += (double)(path.conversions + path.nulls);
            if (more == 0) break;
        }
    }
    for (int s = 1; s < 17; s++) weight[s] = weight[s - 1] * s / (17 - s);
    for (uint32_t i = 0; i < 17; i++) {
        out[i] = 0;
        for (uint32_t s = 0; s < 1u << 17; s++) {
            uint32_t with = s | 1u << i;
            if (s >> i & 1) continue;
            double before = journeys[s] > 0 ? conversions[s] / journeys[s] : 0;
            double after = journeys[with] > 0 ? conversions[with] / journeys[with] : 0;
            out[i] += weight[__builtin_popcount(s)] * (after - before) * journeys[0x1FFFF];
        }
    }
}

static void test_sampling(void **state)
{
    struct world *w = *state;
    double exact[17];
    uint64_t seed = 51;
    double distance = 0, spread = 0;

    add_random(&w->paths, &seed, 120, 17, 4, false);
    add(&w->paths, "abcdefghijklmnopq", 2, 1, 100);
    exact_17(&w->paths, exact);
    for (uint32_t pairs = 100; pairs <= 10000; pairs *= 10) {
        struct shapley_error error[17];
        struct shapley_rate rate = count_rate(w, pairs, 99, error);
        double worst = 0;
        assert_false(rate.exact);
        assert_int_equal(rate.players, 17);
        assert_int_equal(rate.orders, 2 * pairs);
        for (int i = 0; i < 17; i++) {
            assert_true(error[i].conversions > 0);
            assert_true(fabs(w->credit[i].conversions - exact[i]) < 4.5 * error[i].conversions);
            worst = fmax(worst, error[i].conversions);
            distance += pow((w->credit[i].conversions - exact[i]) / error[i].conversions, 2);
        }
        ASSERT_NEAR(rate.worst_error, worst);
        if (pairs > 100) assert_true(worst < 0.45 * spread); /* ten times the pairs, a third of the error */
        spread = worst;
    }
    assert_true(distance / 51 > 0.5 && distance / 51 < 1.6); /* the stated error is neither small nor large talk */
}

static void test_seed(void **state)
{
    struct world *w = *state;
    struct path_credit first[LETTERS + 1];
    uint64_t seed = 53;

    add_random(&w->paths, &seed, 100, 20, 5, true);
    count_rate(w, 20, 7, NULL);
    memcpy(first, w->credit, sizeof first);
    count_rate(w, 20, 7, NULL);
    assert_memory_equal(first, w->credit, 20 * sizeof *first);
    count_rate(w, 20, 8, NULL);
    assert_memory_not_equal(first, w->credit, 20 * sizeof *first);
}

/* 16 and 17 players on either side of the limit, by a channel that changes nothing. */
static void test_limit_of_exact(void **state)
{
    struct world *w = *state;
    struct path_credit exact[LETTERS + 1];
    char letter[] = "a";

    for (; letter[0] <= 'p'; letter[0]++) add(&w->paths, letter, letter[0] - 'a' + 1, 5, 10);
    add(&w->paths, "abcdefghijklmnop", 3, 3, 1);
    assert_true(count_rate(w, 2, 1, NULL).exact);
    memcpy(exact, w->credit, sizeof exact);
    add(&w->paths, "q", 0, 0, 0); /* known, but no player */
    struct shapley_rate rate = count_rate(w, 2, 1, NULL);
    assert_true(rate.exact);
    assert_int_equal(rate.players, 16);
    ASSERT_NEAR(w->credit[3].conversions, exact[3].conversions);
    add(&w->paths, "q", 0, 1, 0);
    assert_false(count_rate(w, 2, 1, NULL).exact);
}

/* ---- boundaries ---- */

static void test_boundaries(void **state)
{
    struct world *w = *state;
    uint64_t seed = 1;
    struct shapley_sampling one = {1, &seed};
    struct shapley_rate rate;
    struct arena tiny;
    struct err err;

    for (int round = 0; round < 4; round++) {
        count(w);
        rate = count_rate(w, 2, 1, NULL);
        assert_int_equal(rate.players, round > 2 ? 2 : round > 1);
        if (round == 0) add(&w->paths, "", 3, 1, 12); /* then one channel, without conversions, then with */
        if (round == 1) add(&w->paths, "a", 0, 2, 0);
        if (round == 2) add(&w->paths, "b", 1, 0, -8);
    }
    ASSERT_NEAR(w->credit[2].conversions, 3);
    ASSERT_FAILS(shapley_rate_count(&w->paths, &one, &w->arena, w->credit, NULL, &rate, &err), ERR_INVALID);
    one.pairs = 2;
    w->credit[0].value_minor = 77;
    for (size_t ceiling = 0; ceiling < 100; ceiling += 8) {
        arena_init(&tiny, ceiling);
        ASSERT_FAILS(shapley_count(&w->paths, &tiny, w->credit, &err), ERR_LIMIT);
        arena_reset(&tiny);
        ASSERT_FAILS(shapley_rate_count(&w->paths, &one, &tiny, w->credit, NULL, &rate, &err), ERR_LIMIT);
        arena_free(&tiny);
    }
    ASSERT_I64(w->credit[0].value_minor, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATHS_TEST(test_dp6_game),       PATHS_TEST(test_count_worked),       PATHS_TEST(test_ordered_worked),
        PATHS_TEST(test_rate_worked),    PATHS_TEST(test_brute_force),        PATHS_TEST(test_ordered_sums),
        PATHS_TEST(test_sampling),       PATHS_TEST(test_symmetry_and_dummy), PATHS_TEST(test_seed),
        PATHS_TEST(test_limit_of_exact), PATHS_TEST(test_boundaries),
    };
    return cmocka_run_group_tests_name("measure/shapley", tests, NULL, NULL);
}
