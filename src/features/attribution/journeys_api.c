/* features/attribution/journeys_api.c -- the journeys behind one cell of the matrix: those that give its key some
 * weight under its model. Their credits add up to the cell. */
#include "features/attribution/attribution_int.h"

#define PAGE_DEFAULT 20
#define PAGE_MAX 200

struct cell {
    const struct ask *ask;
    enum attribution_model model;
    uint32_t group; /* ask->groups.by.n: unattributed */
    struct page page;
    struct json_out *out;
    uint64_t seen; /* journeys of the cell so far */
    uint64_t shown;
};

static void put_touch(const struct cell *cell, const struct journey *journey, uint32_t i)
{
    const struct snapshot *snapshot = cell->ask->snapshot;
    const struct journey_touch *touch = &journey->touch[i];
    static const enum touch_dim SHOWN[] = {TOUCH_PLATFORM, TOUCH_SOURCE, TOUCH_MEDIUM, TOUCH_CAMPAIGN};
    struct json_out *out = cell->out;

    json_open(out, '{');
    json_kv_instant(out, "at", snapshot->at_ms[touch->row]);
    json_kv_str(out, "event", snapshot_name(snapshot, snapshot->name[touch->row]));
    json_kv_str(out, "key", ask_key(cell->ask, touch->group));
    for (size_t d = 0; d < COUNT_OF(SHOWN); d++)
        json_kv_str(out, touch_dim_name(SHOWN[d]),
                    snapshot_value(snapshot, snapshot->touches[snapshot->touch[touch->row]].dim[SHOWN[d]]));
    json_kv_double(out, "weight", touch->weight[cell->model]);
    json_kv_i64(out, "revenue", journey->revenue_minor[i][cell->model]);
    json_kv_bool(out, "own", touch->own);
    json_close(out, '}');
}

static void put_journey(const struct cell *cell, const struct journey *journey, double credit, int64_t revenue)
{
    const struct snapshot *snapshot = cell->ask->snapshot;
    struct json_out *out = cell->out;

    json_open(out, '{');
    json_kv_str(out, "person", snapshot_alias(snapshot, snapshot_person_alias(snapshot, journey->person)));
    json_kv_instant(out, "at", snapshot->at_ms[journey->conversion_row]);
    json_kv_i64(out, "amount", snapshot->amount_minor[journey->conversion_row]);
    json_kv_double(out, "credit", credit);
    json_kv_i64(out, "credit_revenue", revenue);
    json_key(out, "touches");
    json_open(out, '[');
    for (uint32_t i = 0; i < journey->n; i++) put_touch(cell, journey, i);
    json_close(out, ']');
    json_close(out, '}');
}

static bool see(void *context, const struct journey *journey)
{
    struct cell *cell = context;
    bool unattributed = cell->group == cell->ask->groups.by.n;
    double credit = unattributed && journey->n == 0 ? 1 : 0;
    int64_t revenue = credit > 0 ? cell->ask->snapshot->amount_minor[journey->conversion_row] : 0;
    bool in_cell = credit > 0;

    for (uint32_t i = 0; i < journey->n; i++) {
        if (journey->touch[i].group != cell->group) continue;
        credit += journey->touch[i].weight[cell->model];
        revenue += journey->revenue_minor[i][cell->model];
        in_cell = in_cell || journey->touch[i].weight[cell->model] > 0;
    }
    if (!in_cell) return true;
    if (cell->seen++ < cell->page.skip) return true;
    if (cell->shown == cell->page.limit) return false; /* one more than the page holds: there is a next one */
    cell->shown++;
    put_journey(cell, journey, credit, revenue);
    return true;
}

static bool read_cell(struct cell *cell, const struct ask *ask, struct err *err)
{
    Str model = request_query(ask->request, "model"), key = request_query(ask->request, "key");

    if (!attribution_model_find(model, &cell->model))
        return err_set_field(err, "model", "there is no model \"%.*s\"; /api/v1/models lists them", STR_ARG(model));
    cell->group = ask->groups.by.n;
    if (!str_eq(key, UNATTRIBUTED)) {
        for (cell->group = 0; cell->group < ask->groups.by.n; cell->group++)
            if (str_eq(ask_key(ask, cell->group), key)) break;
        if (cell->group == ask->groups.by.n)
            return err_set_field(err, "key", "no touch has the %s \"%.*s\"", touch_dim_name(ask->dim), STR_ARG(key));
    }
    return question_page(ask->request, PAGE_DEFAULT, PAGE_MAX, &cell->page, err);
}

static bool answer(struct ask *ask, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct cell cell = {.ask = ask, .out = &out};
    struct attribution_row *rows;
    struct attribution_total total;

    if (!ask_read(ask, err) || !read_cell(&cell, ask, err)) return false;
    rows = ARENA_ARRAY(&ask->request->arena, struct attribution_row, (size_t)ask->groups.by.n + 1);
    if (!attribution_count(ask->snapshot, &ask->query, &ask->request->arena, rows, &total, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "model", attribution_model_name(cell.model));
    json_kv_str(&out, "key", ask_key(ask, cell.group));
    json_kv_double(&out, "conversions", rows[cell.group].conversions[cell.model]);
    json_kv_i64(&out, "revenue", rows[cell.group].revenue_minor[cell.model]);
    json_key(&out, "journeys");
    json_open(&out, '[');
    if (!attribution_walk(ask->snapshot, &ask->query, 0, &ask->request->arena, see, &cell, err)) return false;
    json_close(&out, ']');
    question_put_next(&out, &cell.page, cell.seen > cell.page.skip + cell.page.limit);
    json_close(&out, '}');
    return true;
}

bool cell_journeys_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct attribution *attribution = request->context;
    struct ask ask = {.request = request};

    if (!question_snapshot(request, attribution->pipeline, attribution->segments, &ask.snapshot, err)) return false;
    bool ok = answer(&ask, reply, err);
    question_snapshot_close(ask.snapshot);
    return ok;
}
