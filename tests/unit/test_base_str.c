/* Tests of base/str.h: parsing tables worked out by hand, and naive checks of the same on random input. */
#include "helpers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void test_i64_table(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"-12", true, -12},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {"--1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"0x10", false, 0},
        {"1_000", false, 0},
        {"\xD9\xA1", false, 0}, /* an Arabic-Indic one */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t value = 77;
        if (str_to_i64(str_of(cases[i].text), &value) != cases[i].ok) fail_msg("\"%s\"", cases[i].text);
        ASSERT_I64(value, cases[i].ok ? cases[i].value : 77); /* untouched on failure */
    }
    int64_t value;
    assert_false(str_to_i64((Str){"1\0", 2}, &value));
}

static void test_i64_round_trip(void **state)
{
    uint64_t seed = 1;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        char text[32];
        int64_t wanted = (int64_t)(random_below(&seed, UINT64_MAX) >> random_below(&seed, 64)), got;
        if (i & 1) wanted = -wanted;
        snprintf(text, sizeof text, "%" PRId64, wanted);
        assert_true(str_to_i64(str_of(text), &got));
        ASSERT_I64(got, wanted);
    }
}

static void test_minor_table(void **state)
{
    static const struct {
        const char *text;
        int digits;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0.29", 2, true, 29},
        {"19.99", 2, true, 1999},
        {"1234.5", 2, true, 123450},
        {"7", 2, true, 700},
        {"7.", 2, true, 700},
        {".5", 2, true, 50},
        {"+3.10", 2, true, 310},
        {"-3.10", 2, true, -310},
        {"0.004", 2, true, 0},
        {"0.005", 2, true, 1}, /* half away from zero */
        {"-0.005", 2, true, -1},
        {"-0.004", 2, true, 0},
        {"1.0049999", 2, true, 100}, /* the first digit beyond decides: it is a decimal, not a double */
        {"1.995", 2, true, 200},
        {"99.999", 2, true, 10000},
        {"12.5", 0, true, 13},
        {"12.4999", 0, true, 12},
        {"-12.5", 0, true, -13},
        {"1.2345", 3, true, 1235},
        {"92233720368547758.07", 2, true, INT64_MAX},
        {"-92233720368547758.08", 2, true, INT64_MIN},
        {"92233720368547758.08", 2, false, 0},
        {"92233720368547758.075", 2, false, 0}, /* rounds up past the end */
        {"9223372036854775808", 0, false, 0},
        {"", 2, false, 0},
        {".", 2, false, 0},
        {"-", 2, false, 0},
        {"-.", 2, false, 0},
        {"+-1", 2, false, 0},
        {"--1", 2, false, 0},
        {"1.2.3", 2, false, 0},
        {"1,5", 2, false, 0},
        {"1e2", 2, false, 0},
        {" 1", 2, false, 0},
        {"1.00x", 2, false, 0},
        {"1.0000x", 2, false, 0}, /* junk past the digits that count is junk still */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t value = 77;
        if (str_to_minor(str_of(cases[i].text), cases[i].digits, &value) != cases[i].ok)
            fail_msg("\"%s\"", cases[i].text);
        if (value != (cases[i].ok ? cases[i].value : 77)) fail_msg("\"%s\" gave %" PRId64, cases[i].text, value);
    }
}

/* Every number of cents, written with three further digits, against rounding done in whole thousandths of cents. */
static void test_minor_rounds_random_amounts(void **state)
{
    uint64_t seed = 2;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        int64_t whole = (int64_t)random_below(&seed, 1000000), thousandths = (int64_t)random_below(&seed, 100000);
        bool negative = random_below(&seed, 2) == 1;
        char text[64];
        int64_t got, wanted = whole * 100 + (thousandths + 500) / 1000;
        snprintf(text, sizeof text, "%s%" PRId64 ".%05" PRId64, negative ? "-" : "", whole, thousandths);
        assert_true(str_to_minor(str_of(text), 2, &got));
        if (got != (negative ? -wanted : wanted)) fail_msg("%s gave %" PRId64, text, got);
    }
}

static void test_double_table(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        double value;
    } cases[] = {
        {"12.5", true, 12.5},   {"1e3", true, 1000},
        {"-0.25", true, -0.25}, {"+4", true, 4},
        {".5", true, 0.5},      {"5.", true, 5},
        {"1E-2", true, 0.01},   {"1.7976931348623157e308", true, 1.7976931348623157e308},
        {"1e309", false, 0},    {"-1e309", false, 0},
        {"inf", false, 0},      {"nan", false, 0},
        {"0x1p3", false, 0},    {"", false, 0},
        {" 1", false, 0},       {"1 ", false, 0},
        {"1e", false, 0},       {"e5", false, 0},
        {"--1", false, 0},      {"1.2.3", false, 0},
        {"-", false, 0},        {"1,5", false, 0},
        {"1-2", false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double value = 77;
        if (str_to_double(str_of(cases[i].text), &value) != cases[i].ok) fail_msg("\"%s\"", cases[i].text);
        if (value < cases[i].value || value > cases[i].value) assert_true(!cases[i].ok && value > 76);
    }
    double value;
    char long_one[80];
    memset(long_one, '1', sizeof long_one);
    assert_false(str_to_double((Str){"1\0002", 3}, &value));
    assert_false(str_to_double((Str){long_one, 64}, &value)); /* longer than any number needs */
    assert_true(str_to_double((Str){long_one, 63}, &value));
}

static void test_utf8_table(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\xC3\xA9", true},
        {"\xE2\x82\xAC", true},
        {"\xF0\x9F\x98\x80", true},
        {"\xEF\xBF\xBF", true},      /* U+FFFF */
        {"\xF4\x8F\xBF\xBF", true},  /* U+10FFFF */
        {"\xF4\x90\x80\x80", false}, /* one past it */
        {"\xED\x9F\xBF", true},      /* just below the surrogates */
        {"\xED\xA0\x80", false},     /* a surrogate */
        {"\xC0\x80", false},         /* overlong NUL */
        {"\xC1\xBF", false},         /* overlong */
        {"\xE0\x9F\xBF", false},     /* overlong */
        {"\xF0\x8F\xBF\xBF", false}, /* overlong */
        {"\x80", false},             /* a continuation alone */
        {"\xC3", false},             /* cut off */
        {"\xE2\x82", false},         /* cut off */
        {"\xF0\x9F\x98", false},     /* cut off */
        {"\xE2\x28\xA1", false},     /* no continuation */
        {"\xF5\x80\x80\x80", false},
        {"\xFF", false},
        {"\xFE", false},
        {"a\xC3\xA9z\xFF", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (str_is_utf8(str_of(cases[i].text)) != cases[i].ok) fail_msg("case %zu", i);
    assert_true(str_is_utf8((Str){"a\0b", 3}));
}

/* The value that a sequence of `n` bytes would have, and whether n is the fewest bytes that can hold it. */
static bool naive_sequence(const unsigned char *p, size_t n)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000}, LEAD[] = {0, 0, 0xC0, 0xE0, 0xF0};
    uint32_t own_bits = n == 1 ? 0x7F : 0x7Fu >> n; /* of the first byte, those that belong to the value */
    uint32_t c = p[0] & own_bits;

    if (n == 1) return p[0] < 0x80;
    if (p[0] - c != LEAD[n]) return false;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return false;
        c = c << 6 | (p[i] & 0x3F);
    }
    return c >= LEAST[n] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

static bool naive_is_utf8(const unsigned char *p, size_t n)
{
    if (n == 0) return true;
    for (size_t k = 1; k <= 4 && k <= n; k++)
        if (naive_sequence(p, k) && naive_is_utf8(p + k, n - k)) return true;
    return false;
}

static void test_utf8_agrees_with_decoding(void **state)
{
    static const Str near =
        STR_INIT("\x00\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xED\xEF\xF0\xF4\xF5\xFF");
    uint64_t seed = 3;
    int valid = 0;
    (void)state;

    for (int i = 0; i < 300000; i++) {
        char bytes[6];
        size_t n = 1 + (size_t)random_below(&seed, sizeof bytes);
        random_bytes(&seed, bytes, n, near);
        bool wanted = naive_is_utf8((const unsigned char *)bytes, n);
        if (str_is_utf8((Str){bytes, n}) != wanted) fail_msg("round %d", i);
        valid += wanted;
    }
    assert_in_range(valid, 1000, 299000); /* both answers were tried */
}

static void test_cut_trim_from(void **state)
{
    Str rest = STR("a,,b");
    (void)state;

    ASSERT_STR(str_cut(&rest, ','), "a");
    ASSERT_STR(str_cut(&rest, ','), "");
    assert_non_null(rest.p);
    ASSERT_STR(str_cut(&rest, ','), "b");
    assert_null(rest.p);
    rest = STR("x=");
    ASSERT_STR(str_cut(&rest, '='), "x");
    assert_non_null(rest.p); /* there was a mark: an empty part follows it */
    assert_int_equal(rest.n, 0);

    ASSERT_STR(str_trim(STR(" \t\r\n\v\f a b \n")), "a b");
    ASSERT_STR(str_trim(STR(" \n ")), "");
    ASSERT_STR(str_trim((Str){NULL, 0}), "");
    ASSERT_STR(str_trim(STR("\xC2\xA0x")), "\xC2\xA0x"); /* ASCII blanks only */
    ASSERT_STR(str_from(STR("abc"), 1), "bc");
    ASSERT_STR(str_from(STR("abc"), 3), "");
    ASSERT_STR(str_from(STR("abc"), 99), "");
    assert_int_equal(str_of(NULL).n, 0);
}

static void test_comparing(void **state)
{
    (void)state;
    assert_true(str_eq((Str){NULL, 0}, STR("")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_false(str_eq(STR("a"), STR("b")));
    assert_true(str_eq_nocase(STR("FaceBook"), STR("fACEbOOK")));
    assert_false(str_eq_nocase(STR("facebook"), STR("facebooks")));
    assert_false(str_eq_nocase(STR("["), STR("{"))); /* 0x5B and 0x7B: no letters */
    assert_false(str_eq_nocase(STR("@"), STR("`")));
    assert_false(str_eq_nocase(STR("\xC3\x89"), STR("\xC3\xA9"))); /* ASCII letters only */
    assert_true(str_contains_nocase(STR("Live EVENT, day 2"), STR("event")));
    assert_true(str_contains_nocase(STR("abc"), STR("")));
    assert_true(str_contains_nocase(STR("aab"), STR("ab")));
    assert_false(str_contains_nocase(STR("even"), STR("event")));
    assert_false(str_contains_nocase((Str){NULL, 0}, STR("x")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_true(str_starts(STR("abc"), STR("abc")));
    assert_false(str_starts(STR("ab"), STR("abc")));
    assert_true(str_compare(STR("a"), STR("ab")) < 0);
    assert_true(str_compare(STR("b"), STR("ab")) > 0);
    assert_int_equal(str_compare(STR("ab"), STR("ab")), 0);
    assert_true(str_compare(STR("\x7F"), STR("\x80")) < 0); /* bytes are unsigned */
    assert_int_equal(str_compare((Str){NULL, 0}, STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_i64_table),
        cmocka_unit_test(test_i64_round_trip),
        cmocka_unit_test(test_minor_table),
        cmocka_unit_test(test_minor_rounds_random_amounts),
        cmocka_unit_test(test_double_table),
        cmocka_unit_test(test_utf8_table),
        cmocka_unit_test(test_utf8_agrees_with_decoding),
        cmocka_unit_test(test_cut_trim_from),
        cmocka_unit_test(test_comparing),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
