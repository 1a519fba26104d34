#include <sys/statvfs.h>

#include "base/time.h"
#include "features/intake/intake_int.h"

static void put_text(struct json_out *out, const char *key, const char *text)
{
    json_kv_text(out, key, text[0] ? text : NULL);
}

static void put_item(const struct intake *intake, struct request *request, struct json_out *out,
                     const struct live_item *item)
{
    json_open(out, '{');
    json_kv_i64(out, "seq", (int64_t)item->seq);
    json_kv_instant(out, "received_at", item->received_ms);
    json_kv_instant(out, "at", item->at_ms);
    json_kv_text(out, "type", item->type);
    put_text(out, "event", item->event);
    put_text(out, "person", item->person);
    put_text(out, "platform", item->platform);
    json_kv_i64(out, "amount", item->amount_minor);
    json_kv_str(out, "source", source_name(intake, item->source_id, &request->arena));
    json_kv_text(out, "state", item->state);
    put_text(out, "reason", item->reason);
    json_close(out, '}');
}

bool live_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    struct live *live = pipeline_live(intake->pipeline);
    int64_t after, limit;
    uint64_t next;

    if (!request_query_whole(request, "after", 0, 0, INT64_MAX, &after, err)) return false;
    if (!request_query_whole(request, "limit", 50, 1, LIVE_ITEMS, &limit, err)) return false;
    struct live_item *items = ARENA_ARRAY(&request->arena, struct live_item, (size_t)limit);
    size_t n = live_since(live, (uint64_t)after, items, (size_t)limit, &next);
    json_open(&out, '{');
    json_key(&out, "items");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_item(intake, request, &out, &items[i]);
    json_close(&out, ']');
    json_kv_i64(&out, "next", (int64_t)next);
    json_kv_i64(&out, "per_minute", live_per_minute(live, time_now_ms()));
    json_close(&out, '}');
    return true;
}

static int64_t disk_free_bytes(const struct intake *intake, struct arena *arena)
{
    struct statvfs info;

    if (statvfs(arena_cstr(arena, store_folder(intake->store)), &info) != 0) return -1;
    return (int64_t)info.f_bavail * (int64_t)info.f_frsize;
}

/* 503 when events are not taken, so that a probe sees it. Nothing here needs a token, so nothing tells of data. */
bool health_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    struct pipeline_state state;

    (void)err;
    pipeline_state(intake->pipeline, &state);
    reply->status = state.accepting ? 200 : 503;
    json_open(&out, '{');
    json_kv_text(&out, "status", state.accepting ? "ok" : "not accepting");
    json_kv_text(&out, "version", intake->version);
    json_kv_bool(&out, "accepting", state.accepting);
    json_kv_i64(&out, "queue", (int64_t)state.queued);
    json_kv_i64(&out, "raw_rows", state.raw_rows);
    json_kv_i64(&out, "repeated_dropped", (int64_t)state.repeated);
    json_kv_i64(&out, "disk_free_bytes", disk_free_bytes(intake, &request->arena));
    json_close(&out, '}');
    return true;
}
