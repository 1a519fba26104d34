/* Tests of http/http_int.h's router and of what handlers ask of a request. */
#include "helpers.h"

#include "http/http_int.h"

#include <string.h>

static const struct route FIRST[] = {
    {.method = GET, .path = "/"},
    {.method = GET, .path = "/api/v1/imports"},
    {.method = POST, .path = "/api/v1/imports"},
    {.method = GET, .path = "/api/v1/imports/latest"}, /* before the one that would take it */
    {.method = GET, .path = "/api/v1/imports/{id}"},
    {.method = DELETE, .path = "/api/v1/imports/{id}"},
};

static const struct route SECOND[] = {
    {.method = GET, .path = "/api/v1/imports/{id}/lines/{line}"},
    {.method = GET, .path = "/api/v1/journeys/{person*}"},
    {.method = GET, .path = "/sourceConfig/"},
    {.method = PUT, .path = "/a/{x}/c"},
    {.method = PATCH, .path = "/a/b/{y}"},
};

static const struct route_table TABLES[] = {{.rows = FIRST, .n = COUNT_OF(FIRST)},
                                            {.rows = SECOND, .n = COUNT_OF(SECOND)}};

static void test_routes(void **state)
{
    static const struct {
        enum method method;
        const char *path, *route; /* NULL: none */
        const char *param[2];
    } cases[] = {
        {GET, "/", "/", {0}},
        {GET, "/api/v1/imports", "/api/v1/imports", {0}},
        {GET, "/api/v1/imports/latest", "/api/v1/imports/latest", {0}},
        {GET, "/api/v1/imports/7", "/api/v1/imports/{id}", {"7"}},
        {DELETE, "/api/v1/imports/latest", "/api/v1/imports/{id}", {"latest"}},
        {GET, "/api/v1/imports/7/lines/8", "/api/v1/imports/{id}/lines/{line}", {"7", "8"}},
        {GET, "/api/v1/journeys/u:42", "/api/v1/journeys/{person*}", {"u:42"}},
        {GET, "/api/v1/journeys/a/b//c", "/api/v1/journeys/{person*}", {"a/b//c"}}, /* greedy */
        {GET, "/sourceConfig/", "/sourceConfig/", {0}},
        {PUT, "/a/b/c", "/a/{x}/c", {"b"}},
        {PATCH, "/a/b/c", "/a/b/{y}", {"c"}},
        {GET, "", NULL, {0}},
        {GET, "api/v1/imports", NULL, {0}},
        {GET, "//", NULL, {0}},
        {GET, "/api/v1/imports/", NULL, {0}},
        {GET, "/api/v1/imports//lines/8", NULL, {0}},
        {GET, "/api/v1/imports/7/", NULL, {0}},
        {GET, "/api/v1/imports/7/lines", NULL, {0}},
        {GET, "/api/v1/journeys", NULL, {0}},
        {GET, "/api/v1/journeys/", NULL, {0}},
        {GET, "/sourceConfig", NULL, {0}},
        {GET, "/API/v1/imports", NULL, {0}},
        {GET, "/api/v1/imports/{id}/x", NULL, {0}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct match match = {0};
        struct err err = {0};
        unsigned allowed = 99;
        bool found =
            router_find(TABLES, COUNT_OF(TABLES), cases[i].method, str_of(cases[i].path), &match, &allowed, &err);
        if (found != (cases[i].route != NULL)) fail_msg("%s", cases[i].path);
        if (!found) {
            assert_int_equal(err.code, ERR_NOT_FOUND);
            assert_int_equal(allowed, 0);
            continue;
        }
        assert_string_equal(match.route->path, cases[i].route);
        assert_int_equal(match.route->method, cases[i].method);
        assert_ptr_equal(match.table,
                         match.route >= SECOND && match.route < SECOND + COUNT_OF(SECOND) ? &TABLES[1] : &TABLES[0]);
        for (int k = 0; k < 2 && cases[i].param[k]; k++) ASSERT_STR(match.param[k], cases[i].param[k]);
    }
}

static void test_methods_that_a_path_does_not_take(void **state)
{
    static const struct {
        enum method method;
        const char *path;
        unsigned allowed;
    } cases[] = {
        {PUT, "/api/v1/imports", 1u << GET | 1u << POST},
        {POST, "/api/v1/imports/7", 1u << GET | 1u << DELETE},
        {POST, "/api/v1/imports/latest", 1u << GET | 1u << DELETE},
        {GET, "/a/b/c", 1u << PUT | 1u << PATCH},
        {DELETE, "/", 1u << GET},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct match match;
        struct err err = {0};
        unsigned allowed = 0;
        assert_false(
            router_find(TABLES, COUNT_OF(TABLES), cases[i].method, str_of(cases[i].path), &match, &allowed, &err));
        assert_int_equal(err.code, ERR_METHOD);
        assert_int_equal(allowed, cases[i].allowed);
        ASSERT_HOLDS(err.text, method_name(cases[i].method));
    }
}

static struct request request_with(size_t n, const struct query_value *values)
{
    struct request request = {.n_query = n};
    memcpy(request.query, values, n * sizeof *values);
    return request;
}

static void test_query_values(void **state)
{
    static const struct query_value values[] = {{STR_INIT("step"), STR_INIT("a")}, {STR_INIT("limit"), STR_INIT("20")},
                                                {STR_INIT("step"), STR_INIT("b")}, {STR_INIT("empty"), STR_INIT("")},
                                                {STR_INIT("bad"), STR_INIT("2x")}, {STR_INIT("step"), STR_INIT("a")}};
    struct request request = request_with(COUNT_OF(values), values);
    struct err err = {0};
    Str value;
    int64_t n = 77;
    (void)state;

    ASSERT_STR(request_query(&request, "step"), "a");
    assert_true(request_query_at(&request, "step", 1, &value));
    ASSERT_STR(value, "b");
    assert_true(request_query_at(&request, "step", 2, &value));
    ASSERT_STR(value, "a");
    assert_false(request_query_at(&request, "step", 3, &value));
    assert_null(request_query(&request, "none").p);
    assert_non_null(request_query(&request, "empty").p);

    ASSERT_OK(request_query_whole(&request, "limit", 5, 1, 20, &n, &err));
    ASSERT_I64(n, 20);
    ASSERT_OK(request_query_whole(&request, "none", 5, 1, 20, &n, &err));
    ASSERT_I64(n, 5);
    ASSERT_OK(request_query_whole(&request, "empty", 6, 1, 20, &n, &err));
    ASSERT_I64(n, 6);
    ASSERT_FAILS(request_query_whole(&request, "limit", 5, 1, 19, &n, &err), ERR_INVALID);
    assert_string_equal(err.field, "limit");
    ASSERT_FAILS(request_query_whole(&request, "limit", 5, 21, 50, &n, &err), ERR_INVALID);
    ASSERT_FAILS(request_query_whole(&request, "bad", 5, 1, 20, &n, &err), ERR_INVALID);
    ASSERT_HOLDS(err.text, "2x");
    ASSERT_I64(n, 6); /* untouched */
}

static void test_whole_params(void **state)
{
    struct request request = {.param = {STR_INIT("12"), STR_INIT("x")}};
    struct err err = {0};
    int64_t n = 77;
    (void)state;

    ASSERT_OK(request_param_whole(&request, 0, &n, &err));
    ASSERT_I64(n, 12);
    ASSERT_FAILS(request_param_whole(&request, 1, &n, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_methods_that_a_path_does_not_take),
        cmocka_unit_test(test_query_values),
        cmocka_unit_test(test_whole_params),
    };
    return cmocka_run_group_tests_name("http/router", tests, NULL, NULL);
}
