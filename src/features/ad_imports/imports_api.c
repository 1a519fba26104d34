#include "features/ad_imports/ad_imports_int.h"
#include "report/question.h"

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
    json_kv_text(out, "error", import->error.p); /* ends with a NUL, as what arena_copy made */
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
    struct id_page page;
    size_t n;

    if (!question_id_page(request, &page, err)) return false;
    struct ad_import *imports = ARENA_ARRAY(&request->arena, struct ad_import, page.limit + 1);
    if (!ad_import_list(request->db, page.before, &request->arena, imports, page.limit + 1, &n, err)) return false;
    size_t shown = id_page_shown(&page, n);
    json_open(&out, '{');
    json_key(&out, "imports");
    json_open(&out, '[');
    for (size_t i = 0; i < shown; i++) put_import(&out, &imports[i]);
    json_close(&out, ']');
    id_page_put_next(&page, &out, n, shown ? imports[shown - 1].id : 0);
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
