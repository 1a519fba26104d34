#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "features/product/product_int.h"
#include "measure/metrics_active.h"
#include "measure/scratch.h"
#include "report/calendar.h"

#define POINTS_MAX 5000
#define ROWS_MAX 1000

/* What is known of a period, or a group. */
struct numbers {
    struct metrics_cell cell;
    struct active_cell active;
    uint64_t days;       /* of the period */
    uint64_t month_days; /* active.month times days */
};

#define NUMBER(field) offsetof(struct numbers, field)
#define WHOLE SIZE_MAX /* no denominator */

/* By name: a whole number, or a ratio of two, which is null when there is nothing to divide by. */
static const struct {
    const char *name;
    size_t value, per;
} METRICS[] = {
    {"events", NUMBER(cell.events), WHOLE},
    {"persons", NUMBER(cell.persons), WHOLE},
    {"sessions", NUMBER(cell.sessions), WHOLE},
    {"conversions", NUMBER(cell.conversions), WHOLE},
    {"converted", NUMBER(cell.converted), WHOLE},
    {"revenue", NUMBER(cell.revenue_minor), WHOLE},
    {"orders", NUMBER(cell.orders), WHOLE},
    {"payers", NUMBER(cell.payers), WHOLE},
    {"session_ms", NUMBER(cell.session_ms), NUMBER(cell.sessions)},
    {"bounce_rate", NUMBER(cell.bounces), NUMBER(cell.sessions)},
    {"aov", NUMBER(cell.revenue_minor), NUMBER(cell.orders)},
    {"arpu", NUMBER(cell.revenue_minor), NUMBER(cell.persons)},
    {"arppu", NUMBER(cell.revenue_minor), NUMBER(cell.payers)},
    {"dau", NUMBER(active.person_days), NUMBER(days)},
    {"wau", NUMBER(active.week), WHOLE},
    {"mau", NUMBER(active.month), WHOLE},
    {"stickiness", NUMBER(active.person_days), NUMBER(month_days)},
};
#define FIRST_METRICS ((1u << 6) - 1) /* to revenue: given when none is asked for */
#define EVENT_METRICS 3u              /* events, persons */
#define ACTIVE_METRICS (~0u << 13)    /* from dau on */
#define DAYS_MAX 40000                /* for those */

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

static int64_t number_at(const struct numbers *numbers, size_t offset)
{
    int64_t value; /* counts stay far below 2^63 */
    memcpy(&value, (const char *)numbers + offset, sizeof value);
    return value;
}

static void put_numbers(struct json_out *out, const struct numbers *numbers, unsigned which)
{
    for (size_t m = 0; m < COUNT_OF(METRICS); m++) {
        int64_t value = number_at(numbers, METRICS[m].value);
        if (!(which & (1u << m))) continue;
        if (METRICS[m].per == WHOLE) {
            json_kv_i64(out, METRICS[m].name, value);
        } else { /* not finite becomes null */
            json_kv_double(out, METRICS[m].name, (double)value / (double)number_at(numbers, METRICS[m].per));
        }
    }
}

/* ---- what is asked for ---- */

struct question {
    struct request *request;
    const struct snapshot *snapshot;
    struct span span;
    struct metrics_query query;
    unsigned which; /* a bit for each of METRICS */
    size_t step;    /* in STEPS */
    int64_t now_ms;
};

static bool find_metric(Str name, const char *field, size_t *metric, struct err *err)
{
    char list[256] = "";
    size_t n = 0;

    for (*metric = 0; *metric < COUNT_OF(METRICS); ++*metric)
        if (str_eq(name, str_of(METRICS[*metric].name))) return true;
    for (size_t m = 0; m < COUNT_OF(METRICS); m++) {
        int more = snprintf(list + n, sizeof list - n, "%s%s", m > 0 ? ", " : "", METRICS[m].name);
        if (more > 0 && (size_t)more < sizeof list - n) n += (size_t)more;
    }
    return err_set_field(err, field, "there is no metric \"%.*s\"; there are %s", STR_ARG(name), list);
}

static bool read_names(struct question *q, struct err *err)
{
    Str rest = request_query(q->request, "names");
    size_t metric;

    q->which = rest.n ? 0 : FIRST_METRICS;
    while (rest.n) {
        if (!find_metric(str_trim(str_cut(&rest, ',')), "names", &metric, err)) return false;
        q->which |= 1u << metric;
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

/* ---- counting ---- */

/* What the kernels say: cells by group and period, totals by group. */
struct counts {
    struct metrics_cell *cells, *totals;
    struct active_cell *active; /* as cells; NULL: not asked for */
    uint64_t *person_days;      /* as totals */
    const struct days *days;    /* by period */
    uint32_t n_periods;
};

/* The days for persons active: those of the periods, and as many before as a month's window reaches. */
static bool make_days(struct question *q, const struct counts *counts, struct active_days *out, struct err *err)
{
    struct arena *arena = &q->request->arena;
    int32_t first = counts->days[0].first - (ACTIVE_MONTH_DAYS - 1);
    int32_t n = counts->days[counts->n_periods - 1].last - first + 1;
    int64_t *bounds;
    struct active_point *points;

    if (n > DAYS_MAX) return err_set_field(err, "from", "more than %d days; ask for a shorter span", DAYS_MAX);
    bounds = SCRATCH_ARRAY(arena, int64_t, (size_t)n + 1, err);
    if (!bounds) return false;
    points = SCRATCH_ARRAY(arena, struct active_point, counts->n_periods, err);
    if (!points) return false;
    for (int32_t i = 0; i <= n; i++) bounds[i] = time_day_start(first + i);
    for (uint32_t i = 0; i < counts->n_periods; i++) {
        points[i].first_day = (uint32_t)(counts->days[i].first - first);
        points[i].last_day = (uint32_t)(counts->days[i].last - first);
    }
    *out = (struct active_days){.bounds = bounds, .n = (uint32_t)n, .points = points, .n_points = counts->n_periods};
    return true;
}

/* By q->query; the days of each period are in counts->days. */
static bool count(struct question *q, struct counts *counts, struct err *err)
{
    struct arena *arena = &q->request->arena;
    size_t n_totals = q->query.by.n, n_cells = n_totals * q->query.n_periods;
    struct active_days days;

    q->query.events_only = !(q->which & ~(EVENT_METRICS | ACTIVE_METRICS));
    counts->n_periods = q->query.n_periods;
    counts->cells = SCRATCH_ARRAY(arena, struct metrics_cell, n_cells, err);
    if (!counts->cells) return false;
    counts->totals = SCRATCH_ARRAY(arena, struct metrics_cell, n_totals, err);
    if (!counts->totals) return false;
    if (!metrics_count(q->snapshot, &q->query, arena, counts->cells, counts->totals, err)) return false;
    if (!(q->which & ACTIVE_METRICS)) return true;
    if (!make_days(q, counts, &days, err)) return false;
    counts->active = SCRATCH_ARRAY(arena, struct active_cell, n_cells, err);
    if (!counts->active) return false;
    counts->person_days = SCRATCH_ARRAY(arena, uint64_t, n_totals, err);
    if (!counts->person_days) return false;
    return metrics_active(q->snapshot, &q->query, &days, arena, counts->active, counts->person_days, err);
}

static struct numbers numbers_of(struct metrics_cell cell, struct active_cell active, struct days days)
{
    uint64_t n = days.last < days.first ? 0 : (uint64_t)(days.last - days.first + 1);
    return (struct numbers){.cell = cell, .active = active, .days = n, .month_days = active.month * n};
}

static struct numbers numbers_of_period(const struct counts *counts, uint32_t period)
{
    return numbers_of(counts->cells[period], counts->active ? counts->active[period] : (struct active_cell){0},
                      counts->days[period]);
}

/* Over all periods: the windows are those of the last. */
static struct numbers numbers_of_total(const struct counts *counts, uint32_t group)
{
    uint32_t last = counts->n_periods - 1;
    struct days days = {counts->days[0].first, counts->days[last].last};
    struct active_cell active = {0};

    if (counts->active) {
        active = counts->active[(size_t)group * counts->n_periods + last];
        active.person_days = counts->person_days[group];
    }
    return numbers_of(counts->totals[group], active, days);
}

/* The span as one period, without groups. */
static void ask_span(struct question *q, struct range range)
{
    int64_t *bounds = ARENA_ARRAY(&q->request->arena, int64_t, 2);

    bounds[0] = range.from_ms;
    bounds[1] = range.to_ms;
    q->query.bounds = bounds;
    q->query.n_periods = 1;
    q->query.by = (struct grouping){NULL, 1};
}

/* Of a period that is not over, and of all time, no more days than there have been. */
static struct days days_until_now(const struct question *q, const struct span *span, struct days days)
{
    int32_t today = time_day_of(q->now_ms), end = today < span->days.last ? today : span->days.last;

    if (end >= days.first && end < days.last) days.last = end;
    return days;
}

/* ---- /api/v1/metrics ---- */

static void put_at(struct json_out *out, const struct calendar *calendar, uint32_t i)
{
    char day[TIME_TEXT_MAX];

    if (calendar->step == TIME_STEP_HOUR) {
        json_kv_instant(out, "at", calendar->bounds[i]);
    } else {
        json_kv_text(out, "at", calendar_day(calendar, i, day));
    }
}

static void put_days(struct json_out *out, struct days days)
{
    char text[TIME_TEXT_MAX];

    json_kv_text(out, "from", days.first <= days.last ? time_format_day(days.first, text) : NULL);
    json_kv_text(out, "to", days.first <= days.last ? time_format_day(days.last, text) : NULL);
}

static struct days *days_of_points(const struct question *q, const struct span *span, const struct calendar *calendar)
{
    struct days *days = ARENA_ARRAY(&q->request->arena, struct days, calendar->n);
    const int64_t *bounds = calendar->bounds;

    for (uint32_t i = 0; i < calendar->n; i++) {
        int32_t first = time_day_of(bounds[i]);
        if (first < span->days.first) first = span->days.first; /* a week or month in which the span begins */
        days[i] = days_until_now(q, span, (struct days){first, time_day_of(bounds[i + 1] - 1)});
    }
    return days;
}

/* Points and totals of one span, into the object that is open. */
static bool put_series(struct question *q, struct json_out *out, const struct span *span, struct err *err)
{
    struct counts counts = {0};
    struct numbers numbers = {0};
    struct calendar calendar;

    if (!calendar_of_days(&q->request->arena, span->days, STEPS[q->step].step, POINTS_MAX, "step", &calendar, err))
        return false;
    calendar_cut(&calendar, span->range);
    counts.days = days_of_points(q, span, &calendar);
    q->query.bounds = calendar.bounds;
    q->query.n_periods = calendar.n;
    if (calendar.n && !count(q, &counts, err)) return false;
    put_days(out, span->days);
    json_key(out, "points");
    json_open(out, '[');
    for (uint32_t i = 0; i < calendar.n; i++) {
        numbers = numbers_of_period(&counts, i);
        json_open(out, '{');
        put_at(out, &calendar, i);
        put_numbers(out, &numbers, q->which);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_key(out, "totals");
    json_open(out, '{');
    if (calendar.n) numbers = numbers_of_total(&counts, 0);
    put_numbers(out, &numbers, q->which);
    json_close(out, '}');
    json_kv_bool(out, "partial", calendar.n && calendar.bounds[calendar.n] > q->now_ms);
    return true;
}

static bool put_metrics(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot, .now_ms = time_now_ms()};
    const struct product *product = request->context;
    struct json_out out = json_to(&reply->body);
    struct span before;
    bool compare;

    if (!read_question(&q, err) || !read_step(&q, err)) return false;
    if (!question_compare(request, &q.span, &before, &compare, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "step", STEPS[q.step].name);
    json_kv_str(&out, "currency", product->settings->currency);
    if (!put_series(&q, &out, &q.span, err)) return false;
    if (compare) {
        json_key(&out, "previous");
        json_open(&out, '{');
        if (!put_series(&q, &out, &before, err)) return false;
        json_close(&out, '}');
    }
    json_close(&out, '}');
    return true;
}

bool metrics_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, put_metrics, reply, err);
}

/* ---- /api/v1/breakdown ---- */

struct row {
    uint32_t group;
    bool known; /* else there is nothing to divide by */
    int64_t whole;
    double ratio;
};

static int most_first(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->known != y->known) return x->known ? -1 : 1;
    if (x->whole != y->whole) return x->whole < y->whole ? 1 : -1;
    if (x->ratio < y->ratio || x->ratio > y->ratio) return x->ratio < y->ratio ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

static struct row row_of(const struct counts *counts, uint32_t group, size_t sort)
{
    struct numbers numbers = numbers_of_total(counts, group);
    struct row row = {.group = group, .known = true};
    int64_t value = number_at(&numbers, METRICS[sort].value);

    if (METRICS[sort].per == WHOLE) {
        row.whole = value;
    } else {
        int64_t per = number_at(&numbers, METRICS[sort].per);
        row.known = per != 0;
        if (row.known) row.ratio = (double)value / (double)per;
    }
    return row;
}

static bool read_sort(struct question *q, size_t *metric, struct err *err)
{
    Str text = request_query(q->request, "sort");

    if (!find_metric(text.n ? text : STR("events"), "sort", metric, err)) return false;
    q->which |= FIRST_METRICS | 1u << *metric;
    return true;
}

/* Rows and totals of one span, into the object that is open. */
static bool put_groups(struct question *q, struct json_out *out, const struct span *span, const struct groups *groups,
                       size_t sort, int64_t limit, struct err *err)
{
    const struct days days = days_until_now(q, span, span->days);
    struct counts counts = {.days = &days}, whole = {.days = &days};
    struct row *rows = SCRATCH_ARRAY(&q->request->arena, struct row, groups->by.n, err);
    struct numbers numbers = {0};
    bool any = days.first <= days.last;
    int64_t n = 0;

    if (!rows) return false;
    ask_span(q, span->range);
    q->query.by = groups->by;
    if (any && !count(q, &counts, err)) return false;
    q->query.by = (struct grouping){NULL, 1};
    if (any && !count(q, &whole, err)) return false;
    for (uint32_t g = 0; any && g < groups->by.n; g++)
        if (counts.totals[g].events || counts.totals[g].conversions) rows[n++] = row_of(&counts, g, sort);
    if (n > 0) qsort(rows, (size_t)n, sizeof *rows, most_first);
    json_key(out, "rows");
    json_open(out, '[');
    for (int64_t i = 0; i < n && i < limit; i++) {
        numbers = numbers_of_total(&counts, rows[i].group);
        json_open(out, '{');
        json_kv_str(out, "key", snapshot_value(q->snapshot, groups->value[rows[i].group]));
        put_numbers(out, &numbers, q->which);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_key(out, "totals");
    json_open(out, '{');
    numbers = any ? numbers_of_total(&whole, 0) : (struct numbers){0};
    put_numbers(out, &numbers, q->which);
    json_close(out, '}');
    return true;
}

static bool put_breakdown(struct request *request, const struct snapshot *snapshot, struct reply *reply,
                          struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot, .now_ms = time_now_ms()};
    struct json_out out = json_to(&reply->body);
    struct groups groups;
    struct span before;
    enum touch_dim dim;
    bool compare;
    size_t sort;
    int64_t limit;

    if (!read_question(&q, err) || !read_sort(&q, &sort, err)) return false;
    if (!question_dim(request, TOUCH_PLATFORM, &dim, err)) return false;
    if (!request_query_whole(request, "limit", 100, 1, ROWS_MAX, &limit, err)) return false;
    if (!question_compare(request, &q.span, &before, &compare, err)) return false;
    if (!question_groups(request, snapshot, dim, &groups, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "by", touch_dim_name(dim));
    if (!put_groups(&q, &out, &q.span, &groups, sort, limit, err)) return false;
    if (compare) {
        json_key(&out, "previous");
        json_open(&out, '{');
        if (!put_groups(&q, &out, &before, &groups, sort, limit, err)) return false;
        json_close(&out, '}');
    }
    json_close(&out, '}');
    return true;
}

bool breakdown_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    if (request_query(request, "property").n) return property_breakdown(request, reply, err);
    return question_answer(request, product->pipeline, product->segments, put_breakdown, reply, err);
}

/* ---- /api/v1/persons ---- */

static bool read_whom(const struct question *q, enum metrics_persons *which, struct err *err)
{
    static const char *const WHOM[] = {"persons", "converted", "payers", NULL};
    bool converted = request_query(q->request, "metric").n == 0 && !q->query.any_revenue;
    size_t choice;

    if (!question_choice(q->request, "metric", WHOM, &choice, err)) return false;
    *which = converted ? METRICS_CONVERTED : (enum metrics_persons)choice;
    return true;
}

static bool put_persons(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot, .now_ms = time_now_ms()};
    bool *marked = SCRATCH_ARRAY(&request->arena, bool, snapshot->n_places, err);
    enum metrics_persons which;
    uint32_t group;

    if (!marked || !read_question(&q, err) || !read_whom(&q, &which, err)) return false;
    ask_span(&q, q.span.range);
    if (!persons_list_group(request, snapshot, &q.query.by, &group, err)) return false;
    if (!metrics_mark(snapshot, &q.query, which, group, &request->arena, marked, err)) return false;
    return persons_list_put(request, snapshot, marked, reply, err);
}

bool persons_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, put_persons, reply, err);
}
