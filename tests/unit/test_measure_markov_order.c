/* Tests of markov_choose_order in measure/markov.h: curves drawn by hand, and the area counted point by point. */
#include "measure/markov.h"
#include "paths_fixture.h"

static void test_order_worked(void **state)
{
    struct world *w = *state;
    struct markov_order order[MARKOV_ORDER_MAX];
    struct err err;
    int best;

    add(&w->paths, "a", 3, 1, 0); /* curve: (1/4, 3/4), (1, 1); n = 8 */
    add(&w->paths, "b", 1, 3, 0);
    ASSERT_OK(markov_choose_order(&w->paths, 4, &w->arena, order, &best, &err));
    for (int k = 0; k < 4; k++) ASSERT_NEAR(order[k].auc, 0.75);
    ASSERT_NEAR(order[0].penalised, 1 - 0.25 * 7 / 5);
    ASSERT_NEAR(order[1].penalised, 1 - 0.25 * 7 / 4);
    ASSERT_NEAR(order[2].penalised, 1 - 0.25 * 7 / 3);
    ASSERT_NEAR(order[3].penalised, 1 - 0.25 * 7 / 2);
    assert_int_equal(best, 1);

    paths_reset(&w->paths); /* only what came before b tells */
    add(&w->paths, "ab", 60, 20, 0);
    add(&w->paths, "cb", 20, 60, 0);
    ASSERT_OK(markov_choose_order(&w->paths, 2, &w->arena, order, &best, &err));
    ASSERT_NEAR(order[0].auc, 0.5);
    ASSERT_NEAR(order[0].penalised, 1 - 0.5 * 159 / 156);
    ASSERT_NEAR(order[1].auc, 0.75);
    ASSERT_NEAR(order[1].penalised, 1 - 0.25 * 159 / 153);
    assert_int_equal(best, 2);
}

static void test_order_of_nothing(void **state)
{
    struct world *w = *state;
    struct markov_order order[MARKOV_ORDER_MAX];
    struct err err;
    int best = 0;

    for (int round = 0; round < 3; round++) {
        ASSERT_OK(markov_choose_order(&w->paths, 4, &w->arena, order, &best, &err));
        for (int k = 0; k < 4; k++) assert_true(isnan(order[k].auc) && order[k].penalised == 0);
        assert_int_equal(best, 1);
        paths_reset(&w->paths);
        add(&w->paths, "ab", round % 2, 1 - round % 2, 0); /* no conversions, then no nulls */
    }
    paths_reset(&w->paths);
    add(&w->paths, "ab", 1, 0, 0); /* perfect, but as many states as journeys */
    add(&w->paths, "ba", 0, 1, 0);
    ASSERT_OK(markov_choose_order(&w->paths, 4, &w->arena, order, &best, &err));
    ASSERT_NEAR(order[0].auc, 1);
    ASSERT_NEAR(order[0].penalised, 0);
    assert_int_equal(best, 1);
}

/* The area point by point: every path scored by counting the paths that end alike, every threshold on its own. */
static double slow_auc(const struct paths *paths, uint32_t order)
{
    double score[1000], least = 1, most = 0, conversions = 0, nulls = 0, x = 0, y = 0, area = 0;

    for (uint32_t i = 0; i < paths->n; i++) {
        struct path a = paths_at(paths, i);
        double hits = 0, misses = 0;
        for (uint32_t j = 0; j < paths->n; j++) {
            struct path b = paths_at(paths, j);
            uint32_t na = a.n < order ? a.n : order, nb = b.n < order ? b.n : order;
            if (na != nb || na == 0 || memcmp(a.channel + a.n - na, b.channel + b.n - nb, na * sizeof *a.channel) != 0)
                continue;
            hits += (double)b.conversions;
            misses += (double)b.nulls;
        }
        score[i] = hits / (hits + misses);
        if (a.n == 0) continue;
        least = fmin(least, score[i]);
        most = fmax(most, score[i]);
        conversions += (double)a.conversions;
        nulls += (double)a.nulls;
    }
    for (int t = 99; t >= -1; t--) { /* -1: everything */
        double threshold = t < 0 ? -1 : least + t * (most - least) / 99, tp = 0, fp = 0;
        for (uint32_t i = 0; i < paths->n; i++) {
            struct path path = paths_at(paths, i);
            if (path.n == 0 || score[i] < threshold) continue;
            tp += (double)path.conversions;
            fp += (double)path.nulls;
        }
        area += (fp / nulls - x) * (tp / conversions + y) / 2;
        x = fp / nulls;
        y = tp / conversions;
    }
    return area;
}

static void test_order_oracle(void **state)
{
    struct world *w = *state;
    uint64_t seed = 23;

    for (int round = 0; round < 60; round++) {
        struct markov_order order[MARKOV_ORDER_MAX];
        struct err err;
        int best;
        paths_reset(&w->paths);
        arena_reset(&w->arena);
        add(&w->paths, "a", 1, 1, 0);
        add_random(&w->paths, &seed, 20 + (uint32_t)random_below(&seed, 300), 4, 5, false);
        ASSERT_OK(markov_choose_order(&w->paths, 4, &w->arena, order, &best, &err));
        for (uint32_t k = 1; k <= 4; k++) {
            ASSERT_NEAR(order[k - 1].auc, slow_auc(&w->paths, k));
            assert_true(order[best - 1].penalised >= order[k - 1].penalised);
        }
    }
}

static void test_refused(void **state)
{
    struct world *w = *state;
    struct markov_order order[MARKOV_ORDER_MAX];
    struct arena tiny;
    struct err err;
    int best = 77;

    add(&w->paths, "ab", 1, 0, 10);
    for (int max = 0; max <= 5; max += 5)
        ASSERT_FAILS(markov_choose_order(&w->paths, max, &w->arena, order, &best, &err), ERR_INVALID);
    arena_init(&tiny, 100);
    ASSERT_FAILS(markov_choose_order(&w->paths, 4, &tiny, order, &best, &err), ERR_LIMIT);
    arena_free(&tiny);
    assert_int_equal(best, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATHS_TEST(test_order_worked),
        PATHS_TEST(test_order_of_nothing),
        PATHS_TEST(test_order_oracle),
        PATHS_TEST(test_refused),
    };
    return cmocka_run_group_tests_name("measure/markov, order", tests, NULL, NULL);
}
