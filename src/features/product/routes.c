#include "features/product/product_int.h"

static const struct param VALUES_PARAMS[] = {
    {"dim", "string", "platform, source, medium, campaign, campaign_id, content, term, creative or source_type"},
    {"q", "string", "Only values that contain this"},
    {0},
};

#define EVENT_PARAMS                                                                                                   \
    {"event", "string", "Count only events of this name"},                                                             \
    {                                                                                                                  \
        "conversion", "string",                                                                                        \
            "The event that counts as conversion and order and brings the revenue; left out: revenue of all, and "     \
            "orders are the events with more than no money"                                                            \
    }

static const struct param METRICS_PARAMS[] = {
    SPAN_PARAMS,
    FILTER_PARAM,
    SEGMENT_PARAM,

    COMPARE_PARAM,
    {"names", "string",
     "Comma-separated, the first six when left out: events; persons (with an event that counts); sessions; "
     "conversions; converted (persons); revenue; orders; payers (persons with an order); session_ms (mean length, from "
     "first event to last, of the sessions that began); bounce_rate (the share of them with one event); aov (revenue "
     "by order); arpu (revenue by person); arppu (revenue by payer); dau, wau, mau (distinct persons with an event "
     "that counts in the day, the 7 and the 30 days that end with the last day of the point, whole days of the "
     "reporting time zone, also those before `from`; while a point is not over its last day is today; for a point "
     "longer than a day, and for the totals, whose point is the span, dau is the mean over its days); stickiness (dau "
     "by mau)"},
    {"step", "string", "hour, day, week (from Monday) or month; chosen by the length when left out"},
    EVENT_PARAMS,
    {0},
};
static const struct param BREAKDOWN_PARAMS[] = {
    SPAN_PARAMS,
    FILTER_PARAM,
    SEGMENT_PARAM,

    COMPARE_PARAM,
    {"by", "string", "The dimension; platform when left out"},
    {"names", "string", "Metrics to give beside the first six, as in metrics; the span is one point"},
    EVENT_PARAMS,
    {"sort", "string", "A metric; events when left out; most first"},
    {"limit", "integer", "Rows, at most 1000; 100 when left out"},
    {"property", "string",
     "Instead of by: a property of `event`, such as properties.plan or context.device.type; the reply is a "
     "PropertyBreakdown, sorted by events, persons or revenue"},
    {0},
};
static const struct param PROPERTIES_PARAMS[] = {{"event", "string", "Its name"}, {0}};
#define FUNNEL_QUESTION_PARAMS                                                                                         \
    SPAN_PARAMS, FILTER_PARAM, SEGMENT_PARAM,                                                                          \
        {"step", "list", "An event name; give it once for each step, 2 to 64 of them"},                                \
        {"order", "string",                                                                                            \
         "best (when left out): other events may stand between steps; strict: no other event of the person does; "     \
         "any: the steps in whatever order"},                                                                          \
        {"window", "length", "From the first step to the last; 30d when left out, none: no limit"},                    \
        {"step_window", "string",                                                                                      \
         "From the step before, a length or none: one for all steps after the first, or one for each, as in 1h,none"}, \
        {"exclude", "list", "An event name that may not stand between the first and the last step; may repeat"},       \
    {                                                                                                                  \
        "by", "string", "A dimension of the first step's touch, to break down by"                                      \
    }
static const struct param FUNNEL_PARAMS[] = {
    FUNNEL_QUESTION_PARAMS,
    COMPARE_PARAM,
    {"trend", "string", "day, week (from Monday) or month of the first step, in the reporting time zone"},
    {"times", "boolean", "false: how many came alone, which is faster; how long it took is null or left out"},
    {0},
};
static const struct param FUNNEL_PERSONS_PARAMS[] = {
    FUNNEL_QUESTION_PARAMS,
    {"reached", "integer", "Those who reached this step, the first is 1; either this or dropped"},
    {"dropped", "integer", "Those who reached the step before this one and no further"},
    {"key", "string", "Only those of this group of by="},
    PAGE_PARAMS,
    {0},
};

#define COHORT_PARAMS                                                                                                  \
    {"start", "string",                                                                                                \
     "The event that makes a person a member of a cohort, if it lies between from and to; * or left out: any event"},  \
        {"unit", "string", "day, week (from Monday) or month, in the reporting time zone; week when left out"},        \
        {"periods", "integer", "How many periods after its own to follow a cohort, 1 to 60; 8 when left out"},         \
        {"cohorts", "string",                                                                                          \
         "first (when left out): a person is in the cohort of its first start event ever; recurring: in that of each " \
         "period in which it has one"},                                                                                \
    {                                                                                                                  \
        "by", "string", "A dimension of the start event's touch, to break down by; filter looks at the same touch"     \
    }
#define RETURN_PARAMS                                                                                                  \
    {"return", "string", "The event that counts as coming back, also after `to`; * or left out: any event"},           \
    {                                                                                                                  \
        "mode", "string",                                                                                              \
            "on (when left out): came back in the k-th period after; on_or_after: in the k-th or any later one"        \
    }
#define PERSONS_PARAMS                                                                                                 \
    {"q", "string", "Only persons shown under an alias that contains this, or that have this very alias"},             \
        {"sort", "string",                                                                                             \
         "place (when left out): as their first events stand in the raw log; last_seen: who was seen last first; "     \
         "revenue: who brought "                                                                                       \
         "most first"},                                                                                                \
        PAGE_PARAMS

static const struct param RETENTION_PARAMS[] = {SPAN_PARAMS,   FILTER_PARAM,  SEGMENT_PARAM,
                                                COHORT_PARAMS, RETURN_PARAMS, {0}};
static const struct param LTV_PARAMS[] = {
    SPAN_PARAMS,
    FILTER_PARAM,
    SEGMENT_PARAM,
    COHORT_PARAMS,
    {"conversion", "string", "Only its revenue; left out: that of all events"},
    {0},
};
static const struct param RETENTION_PERSONS_PARAMS[] = {
    SPAN_PARAMS,
    FILTER_PARAM,
    SEGMENT_PARAM,
    COHORT_PARAMS,
    RETURN_PARAMS,
    {"cohort", "day", "`start` of the cohort; any day of its period will do"},
    {"cell", "integer", "Which period after the cohort's own, 0 to `periods`; 0, all of the cohort, when left out"},
    {"returned", "string", "true (when left out): those counted in the cell; false: the others of the cohort"},
    {"key", "string", "With by=: only those of this group"},
    PERSONS_PARAMS,
    {0},
};
static const struct param PERSONS_LIST_PARAMS[] = {
    SPAN_PARAMS,
    FILTER_PARAM,
    SEGMENT_PARAM,
    EVENT_PARAMS,
    {"metric", "string",
     "Whom to list, as metrics and breakdown count them: persons, converted or payers; left out: converted when "
     "conversion= is given, else persons"},
    {"by", "string", "A dimension, for `key`; platform when left out"},
    {"key", "string", "Only those counted in this row of the breakdown by `by`"},
    PERSONS_PARAMS,
    {0},
};
#define PATHS_QUESTION_PARAMS                                                                                          \
    SPAN_PARAMS, FILTER_PARAM, SEGMENT_PARAM,                                                                          \
        {"anchor", "string",                                                                                           \
         "The event that paths begin with (direction=to: lead to), when it lies between from and to"},                 \
        {"direction", "string", "from (when left out): what comes after the anchor; to: what came before it"},         \
        {"depth", "integer", "Steps from the anchor, 1 to 8; 5 when left out"},                                        \
        {"window", "string",                                                                                           \
         "session (when left out): the anchor's session; or a length from the anchor such as 1d; none: no limit"},     \
        {"occurrences", "string", "all (when left out): each anchor event begins a path; first: each person's first"}, \
    {                                                                                                                  \
        "collapse", "string", "true: the same event several times in a row is one step; false when left out"           \
    }
static const struct param PATHS_PARAMS[] = {
    PATHS_QUESTION_PARAMS,
    {"limit", "integer", "Event names a level, the most frequent, 1 to 50; 10 when left out; the rest is (other)"},
    {0},
};
static const struct param PATHS_PERSONS_PARAMS[] = {
    PATHS_QUESTION_PARAMS,
    {"names", "integer", "What `limit` is in paths: it says which names are (other); 10 when left out"},
    {"level", "integer", "Where `node` stands: 0 (when left out) is the anchor, then each step; at most `depth`"},
    {"node", "string",
     "event:NAME, also of a name that is among the others; other; or end: the paths without this step. At level 0 it "
     "may be left out"},
    {"next", "string",
     "What stands at the level after, in the same way: the link from `node` to it, not all of `node`"},
    PERSONS_PARAMS,
    {0},
};
static const struct param PERSON_PARAMS[] = {PAGE_PARAMS, {0}};

static const struct route ROUTES[] = {
    {GET, "/api/v1/session", AUTH_READ, 0, session_get, "Who is logged in, and what data there is", NULL, NULL,
     "Session", 0},
    {GET, "/api/v1/names", AUTH_READ, 0, names_get, "Event names with counts, the 1,000 with most events", NULL, NULL,
     "Names", 0},
    {GET, "/api/v1/values", AUTH_READ, 0, values_get, "Values of a dimension, the 200 with most events", VALUES_PARAMS,
     NULL, "Values", 0},
    {GET, "/api/v1/metrics", AUTH_READ, 0, metrics_get, "Counts over time", METRICS_PARAMS, NULL, "Metrics", 0},
    {GET, "/api/v1/breakdown", AUTH_READ, 0, breakdown_get, "Counts by a dimension or by a property", BREAKDOWN_PARAMS,
     NULL, "BreakdownAny", 0},
    {GET, "/api/v1/properties", AUTH_READ, 0, properties_get, "The properties of an event, from its 200 latest",
     PROPERTIES_PARAMS, NULL, "Properties", 0},
    {GET, "/api/v1/funnel", AUTH_READ, 0, funnel_get, "People who reached each step", FUNNEL_PARAMS, NULL, "Funnel", 0},
    {GET, "/api/v1/funnel/persons", AUTH_READ, 0, funnel_persons_get, "Who reached a step, or dropped out before it",
     FUNNEL_PERSONS_PARAMS, NULL, "FunnelPersons", 0},
    {GET, "/api/v1/retention", AUTH_READ, 0, retention_get, "Who came back, by the period in which they started",
     RETENTION_PARAMS, NULL, "Retention", 0},
    {GET, "/api/v1/retention/persons", AUTH_READ, 0, retention_persons_get, "Who they are: the persons of one cell",
     RETENTION_PERSONS_PARAMS, NULL, "Persons", 0},
    {GET, "/api/v1/ltv", AUTH_READ, 0, ltv_get, "What cohorts bring, period by period, from the start event on",
     LTV_PARAMS, NULL, "Ltv", 0},
    {GET, "/api/v1/persons", AUTH_READ, 0, persons_get, "Who they are: the persons of a count", PERSONS_LIST_PARAMS,
     NULL, "Persons", 0},
    {GET, "/api/v1/paths", AUTH_READ, 0, paths_get, "What people do after an event, or before it", PATHS_PARAMS, NULL,
     "Paths", 0},
    {GET, "/api/v1/paths/persons", AUTH_READ, 0, paths_persons_get,
     "Who they are: the persons of one node or link, each once however many paths of it it has", PATHS_PERSONS_PARAMS,
     NULL, "Persons", 0},
    {GET, "/api/v1/journeys/{person*}", AUTH_READ, 0, person_get, "What one person did", PERSON_PARAMS, NULL, "Person",
     0},
    {GET, "/api/v1/persons/{person*}", AUTH_ADMIN, 0, person_log_get,
     "All that the raw log holds of one person, by any of its aliases, as it came", PERSON_PARAMS, NULL, "PersonLog",
     0},
    {DELETE, "/api/v1/persons/{person*}", AUTH_ADMIN, 0, person_log_delete,
     "Erase a person: its events leave the raw log and every report, and cannot be had back", NULL, NULL, "Erased", 0},
    {GET, "/api/v1/raw/{ref}", AUTH_READ, 0, raw_get, "One event as it came", NULL, NULL, "Raw", 0},
};

struct route_table product_routes(struct product *product)
{
    return (struct route_table){"Product", ROUTES, COUNT_OF(ROUTES), "features/product/schemas.json", product};
}
