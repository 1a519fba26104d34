/* Tests of ads/table_row.h: plans made of a mapping and written again; records read by them, and why some are not. */
#include "helpers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ads/table_row.h"
#include "base/json.h"

#define DAY 20485 /* 2026-02-01 */
#define DAYS "date,source,campaign_id,campaign_name,placement,country,impressions,clicks,cost,currency,conversions\n"
#define DAYS_ROW "2026-02-01,meta,7,Fox,instagram,ua,1000,10,5.5,USD,1.5\n"
#define SOCIAL                                                                                                         \
    "Campaign_ID,Target_Audience,Campaign_Goal,Duration,Channel_Used,Conversion_Rate,Acquisition_Cost,ROI,Location,"   \
    "Language,Clicks,Impressions,Engagement_Score,Customer_Segment,Date,Company\n"
#define SOCIAL_ROW                                                                                                     \
    "529013,Men 18-24,Product Launch,15 Days,Instagram,0.15,\"$1,500.25\",5.79,Las Vegas,Spanish,500,1922,6,Health,"   \
    "2022-02-25,Quillbyte\n"

struct reading {
    struct arena arena;
    struct table table;
    struct table_plan plan;
    struct table_row row;
    struct row_fault fault;
};

/* The plan of a file's start; the error otherwise. */
static bool plan(struct reading *r, const char *file, const char *mapping, struct err *err)
{
    *r = (struct reading){0};
    arena_init(&r->arena, table_guess_arena() + json_arena_bytes(strlen(mapping)));
    return table_guess(str_of(file), &r->arena, &r->table, err) &&
           table_plan_make(&r->table, str_of(mapping), &r->arena, &r->plan, err);
}

static void must_plan(struct reading *r, const char *file, const char *mapping)
{
    struct err err = {0};

    if (!plan(r, file, mapping, &err)) fail_msg("%s: %s", file, err.text);
    r->plan.no_money = STR("UAH");
}

static bool read_line(struct reading *r, const char *line)
{
    return table_row_read(&r->plan, str_of(line), &r->arena, &r->row, &r->fault);
}

/* ---- plans ---- */

static void test_what_a_plan_lacks(void **state)
{
    (void)state;
    static const struct {
        const char *file, *mapping, *field;
    } ROWS[] = {
        {DAYS DAYS_ROW, "", NULL},
        {DAYS DAYS_ROW, "{\"mapping\":{\"nothing\":\"cost\"}}", "mapping"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"cost\":\"money\"}}", "mapping"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"clicks\":\"cost\"}}", "mapping"},
        {DAYS DAYS_ROW, "{\"mapping\":[]}", "mapping"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"date\":null}}", "mapping"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"source\":null}}", "defaults.source"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"source\":null},\"defaults\":{\"source\":\"meta\"}}", NULL},
        {DAYS DAYS_ROW, "{\"mapping\":{\"campaign_id\":null}}", NULL},
        {DAYS DAYS_ROW, "{\"mapping\":{\"campaign_id\":null,\"campaign_name\":null}}", "defaults.campaign_name"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"currency\":null}}", "defaults.currency"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"currency\":null},\"defaults\":{\"currency\":\"usd\"}}", "defaults.currency"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"currency\":null},\"defaults\":{\"currency\":\"USD\"}}", NULL},
        {DAYS DAYS_ROW, "{\"mapping\":{\"currency\":null,\"cost\":null}}", NULL},
        {DAYS DAYS_ROW, "{\"defaults\":{\"date_order\":\"backwards\"}}", "defaults.date_order"},
        {DAYS DAYS_ROW, "{\"mapping\":{\"impressions\":null,\"clicks\":null,\"cost\":null,\"conversions\":null}}",
         "mapping"},
        {SOCIAL SOCIAL_ROW, "", NULL},
        {SOCIAL SOCIAL_ROW, "{\"mapping\":{\"Channel_Used\":null}}", "defaults.channel"},
        {SOCIAL SOCIAL_ROW, "{\"mapping\":{\"Channel_Used\":null},\"defaults\":{\"channel\":\"VK\"}}", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct reading r;
        struct err err = {0};
        bool ok = plan(&r, ROWS[i].file, ROWS[i].mapping, &err);
        if (ok != !ROWS[i].field || (!ok && strcmp(err.field, ROWS[i].field) != 0))
            fail_msg("%s: %s at %s", ROWS[i].mapping, ok ? "taken" : err.text, ok ? "-" : err.field);
        if (!ok) ASSERT_I64(err.code, ERR_INVALID);
        arena_free(&r.arena);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    struct reading r;

    must_plan(&r, DAYS DAYS_ROW, "");
    assert_false(r.plan.campaigns);
    assert_false(r.plan.links);
    ASSERT_I64(table_plan_counts(&r.plan), 1 << AD_IMPRESSIONS | 1 << AD_CLICKS | 1 << AD_SPEND | 1 << AD_CONVERSIONS);
    arena_free(&r.arena);
    must_plan(&r, SOCIAL SOCIAL_ROW, "");
    assert_true(r.plan.campaigns);
    arena_free(&r.arena);
    must_plan(&r, "date,source,campaign_id,cost,currency,company,utm_campaign\n2026-02-01,meta,7,5,USD,Quillbyte,fox\n",
              "");
    assert_false(r.plan.campaigns); /* there is a spend */
    assert_true(r.plan.links);
    ASSERT_I64(r.plan.column[FIELD_COMPANY], -1);
    arena_free(&r.arena);
    must_plan(&r, "Day\tSpent budget, TON\n01 Feb 2026\t1,5\n", "{\"defaults\":{\"campaign_name\":\"Fox\"}}");
    ASSERT_STR(r.plan.defaults.source, "telegram_ads");
    ASSERT_STR(r.plan.defaults.currency, "TON");
    ASSERT_STR(r.plan.defaults.account, "default");
    arena_free(&r.arena);
}

/* What is written makes the same plan. */
static void test_written_and_read(void **state)
{
    (void)state;
    static const char *const MAPPINGS[] = {
        "",
        "{\"mapping\":{\"source\":null,\"clicks\":\"reach\",\"placement\":\"ad_name\"},\"defaults\":{\"source\":\"vk\","
        "\"account\":\"a1\",\"country\":\"UA\",\"channel\":\"\\\"VK\\\"\",\"date_order\":\"day_first\"}}",
    };

    for (size_t i = 0; i < COUNT_OF(MAPPINGS); i++) {
        struct reading r, again;
        struct buf text, second;
        must_plan(&r, DAYS DAYS_ROW, MAPPINGS[i]);
        buf_init(&text, 65536);
        buf_init(&second, 65536);
        table_plan_write(&r.plan, &text);
        buf_add_char(&text, '\0');
        must_plan(&again, DAYS DAYS_ROW, buf_str(&text).p);
        table_plan_write(&again.plan, &second);
        buf_add_char(&second, '\0');
        ASSERT_STR_EQ(buf_str(&second), buf_str(&text));
        assert_memory_equal(again.plan.column, r.plan.column, sizeof r.plan.column);
        ASSERT_I64(again.plan.defaults.order, i ? DATE_ORDER_DAY_FIRST : DATE_ORDER_UNKNOWN);
        buf_reset(&text);
        buf_reset(&second);
        arena_free(&r.arena);
        arena_free(&again.arena);
    }
}

/* ---- rows ---- */

static void test_row_of_a_day(void **state)
{
    (void)state;
    struct reading r;

    must_plan(&r, DAYS DAYS_ROW, "");
    assert_true(read_line(&r, DAYS_ROW));
    const struct ad_row *day = &r.row.day;
    ASSERT_I64(day->day, DAY);
    ASSERT_STR(r.row.source, "meta");
    ASSERT_STR(r.row.account, "default");
    ASSERT_STR(day->campaign_id, "7");
    ASSERT_STR(day->campaign_name, "Fox");
    ASSERT_STR(day->channel, "Instagram"); /* of source and placement */
    ASSERT_STR(day->country, "UA");
    ASSERT_STR(day->currency, "USD");
    ASSERT_I64(day->count[AD_IMPRESSIONS], 1000);
    ASSERT_I64(day->count[AD_CLICKS], 10);
    ASSERT_I64(day->count[AD_SPEND], 5500000);
    ASSERT_I64(day->count[AD_CONVERSIONS], 1500000);
    ASSERT_I64(day->count[AD_REACH], AD_NOT_SAID);
    ASSERT_I64(day->count[AD_REVENUE], AD_NOT_SAID);

    assert_true(read_line(&r, "1/2/2026,Google Ads,7,,,Україна,\"1,000\",--,\"$1,234.5678905\",,\n"));
    ASSERT_I64(r.row.day.day, DAY - 30); /* the month first, as long as nothing says otherwise */
    ASSERT_STR(r.row.source, "google_ads");
    ASSERT_STR(r.row.day.channel, "Google Ads");
    ASSERT_STR(r.row.day.country, "Україна");
    ASSERT_STR(r.row.day.currency, "USD"); /* of the amount's sign */
    ASSERT_I64(r.row.day.count[AD_IMPRESSIONS], 1000);
    ASSERT_I64(r.row.day.count[AD_CLICKS], AD_NOT_SAID);
    ASSERT_I64(r.row.day.count[AD_SPEND], 1234567891);
    assert_true(read_line(&r, "2026-02-01,meta,,Fox,,,1,,,,"));
    ASSERT_STR(r.row.day.currency, "UAH"); /* no amount: the caller's */
    ASSERT_STR(r.row.day.channel, "Facebook");
    arena_free(&r.arena);
}

static void test_row_of_a_campaign(void **state)
{
    (void)state;
    struct reading r;

    must_plan(&r, SOCIAL SOCIAL_ROW, "");
    assert_true(read_line(&r, SOCIAL_ROW));
    const struct campaign_row *c = &r.row.campaign;
    ASSERT_STR(c->campaign_id, "529013");
    ASSERT_STR(c->audience, "Men 18-24");
    ASSERT_STR(c->goal, "Product Launch");
    ASSERT_I64(c->duration_days, 15);
    ASSERT_STR(c->channel, "Instagram");
    assert_true(c->conversion_rate == 0.15 && c->roi == 5.79 && c->engagement == 6);
    ASSERT_I64(c->cost_micros, 1500250000);
    ASSERT_STR(c->currency, "USD");
    ASSERT_I64(c->clicks, 500);
    ASSERT_I64(c->impressions, 1922);
    ASSERT_I64(c->day, 19048);
    ASSERT_STR(c->company, "Quillbyte");

    assert_true(read_line(&r, "1,,,2 weeks,VK,15%,,-0.5,,,,,,,,"));
    ASSERT_I64(c->duration_days, 14);
    assert_true(c->conversion_rate == 0.15 && c->roi == -0.5 && isnan(c->engagement));
    ASSERT_I64(c->cost_micros, AD_NOT_SAID);
    ASSERT_I64(c->clicks, AD_NOT_SAID);
    ASSERT_I64(c->day, AD_NOT_SAID);
    ASSERT_STR(c->company, "");
    arena_free(&r.arena);
}

static void test_links(void **state)
{
    (void)state;
    struct reading r;

    must_plan(&r, "date,source,campaign_id,clicks,utm_campaign,utm_content,start_param\n2026-02-01,vk_ads,1,1,a,b,c\n",
              "");
    assert_true(read_line(&r, "2026-02-01,vk_ads,1,1,літо,\"a \"\"b\"\"\",ads_9-Z"));
    ASSERT_STR(r.row.utm_campaign, "літо");
    ASSERT_STR(r.row.utm_content, "a \"b\"");
    ASSERT_STR(r.row.start_param, "ads_9-Z");
    assert_false(read_line(&r, "2026-02-01,vk_ads,1,1,,,ads 9"));
    assert_string_equal(r.fault.column, "start_param");
    arena_free(&r.arena);
}

static void test_why_not(void **state)
{
    (void)state;
    static const struct {
        bool campaigns;
        const char *line, *column;
    } ROWS[] = {
        {false, ",meta,7,Fox,,,1,1,1,USD,", "date"},
        {false, "31.02.2026,meta,7,Fox,,,1,1,1,USD,", "date"},
        {false, "2026-02-01,,7,Fox,,,1,1,1,USD,", "source"},
        {false, "2026-02-01,мета,7,Fox,,,1,1,1,USD,", "source"},
        {false, "2026-02-01,meta,,,,,1,1,1,USD,", "campaign_id"},
        {false, "2026-02-01,meta,7,Fox,,,-1,1,1,USD,", "impressions"},
        {false, "2026-02-01,meta,7,Fox,,,1.5,1,1,USD,", "impressions"},
        {false, "2026-02-01,meta,7,Fox,,,1,many,1,USD,", "clicks"},
        {false, "2026-02-01,meta,7,Fox,,,1,1,-1,USD,", "cost"},
        {false, "2026-02-01,meta,7,Fox,,,1,1,5%,USD,", "cost"},
        {false, "2026-02-01,meta,7,Fox,,,1,1,1,,", "currency"},
        {false, "2026-02-01,meta,7,Fox,,,1,1,1,dollars,", "currency"},
        {false, "2026-02-01,meta,7,Fox,,,1,1,1,USD,5%", "conversions"},
        {false, "2026-02-01,meta,7,Fox,,,,,,USD,", ""},                 /* no figures */
        {false, "2026-02-01,meta,7,Fox,,,1000000000000001,,,USD,", ""}, /* too large */
        {false, "2026-02-01,meta,7,Fox", ""},                           /* too few cells */
        {false, "2026-02-01,meta,7,Fox,,,1,1,1,USD,,", ""},             /* too many */
        {false, "2026-02-01,meta,7,\"Fox,,,1,1,1,USD,", ""},            /* an open quote */
        {false, "2026-02-01,meta,7,F\xFFx,,,1,1,1,USD,", ""},           /* no UTF-8 */
        {true, "1,,,soon,VK,,,,,,,,,,,", "duration"},
        {true, "1,,,,,,,,,,,,,,,", "channel"},
        {true, ",,,,VK,,,,,,,,,,,", "campaign_id"},
        {true, "1,,,,VK,1.5,,,,,,,,,,", "conversion_rate"},
        {true, "1,,,,VK,,,$5,,,,,,,,", "roi"},
        {true, "1,,,,VK,,500,,,,,,,,,", "currency"},
        {true, "1,,,,VK,,,,,,,,,,someday,", "date"},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct reading r;
        must_plan(&r, ROWS[i].campaigns ? SOCIAL SOCIAL_ROW : DAYS DAYS_ROW, "");
        if (read_line(&r, ROWS[i].line)) fail_msg("%s was taken", ROWS[i].line);
        if (strcmp(r.fault.column, ROWS[i].column) != 0 || strlen(r.fault.reason) < 6)
            fail_msg("%s: \"%s\" of \"%s\"", ROWS[i].line, r.fault.reason, r.fault.column);
        arena_free(&r.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_plan_lacks), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_written_and_read),  cmocka_unit_test(test_row_of_a_day),
        cmocka_unit_test(test_row_of_a_campaign), cmocka_unit_test(test_links),
        cmocka_unit_test(test_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
