#include <math.h>
#include <string.h>

#include "ads/channels.h"
#include "ads/money.h"
#include "features/campaigns/campaigns_int.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000
#define SKIP_MAX 1000000000
#define SHORT_TEXT 100

#define AT(member) offsetof(struct campaign, member)

/* What may be said of a campaign. */
static const struct field FIELDS[] = {
    {"campaign_id", FIELD_TEXT, AT(campaign_id), CAMPAIGN_ID_MAX, FIELD_REQUIRED},
    {"name", FIELD_TEXT, AT(name), AD_TEXT_MAX, 0},
    {"channel_used", FIELD_CHANNEL, AT(channel), CHANNEL_NAME_MAX, FIELD_REQUIRED | FIELD_FIGURE},
    {"status", FIELD_TEXT, AT(status), SHORT_TEXT, 0},
    {"target_audience", FIELD_TEXT, AT(target_audience), AD_TEXT_MAX, 0},
    {"campaign_goal", FIELD_TEXT, AT(campaign_goal), AD_TEXT_MAX, 0},
    {"duration", FIELD_WHOLE, AT(duration_days), 0, 0},
    {"conversion_rate", FIELD_SHARE, AT(conversion_rate), 0, FIELD_FIGURE},
    {"acquisition_cost", FIELD_MONEY, AT(cost_micros), 0, FIELD_FIGURE},
    {"currency", FIELD_CURRENCY, AT(currency), AD_CURRENCY_MAX, FIELD_REQUIRED | FIELD_FIGURE},
    {"roi", FIELD_REAL, AT(roi), 0, FIELD_FIGURE},
    {"location", FIELD_TEXT, AT(location), AD_TEXT_MAX, 0},
    {"language", FIELD_TEXT, AT(language), AD_TEXT_MAX, 0},
    {"clicks", FIELD_WHOLE, AT(clicks), 0, FIELD_FIGURE},
    {"impressions", FIELD_WHOLE, AT(impressions), 0, FIELD_FIGURE},
    {"engagement_score", FIELD_REAL, AT(engagement_score), 0, 0},
    {"customer_segment", FIELD_TEXT, AT(customer_segment), AD_TEXT_MAX, 0},
    {"date", FIELD_DAY, AT(day), 0, FIELD_FIGURE},
    {"company", FIELD_TEXT, AT(company), AD_TEXT_MAX, 0},
};

/* ---- replies ---- */

/* '' is what was not said. */
static void put_text(struct json_out *out, const char *key, Str text)
{
    if (text.n) {
        json_kv_str(out, key, text);
    } else {
        json_kv_null(out, key);
    }
}

static void put_campaign(struct json_out *out, const struct campaign *campaign)
{
    json_open(out, '{');
    json_kv_str(out, "campaign_id", campaign->campaign_id);
    json_kv_str(out, "name", campaign->name);
    json_kv_str(out, "channel_used", campaign->channel);
    json_kv_str(out, "source", campaign->source);
    put_text(out, "status", campaign->status);
    put_text(out, "target_audience", campaign->target_audience);
    put_text(out, "campaign_goal", campaign->campaign_goal);
    put_whole(out, "duration", campaign->duration_days);
    json_kv_double(out, "conversion_rate", campaign->conversion_rate);
    money_put_units(out, "acquisition_cost", campaign->cost_micros);
    put_text(out, "currency", campaign->currency);
    json_kv_double(out, "roi", campaign->roi);
    put_text(out, "location", campaign->location);
    put_text(out, "language", campaign->language);
    put_whole(out, "clicks", campaign->clicks);
    put_whole(out, "impressions", campaign->impressions);
    json_kv_double(out, "engagement_score", campaign->engagement_score);
    put_text(out, "customer_segment", campaign->customer_segment);
    json_kv_day(out, "date", campaign->day);
    put_text(out, "company", campaign->company);
    json_kv_bool(out, "has_days", campaign->has_days);
    json_kv_instant(out, "created_at", campaign->created_ms);
    json_kv_instant(out, "changed_at", campaign->changed_ms);
    json_close(out, '}');
}

static bool reply_list(struct request *request, struct reply *reply, struct campaign_query *query, struct err *err)
{
    Str sort = request_query(request, "sort");
    int64_t total;
    size_t n;

    if (!request_query_whole(request, "skip", 0, 0, SKIP_MAX, &query->skip, err)) return false;
    if (!request_query_whole(request, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX, &query->limit, err)) return false;
    if (!campaign_sort_find(sort.n ? sort : STR("-day"), &query->sort, err)) return false;
    query->part = str_trim(request_query(request, "q"));
    struct campaign *rows = ARENA_ARRAY(&request->arena, struct campaign, (size_t)query->limit);
    if (!campaigns_list(request->db, query, &request->arena, rows, &n, &total, err)) return false;
    struct json_out out = json_to(&reply->body);
    json_open(&out, '{');
    json_key(&out, "campaigns");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_campaign(&out, &rows[i]);
    json_close(&out, ']');
    json_kv_i64(&out, "total", total);
    json_kv_i64(&out, "skip", query->skip);
    json_kv_i64(&out, "limit", query->limit);
    json_close(&out, '}');
    return true;
}

static bool of_channel(struct request *request, Str name, struct campaign_query *query, struct err *err)
{
    return channel_find(request->db, name, &query->channel_id, err) &&
           (query->channel_id || err_set(err, ERR_NOT_FOUND, "there is no channel \"%.*s\"", STR_ARG(name)));
}

bool campaigns_get(struct request *request, struct reply *reply, struct err *err)
{
    Str channel = request_query(request, "channel");
    struct campaign_query query = {0};

    if (channel.n && !of_channel(request, channel, &query, err))
        return err->code == ERR_NOT_FOUND &&
               err_set_field(err, "channel", "there is no channel \"%.*s\"", STR_ARG(channel));
    return reply_list(request, reply, &query, err);
}

bool campaigns_of_channel_get(struct request *request, struct reply *reply, struct err *err)
{
    struct campaign_query query = {0};

    return of_channel(request, request->param[0], &query, err) && reply_list(request, reply, &query, err);
}

bool campaign_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct campaign campaign;

    if (!campaign_read(request->db, request->param[0], &request->arena, &campaign, err)) return false;
    put_campaign(&out, &campaign);
    return true;
}

/* ---- changes ---- */

static bool check_id(Str id, struct err *err)
{
    bool ok = id.n != 0 && str_is_utf8(id);

    for (size_t i = 0; ok && i < id.n; i++) ok = id.p[i] != '/' && (unsigned char)id.p[i] >= ' ';
    return ok ||
           err_set_field(err, "campaign_id", "a campaign has an id of 1 to %d bytes without a /", CAMPAIGN_ID_MAX);
}

static bool insert(struct request *request, struct db *db, void *what, struct err *err)
{
    struct campaign *campaign = what;

    (void)request;
    if (channel_of_name(db, campaign->channel, &campaign->channel_id, err)) return campaign_insert(db, campaign, err);
    if (strcmp(err->field, "channel") == 0) err_set_field(err, "channel_used", "channel_used is the name of a channel");
    return false;
}

bool campaigns_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct campaigns *campaigns = request->context;
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct campaign campaign = {.currency = campaigns->settings->currency,
                                .duration_days = AD_NOT_SAID,
                                .cost_micros = AD_NOT_SAID,
                                .clicks = AD_NOT_SAID,
                                .impressions = AD_NOT_SAID,
                                .day = AD_NOT_SAID,
                                .conversion_rate = NAN,
                                .roi = NAN,
                                .engagement_score = NAN};

    if (!json || !body_read(json, FIELDS, COUNT_OF(FIELDS), 0, &campaign, err)) return false;
    if (!check_id(campaign.campaign_id, err)) return false;
    if (!campaign.channel.n) return err_set_field(err, "channel_used", "name the channel of the campaign");
    if (!campaign.name.n) campaign.name = campaign.campaign_id;
    if (!change_stored(request, insert, &campaign, err)) return false;
    if (!campaign_read(request->db, campaign.campaign_id, &request->arena, &campaign, err)) return false;
    struct json_out out = json_to(&reply->body);
    reply->status = 201;
    put_campaign(&out, &campaign);
    return true;
}

/* Read and written in one transaction, so that two changes at once do not undo each other. */
static bool update(struct request *request, struct db *db, void *what, struct err *err)
{
    const struct json *json = what;
    struct campaign campaign;

    if (!campaign_read(db, request->param[0], &request->arena, &campaign, err)) return false;
    Str id = campaign.campaign_id, channel = campaign.channel;
    if (!body_read(json, FIELDS, COUNT_OF(FIELDS), campaign.has_days ? FIELD_FIGURE : 0, &campaign, err)) return false;
    if (!str_eq(id, campaign.campaign_id))
        return err_set_field(err, "campaign_id", "a campaign keeps its id, \"%.*s\"", STR_ARG(id));
    if (!campaign.name.n) campaign.name = id;
    if (!str_eq(channel, campaign.channel) && !channel_of_name(db, campaign.channel, &campaign.channel_id, err))
        return err_set_field(err, "channel_used", "channel_used is the name of a channel");
    return campaign_update(db, &campaign, err);
}

bool campaign_put(struct request *request, struct reply *reply, struct err *err)
{
    const struct json *json = json_parse(request->body, &request->arena, err);
    void *what = (void *)(uintptr_t)json;

    return json && change_stored(request, update, what, err) && campaign_get(request, reply, err);
}

static bool remove_campaign(struct request *request, struct db *db, void *what, struct err *err)
{
    (void)what;
    return campaign_remove(db, request->param[0], &request->arena, err);
}

bool campaign_delete(struct request *request, struct reply *reply, struct err *err)
{
    reply->status = 204;
    return change_stored(request, remove_campaign, NULL, err);
}

/* ---- days ---- */

static void put_line(struct json_out *out, const struct campaign_day *day)
{
    int64_t conversions = day->count[AD_CONVERSIONS];

    json_open(out, '{');
    json_kv_day(out, "date", day->day);
    json_kv_str(out, "channel", day->channel);
    put_whole(out, "impressions", day->count[AD_IMPRESSIONS]);
    put_whole(out, "reach", day->count[AD_REACH]);
    put_whole(out, "clicks", day->count[AD_CLICKS]);
    money_put_units(out, "spend", day->count[AD_SPEND]);
    json_kv_double(out, "conversions", conversions == AD_NOT_SAID ? NAN : (double)conversions / (double)AD_MONEY_UNIT);
    money_put_units(out, "revenue", day->count[AD_REVENUE]);
    json_kv_str(out, "currency", day->currency);
    json_close(out, '}');
}

bool campaign_days_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct campaign_day *days;
    struct campaign campaign;
    int32_t first, last;
    size_t n;

    if (!query_day(request, "from", INT32_MIN, &first, err)) return false;
    if (!query_day(request, "to", INT32_MAX, &last, err)) return false;
    if (!campaign_read(request->db, request->param[0], &request->arena, &campaign, err)) return false;
    if (!campaign_days(request->db, campaign.id, first, last, &request->arena, &days, &n, err)) return false;
    struct json_out out = json_to(&reply->body);
    json_open(&out, '{');
    json_key(&out, "days");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_line(&out, &days[i]);
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}
