/* Tests of amounts in other currencies, through the pipeline: numbers worked by hand, rates that change, starts with
 * other rates, and changes while events come in. */
#include "events/pipeline_int.h"
#include "pipeline_fixture.h"

#include "ads/rates.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

#define UNKNOWN INT64_MIN

static void change_rate(struct place *place, const char *base, const char *currency, const char *day, int64_t rate_e9)
{
    struct rate_row row = {.currency = str_of(currency), .rate_e9 = rate_e9};
    struct err err = {0};

    assert_true(time_parse_day(str_of(day), &row.day));
    struct db *db = store_writer_take(place->store);
    if (rate_e9) {
        ASSERT_OK(rate_put(db, str_of(base), &row, &err));
    } else {
        ASSERT_OK(rate_remove(db, str_of(base), row.currency, row.day, &err));
    }
    store_writer_give(place->store);
}

static void take_rates(struct place *place)
{
    struct err err = {0};
    ASSERT_OK(pipeline_rates_changed(place->pipeline, NULL, &err));
}

/* Rates change while the program does not run. */
static void change_rate_stopped(struct place *place, const char *currency, const char *day, int64_t rate_e9)
{
    struct err err = {0};

    place_stop(place);
    place->store = store_open(str_of(place->folder), &err);
    change_rate(place, "UAH", currency, day, rate_e9);
    store_close(place->store);
    place_start(place);
}

/* An event of its own user `n`. */
static void pay(struct place *place, int n, const char *event, const char *at, const char *money)
{
    char body[500];

    snprintf(body, sizeof body,
             "{\"type\":\"track\",\"event\":\"%s\",\"userId\":\"%d\",\"messageId\":\"%d\",\"timestamp\":\"%s\","
             "\"properties\":{%s}}",
             event, n, n, at, money);
    ASSERT_OUTCOME(send_batch(place, body), 1, 0, 0);
}

static int64_t paid(struct place *place, int n)
{
    const struct snapshot *snap = pipeline_snapshot(place->pipeline);
    char alias[20];

    snprintf(alias, sizeof alias, "u:%d", n);
    struct rows rows = snapshot_rows(snap, snapshot_find_person(snap, str_of(alias)));
    assert_int_equal(rows.end - rows.begin, 1);
    int64_t minor = snap->amount_minor[rows.begin];
    snapshot_close(snap);
    return minor;
}

/* "USD 2, ? 1": what is not counted, in the order in which it came. */
static void assert_unpriced(struct place *place, const char *wanted)
{
    struct unpriced unpriced[UNPRICED_MAX];
    struct pipeline_state now;
    struct buf text;
    uint64_t sum = 0;

    buf_init(&text, 4096);
    size_t n = pipeline_unpriced(place->pipeline, unpriced);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&text, "%s%s %llu", i ? ", " : "", unpriced[i].code[0] ? unpriced[i].code : "?",
                   (unsigned long long)unpriced[i].events);
        sum += unpriced[i].events;
    }
    ASSERT_STR(buf_str(&text), wanted);
    buf_reset(&text);
    pipeline_state(place->pipeline, &now);
    assert_int_equal(now.amounts_unpriced, sum);
}

#define SOME_DAY "2025-02-05T12:00:00Z"
#define REVENUE(amount, currency) "\"revenue\":" amount ",\"currency\":\"" currency "\""

static void test_amounts_by_hand(void **state)
{
    static const struct {
        const char *event, *at, *money;
        int64_t minor;
    } cases[] = {
        {"Order Completed", SOME_DAY, REVENUE("10", "USD"), 41250},
        {"Order Completed", SOME_DAY, REVENUE("0.01", "USD"), 41},  /* 0.4125 */
        {"Order Completed", SOME_DAY, REVENUE("0.02", "usd "), 83}, /* 0.825: half away from 0 */
        {"Order Refunded", SOME_DAY, REVENUE("0.02", "USD"), -83},
        {"Renewed", SOME_DAY, REVENUE("-10", "USD"), -41250},
        {"Order Completed", "2025-02-09T21:59:59.999Z", REVENUE("10", "USD"), 41250}, /* the day before, in Kyiv */
        {"Order Completed", "2025-02-09T22:00:00Z", REVENUE("10", "USD"), 42000},
        {"Order Completed", "2025-01-31T22:00:00Z", REVENUE("10", "USD"), 41250},
        {"Order Completed", "2025-01-31T21:59:59.999Z", REVENUE("10", "USD"), UNKNOWN}, /* before the first rate */
        {"Order Completed", SOME_DAY, REVENUE("500", "JPY"), 13500},                    /* a yen has no hundredths */
        {"Order Completed", SOME_DAY, REVENUE("12.5", "JPY"), 351},                     /* 13 yen */
        {"Order Completed", SOME_DAY, REVENUE("1.2345", "KWD"), 16619}, /* 1.235 * 134.5678 = 166.1912 */
        {"Order Completed", SOME_DAY, REVENUE("0.000125", "TON"), 2},   /* 0.01625 */
        {"Order Completed", SOME_DAY, REVENUE("1", "EUR"), 5000},       /* turned round */
        {"Order Completed", SOME_DAY, REVENUE("0.01", "AED"), 0}, /* 0.0049999996: rounded once, not by way of micros */
        {"Order Completed", SOME_DAY, REVENUE("0", "USD"), 0},
        {"Order Completed", SOME_DAY, REVENUE("1000000000000", "USD"), INT64_C(4125000000000000)},
        {"Order Completed", SOME_DAY, REVENUE("10000000000000", "USD"), UNKNOWN}, /* more than an amount may be */
        {"Order Completed", SOME_DAY, REVENUE("5", "XXX"), UNKNOWN},
        {"Order Completed", SOME_DAY, REVENUE("5", "$"), UNKNOWN},
        {"Order Completed", SOME_DAY, REVENUE("5", "uah"), 500},
        {"Checkout Started", SOME_DAY, REVENUE("5", "XXX"), 0}, /* no money */
    };
    struct place *place = *state;
    struct err err = {0};

    ASSERT_OK(time_zone_set("Europe/Kyiv", &err));
    change_rate(place, "UAH", "USD", "2025-02-01", 41250000000);
    change_rate(place, "UAH", "USD", "2025-02-10", 42000000000);
    change_rate(place, "UAH", "JPY", "2025-01-01", 270000000);
    change_rate(place, "UAH", "KWD", "2025-01-01", 134567800000);
    change_rate(place, "UAH", "TON", "2025-01-01", 130000000000);
    change_rate(place, "UAH", "AED", "2025-01-01", 499999960);
    change_rate(place, "EUR", "UAH", "2025-01-01", 20000000);
    take_rates(place);
    for (int i = 0; i < (int)COUNT_OF(cases); i++) pay(place, i, cases[i].event, cases[i].at, cases[i].money);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < (int)COUNT_OF(cases); i++) {
            int64_t wanted = cases[i].minor == UNKNOWN ? 0 : cases[i].minor;
            if (paid(place, i) != wanted) fail_msg("{%s} came to %lld", cases[i].money, (long long)paid(place, i));
        }
        assert_unpriced(place, "? 1, USD 2, XXX 1");
        assert_same_after_restart(place);
    }
    ASSERT_OK(time_zone_set("UTC", &err));
}

static void test_contracts_are_in_the_reporting_currency(void **state)
{
    struct place *place = *state;

    change_rate(place, "UAH", "USD", "2025-01-01", 2000000000);
    take_rates(place);
    send_piece(place, RAW_CRM_CONTRACTS, 0,
               "doc_id,id_source,total_cost_of_the_contract,currentdate\nD1,1,5,2025-02-01\n", false);
    send_piece(place, RAW_CRM_EVENTS, 0,
               "event_id,id_source,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id\n"
               "E1,1,2025-02-02T08:00:00Z,D1,call,fb,,,\n",
               false);
    const struct snapshot *snap = pipeline_snapshot(place->pipeline);
    ASSERT_I64(snap->amount_minor[0], 500);
    snapshot_close(snap);
    assert_unpriced(place, "");
}

/* ---- rates that change ---- */

static bool count_and_go_on(void *context, int64_t rows, int64_t total)
{
    ++*(int *)context;
    assert_true(rows <= total);
    return true;
}

static bool stop_at_once(void *context, int64_t rows, int64_t total)
{
    (void)context;
    (void)rows;
    (void)total;
    return false;
}

static void test_a_rate_is_put_changed_and_forgotten(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    int told = 0;
    const struct watch count = {count_and_go_on, &told}, stop = {stop_at_once, NULL};

    for (int i = 0; i < 200; i++) pay(place, i, "Order Completed", SOME_DAY, REVENUE("3", "USD"));
    assert_unpriced(place, "USD 200");
    change_rate(place, "UAH", "USD", "2025-02-01", 40000000000);
    pay(place, 200, "Order Completed", SOME_DAY, REVENUE("3", "USD"));
    ASSERT_I64(paid(place, 0), 0);
    ASSERT_I64(paid(place, 200), 0); /* all of one kind, until all are turned */
    ASSERT_FAILS(pipeline_rates_changed(place->pipeline, &stop, &err), ERR_BUSY);
    ASSERT_I64(paid(place, 0), 0);
    assert_unpriced(place, "USD 201");
    ASSERT_OK(pipeline_rates_changed(place->pipeline, &count, &err));
    assert_true(told > 2);
    assert_unpriced(place, "");
    for (int i = 0; i <= 200; i++) ASSERT_I64(paid(place, i), 12000);
    told = 0;
    ASSERT_OK(pipeline_rates_changed(place->pipeline, &count, &err)); /* they are what they were */
    assert_int_equal(told, 0);
    assert_same_after_restart(place);

    change_rate(place, "UAH", "USD", "2025-02-01", 50000000000);
    change_rate(place, "UAH", "USD", "2025-02-06", 99000000000); /* after the events */
    take_rates(place);
    ASSERT_I64(paid(place, 7), 15000);
    change_rate(place, "UAH", "USD", "2025-02-01", 0);
    take_rates(place);
    ASSERT_I64(paid(place, 7), 0);
    assert_unpriced(place, "USD 201");
    assert_same_after_restart(place);
}

static void test_nothing_is_read_again_without_foreign_amounts(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    int told = 0;
    const struct watch count = {count_and_go_on, &told};

    for (int i = 0; i < 100; i++) pay(place, i, "Order Completed", SOME_DAY, REVENUE("3", "UAH"));
    change_rate(place, "UAH", "USD", "2025-02-01", 40000000000);
    ASSERT_OK(pipeline_rates_changed(place->pipeline, &count, &err));
    assert_int_equal(told, 0);
    pay(place, 100, "Order Completed", SOME_DAY, REVENUE("3", "USD"));
    ASSERT_I64(paid(place, 100), 12000);
    assert_same_after_restart(place);
}

static bool read_from_file(struct place *place)
{
    return place->pipeline->derived->bundle != NULL;
}

static void test_a_start_with_other_rates(void **state)
{
    struct place *place = *state;
    struct err err = {0};

    pay(place, 0, "Order Completed", SOME_DAY, REVENUE("3", "UAH"));
    change_rate_stopped(place, "USD", "2025-02-01", 40000000000);
    assert_true(read_from_file(place)); /* there was nothing to turn */
    pay(place, 1, "Order Completed", SOME_DAY, REVENUE("3", "USD"));
    ASSERT_I64(paid(place, 1), 12000);
    place_stop(place);
    place_start(place);
    assert_true(read_from_file(place));
    ASSERT_I64(paid(place, 1), 12000);
    change_rate_stopped(place, "USD", "2025-02-01", 41000000000);
    assert_false(read_from_file(place));
    ASSERT_I64(paid(place, 1), 12300);
    place_stop(place);
    place_start(place);
    change_rate_stopped(place, "USD", "2025-02-01", 0);
    assert_false(read_from_file(place));
    ASSERT_I64(paid(place, 1), 0);
    assert_unpriced(place, "USD 1");
    change_rate(place, "UAH", "USD", "2025-02-05", 40000000000);
    take_rates(place);
    place_stop(place);
    place->settings.timezone = STR("America/New_York"); /* where it is another day */
    ASSERT_OK(time_zone_set("America/New_York", &err));
    place_start(place);
    assert_false(read_from_file(place));
    place_stop(place);
    place_start(place);
    assert_true(read_from_file(place));
    ASSERT_OK(time_zone_set("UTC", &err));
}

static void test_more_currencies_than_are_listed(void **state)
{
    struct place *place = *state;
    struct unpriced unpriced[UNPRICED_MAX];
    struct pipeline_state now;

    for (int i = 0; i < 80; i++) {
        char money[60];
        snprintf(money, sizeof money, "\"revenue\":1,\"currency\":\"Q%c%cWERTY\"", 'A' + i / 26, 'A' + i % 26);
        pay(place, i, "E", SOME_DAY, money);
    }
    for (int round = 0; round < 2; round++) {
        pipeline_state(place->pipeline, &now);
        assert_int_equal(now.amounts_unpriced, 80);
        assert_int_equal(pipeline_unpriced(place->pipeline, unpriced), UNPRICED_MAX);
        assert_string_equal(unpriced[0].code, "");
        assert_int_equal(unpriced[0].events, 80 - (UNPRICED_MAX - 1));
        assert_string_equal(unpriced[63].code, "QCKWERTY");
        place_stop(place);
        place_start(place);
        assert_true(read_from_file(place));
    }
}

/* ---- while events come in ---- */

enum { SENT = 400 };

static void *send_many(void *context)
{
    for (int i = 0; i < SENT; i++)
        pay(context, i, "E", i % 2 ? SOME_DAY : "2025-02-15T12:00:00Z",
            i % 3 ? REVENUE("2", "USD") : REVENUE("1", "UAH"));
    return NULL;
}

static void test_rates_change_while_events_come_in(void **state)
{
    struct place *place = *state;
    pthread_t sender;

    assert_int_equal(pthread_create(&sender, NULL, send_many, place), 0);
    for (int i = 1; i <= 30; i++) {
        change_rate(place, "UAH", "USD", i % 2 ? "2025-02-01" : "2025-02-10", i * INT64_C(1000000000));
        take_rates(place);
        if (i % 5 == 0) {
            atomic_store(&place->pipeline->fold_wanted, true);
            pipeline_wake(place->pipeline);
        }
    }
    pthread_join(sender, NULL);
    assert_unpriced(place, "");
    for (int i = 0; i < SENT; i++) ASSERT_I64(paid(place, i), i % 3 == 0 ? 100 : i % 2 ? 5800 : 6000);
    assert_same_after_restart(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_amounts_by_hand),
        PLACE_TEST(test_contracts_are_in_the_reporting_currency),
        PLACE_TEST(test_a_rate_is_put_changed_and_forgotten),
        PLACE_TEST(test_nothing_is_read_again_without_foreign_amounts),
        PLACE_TEST(test_a_start_with_other_rates),
        PLACE_TEST(test_more_currencies_than_are_listed),
        PLACE_TEST(test_rates_change_while_events_come_in),
    };
    return cmocka_run_group_tests_name("events/foreign", tests, NULL, NULL);
}
