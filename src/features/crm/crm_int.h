/* features/crm/crm_int.h -- what the V10 answers share: the CRM's events within a snapshot. */
#ifndef FEATURES_CRM_CRM_INT_H
#define FEATURES_CRM_CRM_INT_H

#include "base/json.h"
#include "features/crm/crm.h"
#include "measure/attribution.h"
#include "report/question.h"

#define MINOR_PER_UNIT 100

struct history {
    struct request *request;
    const struct snapshot *snapshot;
    struct contracts *contracts;
    uint32_t touch_name, contract_name; /* of `CRM Touch` and `Contract Signed`; DICT_NONE */
};

/* Answer a question of the history; it is open as long as `answer` runs. */
typedef bool history_fn(struct history *history, struct reply *reply, struct err *err);
bool history_answer(struct request *request, history_fn *answer, struct reply *reply, struct err *err) MUST_CHECK;

static inline bool history_is_contract(const struct history *history, uint64_t row)
{
    return history->snapshot->name[row] == history->contract_name;
}

static inline bool history_has(const struct history *history, uint64_t row)
{
    return history->snapshot->name[row] == history->touch_name || history_is_contract(history, row);
}

/* first: the client's first event; last: a later event that signed a contract; mid: every other. */
enum stage { STAGE_FIRST, STAGE_MID, STAGE_LAST };
const char *stage_name(enum stage stage);

/* Call `see` for each CRM event, client by client in time order; `nth` counts a client's from 0. */
typedef void event_fn(void *context, uint32_t person, uint64_t row, uint64_t nth, enum stage stage);
void history_walk(const struct history *history, event_fn *see, void *context);

/* The question that the house rule asks: every contract, every touch of its client up to it and its own. */
struct attribution_query history_query(const struct history *history, struct grouping by);
/* The touch that the house rule gives a contract to. */
uint32_t journey_house_touch(const struct journey *journey);
/* Calendar days (UTC, as the export's times) from the first touch to the contract. */
int32_t journey_days(const struct history *history, const struct journey *journey);

Str history_dim(const struct history *history, uint64_t row, enum touch_dim dim);
/* An amount as the contracts have it: whole units, with cents only where there are any. */
void put_units(struct json_out *out, const char *key, int64_t minor);

handler_fn summary_get;                        /* summary_api.c */
handler_fn crm_events_get;                     /* events_api.c */
handler_fn multi_touch_get, contracts_get;     /* contracts_api.c */
handler_fn platforms_get, campaign_funnel_get; /* platforms_api.c */
handler_fn compare_get;                        /* compare_api.c */

#endif
