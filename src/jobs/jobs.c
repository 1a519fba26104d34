/* jobs/jobs.c -- the threads of the scheduler; the table is sql.c's.
 *
 * One thread, the ticker, is the only one that takes jobs: it looks twice a second (and when somebody asks for a job
 * now) for what is due, takes a lease on it and puts it into the slot of a thread that has nothing to do. It also
 * writes down how far the running ones are, renews their leases and learns who was cancelled. The thread of a slot runs
 * the function and writes how it ended.
 *
 * Invariants
 *   J1  Whoever runs a job has set lease_owner to himself in a statement that found it empty; every later write of his
 *       says so in its WHERE. So of two schedulers one runs it, and one that was taken for dead writes nothing more.
 *   J2  A lease of a session of the store that is not ours is taken over at start: the lock of the folder says that its
 *       owner is gone. Any other is taken over when it has not changed for lease_ms by our own monotonic clock: what
 *       clocks on the wall say, and when they jump, plays no part.
 *   J3  Nobody waits for the writer while he holds the mutex: a function may report progress while it has the writer.
 *   J4  A slot is filled by the ticker alone and emptied by its thread alone.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "jobs/jobs_int.h"

#define THREADS_MAX 16
#define LEASES_MAX 256
#define STOPPED_NOTE STR("The server was stopped; it goes on at the next start.")
#define RESULT_MAX ((size_t)64 * 1024)

const struct jobs_pace JOBS_PACE = {
    .lease_ms = 30 * TIME_SECOND_MS,
    .tick_ms = 500,
    .retry_ms = 5 * TIME_SECOND_MS,
    .retry_max_ms = 10 * TIME_MINUTE_MS,
    .now_ms = time_now_ms,
};

struct job {
    struct jobs *jobs;
    pthread_t thread;
    bool busy; /* this and the next four: under the mutex */
    bool dirty;
    struct job_progress progress;
    int64_t renewed_us;
    struct job_claim claim; /* of the thread while busy; lease_ms of the ticker */
    const struct job_kind *kind;
    struct buf result; /* of the thread */
    _Atomic bool cancelled, lost;
};

struct seen_lease {
    struct job_lease lease;
    int64_t since_us;
};

struct jobs {
    struct store *store;
    const struct job_kind *kinds;
    size_t n_kinds;
    struct jobs_pace pace;
    char owner[OWNER_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t wake;   /* the ticker */
    pthread_cond_t filled; /* a slot, or the end */
    bool woken, ticker_runs, ticker_ends;
    bool failing; /* of the ticker: said so in the log already */
    _Atomic bool stopping;
    pthread_t ticker;
    struct job slot[THREADS_MAX];
    int n_slots, n_threads;             /* threads that run */
    struct seen_lease seen[LEASES_MAX]; /* of the ticker */
    size_t n_seen;
};

/* ---- what the function sees ---- */

Str job_key(const struct job *job)
{
    return str_of(job->claim.key);
}

Str job_ask(const struct job *job)
{
    return str_of(job->claim.ask);
}

int job_attempt(const struct job *job)
{
    return job->claim.attempt;
}

struct buf *job_result(struct job *job)
{
    return &job->result;
}

bool job_progress(struct job *job, int64_t done, int64_t total, const char *note)
{
    struct jobs *jobs = job->jobs;

    pthread_mutex_lock(&jobs->mutex);
    job->progress.done = done;
    job->progress.total = total;
    if (note) snprintf(job->progress.note, sizeof job->progress.note, "%s", note);
    job->dirty = true;
    pthread_mutex_unlock(&jobs->mutex);
    return !atomic_load(&job->cancelled) && !atomic_load(&job->lost) && !atomic_load(&jobs->stopping);
}

/* ---- the thread of a slot ---- */

static int64_t retry_after(const struct jobs *jobs, const struct job *job)
{
    int64_t wait = jobs->pace.retry_ms;

    if (job->claim.attempt >= job->kind->attempts_max) return 0;
    for (int i = 1; i < job->claim.attempt && wait < jobs->pace.retry_max_ms; i++) wait *= 2;
    return wait < jobs->pace.retry_max_ms ? wait : jobs->pace.retry_max_ms;
}

static struct job_outcome outcome_of(struct jobs *jobs, struct job *job, bool ok, const struct err *why)
{
    struct job_outcome out = {.end = JOB_DONE, .now_ms = jobs->pace.now_ms()};

    out.result = job->result.full ? (Str){NULL, 0} : buf_str(&job->result);
    out.note = str_of(job->progress.note); /* nobody else writes it now */
    if (ok) return out;
    if (atomic_load(&job->cancelled)) {
        out.end = JOB_FAILED;
        out.note = STR("Somebody cancelled it.");
    } else if (atomic_load(&jobs->stopping)) {
        out.end = JOB_STOPPED;
        out.note = STOPPED_NOTE;
    } else {
        bool for_good = why->code == ERR_INVALID || why->code == ERR_FORBIDDEN;
        out.end = for_good ? JOB_FAILED_FOR_GOOD : JOB_FAILED;
        out.retry_ms = for_good ? 0 : retry_after(jobs, job);
        out.note = why->text[0] ? str_of(why->text) : STR("It failed and did not say why.");
    }
    return out;
}

/* The end of a run must come into the store: what stands in the way (a full disk) is waited out, but not at the end of
 * the program; the next start finds the lease then. */
static void write_outcome(struct jobs *jobs, struct job *job, const struct job_outcome *outcome)
{
    const char *state = NULL;
    struct err err = {0};
    bool written = false;

    while (!written) {
        struct db *db = store_writer_take(jobs->store);
        written = sql_finish(db, &job->claim, &job->progress, str_of(jobs->owner), outcome, &state, &err);
        store_writer_give(jobs->store);
        if (written || atomic_load(&jobs->stopping)) break;
        log_line(LOG_WARN, "job.end_not_written", "id=%lld reason=%s", (long long)job->claim.id, err.text);
        for (int ms = 0; ms < 1000 && !atomic_load(&jobs->stopping); ms += 20) usleep(20000);
    }
    log_line(state && strcmp(state, "failed") != 0 ? LOG_INFO : LOG_WARN, "job.end",
             "id=%lld kind=%s attempt=%d state=%s", (long long)job->claim.id, job->claim.kind, job->claim.attempt,
             state ? state : "lost");
}

static void run(struct jobs *jobs, struct job *job)
{
    struct err why = {0};

    log_line(LOG_INFO, "job.start", "id=%lld kind=%s attempt=%d", (long long)job->claim.id, job->claim.kind,
             job->claim.attempt);
    buf_init(&job->result, RESULT_MAX);
    bool ok = job->kind->run(job->kind->context, job, &why);
    struct job_outcome outcome = outcome_of(jobs, job, ok, &why);
    write_outcome(jobs, job, &outcome);
    buf_reset(&job->result);
}

static void *slot_main(void *context)
{
    struct job *job = context;
    struct jobs *jobs = job->jobs;

    pthread_mutex_lock(&jobs->mutex);
    for (;;) {
        while (!job->busy && !atomic_load(&jobs->stopping)) pthread_cond_wait(&jobs->filled, &jobs->mutex);
        if (!job->busy) break;
        pthread_mutex_unlock(&jobs->mutex);
        run(jobs, job);
        pthread_mutex_lock(&jobs->mutex);
        job->busy = false;
        jobs->woken = true; /* something else may wait for the slot */
        pthread_cond_signal(&jobs->wake);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

/* ---- the ticker ---- */

/* Write down how far a run is, and that we live. */
static bool renew(struct jobs *jobs, struct job *job, struct err *err)
{
    int64_t now_us = time_monotonic_us();
    struct job_progress progress;
    struct job_claim claim;
    bool mine = true;

    pthread_mutex_lock(&jobs->mutex);
    bool due = job->busy && (job->dirty || now_us - job->renewed_us > jobs->pace.lease_ms * 1000 / 3);
    progress = job->progress;
    claim = job->claim;
    if (due) job->dirty = false;
    pthread_mutex_unlock(&jobs->mutex);
    if (!due) return true;
    struct db *db = store_writer_take(jobs->store);
    bool ok =
        sql_renew(db, &claim, &progress, str_of(jobs->owner), jobs->pace.now_ms() + jobs->pace.lease_ms, &mine, err);
    store_writer_give(jobs->store);
    pthread_mutex_lock(&jobs->mutex);
    if (ok && job->busy) {
        job->renewed_us = now_us;
        job->claim.lease_ms = claim.lease_ms;
        if (!mine) atomic_store(&job->lost, true);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return ok;
}

static void mark_cancelled(struct jobs *jobs, int64_t id)
{
    pthread_mutex_lock(&jobs->mutex);
    for (int i = 0; i < jobs->n_slots; i++)
        if (jobs->slot[i].busy && jobs->slot[i].claim.id == id) atomic_store(&jobs->slot[i].cancelled, true);
    pthread_mutex_unlock(&jobs->mutex);
}

/* What another server's people have cancelled. */
static bool learn_cancelled(struct jobs *jobs, struct db *db, struct err *err)
{
    int64_t ids[THREADS_MAX];
    size_t n;

    if (!sql_cancelled(db, str_of(jobs->owner), ids, THREADS_MAX, &n, err)) return false;
    for (size_t i = 0; i < n; i++) mark_cancelled(jobs, ids[i]);
    return true;
}

static bool take_over(struct jobs *jobs, const struct job_lease *lease, struct err *err)
{
    bool released;
    struct db *db = store_writer_take(jobs->store);
    bool ok = sql_release(db, lease, jobs->pace.now_ms(), &released, err);

    store_writer_give(jobs->store);
    if (ok && released) log_line(LOG_WARN, "job.lost", "id=%lld owner=%s", (long long)lease->id, lease->owner);
    return ok;
}

/* Since when the lease stands as it stands: J2. */
static int64_t unchanged_since(const struct jobs *jobs, const struct job_lease *lease, int64_t now_us)
{
    for (size_t i = 0; i < jobs->n_seen; i++) {
        const struct seen_lease *seen = &jobs->seen[i];
        if (seen->lease.id == lease->id && seen->lease.until_ms == lease->until_ms &&
            strcmp(seen->lease.owner, lease->owner) == 0)
            return seen->since_us;
    }
    return now_us;
}

static bool watch_leases(struct jobs *jobs, struct db *db, bool starting, struct err *err)
{
    struct job_lease leases[LEASES_MAX];
    struct seen_lease seen[LEASES_MAX];
    char session[OWNER_MAX];
    int64_t now_us = time_monotonic_us();
    size_t n, n_seen = 0;
    bool ok = sql_leases(db, str_of(jobs->owner), leases, LEASES_MAX, &n, err);

    snprintf(session, sizeof session, "%016llx.", (unsigned long long)store_session(jobs->store));
    for (size_t i = 0; ok && i < n; i++) {
        int64_t since_us = unchanged_since(jobs, &leases[i], now_us);
        bool gone = starting && !str_starts(str_of(leases[i].owner), str_of(session));
        if (gone || now_us - since_us > jobs->pace.lease_ms * 1000) {
            ok = take_over(jobs, &leases[i], err);
        } else {
            seen[n_seen++] = (struct seen_lease){leases[i], since_us};
        }
    }
    if (!ok) return false;
    memcpy(jobs->seen, seen, n_seen * sizeof seen[0]);
    jobs->n_seen = n_seen;
    return true;
}

static bool mend_clock(struct jobs *jobs, struct db *reader, struct err *err)
{
    int64_t now_ms = jobs->pace.now_ms();
    bool any;

    if (!sql_clock_back(reader, now_ms, jobs->pace.retry_max_ms, &any, err)) return false;
    if (!any) return true;
    struct db *db = store_writer_take(jobs->store);
    bool ok = sql_clock_mend(db, now_ms, jobs->pace.retry_max_ms, err);
    store_writer_give(jobs->store);
    return ok;
}

static struct job *free_slot(struct jobs *jobs)
{
    struct job *found = NULL;

    pthread_mutex_lock(&jobs->mutex);
    for (int i = 0; i < jobs->n_slots && !found; i++)
        if (!jobs->slot[i].busy) found = &jobs->slot[i];
    pthread_mutex_unlock(&jobs->mutex);
    return found;
}

/* False: the program ends, and the thread of the slot may have gone already. */
static bool fill(struct jobs *jobs, struct job *job, const struct job_claim *claim)
{
    pthread_mutex_lock(&jobs->mutex);
    bool filled = !atomic_load(&jobs->stopping);
    if (filled) {
        job->claim = *claim;
        job->progress = (struct job_progress){0};
        job->dirty = false;
        job->renewed_us = time_monotonic_us();
        atomic_store(&job->cancelled, false);
        atomic_store(&job->lost, false);
        for (size_t i = 0; i < jobs->n_kinds; i++)
            if (strcmp(jobs->kinds[i].name, claim->kind) == 0) job->kind = &jobs->kinds[i];
        job->busy = true;
        pthread_cond_broadcast(&jobs->filled);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return filled;
}

static bool give_back(struct jobs *jobs, const struct job_claim *claim, struct err *err)
{
    struct job_outcome outcome = {.end = JOB_STOPPED, .now_ms = jobs->pace.now_ms(), .note = STOPPED_NOTE};
    struct job_progress none = {0};
    const char *state;
    struct db *db = store_writer_take(jobs->store);
    bool ok = sql_finish(db, claim, &none, str_of(jobs->owner), &outcome, &state, err);

    store_writer_give(jobs->store);
    return ok;
}

static bool take_due(struct jobs *jobs, struct db *reader, struct err *err)
{
    struct job_claim due[THREADS_MAX];
    struct job *job = free_slot(jobs);
    size_t n;

    if (!job) return true;
    if (!sql_due(reader, jobs->pace.now_ms(), jobs->kinds, jobs->n_kinds, due, THREADS_MAX, &n, err)) return false;
    for (size_t i = 0; i < n && job && !atomic_load(&jobs->stopping); i++) {
        bool won;
        struct db *db = store_writer_take(jobs->store);
        bool ok = sql_claim(db, &due[i], str_of(jobs->owner), jobs->pace.now_ms(), jobs->pace.lease_ms, &won, err);
        store_writer_give(jobs->store);
        if (!ok) return false;
        if (!won) continue;
        if (!fill(jobs, job, &due[i])) return give_back(jobs, &due[i], err);
        job = free_slot(jobs);
    }
    return true;
}

static bool tick(struct jobs *jobs, struct err *err)
{
    struct db *reader = store_reader_take(jobs->store, err);
    bool ok = reader != NULL;

    for (int i = 0; ok && i < jobs->n_slots; i++) ok = renew(jobs, &jobs->slot[i], err);
    ok = ok && learn_cancelled(jobs, reader, err);
    if (ok && !atomic_load(&jobs->stopping))
        ok = watch_leases(jobs, reader, false, err) && mend_clock(jobs, reader, err) && take_due(jobs, reader, err);
    store_reader_give(jobs->store, reader);
    return ok;
}

static void wait_for_tick(struct jobs *jobs)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += jobs->pace.tick_ms / 1000;
    until.tv_nsec += jobs->pace.tick_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->woken && !jobs->ticker_ends)
        if (pthread_cond_timedwait(&jobs->wake, &jobs->mutex, &until) != 0) break;
    jobs->woken = false;
    pthread_mutex_unlock(&jobs->mutex);
}

static bool ticker_ends(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->mutex);
    bool ends = jobs->ticker_ends;
    pthread_mutex_unlock(&jobs->mutex);
    return ends;
}

static void *ticker_main(void *context)
{
    struct jobs *jobs = context;

    while (!ticker_ends(jobs)) {
        struct err err = {0};
        bool ok = tick(jobs, &err);
        if (!ok && !jobs->failing) log_line(LOG_WARN, "jobs.wait", "reason=%s", err.text);
        if (ok && jobs->failing) log_line(LOG_INFO, "jobs.go_on", "after=failure");
        jobs->failing = !ok;
        wait_for_tick(jobs);
    }
    return NULL;
}

/* ---- open and close ---- */

struct jobs *jobs_open_at(struct store *store, const struct job_kind *kinds, size_t n, int threads,
                          const struct jobs_pace *pace, struct err *err)
{
    struct jobs *jobs = mem_new(sizeof *jobs);
    pthread_condattr_t monotonic;

    (void)err;
    CHECK(threads >= 1 && threads <= THREADS_MAX);
    jobs->store = store;
    jobs->kinds = kinds;
    jobs->n_kinds = n;
    jobs->pace = *pace;
    jobs->n_slots = threads;
    snprintf(jobs->owner, sizeof jobs->owner, "%016llx.%016llx", (unsigned long long)store_session(store),
             (unsigned long long)random_u64());
    for (size_t i = 0; i < n; i++) CHECK(strlen(kinds[i].name) <= JOB_TEXT_MAX);
    for (int i = 0; i < threads; i++) jobs->slot[i].jobs = jobs;
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&jobs->filled, NULL);
    return jobs;
}

struct jobs *jobs_open(struct store *store, const struct job_kind *kinds, size_t n, int threads, struct err *err)
{
    return jobs_open_at(store, kinds, n, threads, &JOBS_PACE, err);
}

bool jobs_start(struct jobs *jobs, struct err *err)
{
    struct db *reader = store_reader_take(jobs->store, err);
    bool ok = reader && watch_leases(jobs, reader, true, err);

    store_reader_give(jobs->store, reader);
    if (!ok) return false;
    for (int i = 0; i < jobs->n_slots; i++) {
        CHECK(pthread_create(&jobs->slot[i].thread, NULL, slot_main, &jobs->slot[i]) == 0);
        jobs->n_threads++;
    }
    CHECK(pthread_create(&jobs->ticker, NULL, ticker_main, jobs) == 0);
    jobs->ticker_runs = true;
    return true;
}

void jobs_close(struct jobs *jobs)
{
    if (!jobs) return;
    pthread_mutex_lock(&jobs->mutex);
    atomic_store(&jobs->stopping, true);
    pthread_cond_broadcast(&jobs->filled);
    pthread_mutex_unlock(&jobs->mutex);
    for (int i = 0; i < jobs->n_threads; i++) pthread_join(jobs->slot[i].thread, NULL);
    if (jobs->ticker_runs) { /* it has renewed the leases until now */
        pthread_mutex_lock(&jobs->mutex);
        jobs->ticker_ends = true;
        pthread_cond_signal(&jobs->wake);
        pthread_mutex_unlock(&jobs->mutex);
        pthread_join(jobs->ticker, NULL);
    }
    pthread_mutex_destroy(&jobs->mutex);
    pthread_cond_destroy(&jobs->wake);
    pthread_cond_destroy(&jobs->filled);
    free(jobs);
}

/* ---- what others ask for ---- */

static bool wake(struct jobs *jobs, bool ok)
{
    pthread_mutex_lock(&jobs->mutex);
    jobs->woken = true;
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->mutex);
    return ok;
}

bool jobs_add(struct jobs *jobs, const char *kind, Str key, int64_t every_ms, int64_t due_ms, struct err *err)
{
    struct db *db = store_writer_take(jobs->store);
    bool ok = sql_add(db, kind, key, every_ms, due_ms, jobs->pace.now_ms(), err);

    store_writer_give(jobs->store);
    return wake(jobs, ok);
}

static bool stop(struct jobs *jobs, const char *kind, Str key, bool remove, struct err *err)
{
    int64_t running_id;
    struct db *db = store_writer_take(jobs->store);
    bool ok = sql_stop(db, kind, key, remove, &running_id, err);

    store_writer_give(jobs->store);
    if (ok && running_id) mark_cancelled(jobs, running_id);
    return ok;
}

bool jobs_off(struct jobs *jobs, const char *kind, Str key, struct err *err)
{
    return stop(jobs, kind, key, false, err);
}

bool jobs_remove(struct jobs *jobs, const char *kind, Str key, struct err *err)
{
    return stop(jobs, kind, key, true, err);
}

bool jobs_ask(struct jobs *jobs, int64_t id, Str ask, struct err *err)
{
    struct db *db = store_writer_take(jobs->store);
    bool ok = sql_now(db, id, ask, jobs->pace.now_ms(), err);

    store_writer_give(jobs->store);
    return wake(jobs, ok);
}

bool jobs_now(struct jobs *jobs, int64_t id, struct err *err)
{
    return jobs_ask(jobs, id, STR(""), err);
}

bool jobs_cancel(struct jobs *jobs, int64_t id, struct err *err)
{
    struct db *db = store_writer_take(jobs->store);
    bool ok = sql_cancel(db, id, err);

    store_writer_give(jobs->store);
    if (ok) mark_cancelled(jobs, id);
    return ok;
}
