#include "features/intake/intake_int.h"

Str source_name(const struct intake *intake, int64_t id, struct arena *arena)
{
    struct source source;

    if (id == SOURCE_CRM) return STR("CRM");
    if (!sources_find(intake->sources, id, &source)) return STR("?");
    return arena_copy(arena, str_of(source.name));
}

static void put_source(const struct intake *intake, struct json_out *out, const struct source *source)
{
    uint64_t events;
    int64_t last_ms;

    pipeline_source_stats(intake->pipeline, source->id, &events, &last_ms);
    json_open(out, '{');
    json_kv_i64(out, "id", source->id);
    json_kv_text(out, "name", source->name);
    json_kv_text(out, "key_prefix", source->key_prefix);
    json_kv_bool(out, "enabled", source->enabled);
    json_kv_instant(out, "created_at", source->created_ms);
    json_kv_i64(out, "events", (int64_t)events);
    json_kv_instant(out, "last_at", last_ms);
    json_close(out, '}');
}

bool sources_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    struct source source;

    (void)err;
    json_open(&out, '{');
    json_key(&out, "sources");
    json_open(&out, '[');
    for (uint32_t i = 0; sources_at(intake->sources, i, &source); i++) put_source(intake, &out, &source);
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

/* The key is shown here and never again. */
static void put_key(struct json_out *out, int64_t id, const char *name, const char *key)
{
    json_open(out, '{');
    json_kv_i64(out, "id", id);
    if (name) json_kv_text(out, "name", name);
    json_kv_text(out, "write_key", key);
    json_close(out, '}');
}

bool sources_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct json_out out = json_to(&reply->body);
    struct source source;
    char key[TOKEN_MAX];
    bool ok = json && sources_add(intake->sources, json_str(json_get(json, "name")), (Str){NULL, 0}, &source, key, err);

    if (!ok) return false;
    reply->status = 201;
    put_key(&out, source.id, source.name, key);
    return true;
}

bool sources_key_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    char key[TOKEN_MAX];
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    if (!sources_new_key(intake->sources, id, key, err)) return false;
    put_key(&out, id, NULL, key);
    return true;
}

bool sources_patch(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    struct source source;
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    if (!sources_find(intake->sources, id, &source))
        return err_set(err, ERR_NOT_FOUND, "there is no source %lld", (long long)id);
    const struct json *json = json_parse(request->body, &request->arena, err);
    if (!json) return false;
    Str name = arena_copy(&request->arena, str_of(source.name));
    bool enabled = source.enabled;
    if (!json_is_null(json_get(json, "name"))) name = json_str(json_get(json, "name"));
    if (!json_is_null(json_get(json, "enabled")) && !json_bool(json_get(json, "enabled"), &enabled))
        return err_set_field(err, "enabled", "enabled is true or false");
    if (!sources_change(intake->sources, id, name, enabled, &source, err)) return false;
    put_source(intake, &out, &source);
    return true;
}
