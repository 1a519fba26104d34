/* Tests of the money of a Segment event: which property counts, exact minor units, foreign currencies. */
#include "staging.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct staged *stage_order(struct staging *staging, const char *event, const char *properties,
                                        const char *currency)
{
    static char body[1000];

    snprintf(body, sizeof body, "{\"userId\":\"u\",\"event\":\"%s\",\"properties\":{%s}}", event, properties);
    if (!stage_text_in(staging, RAW_TRACK, str_of(body), currency)) fail_msg("%s: %s", body, staging->err.text);
    if (staging->decoded.n_rejects) fail_msg("%s: %s", body, staging->decoded.rejects[0].reason);
    return &staging->decoded.items[0];
}

static void test_amounts(void **state)
{
    static const struct {
        const char *revenue;
        int64_t minor;
    } cases[] = {
        {"0", 0},
        {"19.99", 1999},
        {"0.29", 29}, /* 0.29 * 100 is 28.999999999999996 */
        {"0.57", 57},
        {"1.15", 115},
        {"8.2", 820},
        {"35.855", 3586}, /* half away from zero, of the decimal that was written */
        {"1.005", 101},
        {"2.675", 268},
        {"-2.675", -268},
        {"0.004", 0},
        {"0.005", 1},
        {"0.0049999", 0},
        {"-0.005", -1},
        {"0.00001", 0},
        {"1e-7", 0},
        {"123456", 12345600},
        {"1e3", 100000},
        {"1.5e1", 1500},
        {"9999999.99", 999999999},
        {"10000000.01", 1000000001},
        {"12345678901.23", INT64_C(1234567890123)},
        {"-5", -500},
        {"\"19.99\"", 1999},
        {"\" 19.99 \"", 1999},
        {"\"0.29\"", 29},
        {"\"-3\"", -300},
        {"\"7.\"", 700},
        {"null", 0},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char properties[100];
        snprintf(properties, sizeof properties, "\"revenue\":%s", cases[i].revenue);
        int64_t got = stage_order(staging, "Order Completed", properties, "UAH")->amount_minor;
        if (got != cases[i].minor) fail_msg("%s gave %" PRId64, cases[i].revenue, got);
    }
}

/* Every amount of cents that people pay, as a JSON number with two decimals. */
static void test_every_cent(void **state)
{
    struct staging *staging = *state;
    uint64_t seed = 3;

    for (int i = 0; i < 30000; i++) {
        int64_t minor = i < 20000 ? i : (int64_t)random_below(&seed, UINT64_C(100000000000));
        char properties[100];
        snprintf(properties, sizeof properties, "\"revenue\":%" PRId64 ".%02d", minor / 100, (int)(minor % 100));
        ASSERT_I64(stage_order(staging, "Order Completed", properties, "UAH")->amount_minor, minor);
    }
}

static void test_which_property_counts(void **state)
{
    static const struct {
        const char *event, *properties;
        int64_t minor;
    } cases[] = {
        {"Order Completed", "\"revenue\":1,\"total\":2,\"value\":3", 100},
        {"Order Completed", "\"total\":2,\"value\":3", 200},
        {"Order Completed", "\"value\":3", 300},
        {"Order Completed", "\"revenue\":null,\"total\":2", 200},
        {"Order Completed", "\"revenue\":0,\"total\":2", 0},
        {"Order Completed", "", 0},
        {"Order Refunded", "\"revenue\":5", -500},
        {"Order Refunded", "\"revenue\":-5", -500},
        {"Order Refunded", "\"total\":7", -700},
        {"Subscription Renewed", "\"revenue\":9", 900},
        {"Subscription Renewed", "\"total\":9,\"value\":9", 0}, /* only an order's total is money */
        {"Checkout Started", "\"revenue\":9", 0},
        {"Product Added", "\"revenue\":9", 0},
        {"Product Viewed", "\"revenue\":\"junk\"", 0},
        {"Cart Viewed", "\"revenue\":9", 0},
        {"Order Cancelled", "\"revenue\":9", 0},
        {"checkout started", "\"revenue\":9", 900}, /* another event, by its name */
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t got = stage_order(staging, cases[i].event, cases[i].properties, "UAH")->amount_minor;
        if (got != cases[i].minor) fail_msg("%s {%s} gave %" PRId64, cases[i].event, cases[i].properties, got);
    }
    assert_int_equal(
        stage_one(staging, RAW_IDENTIFY, "{\"userId\":\"u\",\"properties\":{\"revenue\":1}}")->amount_minor, 0);
    assert_int_equal(stage_one(staging, RAW_PAGE, "{\"userId\":\"u\",\"properties\":{\"revenue\":1}}")->amount_minor,
                     100);
}

static void test_currencies(void **state)
{
    static const struct {
        const char *properties, *reporting;
        int64_t minor;
        const char *currency;
    } cases[] = {
        {"\"revenue\":5,\"currency\":\"UAH\"", "UAH", 500, ""},
        {"\"revenue\":5,\"currency\":\" uah \"", "UAH", 500, ""},
        {"\"revenue\":5,\"currency\":\"\"", "UAH", 500, ""},
        {"\"revenue\":5", "UAH", 500, ""},
        {"\"revenue\":5,\"currency\":\"USD\"", "UAH", 500, "USD"},
        {"\"revenue\":500,\"currency\":\"JPY\"", "JPY", 500, ""},
        {"\"revenue\":12.5,\"currency\":\"JPY\"", "JPY", 13, ""},
        {"\"revenue\":1.2345,\"currency\":\"KWD\"", "KWD", 1235, ""},
        {"\"revenue\":0.001,\"currency\":\"BHD\"", "BHD", 1, ""},
        {"\"revenue\":500,\"currency\":\"JPY\"", "UAH", 500, "JPY"}, /* in minor units of its own */
        {"\"revenue\":12.5,\"currency\":\" jpy\"", "UAH", 13, "JPY"},
        {"\"revenue\":1.2345,\"currency\":\"kwd\"", "JPY", 1235, "KWD"},
        {"\"revenue\":-2.5,\"currency\":\"Eur\"", "JPY", -250, "EUR"},
        {"\"revenue\":0.00000001,\"currency\":\"BTC\"", "UAH", 1, "BTC"},
        {"\"revenue\":1.5,\"currency\":\"TON\"", "UAH", 1500000, "TON"},
        {"\"revenue\":5,\"currency\":\"$\"", "UAH", 500, "?"},
        {"\"revenue\":5,\"currency\":\"US\"", "UAH", 500, "?"},
        {"\"revenue\":5,\"currency\":\"US-DOL\"", "UAH", 500, "?"},
        {"\"revenue\":5,\"currency\":\"DOLLARSUS\"", "UAH", 500, "?"},
        {"\"revenue\":5,\"currency\":\"гривн\"", "UAH", 500, "?"},
        {"\"revenue\":5,\"currency\":840", "UAH", 500, ""}, /* no text: as if it were not there */
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct staged *item = stage_order(staging, "Order Completed", cases[i].properties, cases[i].reporting);
        ASSERT_I64(item->amount_minor, cases[i].minor);
        ASSERT_STR_EQ(item->currency, str_of(cases[i].currency));
    }
}

static void test_what_is_no_amount(void **state)
{
    static const char *const bad[] = {"\"a lot\"",
                                      "\"\"",
                                      "\"1,5\"",
                                      "\"$5\"",
                                      "true",
                                      "[]",
                                      "{}",
                                      "\"1e3\"",
                                      "1e300",
                                      "-1e17",
                                      "\"99999999999999999999\"",
                                      "\"100000000000000\"",
                                      "\"-100000000000000\""};
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"userId\":\"u\",\"event\":\"x\",\"properties\":{\"revenue\":%s}}", bad[i]);
        ASSERT_HOLDS(stage_reason(staging, RAW_TRACK, body), "no amount of money");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGING_TEST(test_amounts),    STAGING_TEST(test_every_cent),        STAGING_TEST(test_which_property_counts),
        STAGING_TEST(test_currencies), STAGING_TEST(test_what_is_no_amount),
    };
    return cmocka_run_group_tests_name("events/segment: money", tests, NULL, NULL);
}
