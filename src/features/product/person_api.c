#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "events/raw.h"
#include "features/product/product_int.h"

#define ALIASES_SHOWN 100

static void put_aliases(struct json_out *out, const struct snapshot *snapshot, uint32_t person)
{
    uint32_t aliases[ALIASES_SHOWN];
    size_t n = snapshot_aliases(snapshot, person, aliases, ALIASES_SHOWN);

    json_key(out, "aliases");
    json_open(out, '[');
    for (size_t i = 0; i < n; i++) json_put_str(out, snapshot_alias(snapshot, aliases[i]));
    json_close(out, ']');
}

static void put_event(struct json_out *out, const struct snapshot *snapshot, uint64_t row)
{
    static const enum touch_dim SHOWN[] = {TOUCH_PLATFORM, TOUCH_SOURCE, TOUCH_MEDIUM, TOUCH_CAMPAIGN};
    const struct touch *touch = &snapshot->touches[snapshot->touch[row]];
    char ref[24];

    snprintf(ref, sizeof ref, "%" PRIu64, snapshot->raw[row]);
    json_open(out, '{');
    json_kv_instant(out, "at", snapshot->at_ms[row]);
    json_kv_str(out, "event", snapshot_name(snapshot, snapshot->name[row]));
    for (size_t i = 0; i < COUNT_OF(SHOWN); i++)
        json_kv_str(out, touch_dim_name(SHOWN[i]), snapshot_value(snapshot, touch->dim[SHOWN[i]]));
    json_kv_i64(out, "amount", snapshot->amount_minor[row]);
    json_kv_text(out, "raw", ref);
    json_close(out, '}');
}

bool person_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    const struct snapshot *snapshot = NULL;
    struct json_out out = json_to(&reply->body);
    struct page page;

    if (!question_page(request, 100, 1000, &page, err)) return false;
    snapshot = pipeline_snapshot(product->pipeline);
    uint32_t person = snapshot_find_person(snapshot, request->param[0]);
    if (person == DICT_NONE) {
        snapshot_close(snapshot);
        return err_set(err, ERR_NOT_FOUND, "nobody is known as \"%.*s\"", STR_ARG(request->param[0]));
    }
    struct rows rows = snapshot_rows(snapshot, person);
    uint64_t n = rows.end - rows.begin;
    uint64_t end = page.skip + page.limit < n ? page.skip + page.limit : n;
    json_open(&out, '{');
    json_kv_str(&out, "person", snapshot_alias(snapshot, snapshot_person_alias(snapshot, person)));
    put_aliases(&out, snapshot, person);
    json_key(&out, "events");
    json_open(&out, '[');
    for (uint64_t i = page.skip; i < end; i++) put_event(&out, snapshot, rows.begin + i);
    json_close(&out, ']');
    json_kv_i64(&out, "total", (int64_t)n);
    question_put_next(&out, &page, end < n);
    json_close(&out, '}');
    snapshot_close(snapshot);
    return true;
}

bool raw_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct raw_entry entry;
    int64_t ref;
    Str bytes;

    if (!request_param_whole(request, 0, &ref, err)) return false;
    if (!raw_read(request->db, RAW_ROW((uint64_t)ref), &request->arena, &entry, err)) return false;
    if (ref < 0 || !stage_item_bytes(&entry, RAW_ITEM((uint64_t)ref), &bytes))
        return err_set(err, ERR_NOT_FOUND, "there is no event at %lld", (long long)ref);
    json_open(&out, '{');
    json_kv_text(&out, "kind", raw_kind_name(entry.kind));
    json_kv_instant(&out, "received_at", entry.received_ms);
    json_kv_str(&out, "body", bytes);
    json_close(&out, '}');
    return true;
}
