/* Tests of measure/quantile.h: small tables, and sorting as the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/quantile.h"
#include "snapshot_builder.h"

#include <stdlib.h>

static void test_small_tables(void **state)
{
    static const struct {
        uint64_t values[5];
        size_t n;
        struct quartiles want;
    } cases[] = {
        {{7}, 1, {7, 7, 7}},
        {{9, 1, 5}, 3, {3, 5, 7}},
        {{3600, 7200}, 2, {4500, 5400, 6300}},
        {{7200, 3600, 7200, 7200}, 4, {6300, 7200, 7200}},
        {{4, 1, 3, 2, 5}, 5, {2, 3, 4}},
        {{2, 1}, 2, {1, 1, 1}}, /* between the two, rounded down */
        {{0, 0, 0, 1}, 4, {0, 0, 0}},
        {{UINT64_MAX, UINT64_MAX - 1}, 2, {UINT64_MAX - 1, UINT64_MAX - 1, UINT64_MAX - 1}}, /* the sum would wrap */
        {{0, UINT64_MAX}, 2, {UINT64_MAX / 4, UINT64_MAX / 2, UINT64_MAX / 4 * 3 + 2}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t values[5];
        for (size_t k = 0; k < cases[i].n; k++) values[k] = cases[i].values[k];
        struct quartiles got = quartiles_of(values, cases[i].n);
        assert_true(got.low == cases[i].want.low);
        assert_true(got.median == cases[i].want.median);
        assert_true(got.high == cases[i].want.high);
    }
}

static int compare_values(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static uint64_t quantile(const uint64_t *sorted, size_t n, size_t quarters)
{
    size_t at = (n - 1) * quarters;
    uint64_t below = sorted[at / 4], gap = at % 4 ? sorted[at / 4 + 1] - below : 0;

    __extension__ unsigned __int128 part = (unsigned __int128)gap * (at % 4) / 4;
    return below + (uint64_t)part;
}

static void test_sorting_agrees(void **state)
{
    enum { MOST = 700 };
    static const uint64_t limits[] = {1, 2, 3, 255, 257, 100000, UINT64_C(1) << 33, UINT64_MAX};
    uint64_t seed = 1;
    (void)state;

    for (int round = 0; round < 3000; round++) {
        uint64_t values[MOST], sorted[MOST];
        size_t n = 1 + (size_t)random_below(&seed, round % 2 ? 70 : MOST);
        uint64_t limit = limits[random_below(&seed, COUNT_OF(limits))];

        for (size_t i = 0; i < n; i++)
            values[i] = sorted[i] = random_below(&seed, limit) >> (round % 3 == 0 ? random_below(&seed, 60) : 0);
        qsort(sorted, n, sizeof *sorted, compare_values);
        struct quartiles got = quartiles_of(values, n);
        assert_true(got.low == quantile(sorted, n, 1));
        assert_true(got.median == quantile(sorted, n, 2));
        assert_true(got.high == quantile(sorted, n, 3));
        qsort(values, n, sizeof *values, compare_values);
        assert_memory_equal(values, sorted, n * sizeof *values); /* put in another order, and no more than that */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_tables),
        cmocka_unit_test(test_sorting_agrees),
    };
    return cmocka_run_group_tests_name("measure/quantile", tests, NULL, NULL);
}
