/* Our JSON reader against jansson: the same verdict and the same values on random documents, and on what is left of
 * them after bytes were changed, dropped and repeated. Known differences: jansson takes no NUL in a name, and numbers
 * of more than JSON_NUMBER_MAX characters. */
#include "helpers.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* our functions of these names become jansson's macros */
#include <jansson.h>

static struct arena arena;

static void put_value(uint64_t *seed, struct buf *out, int depth)
{
    static const char *const SCALARS[] = {"0",
                                          "-0",
                                          "-12",
                                          "1.5",
                                          "1e5",
                                          "1E-3",
                                          "-0.0",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "1e400",
                                          "1e-400",
                                          "true",
                                          "false",
                                          "null",
                                          "\"\"",
                                          "\"a\"",
                                          "\"\\u0000\"",
                                          "\"\\ud83d\\ude00\"",
                                          "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
                                          "\"\xC3\xA9 and more than eight\"",
                                          "0.1e+2",
                                          "123456789012345678901234567890"};
    uint64_t kind = depth > 4 ? 9 : random_below(seed, 10);
    uint64_t n = random_below(seed, 5);

    if (kind < 4) {
        buf_add_char(out, kind < 2 ? '{' : '[');
        for (uint64_t i = 0; i < n; i++) {
            if (i) buf_add(out, random_below(seed, 2) ? STR(",") : STR(" ,\n\t"));
            if (kind < 2)
                buf_printf(out, "\"%s%d\":", random_below(seed, 4) ? "k" : "\\u006b", (int)random_below(seed, 6));
            put_value(seed, out, depth + 1);
        }
        buf_add_char(out, kind < 2 ? '}' : ']');
    } else if (kind == 4) {
        char text[64];
        struct json_out json = json_to(out);
        json_put_str(&json, random_utf8(seed, text, 12));
    } else {
        buf_add(out, str_of(SCALARS[random_below(seed, COUNT_OF(SCALARS))]));
    }
}

static void damage(uint64_t *seed, struct buf *text)
{
    static const Str LIKELY = STR_INIT("{}[]\",:\\u0e+-.tfn \n\x00\x1F\x7F\x80\xC0\xE2\xFF");
    size_t at = (size_t)random_below(seed, text->n);

    switch (random_below(seed, 4)) {
    case 0: random_bytes(seed, text->p + at, 1, LIKELY); break;
    case 1: text->n = at; break;
    case 2: memmove(text->p + at, text->p + at + 1, --text->n - at); break;
    default: text->p[at] ^= (char)(1 << random_below(seed, 8)); break;
    }
}

static void assert_same(const struct json *ours, json_t *theirs)
{
    int64_t whole = 0;
    double real = 0;
    bool yes = false;

    assert_non_null(ours);
    switch (json_typeof(theirs)) {
    case JSON_OBJECT: {
        const char *key;
        json_t *value;
        json_object_foreach(theirs, key, value) assert_same(json_get(ours, key), value);
        break;
    }
    case JSON_ARRAY:
        assert_int_equal(json_count(ours), json_array_size(theirs));
        for (size_t i = 0; i < json_count(ours); i++) assert_same(json_at(ours, i), json_array_get(theirs, i));
        break;
    case JSON_STRING:
        ASSERT_STR_EQ(json_str(ours), ((Str){json_string_value(theirs), json_string_length(theirs)}));
        break;
    case JSON_INTEGER:
        assert_true(json_i64(ours, &whole));
        ASSERT_I64(whole, json_integer_value(theirs));
        break;
    case JSON_REAL: {
        double wanted = json_real_value(theirs);
        assert_true(json_double(ours, &real));
        assert_memory_equal(&real, &wanted, sizeof real);
        break;
    }
    case JSON_TRUE: assert_true(json_bool(ours, &yes) && yes); break;
    case JSON_FALSE: assert_true(json_bool(ours, &yes) && !yes); break;
    case JSON_NULL: assert_true((json_is_null)(ours)); break;
    }
}

/* Where jansson does less than we do; a NUL behind a number it does not see at all. */
static bool is_known_difference(Str text, const json_error_t *why)
{
    if (text.n && memchr(text.p, '\0', text.n)) return true;
    return why &&
           (json_error_code(why) == json_error_null_byte_in_key || json_error_code(why) == json_error_numeric_overflow);
}

/* *verdict: is it JSON? False when the two need not agree. */
static bool compare(Str text, bool *verdict)
{
    struct err err = {0};
    json_error_t why;
    struct buf exact; /* so that a sanitizer sees a byte read past the end */

    buf_init(&exact, text.n);
    if (text.n) buf_add(&exact, text);
    const struct json *ours = json_parse(buf_str(&exact), &arena, &err);
    json_t *theirs = json_loadb(text.p, text.n, JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    bool comparable = !is_known_difference(text, theirs ? NULL : &why);
    if (comparable && !ours != !theirs)
        fail_msg("%.*s: we say %s, jansson %s", STR_ARG(text), ours ? "yes" : err.text, theirs ? "yes" : why.text);
    json_t *unique = NULL;
    if (theirs && comparable)
        unique = json_loadb(text.p, text.n, JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
    if (unique) assert_same(ours, unique); /* of a name that comes twice we take the first, jansson the last */
    *verdict = ours != NULL;
    json_decref(theirs);
    json_decref(unique);
    buf_reset(&exact);
    arena_reset(&arena);
    return comparable;
}

static void test_random_documents(void **state)
{
    uint64_t seed = 21;
    int valid = 0, broken = 0;
    (void)state;

    arena_init(&arena, (size_t)64 << 20);
    for (int i = 0; i < 30000; i++) {
        struct buf text;
        bool verdict;
        buf_init(&text, (size_t)1 << 16);
        put_value(&seed, &text, 0);
        for (uint64_t k = random_below(&seed, 4); k > 0 && text.n; k--) damage(&seed, &text);
        if (compare(buf_str(&text), &verdict)) {
            valid += verdict;
            broken += !verdict;
        }
        buf_reset(&text);
    }
    arena_free(&arena);
    assert_true(valid > 5000 && broken > 5000);
}

/* Each byte at each place of a string around the eight that are looked at together. */
static void test_every_byte_at_every_place(void **state)
{
    bool verdict;
    (void)state;

    arena_init(&arena, (size_t)64 << 20);
    for (int byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < 20; place++) {
            char text[] = "\"abcdefghijklmnopqrst\"";
            text[1 + place] = (char)byte;
            (void)compare((Str){text, sizeof text - 1}, &verdict);
        }
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_documents),
        cmocka_unit_test(test_every_byte_at_every_place),
    };
    return cmocka_run_group_tests_name("base/json against jansson", tests, NULL, NULL);
}
