/* measure/attribution.h -- who gets the credit for a conversion.
 *
 * Is:    the rule models over a snapshot, all in one scan; and the journey of one conversion, with its weights.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: reads the store, the clock or a setting; logs.
 */
#ifndef MEASURE_ATTRIBUTION_H
#define MEASURE_ATTRIBUTION_H

#include "measure/model_text.h"
#include "measure/range.h"
#include "measure/session.h"

/*   name              weight of touch i of L, in time order */
#define ATTRIBUTION_MODELS(X)                                                                                          \
    X(FIRST, "first", "All to the first touch")                                                                        \
    X(LAST, "last", "All to the last touch")                                                                           \
    X(LAST_NON_DIRECT, "last_non_direct", "All to the last touch that is not direct; the last if all are")             \
    X(LAST_PAID, "last_paid", "All to the last paid touch; else the first touch; else the conversion's own")           \
    X(LINEAR, "linear", "The same to each touch")                                                                      \
    X(POSITION, "position", "40 % to the first, 40 % to the last, 20 % to those between; halves for two")              \
    X(TIME_DECAY, "time_decay", "Halves with each half-life of age: 2^(-age / half_life)")                             \
    X(W_SHAPED, "w_shaped", "30 % each to the first touch, the lead's and the opportunity's, 10 % to the others")

enum attribution_model {
#define X(name, text, what) MODEL_##name,
    ATTRIBUTION_MODELS(X)
#undef X
        MODEL_COUNT
};

#define MODEL_BIT(model) (UINT32_C(1) << (model))

struct model_text attribution_model_text(enum attribution_model model);

enum touch_mode {
    TOUCH_EVENTS,   /* every event but conversions is a touch */
    TOUCH_SESSIONS, /* every session is one, with its first event's tuple; also the one the conversion opens */
    TOUCH_JOURNEY,  /* every event is a touch, the conversion's own and earlier conversions too (CRM, spec/3) */
};

struct attribution_query {
    uint32_t conversion;  /* event name id; DICT_NONE: there is none */
    struct range range;   /* of the conversions; touches before it count */
    int64_t lookback_ms;  /* touches are those in (time - lookback, time]; INT64_MAX: all */
    int64_t half_life_ms; /* > 0 */
    enum touch_mode touches;
    struct grouping by;
    const bool *exclude;    /* by group: dropped before weighting; NULL: none. What then has no touch: row by.n */
    const bool *must_touch; /* by touch id: keep only conversions with such a touch in their journey; NULL: all */
    const bool *in_journey; /* by event name id: events that take part at all; NULL: all. Conversions always do */
    uint32_t models;        /* MODEL_BIT of those wanted, 0: all; of others all numbers are 0 */

    /* For w_shaped: event name ids plus one, so that 0 means none, and DICT_NONE + 1 does too. A conversion's milestone
     * is its person's latest such event at or before it that the lookback reaches, in_journey or not, the conversion
     * itself too if it has that name. Its touch is the journey's last at or before it, in order of rows: the event
     * itself if that is a touch, a session by its first event. No such event or no such touch: absent. */
    uint32_t lead_plus_1, opportunity_plus_1;
};

/* One row a group, and one more, at by.n, for conversions that have no touch left (`unattributed`). */
struct attribution_row {
    uint64_t touches;                   /* that took part in some journey, own ones too; each counted once */
    double conversions[MODEL_COUNT];    /* credit; each model sums to the conversions */
    int64_t revenue_minor[MODEL_COUNT]; /* whole minor units; each model sums to the revenue */
};

struct attribution_total {
    uint64_t conversions;
    int64_t revenue_minor;
    uint64_t persons; /* who converted */
};

/* rows: by.n + 1. LIMIT if the revenue, refunds counted without their sign, is more than 64 bits hold. */
bool attribution_count(const struct snapshot *snapshot, const struct attribution_query *query, struct arena *arena,
                       struct attribution_row *rows, struct attribution_total *total, struct err *err) MUST_CHECK;

/* The same, and in the same reading of the history what path_sums_count says of it; errors: those of both. */
struct path_sums;
bool attribution_count_with_sums(const struct snapshot *snapshot, const struct attribution_query *query,
                                 struct arena *arena, struct attribution_row *rows, struct attribution_total *total,
                                 struct path_sums *sums, struct err *err) MUST_CHECK;

/* ---- one conversion opened: its touches and what each model gives them ---- */
struct journey_touch {
    uint64_t row; /* the snapshot row (a session's: that of its first event) */
    uint32_t group;
    bool own; /* the conversion's own touch (its event's, not its session's), as there was no other */
    double weight[MODEL_COUNT];
};

struct journey {
    uint64_t conversion_row;
    uint32_t person;
    uint32_t n; /* touches; 0: unattributed */
    const struct journey_touch *touch;
    int64_t (*revenue_minor)[MODEL_COUNT]; /* n rows: the conversion's revenue as each model splits it */
};

/* Call `see` for each conversion of the query, person by person, from person `from_person` on; it returns false
 * to stop. The journey and its arrays are good until it returns. attribution_count is the sum of these. */
typedef bool journey_fn(void *context, const struct journey *journey);
bool attribution_walk(const struct snapshot *snapshot, const struct attribution_query *query, uint32_t from_person,
                      struct arena *arena, journey_fn *see, void *context, struct err *err) MUST_CHECK;

#endif
