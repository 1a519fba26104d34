#include "base/csv.h"
#include "base/time.h"
#include "events/rejects.h"
#include "features/intake/intake_int.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX 500
#define BATCH 200

static void put_or_null(struct json_out *out, const char *key, int64_t value)
{
    if (value) {
        json_kv_i64(out, key, value);
    } else {
        json_kv_null(out, key);
    }
}

static void put_reject(const struct intake *intake, struct arena *arena, struct json_out *out,
                       const struct reject *reject)
{
    json_open(out, '{');
    json_kv_i64(out, "id", reject->id);
    json_kv_str(out, "source", source_name(intake, reject->source_id, arena));
    json_kv_text(out, "kind", raw_kind_name(reject->kind));
    put_or_null(out, "import", reject->import_id);
    put_or_null(out, "line", reject->line);
    json_kv_str(out, "reason", reject->reason);
    json_kv_str(out, "body", str_trim(reject->body));
    json_kv_text(out, "state", reject->replayed ? "replayed" : "open");
    json_kv_instant(out, "at", reject->at_ms);
    json_close(out, '}');
}

static bool read_filter(const struct request *request, enum reject_filter *filter, struct err *err)
{
    static const Str NAMES[] = {STR_INIT("open"), STR_INIT("replayed"), STR_INIT("all")};
    Str text = request_query(request, "state");

    *filter = REJECTS_OPEN;
    if (text.n == 0) return true;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (!str_eq(text, NAMES[i])) continue;
        *filter = (enum reject_filter)i;
        return true;
    }
    return err_set_field(err, "state", "state is open, replayed or all, not \"%.*s\"", STR_ARG(text));
}

bool rejects_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    enum reject_filter filter;
    int64_t limit, after, import_id, open;
    size_t n;

    if (!read_filter(request, &filter, err)) return false;
    if (!request_query_whole(request, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &limit, err)) return false;
    if (!request_query_whole(request, "cursor", 0, 0, INT64_MAX, &after, err)) return false;
    if (!request_query_whole(request, "import", 0, 0, INT64_MAX, &import_id, err)) return false;
    struct reject *rows = ARENA_ARRAY(&request->arena, struct reject, (size_t)limit + 1);
    if (!rejects_list(request->db, filter, import_id, after, &request->arena, rows, (size_t)limit + 1, &n, err) ||
        !rejects_count(request->db, REJECTS_OPEN, &open, err))
        return false;
    bool more = n > (size_t)limit;
    if (more) n = (size_t)limit;
    json_open(&out, '{');
    json_key(&out, "rejects");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_reject(intake, &request->arena, &out, &rows[i]);
    json_close(&out, ']');
    json_kv_i64(&out, "open", open);
    if (more) {
        json_kv_str(&out, "next", arena_printf(&request->arena, "%lld", (long long)rows[n - 1].id));
    } else {
        json_kv_null(&out, "next");
    }
    json_close(&out, '}');
    return true;
}

static void put_csv_row(struct buf *out, const struct reject *reject, Str source)
{
    char line[24], at[TIME_TEXT_MAX];
    struct buf number;

    buf_init(&number, sizeof line);
    buf_printf(&number, "%lld", (long long)reject->line);
    csv_put(out, source, false);
    csv_put(out, str_of(raw_kind_name(reject->kind)), false);
    csv_put(out, reject->line ? buf_str(&number) : STR(""), false);
    csv_put(out, reject->reason, false);
    csv_put(out, str_trim(reject->body), false);
    csv_put(out, reject->replayed ? STR("replayed") : STR("open"), false);
    csv_put(out, str_of(time_format_instant(reject->at_ms, at)), true);
    buf_reset(&number);
}

bool rejects_csv_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct arena page;
    struct reject rows[BATCH];
    enum reject_filter filter;
    int64_t after = 0;
    size_t n = BATCH;
    bool ok = true;

    if (!read_filter(request, &filter, err)) return false;
    reply->content_type = "text/csv; charset=utf-8";
    reply->filename = "rejects.csv";
    buf_add(&reply->body, STR("source,kind,line,reason,body,state,at\r\n"));
    while (ok && n == BATCH && !reply->body.full) {
        arena_init(&page, BATCH * (4 * REJECT_BODY_MAX));
        ok = rejects_list(request->db, filter, 0, after, &page, rows, BATCH, &n, err);
        for (size_t i = 0; ok && i < n; i++) {
            put_csv_row(&reply->body, &rows[i], source_name(intake, rows[i].source_id, &page));
            after = rows[i].id;
        }
        arena_free(&page);
    }
    return ok;
}

/* ---- replay ---- */

/* A record of a file needs its header before it; an event stands alone. */
static Str body_of(struct arena *arena, const struct reject *reject, Str body)
{
    if (!raw_kind_is_csv(reject->kind)) return arena_copy(arena, body);
    Str header = str_trim(reject->header);
    return arena_join(arena, arena_join(arena, header, STR("\n")), str_trim(body));
}

/* Read the reject again, as it was or as corrected. False with ERR_INVALID when it still cannot be staged. */
static bool replay(const struct intake *intake, const struct reject *reject, Str body, struct err *err)
{
    struct delivery delivery = {.csv_header = reject->header};
    struct arena arena;
    bool ok = false;

    arena_init(&arena, stage_arena_bytes(8 * EVENT_BYTES_MAX + body.n));
    delivery.raw = (struct raw_entry){
        .source_id = reject->source_id,
        .kind = reject->kind,
        .received_ms = reject->at_ms,
        .sent_ms = TIME_NONE,
        .import_id = reject->import_id,
        .first_line = reject->line,
        .body = body_of(&arena, reject, body),
    };
    if (!stage_decode(&delivery.raw, intake->settings->currency, &arena, &delivery.decoded, err)) goto done;
    if (delivery.decoded.n_rejects) {
        err_set_field(err, "body", "%s", delivery.decoded.rejects[0].reason);
        goto done;
    }
    if (delivery.decoded.n == 0 || (raw_kind_is_csv(reject->kind) && delivery.decoded.n != 1)) {
        err_set_field(err, "body", "the corrected text must be one row, not %u", delivery.decoded.n);
        goto done;
    }
    if (!pipeline_submit_wait(intake->pipeline, &delivery, err)) goto done;
    ok = rejects_mark_replayed(store_writer_take(intake->store), reject->id, err);
    store_writer_give(intake->store);
done:
    arena_free(&arena);
    return ok;
}

bool reject_replay_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    struct reject reject;
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    if (!rejects_read(request->db, id, &request->arena, &reject, err)) return false;
    if (reject.replayed) return err_set(err, ERR_CONFLICT, "row %lld was replayed already", (long long)id);
    Str body = reject.body;
    if (request->body.n) {
        const struct json *json = json_parse(request->body, &request->arena, err);
        if (!json) return false;
        if (!json_is_null(json_get(json, "body"))) body = json_str(json_get(json, "body"));
    }
    if (!replay(intake, &reject, body, err)) return false;
    reject.replayed = true;
    put_reject(intake, &request->arena, &out, &reject);
    return true;
}

/* All open ones, as they are: what passes now (the program or the rules may have changed) goes in. */
bool rejects_replay_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;
    struct json_out out = json_to(&reply->body);
    struct reject rows[BATCH];
    int64_t replayed = 0, still = 0, after = 0;
    size_t n = BATCH;
    bool ok = true;

    while (ok && n == BATCH) {
        struct arena page;
        arena_init(&page, BATCH * (4 * REJECT_BODY_MAX));
        ok = rejects_list(request->db, REJECTS_OPEN, 0, after, &page, rows, BATCH, &n, err);
        for (size_t i = 0; ok && i < n; i++) {
            struct err why;
            bool passed = replay(intake, &rows[i], rows[i].body, &why);
            replayed += passed;
            still += !passed;
            after = rows[i].id;
            if (!passed && why.code != ERR_INVALID) {
                *err = why;
                ok = false;
            }
        }
        arena_free(&page);
    }
    if (!ok) return false;
    json_open(&out, '{');
    json_kv_i64(&out, "replayed", replayed);
    json_kv_i64(&out, "still_rejected", still);
    json_close(&out, '}');
    return true;
}
