/* ads/campaign_sums.c
 *
 * The sums are made here and not by seven INSERT ... SELECT ... GROUP BY: those would read and sort the campaigns seven
 * times over, 4 s for a year of 300,000. A day's campaigns are read once, by the index on `day`, and added up under
 * each of their values.
 *
 * A cell is a dimension, a value and a currency: a text in a dictionary, so that it keeps its place from day to day.
 */
#include "ads/campaign_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dict.h"

#define VALUE_MAX 1024 /* bytes of a value that tell it from another */
#define CURRENCY_MAX 16
#define RECENT 1024 /* a power of 2 */

const char *campaign_dim_name(enum campaign_dim dim)
{
    static const char *const NAMES[] = {
#define X(name, text) text,
        CAMPAIGN_DIMS(X)
#undef X
    };
    return NAMES[dim];
}

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;

    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b < 0 ? INT64_MIN : INT64_MAX;
}

void campaign_sum_add(struct campaign_sum *sum, const struct campaign_sum *more)
{
    sum->campaigns += more->campaigns;
    sum->roi_n += more->roi_n;
    sum->roi_sum += more->roi_sum;
    sum->conversion_rate_n += more->conversion_rate_n;
    sum->conversion_rate_sum += more->conversion_rate_sum;
    sum->cost_n += more->cost_n;
    sum->cost_micros_sum = add(sum->cost_micros_sum, more->cost_micros_sum);
    sum->engagement_n += more->engagement_n;
    sum->engagement_sum += more->engagement_sum;
    sum->clicks = add(sum->clicks, more->clicks);
    sum->impressions = add(sum->impressions, more->impressions);
}

/* ---- making them ---- */

struct cells {
    struct dict *keys;       /* dimension, currency, 0, value */
    uint32_t recent[RECENT]; /* by a cheap hash: the last cell of it, plus 1 */
    struct campaign_sum *sum;
    uint32_t cap;
    uint32_t *used; /* cells of this day */
    uint32_t n_used;
};

static void cells_free(struct cells *cells)
{
    dict_free(cells->keys);
    free(cells->sum);
    free(cells->used);
}

static Str cell_key(char *key, enum campaign_dim dim, Str currency, Str value)
{
    size_t n_currency = currency.n < CURRENCY_MAX ? currency.n : CURRENCY_MAX;
    size_t n_value = value.n < VALUE_MAX ? value.n : VALUE_MAX, n = 0;

    while (n_value < value.n && n_value > 0 && ((unsigned char)value.p[n_value] & 0xC0) == 0x80) n_value--;
    key[n++] = (char)('a' + (int)dim);
    if (n_currency) memcpy(key + n, currency.p, n_currency);
    n += n_currency;
    key[n++] = 0;
    if (n_value) memcpy(key + n, value.p, n_value);
    return (Str){key, n + n_value};
}

/* The few cells that come again and again are found without the dictionary's hash, which is made to withstand attacks
 * and costs more than all else here. */
static uint32_t cell_of(struct cells *cells, Str key)
{
    uint64_t hash = key.n;

    for (size_t i = 0; i < key.n; i += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, key.p + i, key.n - i < sizeof word ? key.n - i : sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    uint32_t *recent = &cells->recent[hash % RECENT];
    if (*recent == 0 || !str_eq(dict_text(cells->keys, *recent - 1), key)) *recent = dict_add(cells->keys, key) + 1;
    return *recent - 1;
}

static void cells_add(struct cells *cells, Str key, const struct campaign_sum *campaign)
{
    uint32_t id = cell_of(cells, key);

    if (id >= cells->cap) {
        uint32_t cap = cells->cap ? cells->cap * 2 : 256;
        cells->sum = mem_grow(cells->sum, sizeof *cells->sum, cap);
        cells->used = mem_grow(cells->used, sizeof *cells->used, cap);
        memset(cells->sum + cells->cap, 0, (cap - cells->cap) * sizeof *cells->sum);
        cells->cap = cap;
    }
    if (cells->sum[id].campaigns == 0) cells->used[cells->n_used++] = id;
    campaign_sum_add(&cells->sum[id], campaign);
}

/* Read once: joining them to each campaign costs as much as reading the campaign. */
struct channels {
    int64_t *id;
    Str *name;
    size_t n, cap;
    struct arena arena;
};

static bool channels_read(struct db *db, struct channels *out, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT id, name FROM channel ORDER BY id", DB_NO_ARGS);

    while (db_next(&rows)) {
        if (out->n == out->cap) {
            out->cap = out->cap ? 2 * out->cap : 64;
            out->id = mem_grow(out->id, sizeof *out->id, out->cap);
            out->name = mem_grow(out->name, sizeof *out->name, out->cap);
        }
        out->id[out->n] = db_i64(&rows, 0);
        out->name[out->n++] = arena_copy(&out->arena, db_str(&rows, 1));
    }
    return db_end(&rows, err);
}

static void channels_free(struct channels *channels)
{
    free(channels->id);
    free(channels->name);
    arena_free(&channels->arena);
}

static Str channel_name(const struct channels *channels, int64_t id)
{
    size_t low = 0, high = channels->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (channels->id[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    CHECK(low < channels->n && channels->id[low] == id);
    return channels->name[low];
}

static double known(double value)
{
    return isnan(value) ? 0 : value;
}

/* The columns of a campaign of a day, after its currency and its values. */
enum { COLUMN_ROI = CAMPAIGN_DIM_COUNT + 1, COLUMN_RATE, COLUMN_COST, COLUMN_ENGAGEMENT, COLUMN_CLICKS, COLUMN_SHOWN };
#define OF_DAY                                                                                                         \
    "SELECT c.currency, c.channel_id, c.customer_segment, c.location, c.language, c.campaign_goal, c.target_audience," \
    " c.company, c.roi, c.conversion_rate, c.acquisition_cost_micros, c.engagement_score, c.clicks, c.impressions"     \
    " FROM campaign c WHERE "

static struct campaign_sum read_campaign(const struct db_rows *rows)
{
    return (struct campaign_sum){
        .campaigns = 1,
        .roi_n = !db_is_null(rows, COLUMN_ROI),
        .roi_sum = known(db_f64(rows, COLUMN_ROI)),
        .conversion_rate_n = !db_is_null(rows, COLUMN_RATE),
        .conversion_rate_sum = known(db_f64(rows, COLUMN_RATE)),
        .cost_n = !db_is_null(rows, COLUMN_COST),
        .cost_micros_sum = db_i64(rows, COLUMN_COST),
        .engagement_n = !db_is_null(rows, COLUMN_ENGAGEMENT),
        .engagement_sum = known(db_f64(rows, COLUMN_ENGAGEMENT)),
        .clicks = db_i64(rows, COLUMN_CLICKS),
        .impressions = db_i64(rows, COLUMN_SHOWN),
    };
}

static bool add_day(struct db *db, int32_t day, const struct channels *channels, struct cells *cells, struct err *err)
{
    char key[1 + CURRENCY_MAX + 1 + VALUE_MAX];
    struct db_rows rows = day == CAMPAIGN_NO_DAY ? db_query(db, OF_DAY "c.day IS NULL", DB_NO_ARGS)
                                                 : db_query(db, OF_DAY "c.day = $1", DB_ARGS(DB_I64(day)));

    while (db_next(&rows)) {
        struct campaign_sum campaign = read_campaign(&rows);
        Str currency = campaign.cost_n ? db_str(&rows, 0) : STR("");
        for (int dim = 0; dim < CAMPAIGN_DIM_COUNT; dim++) {
            Str value = dim == CAMPAIGN_BY_CHANNEL ? channel_name(channels, db_i64(&rows, 1)) : db_str(&rows, dim + 1);
            cells_add(cells, cell_key(key, (enum campaign_dim)dim, currency, value), &campaign);
        }
    }
    return db_end(&rows, err);
}

static bool put_cell(struct db *db, int32_t day, Str key, const struct campaign_sum *s, struct err *err)
{
    const char *dim = campaign_dim_name((enum campaign_dim)(key.p[0] - 'a'));
    Str value = str_from(key, 1), currency = str_cut(&value, 0);

    return db_run(db,
                  "INSERT INTO campaign_sum (dim, value, day, currency, campaigns, roi_n, roi_sum, conversion_rate_n,"
                  " conversion_rate_sum, cost_n, cost_micros_sum, engagement_n, engagement_sum, clicks, impressions)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                  DB_ARGS(DB_TEXT(str_of(dim)), DB_TEXT(value), DB_I64(day), DB_TEXT(currency), DB_I64(s->campaigns),
                          DB_I64(s->roi_n), DB_F64(s->roi_sum), DB_I64(s->conversion_rate_n),
                          DB_F64(s->conversion_rate_sum), DB_I64(s->cost_n), DB_I64(s->cost_micros_sum),
                          DB_I64(s->engagement_n), DB_F64(s->engagement_sum), DB_I64(s->clicks),
                          DB_I64(s->impressions)),
                  err);
}

static bool refresh_day(struct db *db, int32_t day, const struct channels *channels, struct cells *cells,
                        struct err *err)
{
    for (int dim = 0; dim < CAMPAIGN_DIM_COUNT; dim++)
        if (!db_run(db, "DELETE FROM campaign_sum WHERE dim = $1 AND day = $2",
                    DB_ARGS(DB_TEXT(str_of(campaign_dim_name((enum campaign_dim)dim))), DB_I64(day)), err))
            return false;
    if (!add_day(db, day, channels, cells, err)) return false;
    for (uint32_t i = 0; i < cells->n_used; i++) {
        uint32_t id = cells->used[i];
        if (!put_cell(db, day, dict_text(cells->keys, id), &cells->sum[id], err)) return false;
        cells->sum[id] = (struct campaign_sum){0};
    }
    cells->n_used = 0;
    return true;
}

static int by_day(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

bool campaign_sums_refresh(struct db *db, const int32_t *days, size_t n, struct err *err)
{
    struct cells cells = {.keys = dict_new()};
    int32_t *sorted = mem_grow(NULL, sizeof *sorted, n + 1);
    struct channels channels = {0};

    arena_init(&channels.arena, (size_t)256 * 1024 * 1024);
    bool ok = channels_read(db, &channels, err);
    if (n) memcpy(sorted, days, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_day);
    for (size_t i = 0; ok && i < n; i++)
        if (i == 0 || sorted[i] != sorted[i - 1]) ok = refresh_day(db, sorted[i], &channels, &cells, err);
    free(sorted);
    channels_free(&channels);
    cells_free(&cells);
    return ok;
}

/* ---- reading them ---- */

bool campaign_sums_walk(struct db *db, enum campaign_dim dim, int32_t first, int32_t last, campaign_sum_fn *see,
                        void *context, struct err *err)
{
    bool ok = true;
    struct db_rows rows =
        db_query(db,
                 "SELECT value, day, currency, campaigns, roi_n, roi_sum, conversion_rate_n, conversion_rate_sum,"
                 " cost_n, cost_micros_sum, engagement_n, engagement_sum, clicks, impressions FROM campaign_sum"
                 " WHERE dim = $1 AND day BETWEEN $2 AND $3 ORDER BY day, value, currency",
                 DB_ARGS(DB_TEXT(str_of(campaign_dim_name(dim))), DB_I64(first), DB_I64(last)));

    while (ok && db_next(&rows)) {
        struct campaign_sum sum = {.campaigns = db_i64(&rows, 3),
                                   .roi_n = db_i64(&rows, 4),
                                   .roi_sum = db_f64(&rows, 5),
                                   .conversion_rate_n = db_i64(&rows, 6),
                                   .conversion_rate_sum = db_f64(&rows, 7),
                                   .cost_n = db_i64(&rows, 8),
                                   .cost_micros_sum = db_i64(&rows, 9),
                                   .engagement_n = db_i64(&rows, 10),
                                   .engagement_sum = db_f64(&rows, 11),
                                   .clicks = db_i64(&rows, 12),
                                   .impressions = db_i64(&rows, 13)};
        ok = see(context, db_str(&rows, 0), (int32_t)db_i64(&rows, 1), db_str(&rows, 2), &sum, err);
    }
    return db_end(&rows, ok ? err : NULL) && ok;
}

bool campaign_sums_last_day(struct db *db, int32_t last, int32_t *day, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT MAX(day) FROM campaign WHERE day <= $1", DB_ARGS(DB_I64(last)));

    *day = db_next(&rows) && !db_is_null(&rows, 0) ? (int32_t)db_i64(&rows, 0) : CAMPAIGN_NO_DAY;
    return db_end(&rows, err);
}
