#include "base/json.h"
#include "base/time.h"
#include "features/product/product_int.h"
#include "measure/retention.h"

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
    size_t unit; /* in UNITS and STEPS */
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

/* The periods that the span touches, whole, and as many after the last as its cells reach. No events, no span, no
 * periods. */
static bool make_bounds(struct question *q, struct err *err)
{
    enum time_step step = STEPS[q->unit];
    int64_t *bounds = ARENA_ARRAY(&q->request->arena, int64_t, COHORTS_MAX + PERIODS_MAX + 1);
    int32_t day = time_period_day(q->span.days.first, step);
    uint32_t n = 0;

    for (; q->span.days.first <= q->span.days.last && day <= q->span.days.last; day = time_period_next(day, step)) {
        if (n == COHORTS_MAX)
            return err_set_field(err, "unit", "more than %d cohorts; ask for a longer unit or a shorter span",
                                 COHORTS_MAX);
        bounds[n++] = time_day_start(day);
    }
    q->query.n_cohorts = n;
    for (uint32_t k = 0; k < q->query.n_cells; k++, day = time_period_next(day, step))
        bounds[n + k] = time_day_start(day);
    q->query.bounds = bounds;
    return true;
}

/* Is the k-th period after a cohort over? Its own counts as such: cell 0 is the size. */
static bool is_over(const struct question *q, uint32_t cohort, uint32_t k)
{
    return k == 0 || q->query.bounds[cohort + k + 1] <= q->now_ms;
}

static void put_count(struct json_out *out, bool known, uint64_t count)
{
    if (known) {
        json_put_i64(out, (int64_t)count);
    } else {
        json_put_null(out);
    }
}

static void put_cohorts(const struct question *q, struct json_out *out, const uint64_t *returned)
{
    char day[TIME_TEXT_MAX];

    json_key(out, "cohorts");
    json_open(out, '[');
    for (uint32_t c = 0; c < q->query.n_cohorts; c++, returned += q->query.n_cells) {
        json_open(out, '{');
        json_kv_text(out, "start", time_format_day(time_day_of(q->query.bounds[c]), day));
        json_kv_i64(out, "size", (int64_t)returned[0]);
        json_key(out, "returned");
        json_open(out, '[');
        for (uint32_t k = 0; k < q->query.n_cells; k++) put_count(out, is_over(q, c, k), returned[k]);
        json_close(out, ']');
        json_close(out, '}');
    }
    json_close(out, ']');
}

/* Each cell over the cohorts that it is known of, and how many persons those have. */
static void put_total(const struct question *q, struct json_out *out, const uint64_t *returned)
{
    uint64_t sum[PERIODS_MAX + 1] = {0}, of[PERIODS_MAX + 1] = {0};
    bool known[PERIODS_MAX + 1] = {true};

    for (uint32_t c = 0; c < q->query.n_cohorts; c++, returned += q->query.n_cells) {
        for (uint32_t k = 0; k < q->query.n_cells && is_over(q, c, k); k++) {
            known[k] = true;
            sum[k] += returned[k];
            of[k] += returned[0];
        }
    }
    json_key(out, "total");
    json_open(out, '{');
    json_kv_i64(out, "size", (int64_t)sum[0]);
    json_key(out, "returned");
    json_open(out, '[');
    for (uint32_t k = 0; k < q->query.n_cells; k++) put_count(out, known[k], sum[k]);
    json_close(out, ']');
    json_key(out, "of");
    json_open(out, '[');
    for (uint32_t k = 0; k < q->query.n_cells; k++) put_count(out, known[k], of[k]);
    json_close(out, ']');
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

/* Groups with people in them, in the order in which their values first came. */
static bool put_groups(struct question *q, struct json_out *out, struct err *err)
{
    size_t a_group = (size_t)q->query.n_cohorts * q->query.n_cells;
    struct groups groups;
    enum touch_dim dim;

    if (request_query(q->request, "by").n == 0) return true;
    if (!question_dim(q->request, TOUCH_PLATFORM, &dim, err)) return false;
    question_groups(q->request, q->snapshot, dim, &groups);
    if (a_group * groups.by.n > CELLS_MAX)
        return err_set_field(err, "by", "%u values are too many to break %zu cells down by", groups.by.n, a_group);
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

static bool answer(struct question *q, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);

    if (!read_question(q, err) || !make_bounds(q, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "unit", UNITS[q->unit]);
    if (!put_all(q, &out, err) || !put_groups(q, &out, err)) return false;
    json_close(&out, '}');
    return true;
}

bool retention_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    struct question q = {.request = request, .now_ms = time_now_ms()};

    if (!question_snapshot(request, product->pipeline, product->segments, &q.snapshot, err)) return false;
    bool ok = answer(&q, reply, err);
    question_snapshot_close(q.snapshot);
    return ok;
}
