/* features/attribution/matrix_api.c -- credit by key and model, and how far the models agree. */
#include <math.h>
#include <stdlib.h>

#include "features/attribution/attribution_int.h"
#include "measure/bootstrap.h"
#include "measure/path_bootstrap.h"
#include "measure/scratch.h"

static void put_event(struct json_out *out, const char *key, const struct snapshot *snapshot, uint32_t name_plus_1)
{
    if (name_plus_1 == 0) {
        json_kv_null(out, key);
    } else {
        json_kv_str(out, key, snapshot_name(snapshot, name_plus_1 - 1));
    }
}

#define REPLICATES 100 /* enough for 90 % intervals that move little from seed to seed */

struct matrix {
    const struct ask *ask;
    struct counted counted;
    struct attribution_interval *intervals; /* by.n + 1; NULL: not asked for */
    struct bootstrap bootstrap;
    struct over_paths *over;                                /* NULL: no path model is asked for */
    struct path_interval *path_intervals[PATH_MODEL_COUNT]; /* by.n + 1; NULL: the model has none */
    struct spend_table spend;                               /* .by_group NULL: of a segment nobody knows it */
};

static struct path_credit credit_of(const struct matrix *matrix, int model, uint32_t group)
{
    return ask_credit(matrix->ask, &matrix->counted, matrix->over, model, group);
}

/* What was spent on a key; `unattributed` is none. */
static struct group_spend spend_of(const struct matrix *matrix, uint32_t group)
{
    bool laid = matrix->spend.by_group && group < matrix->ask->groups.by.n;

    return laid ? matrix->spend.by_group[group] : (struct group_spend){0};
}

/* ---- one cell ---- */

/* False: the model has none. */
static bool interval_of(const struct matrix *matrix, int model, uint32_t group, struct path_interval *out)
{
    if (model_is_rule(model)) {
        const struct attribution_interval *intervals = &matrix->intervals[group];
        *out = (struct path_interval){intervals->conversions[model], intervals->revenue_minor[model]};
        return true;
    }
    const struct path_interval *intervals = matrix->path_intervals[model_path(model)];
    if (intervals) *out = intervals[group];
    return intervals != NULL;
}

static void put_interval(struct json_out *out, const char *key, bool any, struct interval interval)
{
    json_key(out, key);
    if (!any) {
        json_put_null(out);
        return;
    }
    json_open(out, '[');
    json_put_double(out, interval.low);
    json_put_double(out, interval.high);
    json_close(out, ']');
}

static void put_intervals(const struct matrix *matrix, struct json_out *out, int model, uint32_t group)
{
    struct path_interval interval = {0};

    if (!matrix->intervals) return;
    bool any = interval_of(matrix, model, group, &interval);
    put_interval(out, "conversions_interval", any, interval.conversions);
    put_interval(out, "revenue_interval", any, interval.revenue_minor);
}

void put_credit_fields(struct json_out *out, struct path_credit credit, struct spend spend)
{
    struct cost cost = cost_join(spend, credit.conversions, credit.value_minor);

    json_kv_double(out, "conversions", credit.conversions);
    json_kv_i64(out, "revenue", credit.value_minor);
    json_kv_double(out, "cac", cost.cac_minor);
    json_kv_double(out, "roas", cost.roas);
}

void put_spend(struct json_out *out, const char *key, struct spend spend)
{
    if (spend.known) {
        json_kv_i64(out, key, spend.minor);
    } else {
        json_kv_null(out, key);
    }
}

static void put_credit(const struct matrix *matrix, struct json_out *out, int model, uint32_t group)
{
    struct group_spend spend = spend_of(matrix, group);

    json_key(out, model_text_of(model).name);
    json_open(out, '{');
    put_credit_fields(out, credit_of(matrix, model, group), spend_whole(spend.spend, spend.unpriced));
    put_intervals(matrix, out, model, group);
    json_close(out, '}');
}

static void put_models(const struct matrix *matrix, struct json_out *out, uint32_t group)
{
    const struct ask *ask = matrix->ask;

    json_kv_i64(out, "touches", (int64_t)matrix->counted.rows[group].touches);
    json_key(out, "models");
    json_open(out, '{');
    for (size_t i = 0; i < ask->n_models; i++) put_credit(matrix, out, ask->model[i], group);
    json_close(out, '}');
}

/* ---- rows ---- */

struct sorted {
    uint32_t group;
    int64_t revenue;
    double conversions; /* to the millionth: what sums leave in the last digits decides nothing */
};

struct order {
    struct sorted *rows;
    uint32_t n;
    bool by_revenue; /* of the rows; where there is none at all they stand by conversions */
};

static int most_first(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->revenue != y->revenue) return x->revenue < y->revenue ? 1 : -1;
    if (x->conversions < y->conversions || x->conversions > y->conversions)
        return x->conversions < y->conversions ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Took part in some journey: of a conversion, or, where path models look at those too, of none. */
static bool takes_part(const struct matrix *matrix, uint32_t group)
{
    return matrix->counted.rows[group].touches > 0 || (matrix->over && matrix->over->met[group]);
}

/* (greatest - least) / mean of the models' conversions; NAN where that says nothing. */
static double spread_of(const struct matrix *matrix, uint32_t group)
{
    const struct ask *ask = matrix->ask;
    double least = INFINITY, most = -INFINITY, sum = 0;

    for (size_t i = 0; i < ask->n_models; i++) {
        double conversions = credit_of(matrix, ask->model[i], group).conversions;
        least = fmin(least, conversions);
        most = fmax(most, conversions);
        sum += conversions;
    }
    return ask->n_models < 2 || sum <= 0 ? NAN : (most - least) / (sum / (double)ask->n_models);
}

/* Does the row's interval end before the next one's begins, or the other way round? null: nothing to compare. */
static void put_distinguishable(const struct matrix *matrix, struct json_out *out, const struct order *order,
                                uint32_t i)
{
    int model = matrix->ask->model[0];
    struct path_interval own, next;

    if (!matrix->intervals) return;
    if (i + 1 == order->n || !interval_of(matrix, model, order->rows[i].group, &own) ||
        !interval_of(matrix, model, order->rows[i + 1].group, &next)) {
        json_kv_null(out, "distinguishable");
        return;
    }
    struct interval a = order->by_revenue ? own.revenue_minor : own.conversions;
    struct interval b = order->by_revenue ? next.revenue_minor : next.conversions;
    json_kv_bool(out, "distinguishable", a.low > b.high || a.high < b.low);
}

static void put_row(const struct matrix *matrix, struct json_out *out, const struct order *order, uint32_t i)
{
    uint32_t group = order->rows[i].group;
    struct group_spend spend = spend_of(matrix, group);

    json_open(out, '{');
    json_kv_str(out, "key", ask_key(matrix->ask, group));
    put_models(matrix, out, group);
    json_kv_double(out, "spread", spread_of(matrix, group));
    put_distinguishable(matrix, out, order, i);
    put_spend(out, "spend", spend.spend);
    json_kv_i64(out, "unpriced", spend.unpriced);
    if (matrix->over && matrix->over->models.removal) {
        bool known = group < matrix->over->models.n_channels;
        json_kv_double(out, "removal", known ? matrix->over->models.removal[group].conversions : 0);
    }
    json_close(out, '}');
}

/* By the revenue of the first model asked for. */
static bool put_rows(const struct matrix *matrix, struct json_out *out, struct err *err)
{
    const struct ask *ask = matrix->ask;
    struct order order = {.rows = SCRATCH_ARRAY(&ask->request->arena, struct sorted, ask->groups.by.n, err)};

    if (!order.rows) return false;
    for (uint32_t g = 0; g < ask->groups.by.n; g++) {
        struct path_credit credit = credit_of(matrix, ask->model[0], g);
        if (!takes_part(matrix, g)) continue;
        order.rows[order.n++] = (struct sorted){g, credit.value_minor, round(credit.conversions * 1e6)};
        order.by_revenue = order.by_revenue || credit.value_minor != 0;
    }
    qsort(order.rows, order.n, sizeof *order.rows, most_first);
    json_key(out, "rows");
    json_open(out, '[');
    for (uint32_t i = 0; i < order.n && !out->buf->full; i++) put_row(matrix, out, &order, i);
    json_close(out, ']');
    return true;
}

/* ---- how the path models came by it ---- */

static void put_orders(const struct path_models *models, struct json_out *out)
{
    json_key(out, "orders");
    json_open(out, '[');
    for (int k = 1; k <= MARKOV_ORDER_MAX && models->chosen; k++) {
        json_open(out, '{');
        json_kv_i64(out, "order", k);
        json_kv_double(out, "auc", models->orders[k - 1].auc);
        json_kv_double(out, "penalised", models->orders[k - 1].penalised);
        json_close(out, '}');
    }
    json_close(out, ']');
    if (models->chosen) {
        json_kv_i64(out, "best", models->order);
    } else {
        json_kv_null(out, "best");
    }
}

static void put_markov(const struct path_models *models, struct json_out *out)
{
    const struct markov *markov = &models->markov;

    json_key(out, "markov");
    json_open(out, '{');
    json_kv_i64(out, "order", models->order);
    put_orders(models, out);
    json_kv_double(out, "conversion_rate", markov->conversion_rate);
    json_kv_double(out, "residual", markov->residual);
    json_kv_i64(out, "states", markov->states);
    json_kv_i64(out, "transitions", (int64_t)markov->transitions);
    json_kv_bool(out, "revenue_undetermined", markov->value_undetermined);
    json_close(out, '}');
}

static void put_rate(const struct shapley_rate *rate, struct json_out *out)
{
    json_key(out, "shapley_rate");
    json_open(out, '{');
    json_kv_bool(out, "exact", rate->exact);
    json_kv_i64(out, "players", rate->players);
    json_kv_i64(out, "orders", rate->orders);
    json_kv_double(out, "worst_error", rate->worst_error);
    json_close(out, '}');
}

static void put_over_paths(const struct matrix *matrix, struct json_out *out)
{
    if (!matrix->over) return;
    json_kv_i64(out, "null_journeys", matrix->over->nulls);
    if (matrix->ask->paths.wanted[PATH_MARKOV]) put_markov(&matrix->over->models, out);
    if (matrix->ask->paths.wanted[PATH_SHAPLEY_RATE]) put_rate(&matrix->over->models.rate, out);
}

/* ---- the answer ---- */

static bool wants_intervals(const struct request *request, bool *wanted, struct err *err)
{
    static const char *const CHOICES[] = {"false", "true", NULL};
    size_t choice;

    if (!question_choice(request, "intervals", CHOICES, &choice, err)) return false;
    *wanted = choice == 1;
    return true;
}

/* Of the path models, shapley has them and markov of order 1, for a moderate number of keys. */
static bool compute_path_intervals(struct matrix *matrix, struct err *err)
{
    const struct ask *ask = matrix->ask;
    struct arena *arena = &ask->request->arena;
    size_t n = (size_t)ask->groups.by.n + 1;
    bool markov = ask->paths.wanted[PATH_MARKOV] && matrix->over->models.order == 1;

    if (ask->groups.by.n > PATH_BOOTSTRAP_KEYS_MAX || !(markov || ask->paths.wanted[PATH_SHAPLEY])) return true;
    struct path_interval *of_markov = SCRATCH_ARRAY(arena, struct path_interval, n, err);
    struct path_interval *of_shapley = of_markov ? SCRATCH_ARRAY(arena, struct path_interval, n, err) : NULL;
    if (!of_shapley) return false;
    if (!path_intervals(ask->snapshot, &ask->query, &matrix->bootstrap, arena, of_markov, of_shapley, err))
        return false;
    if (markov) matrix->path_intervals[PATH_MARKOV] = of_markov;
    matrix->path_intervals[PATH_SHAPLEY] = of_shapley;
    return true;
}

static bool compute_intervals(struct matrix *matrix, struct err *err)
{
    const struct ask *ask = matrix->ask;
    struct arena *arena = &ask->request->arena;

    matrix->intervals = SCRATCH_ARRAY(arena, struct attribution_interval, (size_t)ask->groups.by.n + 1, err);
    if (!matrix->intervals) return false;
    if (ask_wants_rules(ask) &&
        !attribution_intervals(ask->snapshot, &ask->query, &matrix->bootstrap, arena, matrix->intervals, err))
        return false;
    return !matrix->over || compute_path_intervals(matrix, err);
}

static bool read_bootstrap(const struct request *request, struct bootstrap *out, struct err *err)
{
    int64_t replicates;

    if (!request_query_whole(request, "replicates", REPLICATES, 20, BOOTSTRAP_REPLICATES_MAX, &replicates, err))
        return false;
    *out = (struct bootstrap){.replicates = (uint32_t)replicates, .level = 0.9, .seed = 1};
    return true;
}

/* Of all keys, and what fits none of them. */
static void put_spend_total(const struct matrix *matrix, struct json_out *out)
{
    const struct spend_table *spend = &matrix->spend;

    json_key(out, "spend");
    if (!spend->by_group) {
        json_put_null(out);
        return;
    }
    json_open(out, '{');
    json_kv_i64(out, "total", spend->total_minor);
    json_kv_i64(out, "unmatched", spend->unmatched_minor);
    json_kv_i64(out, "unpriced", spend->unpriced);
    json_close(out, '}');
}

static bool read_spend(struct matrix *matrix, struct err *err)
{
    const struct ask *ask = matrix->ask;
    struct spend_lines lines;

    if (request_query(ask->request, "segment").n) return true;
    return ask_spend_lines(ask, &lines, err) &&
           spend_lay(ask->request, ask->snapshot, &lines, ask->dim, &ask->groups, ask->span.range, &matrix->spend, err);
}

static bool put(const struct matrix *matrix, struct json_out *out, struct err *err)
{
    const struct ask *ask = matrix->ask;
    const struct attribution *attribution = ask->request->context;

    json_open(out, '{');
    json_kv_str(out, "conversion", ask->conversion);
    json_kv_text(out, "touches", ask_touches_name(ask->query.touches));
    json_kv_text(out, "by", touch_dim_name(ask->dim));
    question_put_length(out, "lookback_ms", ask->query.lookback_ms);
    question_put_length(out, "half_life_ms", ask->query.half_life_ms);
    put_event(out, "lead", ask->snapshot, ask->query.lead_plus_1);
    put_event(out, "opportunity", ask->snapshot, ask->query.opportunity_plus_1);
    json_kv_i64(out, "conversions", (int64_t)matrix->counted.total.conversions);
    json_kv_i64(out, "persons", (int64_t)matrix->counted.total.persons);
    json_kv_i64(out, "revenue", matrix->counted.total.revenue_minor);
    json_kv_str(out, "currency", attribution->settings->currency);
    put_spend_total(matrix, out);
    if (matrix->intervals) json_kv_double(out, "interval_level", matrix->bootstrap.level);
    put_over_paths(matrix, out);
    if (!put_rows(matrix, out, err)) return false;
    json_key(out, "unattributed");
    json_open(out, '{');
    put_models(matrix, out, ask->groups.by.n);
    json_close(out, '}');
    json_close(out, '}');
    return true;
}

static bool answer(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct ask ask = {.request = request, .snapshot = snapshot};
    struct json_out out = json_to(&reply->body);
    struct matrix matrix = {.ask = &ask};
    struct over_paths over = {0};
    bool intervals;

    if (!ask_read(&ask, err) || !ask_read_models(&ask, err)) return false;
    if (!wants_intervals(request, &intervals, err) || !read_bootstrap(request, &matrix.bootstrap, err)) return false;
    if (ask_wants_paths(&ask)) matrix.over = &over;
    bool ok = ask_count(&ask, matrix.over, &matrix.counted, err) && read_spend(&matrix, err) &&
              (!intervals || compute_intervals(&matrix, err)) && put(&matrix, &out, err);
    if (matrix.over) over_paths_close(&over);
    return ok;
}

bool attribution_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct attribution *attribution = request->context;

    return question_answer(request, attribution->pipeline, attribution->segments, answer, reply, err);
}

bool models_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);

    (void)request;
    (void)err;
    json_open(&out, '{');
    json_key(&out, "models");
    json_open(&out, '[');
    for (int m = 0; m < ANY_MODEL_COUNT; m++) {
        struct model_text text = model_text_of(m);
        json_open(&out, '{');
        json_kv_text(&out, "name", text.name);
        json_kv_text(&out, "what", text.what);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}
