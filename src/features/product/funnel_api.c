#include "base/json.h"
#include "features/product/funnel_question.h"
#include "report/calendar.h"

#define CELLS_MAX 1000000
#define PERIODS_MAX 1000

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void put_ms(struct json_out *out, const char *key, int64_t ms)
{
    if (ms < 0) {
        json_kv_null(out, key);
    } else {
        json_kv_i64(out, key, ms);
    }
}

static void put_times(struct json_out *out, struct funnel_times times)
{
    put_ms(out, "p25_ms", times.p25_ms);
    put_ms(out, "median_ms", times.median_ms);
    put_ms(out, "p75_ms", times.p75_ms);
}

static void put_lengths(struct json_out *out, const uint64_t *lengths)
{
    json_key(out, "lengths");
    json_open(out, '[');
    for (size_t i = 0; i < FUNNEL_LENGTHS; i++) json_put_i64(out, (int64_t)lengths[i]);
    json_close(out, ']');
}

/* `lengths` may be NULL. */
static void put_steps(const struct funnel_question *q, struct json_out *out, const struct funnel_step *steps,
                      uint64_t (*lengths)[FUNNEL_LENGTHS])
{
    json_key(out, "steps");
    json_open(out, '[');
    for (int i = 0; i < q->query.steps; i++) {
        json_open(out, '{');
        json_kv_str(out, "name", q->names[i]);
        json_kv_i64(out, "persons", (int64_t)steps[i].persons);
        json_kv_double(out, "from_first", share(steps[i].persons, steps[0].persons));
        json_kv_double(out, "from_previous", share(steps[i].persons, steps[i ? i - 1 : 0].persons));
        put_times(out, steps[i].from_previous);
        put_ms(out, "median_from_first_ms", steps[i].from_first.median_ms);
        if (lengths && i > 0) put_lengths(out, lengths[i - 1]);
        json_close(out, '}');
    }
    json_close(out, ']');
}

/* From the first step to the last. */
static void put_whole(struct json_out *out, const struct funnel_step *last, const uint64_t *lengths)
{
    json_key(out, "whole");
    json_open(out, '{');
    put_times(out, last->from_first);
    put_lengths(out, lengths);
    json_close(out, '}');
}

static void put_bounds(struct json_out *out)
{
    json_key(out, "lengths_ms");
    json_open(out, '[');
    for (size_t i = 0; i < FUNNEL_LENGTHS - 1; i++) json_put_i64(out, FUNNEL_LENGTHS_MS[i]);
    json_close(out, ']');
}

/* ---- trend ---- */

struct trend {
    bool wanted;
    struct calendar calendar;
    struct funnel_period *counts; /* by its periods */
};

static bool read_trend(const struct funnel_question *q, struct trend *trend, struct err *err)
{
    static const char *const NAMES[] = {"day", "week", "month", NULL};
    static const enum time_step STEPS[] = {TIME_STEP_DAY, TIME_STEP_WEEK, TIME_STEP_MONTH};
    size_t choice;

    trend->wanted = request_query(q->request, "trend").n != 0;
    if (!trend->wanted) return true;
    if (!question_choice(q->request, "trend", NAMES, &choice, err)) return false;
    struct arena *arena = &q->request->arena;
    if (!calendar_of_days(arena, q->span.days, STEPS[choice], PERIODS_MAX, "trend", &trend->calendar, err))
        return false;
    calendar_cut(&trend->calendar, q->span.range);
    trend->counts = ARENA_ARRAY(arena, struct funnel_period, trend->calendar.n);
    return true;
}

static void put_trend(struct json_out *out, const struct trend *trend)
{
    char day[TIME_TEXT_MAX];

    json_key(out, "trend");
    json_open(out, '[');
    for (uint32_t i = 0; i < trend->calendar.n; i++) {
        const struct funnel_period *counts = &trend->counts[i];
        json_open(out, '{');
        json_kv_text(out, "at", calendar_day(&trend->calendar, i, day));
        json_kv_i64(out, "entered", (int64_t)counts->entered);
        json_kv_i64(out, "converted", (int64_t)counts->converted);
        json_kv_double(out, "rate", share(counts->converted, counts->entered));
        json_close(out, '}');
    }
    json_close(out, ']');
}

/* ---- the answer ---- */

static bool put_total(const struct funnel_question *q, struct json_out *out, bool times, struct err *err)
{
    struct funnel_step *steps = ARENA_ARRAY(&q->request->arena, struct funnel_step, FUNNEL_STEPS_MAX);
    uint64_t lengths[FUNNEL_STEPS_MAX][FUNNEL_LENGTHS];
    struct trend trend = {0};

    if (!read_trend(q, &trend, err)) return false;
    struct funnel_answer answer = {.steps = steps,
                                   .times = times,
                                   .lengths = times ? lengths : NULL,
                                   .bounds = trend.calendar.bounds,
                                   .n_periods = trend.calendar.n,
                                   .periods = trend.counts};
    if (!funnel_count(q->snapshot, &q->query, &q->request->arena, &answer, err)) return false;
    json_kv_i64(out, "persons", (int64_t)steps[0].persons);
    put_bounds(out);
    put_steps(q, out, steps, answer.lengths);
    if (times) put_whole(out, &steps[q->query.steps - 1], lengths[q->query.steps - 1]);
    if (trend.wanted) put_trend(out, &trend);
    return true;
}

static bool put_previous(const struct funnel_question *q, struct json_out *out, struct range range, bool times,
                         struct err *err)
{
    struct funnel_step *steps = ARENA_ARRAY(&q->request->arena, struct funnel_step, FUNNEL_STEPS_MAX);
    struct funnel_query query = q->query;

    query.range = range;
    if (!funnel_count(q->snapshot, &query, &q->request->arena, &(struct funnel_answer){.steps = steps, .times = times},
                      err))
        return false;
    json_key(out, "previous");
    json_open(out, '{');
    put_steps(q, out, steps, NULL);
    json_close(out, '}');
    return true;
}

/* Groups with people in them, in the order in which their values first came. */
static bool put_groups(const struct funnel_question *q, struct json_out *out, bool times, struct err *err)
{
    struct funnel_query query = q->query;
    size_t n_steps = (size_t)query.steps, cells = q->groups.by.n * n_steps;

    if (cells > CELLS_MAX)
        return err_set_field(err, "by", "%u values are too many to break a funnel down by", q->groups.by.n);
    struct funnel_step *steps = ARENA_ARRAY(&q->request->arena, struct funnel_step, cells);
    query.by = q->groups.by;
    if (!funnel_count(q->snapshot, &query, &q->request->arena, &(struct funnel_answer){.steps = steps, .times = times},
                      err))
        return false;
    json_key(out, "groups");
    json_open(out, '[');
    for (uint32_t g = 0; g < query.by.n; g++) {
        const struct funnel_step *row = &steps[g * n_steps];
        if (row[0].persons == 0) continue;
        json_open(out, '{');
        json_kv_str(out, "key", snapshot_value(q->snapshot, q->groups.value[g]));
        put_steps(q, out, row, NULL);
        json_close(out, '}');
    }
    json_close(out, ']');
    return true;
}

static bool read_times(const struct funnel_question *q, bool *times, struct err *err)
{
    static const char *const CHOICES[] = {"true", "false", NULL};
    size_t choice;

    if (!question_choice(q->request, "times", CHOICES, &choice, err)) return false;
    *times = choice == 0;
    return true;
}

static bool answer(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct funnel_question *q = funnel_question_new(request, snapshot, err);
    struct json_out out = json_to(&reply->body);
    struct span before;
    bool compare, times;

    if (!q) return false;
    if (!question_compare(q->request, &q->span, &before, &compare, err)) return false;
    if (!read_times(q, &times, err)) return false;
    json_open(&out, '{');
    json_kv_text(&out, "order", FUNNEL_ORDERS[q->query.order]);
    question_put_length(&out, "window_ms", q->query.window_ms);
    if (!put_total(q, &out, times, err)) return false;
    if (q->has_groups && !put_groups(q, &out, times, err)) return false;
    if (compare && !put_previous(q, &out, before.range, times, err)) return false;
    json_close(&out, '}');
    return true;
}

bool funnel_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, answer, reply, err);
}
