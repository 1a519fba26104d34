#include "base/json.h"
#include "base/time.h"
#include "features/product/product_int.h"
#include "measure/funnel.h"

#define WINDOW_DEFAULT_MS (30 * TIME_DAY_MS)

struct question {
    struct request *request;
    const struct snapshot *snapshot;
    struct funnel_query query;
    Str names[FUNNEL_STEPS_MAX];
    struct span span;
};

static bool read_steps(struct question *q, struct err *err)
{
    Str name;

    for (size_t i = 0; request_query_at(q->request, "step", i, &name); i++) {
        name = str_trim(name);
        if (q->query.steps == FUNNEL_STEPS_MAX)
            return err_set_field(err, "step", "a funnel has at most %d steps", FUNNEL_STEPS_MAX);
        if (name.n == 0) return err_set_field(err, "step", "step %zu has no event name", i + 1);
        q->names[q->query.steps] = name;
        q->query.step[q->query.steps++] = snapshot_find_name(q->snapshot, name);
    }
    if (q->query.steps < 2)
        return err_set_field(err, "step", "a funnel needs two steps or more, not %d", q->query.steps);
    return true;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void put_median(struct json_out *out, const char *key, int64_t ms)
{
    if (ms < 0) {
        json_kv_null(out, key);
    } else {
        json_kv_i64(out, key, ms);
    }
}

static void put_steps(const struct question *q, struct json_out *out, const struct funnel_step *steps)
{
    json_key(out, "steps");
    json_open(out, '[');
    for (int i = 0; i < q->query.steps; i++) {
        json_open(out, '{');
        json_kv_str(out, "name", q->names[i]);
        json_kv_i64(out, "persons", (int64_t)steps[i].persons);
        json_kv_double(out, "from_first", share(steps[i].persons, steps[0].persons));
        json_kv_double(out, "from_previous", share(steps[i].persons, steps[i ? i - 1 : 0].persons));
        put_median(out, "median_ms", steps[i].median_ms);
        put_median(out, "median_from_first_ms", steps[i].median_from_first_ms);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static bool put_total(struct question *q, struct json_out *out, struct range range, bool with_persons, struct err *err)
{
    struct funnel_step *steps = ARENA_ARRAY(&q->request->arena, struct funnel_step, FUNNEL_STEPS_MAX);

    q->query.by = (struct grouping){NULL, 1};
    q->query.range = range;
    if (!funnel_count(q->snapshot, &q->query, &q->request->arena, steps, err)) return false;
    if (with_persons) json_kv_i64(out, "persons", (int64_t)steps[0].persons);
    put_steps(q, out, steps);
    return true;
}

/* Groups with people in them, in the order in which their values first came. */
static bool put_groups(struct question *q, struct json_out *out, struct err *err)
{
    struct groups groups;
    enum touch_dim dim;

    if (request_query(q->request, "by").n == 0) return true;
    if (!question_dim(q->request, TOUCH_PLATFORM, &dim, err)) return false;
    question_groups(q->request, q->snapshot, dim, &groups);
    size_t cells = (size_t)groups.by.n * (size_t)q->query.steps;
    if (cells > 1000000)
        return err_set_field(err, "by", "%u values are too many to break a funnel down by", groups.by.n);
    struct funnel_step *steps = ARENA_ARRAY(&q->request->arena, struct funnel_step, cells);
    q->query.by = groups.by;
    q->query.range = q->span.range;
    if (!funnel_count(q->snapshot, &q->query, &q->request->arena, steps, err)) return false;
    json_key(out, "groups");
    json_open(out, '[');
    for (uint32_t g = 0; g < groups.by.n; g++) {
        const struct funnel_step *row = &steps[(size_t)g * (size_t)q->query.steps];
        if (row[0].persons == 0) continue;
        json_open(out, '{');
        json_kv_str(out, "key", snapshot_value(q->snapshot, groups.value[g]));
        put_steps(q, out, row);
        json_close(out, '}');
    }
    json_close(out, ']');
    return true;
}

static bool answer(struct question *q, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct span before;
    bool compare;

    if (!read_steps(q, err)) return false;
    if (!question_span(q->request, "from", "to", q->snapshot, &q->span, err)) return false;
    if (!question_filter(q->request, q->snapshot, &q->query.first_touch_counts, err)) return false;
    if (!question_length(q->request, "window", WINDOW_DEFAULT_MS, &q->query.window_ms, err)) return false;
    if (!question_compare(q->request, &q->span, &before, &compare, err)) return false;
    json_open(&out, '{');
    json_key(&out, "window_ms");
    if (q->query.window_ms == INT64_MAX) {
        json_put_null(&out);
    } else {
        json_put_i64(&out, q->query.window_ms);
    }
    if (!put_total(q, &out, q->span.range, true, err) || !put_groups(q, &out, err)) return false;
    if (compare) {
        json_key(&out, "previous");
        json_open(&out, '{');
        if (!put_total(q, &out, before.range, false, err)) return false;
        json_close(&out, '}');
    }
    json_close(&out, '}');
    return true;
}

bool product_funnel_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    struct question *q = ARENA_NEW(&request->arena, struct question);

    q->request = request;
    if (!question_snapshot(request, product->pipeline, product->segments, &q->snapshot, err)) return false;
    bool ok = answer(q, reply, err);
    question_snapshot_close(q->snapshot);
    return ok;
}
