/* Tests of base/json.h's spans: tables, and agreement with the tree on random documents. */
#include "helpers.h"

#include "base/json.h"

#include <stdio.h>

static void test_members(void **state)
{
    static const struct {
        const char *object, *key, *value; /* NULL: not found */
    } cases[] = {
        {"{\"a\":1}", "a", "1"},
        {" { \"a\" : 1 , \"b\" : [1,2] } ", "b", "[1,2]"},
        {"{\"a\":{\"b\":1},\"b\":2}", "b", "2"}, /* the outermost object's */
        {"{\"a\":\"x}\\\"y\",\"b\":true}", "b", "true"},
        {"{\"a\":\"x}\\\"y\",\"b\":true}", "a", "\"x}\\\"y\""},
        {"{\"a\":1,\"a\":2}", "a", "1"}, /* the first such key */
        {"{\"a\":\"\\\\\",\"b\":3}", "b", "3"},
        {"{\"batch\":[{\"x\":\"]\"}],\"z\":1}", "batch", "[{\"x\":\"]\"}]"},
        {"{\"a\":-1.5e3}", "a", "-1.5e3"},
        {"{\"a\":nonsense}", "a", "nonsense"}, /* is it valid? that is for json_parse */
        {"{\"a\":1} trailing", "a", "1"},
        {"{}", "a", NULL},
        {"{\"a\":1}", "b", NULL},
        {"", "a", NULL},
        {"[1]", "a", NULL},
        {"{\"a\":", "a", NULL},
        {"{\"a\":1", "a", NULL},
        {"{\"a\":[1,2}", "a", NULL},
        {"{\"a\":[1", "a", NULL},
        {"{\"a\":\"x", "a", NULL},
        {"{\"a\":\"x\\\"}", "a", NULL},
        {"{\"a\" 1}", "a", NULL},
        {"{\"a\":,}", "a", NULL},
        {"{a:1}", "a", NULL},
        {"{\"z\":1 \"a\":2}", "a", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Str value = STR("untouched");
        bool found = json_span_member(str_of(cases[i].object), str_of(cases[i].key), &value);
        if (found != (cases[i].value != NULL)) fail_msg("%s of %s", cases[i].key, cases[i].object);
        ASSERT_STR(value, found ? cases[i].value : "untouched");
    }
}

static void test_walks_of_members(void **state)
{
    static const struct {
        const char *object, *seen; /* key=value; of each; NULL: malformed */
    } cases[] = {
        {"{}", ""},
        {" { } ", ""},
        {"{\"a\":1}", "a=1;"},
        {" {\"a\" : {\"b\":2} , \"\":[] ,\"a\":\"x}\"}", "a={\"b\":2};=[];a=\"x}\";"},
        {"{\"q\\\"\":1}", "q\\\"=1;"}, /* as it stands between its quotes */
        {"{\"a\":1", NULL},
        {"{\"a\"}", NULL},
        {"{\"a\":1 \"b\":2}", NULL},
        {"{1:2}", NULL},
        {"[1]", NULL},
        {"", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_walk walk;
        struct buf seen;
        Str key, value = STR("some");
        bool ok = json_walk_members(&walk, str_of(cases[i].object));

        buf_init(&seen, 1000);
        while (ok && value.n) {
            ok = json_walk_member(&walk, &key, &value);
            if (ok && value.n) buf_printf(&seen, "%.*s=%.*s;", STR_ARG(key), STR_ARG(value));
        }
        if (ok != (cases[i].seen != NULL)) fail_msg("%s", cases[i].object);
        if (ok) ASSERT_STR(buf_str(&seen), cases[i].seen);
        buf_reset(&seen);
    }
}

static void test_walks(void **state)
{
    static const struct {
        const char *array;
        int n; /* -1: malformed */
        const char *last;
    } cases[] = {
        {"[]", 0, ""},
        {" [ ] ", 0, ""},
        {"[1]", 1, "1"},
        {"[ 1 , \"a,b\" , {\"x\":[1,2]} ]", 3, "{\"x\":[1,2]}"},
        {"[[],{},\"\"]", 3, "\"\""},
        {"[1,\n\t2]", 2, "2"},
        {"[1,]", -1, ""},
        {"[,1]", -1, ""},
        {"[1 2]", -1, ""},
        {"[1", -1, ""},
        {"[1,", -1, ""},
        {"[", -1, ""},
        {"", -1, ""},
        {"{}", -1, ""},
        {"[\"a]", -1, ""},
        {"[{]", -1, ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_walk walk;
        Str item = {NULL, 0}, last = item;
        int n = 0;
        bool ok = json_walk_start(&walk, str_of(cases[i].array));
        while (ok && (ok = json_walk_next(&walk, &item)) && item.n) {
            last = item;
            n++;
        }
        if ((ok ? n : -1) != cases[i].n) fail_msg("%s gave %d", cases[i].array, ok ? n : -1);
        if (ok) ASSERT_STR(last, cases[i].last);
    }
}

/* ---- random documents ---- */

static void put_blanks(uint64_t *seed, struct buf *out)
{
    static const char *const BLANKS[] = {"", "", "", " ", "\n", "\t \r"};
    buf_add(out, str_of(BLANKS[random_below(seed, COUNT_OF(BLANKS))]));
}

static void put_value(uint64_t *seed, struct buf *out, int depth);

static void put_scalar(uint64_t *seed, struct buf *out)
{
    static const char *const PLAIN[] = {"0",    "-12",      "1.5e-3",      "true",       "false",     "null",
                                        "\"\"", "\"\\\\\"", "\"\\u00e9\"", "\"[{,:]}\"", "\"a\\\"b\""};
    char text[100];
    struct json_out json = json_to(out);

    if (random_below(seed, 3) == 0) {
        json_put_str(&json, random_utf8(seed, text, 10));
    } else {
        buf_add(out, str_of(PLAIN[random_below(seed, COUNT_OF(PLAIN))]));
    }
}

/* Keys k0, k1, ...: each once. */
static void put_object(uint64_t *seed, struct buf *out, int depth)
{
    uint64_t n = random_below(seed, 5);

    buf_add_char(out, '{');
    for (uint64_t i = 0; i < n; i++) {
        put_blanks(seed, out);
        buf_printf(out, "%s\"k%d\"", i ? "," : "", (int)i);
        put_blanks(seed, out);
        buf_add_char(out, ':');
        put_blanks(seed, out);
        put_value(seed, out, depth + 1);
        put_blanks(seed, out);
    }
    buf_add_char(out, '}');
}

static void put_array(uint64_t *seed, struct buf *out, int depth)
{
    uint64_t n = random_below(seed, 5);

    buf_add_char(out, '[');
    for (uint64_t i = 0; i < n; i++) {
        if (i) buf_add_char(out, ',');
        put_blanks(seed, out);
        put_value(seed, out, depth + 1);
        put_blanks(seed, out);
    }
    buf_add_char(out, ']');
}

static void put_value(uint64_t *seed, struct buf *out, int depth)
{
    uint64_t kind = depth > 5 ? 2 : random_below(seed, 3);

    if (kind == 0) {
        put_object(seed, out, depth);
    } else if (kind == 1) {
        put_array(seed, out, depth);
    } else {
        put_scalar(seed, out);
    }
}

static struct arena arena;

static bool same_value(const struct json *a, const struct json *b)
{
    int64_t wa = 0, wb = 0;
    double ra = 0, rb = 0;
    bool ba = false, bb = false;

    if (json_is_array(a) != json_is_array(b) || json_is_object(a) != json_is_object(b)) return false;
    if (json_count(a) != json_count(b)) return false;
    for (size_t i = 0; i < json_count(a); i++)
        if (!same_value(json_at(a, i), json_at(b, i))) return false;
    for (int i = 0; json_is_object(a) && i < 6; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        if (!json_get(a, key) != !json_get(b, key)) return false;
        if (json_get(a, key) && !same_value(json_get(a, key), json_get(b, key))) return false;
    }
    if (json_i64(a, &wa) != json_i64(b, &wb) || wa != wb) return false;
    if (json_double(a, &ra) != json_double(b, &rb) || ra < rb || ra > rb) return false;
    if (json_bool(a, &ba) != json_bool(b, &bb) || ba != bb) return false;
    return json_is_null(a) == json_is_null(b) && str_eq(json_str(a), json_str(b));
}

static void assert_same_value(Str span, const struct json *value)
{
    struct err err = {0};
    const struct json *read = json_parse(span, &arena, &err);

    if (!read) fail_msg("%.*s: %s", STR_ARG(span), err.text);
    if (!same_value(read, value)) fail_msg("%.*s", STR_ARG(span));
}

static void compare_with_tree(Str text)
{
    struct err err = {0};
    const struct json *root = json_parse(text, &arena, &err);
    Str span;

    if (!root) fail_msg("%.*s: %s", STR_ARG(text), err.text);
    for (int i = 0; i < 6; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        const struct json *member = json_get(root, key);
        assert_int_equal(json_span_member(text, str_of(key), &span), member != NULL);
        if (member) assert_same_value(span, member);
    }
    struct json_walk walk;
    assert_int_equal(json_walk_start(&walk, text), json_is_array(root));
    if (json_is_array(root)) {
        for (size_t i = 0; i < json_count(root); i++) {
            assert_true(json_walk_next(&walk, &span));
            assert_same_value(span, json_at(root, i));
        }
        assert_true(json_walk_next(&walk, &span));
        assert_int_equal(span.n, 0);
    }
    arena_reset(&arena);
}

static void test_spans_agree_with_the_tree(void **state)
{
    uint64_t seed = 11;
    (void)state;

    arena_init(&arena, (size_t)64 << 20);
    for (int i = 0; i < 4000; i++) {
        struct buf text;
        buf_init(&text, 1 << 20);
        put_blanks(&seed, &text);
        put_value(&seed, &text, 0);
        put_blanks(&seed, &text);
        assert_false(text.full);
        compare_with_tree(buf_str(&text));
        buf_reset(&text);
    }
    arena_free(&arena);
}

/* A document cut anywhere reads no byte past its end (the sanitizer watches) and finds nothing that is cut off. */
static void test_documents_cut_anywhere(void **state)
{
    uint64_t seed = 12;
    (void)state;

    for (int i = 0; i < 500; i++) {
        struct buf text;
        buf_init(&text, 1 << 20);
        put_object(&seed, &text, 3);
        for (size_t n = 0; n < text.n; n++) {
            struct buf exact;
            Str span;
            buf_init(&exact, n);
            buf_add(&exact, (Str){text.p, n});
            if (json_span_member(buf_str(&exact), STR("k0"), &span))
                assert_true(span.p > exact.p && span.p + span.n < exact.p + n); /* its comma is there */
            assert_false(json_span_member(buf_str(&exact), STR("k9"), &span));
            buf_reset(&exact);
        }
        buf_reset(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_walks),
        cmocka_unit_test(test_walks_of_members),
        cmocka_unit_test(test_spans_agree_with_the_tree),
        cmocka_unit_test(test_documents_cut_anywhere),
    };
    return cmocka_run_group_tests_name("base/json_span", tests, NULL, NULL);
}
