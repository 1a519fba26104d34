#include "helpers.h"

#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/hash.h"
#include "base/time.h"
#include "connect/rows.h"
#include "connect/session.h"
#include "connect/window.h"
#include "connect/zone.h"

#define DAY 20485 /* 2026-02-01 */

struct world {
    struct arena arena;
    struct adapter adapter;
    struct vars vars;
    struct ad_rows rows;
};

static void open_world(struct world *world, const char *adapter)
{
    struct err err;
    const struct asset *asset = NULL;

    memset(world, 0, sizeof *world);
    arena_init(&world->arena, (size_t)256 << 20);
    for (size_t i = 0; i < ASSETS_ADAPTERS.n; i++)
        if (str_starts(ASSETS_ADAPTERS.rows[i].name, str_of(adapter))) asset = &ASSETS_ADAPTERS.rows[i];
    assert_non_null(asset);
    ASSERT_OK(adapter_read(asset->name, asset->bytes, &world->arena, &world->adapter, &err));
    vars_set(&world->vars, STR("currency"), STR("UAH"));
    vars_set(&world->vars, STR("conversion_action"), STR("lead"));
    vars_set(&world->vars, STR("revenue_action"), STR("purchase"));
    rows_init(&world->rows);
}

static void close_world(struct world *world)
{
    rows_free(&world->rows);
    arena_free(&world->arena);
}

static bool take(struct world *world, const char *body, struct err *err)
{
    const struct rows_rule *rule = &world->adapter.report[0].rows;

    rows_clear(&world->rows);
    if (rule->format == ROWS_TSV)
        return rows_take_tsv(&world->rows, rule, &world->vars, str_of(body), DAY, DAY + 6, err) &&
               rows_finish(&world->rows, err);
    const struct json *root = json_parse(str_of(body), &world->arena, err);
    assert_non_null(root);
    return rows_take_json(&world->rows, rule, &world->vars, root, DAY, DAY + 6, err) && rows_finish(&world->rows, err);
}

#define META_IDS "\"campaign_name\":\"Moon\",\"adset_id\":\"2\",\"adset_name\":\"s\",\"ad_id\":\"3\",\"ad_name\":\"a\","

static void test_meta_rows(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world, "meta");
    ASSERT_OK(
        take(&world,
             "{\"data\":[{\"campaign_id\":\"2385001\"," META_IDS "\"impressions\":\"4120\",\"reach\":\"3890\","
             "\"clicks\":\"96\",\"spend\":\"18.42\",\"actions\":[{\"action_type\":\"link_click\",\"value\":\"71\"},"
             "{\"action_type\":\"lead\",\"value\":\"9\"}],\"action_values\":[{\"action_type\":\"purchase\","
             "\"value\":\"44.00\"}],\"date_start\":\"2026-02-01\",\"publisher_platform\":\"instagram\"},"
             "{\"campaign_id\":\"99999999999999999999\"," META_IDS
             "\"date_start\":\"2026-02-02\",\"publisher_platform\":\"oculus\"}]}",
             &err));
    assert_int_equal(world.rows.n, 2);
    const struct ad_row *row = world.rows.row;
    ASSERT_STR(row->channel, "Instagram");
    ASSERT_STR(row->placement, "instagram");
    ASSERT_STR(row->currency, "UAH");
    assert_int_equal(row->day, DAY);
    ASSERT_I64(row->count[AD_IMPRESSIONS], 4120);
    ASSERT_I64(row->count[AD_SPEND], 18420000);
    ASSERT_I64(row->count[AD_CONVERSIONS], 9000000);
    ASSERT_I64(row->count[AD_REVENUE], 44000000);
    ASSERT_STR(row[1].campaign_id, "99999999999999999999");
    ASSERT_STR(row[1].channel, "Meta, other");
    ASSERT_I64(row[1].count[AD_SPEND], 0);
    ASSERT_I64(row[1].count[AD_REACH], AD_NOT_SAID);
    close_world(&world);
}

static void test_what_makes_no_sense_is_an_error(void **state)
{
    static const struct {
        const char *member, *says;
    } ROWS[] = {
        {"\"impressions\":\"-5\"", "impressions (/impressions) is \"-5\"; a number, 0 or more, is expected"},
        {"\"impressions\":\"many\"", "row 1 of the reply: impressions"},
        {"\"impressions\":1.5", "a whole number is expected"},
        {"\"impressions\":1e30", "a whole number is expected"},
        {"\"impressions\":9999999999999999", "a number of a possible size"},
        {"\"impressions\":{\"a\":1}", "is a list or object"},
        {"\"spend\":\"12,5\"", "spend (/spend) is \"12,5\"; a number is expected"},
        {"\"spend\":\"NaN\"", "a number is expected"},
        {"\"spend\":\"-0.01\"", "0 or more"},
        {"\"date_start\":\"2026-02-31\"", "day (/date_start) is \"2026-02-31\"; a date such as"},
        {"\"date_start\":\"2026-01-31\"", "a date of those that were asked for"},
        {"\"date_start\":\"2026-02-08\"", "a date of those that were asked for"},
        {"\"date_start\":20485", "a date such as"},
        {"\"campaign_id\":1.5e300", "an id is expected"},
        {"\"campaign_id\":\"\",\"campaign_name\":null", "an id or a name is expected"},
        {"\"actions\":[{\"action_type\":\"lead\",\"value\":1},{\"action_type\":\"lead\",\"value\":2}]", "there twice"},
        {"\"publisher_platform\":[]", "channel (/publisher_platform) is a list or object"},
    };
    static const char *const SHAPES[] = {"{}", "{\"data\":{}}", "{\"data\":null}", "[]", "{\"data\":\"x\"}"};
    struct world world;
    struct err err;
    char body[1024];

    (void)state;
    open_world(&world, "meta");
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) { /* the first of two of a name counts */
        (void)snprintf(body, sizeof body,
                       "{\"data\":[{%s,\"campaign_id\":\"1\"," META_IDS
                       "\"date_start\":\"2026-02-01\",\"publisher_platform\":\"facebook\"}]}",
                       ROWS[i].member);
        ASSERT_FAILS(take(&world, body, &err), ERR_UPSTREAM);
        ASSERT_HOLDS(err.text, ROWS[i].says);
    }
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) ASSERT_FAILS(take(&world, SHAPES[i], &err), ERR_UPSTREAM);
    const char *twice =
        "{\"campaign_id\":\"1\"," META_IDS "\"date_start\":\"2026-02-01\",\"publisher_platform\":\"facebook\"}";
    (void)snprintf(body, sizeof body, "{\"data\":[%s,%s]}", twice, twice);
    ASSERT_FAILS(take(&world, body, &err), ERR_UPSTREAM);
    ASSERT_HOLDS(err.text, "campaign \"1\", ad \"3\" twice on 2026-02-01");
    close_world(&world);
}

static void test_google_rows(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world, "google");
    ASSERT_OK(take(&world, "[]", &err));
    assert_int_equal(world.rows.n, 0);
    ASSERT_OK(
        take(&world,
             "[{\"fieldMask\":\"x\"},{\"results\":[{\"campaign\":{\"id\":\"77\",\"name\":\"Lullaby\"},\"metrics\":"
             "{\"impressions\":\"950\",\"costMicros\":\"12650001\",\"conversions\":3.5},\"segments\":{\"date\":"
             "\"2026-02-01\"}}]},{\"results\":[{\"campaign\":{\"id\":\"78\"},\"metrics\":{\"conversionsValue\":"
             "1.25E2,\"conversions\":0.333333333},\"segments\":{\"date\":\"2026-02-01\"}}]}]",
             &err));
    assert_int_equal(world.rows.n, 2);
    ASSERT_I64(world.rows.row[0].count[AD_SPEND], 12650001);
    ASSERT_I64(world.rows.row[0].count[AD_CONVERSIONS], 3500000);
    ASSERT_I64(world.rows.row[0].count[AD_CLICKS], 0);
    ASSERT_I64(world.rows.row[0].count[AD_REACH], AD_NOT_SAID);
    ASSERT_I64(world.rows.row[1].count[AD_REVENUE], 125000000);
    ASSERT_I64(world.rows.row[1].count[AD_CONVERSIONS], 333333);
    ASSERT_FAILS(take(&world, "[{\"results\":7}]", &err), ERR_UPSTREAM);
    ASSERT_FAILS(take(&world, "{\"results\":[]}", &err), ERR_UPSTREAM);
    close_world(&world);
}

#define TSV_HEAD                                                                                                       \
    "Date\tCampaignId\tCampaignName\tAdGroupId\tAdGroupName\tAdId\tAdNetworkType\tImpressions\tClicks\tCost\t"         \
    "Conversions\tRevenue\n"

static void test_yandex_rows(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world, "yandex");
    ASSERT_OK(take(&world, TSV_HEAD, &err));
    assert_int_equal(world.rows.n, 0);
    ASSERT_OK(take(&world,
                   TSV_HEAD "2026-02-02\t5001\tSkazki\t1\tg\t9\tAD_NETWORK\t2210\t19\t140.55\t--\t--\n"
                            "2026-02-01\t5001\tSkazki\t--\t--\t--\tSEARCH\t812\t44\t913.20\t3\t0\n",
                   &err));
    assert_int_equal(world.rows.n, 2);
    ASSERT_I64(world.rows.row[0].count[AD_SPEND], 913200000);
    assert_int_equal(world.rows.row[0].ad_id.n, 0);
    ASSERT_STR(world.rows.row[0].placement, "search");
    ASSERT_I64(world.rows.row[1].count[AD_CONVERSIONS], AD_NOT_SAID);
    ASSERT_FAILS(take(&world, TSV_HEAD "2026-02-02\t5001\n", &err), ERR_UPSTREAM);
    ASSERT_HOLDS(err.text, "row 1 of the reply has 2 cells, not 12");
    ASSERT_FAILS(take(&world, TSV_HEAD "2026-02-02\t5001\tS\t1\tg\t9\tSEARCH\t1\t1\t1\t1\t1", &err), ERR_UPSTREAM);
    ASSERT_HOLDS(err.text, "cut off");
    ASSERT_FAILS(take(&world, "<html>\n", &err), ERR_UPSTREAM);
    ASSERT_HOLDS(err.text, "no column \"CampaignId\"");
    ASSERT_FAILS(take(&world, "", &err), ERR_UPSTREAM);
    close_world(&world);
}

static void test_tiktok_rows(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world, "tiktok");
    ASSERT_OK(
        take(&world,
             "{\"code\":0,\"data\":{\"list\":[{\"dimensions\":{\"ad_id\":\"1780\",\"stat_time_day\":"
             "\"2026-02-01 00:00:00\"},\"metrics\":{\"ad_name\":\"Fox\",\"campaign_id\":\"1760\",\"campaign_name\":"
             "\"Night\\u0000\",\"adgroup_id\":\"5\",\"adgroup_name\":\"-\",\"spend\":\"7.90\",\"impressions\":"
             "\"5310\",\"clicks\":\"88\",\"conversion\":\"-\"}}]}}",
             &err));
    ASSERT_I64(world.rows.row[0].count[AD_SPEND], 7900000);
    ASSERT_I64(world.rows.row[0].count[AD_CONVERSIONS], AD_NOT_SAID);
    ASSERT_STR(world.rows.row[0].campaign_name, "Night ");
    assert_int_equal(world.rows.row[0].ad_set_name.n, 0);
    close_world(&world);
}

/* ---- what replies mean ---- */

static enum ask_class class_of(struct world *world, int status, const char *headers, const char *body, int64_t *wait_ms)
{
    struct err err = {0}, no_json;
    struct answer answer = {.reply = {status, str_of(headers), str_of(body)}};

    if (body[0] == '{' || body[0] == '[') answer.root = json_parse(str_of(body), &world->arena, &no_json);
    enum ask_class class = classify(&world->adapter, &answer, true, &world->arena, wait_ms, &err);
    if (class != ASK_OK) assert_true(err.text[0] != '\0' && err.code != ERR_NONE);
    assert_null(strstr(err.text, "hush"));
    return class;
}

#define USE(minutes)                                                                                                   \
    "X-Business-Use-Case-Usage: {\"1\":[{\"call_count\":100,\"estimated_time_to_regain_access\":" minutes "}]}\r\n"

static void test_replies_are_classified(void **state)
{
    static const struct {
        const char *adapter;
        int status;
        const char *headers, *body;
        enum ask_class class;
        int64_t wait_ms;
    } ROWS[] = {
        {"meta", 200, "", "{\"data\":[]}", ASK_OK, 0},
        {"meta", 200, "", "<html>", ASK_SERVER, 0},
        {"meta", 400, "", "{\"error\":{\"code\":190,\"message\":\"hush\"}}", ASK_AUTH, 0},
        {"meta", 200, "", "{\"error\":{\"code\":\"190\"}}", ASK_AUTH, 0},
        {"meta", 400, "", "{\"error\":{\"code\":210}}", ASK_RIGHTS, 0},
        {"meta", 400, "", "{\"error\":{\"code\":300}}", ASK_BAD, 0},
        {"meta", 400, "", "{\"error\":{\"code\":100,\"error_subcode\":1487534}}", ASK_TOO_MUCH, 0},
        {"meta", 400, "", "{\"error\":{\"code\":100,\"error_subcode\":33}}", ASK_RIGHTS, 0},
        {"meta", 400, "", "{\"error\":{\"code\":100}}", ASK_BAD, 0},
        {"meta", 400, USE("7"), "{\"error\":{\"code\":80004}}", ASK_LIMIT, 420000},
        {"meta", 400, "", "{\"error\":{\"code\":80000}}", ASK_LIMIT, 60000},
        {"meta", 400, "X-Business-Use-Case-Usage: junk\r\n", "{\"error\":{\"code\":17}}", ASK_LIMIT, 60000},
        {"meta", 500, "", "{\"error\":{\"code\":9999,\"is_transient\":true}}", ASK_SERVER, 0},
        {"meta", 502, "", "<html>", ASK_SERVER, 0},
        {"meta", 302, "", "", ASK_BAD, 0},
        {"google", 200, "", "[{\"results\":[]}]", ASK_OK, 0},
        {"google", 200, "",
         "[{\"results\":[]},{\"error\":{\"code\":500,\"details\":[{\"errors\":[{\"errorCode\":{\"internalError\":\"X\"}"
         "}]}]}}]",
         ASK_SERVER, 0},
        {"google", 401, "", "{\"error\":{\"code\":401,\"status\":\"UNAUTHENTICATED\"}}", ASK_AUTH, 0},
        {"google", 401, "",
         "{\"error\":{\"details\":[{\"errors\":[{\"errorCode\":{\"authenticationError\":\"NOT_ADS_USER\"}}]}]}}",
         ASK_RIGHTS, 0},
        {"google", 403, "", "[{\"error\":{\"code\":403}}]", ASK_RIGHTS, 0},
        {"google", 429, "",
         "{\"error\":{\"details\":[{\"errors\":[{\"details\":{\"quotaErrorDetails\":{\"retryDelay\":\"30s\"}}}]}]}}",
         ASK_LIMIT, 30000},
        {"tiktok", 200, "", "{\"code\":0,\"data\":{\"list\":[]}}", ASK_OK, 0},
        {"tiktok", 200, "", "{\"message\":\"OK\"}", ASK_BAD, 0},
        {"tiktok", 200, "", "{\"code\":40105}", ASK_AUTH, 0},
        {"tiktok", 200, "", "{\"code\":51010}", ASK_SERVER, 0},
        {"tiktok", 200, "", "{\"code\":51020}", ASK_BAD, 0},
        {"tiktok", 200, "", "{\"code\":40100}", ASK_LIMIT, 0},
        {"tiktok", 200, "X-Tt-Ads-Throttle: too many\r\n", "{\"code\":0}", ASK_TOO_MUCH, 0},
        {"tiktok", 429, "", "slow down", ASK_LIMIT, 0},
        {"yandex", 400, "", "{\"error\":{\"error_code\":\"53\"}}", ASK_AUTH, 0},
        {"yandex", 400, "", "{\"error\":{\"error_code\":4000}}", ASK_BAD, 0},
        {"yandex", 400, "", "{\"error\":{\"error_code\":152}}", ASK_LIMIT, 1800000},
        {"yandex", 500, "", "", ASK_RESTART, 0},
        {"yandex", 502, "", "", ASK_TOO_MUCH, 0},
    };
    struct world world;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int64_t wait_ms;
        open_world(&world, ROWS[i].adapter);
        enum ask_class class = class_of(&world, ROWS[i].status, ROWS[i].headers, ROWS[i].body, &wait_ms);
        if (class != ROWS[i].class || wait_ms != ROWS[i].wait_ms)
            fail_msg("row %zu: class %d, wait %lld", i, (int)class, (long long)wait_ms);
        close_world(&world);
    }
}

static void test_pauses_near_the_limit(void **state)
{
    struct world world;
    struct answer answer = {.reply = {200, STR_INIT(USE("0")), {NULL, 0}}};

    (void)state;
    open_world(&world, "meta");
    ASSERT_I64(usage_pause(&world.adapter, &answer, &world.arena), 60000);
    answer.reply.headers = STR(USE("3"));
    ASSERT_I64(usage_pause(&world.adapter, &answer, &world.arena), 180000);
    answer.reply.headers = STR("X-App-Usage: {\"call_count\":78,\"total_time\":5}\r\n");
    ASSERT_I64(usage_pause(&world.adapter, &answer, &world.arena), 0);
    answer.reply.headers = STR("X-App-Usage: {\"call_count\":2,\"total_time\":78.5}\r\n");
    ASSERT_I64(usage_pause(&world.adapter, &answer, &world.arena), 60000);
    close_world(&world);
}

/* ---- days ---- */

static void test_the_days_that_are_due(void **state)
{
    static const struct adapter ADAPTER = {.window = {90, 30, 7, 28, 7}};
    static const struct {
        int64_t pulled, restated, read_on;
        int32_t first;
        bool is_long;
    } ROWS[] = {
        {TIME_NONE, TIME_NONE, TIME_NONE, 910, true}, /* the first pull */
        {999, 999, 1000, 993, false},                 /* an hour ago */
        {998, 999, 999, 992, false},                  /* yesterday: the seven days that were young then */
        {950, TIME_NONE, 1000, 951, false},           /* cut off on its way, going on today */
        {950, TIME_NONE, 955, 927, true},             /* … a month and a half later */
        {999, 993, 1000, 965, true},                  /* a week since the long look back */
        {999, 994, 1000, 993, false},
        {989, 989, 990, 961, true}, /* off for ten days */
        {1005, 999, 1000, 993, false},
        {999, 999, 2000, 992, false}, /* the clock went back */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct window window = window_due(&ADAPTER, 1000, ROWS[i].pulled, ROWS[i].restated, ROWS[i].read_on);
        if (window.first != ROWS[i].first || window.is_long != ROWS[i].is_long || window.last != 1000)
            fail_msg("row %zu: from %d, long %d", i, window.first, window.is_long);
    }
}

static void test_days_of_a_zone(void **state)
{
    static const struct {
        const char *zone, *at, *day;
        bool known;
    } ROWS[] = {
        {"Europe/Kyiv", "2026-02-01T21:59:59Z", "2026-02-01", true},
        {"Europe/Kyiv", "2026-02-01T22:00:00Z", "2026-02-02", true},
        {"Europe/Kyiv", "2026-07-01T20:59:59Z", "2026-07-01", true},
        {"Europe/Kyiv", "2026-07-01T21:00:00Z", "2026-07-02", true},
        {"America/New_York", "2026-02-02T04:59:59Z", "2026-02-01", true},
        {"America/New_York", "2026-02-02T05:00:00Z", "2026-02-02", true},
        {"Asia/Kolkata", "2026-02-01T18:30:00Z", "2026-02-02", true},
        {"Etc/UTC", "2026-02-01T23:59:59Z", "2026-02-01", true},
        {"Mars/Base", "2026-02-01T23:59:59Z", "2026-02-01", false},
        {"../../../etc/passwd", "2026-02-01T23:59:59Z", "2026-02-01", false},
        {"", "2026-02-01T00:00:00Z", "2026-02-01", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int64_t at_ms = 0;
        bool known;
        char text[TIME_TEXT_MAX];
        assert_true(time_parse_instant(str_of(ROWS[i].at), &at_ms));
        assert_string_equal(time_format_day(zone_day(str_of(ROWS[i].zone), at_ms, &known), text), ROWS[i].day);
        assert_int_equal(known, ROWS[i].known);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meta_rows),
        cmocka_unit_test(test_what_makes_no_sense_is_an_error),
        cmocka_unit_test(test_google_rows),
        cmocka_unit_test(test_yandex_rows),
        cmocka_unit_test(test_tiktok_rows),
        cmocka_unit_test(test_replies_are_classified),
        cmocka_unit_test(test_pauses_near_the_limit),
        cmocka_unit_test(test_the_days_that_are_due),
        cmocka_unit_test(test_days_of_a_zone),
    };

    hash_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
