/* Tests of base/buf.h: growth, the ceiling to the byte, giving away. */
#include "helpers.h"

#include <stdlib.h>
#include <string.h>

static void test_ceiling_to_the_byte(void **state)
{
    struct buf buf;
    (void)state;

    buf_init(&buf, 5);
    assert_true(buf_add(&buf, STR("abc")));
    assert_true(buf_add(&buf, STR("de")));
    assert_true(buf_add(&buf, STR(""))); /* nothing always fits */
    assert_false(buf.full);
    assert_false(buf_add_char(&buf, 'f'));
    assert_true(buf.full);
    ASSERT_STR(buf_str(&buf), "abcde"); /* what was there stays */
    buf_reset(&buf);
    assert_false(buf.full);
    assert_int_equal(buf.ceiling, 5);
    assert_int_equal(buf_str(&buf).n, 0);
}

static void test_a_write_past_the_ceiling_is_dropped_whole(void **state)
{
    struct buf buf;
    (void)state;

    buf_init(&buf, 4);
    assert_true(buf_add(&buf, STR("ab")));
    assert_false(buf_add(&buf, STR("cde")));
    ASSERT_STR(buf_str(&buf), "ab");
    assert_false(buf_add_char(&buf, 'c')); /* would fit, but the content is not whole any more */
    ASSERT_STR(buf_str(&buf), "ab");
    buf_reset(&buf);

    buf_init(&buf, 0);
    assert_false(buf_add_char(&buf, 'x'));
    buf_reset(&buf);
}

static void test_printf_of_every_length(void **state)
{
    char text[700];
    (void)state;

    for (size_t n = 0; n < sizeof text - 1; n++) { /* around the 256 bytes that are tried first, and past them */
        struct buf buf;
        memset(text, 'a' + (int)(n % 26), n);
        text[n] = '\0';
        buf_init(&buf, n + 2);
        assert_true(buf_add_char(&buf, '<'));
        assert_true(buf_printf(&buf, "%s%c", text, '>'));
        assert_int_equal(buf_str(&buf).n, n + 2);
        assert_memory_equal(buf.p + 1, text, n);
        assert_int_equal(buf.p[n + 1], '>');
        assert_false(buf_printf(&buf, "%d", 7));
        assert_int_equal(buf_str(&buf).n, n + 2);
        buf_reset(&buf);
    }
}

static void test_random_writes_against_one_array(void **state)
{
    static char wanted[100000];
    uint64_t seed = 1;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct buf buf;
        size_t n = 0, ceiling = (size_t)random_below(&seed, sizeof wanted) + 1;
        buf_init(&buf, ceiling);
        while (!buf.full) {
            char piece[600];
            size_t length = (size_t)random_below(&seed, sizeof piece);
            random_bytes(&seed, piece, length, (Str){NULL, 0});
            bool fits = n + length <= ceiling;
            assert_int_equal(buf_add(&buf, (Str){piece, length}), fits);
            if (!fits) break;
            memcpy(wanted + n, piece, length);
            n += length;
        }
        ASSERT_STR_EQ(buf_str(&buf), ((Str){wanted, n}));
        buf_reset(&buf);
    }
}

static void test_take_gives_the_bytes_away(void **state)
{
    struct buf buf;
    size_t n = 9;
    (void)state;

    buf_init(&buf, 100);
    buf_add(&buf, STR("mine"));
    char *bytes = buf_take(&buf, &n);
    assert_int_equal(n, 4);
    assert_string_equal(bytes, "mine"); /* with a NUL behind it */
    assert_int_equal(buf_str(&buf).n, 0);
    assert_true(buf_add(&buf, STR("next")));
    ASSERT_STR(buf_str(&buf), "next");
    free(bytes);
    buf_reset(&buf);
    assert_null(buf_take(&buf, &n));
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceiling_to_the_byte),
        cmocka_unit_test(test_a_write_past_the_ceiling_is_dropped_whole),
        cmocka_unit_test(test_printf_of_every_length),
        cmocka_unit_test(test_random_writes_against_one_array),
        cmocka_unit_test(test_take_gives_the_bytes_away),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
