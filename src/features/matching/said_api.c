#include "ads/matches.h"
#include "events/facts.h"
#include "features/matching/matching_int.h"

/* The dimensions that something can be said of; measure/campaign_join.h reads just these. */
static bool check_dim(Str dim, struct err *err)
{
    static const enum touch_dim DIMS[] = {TOUCH_CAMPAIGN, TOUCH_CAMPAIGN_ID, TOUCH_CREATIVE, TOUCH_CONTENT,
                                          TOUCH_SOURCE};

    for (size_t i = 0; i < COUNT_OF(DIMS); i++)
        if (str_eq(dim, str_of(touch_dim_name(DIMS[i])))) return true;
    return err_set_field(err, "dim", "dim is campaign, campaign_id, creative, content or source, not \"%.*s\"",
                         STR_ARG(dim));
}

/* The campaign's row; 0 for null. */
static bool find_campaign(struct db *db, const struct json *value, int64_t *id, struct err *err)
{
    Str campaign_id = json_str(value);

    *id = 0;
    if (json_is_null(value)) return true;
    if (campaign_id.n == 0) return err_set_field(err, "campaign_id", "is the campaign_id of a campaign, or null");
    struct db_rows rows = db_query(db, "SELECT id FROM campaign WHERE campaign_id = $1", DB_ARGS(DB_TEXT(campaign_id)));
    if (db_next(&rows)) *id = db_i64(&rows, 0);
    if (!db_end(&rows, err)) return false;
    return *id != 0 || err_set_field(err, "campaign_id", "there is no campaign \"%.*s\"", STR_ARG(campaign_id));
}

static bool read_match(struct request *request, struct match *out, struct err *err)
{
    const struct json *body = json_parse(request->body, &request->arena, err);

    if (!body) return false;
    if (!json_is_object(body)) return err_set(err, ERR_INVALID, "the body is an object with dim, value, campaign_id");
    *out = (struct match){.dim = json_str(json_get(body, "dim")),
                          .value = str_trim(json_str(json_get(body, "value"))),
                          .origin = STR("hand")};
    if (!check_dim(out->dim, err)) return false;
    if (out->value.n == 0 || out->value.n > MATCH_VALUE_MAX)
        return err_set_field(err, "value", "is a text of 1 to %d bytes", MATCH_VALUE_MAX);
    if (!json_get(body, "campaign_id"))
        return err_set_field(err, "campaign_id", "say which campaign is meant, or null for none");
    return find_campaign(request->db, json_get(body, "campaign_id"), &out->campaign_id, err);
}

bool match_put_api(struct request *request, struct reply *reply, struct err *err)
{
    const struct matching *matching = request->context;
    struct json_out out = json_to(&reply->body);
    struct match match = {0};

    if (!read_match(request, &match, err)) return false;
    struct db *db = store_writer_take(matching->store);
    bool ok = match_put(db, &match, err);
    store_writer_give(matching->store);
    if (!ok) return false;
    json_open(&out, '{');
    json_kv_str(&out, "dim", match.dim);
    json_kv_str(&out, "value", match.value);
    json_key(&out, "campaign_id");
    if (match.campaign_id) {
        json_put_str(&out, json_str(json_get(json_parse(request->body, &request->arena, err), "campaign_id")));
    } else {
        json_put_null(&out);
    }
    json_close(&out, '}');
    return true;
}

bool match_delete_api(struct request *request, struct reply *reply, struct err *err)
{
    const struct matching *matching = request->context;

    reply->status = 204;
    struct db *db = store_writer_take(matching->store);
    bool ok = match_remove(db, request->param[0], request->param[1], err);
    store_writer_give(matching->store);
    return ok;
}
