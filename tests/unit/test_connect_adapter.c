#include "helpers.h"

#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/hash.h"
#include "connect/adapter.h"

static const char WHOLE[] =
    "{'adapter':1,'name':'lark','title':{'en':'Lark','ru':'Ларк'},'channels':'Lark','base_url':'https://lark.example',"
    "'settings':[{'name':'account','title':{'en':'Account'},'pattern':'[0-9]+'},"
    "{'name':'key','title':{'en':'Key'},'secret':true},"
    "{'name':'goal','title':{'en':'Goal'},'default':'lead','optional':true}],"
    "'account':'{account}','zone':'Europe/Kyiv','currency':'UAH','auth':{'header':'X-Key','value':'{key}'},"
    "'pace':{'tries':3},'window':{'first_days':30},"
    "'errors':{'rules':[{'status':[401],'class':'auth','say':{'en':'no'}}]},"
    "'rows':{'format':'json','list':'/data/*','nulls':['-'],'fields':{'day':'/day','channel':{'value':'Lark'},"
    "'campaign_id':'/campaign','spend':'/spend','currency':{'value':'UAH'}}},"
    "'reports':[{'ask':{'path':'/days','query':{'since':'{from}','until':'{to}'}}}]}";

struct world {
    struct arena arena;
    struct adapter adapter;
};

/* The file with `from` replaced by `to`, and its quotes made double. */
static bool read_changed(struct world *world, const char *from, const char *to, struct err *err)
{
    const char *at = strstr(WHOLE, from);
    char text[4096];

    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - WHOLE), WHOLE, to, at + strlen(from));
    for (char *p = text; *p; p++) *p = *p == '\'' ? '"' : *p;
    return adapter_read(STR("lark.json"), arena_copy(&world->arena, str_of(text)), &world->arena, &world->adapter, err);
}

static void test_a_whole_file_is_read(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    arena_init(&world.arena, ADAPTER_ARENA);
    ASSERT_OK(read_changed(&world, "", "", &err));
    ASSERT_STR(world.adapter.info.title_ru, "Ларк");
    assert_int_equal(world.adapter.info.n_settings, 4); /* with base_url */
    assert_int_equal(world.adapter.tries, 3);
    assert_int_equal(world.adapter.n_reports, 1);
    assert_true(world.adapter.report[0].rows.field[FIELD_CHANNEL].constant);
    arena_free(&world.arena);
}

static void test_each_mistake_has_its_sentence(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } ROWS[] = {
        {"'adapter':1", "'adapter':2", "adapter: a whole number from 1 to 1"},
        {"'adapter':1,", "", "\"adapter\": 1 is missing"},
        {"'name':'lark'", "'name':'La rk'", "a slug"},
        {"'title':{'en':'Lark'", "'title':{'fr':'Lark'", "title: there is no \"fr\" here; expected are en ru"},
        {"https://lark", "ftp://lark", "base_url: an address that begins with https://"},
        {"'zone':'Europe/Kyiv',", "", "zone: is missing; a text is expected"},
        {"'value':'{key}'", "'value':'{kee}'", "auth.value: {kee} is neither a setting"},
        {"'pattern':'[0-9]+'", "'pattern':'[0-9'", "settings.0: pattern is no POSIX extended expression"},
        {"'name':'key'", "'name':'account'", "settings.1: this name is there twice"},
        {"'name':'key'", "'name':'page'", "a name that the program gives"},
        {"'name':'key'", "'name':'base_url'", "every adapter has a setting base_url"},
        {"'tries':3", "'tries':0", "pace.tries: a whole number from 1 to 20"},
        {"'first_days':30", "'first_days':'30'", "window.first_days: a whole number"},
        {"'window':{", "'window':{'colour':1,", "window: there is no \"colour\" here"},
        {"'class':'auth'", "'class':'sad'", "errors.rules.0.class: one of ok auth rights"},
        {"'status':[401],", "", "errors.rules.0: status, when or header is expected"},
        {"'status':[401]", "'status':[1401]", "errors.rules.0.status: HTTP statuses are from 100 to 599"},
        {"'format':'json'", "'format':'xml'", "rows.format: one of json tsv is expected"},
        {"'/data/*'", "'data/*'", "rows.list"},
        {"'/data/*'", "'/data'", "rows: list ends with a star"},
        {"'/data/*'", "'/data//*'", "an empty step"},
        {"'/data/*'", "'/data/*[x]'", "needs * or *[name=text]"},
        {"'day':'/day',", "", "rows.fields: day, channel, currency and campaign_id"},
        {",'currency':{'value':'UAH'}", "", "day, channel, currency and campaign_id or campaign_name are needed"},
        {"'campaign_id':'/campaign'", "'campaign_id':{'at':'/c','unit':'minor'}", "unit is for spend and revenue"},
        {"'campaign_id':'/campaign'", "'campaign_id':{'at':'/c','value':'x'}", "either at (a path) or value"},
        {"'campaign_id':'/campaign'", "'campaign':'/campaign'", "there is no \"campaign\" here"},
        {"'query':{", "'json':{},'query':{", "a GET has no body"},
        {"'path':'/days'", "'path':'days'", "path begins with"},
        {"'since':'{from}'", "'since':'{fron}'", "reports.0.ask.query: {fron}"},
        {"'reports':[{", "'reports':[{'poll':{},", "reports.0: poll without start"},
        {"'reports':[{", "'reports':[{'page':{'kind':'cursor'},", "reports.0.page.at: is missing; a path"},
        {"'reports':[{", "'reports':[{'page':{'at':'/x'},", "kind is missing"},
        {"'reports':[", "'reports':[],'report':[", "there is no \"report\" here"},
        {"{'adapter'", "{{'adapter'", "line 1"},
    };
    struct world world;
    struct err err;

    (void)state;
    arena_init(&world.arena, (size_t)1 << 30);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        ASSERT_FAILS(read_changed(&world, ROWS[i].from, ROWS[i].to, &err), ERR_INVALID);
        ASSERT_HOLDS(err.text, "lark.json: ");
        ASSERT_HOLDS(err.text, ROWS[i].says);
    }
    arena_free(&world.arena);
}

static bool settings_of(struct world *world, const char *json, struct vars *vars, struct err *err)
{
    const struct json *root = json_parse(str_of(json), &world->arena, err);

    assert_non_null(root);
    return adapter_settings(&world->adapter, root, &world->arena, vars, err);
}

static void test_settings_are_checked(void **state)
{
    struct world world;
    struct vars vars;
    struct err err = {0};

    (void)state;
    arena_init(&world.arena, ADAPTER_ARENA);
    ASSERT_OK(read_changed(&world, "", "", &err));
    ASSERT_OK(settings_of(&world, "{\"account\":\" 12 \",\"key\":\"k\",\"goal\":\"\"}", &vars, &err));
    ASSERT_STR(vars_get(&vars, STR("account")), "12");
    ASSERT_STR(vars_get(&vars, STR("goal")), "lead");
    ASSERT_STR(vars_get(&vars, STR("base_url")), "https://lark.example");
    ASSERT_FAILS(settings_of(&world, "{\"account\":\"12\"}", &vars, &err), ERR_INVALID);
    assert_string_equal(err.field, "key");
    ASSERT_FAILS(settings_of(&world, "{\"account\":\"12 OR 1\",\"key\":\"k\"}", &vars, &err), ERR_INVALID);
    assert_string_equal(err.field, "account");
    ASSERT_FAILS(settings_of(&world, "{\"account\":12,\"key\":\"k\"}", &vars, &err), ERR_INVALID);
    ASSERT_FAILS(settings_of(&world, "{\"account\":\"1\",\"key\":\"a\\nb\"}", &vars, &err), ERR_INVALID);
    ASSERT_HOLDS(err.text, "control character");
    assert_null(strstr(err.text, "a\nb"));
    ASSERT_FAILS(settings_of(&world, "{\"account\":\"1\",\"key\":\"k\",\"other\":\"1\"}", &vars, &err), ERR_INVALID);
    ASSERT_HOLDS(err.text, "has no setting \"other\"");
    ASSERT_FAILS(settings_of(&world, "[]", &vars, &err), ERR_INVALID);
    arena_free(&world.arena);
}

static void test_those_built_in_are_read(void **state)
{
    struct arena arena;
    struct adapter adapter;
    struct err err;

    (void)state;
    assert_int_equal(ASSETS_ADAPTERS.n, 4);
    for (size_t i = 0; i < ASSETS_ADAPTERS.n; i++) {
        const struct asset *asset = &ASSETS_ADAPTERS.rows[i];
        arena_init(&arena, ADAPTER_ARENA);
        ASSERT_OK(adapter_read(asset->name, asset->bytes, &arena, &adapter, &err));
        for (size_t k = 0; k < adapter.errors.n; k++)
            assert_true(adapter.errors.rule[k].say.n && adapter.errors.rule[k].say_ru.n);
        arena_free(&arena);
    }
}

static void test_templates(void **state)
{
    struct vars vars = {.n = 0};
    struct arena arena;
    struct buf buf;
    struct err err;

    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    buf_init(&buf, 1000);
    vars_set(&vars, STR("a"), STR("x y&{b}"));
    vars_set(&vars, STR("n"), STR("7"));
    vars_set(&vars, STR("a"), STR("x y&{n}"));
    ASSERT_STR(template_text(STR("<{a}|{none}|{ a }|{a"), &vars, &arena), "<x y&{n}||{ a }|{a");
    template_url(&buf, STR("/p/{a}?{n}"), &vars);
    ASSERT_STR(buf_str(&buf), "/p/x%20y%26%7Bn%7D?7");
    buf_reset(&buf);
    const struct json *value = json_parse(
        STR("{\"q\":\"{a}\",\"i\":\"{#n}\",\"gone\":\"{none}\",\"l\":[\"{none}\",\"z\",1,true,null]}"), &arena, &err);
    struct json_out out = json_to(&buf);
    template_json(&out, value, &vars, &arena);
    ASSERT_STR(buf_str(&buf), "{\"q\":\"x y&{n}\",\"i\":7,\"l\":[\"z\",1,true,null]}");
    buf_reset(&buf);
    arena_free(&arena);
}

static Str at_path(struct arena *arena, const char *json, const char *path_text, size_t *n)
{
    struct err err;
    struct path path;
    bool plain;
    const struct json *root = json_parse(str_of(json), arena, &err);

    assert_non_null(root);
    ASSERT_OK(path_read(str_of(path_text), "x", arena, &path, &err));
    struct place place = place_of(root);
    return json_plain(path_first(&path, &place, n), arena, &plain);
}

static void test_paths(void **state)
{
    static const char TEXT[] =
        "{\"a\":[{\"k\":\"u\",\"v\":1},{\"k\":\"w\",\"v\":\"2\"},{\"k\":3,\"v\":2.5}],\"b\":{\"c\":true}}";
    static const struct {
        const char *path, *value;
        size_t n;
    } ROWS[] = {
        {"/b/c", "true", 1},       {"/a/1/v", "2", 1}, {"/a/*/v", "1", 3}, {"/a/*[k=w]/v", "2", 1},
        {"/a/*[k=3]/v", "2.5", 1}, {"/a/9/v", "", 0},  {"/b/c/d", "", 0},  {"/*/c", "true", 1},
        {"/a/*[k=none]/v", "", 0}, {"/a/v", "", 0},    {"/../a", "", 0},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        size_t n = 0;
        Str got = at_path(&arena, TEXT, ROWS[i].path, &n);
        if (n != ROWS[i].n || !str_eq(got, str_of(ROWS[i].value))) fail_msg("%s: %zu", ROWS[i].path, n);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_file_is_read),
        cmocka_unit_test(test_each_mistake_has_its_sentence),
        cmocka_unit_test(test_settings_are_checked),
        cmocka_unit_test(test_those_built_in_are_read),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_paths),
    };

    hash_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
