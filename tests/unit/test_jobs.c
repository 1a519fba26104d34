/* Tests of jobs/jobs.h: once at a time whoever runs, leases, retries, periods, clocks; on two schedulers of one store.
 */
#include "helpers.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "jobs/jobs_int.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS 40
#define SCHEDULERS 2

static _Atomic int64_t clock_off_ms; /* of the clock on the wall */

static int64_t now_ms(void)
{
    return time_now_ms() + atomic_load(&clock_off_ms);
}

static const struct jobs_pace PACE = {
    .lease_ms = 300, .tick_ms = 5, .retry_ms = 20, .retry_max_ms = 80, .now_ms = now_ms};

/* What the functions do and see, by key. */
struct work {
    _Atomic int running[KEYS], begun[KEYS], done[KEYS];
    _Atomic int fails_of_100, sleep_max_us;
    _Atomic enum err_code fails_with;
    _Atomic bool hold, held; /* run until it is told to stop; it runs */
    _Atomic uint64_t seed;
    _Atomic int64_t began_us[16];
    char ask[16][32]; /* of the first runs */
    _Atomic int n;
    int wake; /* of a child: a pipe that says that it runs */
};

static int number_of(Str key)
{
    int64_t n;
    assert_true(str_to_i64(key, &n) && n >= 0 && n < KEYS);
    return (int)n;
}

static bool work_run(void *context, struct job *job, struct err *err)
{
    struct work *work = context;
    int i = number_of(job_key(job)), n = atomic_fetch_add(&work->n, 1);
    uint64_t seed = atomic_fetch_add(&work->seed, 7919);
    bool ok = true;

    assert_int_equal(atomic_fetch_add(&work->running[i], 1), 0); /* one at a time */
    atomic_fetch_add(&work->begun[i], 1);
    if (n < 16) {
        work->began_us[n] = time_monotonic_us();
        snprintf(work->ask[n], sizeof work->ask[n], "%.*s", STR_ARG(job_ask(job)));
    }
    if (work->sleep_max_us) usleep((useconds_t)random_below(&seed, (uint32_t)work->sleep_max_us));
    if (work->hold) work->held = true;
    while (work->hold && (ok = job_progress(job, 1, 3, "At it."))) usleep(1000);
    work->held = false;
    if (ok && (int)random_below(&seed, 100) < work->fails_of_100)
        ok = err_set(err, work->fails_with, "It failed in try %d.", job_attempt(job));
    if (ok) ok = job_progress(job, 3, 3, "All is brought.");
    if (ok) buf_printf(job_result(job), "{\"try\":%d}", job_attempt(job));
    if (ok) atomic_fetch_add(&work->done[i], 1);
    atomic_fetch_sub(&work->running[i], 1);
    return ok;
}

struct place {
    char folder[FOLDER_MAX];
    struct store *store;
    struct work work;
    struct job_kind kind;
    struct jobs *jobs[SCHEDULERS];
    struct arena arena;
    struct err err;
};

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);

    folder_make(place->folder);
    place->work.fails_with = ERR_UPSTREAM;
    place->kind = (struct job_kind){"work", work_run, &place->work, 4};
    atomic_store(&clock_off_ms, 0);
    arena_init(&place->arena, (size_t)16 * 1024 * 1024);
    *state = place;
    return 0;
}

static void open_store(struct place *place)
{
    place->store = store_open(str_of(place->folder), &place->err);
    if (!place->store) fail_msg("%s", place->err.text);
}

static void start(struct place *place, int n, int threads)
{
    struct err err = {0};

    if (!place->store) open_store(place);
    for (int i = 0; i < n; i++) {
        place->jobs[i] = jobs_open_at(place->store, &place->kind, 1, threads, &PACE, &err);
        ASSERT_OK(jobs_start(place->jobs[i], &err));
    }
}

static void stop(struct place *place)
{
    for (int i = 0; i < SCHEDULERS; i++) jobs_close(place->jobs[i]);
    memset(place->jobs, 0, sizeof place->jobs);
}

static int close_place(void **state)
{
    struct place *place = *state;

    stop(place);
    store_close(place->store);
    arena_free(&place->arena);
    folder_remove(place->folder);
    free(place);
    return 0;
}

/* ---- asking the store ---- */

static int64_t whole(struct place *place, const char *sql)
{
    struct err err = {0};
    struct db *db = store_reader_take(place->store, &err);
    struct db_rows rows = db_query(db, sql, DB_NO_ARGS);
    int64_t out = db_next(&rows) && !db_is_null(&rows, 0) ? db_i64(&rows, 0) : TIME_NONE;

    ASSERT_OK(db_end(&rows, &err));
    store_reader_give(place->store, db);
    return out;
}

static void change(struct place *place, const char *sql)
{
    struct err err = {0};
    struct db *db = store_writer_take(place->store);

    ASSERT_OK(db_script(db, str_of(sql), &err));
    store_writer_give(place->store);
}

static struct job_state job_now_is(struct place *place, const char *key)
{
    struct err err = {0};
    struct job_state out;
    struct db *db = store_reader_take(place->store, &err);

    ASSERT_OK(job_find(db, "work", str_of(key), &place->arena, &out, &err));
    store_reader_give(place->store, db);
    return out;
}

static size_t runs_of(struct place *place, int64_t id, struct job_run *out, size_t max)
{
    struct err err = {0};
    size_t n;
    struct db *db = store_reader_take(place->store, &err);

    ASSERT_OK(job_runs_list(db, id, INT64_MAX, &place->arena, out, max, &n, &err));
    store_reader_give(place->store, db);
    return n;
}

#define UNTIL(condition)                                                                                               \
    do {                                                                                                               \
        int64_t end_us = time_monotonic_us() + 20000000;                                                               \
        while (!(condition)) {                                                                                         \
            if (time_monotonic_us() > end_us) fail_msg("waited in vain: %s", #condition);                              \
            usleep(2000);                                                                                              \
        }                                                                                                              \
    } while (0)

static void add(struct place *place, int key, int64_t every_ms, int64_t due_ms)
{
    struct err err = {0};
    char text[16];

    snprintf(text, sizeof text, "%d", key);
    ASSERT_OK(jobs_add(place->jobs[0], "work", str_of(text), every_ms, due_ms, &err));
}

#define RUNNING "SELECT count(*) FROM job WHERE lease_owner <> ''"
#define LEFT "SELECT count(*) FROM job WHERE lease_owner <> '' OR due_ms IS NOT NULL"

/* ---- the tests ---- */

static void test_each_is_done_once(void **state)
{
    struct place *place = *state;

    start(place, SCHEDULERS, 3);
    place->work.sleep_max_us = 2000;
    for (int i = 0; i < KEYS; i++) add(place, i, 0, 0);
    UNTIL(whole(place, LEFT) == 0);
    for (int i = 0; i < KEYS; i++) assert_int_equal(place->work.done[i], 1);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run WHERE state = 'done' AND attempt = 1"), KEYS);
    assert_int_equal(place->work.n, KEYS);
    struct job_run run;
    assert_int_equal(runs_of(place, 1, &run, 1), 1);
    ASSERT_STR(run.note, "All is brought.");
    ASSERT_STR(run.result, "{\"try\":1}");
    ASSERT_STR(run.kind, "work");
    assert_true(run.ended_ms >= run.started_ms);
    struct job_state job = job_now_is(place, "0");
    ASSERT_STR(str_of(job.state), "off");
    ASSERT_I64(job.progress, 3);
    ASSERT_STR(job.note, "All is brought.");
}

/* Two schedulers, failures, cancels, removals, asks at random: never two at a time, and every run is in the history. */
static void test_random_work_on_two_schedulers(void **state)
{
    struct place *place = *state;
    uint64_t seed = 11;
    struct err err;

    start(place, SCHEDULERS, 2);
    place->work.sleep_max_us = 4000;
    place->work.fails_of_100 = 30;
    for (int i = 0; i < KEYS; i++) add(place, i, i % 3 ? 60 : 0, 0);
    for (int64_t end_us = time_monotonic_us() + 1500000; time_monotonic_us() < end_us;) {
        struct jobs *jobs = place->jobs[random_below(&seed, SCHEDULERS)];
        int64_t id = 1 + (int64_t)random_below(&seed, KEYS);
        char key[16];
        snprintf(key, sizeof key, "%d", (int)random_below(&seed, KEYS / 2));
        switch (random_below(&seed, 5)) {
        case 0: (void)!jobs_now(jobs, id, &err); break;
        case 1: (void)!jobs_cancel(jobs, id, &err); break;
        case 2: (void)!jobs_off(jobs, "work", str_of(key), &err); break;
        default: ASSERT_OK(jobs_add(jobs, "work", str_of(key), 40, 0, &err)); break;
        }
        usleep(3000);
    }
    stop(place);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run WHERE state = 'running'"), 0);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run WHERE state = 'lost'"), 0);
    assert_int_equal(whole(place, RUNNING), 0);
    int begun = 0;
    for (int i = 0; i < KEYS; i++) {
        begun += place->work.begun[i];
        assert_true(place->work.begun[i] >= 1);
        assert_int_equal(place->work.running[i], 0);
    }
    int64_t given_back = whole(place, "SELECT count(*) FROM job_run WHERE note LIKE 'The server was stopped%'");
    assert_in_range(whole(place, "SELECT count(*) FROM job_run"), begun, begun + given_back);
}

static void test_what_fails_is_tried_again(void **state)
{
    static const int64_t GAPS_MS[] = {20, 40, 80};
    struct place *place = *state;
    struct job_run runs[8];

    start(place, 1, 1);
    place->work.fails_of_100 = 100;
    add(place, 0, 0, 0);
    UNTIL(whole(place, LEFT) == 0);
    assert_int_equal(runs_of(place, 1, runs, 8), 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(runs[i].attempt, 4 - i);
        ASSERT_STR(runs[i].state, "failed");
    }
    ASSERT_STR(runs[0].note, "It failed in try 4.");
    for (int i = 0; i < 3; i++)
        assert_true(place->work.began_us[i + 1] - place->work.began_us[i] >= GAPS_MS[i] * 1000 - 1000);
    assert_int_equal(job_now_is(place, "0").attempts, 0);
    struct err err;
    place->work.fails_of_100 = 0;
    ASSERT_OK(jobs_now(place->jobs[0], 1, &err));
    UNTIL(place->work.done[0] == 1);
}

/* With a period the next one comes all the same; what needs somebody does not. */
static void test_after_the_last_try(void **state)
{
    struct place *place = *state;

    place->kind.attempts_max = 1;
    start(place, 1, 1);
    place->work.fails_of_100 = 100;
    add(place, 0, 50, 0);
    UNTIL(place->work.n >= 3);
    place->work.fails_with = ERR_FORBIDDEN;
    UNTIL(strcmp(job_now_is(place, "0").state, "off") == 0);
    int n = place->work.n;
    usleep(120000);
    assert_int_equal(place->work.n, n);
    place->work.fails_of_100 = 0;
    add(place, 0, 50, 0);
    UNTIL(place->work.done[0] >= 2);
}

static void test_periods(void **state)
{
    struct place *place = *state;
    struct job_run runs[16];

    start(place, SCHEDULERS, 2);
    place->work.hold = true;
    add(place, 0, 60, 0);
    UNTIL(place->work.held);
    usleep(150000);
    place->work.hold = false;
    UNTIL(place->work.n >= 6);
    stop(place);
    size_t n = runs_of(place, 1, runs, 16);
    int64_t first_ms = runs[n - 1].started_ms, second_ms = runs[n - 2].started_ms;
    assert_true(second_ms >= first_ms + 180); /* not at once after a run that took longer than its period */
    for (size_t i = 0; i + 1 < n; i++) assert_true(runs[i].started_ms - runs[i + 1].started_ms >= 60);
}

static void test_cancelling(void **state)
{
    struct place *place = *state;
    struct err err;
    struct job_run run;

    start(place, SCHEDULERS, 1);
    place->work.hold = true;
    add(place, 0, 60000, 0);
    UNTIL(place->work.held);
    UNTIL(job_now_is(place, "0").progress == 1);
    ASSERT_STR(str_of(job_now_is(place, "0").state), "running");
    ASSERT_STR(job_now_is(place, "0").note, "At it.");
    /* one of them does not run it: it has to be heard of through the store */
    ASSERT_OK(jobs_cancel(place->jobs[1], 1, &err));
    UNTIL(whole(place, RUNNING) == 0);
    assert_int_equal(runs_of(place, 1, &run, 1), 1);
    ASSERT_STR(run.state, "cancelled");
    ASSERT_STR(str_of(job_now_is(place, "0").state), "waiting"); /* for its next period */
    ASSERT_FAILS(jobs_cancel(place->jobs[0], 1, &err), ERR_CONFLICT);
    ASSERT_FAILS(jobs_cancel(place->jobs[0], 99, &err), ERR_NOT_FOUND);
    ASSERT_FAILS(jobs_now(place->jobs[0], 99, &err), ERR_NOT_FOUND);

    ASSERT_OK(jobs_now(place->jobs[0], 1, &err));
    UNTIL(place->work.held);
    ASSERT_OK(jobs_off(place->jobs[1], "work", STR("0"), &err));
    UNTIL(whole(place, RUNNING) == 0);
    ASSERT_STR(str_of(job_now_is(place, "0").state), "off");
    add(place, 0, 60000, 0);
    UNTIL(place->work.held);
    ASSERT_OK(jobs_remove(place->jobs[0], "work", STR("0"), &err));
    UNTIL(whole(place, "SELECT count(*) FROM job") == 0);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run"), 0);
    ASSERT_FAILS(jobs_remove(place->jobs[0], "work", STR("0"), &err), ERR_NOT_FOUND);
}

static void test_removed_and_added_while_it_runs(void **state)
{
    struct place *place = *state;
    struct err err;

    start(place, SCHEDULERS, 2);
    place->work.hold = true;
    add(place, 0, 60000, 0);
    UNTIL(place->work.held);
    ASSERT_OK(jobs_remove(place->jobs[0], "work", STR("0"), &err));
    add(place, 0, 60000, 0);
    UNTIL(place->work.n == 2 && place->work.held);
    assert_int_equal(whole(place, "SELECT count(*) FROM job"), 1);
}

static void test_what_is_asked_for(void **state)
{
    struct place *place = *state;
    struct err err;

    start(place, 1, 1);
    add(place, 0, 0, INT64_MAX);
    place->work.fails_of_100 = 100;
    ASSERT_OK(jobs_ask(place->jobs[0], 1, STR("2025-01-01"), &err));
    UNTIL(place->work.n >= 1);
    place->work.fails_of_100 = 0;
    UNTIL(place->work.done[0] == 1);
    UNTIL(whole(place, RUNNING) == 0);
    int n = place->work.n;
    assert_in_range(n, 2, 4);
    for (int i = 0; i < n; i++) assert_string_equal(place->work.ask[i], "2025-01-01"); /* the retries too */
    ASSERT_OK(jobs_now(place->jobs[0], 1, &err));
    UNTIL(place->work.done[0] == 2);
    assert_string_equal(place->work.ask[n], "");
}

static void test_earlier_due_times_stay(void **state)
{
    struct place *place = *state;
    int64_t now = now_ms();

    open_store(place);
    place->jobs[0] = jobs_open_at(place->store, &place->kind, 1, 1, &PACE, &place->err);
    add(place, 0, 0, now + 50000);
    add(place, 0, 0, now + 90000);
    ASSERT_I64(job_now_is(place, "0").due_ms, now + 50000);
    add(place, 0, 0, INT64_MAX);
    ASSERT_I64(job_now_is(place, "0").due_ms, now + 50000);
    add(place, 0, 0, now + 20000);
    ASSERT_I64(job_now_is(place, "0").due_ms, now + 20000);
    add(place, 1, 0, INT64_MAX);
    assert_true(job_now_is(place, "1").due_ms == TIME_NONE);
}

static void test_the_end_of_the_program(void **state)
{
    struct place *place = *state;
    struct job_run runs[2];

    start(place, 1, 1);
    place->work.hold = true;
    add(place, 0, 0, 0);
    UNTIL(place->work.held);
    stop(place);
    assert_int_equal(runs_of(place, 1, runs, 2), 1);
    ASSERT_STR(runs[0].state, "cancelled");
    ASSERT_HOLDS(arena_cstr(&place->arena, runs[0].note), "stopped");
    ASSERT_STR(str_of(job_now_is(place, "0").state), "due");
    place->work.hold = false;
    start(place, 1, 1);
    UNTIL(place->work.done[0] == 1);
    assert_int_equal(runs_of(place, 1, runs, 2), 2);
    assert_int_equal(runs[0].attempt, 1);
}

/* A child that is killed in the middle of a job; whoever opens the store next does it at once. */
static void test_a_killed_server(void **state)
{
    struct place *place = *state;
    struct job_run runs[2];
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        start(place, 1, 1);
        place->work.hold = true;
        add(place, 0, 60000, 0);
        UNTIL(place->work.held);
        (void)!write(ends[1], "x", 1);
        for (;;) pause();
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    int64_t began_us = time_monotonic_us();
    start(place, 1, 1);
    UNTIL(place->work.done[0] == 1);
    assert_true(time_monotonic_us() - began_us < PACE.lease_ms * 1000); /* the lease was not waited for */
    UNTIL(whole(place, RUNNING) == 0);
    assert_int_equal(runs_of(place, 1, runs, 2), 2);
    ASSERT_STR(runs[1].state, "lost");
    ASSERT_STR(runs[0].state, "done");
    assert_int_equal(runs[0].attempt, 2);
}

/* A scheduler of the same session: its lease is taken when it has stood still for long enough, and not before. */
static void test_a_lease_that_stands_still(void **state)
{
    struct place *place = *state;
    char sql[256];

    open_store(place);
    place->jobs[0] = jobs_open_at(place->store, &place->kind, 1, 1, &PACE, &place->err);
    add(place, 0, 60000, 0);
    snprintf(sql, sizeof sql,
             "UPDATE job SET due_ms = NULL, lease_owner = '%016llx.other', lease_until_ms = 1;"
             "INSERT INTO job_run VALUES (1, 1, 1, 'running', '', '', 1, NULL);",
             (unsigned long long)store_session(place->store));
    change(place, sql);
    if (!jobs_start(place->jobs[0], &place->err)) fail_msg("%s", place->err.text);
    for (int i = 0; i < 12; i++) { /* it lives */
        usleep(50000);
        change(place, "UPDATE job SET lease_until_ms = lease_until_ms + 1");
    }
    assert_int_equal(place->work.n, 0);
    int64_t began_us = time_monotonic_us();
    UNTIL(place->work.done[0] == 1);
    assert_true(time_monotonic_us() - began_us > (PACE.lease_ms - 60) * 1000);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run WHERE id = 1 AND state = 'lost'"), 1);
}

static void test_who_was_taken_for_dead_writes_no_more(void **state)
{
    struct place *place = *state;

    start(place, 1, 1);
    place->work.hold = true;
    add(place, 0, 60000, 0);
    UNTIL(place->work.held);
    char sql[256];
    snprintf(sql, sizeof sql,
             "UPDATE job SET lease_owner = '%016llx.other', note = 'Of the other.';"
             "UPDATE job_run SET state = 'lost';",
             (unsigned long long)store_session(place->store));
    change(place, sql);
    UNTIL(!place->work.held);
    stop(place);
    assert_int_equal(place->work.n, 1);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run WHERE state = 'lost'"), 1);
    ASSERT_STR(job_now_is(place, "0").note, "Of the other.");
}

/* A day forward and back again, while a job runs and another waits. */
static void test_clocks_that_jump(void **state)
{
    struct place *place = *state;

    start(place, SCHEDULERS, 2);
    place->work.hold = true;
    add(place, 0, 50, 0);
    UNTIL(place->work.held);
    atomic_store(&clock_off_ms, TIME_DAY_MS);
    usleep(500000);
    assert_int_equal(place->work.n, 1); /* the lease holds */
    place->work.hold = false;
    UNTIL(place->work.n >= 3);
    int n = place->work.n;
    atomic_store(&clock_off_ms, -TIME_DAY_MS);
    UNTIL(place->work.n >= n + 3); /* and it need not wait for the day to come again */
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run WHERE state = 'lost'"), 0);
}

static void test_the_history_is_cut(void **state)
{
    struct place *place = *state;

    start(place, 1, 1);
    add(place, 0, 1, 0);
    UNTIL(place->work.n >= RUNS_KEPT + 20);
    stop(place);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run"), RUNS_KEPT);
    assert_int_equal(whole(place, "SELECT max(id) - min(id) FROM job_run"), RUNS_KEPT - 1);
}

static void test_limits(void **state)
{
    struct place *place = *state;
    struct err err;
    char key[JOB_TEXT_MAX + 1];

    memset(key, 'x', sizeof key);
    start(place, 1, 1);
    ASSERT_FAILS(jobs_add(place->jobs[0], "work", (Str){key, sizeof key}, 0, 0, &err), ERR_LIMIT);
    add(place, 0, 0, INT64_MAX);
    ASSERT_FAILS(jobs_ask(place->jobs[0], 1, (Str){key, sizeof key}, &err), ERR_LIMIT);
    ASSERT_OK(jobs_add(place->jobs[0], "unheard of", STR("1"), 0, 0, &err));
    usleep(50000);
    assert_int_equal(whole(place, "SELECT count(*) FROM job_run"), 0); /* another version's: left to it */
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_a_killed_server), /* the first: it forks, and threads do not like that */
        IN_PLACE(test_each_is_done_once),
        IN_PLACE(test_random_work_on_two_schedulers),
        IN_PLACE(test_what_fails_is_tried_again),
        IN_PLACE(test_after_the_last_try),
        IN_PLACE(test_periods),
        IN_PLACE(test_cancelling),
        IN_PLACE(test_removed_and_added_while_it_runs),
        IN_PLACE(test_what_is_asked_for),
        IN_PLACE(test_earlier_due_times_stay),
        IN_PLACE(test_the_end_of_the_program),
        IN_PLACE(test_a_lease_that_stands_still),
        IN_PLACE(test_who_was_taken_for_dead_writes_no_more),
        IN_PLACE(test_clocks_that_jump),
        IN_PLACE(test_the_history_is_cut),
        IN_PLACE(test_limits),
    };
    hash_start();
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
