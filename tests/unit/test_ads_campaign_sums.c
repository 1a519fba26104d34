/* Tests of ads/campaign_sums.h: after random changes the sums are those that SQL's own GROUP BY makes. */
#include "helpers.h"

#include "ads/campaign_sums.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    char folder[FOLDER_MAX];
    struct store *store;
    struct db *db;
};

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);
    struct err err = {0};

    folder_make(place->folder);
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    place->db = store_writer_take(place->store);
    ASSERT_OK(db_script(place->db,
                        STR("INSERT INTO channel (name, platform, created_ms) VALUES ('Instagram', '', 0),"
                            " ('Facebook', '', 0), ('Telegram', '', 0);"),
                        &err));
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    store_writer_give(place->store);
    store_close(place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

enum { DAYS = 12 };

static struct db_value maybe(uint64_t *seed, struct db_value value)
{
    return random_below(seed, 4) ? value : DB_NULL;
}

static int32_t random_day(uint64_t *seed)
{
    uint64_t day = random_below(seed, DAYS);
    return day == 0 ? CAMPAIGN_NO_DAY : (int32_t)(19000 + day);
}

static void put_campaign(struct db *db, uint64_t *seed, int64_t id, int32_t day)
{
    static const char *const TEXTS[] = {"", "Austin", "Київ", "a\tb", "New York", "=1+1"};
    static const char *const CURRENCIES[] = {"USD", "UAH", "EUR"};
    struct err err = {0};
    struct db_value text[7];

    for (int i = 0; i < 7; i++) text[i] = DB_TEXT(str_of(TEXTS[random_below(seed, COUNT_OF(TEXTS))]));
    ASSERT_OK(db_run(
        db,
        "INSERT INTO campaign (id, campaign_id, external_id, name, channel_id, status, target_audience, campaign_goal,"
        " currency, location, language, customer_segment, company, has_days, created_ms, changed_ms, day, roi,"
        " conversion_rate, acquisition_cost_micros, engagement_score, clicks, impressions)"
        " VALUES ($1, $1, '', '', $2, '', $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, $10, $11, $12, $13, $14, $15, $16)"
        " ON CONFLICT (id) DO UPDATE SET channel_id = $2, currency = $5, company = $9, day = $10, roi = $11",
        DB_ARGS(
            DB_I64(id), DB_I64(1 + (int64_t)random_below(seed, 3)), text[0], text[1],
            DB_TEXT(str_of(CURRENCIES[random_below(seed, 3)])), text[2], text[3], text[4], text[5],
            day == CAMPAIGN_NO_DAY ? DB_NULL : DB_I64(day), maybe(seed, DB_F64((double)random_below(seed, 800) / 64)),
            maybe(seed, DB_F64((double)random_below(seed, 64) / 512)),
            maybe(seed, DB_I64((int64_t)random_below(seed, 1000000000))),
            maybe(seed, DB_F64((double)random_below(seed, 10))), maybe(seed, DB_I64((int64_t)random_below(seed, 9999))),
            maybe(seed, DB_I64((int64_t)random_below(seed, 999999)))),
        &err));
}

/* What stands on one side and not on the other, both ways. Sums of binary fractions are exact in any order. */
#define CURRENCY "CASE WHEN acquisition_cost_micros IS NULL THEN '' ELSE currency END"
#define ORACLE(dim, column)                                                                                            \
    "SELECT '" dim "', " column ", COALESCE(day, -2147483648), " CURRENCY ", COUNT(*), COUNT(roi), TOTAL(roi),"        \
    " COUNT(conversion_rate), TOTAL(conversion_rate), COUNT(acquisition_cost_micros),"                                 \
    " COALESCE(SUM(acquisition_cost_micros), 0), COUNT(engagement_score), TOTAL(engagement_score),"                    \
    " COALESCE(SUM(clicks), 0), COALESCE(SUM(impressions), 0) FROM campaign GROUP BY 1, 2, 3, 4"
#define MORE(dim, column) " UNION ALL " ORACLE(dim, column)
#define ALL_ORACLES                                                                                                    \
    ORACLE("channel", "(SELECT h.name FROM channel h WHERE h.id = channel_id)")                                        \
    MORE("segment", "customer_segment")                                                                                \
    MORE("location", "location")                                                                                       \
    MORE("language", "language")                                                                                       \
    MORE("goal", "campaign_goal") MORE("audience", "target_audience") MORE("company", "company")

static int64_t first_of(struct db_rows rows)
{
    struct err err = {0};
    int64_t n = db_next(&rows) ? db_i64(&rows, 0) : -1;

    ASSERT_OK(db_end(&rows, &err));
    return n;
}

static void assert_sums(struct db *db)
{
    ASSERT_I64(first_of(db_query(
                   db, "SELECT COUNT(*) FROM (SELECT * FROM campaign_sum EXCEPT SELECT * FROM (" ALL_ORACLES "))",
                   DB_NO_ARGS)),
               0);
    ASSERT_I64(first_of(db_query(db, "SELECT COUNT(*) - (SELECT COUNT(*) FROM campaign_sum) FROM (" ALL_ORACLES ")",
                                 DB_NO_ARGS)),
               0);
}

static void test_random_changes(void **state)
{
    struct place *place = *state;
    uint64_t seed = 7;
    struct err err = {0};

    for (int round = 0; round < 30; round++) {
        int32_t days[64];
        size_t n = 0;
        for (int i = 0; i < 25; i++) {
            int64_t id = 1 + (int64_t)random_below(&seed, 200);
            struct db_rows rows = db_query(place->db, "SELECT COALESCE(day, -2147483648) FROM campaign WHERE id = $1",
                                           DB_ARGS(DB_I64(id)));
            if (db_next(&rows)) days[n++] = (int32_t)db_i64(&rows, 0);
            ASSERT_OK(db_end(&rows, &err));
            if (n < 60 && random_below(&seed, 4) == 0) {
                ASSERT_OK(db_run(place->db, "DELETE FROM campaign WHERE id = $1", DB_ARGS(DB_I64(id)), &err));
            } else {
                days[n++] = random_day(&seed);
                put_campaign(place->db, &seed, id, days[n - 1]);
            }
        }
        ASSERT_OK(campaign_sums_refresh(place->db, days, n, &err));
        assert_sums(place->db);
    }
}

struct seen {
    int64_t rows, campaigns;
    int32_t last;
};

static bool see(void *context, Str value, int32_t day, Str currency, const struct campaign_sum *sum, struct err *err)
{
    struct seen *seen = context;

    assert_true(day >= seen->last);
    assert_true(value.n > 0 && currency.n == (sum->cost_n ? 3 : 0));
    seen->last = day;
    seen->rows++;
    seen->campaigns += sum->campaigns;
    return seen->rows < 3 || err_set(err, ERR_LIMIT, "three are enough");
}

static void test_walk(void **state)
{
    struct place *place = *state;
    uint64_t seed = 3;
    int32_t days[] = {19005, 19001, 19005, CAMPAIGN_NO_DAY}, last = 0;
    struct seen seen = {.last = INT32_MIN};
    struct err err = {0};

    for (int64_t id = 1; id <= 40; id++) put_campaign(place->db, &seed, id, id % 2 ? 19005 : 19001);
    ASSERT_OK(campaign_sums_refresh(place->db, days, 4, &err));
    assert_sums(place->db);
    ASSERT_FAILS(campaign_sums_walk(place->db, CAMPAIGN_BY_CHANNEL, 0, INT32_MAX, see, &seen, &err), ERR_LIMIT);
    ASSERT_I64(seen.rows, 3);
    seen = (struct seen){.last = INT32_MIN};
    ASSERT_OK(campaign_sums_walk(place->db, CAMPAIGN_BY_CHANNEL, 19006, INT32_MAX, see, &seen, &err));
    ASSERT_I64(seen.rows, 0);
    ASSERT_OK(campaign_sums_last_day(place->db, INT32_MAX, &last, &err));
    ASSERT_I64(last, 19005);
    ASSERT_OK(campaign_sums_last_day(place->db, 19004, &last, &err));
    ASSERT_I64(last, 19001);
    ASSERT_OK(campaign_sums_last_day(place->db, 19000, &last, &err));
    ASSERT_I64(last, CAMPAIGN_NO_DAY);
}

static void test_enormous_costs_stay(void **state)
{
    struct place *place = *state;
    uint64_t seed = 5;
    int32_t day = 19001;
    struct err err = {0};

    for (int64_t id = 1; id <= 3; id++) put_campaign(place->db, &seed, id, day);
    ASSERT_OK(db_run(place->db,
                     "UPDATE campaign SET acquisition_cost_micros = 9000000000000000000, currency = 'USD',"
                     " company = 'Quillbyte'",
                     DB_NO_ARGS, &err));
    ASSERT_OK(campaign_sums_refresh(place->db, &day, 1, &err));
    ASSERT_I64(
        first_of(db_query(place->db, "SELECT cost_micros_sum FROM campaign_sum WHERE dim = 'company'", DB_NO_ARGS)),
        INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_changes, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_walk, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_enormous_costs_stay, open_place, close_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
