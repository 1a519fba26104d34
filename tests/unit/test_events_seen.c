/* Tests of events/seen.h: random adding and taking out against a plain list of flags. */
#include "helpers.h"

#include "events/seen.h"

#include <stdio.h>
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
    assert_int_equal(seen.now.n, 3);
    seen_remove(&seen, zero);
    seen_remove(&seen, zero); /* not there any more: nothing happens */
    assert_int_equal(seen.now.n, 2);
    assert_true(seen_add(&seen, zero));
    seen_remove(&seen, a);
    assert_true(seen_add(&seen, a));
    assert_false(seen_add(&seen, b));
    seen_reset(&seen);
    assert_null(seen.now.slots);
}

/* Keys that fall on few places, so that they stand in each other's way and taking out has to pull back. */
static struct hash128 crowded(uint64_t i, uint64_t places)
{
    return (struct hash128){(i % places) * 3 << 54, i + 1};
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
        assert_int_equal(seen.now.n, n);
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
        for (uint64_t i = 0; i < 20; i++)
            assert_true(seen_add(&seen, (struct hash128){UINT64_MAX - (UINT64_C(5) << 54), i + 1}));
        seen_remove(&seen, (struct hash128){UINT64_MAX - (UINT64_C(5) << 54), gap + 1});
        for (uint64_t i = 0; i < 20; i++)
            assert_int_equal(seen_add(&seen, (struct hash128){UINT64_MAX - (UINT64_C(5) << 54), i + 1}), i == gap);
        for (uint64_t i = 0; i < 20; i++) seen_remove(&seen, (struct hash128){UINT64_MAX - (UINT64_C(5) << 54), i + 1});
        assert_int_equal(seen.now.n, 0);
    }
    for (size_t i = 0; i < seen.now.n_slots; i++) assert_int_equal(seen.now.slots[i].b, 0); /* nothing is left over */
    seen_reset(&seen);
}

/* Cut, go on, write, install or give up, over and over: a key is new once. */
static void test_folding(void **state)
{
    enum { KEYS = 30000, ROUNDS = 12 };
    static bool there[KEYS];
    char folder[FOLDER_MAX], path[FOLDER_MAX + 8];
    struct bundle *bundle = NULL;
    struct seen seen;
    struct err err = {0};
    uint64_t seed = 5;
    (void)state;

    folder_make(folder);
    snprintf(path, sizeof path, "%s/seen", folder);
    seen_init(&seen);
    for (int round = 0; round < ROUNDS; round++) {
        bool written = round % 3 != 2;
        for (int phase = 0; phase < 2; phase++) {
            for (int i = 0; i < 3000; i++) {
                size_t k = (size_t)random_below(&seed, KEYS);
                assert_int_equal(seen_add(&seen, hash_keyed(k, STR("key"))), !there[k]);
                there[k] = true;
            }
            if (phase == 0) seen_cut(&seen);
        }
        if (written) {
            struct bundle_writer out;
            ASSERT_OK(bundle_create(&out, path, 1, &err));
            seen_cut_write(&seen, &out);
            ASSERT_OK(bundle_commit(&out, &err));
            struct bundle *next = bundle_open(path, 1, &err);
            assert_non_null(next);
            ASSERT_OK(seen_install(&seen, next, &err));
            bundle_release(bundle);
            bundle = next;
        } else {
            seen_uncut(&seen);
        }
    }
    for (size_t k = 0; k < KEYS; k++) assert_int_equal(seen_add(&seen, hash_keyed(k, STR("key"))), !there[k]);
    seen_reset(&seen);
    bundle_release(bundle);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding_and_removing),
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_around_the_end),
        cmocka_unit_test(test_folding),
    };
    hash_start();
    return cmocka_run_group_tests_name("events/seen", tests, NULL, NULL);
}
