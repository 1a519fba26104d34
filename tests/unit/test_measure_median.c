/* Tests of measure/median.h: small tables, and sorting as the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/median.h"
#include "snapshot_builder.h"

#include <stdlib.h>

static void test_small_tables(void **state)
{
    static const struct {
        uint64_t values[5];
        size_t n;
        uint64_t median;
    } cases[] = {
        {{7}, 1, 7},
        {{9, 1, 5}, 3, 5},
        {{3600, 7200}, 2, 5400},
        {{7200, 3600, 7200, 7200}, 4, 7200},
        {{2, 1}, 2, 1}, /* half way, rounded down */
        {{0, 0, 0, 1}, 4, 0},
        {{UINT64_MAX, UINT64_MAX - 1}, 2, UINT64_MAX - 1}, /* the sum of the two would wrap */
        {{0, UINT64_MAX}, 2, UINT64_MAX / 2},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t values[5];
        for (size_t k = 0; k < cases[i].n; k++) values[k] = cases[i].values[k];
        assert_int_equal(median_of(values, cases[i].n), cases[i].median);
    }
}

static int compare_values(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
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

        for (size_t i = 0; i < n; i++) values[i] = sorted[i] = random_below(&seed, limit);
        qsort(sorted, n, sizeof *sorted, compare_values);
        uint64_t low = sorted[(n - 1) / 2], high = sorted[n / 2];
        assert_true(median_of(values, n) == low + (high - low) / 2);
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
    return cmocka_run_group_tests_name("measure/median", tests, NULL, NULL);
}
