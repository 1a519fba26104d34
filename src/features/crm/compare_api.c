#include "base/time.h"
#include "features/crm/crm_int.h"
#include "measure/scratch.h"

static void put_models(struct json_out *out, const struct attribution_row *row)
{
    json_kv_i64(out, "touches", (int64_t)row->touches);
    json_key(out, "models");
    json_open(out, '{');
    for (int m = 0; m < MODEL_COUNT; m++) {
        json_key(out, attribution_model_text((enum attribution_model)m).name);
        json_open(out, '{');
        json_kv_double(out, "contracts", row->conversions[m]);
        put_units(out, "revenue", row->revenue_minor[m]);
        json_close(out, '}');
    }
    json_close(out, '}');
}

static bool answer(struct history *history, struct reply *reply, struct err *err)
{
    struct request *request = history->request;
    struct json_out out = json_to(&reply->body);
    struct attribution_total total;
    struct groups groups;
    enum touch_dim dim;

    if (!question_dim(request, TOUCH_PLATFORM, &dim, err)) return false;
    if (!question_groups(request, history->snapshot, dim, &groups, err)) return false;
    struct attribution_query query = history_query(history, groups.by);
    if (!question_length(request, "lookback", INT64_MAX, &query.lookback_ms, err)) return false;
    if (!question_length(request, "half_life", 7 * TIME_DAY_MS, &query.half_life_ms, err)) return false;
    struct attribution_row *rows = SCRATCH_ARRAY(&request->arena, struct attribution_row, (size_t)groups.by.n + 1, err);
    if (!rows || !attribution_count(history->snapshot, &query, &request->arena, rows, &total, err)) return false;
    json_open(&out, '{');
    json_kv_i64(&out, "contracts", (int64_t)total.conversions);
    put_units(&out, "revenue", total.revenue_minor);
    json_key(&out, "models");
    json_open(&out, '[');
    for (int m = 0; m < MODEL_COUNT; m++)
        json_put_str(&out, str_of(attribution_model_text((enum attribution_model)m).name));
    json_close(&out, ']');
    json_key(&out, "rows");
    json_open(&out, '[');
    for (uint32_t g = 0; g < groups.by.n && !out.buf->full; g++) {
        if (!rows[g].touches) continue;
        json_open(&out, '{');
        json_kv_str(&out, touch_dim_name(dim), snapshot_value(history->snapshot, groups.value[g]));
        put_models(&out, &rows[g]);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

bool compare_get(struct request *request, struct reply *reply, struct err *err)
{
    return history_answer(request, answer, reply, err);
}
