/* Tests of ads/cell.h: numbers and dates by hand, and against plain oracles on random ones. */
#include "helpers.h"

#include <stdio.h>
#include <string.h>

#include "ads/cell.h"
#include "base/time.h"

static int64_t micros(const char *text, char decimal)
{
    struct cell_number number;
    if (!cell_number(cell_trim(str_of(text)), decimal, 6, &number)) return INT64_MIN;
    return number.value;
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char decimal;
        int64_t micros;
        const char *currency;
    } ROWS[] = {
        {"0", '.', 0, ""},
        {"12.5", '.', 12500000, ""},
        {"12,5", ',', 12500000, ""},
        {"1,234.50", '.', 1234500000, ""},
        {"1.234,50", ',', 1234500000, ""},
        {"1 234,50", ',', 1234500000, ""},
        {"1\xC2\xA0"
         "234\xE2\x80\xAF"
         "567,5",
         ',', 1234567500000, ""},
        {"1'234'567.5", '.', 1234567500000, ""},
        {"12,34,567.00", '.', 1234567000000, ""},
        {"$1,234.00", '.', 1234000000, "USD"},
        {"$ 5", '.', 5000000, "USD"},
        {"-$5", '.', -5000000, "USD"},
        {"$-5", '.', -5000000, "USD"},
        {"(5.25)", '.', -5250000, ""},
        {"\xE2\x88\x92"
         "3",
         '.', -3000000, ""},
        {"1 500,75 ₽", ',', 1500750000, "RUB"},
        {"1 500 руб.", ',', 1500000000, "RUB"},
        {"100 грн", '.', 100000000, "UAH"},
        {"6.40 TON", '.', 6400000, "TON"},
        {"EUR 7", '.', 7000000, "EUR"},
        {"€7", '.', 7000000, "EUR"},
        {"0.0000005", '.', 1, ""},
        {"0.0000004", '.', 0, ""},
        {"-0.0000005", '.', -1, ""},
        {".5", '.', 500000, ""},
        {"5.", '.', 5000000, ""},
        {"+3", '.', 3000000, ""},
        {"9223372036854.775807", '.', INT64_MAX, ""},
    };
    static const struct {
        const char *text;
        char decimal;
    } BAD[] = {{"", '.'},      {"-", '.'},      {"x", '.'},        {"1x", '.'},        {"12,5", '.'},
               {"1.2.3", '.'}, {"1,2345", '.'}, {"1234,567", '.'}, {"1,234 567", '.'}, {"$1$", '.'},
               {"(1", '.'},    {"1)", '.'},     {"1 2", '.'},      {"--1", '.'},       {"9223372036855", '.'},
               {"1e5", '.'},   {"0x10", '.'},   {"$", '.'},        {"1,", '.'},        {"nan", '.'},
               {"1.234", ','}};

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct cell_number number;
        if (!cell_number(cell_trim(str_of(ROWS[i].text)), ROWS[i].decimal, 6, &number)) fail_msg("%s", ROWS[i].text);
        if (number.value != ROWS[i].micros) fail_msg("%s -> %lld", ROWS[i].text, (long long)number.value);
        assert_string_equal(number.currency, ROWS[i].currency);
    }
    for (size_t i = 0; i + 1 < COUNT_OF(BAD); i++)
        if (micros(BAD[i].text, BAD[i].decimal) != INT64_MIN) fail_msg("\"%s\" is a number", BAD[i].text);
    ASSERT_I64(micros("1.234", ','), 1234000000);
    struct cell_number share;
    assert_true(cell_number(STR("12.5%"), '.', 9, &share) && share.percent);
    ASSERT_I64(share.value, 125000000);
}

static void test_marks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char mark;
    } ROWS[] = {{"1", 0},           {"1,234", 0},          {"1.234", 0},       {"12,5", ','},
                {"12.5", '.'},      {"1,234.5", '.'},      {"1.234,5", ','},   {"0,123", ','},
                {"0.123", '.'},     {"1,234,567", '.'},    {"1.234.567", ','}, {"1234,567", ','},
                {"$1,234.00", '.'}, {"1 234,50 ₽", ','}, {"5 руб.", 0},      {"1,2345", ','}};

    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        if (cell_decimal_mark(str_of(ROWS[i].text)) != ROWS[i].mark) fail_msg("%s", ROWS[i].text);
}

/* Write a number in a random style; it must read back to the micro. */
static void test_random_numbers(void **state)
{
    (void)state;
    static const char *const GROUPS[] = {"", ",", " ", "\xC2\xA0", "\xE2\x80\xAF", "'"};
    static const char *const FRONT[] = {"", "$", "€ ", "UAH "};
    uint64_t seed = 7;

    for (int round = 0; round < 20000; round++) {
        int64_t whole = (int64_t)(random_below(&seed, 2000000000) >> random_below(&seed, 31));
        int digits = (int)random_below(&seed, 7);
        int64_t part = 0, scale = 1;
        char text[120], plain[24], decimal = random_below(&seed, 2) ? '.' : ',';
        const char *group = GROUPS[random_below(&seed, COUNT_OF(GROUPS))];
        if (group[0] == ',' && decimal == ',') group = ".";
        bool negative = random_below(&seed, 4) == 0;
        for (int i = 0; i < digits; i++) part = part * 10 + (int64_t)random_below(&seed, 10);
        for (int i = digits; i < 6; i++) scale *= 10;
        size_t n = (size_t)snprintf(plain, sizeof plain, "%lld", (long long)whole);
        size_t at = (size_t)snprintf(text, sizeof text, "%s%s", negative ? "-" : "",
                                     FRONT[random_below(&seed, COUNT_OF(FRONT))]);
        for (size_t i = 0; i < n; i++) {
            if (i && (n - i) % 3 == 0) at += (size_t)snprintf(text + at, sizeof text - at, "%s", group);
            text[at++] = plain[i];
        }
        if (digits) at += (size_t)snprintf(text + at, sizeof text - at, "%c%0*lld", decimal, digits, (long long)part);
        text[at] = '\0';
        int64_t wanted = whole * 1000000 + part * scale;
        if (micros(text, decimal) != (negative ? -wanted : wanted)) fail_msg("%s (%c)", text, decimal);
    }
}

static void test_dates(void **state)
{
    (void)state;
    static const char *const SAME[] = {"2026-02-01",
                                       "2026/2/1",
                                       "2026.02.01",
                                       "01.02.2026",
                                       "1.2.26",
                                       "01-02-2026",
                                       "01 Feb 2026",
                                       "1 February 2026",
                                       "01-Feb-26",
                                       "Feb 1, 2026",
                                       "February 01 2026",
                                       "Sun, 1 Feb 2026",
                                       "Sunday, February 1, 2026",
                                       "1 февраля 2026 г.",
                                       "01 фев 2026",
                                       "1 лютого 2026",
                                       "20260201",
                                       "2026-02-01T23:59:59.5+03:00",
                                       "2026-02-01 00:05",
                                       "01.02.2026 10:05:30",
                                       "1 Feb 2026 10:05 PM",
                                       "1769904000",
                                       "1769904000000",
                                       "2026-02-01T10:00:00Z",
                                       "Feb. 1, 2026",
                                       "1 ФЕВ. 2026"};
    static const char *const BAD[] = {"",
                                      "31.02.2026",
                                      "2026-13-01",
                                      "2026-02-30",
                                      "tomorrow",
                                      "2026",
                                      "2026-02",
                                      "1.2",
                                      "2026-02-01 - 2026-02-28",
                                      "2026-02-01x",
                                      "20261301",
                                      "1969-12-31",
                                      "01.02.2026 25:00",
                                      "1 Foo 2026",
                                      "Feb 2026",
                                      "2026-02-01T",
                                      "1/2/2026/3",
                                      "123"};
    int32_t day;

    for (size_t i = 0; i < COUNT_OF(SAME); i++)
        if (!cell_date(str_of(SAME[i]), DATE_ORDER_UNKNOWN, &day) || day != 20485) fail_msg("%s", SAME[i]);
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        if (cell_date(str_of(BAD[i]), DATE_ORDER_UNKNOWN, &day)) fail_msg("\"%s\" is a date", BAD[i]);
    assert_true(cell_date(STR("1/2/2026"), DATE_ORDER_DAY_FIRST, &day) && day == 20485);
    assert_true(cell_date(STR("2/1/2026"), DATE_ORDER_MONTH_FIRST, &day) && day == 20485);
    assert_int_equal(cell_date_order(STR("13/2/2026")), DATE_ORDER_DAY_FIRST);
    assert_int_equal(cell_date_order(STR("2/13/2026")), DATE_ORDER_MONTH_FIRST);
    assert_int_equal(cell_date_order(STR("2/3/2026")), DATE_ORDER_UNKNOWN);
}

/* Every day of 80 years in several forms, against the calendar counted day by day. */
static void test_all_days(void **state)
{
    (void)state;
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char *const NAMES[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int32_t wanted = 0, day;

    for (int year = 1970; year < 2050; year++) {
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            for (int of = 1; of <= LENGTHS[month - 1] + (month == 2 && leap); of++, wanted++) {
                char text[4][32];
                snprintf(text[0], 32, "%04d-%02d-%02d", year, month, of);
                snprintf(text[1], 32, "%02d.%02d.%04d", of, month, year);
                snprintf(text[2], 32, "%d %s %d", of, NAMES[month - 1], year);
                snprintf(text[3], 32, "%04d%02d%02d", year, month, of);
                for (int i = 0; i < 4; i++)
                    if (!cell_date(str_of(text[i]), DATE_ORDER_UNKNOWN, &day) || day != wanted) fail_msg("%s", text[i]);
            }
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *folded, *currency;
    } ROWS[] = {{"Campaign ID", "campaign_id", ""},
                {"  Amount spent (USD) ", "amount_spent_usd", "USD"},
                {"Расход, руб.", "расход_руб", "RUB"},
                {"Расход (₽)", "расход", "RUB"},
                {"Spent budget, TON", "spent_budget_ton", "TON"},
                {"№ Кампании", "№_кампании", ""},
                {"ДЁСНА", "десна", ""},
                {"Витрати, грн", "витрати_грн", "UAH"},
                {"CTR, %", "ctr", ""},
                {"Їжа", "їжа", ""},
                {"TONNAGE", "tonnage", ""},
                {"Cost\xC2\xA0USD", "cost_usd", ""}};

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char folded[64], currency[CELL_CURRENCY_MAX];
        size_t n = cell_fold(str_of(ROWS[i].name), folded, sizeof folded);
        ASSERT_STR(((Str){folded, n}), ROWS[i].folded);
        cell_currency_in(str_of(ROWS[i].name), currency);
        assert_string_equal(currency, ROWS[i].currency);
    }
    assert_false(cell_says(STR("")));
    assert_false(cell_says(STR("--")));
    assert_false(cell_says(STR("—")));
    assert_false(cell_says(STR("N/A")));
    assert_true(cell_says(STR("0")));
    assert_true(cell_says(STR("-1")));
    assert_true(cell_says(STR("north")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_marks),    cmocka_unit_test(test_random_numbers),
        cmocka_unit_test(test_dates),   cmocka_unit_test(test_all_days), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
