/* Tests of base/dict.h: ids in order of arrival, 100,000 random texts against a sorted copy, a reader beside the adder.
 */
#include "helpers.h"

#include "base/arena.h"
#include "base/dict.h"
#include "base/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_ids_count_from_nought(void **state)
{
    struct dict *dict = dict_new();
    (void)state;

    assert_int_equal(dict_count(dict), 0);
    assert_int_equal(dict_find(dict, STR("a")), DICT_NONE);
    assert_int_equal(dict_add(dict, STR("a")), 0);
    assert_int_equal(dict_add(dict, STR("")), 1);
    assert_int_equal(dict_add(dict, STR("a")), 0);
    assert_int_equal(dict_add(dict, (Str){"a\0", 2}), 2); /* a NUL is a byte as any other */
    assert_int_equal(dict_add(dict, (Str){NULL, 0}), 1);
    assert_int_equal(dict_find(dict, STR("A")), DICT_NONE);
    assert_int_equal(dict_count(dict), 3);
    ASSERT_STR(dict_text(dict, 1), "");
    ASSERT_STR_EQ(dict_text(dict, 2), ((Str){"a\0", 2}));
    dict_free(dict);
    dict_free(NULL);
}

static void test_texts_are_copies_that_never_move(void **state)
{
    struct dict *dict = dict_new();
    size_t large = 200000; /* more than a block of texts */
    char *text = mem_new(large);
    (void)state;

    memset(text, 'x', large);
    assert_int_equal(dict_add(dict, (Str){text, large}), 0);
    const char *at = dict_text(dict, 0).p;
    memset(text, 'y', large);
    for (int i = 0; i < 50000; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        dict_add(dict, str_of(name));
    }
    assert_ptr_equal(dict_text(dict, 0).p, at);
    assert_int_equal(at[0], 'x');
    assert_int_equal(at[large - 1], 'x');
    free(text);
    dict_free(dict);
}

#define TEXTS 100000
#define TEXT_BYTES 12

struct known {
    char text[TEXT_BYTES];
    size_t n;
    uint32_t id;
};

static int compare_known(const void *left, const void *right)
{
    const struct known *a = left, *b = right;
    int order = str_compare((Str){a->text, a->n}, (Str){b->text, b->n});
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* Short texts of three letters, so that many come twice. Equal texts must have got one id, others different ones. */
static void test_random_texts(void **state)
{
    struct dict *dict = dict_new();
    struct known *known = mem_new(TEXTS * sizeof *known);
    uint64_t seed = 7;
    uint32_t distinct = 1;
    (void)state;

    for (size_t i = 0; i < TEXTS; i++) {
        known[i].n = (size_t)random_below(&seed, TEXT_BYTES);
        random_bytes(&seed, known[i].text, known[i].n, STR("ab\xFF"));
        uint32_t before = dict_count(dict);
        known[i].id = dict_add(dict, (Str){known[i].text, known[i].n});
        assert_true(known[i].id <= before);
        assert_int_equal(dict_count(dict), known[i].id == before ? before + 1 : before);
    }
    qsort(known, TEXTS, sizeof *known, compare_known);
    for (size_t i = 1; i < TEXTS; i++) {
        Str a = {known[i - 1].text, known[i - 1].n}, b = {known[i].text, known[i].n};
        assert_int_equal(known[i - 1].id == known[i].id, str_compare(a, b) == 0);
        distinct += known[i - 1].id != known[i].id;
    }
    assert_int_equal(dict_count(dict), distinct);
    for (size_t i = 0; i < TEXTS; i++) {
        ASSERT_STR_EQ(dict_text(dict, known[i].id), ((Str){known[i].text, known[i].n}));
        assert_int_equal(dict_find(dict, (Str){known[i].text, known[i].n}), known[i].id);
    }
    free(known);
    dict_free(dict);
}

/* ---- one adds, another reads what was counted ---- */

#define ADDED 200000u

struct reading {
    struct dict *dict;
    _Atomic uint32_t wrong;
};

static void *read_on(void *context)
{
    struct reading *reading = context;
    uint64_t seed = 9;
    uint32_t n = 0;

    while (n < ADDED) {
        n = dict_count(reading->dict);
        for (int i = 0; n && i < 100; i++) {
            uint32_t id = i == 0 ? n - 1 : (uint32_t)random_below(&seed, n); /* the newest too */
            char wanted[16];
            snprintf(wanted, sizeof wanted, "text %u", id);
            if (!str_eq(dict_text(reading->dict, id), str_of(wanted))) atomic_fetch_add(&reading->wrong, 1);
        }
    }
    return NULL;
}

static void test_reading_while_another_adds(void **state)
{
    struct reading reading = {.dict = dict_new()};
    pthread_t thread;
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, read_on, &reading), 0);
    for (uint32_t i = 0; i < ADDED; i++) {
        char text[16];
        snprintf(text, sizeof text, "text %u", i);
        assert_int_equal(dict_add(reading.dict, str_of(text)), i);
    }
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&reading.wrong), 0);
    dict_free(reading.dict);
}

static void ask_for_an_id_that_is_none(void)
{
    struct dict *dict = dict_new();
    dict_add(dict, STR("only"));
    (void)dict_text(dict, 1);
}

static void test_an_id_that_is_none_stops(void **state)
{
    (void)state;
    assert_stops(ask_for_an_id_that_is_none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_count_from_nought),
        cmocka_unit_test(test_texts_are_copies_that_never_move),
        cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_reading_while_another_adds),
        cmocka_unit_test(test_an_id_that_is_none_stops),
    };
    hash_start();
    return cmocka_run_group_tests_name("base/dict", tests, NULL, NULL);
}
