/* Tests of ads/days.h: what is stored is what was said last, and every sum is that of the rows. */
#include "ads_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ads/campaign_sums.h"
#include "base/time.h"

static const struct ad_source META = {STR_INIT("meta"), STR_INIT("act_1"), 7, 0, 0};
enum { DAY = 20100 };

static struct ad_change put(struct ads_place *place, const struct ad_row *rows, size_t n)
{
    struct ad_change change;
    struct err err = {0};

    ASSERT_OK(ad_days_put(place->db, &META, rows, n, &place->arena, &change, &err));
    return change;
}

static struct ad_change replace(struct ads_place *place, int32_t first, int32_t last, const struct ad_row *rows,
                                size_t n)
{
    struct ad_change change;
    struct err err = {0};

    ASSERT_OK(ad_days_replace(place->db, &META, first, last, rows, n, &place->arena, &change, &err));
    return change;
}

/* ---- the sums, by SQL from the rows alone ---- */

#define SUMS_OF(grouped)                                                                                               \
    "SELECT " grouped ", d.channel_id, d.currency, count(*), sum(d.spend_micros IS NULL), sum(d.impressions),"         \
    " sum(d.reach), sum(d.clicks), sum(d.spend_micros), sum(d.conversions_micros), sum(d.revenue_micros),"             \
    " sum(d.impressions) FILTER (WHERE d.spend_micros IS NOT NULL), sum(d.clicks) FILTER (WHERE d.spend_micros"        \
    " IS NOT NULL), sum(d.conversions_micros) FILTER (WHERE d.spend_micros IS NOT NULL), sum(d.revenue_micros)"        \
    " FILTER (WHERE d.spend_micros IS NOT NULL) FROM ad_day d JOIN ad a ON a.id = d.ad_id GROUP BY 1, 2, 3"
#define CAMPAIGN_SUMS SUMS_OF("a.campaign_id, d.day") ", 4"
#define CHANNEL_SUMS SUMS_OF("d.day")
#define SAME_ROWS(table, sums)                                                                                         \
    "SELECT (SELECT count(*) FROM (SELECT * FROM " table " EXCEPT " sums ")) + (SELECT count(*) FROM (" sums           \
    " EXCEPT SELECT * FROM " table "))"
#define SUM_OF(column) "(SELECT sum(" column ") FROM ad_day d JOIN ad a ON a.id = d.ad_id WHERE a.campaign_id = c.id)"
#define PRICED_OF(column)                                                                                              \
    "(SELECT sum(" column ") FROM ad_day d JOIN ad a ON a.id = d.ad_id WHERE a.campaign_id = c.id AND d.spend_micros " \
    "IS NOT NULL)"
#define CURRENCIES                                                                                                     \
    "(SELECT count(DISTINCT currency) FROM ad_day d JOIN ad a ON a.id = d.ad_id WHERE a.campaign_id = c.id)"

static void check_sums(struct ads_place *place)
{
    ASSERT_I64(ads_ask(place, SAME_ROWS("campaign_day", CAMPAIGN_SUMS)), 0);
    ASSERT_I64(ads_ask(place, SAME_ROWS("channel_day", CHANNEL_SUMS)), 0);
    ASSERT_I64(
        ads_ask(
            place,
            "SELECT count(*) FROM campaign c WHERE clicks IS NOT " SUM_OF("d.clicks") " OR impressions IS NOT " SUM_OF(
                "d.impressions") " OR day IS NOT " SUM_OF("0") " + (SELECT min(d.day) FROM ad_day d JOIN ad a ON a.id "
                                                               "= d.ad_id"
                                                               " WHERE a.campaign_id = c.id)"),
        0);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign c WHERE round(conversion_rate, 12) IS NOT round(" SUM_OF(
                                  "d.conversions_micros") " / 1e6 / nullif(" SUM_OF("d.clicks") ", 0), 12)"),
               0);
    ASSERT_I64(ads_ask(place,
                       "SELECT count(*) FROM campaign c WHERE acquisition_cost_micros IS NOT CASE WHEN " CURRENCIES
                       " = 1 AND " PRICED_OF("conversions_micros") " > 0 THEN CAST(round(" PRICED_OF(
                           "spend_micros") " * 1e6 / " PRICED_OF("conversions_micros") ") AS INTEGER) END"),
               0);
    ASSERT_I64(
        ads_ask(place,
                "SELECT count(*) FROM campaign c WHERE round(roi, 9) IS NOT CASE WHEN " CURRENCIES
                " = 1 AND " PRICED_OF("spend_micros") " > 0 THEN round((" PRICED_OF("revenue_micros") " - " PRICED_OF(
                    "spend_micros") ") * 1.0 / " PRICED_OF("spend_micros") ", 9) END"),
        0);
    ASSERT_I64(ads_ask(place, "SELECT (SELECT count(*) FROM campaign) - (SELECT coalesce(sum(campaigns), 0)"
                              " FROM campaign_sum WHERE dim = 'channel')"),
               0);
    ASSERT_I64(
        ads_ask(place,
                "SELECT count(*) FROM (SELECT day, CASE WHEN acquisition_cost_micros IS NULL THEN '' ELSE currency END,"
                " count(roi) r, count(acquisition_cost_micros) n, coalesce(sum(clicks), 0) k FROM campaign WHERE day "
                "IS NOT NULL GROUP BY 1, 2 EXCEPT"
                " SELECT day, currency, sum(roi_n), sum(cost_n), sum(clicks) FROM campaign_sum"
                " WHERE dim = 'channel' GROUP BY 1, 2)"),
        0);
}

/* ---- random sequences beside a plain list ---- */

enum { CAMPAIGNS = 3, ADS = 4, DAYS = 9, PLACES = 2, KEYS = CAMPAIGNS * ADS * DAYS * PLACES };

struct known {
    bool there;
    int channel, currency;
    int64_t count[AD_COUNTS];
};

struct model {
    struct known row[KEYS];
};

static const char *const CAMPAIGN_IDS[] = {"c0", "c1", "c2"}, *const AD_IDS[] = {"a0", "a1", "a2", ""};
static const char *const PLACEMENTS[] = {"feed", ""}, *const CHANNELS[] = {"Facebook", "Instagram"};
static const char *const CURRENCIES_OF[] = {"USD", "EUR"};

static int32_t day_of_key(int key)
{
    return DAY + key / PLACES % DAYS;
}

static struct ad_row row_of_key(int key, const struct known *known)
{
    struct ad_row row =
        ads_row(CAMPAIGN_IDS[key / PLACES / DAYS / ADS], AD_IDS[key / PLACES / DAYS % ADS], day_of_key(key));

    row.placement = str_of(PLACEMENTS[key % PLACES]);
    row.channel = str_of(CHANNELS[known->channel]);
    row.currency = str_of(CURRENCIES_OF[known->currency]);
    memcpy(row.count, known->count, sizeof row.count);
    return row;
}

static struct known random_known(uint64_t *seed)
{
    struct known known = {
        .there = true, .channel = (int)random_below(seed, 2), .currency = random_below(seed, 10) == 0};

    for (int i = 0; i < AD_COUNTS; i++) {
        known.count[i] = random_below(seed, 4) ? (int64_t)random_below(seed, 1000) : AD_NOT_SAID;
        if (i == AD_REVENUE && known.count[i] != AD_NOT_SAID) known.count[i] -= 200;
    }
    return known;
}

static bool same_known(const struct known *a, const struct known *b)
{
    return a->there == b->there && (!a->there || (a->channel == b->channel && a->currency == b->currency &&
                                                  memcmp(a->count, b->count, sizeof a->count) == 0));
}

static void check_model(struct ads_place *place, const struct model *model)
{
    int64_t n = 0;

    for (int key = 0; key < KEYS; key++) n += model->row[key].there;
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM ad_day"), n);
    for (int key = 0; key < KEYS; key++) {
        if (!model->row[key].there) continue;
        struct ad_row row = row_of_key(key, &model->row[key]);
        struct db_rows rows = db_query(
            place->db,
            "SELECT d.impressions, d.reach, d.clicks, d.spend_micros, d.conversions_micros, d.revenue_micros,"
            " d.currency, h.name FROM ad_day d JOIN ad a ON a.id = d.ad_id JOIN campaign c ON c.id = a.campaign_id"
            " JOIN channel h ON h.id = d.channel_id WHERE c.external_id = $1 AND a.external_id = $2 AND d.day = $3"
            " AND d.placement = $4",
            DB_ARGS(DB_TEXT(row.campaign_id), DB_TEXT(row.ad_id), DB_I64(row.day), DB_TEXT(row.placement)));
        struct err err = {0};
        assert_true(db_next(&rows));
        for (int i = 0; i < AD_COUNTS; i++)
            ASSERT_I64(db_is_null(&rows, i) ? AD_NOT_SAID : db_i64(&rows, i), row.count[i]);
        ASSERT_STR_EQ(db_str(&rows, 6), row.currency);
        ASSERT_STR_EQ(db_str(&rows, 7), row.channel);
        ASSERT_OK(db_end(&rows, &err));
    }
}

/* One call with random rows of some days, and what the model says that it changes. */
static void random_call(struct ads_place *place, struct model *model, uint64_t *seed)
{
    struct ad_row rows[KEYS];
    struct model next = *model;
    struct ad_change wanted = {.first_day = INT32_MAX, .last_day = INT32_MIN}, got;
    size_t n = 0;
    int32_t first = DAY + (int32_t)random_below(seed, DAYS), last = first + (int32_t)random_below(seed, 4);
    bool replaces = random_below(seed, 2);
    uint64_t density = 1 + random_below(seed, 4);

    for (int key = 0; key < KEYS; key++) {
        if (day_of_key(key) < first || day_of_key(key) > last) continue;
        if (replaces) next.row[key].there = false;
        if (random_below(seed, 5) >= density) continue;
        struct known said = model->row[key].there && random_below(seed, 3) ? model->row[key] : random_known(seed);
        next.row[key] = said;
        rows[n++] = row_of_key(key, &said);
    }
    for (int key = 0; key < KEYS; key++) {
        bool was = model->row[key].there, is = next.row[key].there;
        if (same_known(&model->row[key], &next.row[key])) continue;
        wanted.inserted += !was && is;
        wanted.replaced += was && is;
        wanted.removed += was && !is;
        if (day_of_key(key) < wanted.first_day) wanted.first_day = day_of_key(key);
        if (day_of_key(key) > wanted.last_day) wanted.last_day = day_of_key(key);
    }
    wanted.same = (int64_t)n - wanted.inserted - wanted.replaced;
    for (size_t i = n; i > 1; i--) {
        size_t other = random_below(seed, i);
        struct ad_row swapped = rows[i - 1];
        rows[i - 1] = rows[other];
        rows[other] = swapped;
    }
    got = replaces ? replace(place, first, last, rows, n) : put(place, rows, n);
    assert_memory_equal(&got, &wanted, sizeof got);
    *model = next;
}

static void test_random_sequences(void **state)
{
    struct ads_place *place = *state;
    struct model *model = mem_new(sizeof *model);

    for (uint64_t seed = 1; seed <= 120; seed++) {
        uint64_t state_of = seed * 7919;
        random_call(place, model, &state_of);
        check_sums(place);
        if (seed % 6 == 0) check_model(place, model);
    }
    struct ad_change all = replace(place, DAY, DAY + DAYS + 4, NULL, 0);
    assert_true(all.removed > 0);
    check_sums(place);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign WHERE day IS NULL AND clicks IS NULL"), CAMPAIGNS);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM channel_day"), 0);
    free(model);
}

/* ---- by hand ---- */

static void test_figures_of_a_campaign(void **state)
{
    struct ads_place *place = *state;
    struct ad_row rows[3] = {ads_row("1", "x", DAY + 1), ads_row("1", "x", DAY), ads_row("1", "y", DAY)};

    rows[0].channel = STR("Instagram");
    memcpy(rows[0].count, (int64_t[]){600, AD_NOT_SAID, 30, UNITS(7), UNITS(2), UNITS(50)}, sizeof rows[0].count);
    memcpy(rows[1].count, (int64_t[]){500, 400, 20, UNITS(3), UNITS(1), UNITS(-20)},
           sizeof rows[1].count); /* a refund */
    memcpy(rows[2].count, (int64_t[]){50, 40, 10, AD_NOT_SAID, UNITS(3), UNITS(70)},
           sizeof rows[2].count); /* no spend */
    struct ad_change change = put(place, rows, 3);
    ASSERT_I64(change.inserted, 3);
    ASSERT_I64(change.first_day, DAY);
    ASSERT_I64(change.last_day, DAY + 1);
    ASSERT_STR(ads_ask_text(place, "SELECT campaign_id FROM campaign"), "meta:act_1:1");
    ASSERT_STR(ads_ask_text(place, "SELECT currency FROM campaign"), "USD");
    ASSERT_STR(ads_ask_text(place, "SELECT h.name FROM campaign c JOIN channel h ON h.id = c.channel_id"), "Instagram");
    ASSERT_STR(ads_ask_text(place, "SELECT platform FROM channel WHERE name = 'Instagram'"), "instagram");
    ASSERT_I64(ads_ask(place, "SELECT clicks FROM campaign"), 60);
    ASSERT_I64(ads_ask(place, "SELECT impressions FROM campaign"), 1150);
    ASSERT_I64(ads_ask(place, "SELECT day FROM campaign"), DAY);
    assert_true(fabs(ads_ask_real(place, "SELECT conversion_rate FROM campaign") - 6.0 / 60) < 1e-15);
    ASSERT_I64(ads_ask(place, "SELECT acquisition_cost_micros FROM campaign"), 3333333);             /* 10 for 3 */
    assert_true(fabs(ads_ask_real(place, "SELECT roi FROM campaign") - (30.0 - 10.0) / 10) < 1e-15); /* 50 - 20 */
    ASSERT_I64(ads_ask(place, "SELECT rows_unpriced FROM campaign_day WHERE day = 20100"), 1);
    ASSERT_I64(ads_ask(place, "SELECT clicks FROM channel_day WHERE day = 20100"), 30);
    ASSERT_I64(ads_ask(place, "SELECT priced_clicks FROM channel_day WHERE day = 20100"), 20);
    ASSERT_I64(ads_ask(place, "SELECT connection_id FROM ad_account"), 7);
    check_sums(place);
}

static void test_what_is_not_said_is_not_0(void **state)
{
    struct ads_place *place = *state;
    struct ad_row row = ads_row("1", "x", DAY);

    row.count[AD_SPEND] = UNITS(5);
    put(place, &row, 1);
    ASSERT_I64(ads_ask(place, "SELECT clicks FROM campaign_day"), INT64_MIN);
    ASSERT_I64(ads_ask(place, "SELECT revenue_micros FROM channel_day"), INT64_MIN);
    assert_true(isnan(ads_ask_real(place, "SELECT roi FROM campaign"))); /* and not -1 */
    row.count[AD_REVENUE] = 0;
    ASSERT_I64(put(place, &row, 1).replaced, 1);
    assert_true(ads_ask_real(place, "SELECT roi FROM campaign") == -1);
    row.count[AD_SPEND] = 0;
    put(place, &row, 1);
    assert_true(isnan(ads_ask_real(place, "SELECT roi FROM campaign")));
}

static void test_two_currencies_have_no_ratio(void **state)
{
    struct ads_place *place = *state;
    struct ad_row rows[2] = {ads_row("1", "x", DAY), ads_row("1", "y", DAY)};

    for (int i = 0; i < 2; i++) rows[i].count[AD_SPEND] = rows[i].count[AD_REVENUE] = UNITS(5);
    rows[1].currency = STR("EUR");
    put(place, rows, 2);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign WHERE currency = '' AND roi IS NULL"), 1);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM channel_day"), 2);
    check_sums(place);
}

static void test_rows_with_one_key_are_added_up(void **state)
{
    struct ads_place *place = *state;
    struct ad_row rows[3] = {ads_row("1", "x", DAY), ads_row("1", "x", DAY), ads_row("1", "x", DAY)};
    struct ad_change change;
    struct err err = {0};

    rows[0].count[AD_CLICKS] = 4;
    rows[2].count[AD_CLICKS] = 5;
    rows[1].count[AD_SPEND] = UNITS(1);
    change = put(place, rows, 3);
    ASSERT_I64(change.inserted, 1);
    ASSERT_I64(change.repeated, 2);
    ASSERT_I64(ads_ask(place, "SELECT clicks FROM ad_day"), 9);
    ASSERT_I64(ads_ask(place, "SELECT spend_micros FROM ad_day"), UNITS(1));
    ASSERT_I64(ads_ask(place, "SELECT impressions FROM ad_day"), INT64_MIN);
    ASSERT_I64(put(place, rows, 3).same, 1);
    rows[1].currency = STR("EUR");
    ASSERT_FAILS(ad_days_put(place->db, &META, rows, 3, &place->arena, &change, &err), ERR_INVALID);
    ASSERT_STR(str_of(err.field), "currency");
}

static void test_a_renamed_campaign_stays_itself(void **state)
{
    struct ads_place *place = *state;
    struct ad_row rows[3] = {ads_row("1", "x", DAY), ads_row("1", "x", DAY + 1), ads_row("1", "y", DAY)};

    for (int i = 0; i < 3; i++) {
        rows[i].campaign_name = i == 1 ? STR("Spring, again") : STR("Spring");
        rows[i].ad_set_id = STR("s");
        rows[i].ad_set_name = i == 1 ? STR("Women") : STR("All");
        rows[i].ad_name = i == 1 ? STR("Blue") : STR("Red");
        rows[i].campaign_status = i == 1 ? STR("PAUSED") : STR("ACTIVE");
    }
    put(place, rows + 2, 1);
    put(place, rows, 2);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign"), 1);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM ad"), 2);
    ASSERT_STR(ads_ask_text(place, "SELECT name FROM campaign"), "Spring, again");
    ASSERT_STR(ads_ask_text(place, "SELECT status FROM campaign"), "PAUSED");
    ASSERT_STR(ads_ask_text(place, "SELECT name FROM ad WHERE external_id = 'x'"), "Blue");
    ASSERT_STR(ads_ask_text(place, "SELECT name FROM ad WHERE external_id = 'y'"), "Red");
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM ad WHERE ad_set_name = 'Women'"), 2);
    rows[0].count[AD_CLICKS] = 1; /* an earlier day, told again with the name of then */
    put(place, rows, 1);
    ASSERT_STR(ads_ask_text(place, "SELECT name FROM campaign"), "Spring, again");
    ASSERT_STR(ads_ask_text(place, "SELECT name FROM ad WHERE external_id = 'x'"), "Blue");
    rows[1].campaign_name = STR(""); /* not said: stays */
    put(place, rows + 1, 1);
    ASSERT_STR(ads_ask_text(place, "SELECT name FROM campaign"), "Spring, again");
}

static void test_a_deleted_ad_keeps_its_days(void **state)
{
    struct ads_place *place = *state;
    struct ad_row rows[4] = {ads_row("1", "x", DAY), ads_row("1", "y", DAY), ads_row("1", "x", DAY + 1),
                             ads_row("1", "y", DAY + 1)};

    for (int i = 0; i < 4; i++) rows[i].count[AD_CLICKS] = 1 + i;
    put(place, rows, 4);
    struct ad_change change = replace(place, DAY + 1, DAY + 1, rows + 2, 1); /* y is gone from the second day on */
    ASSERT_I64(change.removed, 1);
    ASSERT_I64(change.same, 1);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM ad_day"), 3);
    ASSERT_I64(ads_ask(place, "SELECT clicks FROM campaign"), 1 + 2 + 3);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM ad"), 2);
    check_sums(place);
}

static void test_replace_touches_its_own_account_alone(void **state)
{
    struct ads_place *place = *state;
    struct ad_source other = META;
    struct ad_row row = ads_row("1", "x", DAY);
    struct ad_change change;
    struct err err = {0};

    row.count[AD_CLICKS] = 3;
    put(place, &row, 1);
    other.account = STR("act_2");
    ASSERT_OK(ad_days_replace(place->db, &other, DAY - 5, DAY + 5, NULL, 0, &place->arena, &change, &err));
    ASSERT_I64(change.removed, 0);
    ASSERT_OK(ad_days_put(place->db, &other, &row, 1, &place->arena, &change, &err));
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign"), 2);
    ASSERT_I64(ads_ask(place, "SELECT clicks FROM channel_day"), 6);
    row.day = DAY + 6;
    ASSERT_FAILS(ad_days_replace(place->db, &other, DAY, DAY + 5, &row, 1, &place->arena, &change, &err), ERR_INVALID);
    check_sums(place);
}

static void test_ids_are_made_of_names(void **state)
{
    struct ads_place *place = *state;
    struct ad_row rows[3] = {ads_row("", "", DAY), ads_row("", "", DAY + 1), ads_row("a/b", "", DAY)};
    struct ad_change change;
    struct err err = {0};

    rows[0].campaign_name = rows[1].campaign_name = STR("Весна");
    put(place, rows, 3);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign"), 2);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign WHERE campaign_id LIKE 'meta:act_1:n-________________'"),
               2);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM ad WHERE external_id = '' AND ad_set_id = ''"), 2);
    rows[0].campaign_name = STR("");
    ASSERT_FAILS(ad_days_put(place->db, &META, rows, 1, &place->arena, &change, &err), ERR_INVALID);
    ASSERT_STR(str_of(err.field), "campaign_id");
    rows[2].count[AD_CLICKS] = -1;
    ASSERT_FAILS(ad_days_put(place->db, &META, rows + 2, 1, &place->arena, &change, &err), ERR_INVALID);
    ASSERT_STR(str_of(err.field), "clicks");
}

static void test_a_campaign_made_by_hand_becomes_the_accounts(void **state)
{
    struct ads_place *place = *state;
    struct ad_row row = ads_row("1", "x", DAY);

    ads_run(place, "INSERT INTO channel (name, platform, created_ms) VALUES ('Facebook', '', 0);"
                   "INSERT INTO campaign (campaign_id, external_id, name, channel_id, status, target_audience,"
                   " campaign_goal, currency, location, language, customer_segment, company, has_days, day, clicks,"
                   " created_ms, changed_ms) VALUES ('meta:act_1:1', '', 'Mine', 1, '', 'Women', '', 'USD', '', '', '',"
                   " '', 0, 20000, 5, 0, 0)");
    row.count[AD_CLICKS] = 8;
    put(place, &row, 1);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign"), 1);
    ASSERT_I64(ads_ask(place, "SELECT clicks FROM campaign WHERE target_audience = 'Women' AND has_days = 1"), 8);
}

static void test_taking_back(void **state)
{
    struct ads_place *place = *state;
    struct ad_source file = {STR("file"), STR("default"), 0, 3, 0};
    struct ad_row rows[40];
    struct ad_change change;
    struct err err = {0};

    for (int i = 0; i < 40; i++) {
        rows[i] = ads_row(i % 2 ? "1" : "2", "x", DAY + i);
        rows[i].count[AD_CLICKS] = i;
    }
    ASSERT_OK(ad_days_put(place->db, &file, rows, 39, &place->arena, &change, &err));
    put(place, rows + 39, 1);
    for (int64_t wanted = 16, left = 39; left >= 0; left -= wanted) {
        if (wanted > left) wanted = left;
        ASSERT_OK(ad_days_take_back(place->db, 3, 16, &change, &err));
        ASSERT_I64(change.removed, wanted);
        if (wanted) check_sums(place);
        if (left == 0) break;
    }
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM campaign"), 1);
    ASSERT_I64(ads_ask(place, "SELECT count(*) FROM ad"), 1);
    check_sums(place);
}

/* How long a month of 2,000 ads takes is printed, not judged. */
static void test_a_month_of_2000_ads(void **state)
{
    struct ads_place *place = *state;
    enum { N = 2000 * 30 };
    struct ad_row *rows = mem_grow(NULL, sizeof *rows, N);
    char(*ids)[16] = mem_grow(NULL, sizeof *ids, 2200);
    struct err err = {0};
    struct ad_change change;

    for (int i = 0; i < 2200; i++) snprintf(ids[i], sizeof *ids, "%d", 23850000 + i);
    for (int i = 0; i < N; i++) {
        int ad = i % 2000;
        rows[i] = ads_row(ids[2000 + ad / 10], ids[ad], DAY + i / 2000);
        rows[i].ad_set_id = str_of(ids[2000 + ad / 10]);
        for (int k = 0; k < AD_COUNTS; k++) rows[i].count[k] = i % 997 + k;
    }
    for (int again = 0; again < 3; again++) {
        if (again == 2)
            for (int i = 0; i < N; i += 30) rows[i].count[AD_CLICKS]++;
        int64_t start_us = time_monotonic_us();
        ASSERT_OK(db_begin(place->db, &err));
        ASSERT_OK(ad_days_replace(place->db, &META, DAY, DAY + 29, rows, N, &place->arena, &change, &err));
        ASSERT_OK(db_commit(place->db, &err));
        print_message("%d rows, %lld inserted, %lld replaced: %lld ms\n", N, (long long)change.inserted,
                      (long long)change.replaced, (long long)(time_monotonic_us() - start_us) / 1000);
    }
    ASSERT_I64(change.replaced, N / 30);
    check_sums(place);
    free(rows);
    free(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_sequences, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_figures_of_a_campaign, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_what_is_not_said_is_not_0, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_two_currencies_have_no_ratio, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_rows_with_one_key_are_added_up, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_a_renamed_campaign_stays_itself, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_a_deleted_ad_keeps_its_days, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_replace_touches_its_own_account_alone, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_ids_are_made_of_names, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_a_campaign_made_by_hand_becomes_the_accounts, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_taking_back, ads_open, ads_close),
        cmocka_unit_test_setup_teardown(test_a_month_of_2000_ads, ads_open, ads_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
