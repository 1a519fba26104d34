/* Tests of the pipeline when the store fails: a full disk takes the plan back (P2), a failed write stops the log (P4),
 * and too much that waits is refused. */
#include "pipeline_fixture.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define TRACK(id) "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":\"" id "\"}"

static void set_pages(struct place *place, const char *pragma)
{
    struct err err = {0};
    struct buf sql;
    buf_init(&sql, 100);
    buf_printf(&sql, "%s;", pragma);
    ASSERT_OK(db_script(store_writer_take(place->store), buf_str(&sql), &err));
    store_writer_give(place->store);
    buf_reset(&sql);
}

/* A batch that needs more pages than there are: the ids `from` and from + 1, and an id that was taken before. */
static struct outcome send_large(struct place *place, int from)
{
    struct buf items;
    buf_init(&items, (size_t)1 << 20);
    for (int i = from; i < from + 2; i++) {
        buf_printf(&items, "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":\"m%d\",\"pad\":\"", i);
        for (int k = 0; k < 30000; k++) buf_add_char(&items, 'x');
        buf_add(&items, STR("\"},"));
    }
    buf_add(&items, STR(TRACK("old") ",{\"type\":\"rejected too\"}"));
    struct outcome outcome = send_batch(place, items.p);
    buf_reset(&items);
    return outcome;
}

static void test_a_full_disk_takes_the_plan_back(void **state)
{
    struct place *place = *state;
    struct pipeline_state now;
    struct buf before, after;
    struct live_item item[10];
    uint64_t next;

    ASSERT_OUTCOME(send_batch(place, TRACK("old")), 1, 0, 0);
    write_facts(place, &before);
    set_pages(place, "PRAGMA max_page_count = 1");
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = send_large(place, 0);
        assert_false(outcome.stored);
        assert_int_equal(outcome.err.code, ERR_BUSY); /* the sender comes again */
        ASSERT_HOLDS(outcome.err.text, "full");
        assert_int_equal(outcome.kept + outcome.repeated + outcome.rejected, 0);
    }
    write_facts(place, &after);
    ASSERT_STR_EQ(buf_str(&after), buf_str(&before));
    pipeline_state(place->pipeline, &now);
    assert_true(now.accepting); /* full is not failed */
    assert_int_equal(now.repeated, 0);
    ASSERT_I64(now.raw_rows, 1);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM reject"), 0);
    assert_int_equal(live_since(pipeline_live(place->pipeline), 0, item, 10, &next), 1);

    set_pages(place, "PRAGMA max_page_count = 1000000");
    ASSERT_OUTCOME(send_large(place, 0), 2, 1, 1); /* new, not repeats of what was not stored */
    ASSERT_OUTCOME(send_large(place, 0), 0, 3, 1);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM raw"), 2);
    assert_same_after_restart(place);
    assert_int_equal(events_of(place), 3);
    buf_reset(&before);
    buf_reset(&after);
}

/* The same item new in one delivery and a repeat in the next of the same group: both are taken back. */
static void test_a_full_disk_with_repeats_in_the_group(void **state)
{
    struct place *place = *state;

    set_pages(place, "PRAGMA max_page_count = 1");
    struct buf items;
    buf_init(&items, (size_t)1 << 20);
    buf_add(&items, STR(TRACK("a") "," TRACK("a") ",{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"pad\":\""));
    for (int k = 0; k < 31000; k++) buf_add_char(&items, 'x');
    buf_add(&items, STR("\"}"));
    assert_false(send_batch(place, items.p).stored);
    set_pages(place, "PRAGMA max_page_count = 1000000");
    ASSERT_OUTCOME(send_batch(place, items.p), 2, 1, 0);
    ASSERT_OUTCOME(send_batch(place, TRACK("a")), 0, 1, 0);
    buf_reset(&items);
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_failed_write_stops_the_log(void **state)
{
    struct place *place = *state;
    struct pipeline_state now;

    ASSERT_OUTCOME(send_batch(place, TRACK("old")), 1, 0, 0);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(1); /* every write fails, and not because the disk is full */
    struct outcome outcome = send_batch(place, TRACK("lost"));
    limit_file_size(RLIM_INFINITY);
    assert_false(outcome.stored);
    assert_int_equal(outcome.err.code, ERR_BUSY); /* never a code that makes the sender drop it */
    ASSERT_HOLDS(outcome.err.text, "operator");
    pipeline_state(place->pipeline, &now);
    assert_false(now.accepting);
    outcome = send_batch(place, TRACK("next")); /* though it could be written now */
    assert_false(outcome.stored);
    assert_int_equal(outcome.err.code, ERR_BUSY);
    assert_int_equal(events_of(place), 1); /* readers go on */
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM raw"), 1);

    place_stop(place);
    place_start(place); /* the operator has looked */
    assert_int_equal(events_of(place), 1);
    ASSERT_OUTCOME(send_batch(place, TRACK("old") "," TRACK("lost") "," TRACK("next")), 2, 1, 0);
    assert_same_after_restart(place);
}

/* ---- too much waits ---- */

struct waiting {
    struct delivery delivery;
    _Atomic int *done;
};

static void on_done(struct delivery *delivery)
{
    struct waiting *waiting = delivery->context;
    if (delivery->stored) atomic_fetch_add(waiting->done, 1);
}

static void test_a_long_queue_is_refused(void **state)
{
    enum { LARGE = 16 << 20, WAIT = 5 }; /* one with the writer, 64 MB in the queue */
    struct place *place = *state;
    struct waiting waiting[WAIT + 1] = {0};
    struct pipeline_state now;
    struct err err = {0};
    _Atomic int done = 0;
    char *body = mem_new(LARGE);

    (void)store_writer_take(place->store); /* the writer cannot go on */
    for (int i = 0; i <= WAIT; i++) {
        waiting[i].done = &done;
        waiting[i].delivery = (struct delivery){.done = on_done, .context = &waiting[i]};
        waiting[i].delivery.raw = (struct raw_entry){.source_id = 1, .kind = RAW_BATCH, .body = {body, LARGE}};
    }
    for (int i = 0; i < WAIT; i++) {
        ASSERT_OK(pipeline_submit(place->pipeline, &waiting[i].delivery, &err));
        do pipeline_state(place->pipeline, &now);
        while (i == 0 && now.queued); /* until the writer has it */
    }
    waiting[WAIT].delivery.raw.body.n = 1;
    ASSERT_FAILS(pipeline_submit(place->pipeline, &waiting[WAIT].delivery, &err), ERR_BUSY);
    ASSERT_HOLDS(err.text, "too much is waiting");
    pipeline_state(place->pipeline, &now);
    assert_int_equal(now.queued, WAIT - 1);
    store_writer_give(place->store);
    while (atomic_load(&done) < WAIT) usleep(1000);
    ASSERT_OUTCOME(send_batch(place, TRACK("1")), 1, 0, 0);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_a_full_disk_takes_the_plan_back),
        PLACE_TEST(test_a_full_disk_with_repeats_in_the_group),
        PLACE_TEST(test_a_failed_write_stops_the_log),
        PLACE_TEST(test_a_long_queue_is_refused),
    };
    return cmocka_run_group_tests_name("events/pipeline: faults", tests, NULL, NULL);
}
