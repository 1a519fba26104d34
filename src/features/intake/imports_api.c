#include "features/intake/intake_int.h"
#include "report/question.h"

#define NAME_MAX_BYTES 200

static void put_import(struct json_out *out, const struct import *import)
{
    json_open(out, '{');
    json_kv_i64(out, "id", import->id);
    json_kv_text(out, "kind", raw_kind_name(import->kind));
    json_kv_str(out, "name", import->name);
    json_kv_str(out, "state", import->state);
    json_kv_i64(out, "bytes_total", import->bytes_total);
    json_kv_i64(out, "bytes_done", import->bytes_done);
    json_kv_i64(out, "rows", import->kept + import->repeated + import->rejected);
    json_kv_i64(out, "kept", import->kept);
    json_kv_i64(out, "repeated", import->repeated);
    json_kv_i64(out, "rejected", import->rejected);
    json_kv_i64(out, "uncounted", import->uncounted);
    json_kv_text(out, "error", import->error.p); /* ends with a NUL, as what arena_copy made */
    json_kv_instant(out, "started_at", import->started_ms);
    json_kv_instant(out, "finished_at", import->finished_ms);
    json_close(out, '}');
}

static bool reply_import(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct import import;

    if (!imports_read(request->db, id, &request->arena, &import, err)) return false;
    put_import(&out, &import);
    return true;
}

bool imports_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct id_page page;
    size_t n;

    if (!question_id_page(request, &page, err)) return false;
    struct import *imports = ARENA_ARRAY(&request->arena, struct import, page.limit + 1);
    if (!imports_list(request->db, page.before, &request->arena, imports, page.limit + 1, &n, err)) return false;
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

bool imports_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    Str name = str_trim(request_query(request, "name"));
    enum raw_kind kind;
    int64_t id;

    if (!raw_kind_find(request_query(request, "kind"), &kind) || !raw_kind_is_csv(kind))
        return err_set_field(err, "kind", "kind is crm_events or crm_contracts");
    if (name.n == 0) name = str_of(raw_kind_name(kind));
    if (name.n > NAME_MAX_BYTES) return err_set_field(err, "name", "the name is longer than %d bytes", NAME_MAX_BYTES);
    if (request->spool_bytes == 0) return err_set(err, ERR_INVALID, "the file is empty");
    if (!importer_add(intake->importer, kind, name, request->spool, &id, err)) return false;
    reply->status = 202;
    return reply_import(request, reply, id, err);
}

bool import_get(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id;

    return request_param_whole(request, 0, &id, err) && reply_import(request, reply, id, err);
}

bool import_delete(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    if (!importer_undo(intake->importer, request->db, id, &request->arena, err)) return false;
    return reply_import(request, reply, id, err);
}
