/* Tests of what is built into the binary, and of how the dashboard's files are served. */
#include "helpers.h"

#include "base/asset.h"
#include "base/json.h"
#include "http/http_int.h"

#include <string.h>

static void test_tables_of_assets(void **state)
{
    static const struct asset_table *const tables[] = {&ASSETS_MIGRATIONS, &ASSETS_SCHEMAS, &ASSETS_WEB};
    (void)state;

    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        assert_true(tables[t]->n > 0);
        for (size_t i = 0; i < tables[t]->n; i++) {
            assert_ptr_equal(asset_find(tables[t], tables[t]->rows[i].name), &tables[t]->rows[i]);
            if (i) assert_true(str_compare(tables[t]->rows[i - 1].name, tables[t]->rows[i].name) < 0);
            assert_int_equal(tables[t]->rows[i].gzip, gzip_is(tables[t]->rows[i].bytes));
        }
        assert_null(asset_find(tables[t], STR("")));
        assert_null(asset_find(tables[t], STR("no such file")));
    }
}

static void test_every_schema_is_a_json_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASSETS_SCHEMAS.n; i++) {
        Str bytes = ASSETS_SCHEMAS.rows[i].bytes;
        struct arena arena;
        struct err err = {0};
        arena_init(&arena, json_arena_bytes(bytes.n));
        if (!json_is_object(json_parse(bytes, &arena, &err)))
            fail_msg("%.*s: %s", STR_ARG(ASSETS_SCHEMAS.rows[i].name), err.text);
        arena_free(&arena);
    }
}

static void test_pages(void **state)
{
    static const struct {
        const char *path, *type; /* NULL: there is no such page */
    } cases[] = {
        {"/", "text/html; charset=utf-8"},
        {"/index.html", "text/html; charset=utf-8"},
        {"/funnel", "text/html; charset=utf-8"}, /* the dashboard finds its own way */
        {"/persons/u:42", "text/html; charset=utf-8"},
        {"/missing.js", NULL},
        {"/assets/missing", NULL},
        {"/api/nothing", NULL},
        {"/v1/nothing", NULL},
        {"/../etc/passwd", NULL}, /* it has a dot: a file that is none of ours */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply reply = {0};
        Str path = str_of(cases[i].path);
        if (asset_serve(path, &reply) != (cases[i].type != NULL)) fail_msg("%s", cases[i].path);
        if (!cases[i].type) continue;
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.content_type, cases[i].type);
        assert_false(reply.cache_forever);
        ASSERT_STR_EQ(reply.constant, asset_find(&ASSETS_WEB, STR("index.html"))->bytes);
    }
}

static void test_every_file_is_served(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASSETS_WEB.n; i++) {
        const struct asset *asset = &ASSETS_WEB.rows[i];
        struct reply reply = {0};
        char path[300] = "/";
        assert_true(asset->name.n < sizeof path - 1);
        memcpy(path + 1, asset->name.p, asset->name.n);
        assert_true(asset_serve((Str){path, asset->name.n + 1}, &reply));
        ASSERT_STR_EQ(reply.constant, asset->bytes);
        assert_int_equal(reply.gzip, asset->gzip);
        assert_int_equal(reply.cache_forever, str_starts(asset->name, STR("assets/")));
        assert_string_not_equal(reply.content_type, "application/octet-stream");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_of_assets),
        cmocka_unit_test(test_every_schema_is_a_json_object),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_every_file_is_served),
    };
    return cmocka_run_group_tests_name("http/assets", tests, NULL, NULL);
}
