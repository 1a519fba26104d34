/* Tests of base/json.h: what is refused, what the getters answer, what the writer writes. */
#include "helpers.h"

#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena; /* of every tree here; emptied by each test */

static int empty_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static void test_refused(void **state)
{
    static const struct {
        Str text;
        const char *why; /* part of the reason */
    } cases[] = {
        {STR_INIT(""), "empty"},
        {STR_INIT(" "), "too early"},
        {STR_INIT("{"), "not valid JSON"},
        {STR_INIT("{\"a\":1} x"), "not valid JSON"},
        {STR_INIT("{\"a\":1}{}"), "not valid JSON"},
        {STR_INIT("[1,]"), "not valid JSON"},
        {STR_INIT("[1 2]"), "not valid JSON"},
        {STR_INIT("{'a':1}"), "not valid JSON"},
        {STR_INIT("{\"a\"}"), "not valid JSON"},
        {STR_INIT("[01]"), "not valid JSON"},
        {STR_INIT("[.5]"), "not valid JSON"},
        {STR_INIT("[NaN]"), "not valid JSON"},
        {STR_INIT("[1e999]"), "not valid JSON"},
        {STR_INIT("\"\x01\""), "not valid JSON"},
        {STR_INIT("\"\\x\""), "not valid JSON"},
        {STR_INIT("\"\\ud800\""), "not valid JSON"},
        {STR_INIT("[\"\xFF\"]"), "not valid JSON"},
        {STR_INIT("\"\xC0\x80\""), "not valid JSON"},
        {STR_INIT("[1]\0"), "follows"},
        {STR_INIT("{\"\xFF\":1}"), "UTF-8"},
        {STR_INIT("\"\\udc00\""), "surrogate"},
        {STR_INIT("\"\\ud800\\u0041\""), "surrogate"},
        {STR_INIT("\"\\u12g4\""), "hexadecimal"},
        {STR_INIT("[-]"), "not a value"},
        {STR_INIT("[1.]"), "point"},
        {STR_INIT("[1e]"), "exponent"},
        {STR_INIT("[tru]"), "not a value"},
        {STR_INIT("[1][2]"), "follows"},
        {STR_INIT("{\"a\":1,}"), "quotes"},
        {STR_INIT("\xEF\xBB\xBF{}"), "not valid JSON"},
        {STR_INIT("{\n \"a\": tru\n}"), "line 2"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        if (json_parse(cases[i].text, &arena, &err)) fail_msg("case %zu is accepted: %s", i, cases[i].text.p);
        assert_int_equal(err.code, ERR_INVALID);
        ASSERT_HOLDS(err.text, cases[i].why);
    }
}

static const struct json *nested(int depth, char open, char close)
{
    char text[400];
    struct err err;
    memset(text, open, (size_t)depth);
    memset(text + depth, close, (size_t)depth);
    return json_parse((Str){text, 2 * (size_t)depth}, &arena, &err);
}

static void test_depth(void **state)
{
    struct err err = {0};
    char *deep = malloc(1000000);
    (void)state;

    const struct json *root = nested(JSON_DEPTH_MAX, '[', ']');
    assert_non_null(root);
    assert_null(nested(JSON_DEPTH_MAX + 1, '[', ']'));
    memset(deep, '[', 1000000); /* would overflow the stack of a parser that recurses */
    assert_null(json_parse((Str){deep, 1000000}, &arena, &err));
    ASSERT_HOLDS(err.text, "too deep");
    free(deep);
    root = json_parse(STR("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"]"),
                      &arena, &err);
    assert_non_null(root); /* brackets in a text do not count */
}

static const char DOCUMENT[] =
    "{\"text\":\"a\\u0000b\\u00e9\\ud83d\\ude00\",\"whole\":-9223372036854775808,\"real\":0.29,"
    "\"yes\":true,\"no\":false,\"nothing\":null,\"list\":[1,\"two\",[]],\"empty\":\"\",\"twice\":1,"
    "\"twice\":2}";

static void test_getters(void **state)
{
    struct err err = {0};
    int64_t whole = 77;
    double real = 77;
    bool yes = false;
    (void)state;

    const struct json *root = json_parse(str_of(DOCUMENT), &arena, &err);
    assert_non_null(root);
    ASSERT_STR_EQ(json_str(json_get(root, "text")), ((Str){"a\0b\xC3\xA9\xF0\x9F\x98\x80", 9}));
    assert_true(json_i64(json_get(root, "whole"), &whole));
    ASSERT_I64(whole, INT64_MIN);
    assert_true(json_double(json_get(root, "whole"), &real));
    assert_true(real < -9.2e18);
    assert_true(json_double(json_get(root, "real"), &real));
    assert_true(real > 0.2899999 && real < 0.2900001);
    whole = 77;
    assert_false(json_i64(json_get(root, "real"), &whole));
    ASSERT_I64(whole, 77);
    assert_true(json_bool(json_get(root, "yes"), &yes) && yes);
    assert_true(json_bool(json_get(root, "no"), &yes) && !yes);
    assert_false(json_bool(json_get(root, "whole"), &yes));
    assert_true(json_is_null(json_get(root, "nothing")));
    assert_true(json_is_null(json_get(root, "not there")));
    assert_false(json_is_null(json_get(root, "empty")));
    assert_int_equal(json_count(json_get(root, "list")), 3);
    ASSERT_STR(json_str(json_at(json_get(root, "list"), 1)), "two");
    assert_null(json_at(json_get(root, "list"), 3));
    assert_true(json_is_array(json_at(json_get(root, "list"), 2)));
    assert_true(json_is_object(root));
    assert_true(json_i64(json_get(root, "twice"), &whole));
    ASSERT_I64(whole, 1); /* the first of that name */
    assert_null(json_get(root, "twic"));
    assert_null(json_get(root, "twice "));
}

/* Members far apart, of containers of every size: each is found behind those before it. */
/* Objects and arrays, member by member. */
static void test_members_in_order(void **state)
{
    struct err err;
    Str key;
    const struct json *value;
    struct json_members none = json_members(NULL);
    const struct json *root = json_parse(STR("{\"a\":[1,[2],\"x\"],\"\":{},\"a\":null,\"\\u0062\":7}"), &arena, &err);
    static const char *const KEYS[] = {"a", "", "a", "b"};
    struct json_members members = json_members(root);
    (void)state;

    assert_false(json_next(&none, &key, &value));
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        assert_true(json_next(&members, &key, &value));
        ASSERT_STR(key, KEYS[i]);
        if (i != 2) assert_ptr_equal(value, json_get(root, KEYS[i])); /* json_get gives the first a */
    }
    assert_true(!json_next(&members, &key, &value) && !json_next(&members, &key, &value));
    const struct json *array = json_get(root, "a");
    members = json_members(array);
    for (size_t i = 0; i < 3; i++) {
        assert_true(json_next(&members, &key, &value));
        assert_ptr_equal(value, json_at(array, i));
        assert_int_equal(key.n, 0);
    }
    assert_false(json_next(&members, &key, &value));
    members = json_members(json_at(array, 0));
    assert_false(json_next(&members, &key, &value));
}

static void test_members_behind_large_ones(void **state)
{
    struct buf text;
    struct err err = {0};
    (void)state;

    buf_init(&text, (size_t)1 << 20);
    buf_add_char(&text, '{');
    for (int i = 0; i < 300; i++) {
        buf_printf(&text, "%s\"k%d\":[", i ? "," : "", i);
        for (int k = 0; k < i; k++) buf_printf(&text, "%s{\"n\":[%d]}", k ? "," : "", k);
        buf_add(&text, STR("]"));
    }
    buf_add_char(&text, '}');
    const struct json *root = json_parse(buf_str(&text), &arena, &err);
    assert_non_null(root);
    for (int i = 0; i < 300; i++) {
        char key[8];
        int64_t whole;
        snprintf(key, sizeof key, "k%d", i);
        const struct json *list = json_get(root, key);
        assert_int_equal(json_count(list), i);
        for (int k = 0; k < i; k += 37) {
            assert_true(json_i64(json_at(json_get(json_at(list, (size_t)k), "n"), 0), &whole));
            ASSERT_I64(whole, k);
        }
    }
    buf_reset(&text);
}

/* The worst a text can ask of an arena of json_arena_bytes: it must be enough, or the program stops. */
static void test_arena_bytes_are_enough(void **state)
{
    static const char *const units[] = {"1,", "\"\\n\",", "\"\",", "[],", "{},", "{\"\":1},", "\"\\u0001\","};
    struct err err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        for (size_t n = 1; n <= 32768; n = n < 40 ? n + 1 : n * 2) {
            struct buf text;
            struct arena exact;
            buf_init(&text, (size_t)1 << 20);
            buf_add_char(&text, '[');
            while (text.n < n) buf_add(&text, str_of(units[i]));
            text.p[text.n - 1] = ']';
            arena_init(&exact, json_arena_bytes(text.n));
            if (text.n > 1) assert_non_null(json_parse(buf_str(&text), &exact, &err));
            arena_free(&exact);
            buf_reset(&text);
        }
    }
}

/* Every getter takes NULL or a value of another kind. */
static void test_getters_of_nothing(void **state)
{
    struct err err = {0};
    const struct json *root = json_parse(STR("\"text\""), &arena, &err);
    const struct json *const odd[] = {NULL, root};
    int64_t whole;
    double real;
    bool yes;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        assert_null(json_get(odd[i], "a"));
        assert_null(json_at(odd[i], 0));
        assert_int_equal(json_count(odd[i]), 0);
        assert_false(json_is_object(odd[i]));
        assert_false(json_is_array(odd[i]));
        assert_false(json_i64(odd[i], &whole));
        assert_false(json_double(odd[i], &real));
        assert_false(json_bool(odd[i], &yes));
    }
    assert_int_equal(json_str(NULL).n, 0);
}

static void test_whole_numbers_past_64_bits_are_reals(void **state)
{
    struct err err = {0};
    int64_t whole;
    double real;
    (void)state;

    const struct json *root = json_parse(STR("{\"big\":9223372036854775808,\"id\":42}"), &arena, &err);
    assert_non_null(root);
    assert_false(json_i64(json_get(root, "big"), &whole));
    assert_true(json_double(json_get(root, "big"), &real));
    assert_true(real > 9.2233720368547e18 && real < 9.2233720368549e18);
    assert_true(json_i64(json_get(root, "id"), &whole)); /* the others stay what they are */
    ASSERT_I64(whole, 42);
}

/* ---- writing ---- */

static void test_writer_commas(void **state)
{
    struct buf buf;
    (void)state;

    buf_init(&buf, 1000);
    struct json_out out = json_to(&buf);
    json_open(&out, '{');
    json_kv_text(&out, "a", "x");
    json_kv_text(&out, "none", NULL);
    json_key(&out, "list");
    json_open(&out, '[');
    json_put_i64(&out, INT64_MIN);
    json_put_null(&out);
    json_open(&out, '{');
    json_close(&out, '}');
    json_open(&out, '[');
    json_close(&out, ']');
    json_put_bool(&out, false);
    json_put_raw(&out, STR("{\"r\":1}"));
    json_close(&out, ']');
    json_kv_bool(&out, "b", true);
    json_kv_double(&out, "d", 0.5);
    json_kv_null(&out, "n");
    json_kv_i64(&out, "i", -7);
    json_kv_instant(&out, "at", 1739347200000);
    json_kv_instant(&out, "never", INT64_MIN);
    json_kv_str(&out, "s", STR("y"));
    json_close(&out, '}');
    ASSERT_STR(buf_str(&buf), "{\"a\":\"x\",\"none\":null,\"list\":[-9223372036854775808,null,{},[],false,{\"r\":1}],"
                              "\"b\":true,\"d\":0.5,\"n\":null,\"i\":-7,\"at\":\"2025-02-12T08:00:00.000Z\","
                              "\"never\":null,\"s\":\"y\"}");
    buf_reset(&buf);
}

static void test_writer_escapes(void **state)
{
    static const struct {
        Str text, wanted;
    } cases[] = {
        {STR_INIT("plain"), STR_INIT("\"plain\"")},
        {STR_INIT("\"\\"), STR_INIT("\"\\\"\\\\\"")},
        {STR_INIT("a\nb\tc"), STR_INIT("\"a\\u000ab\\u0009c\"")},
        {STR_INIT("\0\x1F\x7F"), STR_INIT("\"\\u0000\\u001f\\u007f\"")},
        {STR_INIT("\xC3\xA9/<"), STR_INIT("\"\xC3\xA9/<\"")},
        {STR_INIT("a\xFFz"), STR_INIT("\"a\xEF\xBF\xBDz\"")},
        {STR_INIT("\"\xFF"), STR_INIT("\"\\\"\xEF\xBF\xBD\"")},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf buf;
        buf_init(&buf, 100);
        struct json_out out = json_to(&buf);
        json_put_str(&out, cases[i].text);
        ASSERT_STR_EQ(buf_str(&buf), cases[i].wanted);
        buf_reset(&buf);
    }
}

static void test_random_texts_read_back(void **state)
{
    uint64_t seed = 4;
    (void)state;

    for (int i = 0; i < 3000; i++) {
        char text[200];
        struct buf buf;
        struct err err = {0};
        Str wanted = random_utf8(&seed, text, 40);
        buf_init(&buf, 4000);
        struct json_out out = json_to(&buf);
        json_open(&out, '[');
        json_put_str(&out, wanted);
        json_close(&out, ']');
        const struct json *root = json_parse(buf_str(&buf), &arena, &err);
        assert_non_null(root);
        ASSERT_STR_EQ(json_str(json_at(root, 0)), wanted);
        buf_reset(&buf);
    }
}

static void check_double(double value)
{
    struct buf buf;
    buf_init(&buf, 100);
    struct json_out out = json_to(&buf);
    json_put_double(&out, value);
    double back = strtod(buf.p, NULL);
    assert_memory_equal(&back, &value, sizeof back);
    for (int digits = 1; digits < 15; digits++) { /* no shorter text reads back */
        char shorter[40];
        snprintf(shorter, sizeof shorter, "%.*g", digits, value);
        double other = strtod(shorter, NULL);
        if (memcmp(&other, &value, sizeof value) == 0) assert_true(strlen(shorter) >= buf.n);
    }
    buf_reset(&buf);
}

static void test_shortest_doubles(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.29, "0.29"},
        {1.0 / 3, "0.3333333333333333"},
        {1e21, "1e+21"},
        {100000, "100000"},
        {0.30000000000000004, "0.30000000000000004"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
        {5e-324, "4.94065645841247e-324"},
    };
    uint64_t seed = 6;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf buf;
        buf_init(&buf, 100);
        struct json_out out = json_to(&buf);
        json_put_double(&out, cases[i].value);
        ASSERT_STR(buf_str(&buf), cases[i].text);
        buf_reset(&buf);
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_below(&seed, UINT64_MAX);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) check_double(value);
        check_double((double)random_below(&seed, 100000000) / 100);
    }
    check_double(DBL_MAX);
    check_double(-0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_refused, empty_arena),
        cmocka_unit_test_setup(test_depth, empty_arena),
        cmocka_unit_test_setup(test_getters, empty_arena),
        cmocka_unit_test_setup(test_members_in_order, empty_arena),
        cmocka_unit_test_setup(test_members_behind_large_ones, empty_arena),
        cmocka_unit_test_setup(test_arena_bytes_are_enough, empty_arena),
        cmocka_unit_test_setup(test_getters_of_nothing, empty_arena),
        cmocka_unit_test_setup(test_whole_numbers_past_64_bits_are_reals, empty_arena),
        cmocka_unit_test_setup(test_writer_commas, empty_arena),
        cmocka_unit_test_setup(test_writer_escapes, empty_arena),
        cmocka_unit_test_setup(test_random_texts_read_back, empty_arena),
        cmocka_unit_test_setup(test_shortest_doubles, empty_arena),
    };
    return cmocka_run_group_tests_name("base/json", tests, NULL, empty_arena);
}
