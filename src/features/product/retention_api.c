#include <math.h>

#include "base/json.h"
#include "base/time.h"
#include "features/product/product_int.h"
#include "measure/retention.h"
#include "measure/scratch.h"
#include "report/calendar.h"

#define COHORTS_MAX 2000
#define CELLS_MAX ((size_t)1000000) /* of an answer by groups */
#define PERIODS_MAX 60

static const char *const UNITS[] = {"week", "day", "month", NULL};
static const enum time_step STEPS[] = {TIME_STEP_WEEK, TIME_STEP_DAY, TIME_STEP_MONTH};
static const char *const MODES[] = {"on", "on_or_after", NULL};
static const char *const COHORTS[] = {"first", "recurring", NULL};

struct question {
    struct request *request;
    const struct snapshot *snapshot;
    struct span span;
    struct retention_query query;
    struct calendar calendar; /* of query.bounds */
    size_t unit;              /* in UNITS and STEPS */
    int64_t now_ms;
};

/* "*" or nothing: any event. */
static void read_event(const struct question *q, const char *name, uint32_t *event, bool *any)
{
    Str text = str_trim(request_query(q->request, name));

    *any = text.n == 0 || str_eq(text, STR("*"));
    *event = *any ? DICT_NONE : snapshot_find_name(q->snapshot, text);
}

static bool read_question(struct question *q, struct err *err)
{
    struct retention_query *query = &q->query;
    int64_t periods;
    size_t mode, cohorts;

    read_event(q, "start", &query->start_event, &query->any_start);
    read_event(q, "return", &query->return_event, &query->any_return);
    if (!question_span(q->request, "from", "to", q->snapshot, &q->span, err)) return false;
    if (!question_filter(q->request, q->snapshot, &query->touch_counts, err)) return false;
    if (!question_choice(q->request, "unit", UNITS, &q->unit, err)) return false;
    if (!question_choice(q->request, "mode", MODES, &mode, err)) return false;
    if (!question_choice(q->request, "cohorts", COHORTS, &cohorts, err)) return false;
    if (!request_query_whole(q->request, "periods", 8, 1, PERIODS_MAX, &periods, err)) return false;
    query->or_after = mode == 1;
    query->recurring = cohorts == 1;
    query->n_cells = (uint32_t)periods + 1;
    query->range = q->span.range;
    query->by = (struct grouping){NULL, 1};
    return true;
}

/* The cohorts, and as many periods after the last as its cells reach. No events, no span, no periods. */
static bool make_periods(struct question *q, struct err *err)
{
    struct calendar *calendar = &q->calendar;
    struct arena *arena = &q->request->arena;

    if (!calendar_of_days(arena, q->span.days, STEPS[q->unit], COHORTS_MAX, "unit", calendar, err)) return false;
    q->query.n_cohorts = calendar->n;
    if (calendar->n > 0) calendar_go_on(calendar, q->query.n_cells - 1, arena);
    q->query.bounds = calendar->bounds;
    return true;
}

/* How many cells of a cohort, from the first on, are of periods that are over: only those are known. */
static uint32_t cells_over(const struct question *q, uint32_t cohort)
{
    uint32_t n = 0;

    while (n < q->query.n_cells && q->query.bounds[cohort + n + 1] <= q->now_ms) n++;
    return n;
}

static void put_known(struct json_out *out, bool known, int64_t number)
{
    if (known) {
        json_put_i64(out, number);
    } else {
        json_put_null(out);
    }
}

/* Numbers by cell: those past the first `known` are null. */
static void put_counts(const struct question *q, struct json_out *out, const char *key, const uint64_t *counts,
                       uint32_t known)
{
    json_key(out, key);
    json_open(out, '[');
    for (uint32_t k = 0; k < q->query.n_cells; k++) put_known(out, k < known, (int64_t)counts[k]);
    json_close(out, ']');
}

/* ---- /api/v1/retention ---- */

/* Of a cohort that is not over cell 0 is known all the same: it is the size. */
static uint32_t cells_known(const struct question *q, uint32_t cohort)
{
    uint32_t n = cells_over(q, cohort);
    return n > 0 ? n : 1;
}

static void put_cohorts(const struct question *q, struct json_out *out, const uint64_t *returned)
{
    char day[TIME_TEXT_MAX];

    json_key(out, "cohorts");
    json_open(out, '[');
    for (uint32_t c = 0; c < q->query.n_cohorts; c++, returned += q->query.n_cells) {
        json_open(out, '{');
        json_kv_text(out, "start", calendar_day(&q->calendar, c, day));
        json_kv_i64(out, "size", (int64_t)returned[0]);
        put_counts(q, out, "returned", returned, cells_known(q, c));
        json_close(out, '}');
    }
    json_close(out, ']');
}

/* Each cell over the cohorts that it is known of, and how many persons those have. */
static void put_total(const struct question *q, struct json_out *out, const uint64_t *returned)
{
    uint64_t sum[PERIODS_MAX + 1] = {0}, of[PERIODS_MAX + 1] = {0};
    uint32_t known = 1;

    for (uint32_t c = 0; c < q->query.n_cohorts; c++, returned += q->query.n_cells) {
        uint32_t n = cells_known(q, c);
        if (n > known) known = n;
        for (uint32_t k = 0; k < n; k++) {
            sum[k] += returned[k];
            of[k] += returned[0];
        }
    }
    json_key(out, "total");
    json_open(out, '{');
    json_kv_i64(out, "size", (int64_t)sum[0]);
    put_counts(q, out, "returned", sum, known);
    put_counts(q, out, "of", of, known);
    json_close(out, '}');
}

static bool is_empty(const struct question *q, const uint64_t *returned)
{
    for (uint32_t c = 0; c < q->query.n_cohorts; c++)
        if (returned[(size_t)c * q->query.n_cells] != 0) return false;
    return true;
}

static bool put_all(struct question *q, struct json_out *out, struct err *err)
{
    size_t n = (size_t)q->query.n_cohorts * q->query.n_cells;
    uint64_t *returned = ARENA_ARRAY(&q->request->arena, uint64_t, n);

    if (n > 0 && !retention_count(q->snapshot, &q->query, &q->request->arena, returned, err)) return false;
    put_cohorts(q, out, returned);
    put_total(q, out, returned);
    return true;
}

/* The groups of by=, if it is given. */
static bool read_groups(struct question *q, struct groups *groups, bool *any, struct err *err)
{
    size_t a_group = (size_t)q->query.n_cohorts * q->query.n_cells;
    enum touch_dim dim;

    *any = request_query(q->request, "by").n != 0;
    if (!*any) return true;
    if (!question_dim(q->request, TOUCH_PLATFORM, &dim, err)) return false;
    if (!question_groups(q->request, q->snapshot, dim, groups, err)) return false;
    if (a_group * groups->by.n > CELLS_MAX)
        return err_set_field(err, "by", "%u values are too many to break %zu cells down by", groups->by.n, a_group);
    return true;
}

/* Groups with people in them, in the order in which their values first came. */
static bool put_groups(struct question *q, struct json_out *out, struct err *err)
{
    size_t a_group = (size_t)q->query.n_cohorts * q->query.n_cells;
    struct groups groups;
    bool any;

    if (!read_groups(q, &groups, &any, err)) return false;
    if (!any) return true;
    uint64_t *returned = ARENA_ARRAY(&q->request->arena, uint64_t, a_group * groups.by.n);
    q->query.by = groups.by;
    if (a_group > 0 && !retention_count(q->snapshot, &q->query, &q->request->arena, returned, err)) return false;
    json_key(out, "groups");
    json_open(out, '[');
    for (uint32_t g = 0; g < groups.by.n; g++, returned += a_group) {
        if (is_empty(q, returned)) continue;
        json_open(out, '{');
        json_kv_str(out, "key", snapshot_value(q->snapshot, groups.value[g]));
        put_cohorts(q, out, returned);
        put_total(q, out, returned);
        json_close(out, '}');
    }
    json_close(out, ']');
    return true;
}

static bool put_retention(struct request *request, const struct snapshot *snapshot, struct reply *reply,
                          struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot, .now_ms = time_now_ms()};
    struct json_out out = json_to(&reply->body);

    if (!read_question(&q, err) || !make_periods(&q, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "unit", UNITS[q.unit]);
    if (!put_all(&q, &out, err) || !put_groups(&q, &out, err)) return false;
    json_close(&out, '}');
    return true;
}

bool retention_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, put_retention, reply, err);
}

/* ---- /api/v1/retention/persons ---- */

static bool read_pick(const struct question *q, struct retention_pick *pick, struct err *err)
{
    static const char *const RETURNED[] = {"true", "false", NULL};
    Str text = str_trim(request_query(q->request, "cohort"));
    int64_t cell;
    size_t returned;
    int32_t day;

    if (!time_parse_day(text, &day))
        return err_set_field(err, "cohort", "cohort is a day such as 2025-02-10, not \"%.*s\"", STR_ARG(text));
    if (!request_query_whole(q->request, "cell", 0, 0, q->query.n_cells - 1, &cell, err)) return false;
    if (!question_choice(q->request, "returned", RETURNED, &returned, err)) return false;
    int64_t start_ms = time_day_start(time_period_day(day, STEPS[q->unit]));
    for (pick->cohort = 0; pick->cohort < q->query.n_cohorts; pick->cohort++)
        if (q->query.bounds[pick->cohort] == start_ms) break;
    if (pick->cohort == q->query.n_cohorts)
        return err_set_field(err, "cohort", "no cohort of this span has the day %.*s", STR_ARG(text));
    pick->cell = (uint32_t)cell;
    pick->missing = returned == 1;
    return true;
}

static bool put_persons(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot, .now_ms = time_now_ms()};
    bool *marked = SCRATCH_ARRAY(&request->arena, bool, snapshot->n_places, err);
    struct retention_pick pick = {0};

    if (!marked || !read_question(&q, err) || !make_periods(&q, err) || !read_pick(&q, &pick, err)) return false;
    if (!persons_list_group(request, snapshot, &q.query.by, &pick.group, err)) return false;
    if (!retention_mark(snapshot, &q.query, pick, &request->arena, marked, err)) return false;
    return persons_list_put(request, snapshot, marked, reply, err);
}

bool retention_persons_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, put_persons, reply, err);
}

/* ---- /api/v1/ltv ---- */

/* What cohorts brought: `sizes` by cohort, `revenue` by cohort and cell. */
struct value {
    uint64_t *sizes;
    int64_t *revenue;
};

static void put_amounts(const struct question *q, struct json_out *out, const char *key, const int64_t *minor,
                        uint32_t known)
{
    json_key(out, key);
    json_open(out, '[');
    for (uint32_t k = 0; k < q->query.n_cells; k++) put_known(out, k < known, minor[k]);
    json_close(out, ']');
}

/* `of`: persons by cell. */
static void put_per_person(const struct question *q, struct json_out *out, const int64_t *minor, const uint64_t *of,
                           uint32_t known)
{
    json_key(out, "per_person");
    json_open(out, '[');
    for (uint32_t k = 0; k < q->query.n_cells; k++) /* not finite becomes null */
        json_put_double(out, k < known && of[k] > 0 ? (double)minor[k] / (double)of[k] : NAN);
    json_close(out, ']');
}

static void put_value_cohort(const struct question *q, struct json_out *out, uint32_t c, struct value value)
{
    const int64_t *revenue = value.revenue + (size_t)c * q->query.n_cells;
    int64_t sum[PERIODS_MAX + 1], upto = 0;
    uint64_t of[PERIODS_MAX + 1];
    uint32_t known = cells_over(q, c);
    char day[TIME_TEXT_MAX];

    for (uint32_t k = 0; k < q->query.n_cells; k++) {
        sum[k] = upto += revenue[k];
        of[k] = value.sizes[c];
    }
    json_open(out, '{');
    json_kv_text(out, "start", calendar_day(&q->calendar, c, day));
    json_kv_i64(out, "size", (int64_t)value.sizes[c]);
    put_amounts(q, out, "revenue", revenue, known);
    put_amounts(q, out, "cumulative", sum, known);
    put_per_person(q, out, sum, of, known);
    json_close(out, '}');
}

/* Each cell over the cohorts that it is known of. */
static void put_value_total(const struct question *q, struct json_out *out, struct value value)
{
    uint64_t of[PERIODS_MAX + 1] = {0}, size = 0;
    int64_t sum[PERIODS_MAX + 1] = {0};
    uint32_t known = 0;

    for (uint32_t c = 0; c < q->query.n_cohorts; c++) {
        uint32_t n = cells_over(q, c);
        int64_t upto = 0;
        if (n > known) known = n;
        size += value.sizes[c];
        for (uint32_t k = 0; k < n; k++) {
            upto += value.revenue[(size_t)c * q->query.n_cells + k];
            sum[k] += upto;
            of[k] += value.sizes[c];
        }
    }
    json_key(out, "total");
    json_open(out, '{');
    json_kv_i64(out, "size", (int64_t)size);
    put_counts(q, out, "of", of, known);
    put_amounts(q, out, "cumulative", sum, known);
    put_per_person(q, out, sum, of, known);
    json_close(out, '}');
}

static void put_value(const struct question *q, struct json_out *out, struct value value)
{
    json_key(out, "cohorts");
    json_open(out, '[');
    for (uint32_t c = 0; c < q->query.n_cohorts; c++) put_value_cohort(q, out, c, value);
    json_close(out, ']');
    put_value_total(q, out, value);
}

/* By q->query.by, group by group. */
static bool take_value(struct question *q, struct value *value, struct err *err)
{
    Str conversion = request_query(q->request, "conversion");
    struct retention_money money = {.event = conversion.n ? snapshot_find_name(q->snapshot, conversion) : DICT_NONE,
                                    .any = conversion.n == 0};
    size_t rows = (size_t)q->query.by.n * q->query.n_cohorts;
    struct arena *arena = &q->request->arena;

    value->sizes = SCRATCH_ARRAY(arena, uint64_t, rows, err);
    if (!value->sizes) return false;
    value->revenue = SCRATCH_ARRAY(arena, int64_t, rows * q->query.n_cells, err);
    if (!value->revenue) return false;
    return rows == 0 || retention_value(q->snapshot, &q->query, money, arena, value->sizes, value->revenue, err);
}

static bool put_value_groups(struct question *q, struct json_out *out, struct err *err)
{
    struct groups groups;
    struct value value;
    bool any;

    if (!read_groups(q, &groups, &any, err)) return false;
    if (!any) return true;
    q->query.by = groups.by;
    if (!take_value(q, &value, err)) return false;
    json_key(out, "groups");
    json_open(out, '[');
    for (uint32_t g = 0; g < groups.by.n; g++) {
        bool empty = true;
        for (uint32_t c = 0; c < q->query.n_cohorts; c++) empty = empty && value.sizes[c] == 0;
        if (!empty) {
            json_open(out, '{');
            json_kv_str(out, "key", snapshot_value(q->snapshot, groups.value[g]));
            put_value(q, out, value);
            json_close(out, '}');
        }
        value.sizes += q->query.n_cohorts;
        value.revenue += (size_t)q->query.n_cohorts * q->query.n_cells;
    }
    json_close(out, ']');
    return true;
}

static bool put_ltv(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot, .now_ms = time_now_ms()};
    const struct product *product = request->context;
    struct json_out out = json_to(&reply->body);
    struct value value;

    if (!read_question(&q, err) || !make_periods(&q, err) || !take_value(&q, &value, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "unit", UNITS[q.unit]);
    json_kv_str(&out, "currency", product->settings->currency);
    put_value(&q, &out, value);
    if (!put_value_groups(&q, &out, err)) return false;
    json_close(&out, '}');
    return true;
}

bool ltv_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, put_ltv, reply, err);
}
