/* Tests of problem+json (RFC 9457) and of the address to listen on. */
#include "helpers.h"

#include "base/json.h"
#include "http/http_int.h"

#include <arpa/inet.h>
#include <string.h>

static void test_statuses(void **state)
{
    static const struct {
        enum err_code code;
        int status;
    } cases[] = {
        {ERR_INVALID, 400}, {ERR_DENIED, 401},   {ERR_FORBIDDEN, 403}, {ERR_NOT_FOUND, 404},
        {ERR_METHOD, 405},  {ERR_CONFLICT, 409}, {ERR_LIMIT, 413},     {ERR_UPSTREAM, 502},
        {ERR_BUSY, 503},    {ERR_INTERNAL, 500}, {ERR_NONE, 500},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(problem_status(&(struct err){.code = cases[i].code}), cases[i].status);
}

static void test_the_body(void **state)
{
    struct reply reply = {.status = 200, .constant = STR("a page")};
    struct arena arena;
    struct err err = {0};
    int64_t status = 0;
    (void)state;

    arena_init(&arena, (size_t)1 << 20);
    buf_init(&reply.body, 10000);
    buf_add(&reply.body, STR("half an answer"));
    err_set_field(&err, "filter", "no \"%s\"\n", "x");
    problem_write(&reply, &err, "r-7");
    assert_int_equal(reply.status, 400);
    assert_string_equal(reply.content_type, "application/problem+json");
    assert_int_equal(reply.constant.n, 0);
    assert_int_equal(reply.retry_after_s, 0);
    const struct json *root = json_parse(buf_str(&reply.body), &arena, &err);
    assert_non_null(root);
    ASSERT_STR(json_str(json_get(root, "type")), "about:blank");
    ASSERT_STR(json_str(json_get(root, "title")), "the request is not valid");
    ASSERT_STR(json_str(json_get(root, "detail")), "no \"x\"\n");
    ASSERT_STR(json_str(json_get(root, "field")), "filter");
    ASSERT_STR(json_str(json_get(root, "request_id")), "r-7");
    assert_true(json_i64(json_get(root, "status"), &status));
    assert_int_equal(status, 400);
    buf_reset(&reply.body);
    arena_free(&arena);
}

static void test_busy_says_when_to_come_again(void **state)
{
    struct reply reply = {0};
    struct arena arena;
    struct err err = {0};
    (void)state;

    arena_init(&arena, (size_t)1 << 20);
    buf_init(&reply.body, 10000);
    err_set(&err, ERR_BUSY, "later");
    problem_write(&reply, &err, "r");
    assert_int_equal(reply.status, 503);
    assert_true(reply.retry_after_s > 0);
    const struct json *root = json_parse(buf_str(&reply.body), &arena, &err);
    assert_null(json_get(root, "field")); /* nothing where there is none */
    buf_reset(&reply.body);
    arena_free(&arena);
}

static void test_addresses(void **state)
{
    static const struct {
        const char *text;
        int family; /* 0: refused */
        const char *host;
        int port;
    } cases[] = {
        {"127.0.0.1:8080", AF_INET, "127.0.0.1", 8080},
        {"localhost:1", AF_INET, "127.0.0.1", 1},
        {":65535", AF_INET, "0.0.0.0", 65535},
        {"0.0.0.0:0", AF_INET, "0.0.0.0", 0},
        {"[::1]:8080", AF_INET6, "::1", 8080},
        {"[::]:80", AF_INET6, "::", 80},
        {"", 0, "", 0},
        {"8080", 0, "", 0},
        {"127.0.0.1", 0, "", 0},
        {"127.0.0.1:", 0, "", 0},
        {"127.0.0.1:65536", 0, "", 0},
        {"127.0.0.1:-1", 0, "", 0},
        {"127.0.0.1:80a", 0, "", 0},
        {"127.0.0.256:80", 0, "", 0},
        {"example.org:80", 0, "", 0},
        {"[::1]", 0, "", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        union listen_address address;
        struct err err = {0};
        char host[INET6_ADDRSTRLEN];
        bool ok = listen_parse(str_of(cases[i].text), &address, &err);
        if (ok != (cases[i].family != 0)) fail_msg("\"%s\"", cases[i].text);
        if (!ok) {
            assert_int_equal(err.code, ERR_INVALID);
            ASSERT_HOLDS(err.text, cases[i].text);
            continue;
        }
        bool v4 = address.any.sa_family == AF_INET;
        assert_int_equal(address.any.sa_family, cases[i].family);
        inet_ntop(cases[i].family, v4 ? (void *)&address.v4.sin_addr : (void *)&address.v6.sin6_addr, host,
                  sizeof host);
        assert_string_equal(host, cases[i].host);
        assert_int_equal(ntohs(v4 ? address.v4.sin_port : address.v6.sin6_port), cases[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_the_body),
        cmocka_unit_test(test_busy_says_when_to_come_again),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests_name("http/problem", tests, NULL, NULL);
}
