#include "base/csv.h"
#include "features/ad_imports/ad_imports_int.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 500
#define BATCH 200
#define PAGE_BYTES(rows) ((rows) * (AD_REJECT_BODY_MAX + 1024))

bool ad_rejects_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct ad_import import;
    struct arena page;
    int64_t id, limit, after;
    size_t n = 0;

    if (!request_param_whole(request, 0, &id, err) ||
        !request_query_whole(request, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &limit, err) ||
        !request_query_whole(request, "cursor", 0, 0, INT64_MAX, &after, err) ||
        !ad_import_read(request->db, id, &request->arena, &import, err))
        return false;
    size_t max = (size_t)limit;
    struct ad_reject *rows = ARENA_ARRAY(&request->arena, struct ad_reject, max + 1);
    arena_init(&page, PAGE_BYTES(max + 1));
    bool ok = ad_import_rejects(request->db, id, after, &page, rows, max + 1, &n, err);
    bool more = n > max;
    if (more) n = max;
    json_open(&out, '{');
    json_key(&out, "rejects");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(&out, '{');
        json_kv_i64(&out, "line", rows[i].line);
        json_kv_str(&out, "column", rows[i].column);
        json_kv_str(&out, "reason", rows[i].reason);
        json_kv_str(&out, "body", rows[i].body);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    if (more) {
        json_kv_str(&out, "next", arena_printf(&request->arena, "%lld", (long long)rows[n - 1].line));
    } else {
        json_kv_null(&out, "next");
    }
    json_close(&out, '}');
    arena_free(&page);
    return ok;
}

bool ad_rejects_csv_get(struct request *request, struct reply *reply, struct err *err)
{
    struct ad_reject rows[BATCH];
    struct ad_import import;
    int64_t id, after = 0;
    size_t n = BATCH;
    bool ok = true;

    if (!request_param_whole(request, 0, &id, err) || !ad_import_read(request->db, id, &request->arena, &import, err))
        return false;
    reply->content_type = "text/csv; charset=utf-8";
    reply->filename = "rejects.csv";
    buf_add(&reply->body, STR("line,column,reason,body\r\n"));
    while (ok && n == BATCH && !reply->body.full) {
        struct arena page;
        arena_init(&page, PAGE_BYTES((size_t)BATCH));
        ok = ad_import_rejects(request->db, id, after, &page, rows, BATCH, &n, err);
        for (size_t i = 0; ok && i < n; i++) {
            csv_put(&reply->body, arena_printf(&page, "%lld", (long long)rows[i].line), false);
            csv_put(&reply->body, rows[i].column, false);
            csv_put(&reply->body, rows[i].reason, false);
            csv_put(&reply->body, rows[i].body, true);
            after = rows[i].line;
        }
        arena_free(&page);
    }
    return ok;
}
