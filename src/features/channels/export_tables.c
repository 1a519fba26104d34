#include <math.h>

#include "features/channels/export_int.h"

#define COLUMN(text, kind)                                                                                             \
    {                                                                                                                  \
        STR_INIT(text), SHEET_##kind                                                                                   \
    }
#define FIGURE_COLUMNS                                                                                                 \
    COLUMN("impressions", NUMBER), COLUMN("reach", NUMBER), COLUMN("clicks", NUMBER), COLUMN("spend", MONEY),          \
        COLUMN("conversions", NUMBER), COLUMN("revenue", MONEY), COLUMN("ctr", SHARE), COLUMN("cpc", MONEY),           \
        COLUMN("cpm", MONEY), COLUMN("cpa", MONEY), COLUMN("roas", NUMBER), COLUMN("roi", NUMBER),                     \
        COLUMN("unpriced", NUMBER), COLUMN("currency", TEXT)
enum { FIGURE_CELLS = 14 };

struct sheet_cell cell_mean_money(double micros)
{
    bool known = fabs(micros) < 9e18;
    return cell_money(known, known ? (int64_t)llround(micros) : 0);
}

static void figure_cells(const struct figures *f, Str currency, struct sheet_cell *out)
{
    for (int i = 0; i < AD_COUNTS; i++) {
        double count = (double)f->count[i];
        if (i == AD_SPEND || i == AD_REVENUE) {
            *out++ = cell_money(f->known[i], f->count[i]);
        } else {
            *out++ = cell_number(f->known[i], i == AD_CONVERSIONS ? COUNT_UNITS(count) : count);
        }
    }
    for (int r = 0; r < RATIO_COUNT; r++) {
        double ratio = figures_ratio(f, (enum figure_ratio)r);
        if (figure_ratio_is_money((enum figure_ratio)r)) {
            *out++ = cell_mean_money(ratio);
        } else {
            *out++ = r == RATIO_CTR ? cell_share(ratio) : cell_number(true, ratio);
        }
    }
    *out++ = cell_number(true, (double)f->unpriced);
    *out = cell_text(currency);
}

/* ---- channels ---- */

static const struct sheet_column CHANNEL_COLUMNS[] = {
    COLUMN("channel", TEXT),
    COLUMN("campaigns", NUMBER),
    COLUMN("avg_roi", NUMBER),
    COLUMN("avg_conversion_rate", SHARE),
    COLUMN("campaign_clicks", NUMBER),
    COLUMN("campaign_impressions", NUMBER),
    COLUMN("avg_acquisition_cost", MONEY),
    FIGURE_COLUMNS,
};

static void mean_cells(const struct value_sum *row, struct sheet_cell *out)
{
    const struct campaign_sum *sum = &row->sum;

    *out++ = cell_text(row->value);
    *out++ = cell_number(true, (double)sum->campaigns);
    *out++ = cell_number(true, mean_of(sum->roi_sum, sum->roi_n));
    *out++ = cell_share(mean_of(sum->conversion_rate_sum, sum->conversion_rate_n));
    *out++ = cell_number(true, (double)sum->clicks);
    *out++ = cell_number(true, (double)sum->impressions);
    *out = cell_mean_money(mean_of((double)sum->cost_micros_sum, sum->cost_n));
}

static bool walk_channels(const struct export *export, const struct table_sink *sink, struct err *err)
{
    struct value_sums sums = {0};
    struct sheet_cell cells[COUNT_OF(CHANNEL_COLUMNS)];
    bool ok = sums_by_channel(export->db, export->span, &export->pricing, &sums, err);

    for (uint32_t i = 0; ok && i < sums.n; i++) {
        mean_cells(&sums.row[i], cells);
        figure_cells(&sums.row[i].figures, export->pricing.currency, cells + 7);
        ok = sink->row(sink->context, cells, err);
    }
    value_sums_free(&sums);
    return ok;
}

/* ---- audience ---- */

static const struct sheet_column AUDIENCE_COLUMNS[] = {
    COLUMN("key", TEXT),
    COLUMN("campaigns", NUMBER),
    COLUMN("avg_roi", NUMBER),
    COLUMN("avg_conversion_rate", SHARE),
    COLUMN("clicks", NUMBER),
    COLUMN("impressions", NUMBER),
    COLUMN("avg_acquisition_cost", MONEY),
    COLUMN("avg_engagement", NUMBER),
    COLUMN("currency", TEXT),
};

static bool walk_audience(const struct export *export, const struct table_sink *sink, struct err *err)
{
    struct value_sums sums = {0};
    struct sheet_cell cells[COUNT_OF(AUDIENCE_COLUMNS)];
    bool ok = sums_by_value(export->db, export->audience, export->span, &export->pricing, &sums, err);

    for (uint32_t i = 0; ok && i < sums.n; i++) {
        mean_cells(&sums.row[i], cells);
        cells[7] = cell_number(true, mean_of(sums.row[i].sum.engagement_sum, sums.row[i].sum.engagement_n));
        cells[8] = cell_text(export->pricing.currency);
        ok = sink->row(sink->context, cells, err);
    }
    value_sums_free(&sums);
    return ok;
}

/* ---- trend ---- */

static const struct sheet_column TREND_COLUMNS[] = {COLUMN("date", DATE), COLUMN("channel", TEXT),
                                                    COLUMN("roi", NUMBER)};

static bool trend_row(void *context, int32_t day, Str channel, double roi, struct err *err)
{
    const struct table_sink *sink = context;
    const struct sheet_cell cells[] = {cell_day(true, day), cell_text(channel), cell_number(true, roi)};
    return sink->row(sink->context, cells, err);
}

static bool walk_trend(const struct export *export, const struct table_sink *sink, struct err *err)
{
    struct table_sink to = *sink;
    return roi_trend(export->db, export->span, export->step, trend_row, &to, err);
}

/* ---- campaigns ---- */

static const struct sheet_column CAMPAIGN_COLUMNS[] = {
    COLUMN("campaign_id", TEXT),
    COLUMN("name", TEXT),
    COLUMN("channel_used", TEXT),
    COLUMN("status", TEXT),
    COLUMN("target_audience", TEXT),
    COLUMN("campaign_goal", TEXT),
    COLUMN("duration", NUMBER),
    COLUMN("conversion_rate", SHARE),
    COLUMN("acquisition_cost", MONEY),
    COLUMN("currency", TEXT),
    COLUMN("roi", NUMBER),
    COLUMN("location", TEXT),
    COLUMN("language", TEXT),
    COLUMN("clicks", NUMBER),
    COLUMN("impressions", NUMBER),
    COLUMN("engagement_score", NUMBER),
    COLUMN("customer_segment", TEXT),
    COLUMN("date", DATE),
    COLUMN("company", TEXT),
};

/* The value of a column as its type is stored: money in micros, everything else as it is. */
static struct sheet_cell column_cell(const struct db_rows *rows, int column, enum sheet_type type)
{
    bool known = !db_is_null(rows, column);

    switch (type) {
    case SHEET_TEXT: return cell_text(db_str(rows, column));
    case SHEET_MONEY: return cell_money(known, db_i64(rows, column));
    case SHEET_SHARE: return cell_share(db_f64(rows, column));
    case SHEET_DATE: return cell_day(known, (int32_t)db_i64(rows, column));
    case SHEET_NUMBER: break;
    }
    return cell_number(known, db_f64(rows, column));
}

static bool walk_campaigns(const struct export *export, const struct table_sink *sink, struct err *err)
{
    struct sheet_cell cells[COUNT_OF(CAMPAIGN_COLUMNS)];
    bool ok = true;
    struct db_rows rows =
        db_query(export->db,
                 "SELECT c.campaign_id, c.name, h.name, c.status, c.target_audience, c.campaign_goal, c.duration_days,"
                 " c.conversion_rate, c.acquisition_cost_micros, c.currency, c.roi, c.location, c.language, c.clicks,"
                 " c.impressions, c.engagement_score, c.customer_segment, c.day, c.company"
                 " FROM campaign c JOIN channel h ON h.id = c.channel_id"
                 " WHERE COALESCE(c.day, -2147483648) BETWEEN $1 AND $2 ORDER BY c.id",
                 DB_ARGS(DB_I64(export->span.first), DB_I64(export->span.last)));

    while (ok && db_next(&rows)) {
        for (size_t c = 0; c < COUNT_OF(cells); c++) cells[c] = column_cell(&rows, (int)c, CAMPAIGN_COLUMNS[c].type);
        ok = sink->row(sink->context, cells, err);
    }
    return db_end(&rows, ok ? err : NULL) && ok;
}

/* ---- ads ---- */

static const struct sheet_column AD_COLUMNS[] = {
    COLUMN("campaign_id", TEXT), COLUMN("campaign", TEXT), COLUMN("channel", TEXT), COLUMN("ad_set_id", TEXT),
    COLUMN("ad_set", TEXT),      COLUMN("ad_id", TEXT),    COLUMN("ad", TEXT),      COLUMN("status", TEXT),
    COLUMN("first_day", DATE),   COLUMN("last_day", DATE), FIGURE_COLUMNS,
};
enum { AD_TEXTS = 8 };

/* An ad's days follow each other. */
struct ad_walk {
    const struct export *export;
    const struct table_sink *sink;
    int64_t ad_id;
    Str text[AD_TEXTS];
    struct figures figures;
    struct arena texts;
};

static bool tell_ad(struct ad_walk *walk, struct err *err)
{
    struct sheet_cell cells[COUNT_OF(AD_COLUMNS)];

    if (walk->figures.rows == 0) return true;
    for (int i = 0; i < AD_TEXTS; i++) cells[i] = cell_text(walk->text[i]);
    cells[AD_TEXTS] = cell_day(true, walk->figures.first_day);
    cells[AD_TEXTS + 1] = cell_day(true, walk->figures.last_day);
    figure_cells(&walk->figures, walk->export->pricing.currency, cells + AD_TEXTS + 2);
    return walk->sink->row(walk->sink->context, cells, err);
}

static void begin_ad(struct ad_walk *walk, const struct db_rows *rows)
{
    arena_reset(&walk->texts);
    walk->ad_id = db_i64(rows, 0);
    walk->figures = (struct figures){0};
    for (int i = 0; i < AD_TEXTS; i++) walk->text[i] = arena_copy(&walk->texts, db_str(rows, i + 1));
}

static bool walk_ads(const struct export *export, const struct table_sink *sink, struct err *err)
{
    struct ad_walk walk = {.export = export, .sink = sink};
    bool ok = true;
    struct db_rows rows =
        db_query(export->db,
                 "SELECT a.id, c.campaign_id, c.name, h.name, a.ad_set_id, a.ad_set_name, a.external_id, a.name,"
                 " a.status, " AD_DAY_COLUMNS " FROM ad a JOIN campaign c ON c.id = a.campaign_id"
                 " JOIN channel h ON h.id = c.channel_id JOIN ad_day d ON d.ad_id = a.id"
                 " WHERE d.day BETWEEN $1 AND $2 ORDER BY a.id",
                 DB_ARGS(DB_I64(export->span.first), DB_I64(export->span.last)));

    arena_init(&walk.texts, (size_t)1 << 20);
    while (ok && db_next(&rows)) {
        if (db_i64(&rows, 0) != walk.ad_id) {
            ok = tell_ad(&walk, err);
            begin_ad(&walk, &rows);
        }
        figures_add(&walk.figures, &export->pricing, &rows, AD_TEXTS + 1);
    }
    ok = db_end(&rows, ok ? err : NULL) && ok && tell_ad(&walk, err);
    arena_free(&walk.texts);
    return ok;
}

#define TABLE(name, title, COLUMNS, walk)                                                                              \
    {                                                                                                                  \
        name, STR_INIT(title), COLUMNS, COUNT_OF(COLUMNS), walk                                                        \
    }
const struct export_table EXPORT_TABLES[] = {
    TABLE("channels", "Channels", CHANNEL_COLUMNS, walk_channels),
    TABLE("campaigns", "Campaigns", CAMPAIGN_COLUMNS, walk_campaigns),
    TABLE("ads", "Ads", AD_COLUMNS, walk_ads),
    TABLE("trend", "Trend", TREND_COLUMNS, walk_trend),
    TABLE("audience", "Audience", AUDIENCE_COLUMNS, walk_audience),
    {0},
};

const struct export_table *export_table_find(Str name)
{
    for (const struct export_table *table = EXPORT_TABLES; table->name; table++)
        if (str_eq(name, str_of(table->name))) return table;
    return NULL;
}
