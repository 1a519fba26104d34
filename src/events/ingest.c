#include "events/ingest.h"

#include "events/raw.h"

#include "base/json.h"
#include "base/time.h"

/* One request on its way through the pipeline; lives in the request's arena. */
struct post {
    struct delivery delivery; /* first: the pipeline gives its address back */
    struct request *request;
    bool unreadable; /* the body as a whole: kept apart, and the sender is told */
    struct err err;
};

static const struct {
    const char *name; /* the last part of the path: Segment's browser library sends first letters */
    enum raw_kind kind;
} PATHS[] = {
    {"track", RAW_TRACK}, {"page", RAW_PAGE},   {"screen", RAW_SCREEN}, {"identify", RAW_IDENTIFY},
    {"group", RAW_GROUP}, {"alias", RAW_ALIAS}, {"batch", RAW_BATCH},   {"t", RAW_TRACK},
    {"p", RAW_PAGE},      {"s", RAW_SCREEN},    {"i", RAW_IDENTIFY},    {"g", RAW_GROUP},
    {"a", RAW_ALIAS},     {"b", RAW_BATCH},
};

static enum raw_kind kind_of(Str path)
{
    Str last = path;

    while (path.n) last = str_cut(&path, '/');
    for (size_t i = 0; i < COUNT_OF(PATHS); i++)
        if (str_eq(last, str_of(PATHS[i].name))) return PATHS[i].kind;
    return RAW_BATCH;
}

static void write_outcome(struct post *post)
{
    const struct delivery *d = &post->delivery;
    struct json_out out = json_to(&request_reply(post->request)->body);

    json_open(&out, '{');
    json_kv_bool(&out, "success", true);
    json_kv_i64(&out, "kept", d->kept);
    json_kv_i64(&out, "repeated", d->repeated);
    json_kv_i64(&out, "rejected", d->rejected);
    json_close(&out, '}');
}

/* On the writer's thread. A single bad event is a 400: its sender must not think it arrived. In a batch the good
 * ones are taken, and 200 keeps the sender from sending them all again. */
static void on_done(struct delivery *delivery)
{
    struct post *post = (struct post *)(void *)delivery;
    const struct decoded *decoded = &delivery->decoded;

    if (!delivery->stored) {
        request_answer(post->request, false, &delivery->err);
    } else if (post->unreadable) {
        request_answer(post->request, false, &post->err);
    } else if (delivery->raw.kind != RAW_BATCH && decoded->n_rejects) {
        (void)err_set(&post->err, ERR_INVALID, "%s", decoded->rejects[0].reason);
        request_answer(post->request, false, &post->err);
    } else {
        write_outcome(post);
        request_answer(post->request, true, NULL);
    }
}

static int64_t sent_of(const struct request *request, enum raw_kind kind)
{
    Str text = request->sent_at, in_body;
    int64_t at = TIME_NONE;

    if (kind == RAW_BATCH && json_span_member(request->body, STR("sentAt"), &in_body) && in_body.n > 2)
        text = (Str){in_body.p + 1, in_body.n - 2};
    return time_parse_instant(text, &at) ? at : TIME_NONE;
}

/* The body cannot be read at all: it is set aside as one reject. */
static void set_aside(struct post *post, struct arena *arena)
{
    struct staged_reject *reject = ARENA_NEW(arena, struct staged_reject);

    *reject = (struct staged_reject){
        .kind = post->delivery.raw.kind, .body = post->delivery.raw.body, .reason = post->err.text};
    post->unreadable = true;
    post->delivery.decoded = (struct decoded){.rejects = reject, .n_rejects = 1};
}

static bool take(struct request *request, enum raw_kind kind)
{
    struct ingest *ingest = request->context;
    struct post *post = ARENA_NEW(&request->arena, struct post);
    struct err err;

    post->request = request;
    post->delivery.done = on_done;
    post->delivery.raw = (struct raw_entry){
        .source_id = request->who.source_id,
        .kind = kind,
        .received_ms = time_now_ms(),
        .sent_ms = sent_of(request, kind),
        .body = request->body,
    };
    if (!stage_decode(&post->delivery.raw, ingest->currency, &request->arena, &post->delivery.decoded, &post->err))
        set_aside(post, &request->arena);
    if (post->delivery.decoded.n == 0 && post->delivery.decoded.n_rejects == 0) {
        write_outcome(post); /* an empty batch */
        return true;
    }
    request_hold(request);
    if (!pipeline_submit(ingest->pipeline, &post->delivery, &err)) request_answer(request, false, &err);
    return true;
}

static bool post_event(struct request *request, struct reply *reply, struct err *err)
{
    (void)reply;
    (void)err;
    return take(request, kind_of(request->path));
}

static bool post_webhook(struct request *request, struct reply *reply, struct err *err)
{
    (void)reply;
    (void)err;
    return take(request, RAW_WEBHOOK);
}

/* What RudderStack's browser SDK asks for before it sends: a source that is on, and no destinations. */
static bool get_source_config(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    char id[24];
    struct buf text;

    (void)err;
    buf_init(&text, sizeof id);
    buf_printf(&text, "%lld", (long long)request->who.source_id);
    json_open(&out, '{');
    json_key(&out, "source");
    json_open(&out, '{');
    json_kv_str(&out, "id", buf_str(&text));
    json_kv_text(&out, "name", "Demetra");
    json_kv_text(&out, "workspaceId", "demetra");
    json_kv_str(&out, "writeKey", request->write_key);
    json_kv_bool(&out, "enabled", true);
    json_key(&out, "config");
    json_put_raw(&out, STR("{\"statsCollection\":{\"errors\":{\"enabled\":false},\"metrics\":{\"enabled\":false}}}"));
    json_key(&out, "destinations");
    json_put_raw(&out, STR("[]"));
    json_close(&out, '}');
    json_close(&out, '}');
    buf_reset(&text);
    return true;
}

/* What Segment's browser library asks for: where to send. */
static bool get_segment_settings(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);

    (void)err;
    json_open(&out, '{');
    json_key(&out, "integrations");
    json_open(&out, '{');
    json_key(&out, "Segment.io");
    json_open(&out, '{');
    json_kv_str(&out, "apiHost", arena_printf(&request->arena, "%.*s/v1", STR_ARG(request->host)));
    json_close(&out, '}');
    json_close(&out, '}');
    json_close(&out, '}');
    return true;
}

#define EVENT(path, what, flags)                                                                                       \
    {                                                                                                                  \
        POST, path, AUTH_WRITE, EVENT_BYTES_MAX, post_event, what, NULL, "Event", "Taken", ROUTE_CORS | (flags)        \
    }
#define BATCH(path, what, flags)                                                                                       \
    {                                                                                                                  \
        POST, path, AUTH_WRITE, RAW_BODY_MAX, post_event, what, NULL, "Batch", "Taken", ROUTE_CORS | (flags)           \
    }

static const struct route ROUTES[] = {
    BATCH("/v1/batch", "Several events; the good are taken, the bad kept apart", 0),
    EVENT("/v1/track", "Something a person did", 0),
    EVENT("/v1/page", "A page seen: the event `Page Viewed`", 0),
    EVENT("/v1/screen", "A screen seen: the event `Screen Viewed`", 0),
    EVENT("/v1/identify", "Who a person is; joins anonymousId and userId", 0),
    EVENT("/v1/group", "Which group a person belongs to", 0),
    EVENT("/v1/alias", "Joins previousId and userId", 0),
    EVENT("/v1/t", "track, from Segment's browser library", ROUTE_HIDDEN),
    EVENT("/v1/p", "page", ROUTE_HIDDEN),
    EVENT("/v1/s", "screen", ROUTE_HIDDEN),
    EVENT("/v1/i", "identify", ROUTE_HIDDEN),
    EVENT("/v1/g", "group", ROUTE_HIDDEN),
    EVENT("/v1/a", "alias", ROUTE_HIDDEN),
    BATCH("/v1/b", "batch", ROUTE_HIDDEN),
    BATCH("/beacon/v1/batch", "A batch from navigator.sendBeacon, with writeKey in the query", 0),
    {POST, "/api/v1/rudderstack/track", AUTH_WRITE, EVENT_BYTES_MAX, post_webhook,
     "One event of any type from a RudderStack webhook destination", NULL, "Event", "Taken", 0},
    {GET, "/sourceConfig", AUTH_WRITE, 0, get_source_config, "What RudderStack's browser SDK asks for at start", NULL,
     NULL, NULL, ROUTE_CORS},
    {GET, "/sourceConfig/", AUTH_WRITE, 0, get_source_config, "The same", NULL, NULL, NULL, ROUTE_CORS | ROUTE_HIDDEN},
    {GET, "/v1/projects/{key}/settings", AUTH_NONE, 0, get_segment_settings,
     "What Segment's browser library asks for at start", NULL, NULL, NULL, ROUTE_CORS},
};

struct route_table ingest_routes(struct ingest *ingest)
{
    return (struct route_table){"Ingest", ROUTES, COUNT_OF(ROUTES), "events/schemas.json", ingest};
}
