#include "features/ad_imports/ad_imports_int.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX 500

static void put_members(struct json_out *out, const struct ad_import *import)
{
    json_kv_i64(out, "id", import->id);
    json_kv_str(out, "name", import->name);
    json_kv_str(out, "state", import->state);
    json_kv_str(out, "format", import->format);
    json_kv_i64(out, "bytes_total", import->bytes_total);
    json_kv_i64(out, "bytes_done", import->bytes_done);
    json_kv_i64(out, "rows", import->inserted + import->replaced + import->repeated + import->rejected);
    json_kv_i64(out, "inserted", import->inserted);
    json_kv_i64(out, "replaced", import->replaced);
    json_kv_i64(out, "repeated", import->repeated);
    json_kv_i64(out, "rejected", import->rejected);
    if (import->error.p) {
        json_kv_str(out, "error", import->error);
    } else {
        json_kv_null(out, "error");
    }
    json_kv_instant(out, "created_at", import->created_ms);
    json_kv_instant(out, "started_at", import->started_ms);
    json_kv_instant(out, "finished_at", import->finished_ms);
}

static void put_import(struct json_out *out, const struct ad_import *import)
{
    json_open(out, '{');
    put_members(out, import);
    json_kv_null(out, "preview");
    json_close(out, '}');
}

static bool reply_import(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct ad_import import;

    if (!ad_import_read(request->db, id, &request->arena, &import, err)) return false;
    put_import(&out, &import);
    return true;
}

bool ad_imports_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    int64_t limit, before;
    size_t n;

    if (!request_query_whole(request, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &limit, err)) return false;
    if (!request_query_whole(request, "cursor", INT64_MAX, 1, INT64_MAX, &before, err)) return false;
    struct ad_import *imports = ARENA_ARRAY(&request->arena, struct ad_import, (size_t)limit + 1);
    if (!ad_import_list(request->db, before, &request->arena, imports, (size_t)limit + 1, &n, err)) return false;
    bool more = n > (size_t)limit;
    if (more) n = (size_t)limit;
    json_open(&out, '{');
    json_key(&out, "imports");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_import(&out, &imports[i]);
    json_close(&out, ']');
    if (more) {
        json_kv_str(&out, "next", arena_printf(&request->arena, "%lld", (long long)imports[n - 1].id));
    } else {
        json_kv_null(&out, "next");
    }
    json_close(&out, '}');
    return true;
}

bool ad_imports_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct ad_imports_feature *feature = request->context;
    struct json_out out = json_to(&reply->body);
    Str name = str_trim(request_query(request, "name"));
    struct ad_import import;
    int64_t id;

    if (name.n == 0) name = STR("ads.csv");
    if (name.n > AD_IMPORT_NAME_MAX)
        return err_set_field(err, "name", "the name is longer than %d bytes", AD_IMPORT_NAME_MAX);
    if (request->spool_bytes == 0) return err_set(err, ERR_INVALID, "the file is empty");
    if (!ad_import_add(feature->imports, name, request->spool, &id, err)) return false;
    if (!ad_import_read(request->db, id, &request->arena, &import, err)) return false;
    reply->status = 201;
    json_open(&out, '{');
    put_members(&out, &import);
    json_key(&out, "preview");
    if (!put_ad_preview(request, &out, id, err)) return false;
    json_close(&out, '}');
    return true;
}

bool ad_import_get(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id;

    return request_param_whole(request, 0, &id, err) && reply_import(request, reply, id, err);
}

bool ad_import_start_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct ad_imports_feature *feature = request->context;
    int64_t id;

    return request_param_whole(request, 0, &id, err) && ad_import_start(feature->imports, id, request->body, err) &&
           reply_import(request, reply, id, err);
}

bool ad_import_delete(struct request *request, struct reply *reply, struct err *err)
{
    const struct ad_imports_feature *feature = request->context;
    int64_t id;

    return request_param_whole(request, 0, &id, err) && ad_import_undo(feature->imports, id, err) &&
           reply_import(request, reply, id, err);
}
