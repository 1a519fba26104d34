#include "features/attribution/attribution_int.h"

#include "base/time.h"
#include "measure/scratch.h"

#define CONTRACT_SIGNED STR("Contract Signed")

static const char *const TOUCHES[] = {
    [TOUCH_EVENTS] = "events", [TOUCH_SESSIONS] = "sessions", [TOUCH_JOURNEY] = "journey"};

const char *ask_touches_name(enum touch_mode mode)
{
    return TOUCHES[mode];
}

Str ask_key(const struct ask *ask, uint32_t group)
{
    return group == ask->groups.by.n ? UNATTRIBUTED : snapshot_value(ask->snapshot, ask->groups.value[group]);
}

struct model_text model_text_of(int model)
{
    return model_is_rule(model) ? attribution_model_text((enum attribution_model)model)
                                : path_model_text(model_path(model));
}

bool model_find(Str name, int *model)
{
    for (int m = 0; m < ANY_MODEL_COUNT; m++) {
        if (!str_eq(name, str_of(model_text_of(m).name))) continue;
        *model = m;
        return true;
    }
    return false;
}

static bool add_model(struct ask *ask, Str name, struct err *err)
{
    int model;

    if (!model_find(name, &model))
        return err_set_field(err, "models", "there is no model \"%.*s\"; /api/v1/models lists them", STR_ARG(name));
    for (size_t i = 0; i < ask->n_models; i++)
        if (ask->model[i] == model) return err_set_field(err, "models", "%.*s is named twice", STR_ARG(name));
    ask->model[ask->n_models++] = model;
    return true;
}

void ask_want(struct ask *ask, int model)
{
    if (!model_is_rule(model)) ask->paths.wanted[model_path(model)] = true;
    ask->query.models |= MODEL_BIT(model_is_rule(model) ? model : MODEL_LAST);
}

bool ask_read_models(struct ask *ask, struct err *err)
{
    Str rest = request_query(ask->request, "models");

    if (rest.n == 0)
        for (int m = 0; m < ANY_MODEL_COUNT; m++) ask->model[ask->n_models++] = m;
    while (rest.n)
        if (!add_model(ask, str_trim(str_cut(&rest, ',')), err)) return false;
    for (size_t i = 0; i < ask->n_models; i++) ask_want(ask, ask->model[i]);
    return true;
}

bool ask_wants_rules(const struct ask *ask)
{
    for (size_t i = 0; i < ask->n_models; i++)
        if (model_is_rule(ask->model[i])) return true;
    return false;
}

bool ask_wants_paths(const struct ask *ask)
{
    for (int m = 0; m < PATH_MODEL_COUNT; m++)
        if (ask->paths.wanted[m]) return true;
    return false;
}

static bool read_order(struct ask *ask, struct err *err)
{
    Str text = request_query(ask->request, "order");
    int64_t order = 1;

    if (text.n > 0 && !str_eq(text, STR("best")) &&
        (!str_to_i64(text, &order) || order < 1 || order > MARKOV_ORDER_MAX))
        return err_set_field(err, "order", "order is 1 to %d or best, not \"%.*s\"", MARKOV_ORDER_MAX, STR_ARG(text));
    ask->paths.order = str_eq(text, STR("best")) ? 0 : (int)order;
    return true;
}

/* Sessions for what happens on a site; the CRM's events are days apart, each is a touch of its own. */
static bool read_touches(struct ask *ask, struct err *err)
{
    Str text = request_query(ask->request, "touches");

    ask->query.touches = str_eq(ask->conversion, CONTRACT_SIGNED) ? TOUCH_EVENTS : TOUCH_SESSIONS;
    if (text.n == 0) return true;
    for (size_t i = 0; i < COUNT_OF(TOUCHES); i++) {
        if (!str_eq(text, str_of(TOUCHES[i]))) continue;
        ask->query.touches = (enum touch_mode)i;
        return true;
    }
    return err_set_field(err, "touches", "touches is events, sessions or journey, not \"%.*s\"", STR_ARG(text));
}

static bool read_milestone(const struct ask *ask, const char *field, uint32_t *name_plus_1, struct err *err)
{
    Str text = request_query(ask->request, field);

    if (text.n == 0) return true;
    uint32_t name = snapshot_find_name(ask->snapshot, text);
    if (name == DICT_NONE) return err_set_field(err, field, "no event is called \"%.*s\"", STR_ARG(text));
    *name_plus_1 = name + 1;
    return true;
}

static bool read_exclude(struct ask *ask, struct err *err)
{
    bool *exclude = NULL;
    Str key;

    for (size_t i = 0; request_query_at(ask->request, "exclude", i, &key); i++) {
        if (!exclude) exclude = SCRATCH_ARRAY(&ask->request->arena, bool, ask->groups.by.n, err);
        if (!exclude) return false;
        for (uint32_t g = 0; g < ask->groups.by.n; g++)
            if (str_eq_nocase(ask_key(ask, g), key)) exclude[g] = true;
    }
    ask->query.exclude = exclude;
    return true;
}

bool ask_read_journeys(struct ask *ask, struct err *err)
{
    struct request *request = ask->request;

    ask->conversion = request_query(request, "conversion");
    if (ask->conversion.n == 0)
        return err_set_field(err, "conversion",
                             "say which event is the conversion, such as conversion=Order Completed");
    ask->query.conversion = snapshot_find_name(ask->snapshot, ask->conversion);
    if (!question_span(request, "from", "to", ask->snapshot, &ask->span, err)) return false;
    ask->query.range = ask->span.range;
    if (!question_length(request, "lookback", INT64_MAX, &ask->query.lookback_ms, err)) return false;
    if (!question_length(request, "half_life", 7 * TIME_DAY_MS, &ask->query.half_life_ms, err)) return false;
    if (!question_filter(request, ask->snapshot, &ask->query.must_touch, err)) return false;
    if (!read_milestone(ask, "lead", &ask->query.lead_plus_1, err)) return false;
    if (!read_milestone(ask, "opportunity", &ask->query.opportunity_plus_1, err)) return false;
    return read_touches(ask, err) && read_order(ask, err);
}

bool ask_read(struct ask *ask, struct err *err)
{
    if (!ask_read_journeys(ask, err)) return false;
    if (!question_dim(ask->request, TOUCH_PLATFORM, &ask->dim, err)) return false;
    if (!question_groups(ask->request, ask->snapshot, ask->dim, &ask->groups, err)) return false;
    ask->query.by = ask->groups.by;
    return read_exclude(ask, err);
}

bool ask_spend_lines(const struct ask *ask, struct spend_lines *out, struct err *err)
{
    const struct attribution *attribution = ask->request->context;

    return spend_lines_read(ask->request, ask->snapshot, attribution->settings->currency, spend_days(&ask->span), out,
                            err);
}
