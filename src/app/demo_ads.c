/* app/demo_ads.c -- what the ad platforms would say of the made history.
 *
 * Every paid session came by an ad of its campaign. An ad's clicks of a day are its sessions and some more that never
 * arrived; a click is dearer the more of them a day has: spend = CPC * mean * (clicks / mean)^DEARER. As platforms do,
 * each claims every order of a person who came by one of its ads within CLAIM_DAYS before, whole, on the day of the
 * click, whoever else claims it too: so their claims add up to more orders than there were.
 *
 * And as in life: TikTok bills in dollars, Telegram in TON; a campaign is paused half-way (people still come by old
 * links), another is renamed, an ad is deleted, one day gives more money back than it brought, one says no spend. What
 * is drawn here is drawn apart from the history, which stays the same to the byte.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "ads/budgets.h"
#include "ads/campaigns.h"
#include "ads/channels.h"
#include "ads/days.h"
#include "ads/money.h"
#include "ads/rates.h"
#include "app/demo.h"
#include "base/time.h"

#define ADS 5 /* of a campaign: three of its first group, two of the second */
#define FIRST_GROUP 3
#define CELLS ((size_t)DEMO_PAID * DEMO_CAMPAIGNS * ADS * DEMO_DAYS)
#define CLAIM_DAYS 28
#define DEARER 1.3
#define CENT INT64_C(10000) /* micros */
#define CHUNK 200           /* of a transaction: rows, campaigns */
#define STORE_ARENA ((size_t)64 * 1024 * 1024)

static const struct {
    const char *source, *channel;
    Str currency;      /* empty: the reporting one */
    double cpc;        /* in the reporting currency */
    double ctr, reach; /* reach: of the impressions; 0: the platform does not say it */
} PLATFORMS[DEMO_PAID] = {
    {"google_ads", "Google Ads", STR_INIT(""), 14.0, 0.045, 0},
    {"yandex_direct", "Yandex Direct", STR_INIT(""), 12.0, 0.038, 0},
    {"meta", "Facebook", STR_INIT(""), 8.0, 0.014, 0.72},
    {"tiktok", "TikTok", STR_INIT("USD"), 5.5, 0.009, 0.81},
    {"telegram_ads", "Telegram", STR_INIT("TON"), 9.0, 0.021, 0},
};
enum { GOOGLE, YANDEX, FACEBOOK, TIKTOK, TELEGRAM };

static const struct rate_row RATES[] = {
    /* day: of the history */
    {STR_INIT("USD"), 0, 41350000000},  {STR_INIT("USD"), 30, 41250000000},  {STR_INIT("USD"), 60, 41900000000},
    {STR_INIT("TON"), 0, 139500000000}, {STR_INIT("TON"), 30, 121000000000}, {STR_INIT("TON"), 60, 98400000000},
};

/* What happens to whom; a day is of the history. */
static const struct {
    uint8_t channel, campaign;
    int32_t day;
} PAUSED = {TIKTOK, 1, 45}, RENAMED = {YANDEX, 0, 50}, GONE = {FACEBOOK, 2, 60}, REFUND = {GOOGLE, 2, 70},
  UNSAID = {TELEGRAM, 1, 40};
#define GONE_AD 3
#define NEW_NAME STR("poisk-autumn")

struct cell {
    uint32_t sessions, claimed;
    int64_t value; /* of what is claimed, whole units */
};

struct books {
    const struct demo_history *history;
    struct app *app;
    Str home;
    struct cell *cell;
    struct ad_row *rows; /* of one channel, by day */
    size_t n, channel;
    struct arena arena;
    struct demo_bill *bill;
};

static struct cell *cell_at(const struct books *books, size_t channel, size_t campaign, size_t ad, int32_t day)
{
    return &books->cell[((channel * DEMO_CAMPAIGNS + campaign) * ADS + ad) * DEMO_DAYS + (size_t)day];
}

static bool campaign_runs(size_t channel, size_t campaign, int32_t day)
{
    return channel != PAUSED.channel || campaign != PAUSED.campaign || day < PAUSED.day;
}

static bool ad_runs(size_t channel, size_t campaign, size_t ad, int32_t day)
{
    bool gone = channel == GONE.channel && campaign == GONE.campaign && ad == GONE_AD && day >= GONE.day;

    return !gone && campaign_runs(channel, campaign, day);
}

/* ---- whose ad it was ---- */

static size_t one_of(size_t n, uint64_t *rng)
{
    return (size_t)(demo_chance(rng) * (double)n);
}

static int32_t day_of(const struct demo_history *history, const struct made *made)
{
    return (int32_t)(made->at_ms / TIME_DAY_MS) - history->first_day;
}

/* A function of the session alone, the first ads of a campaign more often. */
static uint32_t ad_of(const struct demo_history *history, const struct made *made)
{
    static const uint8_t OFTEN[] = {0, 0, 0, 1, 1, 2, 3, 3, 4};
    uint64_t rng = (uint64_t)made->at_ms ^ ((uint64_t)made->person << 40) ^ history->seed;
    uint32_t ad = OFTEN[one_of(COUNT_OF(OFTEN), &rng)];
    bool gone = made->channel == GONE.channel && made->campaign == GONE.campaign && ad == GONE_AD;

    return gone && day_of(history, made) >= GONE.day ? 0 : ad;
}

static Str ad_name(size_t channel, size_t campaign, uint32_t ad, struct arena *arena)
{
    return arena_printf(arena, "%s-%c", DEMO_CHANNEL[channel].campaigns[campaign], (int)('a' + ad));
}

Str demo_ad_name(const struct demo_history *history, const struct made *made, struct arena *arena)
{
    return ad_name(made->channel, made->campaign, ad_of(history, made), arena);
}

/* ---- sessions and claims ---- */

struct click {
    int16_t day;
    uint8_t campaign, ad;
    bool is;
};

static void count_claims(struct books *books, const struct made *order, int32_t day, const struct click *clicks)
{
    for (size_t c = 0; c < DEMO_PAID; c++) {
        if (!clicks[c].is || day - clicks[c].day > CLAIM_DAYS) continue;
        struct cell *cell = cell_at(books, c, clicks[c].campaign, clicks[c].ad, clicks[c].day);
        cell->claimed++;
        cell->value += order->revenue;
        books->bill[c].claimed++;
    }
}

static void count_sessions(struct books *books)
{
    const struct demo_history *history = books->history;
    struct click *last = mem_new(((size_t)history->people + 1) * DEMO_PAID * sizeof *last);

    for (size_t i = 0; i < history->n; i++) {
        const struct made *made = &history->made[i];
        struct click *clicks = &last[(size_t)made->person * DEMO_PAID];
        int32_t day = day_of(history, made);
        if (made->opens && made->channel < DEMO_PAID && campaign_runs(made->channel, made->campaign, day)) {
            uint32_t ad = ad_of(history, made);
            cell_at(books, made->channel, made->campaign, ad, day)->sessions++;
            clicks[made->channel] = (struct click){(int16_t)day, made->campaign, (uint8_t)ad, true};
        }
        if (made->kind == ORDERED) count_claims(books, made, day, clicks);
    }
    free(last);
}

/* ---- rows ---- */

static int64_t rate_of(const struct books *books, Str currency, int32_t day)
{
    int64_t rate = RATE_UNIT;

    for (size_t i = 0; i < COUNT_OF(RATES) && !str_eq(currency, books->home); i++)
        if (str_eq(RATES[i].currency, currency) && RATES[i].day <= day) rate = RATES[i].rate_e9;
    return rate;
}

/* Units of the reporting currency as micros of another, in whole cents. */
static int64_t amount_of(double units, int64_t rate_e9)
{
    return llround(units * 100 * (double)RATE_UNIT / (double)rate_e9) * CENT;
}

static void put_counts(struct books *books, struct ad_row *row, size_t channel, const struct cell *cell, double mean,
                       uint64_t *rng)
{
    int64_t rate = rate_of(books, row->currency, row->day - books->history->first_day), spent;
    double clicks = ceil(cell->sessions * (1.04 + 0.16 * demo_chance(rng)));
    double shown = (clicks + 0.4 * mean + 0.1) / PLATFORMS[channel].ctr * exp(0.12 * demo_normal(rng));
    double dear = exp(0.08 * demo_normal(rng));
    double spend = mean > 0 ? PLATFORMS[channel].cpc * mean * pow(clicks / mean, DEARER) * dear : 0;

    row->count[AD_CLICKS] = (int64_t)clicks;
    row->count[AD_IMPRESSIONS] = llround(shown) + row->count[AD_CLICKS];
    row->count[AD_REACH] = AD_NOT_SAID;
    if (PLATFORMS[channel].reach > 0)
        row->count[AD_REACH] = llround((double)row->count[AD_IMPRESSIONS] * PLATFORMS[channel].reach);
    row->count[AD_SPEND] = amount_of(spend, rate);
    row->count[AD_CONVERSIONS] = cell->claimed * AD_MONEY_UNIT;
    row->count[AD_REVENUE] = amount_of((double)cell->value, rate);
    CHECK(money_scale(row->count[AD_SPEND], rate, RATE_UNIT, &spent));
    books->bill[channel].spend_micros += spent;
}

static double value_of_day(const struct books *books, size_t channel, size_t campaign, int32_t day)
{
    int64_t sum = 0;

    for (size_t ad = 0; ad < ADS; ad++) sum += cell_at(books, channel, campaign, ad, day)->value;
    return (double)sum;
}

static void put_events(struct books *books, struct ad_row *row, size_t channel, size_t campaign, uint32_t ad)
{
    int32_t day = row->day - books->history->first_day;

    if (channel == PAUSED.channel && campaign == PAUSED.campaign && day == PAUSED.day - 1)
        row->campaign_status = STR("paused");
    if (channel == RENAMED.channel && campaign == RENAMED.campaign && day >= RENAMED.day) row->campaign_name = NEW_NAME;
    if (channel == GONE.channel && campaign == GONE.campaign && ad == GONE_AD && day == GONE.day - 1)
        row->ad_status = STR("deleted");
    if (channel == REFUND.channel && campaign == REFUND.campaign && day == REFUND.day && ad == 0)
        row->count[AD_REVENUE] = -amount_of(500 + value_of_day(books, channel, campaign, day), RATE_UNIT);
    if (channel == UNSAID.channel && campaign == UNSAID.campaign && day == UNSAID.day) {
        int64_t spent;
        CHECK(money_scale(row->count[AD_SPEND], rate_of(books, row->currency, day), RATE_UNIT, &spent));
        books->bill[channel].spend_micros -= spent;
        row->count[AD_SPEND] = AD_NOT_SAID;
    }
}

static double mean_clicks(const struct books *books, size_t channel, size_t campaign, uint32_t ad)
{
    double sum = 0;

    for (int32_t day = 0; day < DEMO_DAYS; day++) sum += cell_at(books, channel, campaign, ad, day)->sessions;
    return 1.12 * sum / DEMO_DAYS;
}

static struct ad_row row_of(struct books *books, size_t channel, size_t campaign, uint32_t ad, int32_t day)
{
    struct arena *arena = &books->arena;
    const char *platform = DEMO_CHANNEL[channel].name, *name = DEMO_CHANNEL[channel].campaigns[campaign];
    unsigned id = 100u + (unsigned)campaign, group = ad < FIRST_GROUP ? 1 : 2;
    Str currency = PLATFORMS[channel].currency;

    return (struct ad_row){
        .campaign_id = arena_printf(arena, "%s-%u", platform, id),
        .campaign_name = str_of(name),
        .campaign_status = STR("active"),
        .ad_set_id = arena_printf(arena, "%s-%u-%u", platform, id, group),
        .ad_set_name = group == 1 ? STR("new people") : STR("visited before"),
        .ad_id = arena_printf(arena, "%s-%u-%u-%u", platform, id, group, ad + 1),
        .ad_name = ad_name(channel, campaign, ad, arena),
        .ad_status = STR("active"),
        .channel = str_of(PLATFORMS[channel].channel),
        .currency = currency.n ? currency : books->home,
        .day = books->history->first_day + day,
    };
}

/* All rows of a channel, the days in order. */
static void make_rows(struct books *books)
{
    size_t channel = books->channel;
    uint64_t rng = books->history->seed * 31 + channel;

    books->n = 0;
    for (int32_t day = 0; day < DEMO_DAYS; day++)
        for (size_t campaign = 0; campaign < DEMO_CAMPAIGNS; campaign++)
            for (uint32_t ad = 0; ad < ADS; ad++) {
                if (!ad_runs(channel, campaign, ad, day)) continue;
                struct ad_row *row = &books->rows[books->n++];
                *row = row_of(books, channel, campaign, ad, day);
                put_counts(books, row, channel, cell_at(books, channel, campaign, ad, day),
                           mean_clicks(books, channel, campaign, ad), &rng);
                put_events(books, row, channel, campaign, ad);
            }
}

/* ---- storing: from..to of something, in one transaction ---- */

typedef bool work_fn(struct books *books, struct db *db, size_t from, size_t to, struct err *err);

static bool in_transaction(struct books *books, work_fn *work, size_t from, size_t to, struct err *err)
{
    struct db *db = store_writer_take(books->app->store);
    bool ok = db_begin(db, err);

    if (ok && !work(books, db, from, to, err)) {
        db_rollback(db);
        ok = false;
    }
    ok = ok && db_commit(db, err);
    store_writer_give(books->app->store);
    return ok;
}

static bool in_chunks(struct books *books, work_fn *work, size_t n, struct err *err)
{
    bool ok = true;

    for (size_t at = 0; ok && at < n; at += CHUNK)
        ok = in_transaction(books, work, at, at + CHUNK < n ? at + CHUNK : n, err);
    return ok;
}

static bool store_rates(struct books *books, struct db *db, size_t from, size_t to, struct err *err)
{
    bool ok = true;

    for (size_t i = from; ok && i < to; i++) {
        struct rate_row rate = RATES[i];
        rate.day += books->history->first_day;
        if (!str_eq(rate.currency, books->home)) ok = rate_put(db, books->home, &rate, err);
    }
    return ok;
}

static bool store_rows(struct books *books, struct db *db, size_t from, size_t to, struct err *err)
{
    const struct ad_source account = {.source = str_of(PLATFORMS[books->channel].source), .account = STR("demo")};
    struct ad_change change;
    struct arena arena;

    arena_init(&arena, STORE_ARENA);
    bool ok = ad_days_put(db, &account, books->rows + from, to - from, &arena, &change, err);
    arena_free(&arena);
    return ok;
}

static bool put_channels(struct books *books, struct err *err)
{
    bool ok = true;

    for (books->channel = 0; ok && books->channel < DEMO_PAID; books->channel++) {
        make_rows(books);
        ok = in_chunks(books, store_rows, books->n, err);
    }
    return ok;
}

/* ---- budgets: of all, nearly used up; of one channel's last four weeks ---- */

static bool has_budget(struct db *db, Str name, bool *has, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT 1 FROM budget WHERE name = $1", DB_ARGS(DB_TEXT(name)));

    *has = db_next(&rows);
    return db_end(&rows, err);
}

static bool put_budget(struct books *books, struct db *db, Str name, const char *channel, int32_t days, double units,
                       struct err *err)
{
    struct budget budget = {.name = name,
                            .currency = books->home,
                            .first_day = books->history->first_day + DEMO_DAYS - days,
                            .last_day = books->history->first_day + DEMO_DAYS - 1,
                            .amount_micros = (int64_t)ceil(units / 100) * 100 * AD_MONEY_UNIT};
    bool has;

    if (!has_budget(db, name, &has, err)) return false;
    if (has) return true;
    return (!channel || channel_find(db, str_of(channel), &budget.channel_id, err)) && budget_insert(db, &budget, err);
}

static bool store_budgets(struct books *books, struct db *db, size_t from, size_t to, struct err *err)
{
    double all = 0, google = (double)books->bill[GOOGLE].spend_micros / 1e6;

    (void)from;
    (void)to;
    for (size_t c = 0; c < DEMO_PAID; c++) all += (double)books->bill[c].spend_micros / 1e6;
    return put_budget(books, db, STR("All advertising"), NULL, DEMO_DAYS, 1 + 1.03 * all, err) &&
           put_budget(books, db, STR("Google, four weeks"), PLATFORMS[GOOGLE].channel, 28,
                      1 + 28.0 / DEMO_DAYS * 1.6 * google, err);
}

/* ---- campaigns as a table lists them, with an audience ---- */

#define LISTED 400
#define LISTED_DAYS 365
#define PICK(list, rng) (list)[one_of(COUNT_OF(list), rng)]

static const struct listed_channel {
    const char *name;
    double roi, ctr, conversion, engagement;
} LISTED_CHANNELS[] = {
    {"Instagram", 1.30, 0.031, 0.082, 6.4},
    {"Facebook", 1.15, 0.024, 0.088, 5.2},
    {"Telegram", 1.05, 0.027, 0.071, 5.8},
    {"Pinterest", 0.60, 0.014, 0.057, 3.9},
};
static const struct listed_segment {
    const char *name, *companies[3]; /* invented */
    double roi;
} LISTED_SEGMENTS[] = {
    {"Fashion", {"Copperthimble", "Hemlark", "Marrow & Lace"}, 1.15},
    {"Food", {"Butterfen", "Thistle Pantry", "Rook & Rye"}, 1.0},
    {"Health", {"Quietspring", "Alderwell", "Morrowfit"}, 1.05},
    {"Home", {"Pewter Loft", "Mossbridge Rooms", "Oakwhistle"}, 0.85},
    {"Technology", {"Glimmerport", "Ninefold Circuits", "Tarnlight"}, 0.95},
};
static const char *const GOALS[] = {"Brand Awareness", "Increase Sales", "Market Expansion", "Product Launch"};
static const char *const AUDIENCES[] = {"All Ages",    "Men 18-24",   "Men 25-34",   "Men 35-44",  "Men 45-60",
                                        "Women 18-24", "Women 25-34", "Women 35-44", "Women 45-60"};
static const char *const LOCATIONS[] = {"Kyiv", "Lviv", "Odesa", "Dnipro", "Kharkiv"};
static const char *const LANGUAGES[] = {"Ukrainian", "English", "Polish"};

static double around(double value, double sigma, uint64_t *rng)
{
    return value * exp(sigma * demo_normal(rng) - sigma * sigma / 2);
}

/* The ROI grows by half over the year: something for the trend to show. */
static struct campaign listed(const struct books *books, size_t number, struct arena *arena, uint64_t *rng)
{
    const struct listed_channel *channel = &PICK(LISTED_CHANNELS, rng);
    const struct listed_segment *segment = &PICK(LISTED_SEGMENTS, rng);
    int32_t age = (int32_t)(demo_chance(rng) * LISTED_DAYS);
    double shown = around(80000, 0.6, rng);
    double engagement = channel->engagement + demo_normal(rng);
    struct campaign out = {.campaign_id = arena_printf(arena, "demo-%03zu", number),
                           .status = STR("finished"),
                           .channel = str_of(channel->name),
                           .customer_segment = str_of(segment->name),
                           .company = str_of(PICK(segment->companies, rng)),
                           .currency = books->home,
                           .day = books->history->first_day + DEMO_DAYS - 1 - age,
                           .impressions = llround(shown),
                           .clicks = llround(shown * around(channel->ctr, 0.25, rng)),
                           .cost_micros = llround(around(260, 0.4, rng) * 100) * CENT};

    out.target_audience = str_of(PICK(AUDIENCES, rng));
    out.campaign_goal = str_of(PICK(GOALS, rng));
    out.location = str_of(PICK(LOCATIONS, rng));
    out.language = str_of(PICK(LANGUAGES, rng));
    out.name = arena_printf(arena, "%.*s, %.*s", STR_ARG(out.company), STR_ARG(out.campaign_goal));
    out.duration_days = 15 * (1 + (int64_t)(demo_chance(rng) * 4));
    out.conversion_rate = round(around(channel->conversion, 0.3, rng) * 1e4) / 1e4;
    out.engagement_score = round(fmin(10, fmax(1, engagement)));
    out.roi = around(2 * channel->roi * segment->roi * (1.5 - 0.5 * (double)age / LISTED_DAYS), 0.45, rng);
    out.roi = round(out.roi * 100) / 100;
    return out;
}

static bool store_listed(struct books *books, struct db *db, size_t from, size_t to, struct err *err)
{
    bool ok = true;
    struct arena arena;

    arena_init(&arena, (size_t)1024 * 1024);
    for (size_t i = from; ok && i < to; i++) {
        uint64_t rng = books->history->seed * 1009 + i;
        struct campaign campaign = listed(books, i + 1, &arena, &rng);
        ok = channel_of_name(db, campaign.channel, &campaign.channel_id, err) &&
             (campaign_insert(db, &campaign, err) || err->code == ERR_CONFLICT);
    }
    arena_free(&arena);
    return ok;
}

/* ---- all of it ---- */

bool demo_ads_put(struct app *app, const struct demo_history *history, struct demo_bill bill[DEMO_PAID],
                  struct err *err)
{
    struct books books = {.history = history, .app = app, .home = app->settings.currency, .bill = bill};

    for (size_t c = 0; c < DEMO_PAID; c++) bill[c] = (struct demo_bill){0, 0};
    arena_init(&books.arena, STORE_ARENA);
    books.cell = mem_new(CELLS * sizeof *books.cell);
    books.rows = mem_new(CELLS / DEMO_PAID * sizeof *books.rows);
    count_sessions(&books);
    bool ok = in_transaction(&books, store_rates, 0, COUNT_OF(RATES), err) && put_channels(&books, err) &&
              in_transaction(&books, store_budgets, 0, 2, err) && in_chunks(&books, store_listed, LISTED, err);
    free(books.cell);
    free(books.rows);
    arena_free(&books.arena);
    return ok;
}
