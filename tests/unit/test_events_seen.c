/* Tests of events/seen.h: random adding and taking out against a plain list of flags. */
#include "helpers.h"

#include "events/seen.h"

#include <stdlib.h>
#include <string.h>

static void test_adding_and_removing(void **state)
{
    struct seen seen;
    struct hash128 a = {1, 2}, b = {1, 3}, zero = {0, 0};
    (void)state;

    seen_init(&seen);
    assert_true(seen_add(&seen, a));
    assert_false(seen_add(&seen, a));
    assert_true(seen_add(&seen, b));    /* half of it equal is another key */
    assert_true(seen_add(&seen, zero)); /* marks free slots, and must be held all the same */
    assert_false(seen_add(&seen, zero));
    assert_int_equal(seen.n, 3);
    seen_remove(&seen, zero);
    seen_remove(&seen, zero); /* not there any more: nothing happens */
    assert_int_equal(seen.n, 2);
    assert_true(seen_add(&seen, zero));
    seen_remove(&seen, a);
    assert_true(seen_add(&seen, a));
    assert_false(seen_add(&seen, b));
    seen_reset(&seen);
    assert_null(seen.slots);
}

/* Keys that fall on few places, so that they stand in each other's way and taking out has to pull back. */
static struct hash128 crowded(uint64_t i, uint64_t places)
{
    return (struct hash128){(i % places) * 3 + (UINT64_C(1) << 40), i + 1};
}

static void run_against_flags(uint64_t seed, size_t keys, uint64_t places, int steps)
{
    struct seen seen;
    bool *there = calloc(keys, sizeof *there);
    size_t n = 0;

    seen_init(&seen);
    for (int i = 0; i < steps; i++) {
        size_t k = (size_t)random_below(&seed, keys);
        struct hash128 key = places ? crowded(k, places) : hash_keyed(k, STR("key"));
        if (random_below(&seed, 5) < 3) {
            assert_int_equal(seen_add(&seen, key), !there[k]);
            n += !there[k];
            there[k] = true;
        } else {
            seen_remove(&seen, key);
            n -= there[k];
            there[k] = false;
        }
        assert_int_equal(seen.n, n);
    }
    for (size_t k = 0; k < keys; k++) { /* all that should be there is, and no more */
        struct hash128 key = places ? crowded(k, places) : hash_keyed(k, STR("key"));
        assert_int_equal(seen_add(&seen, key), !there[k]);
    }
    seen_reset(&seen);
    free(there);
}

static void test_random_steps(void **state)
{
    (void)state;
    run_against_flags(1, 100, 3, 20000);
    run_against_flags(2, 600, 7, 50000);
    run_against_flags(3, 700, 700, 50000);
    run_against_flags(4, 20000, 0, 300000); /* grows from 1,024 slots */
    run_against_flags(5, 500, 1, 20000);
}

/* A run of keys that wraps around the end of the table. */
static void test_around_the_end(void **state)
{
    struct seen seen;
    (void)state;

    seen_init(&seen);
    for (uint64_t gap = 0; gap < 20; gap++) {
        for (uint64_t i = 0; i < 20; i++) assert_true(seen_add(&seen, (struct hash128){seen.mask - 5, i + 1}));
        seen_remove(&seen, (struct hash128){seen.mask - 5, gap + 1});
        for (uint64_t i = 0; i < 20; i++)
            assert_int_equal(seen_add(&seen, (struct hash128){seen.mask - 5, i + 1}), i == gap);
        for (uint64_t i = 0; i < 20; i++) seen_remove(&seen, (struct hash128){seen.mask - 5, i + 1});
        assert_int_equal(seen.n, 0);
    }
    for (size_t i = 0; i <= seen.mask; i++) assert_int_equal(seen.slots[i].b, 0); /* nothing is left over */
    seen_reset(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding_and_removing),
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_around_the_end),
    };
    hash_start();
    return cmocka_run_group_tests_name("events/seen", tests, NULL, NULL);
}
