#include <stdlib.h>
#include <string.h>

#include "features/crm/crm_int.h"
#include "measure/scratch.h"

/* One row of the tables: by the event's own platform (or campaign), or by the one that the house rule names. */
struct tally {
    uint32_t group;
    int64_t events, clients, contracts, revenue_minor;
    int64_t stages[3];
    int64_t touches, days; /* summed over its contracts' journeys */
    uint32_t last_client;  /* plus 1: the last one counted */
};

struct tables {
    const struct history *history;
    struct grouping by;
    struct tally *own, *attributed; /* by.n each */
};

static void count_event(void *context, uint32_t person, uint64_t row, uint64_t nth, enum stage stage)
{
    struct tables *tables = context;
    struct tally *tally = &tables->own[tables->by.key[tables->history->snapshot->touch[row]]];

    (void)nth;
    tally->events++;
    tally->stages[stage]++;
    tally->clients += tally->last_client != person + 1;
    tally->last_client = person + 1;
    if (!history_is_contract(tables->history, row)) return;
    tally->contracts++;
    tally->revenue_minor = add_or_stay(tally->revenue_minor, tables->history->snapshot->amount_minor[row]);
}

static bool count_journey(void *context, const struct journey *journey)
{
    struct tables *tables = context;
    const struct snapshot *snapshot = tables->history->snapshot;
    int32_t days = journey_days(tables->history, journey);
    uint32_t own = tables->by.key[snapshot->touch[journey->conversion_row]];
    struct tally *attributed = &tables->attributed[journey->touch[journey_house_touch(journey)].group];

    tables->own[own].touches += journey->n;
    tables->own[own].days += days;
    attributed->contracts++;
    attributed->revenue_minor = add_or_stay(attributed->revenue_minor, snapshot->amount_minor[journey->conversion_row]);
    attributed->touches += journey->n;
    attributed->days += days;
    return true;
}

static bool count_tables(struct history *history, struct grouping by, struct tables *tables, struct err *err)
{
    struct attribution_query query = history_query(history, by);
    struct arena *arena = &history->request->arena;

    query.models = MODEL_BIT(MODEL_LAST_PAID); /* journey_house_touch */
    *tables = (struct tables){.history = history, .by = by};
    tables->own = SCRATCH_ARRAY(arena, struct tally, by.n, err);
    if (!tables->own) return false;
    tables->attributed = SCRATCH_ARRAY(arena, struct tally, by.n, err);
    if (!tables->attributed) return false;
    for (uint32_t g = 0; g < by.n; g++) tables->own[g].group = tables->attributed[g].group = g;
    history_walk(history, count_event, tables);
    return attribution_walk(history->snapshot, &query, 0, arena, count_journey, tables, err);
}

static int more_events(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (x->events != y->events) return x->events < y->events ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

static int more_contracts(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (x->contracts != y->contracts) return x->contracts < y->contracts ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

static void put_average(struct json_out *out, const char *key, int64_t sum, int64_t n)
{
    json_key(out, key);
    if (n) {
        json_put_double(out, (double)sum / (double)n);
    } else {
        json_put_null(out);
    }
}

static void put_outcome(struct json_out *out, const struct tally *tally)
{
    json_kv_i64(out, "contracts", tally->contracts);
    put_units(out, "revenue", tally->revenue_minor);
}

/* ---- /platforms/touches ---- */

static void put_platforms(struct tables *tables, const struct groups *groups, struct json_out *out)
{
    const struct snapshot *snapshot = tables->history->snapshot;

    json_key(out, "platforms");
    json_open(out, '[');
    qsort(tables->own, tables->by.n, sizeof *tables->own, more_events);
    for (uint32_t i = 0; i < tables->by.n && tables->own[i].events; i++) {
        const struct tally *tally = &tables->own[i];
        json_open(out, '{');
        json_kv_str(out, "platform", snapshot_value(snapshot, groups->value[tally->group]));
        json_kv_i64(out, "events", tally->events);
        json_kv_i64(out, "clients", tally->clients);
        put_outcome(out, tally);
        put_average(out, "conversion_rate", tally->contracts, tally->clients);
        put_average(out, "avg_touches", tally->touches, tally->contracts);
        put_average(out, "avg_days", tally->days, tally->contracts);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_key(out, "attributed");
    json_open(out, '[');
    qsort(tables->attributed, tables->by.n, sizeof *tables->attributed, more_contracts);
    for (uint32_t i = 0; i < tables->by.n && tables->attributed[i].contracts; i++) {
        const struct tally *tally = &tables->attributed[i];
        json_open(out, '{');
        json_kv_str(out, "platform", snapshot_value(snapshot, groups->value[tally->group]));
        put_outcome(out, tally);
        put_average(out, "avg_touches", tally->touches, tally->contracts);
        put_average(out, "avg_days", tally->days, tally->contracts);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static bool answer_platforms(struct history *history, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct groups groups;
    struct tables tables;

    if (!question_groups(history->request, history->snapshot, TOUCH_PLATFORM, &groups, err)) return false;
    if (!count_tables(history, groups.by, &tables, err)) return false;
    json_open(&out, '{');
    put_platforms(&tables, &groups, &out);
    json_close(&out, '}');
    return true;
}

bool platforms_get(struct request *request, struct reply *reply, struct err *err)
{
    return history_answer(request, answer_platforms, reply, err);
}

/* ---- /campaigns/{platform}/funnel ---- */

/* Touches of the platform by (campaign id, campaign); every other touch is in the last group. key, touch_of_group:
 * n_touches. */
static struct grouping group_campaigns(const struct snapshot *snapshot, Str platform, uint32_t *key,
                                       uint32_t *touch_of_group)
{
    struct dict *pairs = dict_new();

    for (uint32_t t = 0; t < snapshot->n_touches; t++) {
        const struct touch *touch = &snapshot->touches[t];
        uint32_t pair[2] = {touch->dim[TOUCH_CAMPAIGN_ID], touch->dim[TOUCH_CAMPAIGN]};
        key[t] = DICT_NONE;
        if (!str_eq_nocase(snapshot_value(snapshot, touch->dim[TOUCH_PLATFORM]), platform)) continue;
        key[t] = dict_add(pairs, (Str){(const char *)pair, sizeof pair});
        touch_of_group[key[t]] = t;
    }
    uint32_t n = dict_count(pairs);
    for (uint32_t t = 0; t < snapshot->n_touches; t++)
        if (key[t] == DICT_NONE) key[t] = n;
    dict_free(pairs);
    return (struct grouping){key, n + 1};
}

static void put_campaign(const struct history *history, struct json_out *out, const struct tally *tally, uint32_t touch)
{
    const struct snapshot *snapshot = history->snapshot;

    json_open(out, '{');
    json_kv_str(out, "campaign_id", snapshot_value(snapshot, snapshot->touches[touch].dim[TOUCH_CAMPAIGN_ID]));
    json_kv_str(out, "campaign", snapshot_value(snapshot, snapshot->touches[touch].dim[TOUCH_CAMPAIGN]));
    for (int stage = STAGE_FIRST; stage <= STAGE_LAST; stage++)
        json_kv_i64(out, stage_name((enum stage)stage), tally->stages[stage]);
    json_kv_i64(out, "clients", tally->clients);
    put_outcome(out, tally);
    json_close(out, '}');
}

static bool answer_campaigns(struct history *history, struct reply *reply, struct err *err)
{
    const struct snapshot *snapshot = history->snapshot;
    struct arena *arena = &history->request->arena;
    struct json_out out = json_to(&reply->body);
    Str platform = history->request->param[0];
    struct tables tables;

    uint32_t *key = SCRATCH_ARRAY(arena, uint32_t, snapshot->n_touches, err);
    uint32_t *touch_of_group = key ? SCRATCH_ARRAY(arena, uint32_t, snapshot->n_touches, err) : NULL;
    if (!touch_of_group) return false;
    struct grouping by = group_campaigns(snapshot, platform, key, touch_of_group);
    if (!count_tables(history, by, &tables, err)) return false;
    uint32_t others = by.n - 1;
    tables.own[others] = (struct tally){.group = others};
    qsort(tables.own, by.n, sizeof *tables.own, more_events);
    json_open(&out, '{');
    json_kv_str(&out, "platform", platform);
    json_key(&out, "campaigns");
    json_open(&out, '[');
    for (uint32_t i = 0; i < by.n && tables.own[i].events; i++)
        put_campaign(history, &out, &tables.own[i], touch_of_group[tables.own[i].group]);
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

bool campaign_funnel_get(struct request *request, struct reply *reply, struct err *err)
{
    return history_answer(request, answer_campaigns, reply, err);
}
