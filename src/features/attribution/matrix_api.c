#include <stdlib.h>

#include "features/attribution/attribution_int.h"
#include "measure/bootstrap.h"

static void put_length(struct json_out *out, const char *key, int64_t ms)
{
    if (ms == INT64_MAX) {
        json_kv_null(out, key);
    } else {
        json_kv_i64(out, key, ms);
    }
}

/* What the bootstrap is asked for: enough for a 90 % interval that moves little from seed to seed. */
static const struct bootstrap BOOTSTRAP = {.replicates = 200, .level = 0.9, .seed = 1};

struct matrix {
    const struct ask *ask;
    struct attribution_row *rows;           /* by.n + 1 */
    struct attribution_interval *intervals; /* likewise; NULL: not asked for */
    struct attribution_total total;
};

static void put_interval(struct json_out *out, const char *key, struct interval interval)
{
    json_key(out, key);
    json_open(out, '[');
    json_put_double(out, interval.low);
    json_put_double(out, interval.high);
    json_close(out, ']');
}

static void put_models(const struct matrix *matrix, struct json_out *out, uint32_t group)
{
    const struct ask *ask = matrix->ask;
    const struct attribution_row *row = &matrix->rows[group];

    json_kv_i64(out, "touches", (int64_t)row->touches);
    json_key(out, "models");
    json_open(out, '{');
    for (size_t i = 0; i < ask->n_models; i++) {
        json_key(out, attribution_model_name(ask->model[i]));
        json_open(out, '{');
        json_kv_double(out, "conversions", row->conversions[ask->model[i]]);
        json_kv_i64(out, "revenue", row->revenue_minor[ask->model[i]]);
        if (matrix->intervals) {
            put_interval(out, "conversions_interval", matrix->intervals[group].conversions[ask->model[i]]);
            put_interval(out, "revenue_interval", matrix->intervals[group].revenue_minor[ask->model[i]]);
        }
        json_close(out, '}');
    }
    json_close(out, '}');
}

struct sorted {
    uint32_t group;
    int64_t revenue;
    double conversions;
};

static int most_first(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->revenue != y->revenue) return x->revenue < y->revenue ? 1 : -1;
    if (x->conversions < y->conversions || x->conversions > y->conversions)
        return x->conversions < y->conversions ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Groups that took part, by the revenue of the first model asked for. */
static void put_rows(const struct matrix *matrix, struct json_out *out)
{
    const struct ask *ask = matrix->ask;
    const struct attribution_row *rows = matrix->rows;
    struct sorted *order = ARENA_ARRAY(&ask->request->arena, struct sorted, ask->groups.by.n);
    uint32_t n = 0;

    for (uint32_t g = 0; g < ask->groups.by.n; g++)
        if (rows[g].touches || rows[g].conversions[ask->model[0]] > 0)
            order[n++] = (struct sorted){g, rows[g].revenue_minor[ask->model[0]], rows[g].conversions[ask->model[0]]};
    qsort(order, n, sizeof *order, most_first);
    json_key(out, "rows");
    json_open(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        json_open(out, '{');
        json_kv_str(out, "key", ask_key(ask, order[i].group));
        put_models(matrix, out, order[i].group);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static bool wants_intervals(const struct request *request, bool *wanted, struct err *err)
{
    static const char *const CHOICES[] = {"false", "true", NULL};
    size_t choice;

    if (!question_choice(request, "intervals", CHOICES, &choice, err)) return false;
    *wanted = choice == 1;
    return true;
}

static bool compute(struct matrix *matrix, struct err *err)
{
    const struct ask *ask = matrix->ask;
    struct arena *arena = &ask->request->arena;
    size_t n = (size_t)ask->groups.by.n + 1;
    bool intervals;

    if (!wants_intervals(ask->request, &intervals, err)) return false;
    matrix->rows = ARENA_ARRAY(arena, struct attribution_row, n);
    if (!attribution_count(ask->snapshot, &ask->query, arena, matrix->rows, &matrix->total, err)) return false;
    if (!intervals) return true;
    matrix->intervals = ARENA_ARRAY(arena, struct attribution_interval, n);
    return attribution_intervals(ask->snapshot, &ask->query, &BOOTSTRAP, arena, matrix->intervals, err);
}

static bool answer(struct ask *ask, struct reply *reply, struct err *err)
{
    const struct attribution *attribution = ask->request->context;
    struct json_out out = json_to(&reply->body);
    struct matrix matrix = {.ask = ask};

    if (!ask_read(ask, err) || !compute(&matrix, err)) return false;
    json_open(&out, '{');
    json_kv_str(&out, "conversion", ask->conversion);
    json_kv_text(&out, "touches", ask_touches_name(ask->query.touches));
    json_kv_text(&out, "by", touch_dim_name(ask->dim));
    put_length(&out, "lookback_ms", ask->query.lookback_ms);
    put_length(&out, "half_life_ms", ask->query.half_life_ms);
    json_kv_i64(&out, "conversions", (int64_t)matrix.total.conversions);
    json_kv_i64(&out, "persons", (int64_t)matrix.total.persons);
    json_kv_i64(&out, "revenue", matrix.total.revenue_minor);
    json_kv_str(&out, "currency", attribution->settings->currency);
    if (matrix.intervals) json_kv_double(&out, "interval_level", BOOTSTRAP.level);
    put_rows(&matrix, &out);
    json_key(&out, "unattributed");
    json_open(&out, '{');
    put_models(&matrix, &out, ask->groups.by.n);
    json_close(&out, '}');
    json_close(&out, '}');
    return true;
}

bool attribution_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct attribution *attribution = request->context;
    struct ask ask = {.request = request};

    if (!question_snapshot(request, attribution->pipeline, attribution->segments, &ask.snapshot, err)) return false;
    bool ok = answer(&ask, reply, err);
    question_snapshot_close(ask.snapshot);
    return ok;
}

bool models_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);

    (void)request;
    (void)err;
    json_open(&out, '{');
    json_key(&out, "models");
    json_open(&out, '[');
    for (int m = 0; m < MODEL_COUNT; m++) {
        json_open(&out, '{');
        json_kv_text(&out, "name", attribution_model_name((enum attribution_model)m));
        json_kv_text(&out, "what", attribution_model_what((enum attribution_model)m));
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}
