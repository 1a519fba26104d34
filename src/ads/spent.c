/* ads/spent.c -- sums by campaign, channel and currency, joined to one line.
 *
 * SQL adds up what is of one currency; what is of the base currency comes as one row, any other by day, as each day has
 * its own rate. So a line is read in at most as many rows as it has days in foreign money.
 */
#include "ads/spent.h"

#define FIGURES                                                                                                        \
    "sum(rows_n), sum(rows_unpriced), sum(impressions), sum(reach), sum(clicks), sum(spend_micros), "                  \
    "sum(conversions_micros), sum(revenue_micros)"

/* $1 to $3: first day, last day, base currency. */
#define BY_CAMPAIGN                                                                                                    \
    "WITH lines AS (SELECT campaign_id, channel_id, currency, "                                                        \
    "CASE WHEN currency = $3 THEN 0 ELSE day END AS at, " FIGURES " FROM campaign_day "                                \
    "WHERE day BETWEEN $1 AND $2 GROUP BY 1, 2, 3, 4) "                                                                \
    "SELECT lines.*, campaign.external_id, campaign.name, campaign.campaign_id, channel.name, channel.platform "       \
    "FROM lines JOIN campaign ON campaign.id = lines.campaign_id JOIN channel ON channel.id = lines.channel_id "       \
    "ORDER BY 1, 2, 3, 4"

#define BY_AD                                                                                                          \
    "WITH rows_of AS (SELECT ad_id, channel_id, currency, day, 1 AS rows_n, "                                          \
    "CASE WHEN spend_micros IS NULL THEN 1 ELSE 0 END AS rows_unpriced, impressions, reach, clicks, spend_micros, "    \
    "conversions_micros, revenue_micros FROM ad_day WHERE ad_id IN (SELECT id FROM ad WHERE campaign_id = $4) "        \
    "AND day BETWEEN $1 AND $2), lines AS (SELECT ad_id, channel_id, currency, "                                       \
    "CASE WHEN currency = $3 THEN 0 ELSE day END AS at, " FIGURES " FROM rows_of GROUP BY 1, 2, 3, 4) "                \
    "SELECT lines.*, ad.external_id, ad.name, ad.external_id, channel.name, channel.platform "                         \
    "FROM lines JOIN ad ON ad.id = lines.ad_id JOIN channel ON channel.id = lines.channel_id ORDER BY 1, 2, 3, 4"

enum column {
    CAMPAIGN,
    CHANNEL,
    CURRENCY,
    DAY,
    ROWS,
    UNPRICED,
    COUNTS,
    EXTERNAL_ID = COUNTS + AD_COUNTS,
    NAME,
    ID,
    CHANNEL_NAME,
    PLATFORM
};

struct reading {
    const struct rates *rates;
    struct spent *lines;
    size_t n, capacity;
};

static bool is_money(int count)
{
    return count == AD_SPEND || count == AD_REVENUE;
}

static void add(int64_t *sum, int64_t more)
{
    if (*sum == AD_NOT_SAID) {
        *sum = more;
    } else if (__builtin_add_overflow(*sum, more, sum)) {
        *sum = more < 0 ? INT64_MIN + 1 : INT64_MAX;
    }
}

/* One row of the answer into its line; what has no rate is unknown, and counted. */
static void add_row(const struct reading *reading, const struct db_rows *rows, struct spent *line)
{
    Str currency = db_str(rows, CURRENCY);
    int32_t day = (int32_t)db_i64(rows, DAY);
    bool no_rate = false;

    for (int i = 0; i < AD_COUNTS; i++) {
        if (db_is_null(rows, COUNTS + i)) continue;
        int64_t value = db_i64(rows, COUNTS + i);
        bool known = !is_money(i) || rates_convert(reading->rates, currency, day, value, &value);
        if (known) add(&line->count[i], value);
        no_rate = no_rate || (!known && i == AD_SPEND);
    }
    line->unpriced += db_i64(rows, no_rate ? ROWS : UNPRICED);
}

static struct spent *line_of(struct reading *reading, const struct db_rows *rows, struct arena *arena)
{
    int64_t campaign = db_i64(rows, CAMPAIGN), channel = db_i64(rows, CHANNEL);
    struct spent *last = reading->n ? &reading->lines[reading->n - 1] : NULL;

    if (last && last->campaign == campaign && last->channel == channel) return last;
    if (reading->n == reading->capacity) {
        struct spent *more = ARENA_ARRAY(arena, struct spent, 2 * reading->capacity + 64);
        for (size_t i = 0; i < reading->n; i++) more[i] = reading->lines[i];
        reading->lines = more;
        reading->capacity = 2 * reading->capacity + 64;
    }
    struct spent *line = &reading->lines[reading->n++];
    *line = (struct spent){
        .campaign = campaign,
        .channel = channel,
        .external_id = arena_copy(arena, db_str(rows, EXTERNAL_ID)),
        .name = arena_copy(arena, db_str(rows, NAME)),
        .campaign_id = arena_copy(arena, db_str(rows, ID)),
        .channel_name = arena_copy(arena, db_str(rows, CHANNEL_NAME)),
        .platform = arena_copy(arena, db_str(rows, PLATFORM)),
    };
    for (int i = 0; i < AD_COUNTS; i++) line->count[i] = AD_NOT_SAID;
    return line;
}

static bool read_lines(struct db_rows rows, struct reading *reading, struct arena *arena, const struct spent **out,
                       size_t *n, struct err *err)
{
    while (db_next(&rows)) add_row(reading, &rows, line_of(reading, &rows, arena));
    *out = reading->lines;
    *n = reading->n;
    return db_end(&rows, err);
}

bool spent_by_campaign(struct db *db, Str base, int32_t first, int32_t last, struct arena *arena,
                       const struct spent **out, size_t *n, struct err *err)
{
    struct reading reading = {.rates = rates_read(db, base, arena, err)};

    if (!reading.rates) return false;
    return read_lines(db_query(db, BY_CAMPAIGN, DB_ARGS(DB_I64(first), DB_I64(last), DB_TEXT(base))), &reading, arena,
                      out, n, err);
}

bool spent_by_ad(struct db *db, Str base, int64_t campaign, int32_t first, int32_t last, struct arena *arena,
                 const struct spent **out, size_t *n, struct err *err)
{
    struct reading reading = {.rates = rates_read(db, base, arena, err)};

    if (!reading.rates) return false;
    return read_lines(db_query(db, BY_AD, DB_ARGS(DB_I64(first), DB_I64(last), DB_TEXT(base), DB_I64(campaign))),
                      &reading, arena, out, n, err);
}
