/* features/attribution/journeys_api.c -- the journeys behind one cell of the matrix: those that give its key some
 * weight under its model. Their credits add up to the cell. Under a path model a journey's credit is its part of the
 * cell (cell_shares.c), while the weights of its touches are what it would give them alone. */
#include <math.h>

#include "features/attribution/attribution_int.h"
#include "measure/scratch.h"

#define PAGE_DEFAULT 20
#define PAGE_MAX 200

struct cell {
    const struct ask *ask;
    int model;
    uint32_t group;             /* ask->groups.by.n: unattributed */
    struct path_credit credit;  /* the cell itself */
    struct cell_shares *shares; /* NULL: a rule model */
    struct page page;
    struct json_out *out;
    uint64_t seen; /* journeys of the cell so far */
    uint64_t shown;
};

/* Of a journey, by its touches. */
struct split {
    double weight; /* up to this touch */
    int64_t revenue;
};

/* The weight of touch i and its part of the money; a path model's is what the rounded running sum has grown by. */
static struct split split_at(const struct cell *cell, const struct journey *journey, uint32_t i, struct split *so_far)
{
    int64_t amount = cell->ask->snapshot->amount_minor[journey->conversion_row];
    struct split split;

    if (!cell->shares)
        return (struct split){journey->touch[i].weight[cell->model], journey->revenue_minor[i][cell->model]};
    split.weight = cell_shares_weight(cell->shares, journey, i);
    so_far->weight += split.weight;
    split.revenue = (i + 1 == journey->n ? amount : llroundl((long double)amount * so_far->weight)) - so_far->revenue;
    so_far->revenue += split.revenue;
    return split;
}

static void put_touch(const struct cell *cell, const struct journey *journey, uint32_t i, struct split split)
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
    json_kv_double(out, "weight", split.weight);
    json_kv_i64(out, "revenue", split.revenue);
    json_kv_bool(out, "own", touch->own);
    json_close(out, '}');
}

static void put_journey(const struct cell *cell, const struct journey *journey, double credit, int64_t revenue)
{
    const struct snapshot *snapshot = cell->ask->snapshot;
    struct json_out *out = cell->out;
    struct split so_far = {0};

    json_open(out, '{');
    json_kv_str(out, "person", snapshot_alias(snapshot, snapshot_person_alias(snapshot, journey->person)));
    json_kv_instant(out, "at", snapshot->at_ms[journey->conversion_row]);
    json_kv_i64(out, "amount", snapshot->amount_minor[journey->conversion_row]);
    json_kv_double(out, "credit", credit);
    json_kv_i64(out, "credit_revenue", revenue);
    json_key(out, "touches");
    json_open(out, '[');
    for (uint32_t i = 0; i < journey->n; i++) put_touch(cell, journey, i, split_at(cell, journey, i, &so_far));
    json_close(out, ']');
    json_close(out, '}');
}

/* False: the journey has no part in the cell. */
static bool take_by_rule(const struct cell *cell, const struct journey *journey, double *credit, int64_t *revenue)
{
    bool in_cell = journey->n == 0 && cell->group == cell->ask->groups.by.n;

    *credit = in_cell ? 1 : 0;
    *revenue = in_cell ? cell->ask->snapshot->amount_minor[journey->conversion_row] : 0;
    for (uint32_t i = 0; i < journey->n; i++) {
        if (journey->touch[i].group != cell->group) continue;
        *credit += journey->touch[i].weight[cell->model];
        *revenue += journey->revenue_minor[i][cell->model];
        in_cell = in_cell || journey->touch[i].weight[cell->model] > 0;
    }
    return in_cell;
}

static bool see(void *context, const struct journey *journey)
{
    struct cell *cell = context;
    double credit;
    int64_t revenue;

    if (!(cell->shares ? cell_shares_take(cell->shares, journey, &credit, &revenue)
                       : take_by_rule(cell, journey, &credit, &revenue)))
        return true;
    if (cell->seen++ < cell->page.skip) return true;
    if (cell->shown == cell->page.limit) return false; /* one more than the page holds: there is a next one */
    cell->shown++;
    put_journey(cell, journey, credit, revenue);
    return !cell->out->buf->full; /* the answer is refused then: journeys may be as long as a person's events */
}

static bool read_cell(struct cell *cell, const struct ask *ask, struct err *err)
{
    Str model = request_query(ask->request, "model");
    bool unattributed = str_eq(request_query(ask->request, "key"), UNATTRIBUTED);

    if (!model_find(model, &cell->model))
        return err_set_field(err, "model", "there is no model \"%.*s\"; /api/v1/models lists them", STR_ARG(model));
    cell->group = ask->groups.by.n;
    if (!unattributed && !question_key(ask->request, ask->snapshot, ask->dim, &ask->groups, &cell->group, err))
        return false;
    return question_page(ask->request, PAGE_DEFAULT, PAGE_MAX, &cell->page, err);
}

/* Fill cell->credit, and cell->shares for a path model. */
static bool count_cell(struct cell *cell, struct ask *ask, struct err *err)
{
    struct arena *arena = &ask->request->arena;
    struct over_paths over = {0};
    struct counted counted;

    ask_want(ask, cell->model);
    counted.rows = SCRATCH_ARRAY(arena, struct attribution_row, (size_t)ask->groups.by.n + 1, err);
    if (!counted.rows) return false;
    if (model_is_rule(cell->model)) {
        if (!attribution_count(ask->snapshot, &ask->query, arena, counted.rows, &counted.total, err)) return false;
        const struct attribution_row *row = &counted.rows[cell->group];
        cell->credit = (struct path_credit){row->conversions[cell->model], row->revenue_minor[cell->model]};
        return true;
    }
    enum path_model model = model_path(cell->model);
    bool ok = over_paths_open(&over, ask, true, &counted, err);
    if (ok) cell->credit = over_paths_credit(&over, ask, model, cell->group);
    if (ok) cell->shares = cell_shares_new(ask, &over, model, cell->group, err);
    over_paths_close(&over);
    return ok && cell->shares;
}

static bool answer(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct ask ask = {.request = request, .snapshot = snapshot};
    struct json_out out = json_to(&reply->body);
    struct cell cell = {.ask = &ask, .out = &out};

    if (!ask_read(&ask, err) || !read_cell(&cell, &ask, err) || !count_cell(&cell, &ask, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "model", model_text_of(cell.model).name);
    json_kv_str(&out, "key", ask_key(&ask, cell.group));
    json_kv_double(&out, "conversions", cell.credit.conversions);
    json_kv_i64(&out, "revenue", cell.credit.value_minor);
    json_kv_bool(&out, "scaled", cell.shares && model_path(cell.model) != PATH_SHAPLEY);
    json_key(&out, "journeys");
    json_open(&out, '[');
    if (!attribution_walk(snapshot, &ask.query, 0, &request->arena, see, &cell, err)) return false;
    json_close(&out, ']');
    question_put_next(&out, &cell.page, cell.seen > cell.page.skip + cell.page.limit);
    json_close(&out, '}');
    return true;
}

bool cell_journeys_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct attribution *attribution = request->context;

    return question_answer(request, attribution->pipeline, attribution->segments, answer, reply, err);
}
