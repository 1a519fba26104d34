#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "features/product/product_int.h"
#include "measure/metrics.h"

#define POINTS_MAX 5000
#define ROWS_MAX 1000

/* The numbers of a cell, by name. */
static const struct {
    const char *name;
    size_t offset;
} METRICS[] = {
    {"events", offsetof(struct metrics_cell, events)},
    {"persons", offsetof(struct metrics_cell, persons)},
    {"sessions", offsetof(struct metrics_cell, sessions)},
    {"conversions", offsetof(struct metrics_cell, conversions)},
    {"converted", offsetof(struct metrics_cell, converted)},
    {"revenue", offsetof(struct metrics_cell, revenue_minor)},
};
#define ALL_METRICS ((1u << COUNT_OF(METRICS)) - 1)

static const struct {
    const char *name;
    enum time_step step;
    int32_t up_to_days; /* chosen for spans up to this long */
} STEPS[] = {
    {"hour", TIME_STEP_HOUR, 2},
    {"day", TIME_STEP_DAY, 120},
    {"week", TIME_STEP_WEEK, 900},
    {"month", TIME_STEP_MONTH, INT32_MAX},
};

static int64_t value_of(const struct metrics_cell *cell, size_t metric)
{
    int64_t value; /* counts stay far below 2^63 */
    memcpy(&value, (const char *)cell + METRICS[metric].offset, sizeof value);
    return value;
}

static void put_cell(struct json_out *out, const struct metrics_cell *cell, unsigned which)
{
    for (size_t m = 0; m < COUNT_OF(METRICS); m++)
        if (which & (1u << m)) json_kv_i64(out, METRICS[m].name, value_of(cell, m));
}

/* ---- what is asked for ---- */

struct question {
    struct request *request;
    const struct snapshot *snapshot;
    struct span span;
    struct metrics_query query;
    unsigned which; /* a bit for each of METRICS */
    size_t step;    /* in STEPS */
};

static bool read_names(struct question *q, struct err *err)
{
    Str rest = request_query(q->request, "names");

    q->which = rest.n ? 0 : ALL_METRICS;
    while (rest.n) {
        Str name = str_trim(str_cut(&rest, ','));
        size_t m = 0;
        while (m < COUNT_OF(METRICS) && !str_eq(name, str_of(METRICS[m].name))) m++;
        if (m == COUNT_OF(METRICS))
            return err_set_field(err, "names",
                                 "there is no metric \"%.*s\"; there are events, persons, sessions, "
                                 "conversions, converted, revenue",
                                 STR_ARG(name));
        q->which |= 1u << m;
    }
    return true;
}

static bool read_step(struct question *q, struct err *err)
{
    Str text = request_query(q->request, "step");
    int32_t days = q->span.days.last - q->span.days.first + 1;

    for (q->step = 0; q->step < COUNT_OF(STEPS); q->step++)
        if (text.n ? str_eq(text, str_of(STEPS[q->step].name)) : days <= STEPS[q->step].up_to_days) return true;
    return err_set_field(err, "step", "step is hour, day, week or month, not \"%.*s\"", STR_ARG(text));
}

static bool read_question(struct question *q, struct err *err)
{
    Str event = request_query(q->request, "event");
    Str conversion = request_query(q->request, "conversion");

    if (!question_span(q->request, "from", "to", q->snapshot, &q->span, err)) return false;
    if (!question_filter(q->request, q->snapshot, &q->query.touch_counts, err)) return false;
    q->query.any_event = event.n == 0;
    q->query.event = event.n ? snapshot_find_name(q->snapshot, event) : DICT_NONE;
    q->query.any_revenue = conversion.n == 0;
    q->query.conversion = conversion.n ? snapshot_find_name(q->snapshot, conversion) : DICT_NONE;
    q->query.by = (struct grouping){NULL, 1};
    return read_names(q, err);
}

/* ---- /api/v1/metrics ---- */

/* The instants at which periods begin, and one more at the end; cut to what the span asks for. */
static bool make_bounds(struct question *q, const struct span *span, int64_t **bounds, uint32_t *n, struct err *err)
{
    enum time_step step = STEPS[q->step].step;
    int64_t *at = ARENA_ARRAY(&q->request->arena, int64_t, POINTS_MAX + 1);
    int64_t end = time_day_start(span->days.last + 1), next = time_day_start(time_period_day(span->days.first, step));
    int32_t day = time_period_day(span->days.first, step);

    *n = 0;
    *bounds = at;
    if (span->days.last < span->days.first) return true; /* no day, no period */
    for (; next < end; ++*n) {
        if (*n == POINTS_MAX)
            return err_set_field(err, "step", "more than %d points; ask for a longer step or a shorter span",
                                 POINTS_MAX);
        at[*n] = next;
        day = time_period_next(day, step);
        next = step == TIME_STEP_HOUR ? next + TIME_HOUR_MS : time_day_start(day);
    }
    at[*n] = next;
    if (*n && at[0] < span->range.from_ms) at[0] = span->range.from_ms;
    if (*n && at[*n] > span->range.to_ms) at[*n] = span->range.to_ms;
    return true;
}

static void put_at(struct json_out *out, int64_t start_ms, enum time_step step)
{
    char text[TIME_TEXT_MAX];

    if (step == TIME_STEP_HOUR) {
        json_kv_instant(out, "at", start_ms);
    } else {
        json_kv_text(out, "at", time_format_day(time_period_day(time_day_of(start_ms), step), text));
    }
}

static void put_days(struct json_out *out, struct days days)
{
    char text[TIME_TEXT_MAX];

    json_kv_text(out, "from", days.first <= days.last ? time_format_day(days.first, text) : NULL);
    json_kv_text(out, "to", days.first <= days.last ? time_format_day(days.last, text) : NULL);
}

/* Points and totals of one span, into the object that is open. */
static bool put_series(struct question *q, struct json_out *out, const struct span *span, struct err *err)
{
    struct metrics_cell total = {0}, *cells;
    int64_t *bounds = NULL;
    uint32_t n;

    if (!make_bounds(q, span, &bounds, &n, err)) return false;
    cells = ARENA_ARRAY(&q->request->arena, struct metrics_cell, n + 1);
    q->query.bounds = bounds;
    q->query.n_periods = n;
    if (n && !metrics_count(q->snapshot, &q->query, &q->request->arena, cells, &total, err)) return false;
    put_days(out, span->days);
    json_key(out, "points");
    json_open(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        json_open(out, '{');
        put_at(out, bounds[i], STEPS[q->step].step);
        put_cell(out, &cells[i], q->which);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_key(out, "totals");
    json_open(out, '{');
    put_cell(out, &total, q->which);
    json_close(out, '}');
    json_kv_bool(out, "partial", n && bounds[n] > time_now_ms());
    return true;
}

static bool put_metrics(struct question *q, struct reply *reply, struct err *err)
{
    const struct product *product = q->request->context;
    struct json_out out = json_to(&reply->body);
    struct span before;
    bool compare;

    if (!read_question(q, err) || !read_step(q, err)) return false;
    if (!question_compare(q->request, &q->span, &before, &compare, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "step", STEPS[q->step].name);
    json_kv_str(&out, "currency", product->settings->currency);
    if (!put_series(q, &out, &q->span, err)) return false;
    if (compare) {
        json_key(&out, "previous");
        json_open(&out, '{');
        if (!put_series(q, &out, &before, err)) return false;
        json_close(&out, '}');
    }
    json_close(&out, '}');
    return true;
}

static bool with_snapshot(struct request *request, struct reply *reply, struct err *err,
                          bool answer(struct question *, struct reply *, struct err *))
{
    const struct product *product = request->context;
    struct question q = {.request = request};

    if (!question_snapshot(request, product->pipeline, product->segments, &q.snapshot, err)) return false;
    bool ok = answer(&q, reply, err);
    question_snapshot_close(q.snapshot);
    return ok;
}

bool metrics_get(struct request *request, struct reply *reply, struct err *err)
{
    return with_snapshot(request, reply, err, put_metrics);
}

/* ---- /api/v1/breakdown ---- */

struct row {
    uint32_t group;
    int64_t sort;
};

static int most_first(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->sort != y->sort) return x->sort < y->sort ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

static bool read_sort(const struct question *q, size_t *metric, struct err *err)
{
    Str text = request_query(q->request, "sort");

    for (*metric = 0; *metric < COUNT_OF(METRICS); ++*metric)
        if (str_eq(text.n ? text : STR("events"), str_of(METRICS[*metric].name))) return true;
    return err_set_field(err, "sort", "there is no metric \"%.*s\" to sort by", STR_ARG(text));
}

/* Rows and totals of one span, into the object that is open. */
static bool put_groups(struct question *q, struct json_out *out, struct range range, const struct groups *groups,
                       size_t sort, int64_t limit, struct err *err)
{
    struct arena *arena = &q->request->arena;
    int64_t *bounds = ARENA_ARRAY(arena, int64_t, 2);
    struct metrics_cell *cells = ARENA_ARRAY(arena, struct metrics_cell, groups->by.n);
    struct metrics_cell *by_group = ARENA_ARRAY(arena, struct metrics_cell, groups->by.n), total, cell;
    struct row *rows = ARENA_ARRAY(arena, struct row, groups->by.n);
    int64_t n = 0;

    bounds[0] = range.from_ms;
    bounds[1] = range.to_ms;
    q->query.bounds = bounds;
    q->query.n_periods = 1;
    q->query.by = groups->by;
    if (!metrics_count(q->snapshot, &q->query, arena, cells, by_group, err)) return false;
    q->query.by = (struct grouping){NULL, 1};
    if (!metrics_count(q->snapshot, &q->query, arena, &cell, &total, err)) return false;
    for (uint32_t g = 0; g < groups->by.n; g++)
        if (by_group[g].events || by_group[g].conversions) rows[n++] = (struct row){g, value_of(&by_group[g], sort)};
    qsort(rows, (size_t)n, sizeof *rows, most_first);
    json_key(out, "rows");
    json_open(out, '[');
    for (int64_t i = 0; i < n && i < limit; i++) {
        json_open(out, '{');
        json_kv_str(out, "key", snapshot_value(q->snapshot, groups->value[rows[i].group]));
        put_cell(out, &by_group[rows[i].group], ALL_METRICS);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_key(out, "totals");
    json_open(out, '{');
    put_cell(out, &total, ALL_METRICS);
    json_close(out, '}');
    return true;
}

static bool put_breakdown(struct question *q, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct groups groups;
    struct span before;
    enum touch_dim dim;
    bool compare;
    size_t sort;
    int64_t limit;

    if (!read_question(q, err) || !read_sort(q, &sort, err)) return false;
    if (!question_dim(q->request, TOUCH_PLATFORM, &dim, err)) return false;
    if (!request_query_whole(q->request, "limit", 100, 1, ROWS_MAX, &limit, err)) return false;
    if (!question_compare(q->request, &q->span, &before, &compare, err)) return false;
    question_groups(q->request, q->snapshot, dim, &groups);
    json_open(&out, '{');
    json_kv_text(&out, "by", touch_dim_name(dim));
    if (!put_groups(q, &out, q->span.range, &groups, sort, limit, err)) return false;
    if (compare) {
        json_key(&out, "previous");
        json_open(&out, '{');
        if (!put_groups(q, &out, before.range, &groups, sort, limit, err)) return false;
        json_close(&out, '}');
    }
    json_close(&out, '}');
    return true;
}

bool breakdown_get(struct request *request, struct reply *reply, struct err *err)
{
    if (request_query(request, "property").n) return property_breakdown(request, reply, err);
    return with_snapshot(request, reply, err, put_breakdown);
}
