#include "base/time.h"
#include "features/crm/crm_int.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX 500

/* ---- /contracts/multi-touch: each contract with its whole journey ---- */

struct listing {
    const struct history *history;
    struct page page;
    struct json_out *out;
    uint64_t total;
};

static void put_touch(const struct history *history, struct json_out *out, const char *key, uint64_t row)
{
    if (key) json_key(out, key);
    json_open(out, '{');
    json_kv_instant(out, "event_at", history->snapshot->at_ms[row]);
    json_kv_str(out, "platform", history_dim(history, row, TOUCH_PLATFORM));
    json_kv_str(out, "utm_source", history_dim(history, row, TOUCH_SOURCE));
    json_kv_str(out, "campaign_id", history_dim(history, row, TOUCH_CAMPAIGN_ID));
    json_kv_bool(out, "is_contract", history_is_contract(history, row));
    json_close(out, '}');
}

static void put_last_paid(const struct history *history, struct json_out *out, const struct journey *journey)
{
    const struct snapshot *snapshot = history->snapshot;

    for (uint32_t i = journey->n; i-- > 0;) {
        if (!snapshot->touches[snapshot->touch[journey->touch[i].row]].paid) continue;
        put_touch(history, out, "last_paid_touch", journey->touch[i].row);
        return;
    }
    json_kv_null(out, "last_paid_touch");
}

static void put_journey(const struct history *history, struct json_out *out, const struct journey *journey)
{
    struct contract contract = {0};
    char day[TIME_TEXT_MAX];
    uint64_t row = journey->conversion_row;
    bool known = contracts_of_event(history->contracts, history->snapshot->raw[row], &contract);

    json_open(out, '{');
    json_kv_str(out, "doc_id", contract.doc_id);
    json_kv_str(out, "id_source", contract.client);
    json_kv_text(out, "contract_date", known ? time_format_day(contract.day, day) : NULL);
    put_units(out, "contract_amount", history->snapshot->amount_minor[row]);
    json_kv_str(out, "attributed_platform",
                history_dim(history, journey->touch[journey_house_touch(journey)].row, TOUCH_PLATFORM));
    json_kv_i64(out, "touches", journey->n);
    json_kv_i64(out, "days", journey_days(history, journey));
    put_touch(history, out, "first_touch", journey->touch[0].row);
    put_last_paid(history, out, journey);
    json_key(out, "journey");
    json_open(out, '[');
    for (uint32_t i = 0; i < journey->n; i++) put_touch(history, out, NULL, journey->touch[i].row);
    json_close(out, ']');
    json_close(out, '}');
}

static bool list_journey(void *context, const struct journey *journey)
{
    struct listing *list = context;

    if (list->total++ >= list->page.skip && list->total <= list->page.skip + list->page.limit)
        put_journey(list->history, list->out, journey);
    return !list->out->buf->full; /* the answer is refused then */
}

static bool multi_touch(struct history *history, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct listing list = {.history = history, .out = &out};
    struct attribution_query query = history_query(history, (struct grouping){NULL, 1});

    query.models = MODEL_BIT(MODEL_LAST_PAID); /* journey_house_touch */
    if (!question_page(history->request, PAGE_DEFAULT, PAGE_MAX, &list.page, err)) return false;
    json_open(&out, '{');
    json_key(&out, "contracts");
    json_open(&out, '[');
    if (!attribution_walk(history->snapshot, &query, 0, &history->request->arena, list_journey, &list, err))
        return false;
    json_close(&out, ']');
    json_kv_i64(&out, "total", (int64_t)list.total);
    question_put_next(&out, &list.page, list.page.skip + list.page.limit < list.total);
    json_close(&out, '}');
    return true;
}

bool multi_touch_get(struct request *request, struct reply *reply, struct err *err)
{
    return history_answer(request, multi_touch, reply, err);
}

/* ---- /api/v1/contracts: the table as it came, also what does not count ---- */

static bool read_counted(const struct request *request, bool *any, bool *counted, struct err *err)
{
    Str text = request_query(request, "counted");

    *any = text.n == 0;
    *counted = str_eq(text, STR("true"));
    if (*any || *counted || str_eq(text, STR("false"))) return true;
    return err_set_field(err, "counted", "counted is true or false, not \"%.*s\"", STR_ARG(text));
}

static void put_contract(struct json_out *out, const struct contract *contract)
{
    char day[TIME_TEXT_MAX];

    json_open(out, '{');
    json_kv_str(out, "doc_id", contract->doc_id);
    json_kv_str(out, "client", contract->client);
    put_units(out, "cost", contract->cost_minor);
    json_kv_text(out, "date", time_format_day(contract->day, day));
    json_kv_bool(out, "counted", contract->cost_minor > 0);
    json_kv_bool(out, "signed", contract->signed_by);
    json_close(out, '}');
}

bool contracts_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct crm *crm = request->context;
    struct json_out out = json_to(&reply->body);
    struct contracts *contracts = NULL;
    struct contract contract;
    struct page page;
    uint64_t total = 0;
    bool any, counted;

    if (!read_counted(request, &any, &counted, err)) return false;
    if (!question_page(request, PAGE_DEFAULT, PAGE_MAX, &page, err)) return false;
    contracts = pipeline_contracts(crm->pipeline);
    json_open(&out, '{');
    json_key(&out, "contracts");
    json_open(&out, '[');
    for (uint32_t i = 0; contracts_at(contracts, i, &contract); i++) {
        if (!contract.known || (!any && (contract.cost_minor > 0) != counted)) continue;
        if (total++ >= page.skip && total <= page.skip + page.limit) put_contract(&out, &contract);
    }
    json_close(&out, ']');
    json_kv_i64(&out, "total", (int64_t)total);
    question_put_next(&out, &page, page.skip + page.limit < total);
    json_close(&out, '}');
    contracts_release(contracts);
    return true;
}
