#include <stdlib.h>

#include "base/json.h"
#include "base/time.h"
#include "features/product/product_int.h"
#include "measure/catalog.h"
#include "measure/scratch.h"

#define VALUES_SHOWN 200
#define NAMES_SHOWN 1000
#define CONVERSIONS_SHOWN 50

static void put_day(struct json_out *out, const char *key, bool any, int32_t day)
{
    char text[TIME_TEXT_MAX];
    json_kv_text(out, key, any ? time_format_day(day, text) : NULL);
}

static int more_revenue(const void *a, const void *b)
{
    const struct catalog_name *x = a, *y = b;
    if (x->revenue_minor != y->revenue_minor) return x->revenue_minor < y->revenue_minor ? 1 : -1;
    return (x->name > y->name) - (x->name < y->name);
}

/* Names that bring money, most first: what a marketer would call a conversion. */
static bool put_conversions(struct json_out *out, struct request *request, const struct snapshot *snapshot,
                            struct err *err)
{
    struct catalog_name *names = ARENA_ARRAY(&request->arena, struct catalog_name, snapshot->n_names);

    if (!catalog_names(snapshot, &request->arena, names, err)) return false;
    qsort(names, snapshot->n_names, sizeof *names, more_revenue);
    json_key(out, "conversions");
    json_open(out, '[');
    for (uint32_t i = 0; i < snapshot->n_names && i < CONVERSIONS_SHOWN && names[i].revenue_minor > 0; i++)
        json_put_str(out, snapshot_name(snapshot, names[i].name));
    json_close(out, ']');
    return true;
}

static void put_unpriced(struct json_out *out, struct pipeline *pipeline)
{
    struct unpriced unpriced[UNPRICED_MAX];
    size_t n = pipeline_unpriced(pipeline, unpriced);

    json_key(out, "amounts_without_rate_in");
    json_open(out, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(out, '{');
        json_kv_text(out, "currency", unpriced[i].code[0] ? unpriced[i].code : NULL);
        json_kv_i64(out, "events", (int64_t)unpriced[i].events);
        json_close(out, '}');
    }
    json_close(out, ']');
}

bool session_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    const struct snapshot *snapshot = pipeline_snapshot(product->pipeline);
    struct json_out out = json_to(&reply->body);
    struct pipeline_state state;
    bool any = snapshot->n_events != 0;

    pipeline_state(product->pipeline, &state);
    json_open(&out, '{');
    json_kv_text(&out, "role", request->who.role == AUTH_ADMIN ? "admin" : "read");
    json_kv_text(&out, "version", product->version);
    json_kv_str(&out, "currency", product->settings->currency);
    json_kv_str(&out, "timezone", product->settings->timezone);
    json_kv_i64(&out, "events", (int64_t)snapshot->n_events);
    json_kv_i64(&out, "persons", snapshot->n_persons);
    json_kv_instant(&out, "first_at", any ? snapshot->first_ms : INT64_MIN);
    json_kv_instant(&out, "last_at", any ? snapshot->last_ms : INT64_MIN);
    put_day(&out, "first_day", any, any ? time_day_of(snapshot->first_ms) : 0);
    put_day(&out, "last_day", any, any ? time_day_of(snapshot->last_ms) : 0);
    put_day(&out, "today", true, time_day_of(time_now_ms()));
    bool ok = put_conversions(&out, request, snapshot, err);
    json_kv_i64(&out, "amounts_without_rate", (int64_t)state.amounts_unpriced);
    put_unpriced(&out, product->pipeline);
    json_close(&out, '}');
    snapshot_close(snapshot);
    return ok;
}

static bool put_names(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct catalog_name *names = ARENA_ARRAY(&request->arena, struct catalog_name, snapshot->n_names);
    struct json_out out = json_to(&reply->body);

    if (!catalog_names(snapshot, &request->arena, names, err)) return false;
    json_open(&out, '{');
    json_key(&out, "names");
    json_open(&out, '[');
    for (uint32_t i = 0; i < snapshot->n_names && i < NAMES_SHOWN && names[i].events; i++) {
        json_open(&out, '{');
        json_kv_str(&out, "name", snapshot_name(snapshot, names[i].name));
        json_kv_i64(&out, "events", (int64_t)names[i].events);
        json_kv_i64(&out, "persons", (int64_t)names[i].persons);
        json_kv_i64(&out, "revenue", names[i].revenue_minor);
        json_kv_instant(&out, "last_at", names[i].last_ms);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

bool names_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    const struct snapshot *snapshot = pipeline_snapshot(product->pipeline);
    bool ok = put_names(request, snapshot, reply, err);

    snapshot_close(snapshot);
    return ok;
}

static bool put_values(struct request *request, const struct snapshot *snapshot, enum touch_dim dim,
                       struct reply *reply, struct err *err)
{
    struct catalog_value *values = SCRATCH_ARRAY(&request->arena, struct catalog_value, snapshot->n_values, err);
    struct json_out out = json_to(&reply->body);
    Str part = request_query(request, "q");
    uint32_t n, shown = 0;

    if (!values || !catalog_values(snapshot, dim, &request->arena, values, &n, err)) return false;
    json_open(&out, '{');
    json_key(&out, "values");
    json_open(&out, '[');
    for (uint32_t i = 0; i < n && shown < VALUES_SHOWN; i++) {
        Str text = snapshot_value(snapshot, values[i].value);
        if (!str_contains_nocase(text, part)) continue;
        json_open(&out, '{');
        json_kv_str(&out, "value", text);
        json_kv_i64(&out, "events", (int64_t)values[i].events);
        json_close(&out, '}');
        shown++;
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

bool values_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    enum touch_dim dim;

    if (!touch_dim_find(request_query(request, "dim"), &dim))
        return err_set_field(err, "dim",
                             "dim is platform, source, medium, campaign, campaign_id, content, term, "
                             "creative or source_type");
    const struct snapshot *snapshot = pipeline_snapshot(product->pipeline);
    bool ok = put_values(request, snapshot, dim, reply, err);
    snapshot_close(snapshot);
    return ok;
}
