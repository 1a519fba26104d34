#include "ads/rates.h"

#include <stdio.h>

#include "ads/money.h"
#include "base/time.h"
#include "features/campaigns/campaigns_int.h"

/* As a decimal without zeros at its end: 41.25 */
static void put_rate(struct json_out *out, const struct rate_row *row)
{
    char text[40];
    int n = snprintf(text, sizeof text, "%lld.%09lld", (long long)(row->rate_e9 / RATE_UNIT),
                     (long long)(row->rate_e9 % RATE_UNIT));

    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    json_open(out, '{');
    json_kv_str(out, "currency", row->currency);
    json_kv_day(out, "day", row->day);
    json_kv_str(out, "rate", (Str){text, (size_t)n});
    json_close(out, '}');
}

static bool put_missing(struct request *request, Str base, struct json_out *out, struct err *err)
{
    const struct rates *rates = rates_read(request->db, base, &request->arena, err);
    const struct rate_missing *missing;
    size_t n;

    if (!rates || !rates_missing(request->db, rates, &request->arena, &missing, &n, err)) return false;
    json_key(out, "missing");
    json_open(out, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(out, '{');
        json_kv_str(out, "currency", missing[i].currency);
        json_kv_day(out, "first_day", missing[i].first_day);
        json_kv_i64(out, "rows", missing[i].rows);
        json_close(out, '}');
    }
    json_close(out, ']');
    return true;
}

bool rates_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct campaigns *campaigns = request->context;
    struct json_out out = json_to(&reply->body);
    Str base = campaigns->settings->currency;
    const struct rate_row *rows;
    size_t n;

    if (!rates_list(request->db, base, &request->arena, &rows, &n, err)) return false;
    json_open(&out, '{');
    json_kv_str(&out, "base", base);
    json_key(&out, "rates");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_rate(&out, &rows[i]);
    json_close(&out, ']');
    if (!put_missing(request, base, &out, err)) return false;
    json_close(&out, '}');
    return true;
}

/* ---- amounts of events, after a change ---- */

#define RATES "rates"
#define TRIES 10

static bool go_on(void *job, int64_t rows, int64_t total)
{
    return job_progress(job, rows, total, NULL);
}

static bool run_rates(void *context, struct job *job, struct err *err)
{
    const struct campaigns *campaigns = context;

    return pipeline_rates_changed(campaigns->pipeline, &(struct watch){go_on, job}, err);
}

struct job_kind campaigns_job(struct campaigns *campaigns)
{
    return (struct job_kind){RATES, run_rates, campaigns, TRIES};
}

static bool bring_in_line(const struct request *request, struct err *err)
{
    const struct campaigns *campaigns = request->context;

    return jobs_add(campaigns->jobs, RATES, STR(""), 0, 0, err);
}

/* ---- changes ---- */

static bool put(struct request *request, struct db *db, void *what, struct err *err)
{
    const struct campaigns *campaigns = request->context;

    return rate_put(db, campaigns->settings->currency, what, err);
}

bool rates_put(struct request *request, struct reply *reply, struct err *err)
{
    struct said {
        Str currency;
        int64_t day, rate_e9;
    } said = {.day = AD_NOT_SAID, .rate_e9 = AD_NOT_SAID};
    const struct field fields[] = {
        {"currency", FIELD_CURRENCY, offsetof(struct said, currency), AD_CURRENCY_MAX, FIELD_REQUIRED},
        {"day", FIELD_DAY, offsetof(struct said, day), 0, FIELD_REQUIRED},
        {"rate", FIELD_RATE, offsetof(struct said, rate_e9), 0, FIELD_REQUIRED},
    };
    const struct json *json = json_parse(request->body, &request->arena, err);

    if (!json || !body_read(json, fields, COUNT_OF(fields), 0, &said, err)) return false;
    if (!said.currency.n) return err_set_field(err, "currency", "name the currency");
    if (said.day == AD_NOT_SAID) return err_set_field(err, "day", "name the day from which on the rate holds");
    if (said.rate_e9 == AD_NOT_SAID) return err_set_field(err, "rate", "say what one unit is worth");
    struct rate_row row = {said.currency, (int32_t)said.day, said.rate_e9};
    struct json_out out = json_to(&reply->body);
    if (!change_stored(request, put, &row, err) || !bring_in_line(request, err)) return false;
    put_rate(&out, &row);
    return true;
}

static bool remove_rate(struct request *request, struct db *db, void *what, struct err *err)
{
    const struct campaigns *campaigns = request->context;

    return rate_remove(db, campaigns->settings->currency, request->param[0], *(const int32_t *)what, err);
}

bool rate_delete(struct request *request, struct reply *reply, struct err *err)
{
    Str text = request->param[1];
    int32_t day;

    if (!time_parse_day(text, &day)) return err_set(err, ERR_NOT_FOUND, "\"%.*s\" is no day", STR_ARG(text));
    reply->status = 204;
    return change_stored(request, remove_rate, &day, err) && bring_in_line(request, err);
}
