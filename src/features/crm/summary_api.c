#include <math.h>

#include "features/crm/crm_int.h"
#include "measure/scratch.h"

struct summary {
    const struct history *history;
    bool *platform_seen; /* by value id */
    int64_t events, clients, contracts, revenue_minor, platforms, clients_with_contract;
    uint32_t last_signer; /* plus 1 */
};

static void count(void *context, uint32_t person, uint64_t row, uint64_t nth, enum stage stage)
{
    struct summary *summary = context;
    const struct snapshot *snapshot = summary->history->snapshot;
    uint32_t platform = snapshot->touches[snapshot->touch[row]].dim[TOUCH_PLATFORM];

    (void)stage;
    summary->events++;
    summary->clients += nth == 0;
    summary->platforms += !summary->platform_seen[platform];
    summary->platform_seen[platform] = true;
    if (!history_is_contract(summary->history, row)) return;
    summary->contracts++;
    summary->revenue_minor = add_or_stay(summary->revenue_minor, snapshot->amount_minor[row]);
    summary->clients_with_contract += summary->last_signer != person + 1;
    summary->last_signer = person + 1;
}

/* As spec/3 counts them: what is neither a first touch nor a contract. A first touch that signs is taken off twice
 * (two are in the sample), so of a history of nothing else there would be less than none. */
static int64_t mid_funnel(const struct summary *s)
{
    int64_t n = s->events - s->clients - s->contracts;
    return n > 0 ? n : 0;
}

static bool answer(struct history *history, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct summary s = {.history = history};

    s.platform_seen = SCRATCH_ARRAY(&history->request->arena, bool, history->snapshot->n_values, err);
    if (!s.platform_seen) return false;
    history_walk(history, count, &s);
    json_open(&out, '{');
    json_kv_i64(&out, "total_events", s.events);
    json_kv_i64(&out, "unique_clients", s.clients);
    json_kv_i64(&out, "first_touch_events", s.clients);
    json_kv_i64(&out, "mid_and_last_touch_events", s.events - s.clients);
    json_kv_i64(&out, "mid_funnel_events", mid_funnel(&s));
    json_kv_i64(&out, "contracts", s.contracts);
    put_units(&out, "total_revenue", s.revenue_minor);
    json_kv_i64(&out, "unique_platforms", s.platforms);
    json_kv_i64(&out, "clients_with_contract", s.clients_with_contract);
    /* events kept for each one that a first-touch table would keep */
    json_kv_double(&out, "data_multiplier", s.clients ? round(100.0 * (double)s.events / (double)s.clients) / 100 : 0);
    json_close(&out, '}');
    return true;
}

bool summary_get(struct request *request, struct reply *reply, struct err *err)
{
    return history_answer(request, answer, reply, err);
}
