/* Any query to every question: an answer that is whole JSON, or a refusal with its reason. The handlers are those that
 * the server runs, over a small history. Input: a byte that chooses the route, then lines name=value; a first line with
 * a path parameter where the route has one. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "features/attribution/attribution.h"
#include "features/product/product.h"

#define TABLES 2

static struct settings settings;
static struct store *store;
static struct product product;
static struct attribution attribution;
static struct route_table tables[TABLES];
static size_t n_routes;

static void send_history(struct pipeline *pipeline)
{
    static const char *const SOURCES[] = {"facebook", "google", "", "direct", "mail"};
    static const char *const NAMES[] = {"Page Viewed", "Product Added", "Order Completed", "Opened"};
    struct delivery delivery = {.raw = {.source_id = 1, .kind = RAW_BATCH, .received_ms = INT64_C(1739347200000)}};
    struct arena arena;
    struct buf body;
    struct err err;

    buf_init(&body, (size_t)1 << 20);
    buf_add(&body, STR("{\"batch\":["));
    for (int i = 0; i < 400; i++)
        buf_printf(&body,
                   "%s{\"type\":\"track\",\"event\":\"%s\",\"userId\":\"%d\",\"messageId\":\"%d\","
                   "\"timestamp\":\"2025-02-%02dT%02d:00:00Z\",\"properties\":{\"revenue\":%d,\"plan\":\"p%d\"},"
                   "\"context\":{\"campaign\":{\"source\":\"%s\"}}}",
                   i ? "," : "", NAMES[i * 7 % 4], i % 23, i, 1 + i % 10, i % 24, i % 5 - 1, i % 3, SOURCES[i % 5]);
    buf_add(&body, STR("]}"));
    delivery.raw.body = buf_str(&body);
    delivery.raw.sent_ms = TIME_NONE;
    arena_init(&arena, stage_arena_bytes(body.n));
    CHECK(stage_decode(&delivery.raw, settings.currency, &arena, &delivery.decoded, &err));
    CHECK(pipeline_submit_wait(pipeline, &delivery, &err));
    arena_free(&arena);
    buf_reset(&body);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char folder[64];
    struct err err;

    (void)argc;
    (void)argv;
    hash_start();
    log_set_level(LOG_ERROR);
    CHECK(time_zone_set("Europe/Kyiv", &err));
    snprintf(folder, sizeof folder, "/tmp/fuzz_questions.XXXXXX");
    CHECK(mkdtemp(folder));
    settings.currency = STR("UAH");
    store = store_open(str_of(folder), &err);
    CHECK(store);
    product = (struct product){.pipeline = pipeline_open(store, &settings, &err),
                               .store = store,
                               .segments = segment_cache_new(),
                               .settings = &settings,
                               .version = "fuzz"};
    CHECK(product.pipeline);
    attribution_init(&attribution, product.pipeline, product.segments, &settings);
    tables[0] = product_routes(&product);
    tables[1] = attribution_routes(&attribution);
    for (size_t i = 0; i < TABLES; i++) n_routes += tables[i].n;
    send_history(product.pipeline);
    return 0;
}

static const struct route *choose_route(size_t choice, void **context)
{
    for (size_t i = 0; i < TABLES; i++) {
        *context = tables[i].context;
        if (choice < tables[i].n) return &tables[i].rows[choice];
        choice -= tables[i].n;
    }
    return NULL;
}

static void check_reply(bool ok, const struct reply *reply, const struct err *err)
{
    struct arena arena;
    struct err wrong;

    if (!ok) {
        CHECK(err->code != ERR_NONE && err->code != ERR_INTERNAL && err->text[0]);
        return;
    }
    arena_init(&arena, json_arena_bytes(reply->body.n));
    CHECK(!reply->body.full && json_parse(buf_str(&reply->body), &arena, &wrong));
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct request request; /* large */
    Str rest = {(const char *)data, n};
    struct reply reply = {0};
    struct err err = {0};

    memset(&request, 0, sizeof request);
    request.route = choose_route(fuzz_choice(&rest, (unsigned)n_routes), &request.context);
    if (request.route->method != GET) return 0;
    if (strchr(request.route->path, '{')) request.param[0] = str_cut(&rest, '\n');
    while (rest.n && request.n_query < QUERY_MAX) {
        Str value = str_cut(&rest, '\n');
        Str name = str_cut(&value, '=');
        if (str_is_utf8(name) && str_is_utf8(value)) /* the server sees to that */
            request.query[request.n_query++] = (struct query_value){name, value};
    }
    if (strstr(request.route->path, "properties") || request_query(&request, "property").p)
        return 0; /* answered later, by a thread of its own */
    arena_init(&request.arena, (size_t)64 << 20);
    buf_init(&reply.body, REPLY_BYTES_MAX);
    request.db = store_reader_take(store, &err);
    CHECK(request.db);
    bool ok = request.route->handler(&request, &reply, &err);
    check_reply(ok, &reply, &err);
    store_reader_give(store, request.db);
    buf_reset(&reply.body);
    arena_free(&request.arena);
    return 0;
}
