/* Tests of the platform rules: the table of spec/3 case by case, precedence, JSON and its faults. */
#include "helpers.h"

#include "events/rules.h"

#include <stdio.h>
#include <string.h>

static struct tuple tuple_of(const char *source, const char *medium, const char *source_type, const char *campaign_id)
{
    struct tuple tuple = {0};
    tuple.dim[TOUCH_SOURCE] = str_of(source);
    tuple.dim[TOUCH_MEDIUM] = str_of(medium);
    tuple.dim[TOUCH_SOURCE_TYPE] = str_of(source_type);
    tuple.dim[TOUCH_CAMPAIGN_ID] = str_of(campaign_id);
    return tuple;
}

static void test_the_table_of_the_specification(void **state)
{
    static const struct {
        const char *source, *medium, *source_type, *platform;
        bool paid; /* with a campaign id */
    } cases[] = {
        {"email", "", "", "email", false},
        {"", "email", "", "email", false},
        {"viber", "", "", "viber", false},
        {"telegram", "", "", "telegram", false},
        {"tg", "", "", "telegram", false},
        {"facebook", "", "", "facebook", true},
        {"fb", "", "", "facebook", true},
        {"meta", "", "", "facebook", true},
        {"instagram", "", "", "instagram", true},
        {"ig", "", "", "instagram", true},
        {"tiktok", "", "", "tiktok", true},
        {"google", "", "", "google", true},
        {"googleads", "", "", "google", true},
        {"adwords", "", "", "google", true},
        {"yandex", "", "", "yandex", true},
        {"yandexdirect", "", "", "yandex", true},
        {"", "paid_social", "", "paid_social", false},
        {"", "paidsocial", "", "paid_social", false},
        {"", "cpc", "", "paid_search", false},
        {"", "ppc", "", "paid_search", false},
        {"", "paid_search", "", "paid_search", false},
        {"", "paidsearch", "", "paid_search", false},
        {"", "sem", "", "paid_search", false},
        {"", "", "event", "event", false},
        {"", "", "Live Events 2025", "event", false},
        {"", "", "", "unknown", false},
        {"direct", "referral", "call", "unknown", false},
        /* case and surrounding blanks are ignored */
        {" FaceBook\t", "", "", "facebook", true},
        {"", " CPC ", "", "paid_search", false},
        {"", "", "  EVENTful  ", "event", false},
        /* is, not contains */
        {"facebook.com", "", "", "unknown", false},
        {"viber", "x", "", "viber", false},
        {"", "viber", "", "unknown", false}, /* only email looks at both */
        {"", "facebook", "", "unknown", false},
        {"cpc", "", "", "unknown", false},
        {"", "event", "", "unknown", false},
        /* the first that matches wins */
        {"facebook", "email", "", "email", false},
        {"google", "cpc", "", "google", true},
        {"other", "cpc", "event", "paid_search", false},
        {"telegram", "paid_social", "event", "telegram", false},
        {"instagram", "cpc", "", "instagram", true},
    };
    struct rules *rules = rules_builtin();
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int with_id = 0; with_id < 2; with_id++) {
            struct tuple tuple = tuple_of(cases[i].source, cases[i].medium, cases[i].source_type, with_id ? "7" : "");
            bool paid = !cases[i].paid;
            Str platform = rules_platform(rules, &tuple, &paid);
            if (!str_eq(platform, str_of(cases[i].platform)) || paid != (cases[i].paid && with_id))
                fail_msg("case %zu gave %.*s, paid %d", i, STR_ARG(platform), paid);
        }
    }
    rules_free(rules);
    rules_free(NULL);
}

static void test_written_rules_read_back(void **state)
{
    struct rules *rules = rules_builtin();
    struct err err = {0};
    struct buf first, again;
    (void)state;

    buf_init(&first, RULES_BYTES_MAX);
    buf_init(&again, RULES_BYTES_MAX);
    rules_write(rules, &first);
    struct rules *back = rules_parse(buf_str(&first), &err);
    if (!back) fail_msg("%s", err.text);
    rules_write(back, &again);
    ASSERT_STR_EQ(buf_str(&again), buf_str(&first));
    assert_true(str_starts(buf_str(&first), STR("{\"rules\":[{\"fields\":[\"source\",\"medium\"],\"op\":\"is\","
                                                "\"values\":[\"email\"],\"platform\":\"email\",\"paid\":false},")));
    buf_reset(&first);
    buf_reset(&again);
    rules_free(rules);
    rules_free(back);
}

static Str platform_by(const char *json, const struct tuple *tuple, bool *paid, char out[64])
{
    struct err err = {0};
    struct rules *rules = rules_parse(str_of(json), &err);

    if (!rules) fail_msg("%s: %s", json, err.text);
    Str platform = rules_platform(rules, tuple, paid);
    snprintf(out, 64, "%.*s", STR_ARG(platform)); /* the rules own it */
    rules_free(rules);
    return str_of(out);
}

static void test_rules_of_a_user(void **state)
{
    struct tuple tuple = {0};
    char out[64];
    bool paid = true;
    (void)state;

    tuple.dim[TOUCH_CAMPAIGN] = STR("Spring SALE 2025");
    tuple.dim[TOUCH_CAMPAIGN_ID] = STR("7");
    tuple.dim[TOUCH_PLATFORM] = STR("nobody asks me");
    ASSERT_STR(platform_by("{\"rules\":[]}", &tuple, &paid, out), "unknown");
    assert_false(paid);
    ASSERT_STR(
        platform_by("{\"rules\":[{\"fields\":[\"campaign\"],\"op\":\"is\",\"values\":[\"sale\"],\"platform\":\"a\"},"
                    "{\"fields\":[\"term\",\"campaign\"],\"op\":\"contains\",\"values\":[\"x\",\" sale \"],"
                    "\"platform\":\" Ours \",\"paid\":true}]}",
                    &tuple, &paid, out),
        "Ours"); /* values and platform are trimmed */
    assert_true(paid);
    ASSERT_STR(platform_by("{\"rules\":[{\"fields\":[\"content\"],\"op\":\"contains\",\"values\":[\"a\"],"
                           "\"platform\":\"b\"}]}",
                           &tuple, &paid, out),
               "unknown"); /* an empty text contains nothing */
}

static void test_faulty_rules(void **state)
{
#define RULE(fields, op, values, rest) "{\"fields\":" fields ",\"op\":" op ",\"values\":" values rest "}"
#define GOOD RULE("[\"source\"]", "\"is\"", "[\"a\"]", ",\"platform\":\"p\"")
    static const struct {
        const char *json, *field;
    } cases[] = {
        {"", ""},
        {"{", ""},
        {"[]", "rules"},
        {"{}", "rules"},
        {"{\"rules\":{}}", "rules"},
        {"{\"rules\":[7]}", "rules[0].fields"},
        {"{\"rules\":[" RULE("[]", "\"is\"", "[\"a\"]", ",\"platform\":\"p\"") "]}", "rules[0].fields"},
        {"{\"rules\":[" RULE("\"source\"", "\"is\"", "[\"a\"]", ",\"platform\":\"p\"") "]}", "rules[0].fields"},
        {"{\"rules\":[" GOOD "," RULE("[\"sauce\"]", "\"is\"", "[\"a\"]", ",\"platform\":\"p\"") "]}",
         "rules[1].fields"},
        {"{\"rules\":[" RULE("[\"source\",\"platform\"]", "\"is\"", "[\"a\"]", ",\"platform\":\"p\"") "]}",
         "rules[0].fields"}, /* a platform cannot decide the platform */
        {"{\"rules\":[" RULE("[\"source\"]", "\"like\"", "[\"a\"]", ",\"platform\":\"p\"") "]}", "rules[0].op"},
        {"{\"rules\":[" RULE("[\"source\"]", "7", "[\"a\"]", ",\"platform\":\"p\"") "]}", "rules[0].op"},
        {"{\"rules\":[" RULE("[\"source\"]", "\"is\"", "[]", ",\"platform\":\"p\"") "]}", "rules[0].values"},
        {"{\"rules\":[" RULE("[\"source\"]", "\"is\"", "\"a\"", ",\"platform\":\"p\"") "]}", "rules[0].values"},
        {"{\"rules\":[" RULE("[\"source\"]", "\"is\"", "[\"a\",\" \"]", ",\"platform\":\"p\"") "]}", "rules[0].values"},
        {"{\"rules\":[" RULE("[\"source\"]", "\"is\"", "[7]", ",\"platform\":\"p\"") "]}", "rules[0].values"},
        {"{\"rules\":[" GOOD "," GOOD "," RULE("[\"source\"]", "\"is\"", "[\"a\"]", "") "]}", "rules[2].platform"},
        {"{\"rules\":[" RULE("[\"source\"]", "\"is\"", "[\"a\"]", ",\"platform\":\" \"") "]}", "rules[0].platform"},
        {"{\"rules\":[" RULE("[\"source\"]", "\"is\"", "[\"a\"]", ",\"platform\":\"p\",\"paid\":1") "]}",
         "rules[0].paid"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        if (rules_parse(str_of(cases[i].json), &err)) fail_msg("%s", cases[i].json);
        assert_int_equal(err.code, ERR_INVALID);
        if (strcmp(err.field, cases[i].field) != 0) fail_msg("%s: field %s", cases[i].json, err.field);
        assert_true(err.text[0] != '\0');
    }
}

static bool takes(const struct buf *text)
{
    struct err err = {0};
    struct rules *rules = rules_parse(buf_str(text), &err);
    rules_free(rules);
    return rules != NULL;
}

static void put_rules(struct buf *out, int n_rules, int n_values, int value_bytes, int platform_bytes)
{
    buf_init(out, 2 * RULES_BYTES_MAX);
    buf_add(out, STR("{\"rules\":["));
    for (int i = 0; i < n_rules; i++) {
        buf_printf(out, "%s{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[", i ? "," : "");
        for (int k = 0; k < n_values; k++) buf_printf(out, "%s\"%0*d\"", k ? "," : "", value_bytes, k);
        buf_printf(out, "],\"platform\":\"%0*d\"}", platform_bytes, 1);
    }
    buf_add(out, STR("]}"));
}

static void test_ceilings(void **state)
{
    static const struct {
        int rules, values, value_bytes, platform_bytes;
        bool ok;
    } cases[] = {
        {500, 1, 1, 1, true},    {501, 1, 1, 1, false},     {1, 100, 3, 1, true},       {1, 101, 3, 1, false},
        {1, 1, 100, 1, true},    {1, 1, 101, 1, false},     {1, 1, 1, 100, true},       {1, 1, 1, 101, false},
        {20, 100, 100, 1, true}, {25, 100, 100, 100, true}, {26, 100, 100, 100, false}, /* 256 KB */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf text;
        put_rules(&text, cases[i].rules, cases[i].values, cases[i].value_bytes, cases[i].platform_bytes);
        assert_false(text.full);
        if (takes(&text) != cases[i].ok) fail_msg("case %zu: %zu bytes", i, text.n);
        buf_reset(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_of_the_specification),
        cmocka_unit_test(test_written_rules_read_back),
        cmocka_unit_test(test_rules_of_a_user),
        cmocka_unit_test(test_faulty_rules),
        cmocka_unit_test(test_ceilings),
    };
    return cmocka_run_group_tests_name("events/rules", tests, NULL, NULL);
}
