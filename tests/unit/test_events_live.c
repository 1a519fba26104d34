/* Tests of events/live.h: the ring, what falls out of it, and texts cut between characters. */
#include "helpers.h"

#include "events/live.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static void put(struct live *live, int n)
{
    for (int i = 0; i < n; i++) live_put(live, &(struct live_item){.seq = 999, .source_id = 7});
}

static void test_asking_for_more(void **state)
{
    static const struct {
        int before; /* put so far */
        uint64_t after;
        size_t max;
        size_t n;       /* given */
        uint64_t first; /* of them */
    } cases[] = {
        {0, 0, 100, 0, 0},
        {3, 0, 100, 3, 1},
        {3, 1, 100, 2, 2},
        {3, 3, 100, 0, 0},
        {3, 0, 2, 2, 2},    /* the newest */
        {3, 50, 100, 3, 1}, /* of an earlier run of the program */
        {LIVE_ITEMS, 0, LIVE_ITEMS, LIVE_ITEMS, 1},
        {LIVE_ITEMS + 10, 0, 2 * LIVE_ITEMS, LIVE_ITEMS, 11}, /* ten fell out */
        {LIVE_ITEMS + 10, 5, 2 * LIVE_ITEMS, LIVE_ITEMS, 11},
        {LIVE_ITEMS + 10, 20, 2 * LIVE_ITEMS, LIVE_ITEMS - 10, 21},
        {3 * LIVE_ITEMS, 3 * LIVE_ITEMS - 1, 5, 1, 3 * LIVE_ITEMS},
    };
    static struct live_item got[2 * LIVE_ITEMS];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct live *live = live_new();
        uint64_t next = 77;
        put(live, cases[i].before);
        size_t n = live_since(live, cases[i].after, got, cases[i].max, &next);
        if (n != cases[i].n) fail_msg("case %zu gave %zu", i, n);
        assert_int_equal(next, cases[i].before);
        for (size_t k = 0; k < n; k++) assert_int_equal(got[k].seq, cases[i].first + k);
        live_free(live);
    }
    live_free(NULL);
}

static void test_per_minute(void **state)
{
    struct live *live = live_new();
    (void)state;

    assert_int_equal(live_per_minute(live, 1000000), 0);
    for (int i = 0; i < 10; i++) live_put(live, &(struct live_item){.received_ms = 1000000 - i * 10000});
    assert_int_equal(live_per_minute(live, 1000000), 6); /* less than a minute ago: 0 .. 50 seconds */
    assert_int_equal(live_per_minute(live, 1059999), 1);
    assert_int_equal(live_per_minute(live, 1060000), 0);
    live_free(live);
}

static void test_texts_are_cut_between_characters(void **state)
{
    static const char *const characters[] = {"x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(characters); i++) {
        for (size_t before = 0; before < 6; before++) {
            struct buf text;
            char out[LIVE_TEXT];
            buf_init(&text, 2000);
            for (size_t k = 0; k < before; k++) buf_add_char(&text, 'a');
            while (text.n < 300) buf_add(&text, str_of(characters[i]));
            live_text(out, buf_str(&text));
            size_t n = strlen(out), width = strlen(characters[i]);
            assert_true(str_is_utf8(str_of(out)));
            assert_memory_equal(out, text.p, n);
            assert_int_equal(n, before + (LIVE_TEXT - 1 - before) / width * width); /* as many as fit */
            buf_reset(&text);
        }
    }
    char out[LIVE_TEXT];
    live_text(out, STR("short"));
    assert_string_equal(out, "short");
    live_text(out, (Str){NULL, 0});
    assert_string_equal(out, "");
}

/* ---- threads ---- */

static void *put_many(void *context)
{
    put(context, 5000);
    return NULL;
}

static void test_no_number_is_given_twice(void **state)
{
    static struct live_item got[LIVE_ITEMS];
    struct live *live = live_new();
    pthread_t thread[3];
    uint64_t seen = 0;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(thread); i++) pthread_create(&thread[i], NULL, put_many, live);
    while (seen < 15000) {
        uint64_t next;
        size_t n = live_since(live, seen, got, LIVE_ITEMS, &next);
        for (size_t k = 0; k < n; k++) assert_int_equal(got[k].seq, next - n + 1 + k);
        assert_true(next >= seen);
        seen = next;
    }
    for (size_t i = 0; i < COUNT_OF(thread); i++) pthread_join(thread[i], NULL);
    assert_int_equal(seen, 15000);
    live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asking_for_more),
        cmocka_unit_test(test_per_minute),
        cmocka_unit_test(test_texts_are_cut_between_characters),
        cmocka_unit_test(test_no_number_is_given_twice),
    };
    return cmocka_run_group_tests_name("events/live", tests, NULL, NULL);
}
