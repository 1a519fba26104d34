/* features/connectors/pull.c -- the job "pull": its key is the connection's id, what it may be asked for two days. */
#include <stdio.h>

#include "base/time.h"
#include "features/connectors/connectors_int.h"

#define TRIES 6
#define RESULT_ARENA ((size_t)1024 * 1024)

Str pull_key(int64_t id, char out[KEY_BYTES])
{
    snprintf(out, KEY_BYTES, "%lld", (long long)id);
    return str_of(out);
}

bool pull_job_add(struct connectors *connectors, const struct connection *connection, struct err *err)
{
    bool broken = str_eq(connection->state, STR("broken"));
    char key[KEY_BYTES];

    if (str_eq(connection->state, STR("paused"))) return true;
    return jobs_add(connectors->jobs, PULL, pull_key(connection->id, key), PULL_EVERY_MS, broken ? INT64_MAX : 0, err);
}

static bool gone_already(bool ok, struct err *err)
{
    return ok || err->code == ERR_NOT_FOUND;
}

bool pull_job_off(struct connectors *connectors, int64_t id, struct err *err)
{
    char key[KEY_BYTES];
    return gone_already(jobs_off(connectors->jobs, PULL, pull_key(id, key), err), err);
}

bool pull_job_remove(struct connectors *connectors, int64_t id, struct err *err)
{
    char key[KEY_BYTES];
    return gone_already(jobs_remove(connectors->jobs, PULL, pull_key(id, key), err), err);
}

/* ---- the function ---- */

struct watched {
    struct job *job;
    int64_t done, total;
};

static bool on_progress(void *context, int64_t done, int64_t total, const char *note)
{
    struct watched *watched = context;

    watched->done = done;
    watched->total = total;
    return job_progress(watched->job, done, total, note);
}

static int64_t count_of(const struct json *result, const char *name)
{
    int64_t n = 0;
    return json_i64(json_get(result, name), &n) ? n : 0;
}

/* What came of it, from the counts that it gives. */
static void sum_up(const struct watched *watched)
{
    struct arena arena;
    struct err err;
    char note[JOB_TEXT_MAX];

    arena_init(&arena, RESULT_ARENA);
    const struct json *result = json_parse(buf_str(job_result(watched->job)), &arena, &err);
    Str from = json_str(json_get(result, "from")), to = json_str(json_get(result, "to"));
    if (from.n && to.n) {
        snprintf(note, sizeof note, "Brought %.*s to %.*s: %lld rows, %lld of them new, %lld changed, %lld gone.",
                 STR_ARG(from), STR_ARG(to), (long long)count_of(result, "rows"),
                 (long long)count_of(result, "inserted"), (long long)count_of(result, "replaced"),
                 (long long)count_of(result, "removed"));
    } else {
        snprintf(note, sizeof note, "There was nothing to bring.");
    }
    (void)!job_progress(watched->job, watched->done, watched->total, note);
    arena_free(&arena);
}

static bool note_broken(struct connectors *connectors, int64_t id, struct err *err)
{
    (void)!connection_note(store_writer_take(connectors->store), id, STR("broken"), str_of(err->text), NULL);
    store_writer_give(connectors->store);
    err->code = ERR_FORBIDDEN;
    return false;
}

static bool pull_run(void *context, struct job *job, struct err *err)
{
    struct connectors *connectors = context;
    struct watched watched = {.job = job};
    struct connect_watch watch = {on_progress, &watched};
    Str to_text = job_ask(job), from_text = str_cut(&to_text, ' ');
    int32_t from = INT32_MIN, to = INT32_MIN;
    int64_t id;

    if (!str_to_i64(job_key(job), &id)) return err_set(err, ERR_INVALID, "the key of a pull is a connection's id");
    if (from_text.n && (!time_parse_day(from_text, &from) || !time_parse_day(to_text, &to)))
        return err_set(err, ERR_INVALID, "a pull is asked for two days");
    if (!connect_pull(connectors->connect, id, from, to, &watch, job_result(job), err))
        return err->code == ERR_CONFLICT ? note_broken(connectors, id, err) : false; /* another key: see vault_open */
    sum_up(&watched);
    return true;
}

struct job_kind connectors_job(struct connectors *connectors)
{
    return (struct job_kind){PULL, pull_run, connectors, TRIES};
}

/* ---- at start ---- */

/* A pull whose connection is there no more: the program ended between the two. */
static bool remove_orphans(struct connectors *connectors, struct db *db, struct arena *arena,
                           const struct connection *rows, size_t n, struct err *err)
{
    enum { JOBS_MAX = 2000 };
    struct job_state *jobs = ARENA_ARRAY(arena, struct job_state, JOBS_MAX);
    size_t n_jobs;

    if (!jobs_list(db, arena, jobs, JOBS_MAX, &n_jobs, err)) return false;
    for (size_t i = 0; i < n_jobs; i++) {
        int64_t id = 0;
        bool wanted = !str_eq(jobs[i].kind, STR(PULL)) || !str_to_i64(jobs[i].key, &id);
        for (size_t k = 0; k < n; k++) wanted = wanted || rows[k].id == id;
        if (!wanted && !pull_job_remove(connectors, id, err)) return false;
    }
    return true;
}

bool connectors_start(struct connectors *connectors, struct err *err)
{
    struct connection *rows;
    struct arena arena;
    size_t n = 0;

    arena_init(&arena, (size_t)16 * 1024 * 1024);
    rows = ARENA_ARRAY(&arena, struct connection, CONNECTIONS_MAX);
    struct db *db = store_reader_take(connectors->store, err);
    bool ok = db && connections_list(db, &arena, rows, CONNECTIONS_MAX, &n, err);
    for (size_t i = 0; ok && i < n; i++)
        ok = str_eq(rows[i].state, STR("paused")) ? pull_job_off(connectors, rows[i].id, err)
                                                  : pull_job_add(connectors, &rows[i], err);
    ok = ok && remove_orphans(connectors, db, &arena, rows, n, err);
    store_reader_give(connectors->store, db);
    arena_free(&arena);
    if (ok) connectors->tester = tester_start(connectors);
    return ok;
}

void connectors_stop(struct connectors *connectors)
{
    tester_stop(connectors->tester);
}

void connectors_close(struct connectors *connectors)
{
    tester_close(connectors->tester);
    connectors->tester = NULL;
}
