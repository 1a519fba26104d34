/* Tests of ads/rates.h, ads/money.h and ads/budgets.h: numbers worked by hand, and the readable way beside the fast. */
#include "ads_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ads/budgets.h"
#include "ads/money.h"
#include "ads/rates.h"

enum { DAY = 20100 };

static const struct rates *read_rates(struct ads_place *place, const char *base)
{
    struct err err = {0};
    const struct rates *rates = rates_read(place->db, str_of(base), &place->arena, &err);

    if (!rates) fail_msg("%s", err.text);
    return rates;
}

/* INT64_MIN: unknown. */
static int64_t in_base(const struct rates *rates, const char *currency, int32_t day, int64_t micros)
{
    int64_t out;

    return rates_convert(rates, str_of(currency), day, micros, &out) ? out : INT64_MIN;
}

static void put_rate(struct ads_place *place, const char *base, const char *currency, int32_t day, int64_t rate_e9)
{
    struct err err = {0};
    struct rate_row row = {str_of(currency), day, rate_e9};

    ASSERT_OK(rate_put(place->db, str_of(base), &row, &err));
}

static void test_the_rate_of_the_day_or_the_latest_before(void **state)
{
    struct ads_place *place = *state;

    put_rate(place, "UAH", "USD", DAY, 41250000000);
    put_rate(place, "UAH", "USD", DAY + 10, 42000000000);
    const struct rates *rates = read_rates(place, "UAH");
    ASSERT_I64(in_base(rates, "USD", DAY - 1, UNITS(100)), INT64_MIN);
    ASSERT_I64(in_base(rates, "USD", DAY, UNITS(100)), UNITS(4125));
    ASSERT_I64(in_base(rates, "USD", DAY + 9, UNITS(100)), UNITS(4125));
    ASSERT_I64(in_base(rates, "USD", DAY + 10, UNITS(100)), UNITS(4200));
    ASSERT_I64(in_base(rates, "USD", INT32_MAX, UNITS(-100)), UNITS(-4200)); /* a refund */
    ASSERT_I64(in_base(rates, "UAH", DAY - 999, 7), 7);
    ASSERT_I64(in_base(rates, "EUR", DAY, UNITS(1)), INT64_MIN);
    ASSERT_I64(in_base(rates, "USD", DAY, INT64_MAX / 2), INT64_MIN); /* more than 64 bits */
}

static void test_a_rate_turned_round(void **state)
{
    struct ads_place *place = *state;

    put_rate(place, "USD", "UAH", DAY, 25000000); /* 1 UAH = 0.025 USD */
    const struct rates *rates = read_rates(place, "UAH");
    ASSERT_I64(in_base(rates, "USD", DAY, UNITS(100)), UNITS(4000));
    put_rate(place, "UAH", "USD", DAY, 41000000000);
    ASSERT_I64(in_base(read_rates(place, "UAH"), "USD", DAY, UNITS(1)), UNITS(41)); /* of one day: the straight one */
    put_rate(place, "USD", "UAH", DAY + 1, 20000000);
    ASSERT_I64(in_base(read_rates(place, "UAH"), "USD", DAY + 1, UNITS(1)), UNITS(50)); /* the later one */
    ASSERT_I64(in_base(read_rates(place, "USD"), "UAH", DAY, UNITS(41)), 1025000);
}

/* ---- minor units, and what tells rates apart ---- */

static void test_minor_units(void **state)
{
    static const struct {
        const char *currency;
        int64_t minor, wanted;
    } cases[] = {
        {"USD", 1, 41},        {"USD", 2, 83},        {"USD", -2, -83},
        {"JPY", 1, 28},        {"JPY", -500, -13750}, /* 0.275 each */
        {"KWD", 1, 14},        {"BTC", 1, 4},         {"BTC", 100000000, 400000000},
        {"UAH", 77, 77},       {"EUR", 1, INT64_MIN}, {"XTR", 0, 0},
        {"XTR", 1, INT64_MIN}, /* more than 64 bits */
    };
    struct ads_place *place = *state;

    put_rate(place, "UAH", "USD", DAY, 41250000000);
    put_rate(place, "UAH", "JPY", DAY, 275000000);
    put_rate(place, "UAH", "KWD", DAY, 135000000000);
    put_rate(place, "UAH", "BTC", DAY, 4000000000000000);
    put_rate(place, "UAH", "XTR", DAY, INT64_MAX);
    const struct rates *rates = read_rates(place, "UAH");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t out = INT64_MIN;
        bool known = rates_convert_minor(rates, str_of(cases[i].currency), DAY, cases[i].minor, &out);
        if (cases[i].minor == 0) continue; /* either way */
        assert_int_equal(known, cases[i].wanted != INT64_MIN);
        if (out != cases[i].wanted)
            fail_msg("%s %lld came to %lld", cases[i].currency, (long long)cases[i].minor, (long long)out);
    }
    assert_false(rates_convert_minor(rates, STR("USD"), DAY - 1, 1, &(int64_t){0}));
    put_rate(place, "JPY", "USD", DAY, 150000000000);
    int64_t out;
    assert_true(rates_convert_minor(read_rates(place, "JPY"), STR("USD"), DAY, 199, &out));
    ASSERT_I64(out, 299); /* 298.5 */
}

static bool changed(struct ads_place *place, struct digest *digest)
{
    struct digest before = *digest;

    *digest = rates_digest(read_rates(place, "UAH"));
    return !digest_eq(&before, digest);
}

static void test_a_digest_tells_rates_apart(void **state)
{
    struct ads_place *place = *state;
    struct err err = {0};
    struct digest digest = {{0}};

    assert_true(changed(place, &digest));
    assert_false(changed(place, &digest));
    put_rate(place, "UAH", "USD", DAY, 41);
    assert_true(changed(place, &digest));
    put_rate(place, "UAH", "USD", DAY, 41); /* put anew */
    put_rate(place, "EUR", "USD", DAY, 41); /* of others */
    assert_false(changed(place, &digest));
    put_rate(place, "UAH", "USD", DAY, 42);
    assert_true(changed(place, &digest));
    put_rate(place, "UAH", "USD", DAY + 1, 42);
    assert_true(changed(place, &digest));
    put_rate(place, "UAH", "EUR", DAY + 1, 42);
    assert_true(changed(place, &digest));
    put_rate(place, "PLN", "UAH", DAY, 42);
    assert_true(changed(place, &digest));
    struct digest with = digest;
    ASSERT_OK(rate_remove(place->db, STR("UAH"), STR("EUR"), DAY + 1, &err));
    assert_true(changed(place, &digest));
    put_rate(place, "UAH", "EUR", DAY + 1, 42);
    assert_true(changed(place, &digest));
    assert_true(digest_eq(&with, &digest));
}

static void test_half_goes_away_from_0(void **state)
{
    int64_t out;

    (void)state;
    assert_true(money_scale(1, 1, 2, &out));
    ASSERT_I64(out, 1);
    assert_true(money_scale(-1, 1, 2, &out));
    ASSERT_I64(out, -1);
    assert_true(money_scale(1, 1, 3, &out));
    ASSERT_I64(out, 0);
    assert_true(money_scale(2, 1, 3, &out));
    ASSERT_I64(out, 1);
    assert_true(money_scale(-7, 1, 5, &out));
    ASSERT_I64(out, -1);
    assert_true(money_scale(INT64_MAX, 1, 1, &out));
    assert_false(money_scale(INT64_MAX, 2, 1, &out));
    ASSERT_I64(minor_of_micros(5000), 1);
    ASSERT_I64(minor_of_micros(4999), 0);
    ASSERT_I64(minor_of_micros(-5000), -1);
    ASSERT_I64(minor_of_micros(INT64_MAX), INT64_MAX / 10000 + 1);
}

static void test_money_is_read_as_it_stands(void **state)
{
    static const struct {
        const char *json;
        int64_t micros; /* INT64_MIN: refused */
    } CASES[] = {
        {"0.1", 100000},
        {"\"0.1\"", 100000},
        {"1234567.891234", 1234567891234},
        {"-3", -3000000},
        {"\"1,5\"", INT64_MIN},
        {"1e3", INT64_MIN},
        {"0.0000001", INT64_MIN},
        {"\"\"", INT64_MIN},
        {"null", INT64_MIN},
        {"true", INT64_MIN},
        {"99999999999999999999", INT64_MIN},
        {"9007199254.740993", 9007199254740993},
    };
    struct ads_place *place = *state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct err err = {0};
        int64_t micros = INT64_MIN;
        const struct json *json = json_parse(str_of(CASES[i].json), &place->arena, &err);
        if (!json) fail_msg("%s", err.text);
        bool ok = money_read(json, "spend", 6, &micros, &err);
        if (ok == (CASES[i].micros == INT64_MIN)) fail_msg("%s: %d", CASES[i].json, ok);
        ASSERT_I64(micros, CASES[i].micros);
        if (!ok) ASSERT_STR(str_of(err.field), "spend");
    }
}

static void test_units_are_written_exactly(void **state)
{
    static const struct {
        int64_t micros;
        const char *text;
    } CASES[] = {{UNITS(12), "{\"a\":12}"},
                 {1500000, "{\"a\":1.50}"},
                 {-50000, "{\"a\":-0.05}"},
                 {AD_NOT_SAID, "{\"a\":null}"},
                 {123456789012345678, "{\"a\":123456789012.35}"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct buf buf;
        buf_init(&buf, 100);
        struct json_out out = json_to(&buf);
        json_open(&out, '{');
        money_put_units(&out, "a", CASES[i].micros);
        json_close(&out, '}');
        ASSERT_STR(buf_str(&buf), CASES[i].text);
        buf_reset(&buf);
    }
}

/* Many rates beside a scan of all of them. */
static void test_random_rates(void **state)
{
    static const char *const CURRENCIES[] = {"EUR", "PLN", "TON", "USD", "XTR"};
    struct ads_place *place = *state;
    struct {
        const char *currency;
        int32_t day;
        int64_t rate;
        bool turned;
    } all[200];
    uint64_t seed = 5;
    size_t n = 0;

    for (int i = 0; i < 200; i++) {
        const char *currency = CURRENCIES[random_below(&seed, 5)];
        int32_t day = DAY + (int32_t)random_below(&seed, 60);
        int64_t rate = 1 + (int64_t)random_below(&seed, 90000000000);
        bool turned = random_below(&seed, 2), known = false;
        for (size_t k = 0; k < n; k++)
            known |= strcmp(all[k].currency, currency) == 0 && all[k].day == day && all[k].turned == turned;
        if (known) continue;
        put_rate(place, turned ? currency : "UAH", turned ? "UAH" : currency, day, rate);
        all[n].currency = currency;
        all[n].day = day;
        all[n].rate = rate;
        all[n++].turned = turned;
    }
    const struct rates *rates = read_rates(place, "UAH");
    for (int i = 0; i < 2000; i++) {
        const char *currency = CURRENCIES[random_below(&seed, 5)];
        int32_t day = DAY - 2 + (int32_t)random_below(&seed, 64);
        int64_t micros = (int64_t)random_below(&seed, 2000000000) - 1000000000;
        size_t best = n;
        for (size_t k = 0; k < n; k++)
            if (strcmp(all[k].currency, currency) == 0 && all[k].day <= day &&
                (best == n || all[k].day > all[best].day || (all[k].day == all[best].day && all[best].turned)))
                best = k;
        int64_t got = in_base(rates, currency, day, micros);
        if (best == n) {
            ASSERT_I64(got, INT64_MIN);
            continue;
        }
        long double wanted = all[best].turned ? (long double)micros * 1e9L / (long double)all[best].rate
                                              : (long double)micros * (long double)all[best].rate / 1e9L;
        ASSERT_I64(got, (int64_t)roundl(wanted));
    }
}

static void put_day(struct ads_place *place, const char *campaign, const char *channel, const char *currency,
                    int32_t day, int64_t spend)
{
    static const struct ad_source FILE_OF = {STR_INIT("file"), STR_INIT("default"), 0, 0, 0};
    struct ad_row row = ads_row(campaign, "", day);
    struct ad_change change;
    struct err err = {0};

    row.channel = str_of(channel);
    row.currency = str_of(currency);
    row.count[AD_SPEND] = spend;
    ASSERT_OK(ad_days_put(place->db, &FILE_OF, &row, 1, &place->arena, &change, &err));
}

static void test_what_rates_are_missing(void **state)
{
    struct ads_place *place = *state;
    const struct rate_missing *missing;
    struct err err = {0};
    size_t n;

    put_day(place, "1", "Facebook", "USD", DAY, UNITS(1));
    put_day(place, "1", "Facebook", "USD", DAY + 3, UNITS(1));
    put_day(place, "2", "Facebook", "EUR", DAY, UNITS(1));
    put_day(place, "3", "Facebook", "UAH", DAY, UNITS(1));
    put_rate(place, "UAH", "USD", DAY + 1, RATE_UNIT); /* not on its first day */
    put_rate(place, "UAH", "EUR", DAY - 9, RATE_UNIT);
    ASSERT_OK(rates_missing(place->db, read_rates(place, "UAH"), &place->arena, &missing, &n, &err));
    ASSERT_I64((int64_t)n, 1);
    ASSERT_STR(missing[0].currency, "USD");
    ASSERT_I64(missing[0].first_day, DAY);
    ASSERT_I64(missing[0].rows, 2);
}

static void test_what_of_a_budget_is_spent(void **state)
{
    struct ads_place *place = *state;
    struct budget budget = {.name = STR("June"), .currency = STR("UAH"), .first_day = DAY, .last_day = DAY + 9};
    struct err err = {0};

    put_day(place, "1", "Facebook", "UAH", DAY - 1, UNITS(999)); /* before it */
    put_day(place, "1", "Facebook", "UAH", DAY, UNITS(100));
    put_day(place, "1", "Instagram", "USD", DAY + 1, UNITS(10)); /* 400 */
    put_day(place, "2", "Facebook", "USD", DAY + 9, UNITS(1));   /* 40 */
    put_day(place, "2", "Facebook", "EUR", DAY + 2, UNITS(7));   /* no rate */
    put_day(place, "2", "Facebook", "UAH", DAY + 3, AD_NOT_SAID);
    put_day(place, "2", "Facebook", "UAH", DAY + 10, UNITS(999)); /* after it */
    put_rate(place, "UAH", "USD", DAY, 40 * RATE_UNIT);
    budget.amount_micros = UNITS(1000);
    ASSERT_OK(budget_insert(place->db, &budget, &err));
    ASSERT_OK(budget_read(place->db, budget.id, &place->arena, &budget, &err));
    ASSERT_I64(budget.spent_micros, UNITS(540));
    ASSERT_I64(budget.unpriced, 2);
    assert_true(fabs(budget_pace(&budget, DAY + 4).share - 0.54) < 1e-15);
    assert_true(fabs(budget_pace(&budget, DAY + 4).pace - 1.08) < 1e-15);
    ASSERT_I64(budget_pace(&budget, DAY + 4).days_left, 5);
    assert_true(isnan(budget_pace(&budget, DAY - 1).pace));
    ASSERT_I64(budget_pace(&budget, DAY - 1).days_left, 10);
    ASSERT_I64(budget_pace(&budget, DAY + 9).days_left, 0);
    assert_true(fabs(budget_pace(&budget, DAY + 99).pace - 0.54) < 1e-15);

    ASSERT_I64(ads_ask(place, "SELECT id FROM channel WHERE name = 'Instagram'"), 2);
    budget.channel_id = 2;
    ASSERT_OK(budget_update(place->db, &budget, &err));
    ASSERT_OK(budget_read(place->db, budget.id, &place->arena, &budget, &err));
    ASSERT_I64(budget.spent_micros, UNITS(400));
    ASSERT_STR(budget.channel, "Instagram");
    budget.channel_id = 0;
    budget.campaign = ads_ask(place, "SELECT id FROM campaign WHERE external_id = '2'");
    budget.first_day = DAY + 2;
    budget.last_day = DAY + 8;
    ASSERT_OK(budget_update(place->db, &budget, &err));
    ASSERT_OK(budget_read(place->db, budget.id, &place->arena, &budget, &err));
    ASSERT_I64(budget.spent_micros, AD_NOT_SAID); /* nothing of it has a rate, and it is not 0 */
    ASSERT_I64(budget.unpriced, 2);
    budget.first_day = DAY + 5;
    ASSERT_OK(budget_update(place->db, &budget, &err));
    ASSERT_OK(budget_read(place->db, budget.id, &place->arena, &budget, &err));
    ASSERT_I64(budget.spent_micros, 0); /* there was nothing */
    budget.channel_id = 1;
    ASSERT_FAILS(budget_update(place->db, &budget, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_rate_of_the_day_or_the_latest_before, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_a_rate_turned_round, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_minor_units, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_a_digest_tells_rates_apart, ads_open, ads_close),
        cmocka_unit_test(test_half_goes_away_from_0),
        cmocka_unit_test_setup_teardown(test_money_is_read_as_it_stands, ads_open, ads_close),
        cmocka_unit_test(test_units_are_written_exactly),
        cmocka_unit_test_setup_teardown(test_random_rates, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_what_rates_are_missing, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_what_of_a_budget_is_spent, ads_open, ads_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
