/* Tests of when a Segment event happened (contract A7): every combination of timestamp, originalTimestamp, the item's
 * sentAt and the envelope's, against the rule written down a second time. */
#include "staging.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

#define HOUR TIME_HOUR_MS

/* Hours before the arrival, as JSON; NOT_GIVEN leaves the field out. */
#define NOT_GIVEN INT64_MIN

static void put_field(struct buf *out, const char *name, int64_t at_ms)
{
    char text[TIME_TEXT_MAX];
    if (at_ms != NOT_GIVEN) buf_printf(out, ",\"%s\":\"%s\"", name, time_format_instant(at_ms, text));
}

/* "timestamp if originalTimestamp stands beside it; else received - (sent - original), with original =
 * originalTimestamp | timestamp | received and sent = the item's | the envelope's | none; more than a day ahead:
 * received." Without a sentAt there is nothing to correct by. */
static int64_t rule(int64_t timestamp, int64_t original, int64_t item_sent, int64_t envelope_sent)
{
    int64_t sent = item_sent != NOT_GIVEN ? item_sent : envelope_sent, at;

    if (timestamp != NOT_GIVEN && original != NOT_GIVEN) {
        at = timestamp;
    } else if (timestamp == NOT_GIVEN && original == NOT_GIVEN) {
        at = RECEIVED;
    } else {
        int64_t own = original != NOT_GIVEN ? original : timestamp;
        at = sent == NOT_GIVEN ? own : RECEIVED - (sent - own);
    }
    return at > RECEIVED + 24 * HOUR ? RECEIVED : at;
}

static void test_every_combination(void **state)
{
    /* left out, in the past, just now, in the future by a wrong clock, far in the future */
    static const int64_t times[] = {NOT_GIVEN, RECEIVED - 50 * HOUR, RECEIVED - 1, RECEIVED + 3 * HOUR,
                                    RECEIVED + 100 * HOUR};
    enum { N = COUNT_OF(times) };
    struct staging *staging = *state;

    for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
        int64_t timestamp = times[i % N], original = times[i / N % N], item_sent = times[i / N / N % N],
                envelope = times[i / N / N / N];
        struct buf body;
        buf_init(&body, 1000);
        buf_add(&body, STR("{\"userId\":\"u\""));
        put_field(&body, "timestamp", timestamp);
        put_field(&body, "originalTimestamp", original);
        put_field(&body, "sentAt", item_sent);
        buf_add_char(&body, '}');
        staging->entry.sent_ms = envelope == NOT_GIVEN ? TIME_NONE : envelope;
        int64_t got = stage_one(staging, RAW_PAGE, body.p)->at_ms;
        if (got != rule(timestamp, original, item_sent, envelope))
            fail_msg("%s with envelope %zu", body.p, i / N / N / N);
        buf_reset(&body);
    }
}

static void test_by_hand(void **state)
{
    static const struct {
        const char *fields;
        int64_t at_ms;
    } cases[] = {
        {"", RECEIVED},
        {",\"timestamp\":\"2025-02-12T07:00:00Z\"", RECEIVED - HOUR},
        /* the sender's clock is an hour slow: sent at 07:00 by its clock, an event 10 minutes before */
        {",\"timestamp\":\"2025-02-12T06:50:00Z\",\"sentAt\":\"2025-02-12T07:00:00Z\"", RECEIVED - 10 * TIME_MINUTE_MS},
        {",\"originalTimestamp\":\"2025-02-12T06:50:00Z\",\"sentAt\":\"2025-02-12T07:00:00Z\"",
         RECEIVED - 10 * TIME_MINUTE_MS},
        /* RudderStack's clients correct it themselves */
        {",\"timestamp\":\"2025-02-12T07:30:00Z\",\"originalTimestamp\":\"2025-02-12T06:50:00Z\","
         "\"sentAt\":\"2025-02-12T07:00:00Z\"",
         RECEIVED - 30 * TIME_MINUTE_MS},
        {",\"timestamp\":\"2025-02-12T10:00:00+02:00\"", RECEIVED},
        {",\"timestamp\":\"2025-02-13T08:00:00Z\"", RECEIVED + 24 * HOUR}, /* a day ahead is still taken */
        {",\"timestamp\":\"2025-02-13T08:00:00.001Z\"", RECEIVED},
        {",\"timestamp\":null", RECEIVED},
        {",\"timestamp\":\" 2025-02-12T07:00:00Z \"", RECEIVED - HOUR},
        {",\"timestamp\":\"2025-02-12T07:00:00Z\",\"sentAt\":\"soon\"", RECEIVED - HOUR}, /* only corrects */
        {",\"timestamp\":\"1970-01-01T00:00:00Z\"", 0},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char body[500];
        snprintf(body, sizeof body, "{\"userId\":\"u\"%s}", cases[i].fields);
        int64_t got = stage_one(staging, RAW_PAGE, body)->at_ms;
        if (got != cases[i].at_ms) fail_msg("%s: %lld", body, (long long)(got - RECEIVED));
    }
}

static void test_bad_times(void **state)
{
    static const struct {
        const char *fields, *reason;
    } cases[] = {
        {",\"timestamp\":\"yesterday\"", "timestamp is no RFC 3339 instant"},
        {",\"timestamp\":\"\"", "timestamp is no RFC 3339 instant"},
        {",\"timestamp\":1739347200000", "timestamp is no RFC 3339 instant"},
        {",\"timestamp\":\"2025-02-30T00:00:00Z\"", "timestamp is no RFC 3339 instant"},
        {",\"timestamp\":\"2025-02-12T07:00:00Z\",\"originalTimestamp\":\"x\"",
         "originalTimestamp is no RFC 3339 instant"},
        {",\"originalTimestamp\":{}", "originalTimestamp is no RFC 3339 instant"},
        {",\"timestamp\":\"1970-01-01T00:00:00+05:00\"", "before 1970"},
        {",\"timestamp\":\"1970-06-01T00:00:00Z\",\"sentAt\":\"9999-01-01T00:00:00Z\"", "before 1970"},
    };
    struct staging *staging = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char body[500];
        snprintf(body, sizeof body, "{\"userId\":\"u\"%s}", cases[i].fields);
        ASSERT_HOLDS(stage_reason(staging, RAW_PAGE, body), cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGING_TEST(test_every_combination),
        STAGING_TEST(test_by_hand),
        STAGING_TEST(test_bad_times),
    };
    return cmocka_run_group_tests_name("events/segment: times", tests, NULL, NULL);
}
