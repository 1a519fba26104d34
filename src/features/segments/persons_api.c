#include "features/segments/segments_int.h"
#include "report/question.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 1000

static void put_person(struct json_out *out, const struct snapshot *snapshot, uint32_t place, struct rows rows)
{
    json_open(out, '{');
    json_kv_str(out, "person", snapshot_alias(snapshot, snapshot_person_alias(snapshot, place)));
    json_kv_i64(out, "events", (int64_t)(rows.end - rows.begin));
    json_kv_instant(out, "first_at", snapshot->at_ms[rows.begin]);
    json_kv_instant(out, "last_at", snapshot->at_ms[rows.end - 1]);
    json_close(out, '}');
}

/* In the order in which they stand, which holds as long as nothing new comes in. */
static void put_page(struct json_out *out, const struct snapshot *snapshot, const struct page *page)
{
    uint64_t seen = 0, end = page->skip + page->limit;

    json_key(out, "persons");
    json_open(out, '[');
    for (uint32_t place = 0; place < snapshot->n_places && seen < end; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        if (rows.begin == rows.end || seen++ < page->skip) continue;
        put_person(out, snapshot, place, rows);
    }
    json_close(out, ']');
    json_kv_i64(out, "total", snapshot->n_persons);
    question_put_next(out, page, end < snapshot->n_persons);
}

bool segment_persons_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct segments *segments = request->context;
    struct json_out out = json_to(&reply->body);
    const struct snapshot *snapshot = NULL;
    struct page page;
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    if (!question_page(request, PAGE_DEFAULT, PAGE_MAX, &page, err)) return false;
    if (!segment_snapshot(request, segments->pipeline, segments->cache, id, &snapshot, err)) return false;
    json_open(&out, '{');
    put_page(&out, snapshot, &page);
    json_close(&out, '}');
    question_snapshot_close(snapshot);
    return true;
}
