#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/time.h"
#include "http/http_int.h"
#include "loopback.h"
#include "net/client.h"
#include "net/guard.h"

static const char SECRET[] = "s3cr3t";

struct world {
    struct loopback *server;
    struct net *net;
    struct arena arena;
    struct net_reply reply;
    bool (*go_on)(void *);
    int64_t timeout_ms;
    double per_second;
    const char *method, *body;
};

static bool path_is(Str request, const char *path)
{
    Str line = str_cut(&request, ' ');

    line = str_cut(&request, ' ');
    return str_starts(line, str_of(path));
}

static void gzip_reply(struct buf *out, size_t n)
{
    char *zeros = mem_new(n);
    struct buf packed;

    buf_init(&packed, (size_t)1 << 24);
    assert_true(gzip_pack((Str){zeros, n}, &packed));
    loopback_reply(out, 200, "Content-Encoding: gzip\r\n", buf_str(&packed));
    buf_reset(&packed);
    free(zeros);
}

static void answer(void *context, Str request, struct buf *out)
{
    (void)context;
    if (path_is(request, "/echo"))
        loopback_reply(out, 200, "X-Seen: yes\r\n", request);
    else if (path_is(request, "/cut"))
        buf_add(out, STR("HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\nonly this"));
    else if (path_is(request, "/nothing"))
        buf_add(out, STR(""));
    else if (path_is(request, "/slow"))
        usleep(1500000);
    else if (path_is(request, "/large"))
        gzip_reply(out, 5000);
    else if (path_is(request, "/bomb"))
        gzip_reply(out, (size_t)8 << 20);
    else if (path_is(request, "/torn"))
        loopback_reply(out, 200, "Content-Encoding: gzip\r\n", STR("no gzip at all"));
    else if (path_is(request, "/moved"))
        loopback_reply(out, 302, "Location: https://192.0.2.1/\r\n", STR(""));
    else
        loopback_reply(out, 404, "Retry-After: 3\r\n", STR("no"));
}

static void open_world(struct world *world)
{
    struct err err;
    char allow[64];

    memset(world, 0, sizeof *world);
    world->server = loopback_open(answer, NULL);
    (void)snprintf(allow, sizeof allow, "other:1 127.0.0.1:%d", loopback_port(world->server));
    world->net = net_open(&(struct net_config){str_of(allow)}, &err);
    assert_non_null(world->net);
    world->timeout_ms = 5000;
    world->method = "GET";
    world->body = "";
    arena_init(&world->arena, (size_t)16 << 20);
}

static void close_world(struct world *world)
{
    net_close(world->net);
    loopback_close(world->server);
    arena_free(&world->arena);
}

static bool fetch_url(struct world *world, Str url, struct err *err)
{
    struct net_request request = {.method = world->method,
                                  .url = url,
                                  .header = {{STR("Authorization"), str_of(SECRET)}, {STR("X-Empty"), STR("")}},
                                  .n_headers = 2,
                                  .body = str_of(world->body),
                                  .timeout_ms = world->timeout_ms,
                                  .max_bytes = 100000,
                                  .per_second = world->per_second,
                                  .go_on = world->go_on};
    bool ok = net_fetch(world->net, &request, &world->arena, &world->reply, err);

    if (!ok) assert_null(strstr(err->text, SECRET));
    return ok;
}

static bool fetch(struct world *world, const char *path, struct err *err)
{
    Str url = arena_printf(&world->arena, "http://127.0.0.1:%d%s?token=%s", loopback_port(world->server), path, SECRET);

    return fetch_url(world, url, err);
}

static void test_a_reply_comes_whole(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world);
    ASSERT_OK(fetch(&world, "/echo", &err));
    assert_int_equal(world.reply.status, 200);
    ASSERT_STR(net_reply_header(&world.reply, "x-SEEN"), "yes");
    assert_int_equal(net_reply_header(&world.reply, "X-See").n, 0);
    assert_true(str_contains_nocase(world.reply.body, STR("Authorization: s3cr3t\r\n")));
    assert_true(str_contains_nocase(world.reply.body, STR("X-Empty:\r\n")));
    assert_true(str_starts(world.reply.body, STR("GET /echo?token=")));
    world.method = "POST";
    world.body = "{\"a\":1}";
    ASSERT_OK(fetch(&world, "/echo", &err));
    assert_true(str_starts(world.reply.body, STR("POST /echo")));
    ASSERT_STR(loopback_body(world.reply.body), "{\"a\":1}");
    ASSERT_OK(fetch(&world, "/large", &err));
    assert_int_equal(world.reply.body.n, 5000);
    ASSERT_OK(fetch(&world, "/absent", &err));
    assert_int_equal(world.reply.status, 404);
    close_world(&world);
}

static void test_what_goes_wrong_is_said(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_world(&world);
    ASSERT_FAILS(fetch(&world, "/cut", &err), ERR_UPSTREAM);
    ASSERT_HOLDS(err.text, "cut off");
    ASSERT_FAILS(fetch(&world, "/nothing", &err), ERR_UPSTREAM);
    ASSERT_FAILS(fetch(&world, "/torn", &err), ERR_UPSTREAM);
    ASSERT_FAILS(fetch(&world, "/bomb", &err), ERR_LIMIT);
    ASSERT_HOLDS(err.text, "larger than 100000 bytes");
    world.timeout_ms = 300;
    int64_t started = time_monotonic_us();
    ASSERT_FAILS(fetch(&world, "/slow", &err), ERR_UPSTREAM);
    ASSERT_HOLDS(err.text, "did not answer within");
    assert_true(time_monotonic_us() - started < 1200000);
    close_world(&world);
}

static void test_a_redirect_is_not_followed(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world);
    ASSERT_OK(fetch(&world, "/moved", &err));
    assert_int_equal(world.reply.status, 302);
    assert_int_equal(loopback_requests(world.server), 1);
    close_world(&world);
}

static void test_inside_is_refused(void **state)
{
    static const char *const URLS[] = {
        "https://127.0.0.1:9/", "https://localhost:9/",     "https://[::1]:9/",    "https://[::ffff:10.0.0.1]/",
        "https://0.0.0.0:9/",   "https://169.254.169.254/", "https://2130706433/", "https://192.168.1.1:9/"};
    static const char *const WORSE[] = {
        "http://example.org/", "ftp://127.0.0.1/", "file:///etc/passwd", "", "//x", "https://user:word@example.org/"};
    struct world world;
    struct err err;

    (void)state;
    open_world(&world);
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        ASSERT_FAILS(fetch_url(&world, str_of(URLS[i]), &err), ERR_INVALID);
        ASSERT_HOLDS(err.text, "inside the network");
    }
    for (size_t i = 0; i < COUNT_OF(WORSE); i++) ASSERT_FAILS(fetch_url(&world, str_of(WORSE[i]), &err), ERR_INVALID);
    ASSERT_FAILS(fetch_url(&world, STR("https://127.0.0.1/\0x"), &err), ERR_INVALID);
    assert_true(net_is_named(world.net, STR("http://other:1/x")));
    assert_false(net_is_named(world.net, STR("http://other/x")));
    assert_int_equal(loopback_requests(world.server), 0);
    close_world(&world);
}

static void test_a_header_cannot_be_broken_out_of(void **state)
{
    struct world world;
    struct err err;
    struct net_request request = {.method = "GET", .timeout_ms = 1000, .max_bytes = 10, .n_headers = 1};

    (void)state;
    open_world(&world);
    request.url = arena_printf(&world.arena, "http://127.0.0.1:%d/", loopback_port(world.server));
    request.header[0] = (struct net_header){STR("A"), STR("b\r\nC: d")};
    ASSERT_FAILS(net_fetch(world.net, &request, &world.arena, &world.reply, &err), ERR_INVALID);
    request.header[0] = (struct net_header){STR("A: b\nC"), STR("d")};
    ASSERT_FAILS(net_fetch(world.net, &request, &world.arena, &world.reply, &err), ERR_INVALID);
    close_world(&world);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static void test_it_stops_when_told(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_world(&world);
    world.go_on = never;
    int64_t started = time_monotonic_us();
    ASSERT_FAILS(fetch(&world, "/slow", &err), ERR_BUSY);
    assert_true(time_monotonic_us() - started < 1000000);
    assert_false(net_wait(5000, never, NULL));
    close_world(&world);
}

static void test_a_host_is_asked_at_its_pace(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world);
    world.per_second = 10;
    int64_t started = time_monotonic_us();
    for (int i = 0; i < 4; i++) ASSERT_OK(fetch(&world, "/echo", &err));
    assert_true(time_monotonic_us() - started >= 300000);
    close_world(&world);
}

static void test_the_wait_grows_and_heeds_the_reply(void **state)
{
    struct net_reply asks = {429, STR_INIT("HTTP/1.1 429\r\nRetry-After: 7\r\n"), {NULL, 0}};
    struct net_reply much = {429, STR_INIT("retry-after: 99999999\r\n"), {NULL, 0}};
    struct net_reply junk = {429, STR_INIT("Retry-After: soon\r\n"), {NULL, 0}};
    static const int64_t MOST[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};

    (void)state;
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < COUNT_OF(MOST); i++) {
            int64_t ms = net_backoff_ms((int)i + 2, 2000, 60000, NULL);
            assert_true(ms <= MOST[i] && ms >= MOST[i] / 2);
        }
    ASSERT_I64(net_backoff_ms(2, 2000, 60000, &asks), 7000);
    ASSERT_I64(net_backoff_ms(2, 2000, 60000, &much), 600000);
    assert_true(net_backoff_ms(2, 2000, 60000, &junk) <= 2000);
}

static void test_addresses(void **state)
{
    static const struct {
        unsigned char bytes[16];
        size_t n;
        bool public;
    } ROWS[] = {
        {{8, 8, 8, 8}, 4, true},
        {{9, 255, 255, 255}, 4, true},
        {{10, 0, 0, 1}, 4, false},
        {{100, 63, 0, 1}, 4, true},
        {{100, 64, 0, 1}, 4, false},
        {{100, 127, 255, 255}, 4, false},
        {{100, 128, 0, 0}, 4, true},
        {{127, 1, 2, 3}, 4, false},
        {{169, 254, 1, 1}, 4, false},
        {{172, 15, 0, 1}, 4, true},
        {{172, 16, 0, 1}, 4, false},
        {{172, 31, 255, 255}, 4, false},
        {{172, 32, 0, 0}, 4, true},
        {{192, 168, 0, 1}, 4, false},
        {{192, 169, 0, 1}, 4, true},
        {{198, 19, 0, 1}, 4, false},
        {{223, 255, 255, 255}, 4, true},
        {{224, 0, 0, 1}, 4, false},
        {{255, 255, 255, 255}, 4, false},
        {{0, 0, 0, 0}, 4, false},
        {{0}, 16, false},
        {{[15] = 1}, 16, false},
        {{0x26, 0x06, 0x47}, 16, true},
        {{0xFC}, 16, false},
        {{0xFD, 1}, 16, false},
        {{0xFE, 0x80}, 16, false},
        {{0xFF, 2}, 16, false},
        {{0x20, 0x02, 10, 0, 0, 1}, 16, false},
        {{0x20, 0x02, 8, 8, 8, 8}, 16, true},
        {{0x20, 0x01, 0, 0, 1}, 16, false},
        {{0x20, 0x01, 0x48, 0x60}, 16, true},
        {{0x20, 0x01, 0x0D, 0xB8}, 16, false},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 1}, 16, false},
        {{[10] = 0xFF, [11] = 0xFF, [12] = 8, 8, 8, 8}, 16, true},
        {{0, 0x64, 0xFF, 0x9B, [12] = 10, 0, 0, 1}, 16, false},
        {{[12] = 8, 8, 8, 8}, 16, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        if (guard_is_public(ROWS[i].bytes, ROWS[i].n) != ROWS[i].public) fail_msg("address %zu", i);
    assert_false(guard_is_public(ROWS[0].bytes, 0));
    assert_true(guard_is_named(STR("a.b:80, [::1]:90 c ::2"), STR("A.B"), 80));
    assert_false(guard_is_named(STR("a.b:80, [::1]:90 c"), STR("a.b"), 81));
    assert_true(guard_is_named(STR("a.b:80, [::1]:90 c"), STR("::1"), 90));
    assert_true(guard_is_named(STR("a.b:80, [::1]:90 c ::2"), STR("::2"), 5));
    assert_true(guard_is_named(STR("a.b:80, [::1]:90 c"), STR("c"), 1));
    assert_false(guard_is_named(STR("  "), STR(""), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply_comes_whole),
        cmocka_unit_test(test_what_goes_wrong_is_said),
        cmocka_unit_test(test_a_redirect_is_not_followed),
        cmocka_unit_test(test_inside_is_refused),
        cmocka_unit_test(test_a_header_cannot_be_broken_out_of),
        cmocka_unit_test(test_it_stops_when_told),
        cmocka_unit_test(test_a_host_is_asked_at_its_pace),
        cmocka_unit_test(test_the_wait_grows_and_heeds_the_reply),
        cmocka_unit_test(test_addresses),
    };

    hash_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
