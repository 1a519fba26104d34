/* Tests of events/pipeline.h: repeats, contracts, rules, undoing, and that the raw log always gives the same facts. */
#include "pipeline_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACK(id, who) "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"" who "\",\"messageId\":\"" id "\"}"

/* ---- repeats ---- */

static void test_repeats(void **state)
{
    struct place *place = *state;
    struct pipeline_state now;

    ASSERT_OUTCOME(send_batch(place, TRACK("1", "u") "," TRACK("2", "u") "," TRACK("1", "u")), 2, 1, 0);
    ASSERT_OUTCOME(send_batch(place, TRACK("2", "u") "," TRACK("3", "u")), 1, 1, 0);
    ASSERT_OUTCOME(send_batch(place, TRACK("3", "u")), 0, 1, 0);
    ASSERT_OUTCOME(send_body(place, 2, RAW_BATCH, STR("{\"batch\":[" TRACK("1", "u") "]}")), 1, 0,
                   0);                                                             /* another source */
    ASSERT_OUTCOME(send_body(place, 1, RAW_TRACK, STR(TRACK("1", "v"))), 0, 1, 0); /* whatever else it says */
    ASSERT_OUTCOME(send_body(place, 1, RAW_TRACK, STR("{\"event\":\"E\",\"userId\":\"u\"}")), 1, 0, 0);
    ASSERT_OUTCOME(send_body(place, 1, RAW_TRACK, STR("{\"event\":\"E\",\"userId\":\"u\"}")), 1, 0, 0); /* no id */
    ASSERT_OUTCOME(send_body(place, 1, RAW_WEBHOOK, STR("{\"type\":\"page\",\"userId\":\"u\"}")), 1, 0, 0);
    ASSERT_OUTCOME(send_body(place, 1, RAW_WEBHOOK, STR("{\"type\":\"page\",\"userId\":\"u\"}")), 0, 1, 0);
    assert_int_equal(events_of(place), 7);
    pipeline_state(place->pipeline, &now);
    assert_true(now.accepting);
    assert_int_equal(now.repeated, 5);
    ASSERT_I64(now.raw_rows, 6); /* deliveries with nothing new take no row */
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM raw"), 6);
    assert_same_after_restart(place);
    ASSERT_OUTCOME(send_batch(place, TRACK("2", "u") "," TRACK("4", "u")), 1, 1, 0); /* it remembers */
}

static void test_rejects_are_kept(void **state)
{
    struct place *place = *state;

    ASSERT_OUTCOME(send_batch(place, "{\"type\":\"track\"},7," TRACK("1", "u")), 1, 0, 2);
    ASSERT_OUTCOME(send_batch(place, "{\"type\":\"track\"},7"), 0, 0, 2);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM reject"), 2); /* each fault once */
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM raw"), 1);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM reject WHERE kind = 8 AND body = CAST('7' AS BLOB)"), 1);
    assert_same_after_restart(place);
    assert_int_equal(events_of(place), 1);
}

static void test_identity_and_order(void **state)
{
    struct place *place = *state;
    struct buf text;

    ASSERT_OUTCOME(
        send_batch(place,
                   "{\"type\":\"track\",\"event\":\"B\",\"anonymousId\":\"x\",\"timestamp\":\"2025-02-12T07:00:00Z\"},"
                   "{\"type\":\"track\",\"event\":\"A\",\"userId\":\"1\",\"timestamp\":\"2025-02-12T06:00:00Z\","
                   "\"properties\":{\"revenue\":1.5}}"),
        2, 0, 0);
    ASSERT_OUTCOME(send_body(place, 1, RAW_IDENTIFY, STR("{\"userId\":\"1\",\"anonymousId\":\"x\"}")), 1, 0, 0);
    write_facts(place, &text);
    ASSERT_STR(buf_str(&text), "u:1 | 1739340000000 A (unknown ) 150 #4097 | 1739343600000 B (unknown ) 0 #4096\n");
    buf_reset(&text);
    assert_same_after_restart(place);
}

/* ---- several senders at once ---- */

#define SENDERS 4
#define DELIVERIES 150

struct sender {
    struct place *place;
    int number;
    uint32_t kept, repeated, failed;
};

/* Each id is sent by two senders, and twice by each: kept once, a repeat three times. */
static void *send_many(void *context)
{
    struct sender *sender = context;

    for (int i = 0; i < 2 * DELIVERIES; i++) {
        char items[400];
        int id = i % DELIVERIES + sender->number / 2 * DELIVERIES;
        snprintf(items, sizeof items,
                 "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"%d\",\"anonymousId\":\"%d\",\"messageId\":\"m%d\","
                 "\"timestamp\":\"2025-02-12T07:%02d:00Z\"},{\"type\":\"page\",\"anonymousId\":\"%d\"}",
                 id % 20, id % 35, id, i % 60, id % 35);
        struct outcome outcome = send_batch(sender->place, items);
        sender->failed += !outcome.stored;
        sender->kept += outcome.kept;
        sender->repeated += outcome.repeated;
    }
    return NULL;
}

static void test_several_senders(void **state)
{
    struct place *place = *state;
    struct sender sender[SENDERS];
    pthread_t thread[SENDERS];
    uint32_t kept = 0, repeated = 0;

    for (int i = 0; i < SENDERS; i++) {
        sender[i] = (struct sender){.place = place, .number = i};
        assert_int_equal(pthread_create(&thread[i], NULL, send_many, &sender[i]), 0);
    }
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(sender[i].failed, 0);
        kept += sender[i].kept;
        repeated += sender[i].repeated;
    }
    uint32_t pages = SENDERS * 2 * DELIVERIES, ids = SENDERS / 2 * DELIVERIES;
    assert_int_equal(kept, pages + ids);
    assert_int_equal(repeated, 3 * ids);
    assert_int_equal(events_of(place), pages + ids);
    ASSERT_I64(count_rows(place, "SELECT count(*) - max(id) FROM raw"), 0); /* ids without gaps */
    assert_same_after_restart(place);
}

/* ---- deliveries that do not wait ---- */

struct waiting {
    struct delivery delivery;
    struct arena arena;
    char body[100];
    _Atomic int *done;
    bool stored;
};

static void on_done(struct delivery *delivery)
{
    struct waiting *waiting = delivery->context;
    waiting->stored = delivery->stored && delivery->kept == 1;
    atomic_fetch_add(waiting->done, 1);
}

static void test_closing_finishes_what_waits(void **state)
{
    enum { MANY = 500 };
    struct place *place = *state;
    struct waiting *waiting = mem_new(MANY * sizeof *waiting);
    struct err err = {0};
    _Atomic int done = 0;

    for (int i = 0; i < MANY; i++) {
        struct waiting *w = &waiting[i];
        snprintf(w->body, sizeof w->body, "{\"event\":\"E\",\"userId\":\"%d\",\"messageId\":\"%d\"}", i % 7, i);
        w->done = &done;
        w->delivery = (struct delivery){.done = on_done, .context = w};
        w->delivery.raw = (struct raw_entry){
            .source_id = 1, .kind = RAW_TRACK, .received_ms = RECEIVED, .sent_ms = TIME_NONE, .body = str_of(w->body)};
        arena_init(&w->arena, stage_arena_bytes(100));
        ASSERT_OK(stage_decode(&w->delivery.raw, STR("UAH"), &w->arena, &w->delivery.decoded, &err));
    }
    for (int i = 0; i < MANY; i++) ASSERT_OK(pipeline_submit(place->pipeline, &waiting[i].delivery, &err));
    place_stop(place); /* at once */
    assert_int_equal(atomic_load(&done), MANY);
    place_start(place);
    assert_int_equal(events_of(place), MANY);
    for (int i = 0; i < MANY; i++) {
        assert_true(waiting[i].stored);
        arena_free(&waiting[i].arena);
    }
    free(waiting);
}

/* ---- contracts ---- */

#define EVENTS "event_id,id_source,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id\n"
#define CONTRACTS "doc_id,id_source,total_cost_of_the_contract,currentdate\n"
#define EVENT(id, client, day, doc) id "," client ",2025-02-" day "T08:00:00Z," doc ",call,fb,,,\n"

static void assert_facts(struct place *place, const char *wanted)
{
    struct buf text;
    write_facts(place, &text);
    ASSERT_STR(buf_str(&text), wanted);
    buf_reset(&text);
}

static void test_contracts_before_and_after_their_events(void **state)
{
    static const char *const wanted =
        "c:C1 | 1739174400000 CRM Touch (facebook fb) 0 #%d | 1739260800000 Contract Signed (facebook fb) 4222700 #%d\n"
        "contract D1 of C1: 4222700 on 20162 by #%d\n";
    static const char *const touches = EVENTS EVENT("E1", "C1", "10", "") EVENT("E2", "C1", "11", "D1");
    static const char *const contract = CONTRACTS "D1,C1,42227,2025-03-15\n";
    struct place *place = *state;
    char text[500];

    for (int contract_first = 0; contract_first < 2; contract_first++) {
        if (contract_first) ASSERT_OUTCOME(send_piece(place, RAW_CRM_CONTRACTS, 0, contract, false), 1, 0, 0);
        ASSERT_OUTCOME(send_piece(place, RAW_CRM_EVENTS, 0, touches, false), 2, 0, 0);
        if (!contract_first) ASSERT_OUTCOME(send_piece(place, RAW_CRM_CONTRACTS, 0, contract, false), 1, 0, 0);
        int raw = contract_first ? 2 * RAW_ITEMS_MAX : RAW_ITEMS_MAX;
        snprintf(text, sizeof text, wanted, raw, raw + 1, raw + 1);
        assert_facts(place, text);
        assert_same_after_restart(place);
        ASSERT_OUTCOME(send_piece(place, RAW_CRM_EVENTS, 0, touches, false), 0, 2, 0); /* twice changes nothing */
        ASSERT_OUTCOME(send_piece(place, RAW_CRM_CONTRACTS, 0, contract, false), 0, 1, 0);
        assert_facts(place, text);
        place_stop(place);
        folder_remove(place->folder);
        folder_make(place->folder);
        place_start(place);
    }
}

static void test_contracts_that_change(void **state)
{
    struct place *place = *state;
    struct outcome outcome;

    send_piece(place, RAW_CRM_EVENTS, 0, EVENTS EVENT("E1", "C1", "10", "D1") EVENT("E2", "C1", "11", "D1"), false);
    outcome = send_piece(place, RAW_CRM_CONTRACTS, 0, CONTRACTS "D1,C1,0,2025-03-15\n", false);
    ASSERT_OUTCOME(outcome, 1, 0, 0);
    assert_int_equal(outcome.uncounted, 1);
    assert_facts(place,
                 "c:C1 | 1739174400000 CRM Touch (facebook fb) 0 #4096 | 1739260800000 CRM Touch (facebook fb) 0 "
                 "#4097\ncontract D1 of C1: 0 on 20162 by #4096\n");
    ASSERT_OUTCOME(send_piece(place, RAW_CRM_CONTRACTS, 0, CONTRACTS "D1,C1,7,2025-03-15\n", false), 1, 0, 0);
    assert_facts(place,
                 "c:C1 | 1739174400000 Contract Signed (facebook fb) 700 #4096 | 1739260800000 CRM Touch (facebook "
                 "fb) 0 #4097\ncontract D1 of C1: 700 on 20162 by #4096\n"); /* the first to name it signs */
    assert_same_after_restart(place);
    /* within one file each row is compared with the one before */
    outcome =
        send_piece(place, RAW_CRM_CONTRACTS, 0,
                   CONTRACTS "D1,C1,7,2025-03-15\nD1,C1,8,2025-03-15\nD1,C1,8,2025-03-15\nD1,C1,9,2025-03-15\n", false);
    ASSERT_OUTCOME(outcome, 2, 2, 0);
    assert_facts(place,
                 "c:C1 | 1739174400000 Contract Signed (facebook fb) 900 #4096 | 1739260800000 CRM Touch (facebook "
                 "fb) 0 #4097\ncontract D1 of C1: 900 on 20162 by #4096\n");
    assert_same_after_restart(place);
}

/* While more of a file follows, the facts are not made anew for each piece; after the last one they are. */
static void test_a_file_in_pieces(void **state)
{
    struct place *place = *state;

    send_piece(place, RAW_CRM_EVENTS, 0, EVENTS EVENT("E1", "C1", "10", "D1") EVENT("E2", "C2", "11", "D2"), false);
    ASSERT_OUTCOME(send_piece(place, RAW_CRM_CONTRACTS, 0, CONTRACTS "D1,C1,5,2025-03-15\n", true), 1, 0, 0);
    ASSERT_OUTCOME(send_piece(place, RAW_CRM_CONTRACTS, 0, CONTRACTS "D9,C9,5,2025-03-15\n", false), 1, 0, 0);
    assert_facts(place, "c:C1 | 1739174400000 Contract Signed (facebook fb) 500 #4096\n"
                        "c:C2 | 1739260800000 CRM Touch (facebook fb) 0 #4097\n"
                        "contract D1 of C1: 500 on 20162 by #4096\ncontract D9 of C9: 500 on 20162\n");
    assert_same_after_restart(place);
}

/* ---- imports taken back ---- */

static void test_undoing_an_import(void **state)
{
    struct place *place = *state;
    struct buf before, after;
    struct err err = {0};

    add_import(place, 1);
    add_import(place, 2);
    send_batch(place, TRACK("1", "u") "," TRACK("2", "v"));
    send_piece(place, RAW_CRM_EVENTS, 1, EVENTS EVENT("E1", "C1", "10", "D1") EVENT("E2", "C2", "11", ""), false);
    send_piece(place, RAW_CRM_CONTRACTS, 1, CONTRACTS "D1,C1,5,2025-03-15\n", false);
    write_facts(place, &before);
    send_piece(place, RAW_CRM_EVENTS, 2, EVENTS EVENT("E3", "C1", "09", "") EVENT("E4", "C3", "12", "D2") "bad\n",
               false);
    send_piece(place, RAW_CRM_CONTRACTS, 2, CONTRACTS "D2,C3,9,2025-03-15\nD1,C1,6,2025-03-15\n", false);
    assert_int_equal(events_of(place), 6);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM reject"), 1);

    ASSERT_OK(pipeline_undo_import(place->pipeline, 2, &err));
    write_facts(place, &after);
    ASSERT_STR_EQ(buf_str(&after), buf_str(&before)); /* as if it had never been */
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM reject WHERE state <> 'undone'"), 0);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM raw WHERE import_id = 2"), 0);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM import WHERE id = 2 AND state = 'undone'"), 1);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM import WHERE id = 1 AND state = 'done'"), 1);
    assert_same_after_restart(place);
    /* and it can be read in again: nothing of it counts as seen */
    ASSERT_OUTCOME(send_piece(place, RAW_CRM_EVENTS, 2, EVENTS EVENT("E3", "C1", "09", ""), false), 1, 0, 0);
    ASSERT_OUTCOME(send_piece(place, RAW_CRM_EVENTS, 2, EVENTS "bad\n", false), 0, 0, 1);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM reject WHERE state = 'open'"), 1);
    assert_same_after_restart(place);
    buf_reset(&before);
    buf_reset(&after);
}

/* Two files hold the same rows: each says that they are there, so they are until both are taken back. */
static void test_undoing_the_first_of_two(void **state)
{
    struct place *place = *state;
    struct err err = {0};

    add_import(place, 1);
    add_import(place, 2);
    ASSERT_OUTCOME(send_piece(place, RAW_CRM_EVENTS, 1, EVENTS EVENT("E1", "C1", "10", ""), false), 1, 0, 0);
    ASSERT_OUTCOME(send_piece(place, RAW_CRM_EVENTS, 2, EVENTS EVENT("E1", "C1", "10", ""), false), 0, 1, 0);
    assert_int_equal(events_of(place), 1);
    ASSERT_OK(pipeline_undo_import(place->pipeline, 1, &err));
    assert_int_equal(events_of(place), 1);
    assert_same_after_restart(place);
    ASSERT_OK(pipeline_undo_import(place->pipeline, 2, &err));
    assert_int_equal(events_of(place), 0);
}

/* ---- rules ---- */

static void test_rules(void **state)
{
    static const char *const own = "{\"rules\":[{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"fb\"],"
                                   "\"platform\":\"blue\",\"paid\":true}]}";
    struct place *place = *state;
    struct err err = {0};
    struct buf written;

    send_piece(place, RAW_CRM_EVENTS, 0, EVENTS "E1,C1,2025-02-10T08:00:00Z,,call,fb,cpc,,7\n", false);
    assert_facts(place, "c:C1 | 1739174400000 CRM Touch (facebook fb paid) 0 #4096\n");
    ASSERT_FAILS(pipeline_set_rules(place->pipeline, STR("{\"rules\":[{}]}"), &err), ERR_INVALID);
    assert_string_equal(err.field, "rules[0].fields");
    assert_facts(place, "c:C1 | 1739174400000 CRM Touch (facebook fb paid) 0 #4096\n");
    ASSERT_OK(pipeline_set_rules(place->pipeline, str_of(own), &err)); /* for all history */
    assert_facts(place, "c:C1 | 1739174400000 CRM Touch (blue fb paid) 0 #4096\n");
    assert_same_after_restart(place);
    buf_init(&written, RULES_BYTES_MAX);
    pipeline_write_rules(place->pipeline, &written);
    ASSERT_STR(buf_str(&written), own);
    buf_reset(&written);
    ASSERT_OK(pipeline_set_rules(place->pipeline, STR("{\"rules\":[]}"), &err));
    assert_facts(place, "c:C1 | 1739174400000 CRM Touch (unknown fb) 0 #4096\n");
    assert_same_after_restart(place);
}

/* Rules that grow when they are written (a DEL takes six characters) must not be stored cut off: the program could
 * not start again. */
static void test_rules_that_grow(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct buf text;

    buf_init(&text, RULES_BYTES_MAX);
    buf_add(&text, STR("{\"rules\":["));
    for (int i = 0; i < 24; i++) {
        buf_printf(&text, "%s{\"fields\":[\"source\"],\"op\":\"is\",\"platform\":\"p\",\"values\":[", i ? "," : "");
        for (int k = 0; k < 100; k++) {
            buf_printf(&text, "%s\"%d", k ? "," : "", k);
            for (int c = 0; c < 95; c++) buf_add_char(&text, '\x7F');
            buf_add_char(&text, '"');
        }
        buf_add(&text, STR("]}"));
    }
    buf_add(&text, STR("]}"));
    assert_false(text.full);
    bool taken = pipeline_set_rules(place->pipeline, buf_str(&text), &err);
    if (!taken) assert_int_equal(err.code, ERR_LIMIT);
    buf_reset(&text);
    place_stop(place);
    place_start(place); /* fails the test if it cannot */
}

/* ---- what people see ---- */

static void test_the_live_ring(void **state)
{
    struct place *place = *state;
    struct live_item item[10];
    uint64_t next = 0;

    send_batch(place, "{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"u\",\"messageId\":\"1\","
                      "\"timestamp\":\"2025-02-12T07:00:00Z\",\"properties\":{\"revenue\":2},"
                      "\"context\":{\"campaign\":{\"source\":\"fb\"}}},"
                      "{\"type\":\"track\"},{\"type\":\"identify\",\"userId\":\"u\"}");
    send_batch(place, "{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"u\",\"messageId\":\"1\"}");
    add_import(place, 1);
    send_piece(place, RAW_CRM_EVENTS, 1, EVENTS EVENT("E1", "C1", "10", ""), false); /* a file shows its own progress */
    assert_int_equal(live_since(pipeline_live(place->pipeline), 0, item, 10, &next), 4);
    assert_int_equal(next, 4);
    assert_string_equal(item[0].state, "kept");
    assert_string_equal(item[0].type, "track");
    assert_string_equal(item[0].event, "Order Completed");
    assert_string_equal(item[0].person, "u:u");
    assert_string_equal(item[0].platform, "facebook");
    ASSERT_I64(item[0].amount_minor, 200);
    ASSERT_I64(item[0].at_ms, RECEIVED - 3600000);
    ASSERT_I64(item[0].source_id, 1);
    assert_string_equal(item[1].type, "identify");
    assert_string_equal(item[1].event, "");
    assert_string_equal(item[2].state, "rejected");
    ASSERT_HOLDS(item[2].reason, "neither userId");
    assert_string_equal(item[3].state, "repeated");
}

static void test_counts_of_sources(void **state)
{
    struct place *place = *state;
    struct pipeline_state now;
    uint64_t events;
    int64_t last;

    send_batch(place, TRACK("1", "u") "," TRACK("2", "u") ",{\"type\":\"identify\",\"userId\":\"u\"}");
    send_body(place, 5, RAW_TRACK,
              STR("{\"event\":\"E\",\"userId\":\"u\",\"properties\":{\"revenue\":1,\"currency\":\"USD\"}}"));
    for (int round = 0; round < 2; round++) {
        pipeline_source_stats(place->pipeline, 1, &events, &last);
        assert_int_equal(events, 2); /* identify is no event */
        ASSERT_I64(last, RECEIVED);
        pipeline_source_stats(place->pipeline, 5, &events, &last);
        assert_int_equal(events, 1);
        pipeline_source_stats(place->pipeline, 4, &events, &last);
        assert_int_equal(events, 0);
        ASSERT_I64(last, TIME_NONE);
        pipeline_source_stats(place->pipeline, -1, &events, &last);
        pipeline_source_stats(place->pipeline, SOURCES_MAX + 1, &events, &last);
        assert_int_equal(events, 0);
        pipeline_state(place->pipeline, &now);
        assert_int_equal(now.amounts_unpriced, 1);
        assert_same_after_restart(place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_repeats),
        PLACE_TEST(test_rejects_are_kept),
        PLACE_TEST(test_identity_and_order),
        PLACE_TEST(test_several_senders),
        PLACE_TEST(test_closing_finishes_what_waits),
        PLACE_TEST(test_contracts_before_and_after_their_events),
        PLACE_TEST(test_contracts_that_change),
        PLACE_TEST(test_a_file_in_pieces),
        PLACE_TEST(test_undoing_an_import),
        PLACE_TEST(test_undoing_the_first_of_two),
        PLACE_TEST(test_rules),
        PLACE_TEST(test_rules_that_grow),
        PLACE_TEST(test_the_live_ring),
        PLACE_TEST(test_counts_of_sources),
    };
    return cmocka_run_group_tests_name("events/pipeline", tests, NULL, NULL);
}
