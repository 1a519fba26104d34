#include "base/time.h"
#include "features/crm/crm_int.h"

bool history_answer(struct request *request, history_fn *answer, struct reply *reply, struct err *err)
{
    const struct crm *crm = request->context;
    struct history history = {.request = request};

    history.snapshot = pipeline_snapshot(crm->pipeline);
    history.contracts = pipeline_contracts(crm->pipeline);
    history.touch_name = snapshot_find_name(history.snapshot, STR("CRM Touch"));
    history.contract_name = snapshot_find_name(history.snapshot, STR("Contract Signed"));
    bool ok = answer(&history, reply, err);
    snapshot_close(history.snapshot);
    contracts_release(history.contracts);
    return ok;
}

const char *stage_name(enum stage stage)
{
    static const char *const NAMES[] = {"first", "mid", "last"};
    return NAMES[stage];
}

void history_walk(const struct history *history, event_fn *see, void *context)
{
    const struct snapshot *snapshot = history->snapshot;

    for (uint32_t p = 0; p < snapshot->n_places; p++) {
        uint64_t nth = 0;
        struct rows rows = snapshot_rows(snapshot, p);
        for (uint64_t row = rows.begin; row < rows.end; row++) {
            if (!history_has(history, row)) continue;
            enum stage stage = nth == 0 ? STAGE_FIRST : history_is_contract(history, row) ? STAGE_LAST : STAGE_MID;
            see(context, p, row, nth++, stage);
        }
    }
}

struct attribution_query history_query(const struct history *history, struct grouping by)
{
    bool *in_journey = ARENA_ARRAY(&history->request->arena, bool, history->snapshot->n_names);

    if (history->touch_name != DICT_NONE) in_journey[history->touch_name] = true;
    if (history->contract_name != DICT_NONE) in_journey[history->contract_name] = true;
    return (struct attribution_query){
        .conversion = history->contract_name,
        .range = RANGE_ALL,
        .lookback_ms = INT64_MAX,
        .half_life_ms = 7 * TIME_DAY_MS,
        .touches = TOUCH_JOURNEY,
        .by = by,
        .in_journey = in_journey,
    };
}

uint32_t journey_house_touch(const struct journey *journey)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < journey->n; i++)
        if (journey->touch[i].weight[MODEL_LAST_PAID] > journey->touch[best].weight[MODEL_LAST_PAID]) best = i;
    return best;
}

int32_t journey_days(const struct history *history, const struct journey *journey)
{
    const int64_t *at_ms = history->snapshot->at_ms;
    return (int32_t)(at_ms[journey->conversion_row] / TIME_DAY_MS - at_ms[journey->touch[0].row] / TIME_DAY_MS);
}

Str history_dim(const struct history *history, uint64_t row, enum touch_dim dim)
{
    const struct snapshot *snapshot = history->snapshot;
    return snapshot_value(snapshot, snapshot->touches[snapshot->touch[row]].dim[dim]);
}

void put_units(struct json_out *out, const char *key, int64_t minor)
{
    json_key(out, key);
    if (minor % MINOR_PER_UNIT == 0) {
        json_put_i64(out, minor / MINOR_PER_UNIT);
    } else {
        json_put_double(out, (double)minor / MINOR_PER_UNIT);
    }
}
