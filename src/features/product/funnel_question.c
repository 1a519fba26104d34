#include "features/product/funnel_question.h"

#include "base/time.h"

#define WINDOW_DEFAULT_MS (30 * TIME_DAY_MS)

const char *const FUNNEL_ORDERS[] = {[FUNNEL_BEST] = "best", [FUNNEL_STRICT] = "strict", [FUNNEL_ANY] = "any", NULL};

static bool read_steps(struct funnel_question *q, struct err *err)
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

static bool read_order(struct funnel_question *q, struct err *err)
{
    size_t order;

    if (!question_choice(q->request, "order", FUNNEL_ORDERS, &order, err)) return false;
    q->query.order = (enum funnel_order)order;
    return true;
}

/* "1d" for each step after the first, or one for each of them: "1h,none,2d". */
static bool read_step_windows(struct funnel_question *q, struct err *err)
{
    Str rest = str_trim(request_query(q->request, "step_window"));
    int64_t *limits = q->query.step_window_ms + 1;
    int n = 0, wanted = q->query.steps - 1;

    if (rest.n == 0) return true;
    for (; rest.p && n < wanted; n++) {
        Str text = str_trim(str_cut(&rest, ','));
        if (!str_eq(text, STR("none")) && !time_parse_length(text, &limits[n]))
            return err_set_field(err, "step_window",
                                 "a step's window is a length such as 1d or 30m, or none, not \"%.*s\"", STR_ARG(text));
    }
    if (rest.p || (n != 1 && n != wanted))
        return err_set_field(err, "step_window", "give one window for all steps after the first, or %d, one for each",
                             wanted);
    for (int k = 1; n == 1 && k < wanted; k++) limits[k] = limits[0];
    return true;
}

static bool read_excluded(struct funnel_question *q, struct err *err)
{
    bool *excluded = NULL;
    Str name;

    for (size_t i = 0; request_query_at(q->request, "exclude", i, &name); i++) {
        name = str_trim(name);
        if (name.n == 0) return err_set_field(err, "exclude", "exclude %zu has no event name", i + 1);
        uint32_t id = snapshot_find_name(q->snapshot, name);
        if (id == DICT_NONE) continue; /* no event has it */
        if (!excluded) excluded = ARENA_ARRAY(&q->request->arena, bool, q->snapshot->n_names);
        excluded[id] = true;
    }
    q->query.excluded = excluded;
    return true;
}

static bool read_groups(struct funnel_question *q, struct err *err)
{
    q->has_groups = request_query(q->request, "by").n != 0;
    if (!q->has_groups) return true;
    if (!question_dim(q->request, TOUCH_PLATFORM, &q->dim, err)) return false;
    return question_groups(q->request, q->snapshot, q->dim, &q->groups, err);
}

static bool read_question(struct funnel_question *q, struct err *err)
{
    if (!read_steps(q, err) || !read_order(q, err) || !read_step_windows(q, err) || !read_excluded(q, err))
        return false;
    if (!question_span(q->request, "from", "to", q->snapshot, &q->span, err)) return false;
    if (!question_filter(q->request, q->snapshot, &q->query.first_touch_counts, err)) return false;
    if (!question_length(q->request, "window", WINDOW_DEFAULT_MS, &q->query.window_ms, err)) return false;
    q->query.range = q->span.range;
    q->query.by = (struct grouping){NULL, 1};
    return read_groups(q, err);
}

struct funnel_question *funnel_question_new(struct request *request, const struct snapshot *snapshot, struct err *err)
{
    struct funnel_question *q = ARENA_NEW(&request->arena, struct funnel_question);

    q->request = request;
    q->snapshot = snapshot;
    return read_question(q, err) ? q : NULL;
}
