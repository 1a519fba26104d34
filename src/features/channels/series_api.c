#include "features/channels/channels_int.h"

struct series {
    struct json_out *out;
    enum time_step step;
    bool by_channel;
    int32_t day; /* the period's first */
    struct value_sums sums;
};

/* A period is over. */
static void put_period(struct series *series)
{
    struct json_out *out = series->out;

    for (uint32_t i = 0; i < series->sums.n; i++) {
        json_open(out, '{');
        json_kv_day(out, "date", series->day);
        put_value(out, "key", series->sums.row[i].value);
        put_figures(out, &series->sums.row[i].figures);
        json_close(out, '}');
    }
    value_sums_free(&series->sums);
    series->sums = (struct value_sums){0};
}

#define FROM_DAYS(table)                                                                                               \
    "SELECT h.name, " AD_SUM_COLUMNS " FROM " table " JOIN channel h ON h.id = channel_id"                             \
    " WHERE day BETWEEN $1 AND $2 AND ($3 = 0 OR channel_id = $3)"

static struct db_rows days_of(struct db *db, struct ad_span span, const struct ad_scope *scope)
{
    const struct db_value args[] = {DB_I64(span.first), DB_I64(span.last), AD_SCOPE_ARGS(scope)};

    if (scope->ad_set || scope->ad)
        return db_query(db,
                        "SELECT h.name, " AD_DAY_COLUMNS " FROM ad a JOIN ad_day d ON d.ad_id = a.id JOIN channel h"
                        " ON h.id = d.channel_id WHERE d.day BETWEEN $1 AND $2" AD_SCOPE_SQL " ORDER BY d.day, h.name",
                        args, 6);
    if (scope->campaign_id)
        return db_query(db, FROM_DAYS("campaign_day") " AND campaign_id = $4 ORDER BY day, h.name", args, 4);
    return db_query(db, FROM_DAYS("channel_day") " ORDER BY day, h.name", args, 3);
}

static bool put_points(struct series *series, struct db *db, struct ad_span span, const struct ad_scope *scope,
                       const struct pricing *pricing, struct err *err)
{
    struct db_rows rows = days_of(db, span, scope);

    while (db_next(&rows)) {
        int32_t day = time_period_day((int32_t)db_i64(&rows, 1), series->step);
        if (day != series->day) put_period(series);
        series->day = day;
        Str key = series->by_channel ? db_str(&rows, 0) : (Str){0};
        figures_add(&value_sums_at(&series->sums, key)->figures, pricing, &rows, 1);
    }
    put_period(series);
    return db_end(&rows, err);
}

bool series_get(struct request *request, struct reply *reply, struct err *err)
{
    static const char *const BY[] = {"channel", "none", NULL};
    struct json_out out = json_to(&reply->body);
    struct series series = {.out = &out};
    struct ad_scope scope;
    struct ad_span span;
    struct pricing pricing;
    size_t by;

    if (!ask_span(request, &span, err) || !ask_step(request, &series.step, err)) return false;
    if (!question_choice(request, "by", BY, &by, err) || !ask_scope(request, &scope, err)) return false;
    if (!ask_pricing(request, span, &pricing, err)) return false;
    series.by_channel = by == 0;
    json_open(&out, '{');
    json_key(&out, "points");
    json_open(&out, '[');
    if (!put_points(&series, request->db, span, &scope, &pricing, err)) return false;
    json_close(&out, ']');
    json_kv_str(&out, "currency", pricing.currency);
    json_close(&out, '}');
    return true;
}
