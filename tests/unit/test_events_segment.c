/* Tests of the Segment protocol: who, what, where from; items of a batch stand each for itself. Times and money have
 * files of their own. */
#include "staging.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who ---- */

static void test_who(void **state)
{
    static const struct {
        enum raw_kind kind;
        const char *body, *aliases; /* "u:1 a:2", in order */
    } cases[] = {
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":\"u1\",\"anonymousId\":\"a1\"}", "u:u1 a:a1"},
        {RAW_TRACK, "{\"event\":\"x\",\"anonymousId\":\"a1\"}", "a:a1"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":42}", "u:42"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":1.5}", "u:1.5"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":9007199254740993}", "u:9007199254740993"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":\"  u1\\t\"}", "u:u1"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":\"\",\"anonymousId\":\"a1\"}", "a:a1"}, /* before identify */
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":\" \",\"anonymousId\":\"a1\"}", "a:a1"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":null,\"anonymousId\":\"a1\"}", "a:a1"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":true,\"anonymousId\":\"a1\"}", "a:a1"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":\"\\u043a\"}", "u:\xD0\xBA"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":\"u\",\"traits\":{\"client_id\":\"c\"}}", "u:u"}, /* not identify */
        {RAW_IDENTIFY, "{\"userId\":\"u\",\"anonymousId\":\"a\",\"traits\":{\"client_id\":\"c\",\"telegram_id\":77}}",
         "u:u a:a c:c t:77"},
        {RAW_IDENTIFY, "{\"userId\":\"u\",\"context\":{\"traits\":{\"client_id\":\"c\"}}}", "u:u c:c"},
        {RAW_IDENTIFY, "{\"traits\":{\"client_id\":\"c\"}}", "c:c"},
        {RAW_GROUP, "{\"userId\":\"u\",\"groupId\":\"g\"}", "u:u"},
        {RAW_ALIAS, "{\"userId\":\"u\",\"previousId\":\"p\"}", "u:u a:p u:p"},
        {RAW_ALIAS, "{\"userId\":\"u\",\"anonymousId\":\"a\",\"previousId\":5}", "u:u a:a a:5 u:5"},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct staged *item = stage_one(staging, cases[i].kind, cases[i].body);
        struct buf text;
        buf_init(&text, 1000);
        for (uint32_t k = 0; k < item->n_aliases; k++)
            buf_printf(&text, "%s%c:%.*s", k ? " " : "", item->alias[k].kind, STR_ARG(item->alias[k].value));
        ASSERT_STR(buf_str(&text), cases[i].aliases);
        assert_int_equal(item->type, cases[i].kind == RAW_TRACK ? STAGED_EVENT : STAGED_PERSON);
        assert_int_equal(item->kind, cases[i].kind);
        buf_reset(&text);
    }
}

static void test_rejected(void **state)
{
    static const struct {
        enum raw_kind kind;
        const char *body, *reason;
    } cases[] = {
        {RAW_TRACK, "{\"event\":\"x\"}", "neither userId nor anonymousId"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":\"\",\"anonymousId\":\" \"}", "neither userId nor anonymousId"},
        {RAW_TRACK, "{\"event\":\"x\",\"userId\":{\"id\":1}}", "neither userId nor anonymousId"},
        {RAW_IDENTIFY, "{\"traits\":{}}", "neither userId nor anonymousId"},
        {RAW_ALIAS, "{\"userId\":\"u\"}", "alias without previousId"},
        {RAW_ALIAS, "{\"userId\":\"u\",\"previousId\":\"\"}", "alias without previousId"},
        {RAW_TRACK, "{\"userId\":\"u\"}", "track without the name of an event"},
        {RAW_TRACK, "{\"userId\":\"u\",\"event\":\"  \"}", "track without the name of an event"},
        {RAW_TRACK, "{\"userId\":\"u\",\"event\":[]}", "track without the name of an event"},
        {RAW_TRACK, "[]", "the event is no JSON object"},
        {RAW_TRACK, "\"x\"", "the event is no JSON object"},
        {RAW_TRACK, "", "the text is empty"},
        {RAW_TRACK, "{\"userId\":\"u\",\"event\":\"x\"", "not valid JSON at line 1"},
        {RAW_TRACK, "{\"userId\":\"\xFF\",\"event\":\"x\"}", "not valid UTF-8"},
        {RAW_WEBHOOK, "{\"userId\":\"u\",\"event\":\"x\"}", "type is none of track"},
        {RAW_WEBHOOK, "{\"userId\":\"u\",\"type\":\"Track\",\"event\":\"x\"}", "type is none of track"},
        {RAW_WEBHOOK, "{\"userId\":\"u\",\"type\":7}", "type is none of track"},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ASSERT_HOLDS(stage_reason(staging, cases[i].kind, cases[i].body), cases[i].reason);
        assert_int_equal(staging->decoded.rejects[0].kind, cases[i].kind);
        ASSERT_STR(staging->decoded.rejects[0].body, cases[i].body);
        ASSERT_I64(staging->decoded.rejects[0].line, 0);
    }
}

/* A text of n letters in place of %s. */
static const char *with_long(char out[2000], const char *format, size_t n)
{
    char letters[600];
    struct buf text;
    assert_true(n < sizeof letters);
    memset(letters, 'x', n);
    buf_init(&text, 1999);
    for (const char *p = format; *p; p++) {
        if (*p == '%') {
            buf_add(&text, (Str){letters, n});
        } else {
            buf_add_char(&text, *p);
        }
    }
    memcpy(out, text.p, text.n + 1);
    buf_reset(&text);
    return out;
}

static void test_lengths(void **state)
{
    struct staging *staging = *state;
    char text[2000];

    stage_one(staging, RAW_TRACK, with_long(text, "{\"event\":\"x\",\"userId\":\"%\"}", 256));
    ASSERT_HOLDS(stage_reason(staging, RAW_TRACK, with_long(text, "{\"event\":\"x\",\"userId\":\"%\"}", 257)), "256");
    ASSERT_HOLDS(stage_reason(staging, RAW_TRACK, with_long(text, "{\"event\":\"x\",\"anonymousId\":\"%\"}", 257)),
                 "256");
    stage_one(staging, RAW_TRACK, with_long(text, "{\"event\":\"%\",\"userId\":\"u\"}", 200));
    ASSERT_HOLDS(stage_reason(staging, RAW_TRACK, with_long(text, "{\"event\":\"%\",\"userId\":\"u\"}", 201)), "200");
    stage_one(staging, RAW_PAGE, with_long(text, "{\"messageId\":\"%\",\"userId\":\"u\"}", 200));
    ASSERT_HOLDS(stage_reason(staging, RAW_PAGE, with_long(text, "{\"messageId\":\"%\",\"userId\":\"u\"}", 201)),
                 "200");
    const struct staged *item = stage_one(
        staging, RAW_PAGE, with_long(text, "{\"userId\":\"u\",\"context\":{\"campaign\":{\"name\":\"%\"}}}", 300));
    assert_int_equal(item->tuple.dim[TOUCH_CAMPAIGN].n, 256); /* cut, not rejected */
    item = stage_one(staging, RAW_PAGE,
                     with_long(text, "{\"userId\":\"u\",\"context\":{\"campaign\":{\"name\":\"%\xC3\xA9\"}}}", 255));
    assert_int_equal(item->tuple.dim[TOUCH_CAMPAIGN].n, 255); /* not in the middle of a character */
}

/* ---- what ---- */

static void test_names_and_types(void **state)
{
    static const struct {
        enum raw_kind kind;
        const char *body, *name; /* "": no event */
        enum raw_kind staged;
    } cases[] = {
        {RAW_TRACK, "{\"userId\":\"u\",\"event\":\" Order Completed \"}", "Order Completed", RAW_TRACK},
        {RAW_TRACK, "{\"userId\":\"u\",\"event\":404}", "404", RAW_TRACK},
        {RAW_PAGE, "{\"userId\":\"u\",\"name\":\"Home\"}", "Page Viewed", RAW_PAGE},
        {RAW_SCREEN, "{\"userId\":\"u\",\"name\":\"Home\"}", "Screen Viewed", RAW_SCREEN},
        {RAW_IDENTIFY, "{\"userId\":\"u\"}", "", RAW_IDENTIFY},
        {RAW_GROUP, "{\"userId\":\"u\"}", "", RAW_GROUP},
        {RAW_ALIAS, "{\"userId\":\"u\",\"previousId\":\"p\"}", "", RAW_ALIAS},
        {RAW_PAGE, "{\"userId\":\"u\",\"type\":\"track\",\"event\":\"x\"}", "Page Viewed",
         RAW_PAGE}, /* the path says */
        {RAW_WEBHOOK, "{\"userId\":\"u\",\"type\":\"track\",\"event\":\"x\"}", "x", RAW_TRACK},
        {RAW_WEBHOOK, "{\"userId\":\"u\",\"type\":\"screen\"}", "Screen Viewed", RAW_SCREEN},
        {RAW_WEBHOOK, "{\"userId\":\"u\",\"type\":\"group\"}", "", RAW_GROUP},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct staged *item = stage_one(staging, cases[i].kind, cases[i].body);
        ASSERT_STR(item->name, cases[i].name);
        assert_int_equal(item->kind, cases[i].staged);
        assert_int_equal(item->type, cases[i].name[0] ? STAGED_EVENT : STAGED_PERSON);
    }
}

static void test_message_ids(void **state)
{
    struct staging *staging = *state;
    char first[64];

    ASSERT_STR(stage_one(staging, RAW_PAGE, "{\"userId\":\"u\",\"messageId\":\" m1 \"}")->message_id, "m1");
    ASSERT_STR(stage_one(staging, RAW_PAGE, "{\"userId\":\"u\",\"messageId\":5}")->message_id, "5");
    ASSERT_STR(stage_one(staging, RAW_PAGE, "{\"userId\":\"u\",\"message_id\":\"old\"}")->message_id, "old");
    ASSERT_STR(stage_one(staging, RAW_PAGE, "{\"userId\":\"u\",\"messageId\":\"\",\"message_id\":\"old\"}")->message_id,
               "old");
    ASSERT_STR(stage_one(staging, RAW_PAGE, "{\"userId\":\"u\"}")->message_id, ""); /* never a repeat */

    /* a webhook without one: its retries repeat the body, so the body is the id */
    Str id = stage_one(staging, RAW_WEBHOOK, "{\"type\":\"page\",\"userId\":\"u\"}")->message_id;
    assert_int_equal(id.n, DIGEST_BYTES);
    memcpy(first, id.p, id.n);
    id = stage_one(staging, RAW_WEBHOOK, "{\"type\":\"page\",\"userId\":\"u\"}")->message_id;
    assert_memory_equal(id.p, first, DIGEST_BYTES);
    id = stage_one(staging, RAW_WEBHOOK, "{\"type\":\"page\",\"userId\":\"v\"}")->message_id;
    assert_memory_not_equal(id.p, first, DIGEST_BYTES);
}

/* ---- where from ---- */

#define PAGE(inside) "{\"userId\":\"u\",\"context\":{" inside "}}"

static void test_where_from(void **state)
{
    static const struct {
        const char *body, *tuple; /* "source=x medium=y", in the order of the dimensions */
    } cases[] = {
        {PAGE(""), ""},
        {PAGE("\"campaign\":{\"source\":\"fb\",\"medium\":\"cpc\",\"name\":\"n\",\"id\":7,\"content\":\"c\",\"term\":"
              "\"t\","
              "\"creative\":\"k\",\"source_type\":\"s\"}"),
         "source=fb medium=cpc campaign=n campaign_id=7 content=c term=t creative=k source_type=s"},
        {PAGE("\"campaign\":{\"campaign_id\":\"9\",\"creative_id\":\"k2\"}"), "campaign_id=9 creative=k2"},
        {PAGE("\"campaign\":{\"id\":\"\",\"campaign_id\":\"9\"}"), "campaign_id=9"},
        {PAGE("\"campaign\":{\"source\":\" fb \"},\"page\":{\"search\":\"?utm_source=x&utm_medium=y\"}"), "source=fb"},
        {PAGE("\"campaign\":{},\"page\":{\"search\":\"?utm_source=x&utm_medium=y\"}"), "source=x medium=y"},
        {PAGE("\"page\":{\"search\":\"utm_source=x\"}"), "source=x"},
        {PAGE("\"page\":{\"search\":\"?utm_campaign=spring+sale%202025&utm_id=5&utm_creative=a%2Bb\"}"),
         "campaign=spring sale 2025 campaign_id=5 creative=a+b"},
        {PAGE("\"page\":{\"search\":\"?utm_source=%D0%BA&utm_term=%ff&utm_medium=%zz%4\"}"),
         "source=\xD0\xBA medium=%zz%4"},
        {PAGE("\"page\":{\"search\":\"?utm_source=&utm_source=x&a=b&utm_source\"}"), "source=x"},
        {PAGE("\"page\":{\"search\":\"\",\"url\":\"https://a.example/p?utm_source=x&b=1#utm_medium=no\"}"), "source=x"},
        {PAGE("\"page\":{\"url\":\"https://a.example/p\"}"), ""},
        {PAGE("\"page\":{\"url\":\"https://a.example/\",\"referrer\":\"https://news.example:8443/x?y\"}"),
         "source=news.example medium=referral"},
        {PAGE("\"page\":{\"url\":\"https://a.example/\",\"referrer\":\"https://A.example/before\"}"), ""}, /* its own */
        {PAGE("\"page\":{\"url\":\"https://a.example/\",\"referrer\":\"https://me:x@news.example/\"}"),
         "source=news.example medium=referral"},
        {PAGE("\"page\":{\"referrer\":\"https://news.example#top\"}"), "source=news.example medium=referral"},
        {PAGE("\"page\":{\"referrer\":\"https://news.example?q=a@b\"}"), "source=news.example medium=referral"},
        {PAGE("\"page\":{\"referrer\":\"https://news.example/a@b\"}"), "source=news.example medium=referral"},
        {PAGE("\"page\":{\"referrer\":\"$direct\"}"), ""},
        {PAGE("\"page\":{\"referrer\":\"android-app://org.example.reader/\"}"),
         "source=org.example.reader medium=referral"},
        {PAGE("\"page\":{\"search\":\"?utm_medium=email\",\"referrer\":\"https://news.example/\"}"), "medium=email"},
        {"{\"userId\":\"u\",\"properties\":{\"url\":\"https://a.example/?utm_source=x\"}}", "source=x"},
        {"{\"userId\":\"u\",\"properties\":{\"search\":\"?utm_source=y\",\"referrer\":\"https://b.example\"}}",
         "source=y"},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct staged *item = stage_one(staging, RAW_PAGE, cases[i].body);
        struct buf text;
        buf_init(&text, 1000);
        for (int d = 0; d < TOUCH_DIM_COUNT; d++)
            if (item->tuple.dim[d].n)
                buf_printf(&text, "%s%s=%.*s", text.n ? " " : "", touch_dim_name((enum touch_dim)d),
                           STR_ARG(item->tuple.dim[d]));
        if (!str_eq(buf_str(&text), str_of(cases[i].tuple)))
            fail_msg("%s gave \"%.*s\"", cases[i].body, STR_ARG(buf_str(&text)));
        assert_false(item->tuple.whole); /* an empty tuple goes on with the session's */
        buf_reset(&text);
    }
}

/* ---- batches ---- */

static void test_each_item_for_itself(void **state)
{
    static const char *const body = "{\"sentAt\":\"2025-02-12T08:00:00Z\",\"batch\":["
                                    "{\"type\":\"track\",\"event\":\"one\",\"userId\":\"u\",\"messageId\":\"1\"},"
                                    "{\"type\":\"track\",\"event\":\"two\"},"
                                    "17,"
                                    "{\"type\":\"nonsense\",\"userId\":\"u\"},"
                                    "{\"type\":\"page\",\"userId\":\"u\", \"x\":tru},"
                                    "{\"type\":\"identify\",\"userId\":\"u\",\"anonymousId\":\"a\"},"
                                    "{\"type\":\"track\",\"event\":\"\\\"],[{\",\"userId\":\"u\"}]}";
    static const uint32_t good[] = {0, 5, 6}, bad[] = {1, 2, 3, 4};
    struct staging *staging = *state;
    Str bytes;

    assert_true(stage_text(staging, RAW_BATCH, str_of(body)));
    assert_int_equal(staging->decoded.n, COUNT_OF(good));
    assert_int_equal(staging->decoded.n_rejects, COUNT_OF(bad));
    for (size_t i = 0; i < COUNT_OF(good); i++) assert_int_equal(staging->decoded.items[i].item, good[i]);
    ASSERT_STR(staging->decoded.items[2].name, "\"],[{");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct staged_reject *reject = &staging->decoded.rejects[i];
        assert_int_equal(reject->item, bad[i]);
        assert_int_equal(reject->kind, RAW_WEBHOOK); /* alone, it says its own type */
        assert_true(stage_item_bytes(&staging->entry, bad[i], &bytes));
        ASSERT_STR_EQ(reject->body, bytes);
    }
    ASSERT_STR(staging->decoded.rejects[1].body, "17");
    assert_true(stage_item_bytes(&staging->entry, 5, &bytes));
    ASSERT_STR(bytes, "{\"type\":\"identify\",\"userId\":\"u\",\"anonymousId\":\"a\"}");
    assert_false(stage_item_bytes(&staging->entry, 7, &bytes));
}

static void add_padded(struct buf *body, const char *event, size_t bytes)
{
    size_t from = body->n;
    buf_printf(body, "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"%s\",\"pad\":\"", event);
    while (body->n - from < bytes - 2) buf_add_char(body, 'x');
    buf_add(body, STR("\"}"));
}

static void test_a_large_item_is_rejected_alone(void **state)
{
    struct staging *staging = *state;
    struct buf body;

    buf_init(&body, (size_t)1 << 20);
    buf_add(&body, STR("{\"batch\":["));
    add_padded(&body, "largest", EVENT_BYTES_MAX);
    buf_add_char(&body, ',');
    add_padded(&body, "larger", EVENT_BYTES_MAX + 1);
    buf_add_char(&body, ',');
    add_padded(&body, "small", 100);
    buf_add(&body, STR("]}"));
    assert_true(stage_text(staging, RAW_BATCH, buf_str(&body)));
    assert_int_equal(staging->decoded.n, 2);
    ASSERT_STR(staging->decoded.items[0].name, "largest");
    ASSERT_STR(staging->decoded.items[1].name, "small");
    assert_int_equal(staging->decoded.n_rejects, 1);
    assert_int_equal(staging->decoded.rejects[0].item, 1);
    assert_int_equal(staging->decoded.rejects[0].body.n, EVENT_BYTES_MAX + 1);
    ASSERT_HOLDS(staging->decoded.rejects[0].reason, "32 KB");
    buf_reset(&body);
}

static void test_unreadable_batches(void **state)
{
    static const struct {
        const char *body;
        enum err_code code;
    } cases[] = {
        {"", ERR_INVALID},
        {"[]", ERR_INVALID},
        {"{}", ERR_INVALID},
        {"{\"batch\":{}}", ERR_INVALID},
        {"{\"batch\":7}", ERR_INVALID},
        {"{\"batch\":[{\"type\":\"page\"}", ERR_INVALID},
        {"{\"batch\":[1 2]}", ERR_INVALID},
        {"{\"batch\":[1,]}", ERR_INVALID},
        {"{\"other\":{\"batch\":[]}}", ERR_INVALID},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (stage_text(staging, RAW_BATCH, str_of(cases[i].body))) fail_msg("%s", cases[i].body);
        assert_int_equal(staging->err.code, cases[i].code);
    }
    assert_true(stage_text(staging, RAW_BATCH, STR("{\"batch\":[]}"))); /* empty is fine */
    assert_int_equal(staging->decoded.n + staging->decoded.n_rejects, 0);
}

static void test_how_many_a_batch_may_hold(void **state)
{
    struct staging *staging = *state;

    for (uint32_t n = BATCH_ITEMS_MAX; n <= BATCH_ITEMS_MAX + 1; n++) {
        struct buf body;
        buf_init(&body, (size_t)4 << 20);
        buf_add(&body, STR("{\"batch\":["));
        for (uint32_t i = 0; i < n; i++)
            buf_printf(
                &body,
                "%s{\"type\":\"page\",\"userId\":\"\\u0075%u\",\"context\":{\"campaign\":{\"source\":\"\\u0061\"}}}",
                i ? "," : "", i);
        buf_add(&body, STR("]}"));
        assert_int_equal(stage_text(staging, RAW_BATCH, buf_str(&body)), n == BATCH_ITEMS_MAX);
        if (n == BATCH_ITEMS_MAX) {
            assert_int_equal(staging->decoded.n, n);
            ASSERT_STR(staging->decoded.items[n - 1].alias[0].value, "u2499");
        } else {
            assert_int_equal(staging->err.code, ERR_LIMIT);
        }
        buf_reset(&body);
    }
}

/* What takes the most memory for its bytes. An entry that was stored is decoded at every start in an arena of
 * stage_arena_bytes: too small a one would stop the program each time. */
static void test_the_arena_is_large_enough(void **state)
{
    static const char *const units[] = {
        ("{\"type\":\"page\",\"userId\":1,\"anonymousId\":2,\"messageId\":3,\"context\":{\"campaign\":{\"source\":1,"
         "\"medium\":1,\"name\":1,\"id\":1,\"content\":1,\"term\":1,\"creative\":1,\"source_type\":1}}}"),
        "{\"type\":\"track\",\"event\":\"\\u0061\",\"userId\":\"\\n1\",\"properties\":{\"revenue\":0.12345678}}",
        "{}",
        "1",
        "tru",
        "{\"type\":\"page\"", /* rejects, with reasons longer than themselves */
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        struct buf body;
        buf_init(&body, (size_t)8 << 20);
        buf_add(&body, STR("{\"batch\":["));
        for (int k = 0; k < BATCH_ITEMS_MAX; k++) buf_printf(&body, "%s%s", k ? "," : "", units[i]);
        buf_add(&body, STR("]}"));
        (void)stage_text(staging, RAW_BATCH, buf_str(&body)); /* or it stops */
        buf_reset(&body);
    }
    for (int items = 1; items <= 100; items += 99) { /* landing pages with as many parameters as fit */
        struct buf body;
        buf_init(&body, (size_t)8 << 20);
        buf_add(&body, STR("{\"batch\":["));
        for (int k = 0; k < items; k++) {
            size_t from = body.n;
            buf_printf(&body, "%s{\"type\":\"page\",\"userId\":1,\"context\":{\"page\":{\"search\":\"", k ? "," : "");
            while (body.n - from < EVENT_BYTES_MAX - 100) buf_add(&body, STR("utm_id=a&"));
            buf_add(&body, STR("\"}}}"));
        }
        buf_add(&body, STR("]}"));
        assert_true(stage_text(staging, RAW_BATCH, buf_str(&body)));
        assert_int_equal(staging->decoded.n, items);
        buf_reset(&body);
    }
}

static void test_kinds_by_name(void **state)
{
    enum raw_kind kind;
    (void)state;

    assert_true(raw_kind_find(STR("crm_contracts"), &kind));
    assert_int_equal(kind, 21); /* on disk: must not change */
    assert_true(raw_kind_is_csv(kind));
    assert_true(raw_kind_find(STR("batch"), &kind));
    assert_int_equal(kind, 1);
    assert_false(raw_kind_is_csv(kind));
    assert_false(raw_kind_find(STR("Batch"), &kind));
    assert_string_equal(raw_kind_name(RAW_WEBHOOK), "webhook");
    assert_int_equal(RAW_WEBHOOK, 8);
    assert_int_equal(RAW_CRM_EVENTS, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGING_TEST(test_who),
        STAGING_TEST(test_rejected),
        STAGING_TEST(test_lengths),
        STAGING_TEST(test_names_and_types),
        STAGING_TEST(test_message_ids),
        STAGING_TEST(test_where_from),
        STAGING_TEST(test_each_item_for_itself),
        STAGING_TEST(test_a_large_item_is_rejected_alone),
        STAGING_TEST(test_unreadable_batches),
        STAGING_TEST(test_how_many_a_batch_may_hold),
        STAGING_TEST(test_the_arena_is_large_enough),
        cmocka_unit_test(test_kinds_by_name),
    };
    hash_start();
    return cmocka_run_group_tests_name("events/segment", tests, NULL, NULL);
}
