/* Tests of the CRM's two exports (spec/3): any column order, dirty rows kept with line and reason. */
#include "staging.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS "event_id,id_source,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id\n"
#define CONTRACTS "doc_id,id_source,total_cost_of_the_contract,currentdate\n"

static void test_an_event(void **state)
{
    struct staging *staging = *state;
    const struct staged *item = stage_one(
        staging, RAW_CRM_EVENTS, EVENTS " E1 ,C1, 2025-02-12T08:00:00Z,D1,call,Facebook,cpc,\"a, \"\"b\"\"\",7\n");

    assert_int_equal(item->type, STAGED_EVENT);
    ASSERT_STR(item->message_id, "E1");
    assert_int_equal(item->n_aliases, 1);
    assert_int_equal(item->alias[0].kind, ALIAS_CLIENT);
    ASSERT_STR(item->alias[0].value, "C1");
    ASSERT_I64(item->at_ms, RECEIVED);
    ASSERT_STR(item->doc_id, "D1");
    ASSERT_STR(item->tuple.dim[TOUCH_SOURCE_TYPE], "call");
    ASSERT_STR(item->tuple.dim[TOUCH_SOURCE], "Facebook"); /* as it came */
    ASSERT_STR(item->tuple.dim[TOUCH_MEDIUM], "cpc");
    ASSERT_STR(item->tuple.dim[TOUCH_CAMPAIGN], "a, \"b\"");
    ASSERT_STR(item->tuple.dim[TOUCH_CAMPAIGN_ID], "7");
    ASSERT_STR(item->tuple.dim[TOUCH_TERM], "");
    assert_true(item->tuple.whole);
}

static void test_a_contract(void **state)
{
    static const struct {
        const char *cost;
        int64_t wanted;
    } costs[] = {{"42227", 4222700}, {"0", 0},     {"-5", -500},
                 {"99.505", 9951},   {" 7 ", 700}, {"90000000000000", AMOUNT_MINOR_MAX}};
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(costs); i++) {
        struct buf body;
        buf_init(&body, 1000);
        buf_printf(&body, CONTRACTS "D1,C1,%s,2025-03-15\n", costs[i].cost);
        const struct staged *item = stage_one(staging, RAW_CRM_CONTRACTS, body.p);
        assert_int_equal(item->type, STAGED_CONTRACT);
        ASSERT_STR(item->doc_id, "D1");
        ASSERT_STR(item->alias[0].value, "C1");
        ASSERT_I64(item->cost_minor, costs[i].wanted);
        assert_int_equal(item->contract_day, 20162); /* 55 years of 365, 14 leap days, 31 + 28 + 14 */
        buf_reset(&body);
    }
}

static void test_columns_in_any_order(void **state)
{
    static const char *const bodies[] = {
        CONTRACTS "D1,C1,5,2025-03-15\n",
        "currentdate,TOTAL_COST_OF_THE_CONTRACT, id_source ,doc_id\n2025-03-15,5,C1,D1\n",
        "\xEF\xBB\xBF" CONTRACTS "D1,C1,5,2025-03-15\n", /* a byte order mark */
        "note,doc_id,\"id_source\",x,total_cost_of_the_contract,currentdate\r\n?,D1,C1,,5,2025-03-15\r\n",
        CONTRACTS "D1,C1,5,2025-03-15", /* no line end */
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        const struct staged *item = stage_one(staging, RAW_CRM_CONTRACTS, bodies[i]);
        ASSERT_STR(item->doc_id, "D1");
        ASSERT_STR(item->alias[0].value, "C1");
        ASSERT_I64(item->cost_minor, 500);
    }
}

static void test_headers_that_do_not_do(void **state)
{
    static const struct {
        enum raw_kind kind;
        const char *body, *why;
    } cases[] = {
        {RAW_CRM_CONTRACTS, "", "no column doc_id"},
        {RAW_CRM_CONTRACTS, "\n", "no column doc_id"},
        {RAW_CRM_CONTRACTS, "doc_id,id_source,currentdate\nD1,C1,2025-03-15\n", "no column total_cost_of_the_contract"},
        {RAW_CRM_CONTRACTS, "doc_id;id_source;total_cost_of_the_contract;currentdate\n", "no column doc_id"},
        {RAW_CRM_CONTRACTS, "\"doc_id,id_source\n", "not readable"},
        {RAW_CRM_CONTRACTS, EVENTS, "no column total_cost_of_the_contract"},
        {RAW_CRM_EVENTS, CONTRACTS, "no column event_id"},
        {RAW_CRM_EVENTS,
         "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,"
         "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\n",
         "not readable"},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (stage_text(staging, cases[i].kind, str_of(cases[i].body))) fail_msg("%s", cases[i].body);
        assert_int_equal(staging->err.code, ERR_INVALID);
        ASSERT_HOLDS(staging->err.text, cases[i].why);
    }
}

static void test_malformed_rows(void **state)
{
    static const struct {
        const char *row, *reason;
    } cases[] = {
        {"E1,C1,,D1,,,,,", "event_at is empty"},
        {"E1,C1,yesterday,,,,,,", "event_at \"yesterday\" is no RFC 3339 instant"},
        {"E1,C1,2025-02-30T08:00:00Z,,,,,,", "event_at \"2025-02-30T08:00:00Z\""},
        {"E1,C1,2025-02-12,,,,,,", "event_at \"2025-02-12\""},
        {"E1,,2025-02-12T08:00:00Z,,,,,,", "the client"},
        {",C1,2025-02-12T08:00:00Z,,,,,,", "event_id is empty"},
        {"E1,C1,2025-02-12T08:00:00Z", "3 fields where the header has 9"},
        {"E1,C1,2025-02-12T08:00:00Z,,,,,,,", "10 fields where the header has 9"},
        {"E1,C1,2025-02-12T08:00:00Z,,\"x,,,,", "quote"},
        {"E1,C1,2025-02-12T08:00:00Z,,a\"b,,,,", "quote"},
        {"E1,C1,2025-02-12T08:00:00Z,,\xFF,,,,", "UTF-8"},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf body;
        buf_init(&body, 1000);
        buf_printf(&body, EVENTS "E0,C0,2025-02-12T08:00:00Z,,,,,,\n%s\n\nE9,C9,2025-02-12T08:00:00Z,,,,,,\n",
                   cases[i].row);
        assert_true(stage_text(staging, RAW_CRM_EVENTS, buf_str(&body)));
        if (staging->decoded.n_rejects != 1) fail_msg("%s is taken", cases[i].row);
        ASSERT_HOLDS(staging->decoded.rejects[0].reason, cases[i].reason);
        ASSERT_I64(staging->decoded.rejects[0].line, 3); /* the first record is line 2 */
        assert_int_equal(staging->decoded.rejects[0].item, 1);
        assert_int_equal(staging->decoded.rejects[0].kind, RAW_CRM_EVENTS);
        ASSERT_STR(str_trim(staging->decoded.rejects[0].body), cases[i].row);
        assert_int_equal(staging->decoded.n, 2); /* it never stops at one */
        ASSERT_STR(staging->decoded.items[1].message_id, "E9");
        assert_int_equal(staging->decoded.items[1].item, 3); /* the blank line has a place, too */
        buf_reset(&body);
    }
}

static void test_malformed_contracts(void **state)
{
    static const struct {
        const char *row, *reason;
    } cases[] = {
        {",C1,5,2025-03-15", "doc_id is empty"},
        {"D1, ,5,2025-03-15", "the client"},
        {"D1,C1,,2025-03-15", "total_cost_of_the_contract \"\" is no amount"},
        {"D1,C1,\"1,000\",2025-03-15", "total_cost_of_the_contract \"1,000\" is no amount"},
        {"D1,C1,90000000000000.01,2025-03-15", "is no amount"}, /* too much to add up */
        {"D1,C1,-90000000000000.01,2025-03-15", "is no amount"},
        {"D1,C1,5,", "currentdate \"\" is no date"},
        {"D1,C1,5,2025-13-01", "currentdate \"2025-13-01\" is no date"},
        {"D1,C1,5,2025-03-15T00:00:00Z", "is no date"},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf body;
        buf_init(&body, 1000);
        buf_printf(&body, CONTRACTS "%s\n", cases[i].row);
        ASSERT_HOLDS(stage_reason(staging, RAW_CRM_CONTRACTS, body.p), cases[i].reason);
        buf_reset(&body);
    }
}

static void test_lengths(void **state)
{
    static const struct {
        int client, campaign;
        const char *reason; /* NULL: taken */
    } cases[] = {
        {256, 1, NULL}, {257, 1, "id_source is longer than 256"}, {1, 512, NULL}, {1, 513, "utm_campaign is longer"}};
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf body;
        buf_init(&body, 3000);
        buf_printf(&body, EVENTS "E1,%0*d,2025-02-12T08:00:00Z,,,,,%0*d,\n", cases[i].client, 7, cases[i].campaign, 7);
        if (cases[i].reason) {
            ASSERT_HOLDS(stage_reason(staging, RAW_CRM_EVENTS, body.p), cases[i].reason);
        } else {
            stage_one(staging, RAW_CRM_EVENTS, body.p);
        }
        buf_reset(&body);
    }
}

/* Lines are those of the file: a record with line ends inside quotes takes several. */
static void test_line_numbers(void **state)
{
    struct staging *staging = *state;

    staging->entry.first_line = 1000;
    assert_true(stage_text(staging, RAW_CRM_EVENTS,
                           STR(EVENTS "bad\n"
                                      "E1,C1,2025-02-12T08:00:00Z,,\"two\nlines\",,,,\n"
                                      "\r\n"
                                      "also bad\n"
                                      "\"open,,,,,,,,\n"
                                      "last bad")));
    assert_int_equal(staging->decoded.n, 1);
    ASSERT_STR(staging->decoded.items[0].tuple.dim[TOUCH_SOURCE_TYPE], "two\nlines");
    assert_int_equal(staging->decoded.n_rejects, 4);
    ASSERT_I64(staging->decoded.rejects[0].line, 1000);
    ASSERT_I64(staging->decoded.rejects[1].line, 1004);
    ASSERT_I64(staging->decoded.rejects[2].line, 1005);
    ASSERT_I64(staging->decoded.rejects[3].line, 1006);
    for (uint32_t i = 0; i < 4; i++) {
        Str bytes;
        assert_true(stage_item_bytes(&staging->entry, staging->decoded.rejects[i].item, &bytes));
        ASSERT_STR_EQ(bytes, staging->decoded.rejects[i].body);
    }
}

/* A piece of a file is at most 1,000 records, but its cells may hold any number of line ends: memory is taken for
 * records, not for lines. */
static void test_cells_full_of_line_ends(void **state)
{
    enum { CELL = 30000, RECORDS = 30 };
    struct staging *staging = *state;
    struct buf body;

    buf_init(&body, (size_t)2 << 20);
    buf_add(&body, STR(EVENTS));
    for (int i = 0; i < RECORDS; i++) {
        buf_printf(&body, "E%d,C1,2025-02-12T08:00:00Z,,\"", i);
        for (int k = 0; k < CELL; k++) buf_add_char(&body, '\n');
        buf_add(&body, STR("\",,,,\n"));
    }
    assert_true(stage_text(staging, RAW_CRM_EVENTS, buf_str(&body)));
    assert_int_equal(staging->decoded.n, RECORDS); /* trimmed, the cells are empty */
    ASSERT_STR(staging->decoded.items[RECORDS - 1].message_id, "E29");
    buf_reset(&body);
}

/* Doubled quotes make copies: the most of them that fit. The arena must hold them, or the program stops. */
static void test_the_arena_is_large_enough(void **state)
{
    enum { CELLS = 6500, RECORDS = 30 };
    struct staging *staging = *state;
    struct buf body;

    buf_init(&body, (size_t)2 << 20);
    buf_add(&body, STR(EVENTS));
    for (int i = 0; i < RECORDS; i++) {
        for (int k = 0; k < CELLS; k++) buf_add(&body, STR("\"\"\"\","));
        buf_add_char(&body, '\n');
    }
    assert_true(stage_text(staging, RAW_CRM_EVENTS, buf_str(&body)));
    assert_int_equal(staging->decoded.n_rejects, RECORDS);
    ASSERT_HOLDS(staging->decoded.rejects[0].reason, "6501 fields");
    buf_reset(&body);
}

/* What a person sends as the correction of a reject may hold anything. */
static void test_more_records_than_an_entry_holds(void **state)
{
    struct staging *staging = *state;

    for (size_t n = RAW_ITEMS_MAX; n <= RAW_ITEMS_MAX + 1; n++) {
        struct buf body;
        buf_init(&body, (size_t)1 << 20);
        buf_add(&body, STR(CONTRACTS));
        for (size_t i = 0; i < n; i++) buf_add(&body, STR("x\n"));
        assert_int_equal(stage_text(staging, RAW_CRM_CONTRACTS, buf_str(&body)), n == RAW_ITEMS_MAX);
        if (n > RAW_ITEMS_MAX) assert_int_equal(staging->err.code, ERR_LIMIT);
        if (n == RAW_ITEMS_MAX) assert_int_equal(staging->decoded.n_rejects, RAW_ITEMS_MAX);
        buf_reset(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGING_TEST(test_an_event),
        STAGING_TEST(test_a_contract),
        STAGING_TEST(test_columns_in_any_order),
        STAGING_TEST(test_headers_that_do_not_do),
        STAGING_TEST(test_malformed_rows),
        STAGING_TEST(test_malformed_contracts),
        STAGING_TEST(test_lengths),
        STAGING_TEST(test_line_numbers),
        STAGING_TEST(test_cells_full_of_line_ends),
        STAGING_TEST(test_the_arena_is_large_enough),
        STAGING_TEST(test_more_records_than_an_entry_holds),
    };
    return cmocka_run_group_tests_name("events/crm", tests, NULL, NULL);
}
