#include "ads/budgets.h"

#include "ads/channels.h"
#include "ads/money.h"
#include "base/time.h"
#include "features/campaigns/campaigns_int.h"

/* A body; what is not in it stays as it was. */
struct said {
    Str name, channel, campaign_id, currency;
    int64_t first_day, last_day, amount_micros;
};

#define AT(member) offsetof(struct said, member)

static const struct field FIELDS[] = {
    {"name", FIELD_TEXT, AT(name), BUDGET_NAME_MAX, FIELD_REQUIRED},
    {"channel", FIELD_CHANNEL, AT(channel), CHANNEL_NAME_MAX, 0},
    {"campaign_id", FIELD_TEXT, AT(campaign_id), CAMPAIGN_ID_MAX, 0},
    {"first_day", FIELD_DAY, AT(first_day), 0, FIELD_REQUIRED},
    {"last_day", FIELD_DAY, AT(last_day), 0, FIELD_REQUIRED},
    {"amount", FIELD_MINOR, AT(amount_micros), 0, FIELD_REQUIRED},
    {"currency", FIELD_CURRENCY, AT(currency), AD_CURRENCY_MAX, FIELD_REQUIRED},
};

/* ---- replies ---- */

static void put_name(struct json_out *out, const char *key, bool any, Str name)
{
    if (any) {
        json_kv_str(out, key, name);
    } else {
        json_kv_null(out, key);
    }
}

static void put_budget(struct json_out *out, const struct budget *budget, int32_t today)
{
    struct budget_pace pace = budget_pace(budget, today);

    json_open(out, '{');
    json_kv_i64(out, "id", budget->id);
    json_kv_str(out, "name", budget->name);
    put_name(out, "channel", budget->channel_id != 0, budget->channel);
    put_name(out, "campaign_id", budget->campaign != 0, budget->campaign_id);
    put_name(out, "campaign_name", budget->campaign != 0, budget->campaign_name);
    json_kv_day(out, "first_day", budget->first_day);
    json_kv_day(out, "last_day", budget->last_day);
    money_put_minor(out, "amount", budget->amount_micros);
    json_kv_str(out, "currency", budget->currency);
    money_put_minor(out, "spent", budget->spent_micros);
    json_kv_i64(out, "unpriced", budget->unpriced);
    json_kv_double(out, "share", pace.share);
    json_kv_double(out, "pace", pace.pace);
    json_kv_i64(out, "days_left", pace.days_left);
    json_kv_instant(out, "created_at", budget->created_ms);
    json_kv_instant(out, "changed_at", budget->changed_ms);
    json_close(out, '}');
}

bool budgets_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    int32_t today = time_day_of(time_now_ms());
    const struct budget *budgets;
    size_t n;

    if (!budgets_list(request->db, &request->arena, &budgets, &n, err)) return false;
    json_open(&out, '{');
    json_key(&out, "budgets");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_budget(&out, &budgets[i], today);
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

static bool reply_budget(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct budget budget;

    if (!budget_read(request->db, id, &request->arena, &budget, err)) return false;
    put_budget(&out, &budget, time_day_of(time_now_ms()));
    return true;
}

/* ---- changes ---- */

static struct said said_of(const struct budget *budget)
{
    return (struct said){.name = budget->name,
                         .channel = budget->channel,
                         .campaign_id = budget->campaign_id,
                         .currency = budget->currency,
                         .first_day = budget->first_day,
                         .last_day = budget->last_day,
                         .amount_micros = budget->amount_micros};
}

static bool find_channel(struct db *db, Str name, int64_t *id, struct err *err)
{
    *id = 0;
    if (!name.n) return true;
    if (!channel_find(db, name, id, err)) return false;
    return *id || err_set_field(err, "channel", "there is no channel \"%.*s\"", STR_ARG(name));
}

static bool find_campaign(struct request *request, struct db *db, Str campaign_id, int64_t *id, struct err *err)
{
    struct campaign campaign = {0};

    if (campaign_id.n && !campaign_read(db, campaign_id, &request->arena, &campaign, err))
        return err->code == ERR_NOT_FOUND &&
               err_set_field(err, "campaign_id", "there is no campaign \"%.*s\"", STR_ARG(campaign_id));
    *id = campaign.id;
    return true;
}

static bool apply(struct request *request, struct db *db, const struct said *said, struct budget *budget,
                  struct err *err)
{
    budget->name = said->name;
    budget->currency = said->currency;
    budget->first_day = (int32_t)said->first_day;
    budget->last_day = (int32_t)said->last_day;
    budget->amount_micros = said->amount_micros;
    return find_channel(db, said->channel, &budget->channel_id, err) &&
           find_campaign(request, db, said->campaign_id, &budget->campaign, err);
}

struct change {
    const struct json *json;
    struct said said;
    struct budget budget;
};

static bool insert(struct request *request, struct db *db, void *what, struct err *err)
{
    struct change *change = what;

    return apply(request, db, &change->said, &change->budget, err) && budget_insert(db, &change->budget, err);
}

bool budgets_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct campaigns *campaigns = request->context;
    struct change change = {.json = json_parse(request->body, &request->arena, err)};
    struct said *said = &change.said;

    *said = (struct said){.currency = campaigns->settings->currency,
                          .first_day = AD_NOT_SAID,
                          .last_day = AD_NOT_SAID,
                          .amount_micros = AD_NOT_SAID};
    if (!change.json || !body_read(change.json, FIELDS, COUNT_OF(FIELDS), 0, said, err)) return false;
    if (said->first_day == AD_NOT_SAID) return err_set_field(err, "first_day", "name the budget's first day");
    if (said->last_day == AD_NOT_SAID) return err_set_field(err, "last_day", "name the budget's last day");
    if (said->amount_micros == AD_NOT_SAID) return err_set_field(err, "amount", "say how much may be spent");
    if (!change_stored(request, insert, &change, err)) return false;
    reply->status = 201;
    return reply_budget(request, reply, change.budget.id, err);
}

static bool update(struct request *request, struct db *db, void *what, struct err *err)
{
    struct change *change = what;

    if (!budget_read(db, change->budget.id, &request->arena, &change->budget, err)) return false;
    change->said = said_of(&change->budget);
    return body_read(change->json, FIELDS, COUNT_OF(FIELDS), 0, &change->said, err) &&
           apply(request, db, &change->said, &change->budget, err) && budget_update(db, &change->budget, err);
}

bool budget_put(struct request *request, struct reply *reply, struct err *err)
{
    struct change change = {.json = json_parse(request->body, &request->arena, err)};

    return change.json && request_param_whole(request, 0, &change.budget.id, err) &&
           change_stored(request, update, &change, err) && reply_budget(request, reply, change.budget.id, err);
}

static bool remove_budget(struct request *request, struct db *db, void *what, struct err *err)
{
    (void)request;
    return budget_remove(db, *(const int64_t *)what, err);
}

bool budget_delete(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    reply->status = 204;
    return change_stored(request, remove_budget, &id, err);
}
