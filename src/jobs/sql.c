#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "jobs/jobs_int.h"

static void keep(char *out, size_t size, Str text)
{
    snprintf(out, size, "%.*s", STR_ARG(text));
}

static int64_t whole_or_none(const struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? TIME_NONE : db_i64(rows, column);
}

static struct db_value whole_arg(int64_t value)
{
    return value == TIME_NONE ? DB_NULL : DB_I64(value);
}

/* Ends the transaction of a change. */
static bool settle(struct db *db, bool ok, struct err *err)
{
    if (ok) return db_commit(db, err);
    db_rollback(db);
    return false;
}

static bool next_id(struct db *db, const char *sql, int64_t *id, struct err *err)
{
    struct db_rows rows = db_query(db, sql, DB_NO_ARGS);

    if (db_next(&rows)) *id = db_i64(&rows, 0);
    return db_end(&rows, err);
}

static bool missing(int64_t id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no job %lld", (long long)id);
}

/* ---- leases ---- */

bool sql_leases(struct db *db, Str owner, struct job_lease *out, size_t max, size_t *n, struct err *err)
{
    struct db_rows rows = db_query(db,
                                   "SELECT id, lease_until_ms, lease_owner FROM job "
                                   "WHERE lease_owner <> '' AND lease_owner <> $1 ORDER BY id LIMIT $2",
                                   DB_ARGS(DB_TEXT(owner), DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows)) {
        struct job_lease *lease = &out[found++];
        lease->id = db_i64(&rows, 0);
        lease->until_ms = db_i64(&rows, 1);
        keep(lease->owner, sizeof lease->owner, db_str(&rows, 2));
    }
    *n = found;
    return db_end(&rows, err);
}

static bool drop(struct db *db, int64_t id, struct err *err)
{
    return db_run(db, "DELETE FROM job_run WHERE job_id = $1", DB_ARGS(DB_I64(id)), err) &&
           db_run(db, "DELETE FROM job WHERE id = $1", DB_ARGS(DB_I64(id)), err);
}

static bool release(struct db *db, const struct job_lease *lease, int64_t now_ms, bool *released, struct err *err)
{
    if (!db_run(db,
                "UPDATE job SET lease_owner = '', due_ms = CASE WHEN cancelled = 0 THEN $4 "
                "WHEN due_ms IS NULL AND every_ms > 0 THEN $4 + every_ms ELSE due_ms END "
                "WHERE id = $1 AND lease_owner = $2 AND lease_until_ms = $3",
                DB_ARGS(DB_I64(lease->id), DB_TEXT(str_of(lease->owner)), DB_I64(lease->until_ms), DB_I64(now_ms)),
                err))
        return false;
    *released = db_changed(db) != 0;
    if (!*released) return true;
    return db_run(db,
                  "UPDATE job_run SET state = 'lost', ended_ms = $2, "
                  "note = 'The server ended in the middle of it; it is done again.' "
                  "WHERE job_id = $1 AND state = 'running'",
                  DB_ARGS(DB_I64(lease->id), DB_I64(now_ms)), err) &&
           db_run(db,
                  "DELETE FROM job_run WHERE job_id = $1 AND "
                  "EXISTS (SELECT 1 FROM job WHERE job.id = job_run.job_id AND cancelled = 2)",
                  DB_ARGS(DB_I64(lease->id)), err) &&
           db_run(db, "DELETE FROM job WHERE id = $1 AND cancelled = 2", DB_ARGS(DB_I64(lease->id)), err) &&
           db_run(db, "UPDATE job SET cancelled = 0 WHERE id = $1", DB_ARGS(DB_I64(lease->id)), err);
}

bool sql_release(struct db *db, const struct job_lease *lease, int64_t now_ms, bool *released, struct err *err)
{
    *released = false;
    return db_begin(db, err) && settle(db, release(db, lease, now_ms, released, err), err);
}

/* ---- running ---- */

bool sql_due(struct db *db, int64_t now_ms, const struct job_kind *kinds, size_t n_kinds, struct job_claim *out,
             size_t max, size_t *n, struct err *err)
{
    struct db_rows rows = db_query(db,
                                   "SELECT id, kind, key, ask FROM job WHERE due_ms <= $1 AND lease_owner = '' "
                                   "ORDER BY due_ms, id",
                                   DB_ARGS(DB_I64(now_ms)));
    size_t found = 0;

    while (found < max && db_next(&rows)) {
        Str kind = db_str(&rows, 1);
        bool known = false;
        for (size_t i = 0; i < n_kinds; i++) known = known || str_eq(kind, str_of(kinds[i].name));
        if (!known) continue;
        struct job_claim *claim = &out[found++];
        *claim = (struct job_claim){.id = db_i64(&rows, 0)};
        keep(claim->kind, sizeof claim->kind, kind);
        keep(claim->key, sizeof claim->key, db_str(&rows, 2));
        keep(claim->ask, sizeof claim->ask, db_str(&rows, 3));
    }
    *n = found;
    return db_end(&rows, err);
}

static bool claim_now(struct db *db, struct job_claim *claim, Str owner, int64_t now_ms, int64_t lease_ms, bool *won,
                      struct err *err)
{
    int64_t run_id = 0;

    claim->began_ms = now_ms;
    claim->lease_ms = now_ms + lease_ms;
    if (!db_run(db,
                "UPDATE job SET lease_owner = $2, lease_until_ms = $3, due_ms = NULL, attempts = attempts + 1, "
                "cancelled = 0, progress = 0, total = 0, note = '' WHERE id = $1 AND lease_owner = '' AND "
                "due_ms <= $4",
                DB_ARGS(DB_I64(claim->id), DB_TEXT(owner), DB_I64(claim->lease_ms), DB_I64(now_ms)), err))
        return false;
    *won = db_changed(db) != 0;
    if (!*won) return true;
    struct db_rows rows = db_query(db, "SELECT attempts, ask FROM job WHERE id = $1", DB_ARGS(DB_I64(claim->id)));
    if (db_next(&rows)) {
        claim->attempt = (int)db_i64(&rows, 0);
        keep(claim->ask, sizeof claim->ask, db_str(&rows, 1));
    }
    if (!db_end(&rows, err) || !next_id(db, "SELECT coalesce(max(id), 0) + 1 FROM job_run", &run_id, err)) return false;
    claim->run_id = run_id;
    return db_run(db,
                  "INSERT INTO job_run (id, job_id, attempt, state, note, result, started_ms) "
                  "VALUES ($1, $2, $3, 'running', '', '', $4)",
                  DB_ARGS(DB_I64(run_id), DB_I64(claim->id), DB_I64(claim->attempt), DB_I64(now_ms)), err);
}

bool sql_claim(struct db *db, struct job_claim *claim, Str owner, int64_t now_ms, int64_t lease_ms, bool *won,
               struct err *err)
{
    *won = false;
    return db_begin(db, err) && settle(db, claim_now(db, claim, owner, now_ms, lease_ms, won, err), err);
}

bool sql_renew(struct db *db, struct job_claim *claim, const struct job_progress *progress, Str owner, int64_t until_ms,
               bool *mine, struct err *err)
{
    if (until_ms <= claim->lease_ms) until_ms = claim->lease_ms + 1; /* others see by the change that we live */
    if (!db_run(db,
                "UPDATE job SET lease_until_ms = $3, progress = $4, total = $5, note = $6 "
                "WHERE id = $1 AND lease_owner = $2",
                DB_ARGS(DB_I64(claim->id), DB_TEXT(owner), DB_I64(until_ms), DB_I64(progress->done),
                        DB_I64(progress->total), DB_TEXT(str_of(progress->note))),
                err))
        return false;
    *mine = db_changed(db) != 0;
    claim->lease_ms = until_ms;
    return true;
}

bool sql_cancelled(struct db *db, Str owner, int64_t *ids, size_t max, size_t *n, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT id FROM job WHERE lease_owner = $1 AND cancelled <> 0", DB_ARGS(DB_TEXT(owner)));

    for (*n = 0; *n < max && db_next(&rows); ++*n) ids[*n] = db_i64(&rows, 0);
    return db_end(&rows, err);
}

/* ---- the end of a run ---- */

struct row {
    int64_t due_ms, every_ms;
    int attempts;
    enum job_cancelled cancelled;
};

static bool read_row(struct db *db, int64_t id, Str owner, struct row *row, bool *found, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT due_ms, every_ms, attempts, cancelled FROM job WHERE id = $1 AND lease_owner = $2",
                 DB_ARGS(DB_I64(id), DB_TEXT(owner)));

    *found = db_next(&rows);
    if (*found)
        *row = (struct row){.due_ms = whole_or_none(&rows, 0),
                            .every_ms = db_i64(&rows, 1),
                            .attempts = (int)db_i64(&rows, 2),
                            .cancelled = (enum job_cancelled)db_i64(&rows, 3)};
    return db_end(&rows, err);
}

/* The first whole period from the beginning that is to come. A clock that was set back does not make it wait longer
 * than one. */
static int64_t next_period(int64_t began_ms, int64_t every_ms, int64_t now_ms)
{
    if (every_ms <= 0) return TIME_NONE;
    if (now_ms < began_ms) return now_ms + every_ms;
    return began_ms + ((now_ms - began_ms) / every_ms + 1) * every_ms;
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == TIME_NONE || b == TIME_NONE) return a == TIME_NONE ? b : a;
    return a < b ? a : b;
}

/* The row as it is to be after the run; the run's state. */
static const char *decide(struct row *row, const struct job_claim *claim, const struct job_outcome *outcome)
{
    int64_t next = next_period(claim->began_ms, row->every_ms, outcome->now_ms);
    enum job_end end = outcome->end;

    if (end != JOB_DONE && row->cancelled) {
        row->attempts = 0;
        row->due_ms = earlier(row->due_ms, next);
        return "cancelled";
    }
    switch (end) {
    case JOB_DONE:
        row->attempts = 0;
        row->due_ms = earlier(row->due_ms, next);
        return "done";
    case JOB_FAILED_FOR_GOOD: row->attempts = 0; return "failed";
    case JOB_STOPPED:
        row->attempts -= row->attempts > 0;
        row->due_ms = outcome->now_ms;
        return "cancelled";
    case JOB_FAILED: break;
    }
    if (outcome->retry_ms > 0) {
        row->due_ms = earlier(row->due_ms, outcome->now_ms + outcome->retry_ms);
    } else {
        row->attempts = 0;
        row->due_ms = earlier(row->due_ms, next);
    }
    return "failed";
}

static bool write_end(struct db *db, const struct job_claim *claim, const struct job_progress *progress,
                      const struct row *row, const struct job_outcome *outcome, const char *state, struct err *err)
{
    bool through = row->attempts == 0 && outcome->end != JOB_STOPPED; /* what was asked is not asked again */

    return db_run(db,
                  "UPDATE job SET lease_owner = '', due_ms = $2, attempts = $3, cancelled = 0, progress = $4, "
                  "total = $5, note = $6, ask = CASE WHEN $7 = 1 AND ask = $8 THEN '' ELSE ask END WHERE id = $1",
                  DB_ARGS(DB_I64(claim->id), whole_arg(row->due_ms), DB_I64(row->attempts), DB_I64(progress->done),
                          DB_I64(progress->total), DB_TEXT(outcome->note), DB_I64(through),
                          DB_TEXT(str_of(claim->ask))),
                  err) &&
           db_run(db, "UPDATE job_run SET state = $2, note = $3, result = $4, ended_ms = $5 WHERE id = $1",
                  DB_ARGS(DB_I64(claim->run_id), DB_TEXT(str_of(state)), DB_TEXT(outcome->note),
                          DB_TEXT(outcome->result), DB_I64(outcome->now_ms)),
                  err) &&
           db_run(db,
                  "DELETE FROM job_run WHERE job_id = $1 AND id <= "
                  "(SELECT id FROM job_run WHERE job_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
                  DB_ARGS(DB_I64(claim->id), DB_I64(RUNS_KEPT)), err);
}

bool sql_finish(struct db *db, const struct job_claim *claim, const struct job_progress *progress, Str owner,
                const struct job_outcome *outcome, const char **state, struct err *err)
{
    struct row row = {0};
    bool found = false;

    *state = NULL;
    if (!db_begin(db, err)) return false;
    bool ok = read_row(db, claim->id, owner, &row, &found, err);
    if (ok && found) {
        *state = decide(&row, claim, outcome);
        ok = row.cancelled == JOB_REMOVED ? drop(db, claim->id, err)
                                          : write_end(db, claim, progress, &row, outcome, *state, err);
    }
    return settle(db, ok, err);
}

/* ---- the clock ---- */

#define TOO_LATE "(every_ms > 0 OR attempts > 0) AND due_ms > $1 + CASE WHEN every_ms > $2 THEN every_ms ELSE $2 END"

bool sql_clock_back(struct db *db, int64_t now_ms, int64_t retry_max_ms, bool *any, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT count(*) FROM job WHERE " TOO_LATE, DB_ARGS(DB_I64(now_ms), DB_I64(retry_max_ms)));

    *any = db_next(&rows) && db_i64(&rows, 0) > 0;
    return db_end(&rows, err);
}

bool sql_clock_mend(struct db *db, int64_t now_ms, int64_t retry_max_ms, struct err *err)
{
    return db_run(db, "UPDATE job SET due_ms = $1 + CASE WHEN attempts > 0 THEN $2 ELSE every_ms END WHERE " TOO_LATE,
                  DB_ARGS(DB_I64(now_ms), DB_I64(retry_max_ms)), err);
}

/* ---- what others ask for ---- */

bool sql_add(struct db *db, const char *kind, Str key, int64_t every_ms, int64_t due_ms, int64_t now_ms,
             struct err *err)
{
    struct db_value due = due_ms == INT64_MAX ? DB_NULL : DB_I64(due_ms ? due_ms : now_ms);
    int64_t id = 0;

    if (key.n > JOB_TEXT_MAX)
        return err_set(err, ERR_LIMIT, "the key of a job has at most %d bytes, not %zu", JOB_TEXT_MAX, key.n);
    if (!db_begin(db, err)) return false;
    bool ok =
        next_id(db, "SELECT coalesce(max(id), 0) + 1 FROM job", &id, err) &&
        db_run(db,
               "INSERT INTO job (id, kind, key, every_ms, due_ms, ask, lease_owner, lease_until_ms, attempts, "
               "cancelled, progress, total, note, created_ms) "
               "VALUES ($1, $2, $3, $4, $5, '', '', 0, 0, 0, 0, 0, '', $6) "
               "ON CONFLICT (kind, key) DO UPDATE SET every_ms = excluded.every_ms, due_ms = CASE "
               "WHEN job.due_ms IS NULL OR job.due_ms > excluded.due_ms THEN excluded.due_ms "
               "ELSE job.due_ms END, cancelled = CASE WHEN job.cancelled = 2 THEN 1 ELSE job.cancelled END",
               DB_ARGS(DB_I64(id), DB_TEXT(str_of(kind)), DB_TEXT(key), DB_I64(every_ms), due, DB_I64(now_ms)), err);
    return settle(db, ok, err);
}

static bool stop_now(struct db *db, const char *kind, Str key, bool remove, int64_t *running_id, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT id, lease_owner <> '' FROM job WHERE kind = $1 AND key = $2",
                                   DB_ARGS(DB_TEXT(str_of(kind)), DB_TEXT(key)));
    bool found = db_next(&rows);
    int64_t id = found ? db_i64(&rows, 0) : 0;
    bool running = found && db_i64(&rows, 1) != 0;

    if (!db_end(&rows, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "there is no job \"%s\" of \"%.*s\"", kind, STR_ARG(key));
    if (running) *running_id = id;
    if (remove && !running) return drop(db, id, err);
    return db_run(db,
                  "UPDATE job SET every_ms = 0, due_ms = NULL, attempts = 0, ask = '', cancelled = $2 WHERE id = $1",
                  DB_ARGS(DB_I64(id), DB_I64(!running ? JOB_GOES_ON
                                             : remove ? JOB_REMOVED
                                                      : JOB_CANCELLED)),
                  err);
}

bool sql_stop(struct db *db, const char *kind, Str key, bool remove, int64_t *running_id, struct err *err)
{
    *running_id = 0;
    return db_begin(db, err) && settle(db, stop_now(db, kind, key, remove, running_id, err), err);
}

bool sql_now(struct db *db, int64_t id, Str ask, int64_t now_ms, struct err *err)
{
    if (ask.n > JOB_TEXT_MAX)
        return err_set(err, ERR_LIMIT, "a job is asked for at most %d bytes, not %zu", JOB_TEXT_MAX, ask.n);
    if (!db_run(db,
                "UPDATE job SET due_ms = $2, ask = CASE WHEN $3 = '' THEN ask ELSE $3 END, "
                "attempts = CASE WHEN lease_owner = '' THEN 0 ELSE attempts END WHERE id = $1 AND cancelled <> 2",
                DB_ARGS(DB_I64(id), DB_I64(now_ms), DB_TEXT(ask)), err))
        return false;
    return db_changed(db) != 0 || missing(id, err);
}

bool sql_cancel(struct db *db, int64_t id, struct err *err)
{
    if (!db_run(db,
                "UPDATE job SET cancelled = CASE WHEN cancelled = 2 THEN 2 ELSE 1 END, due_ms = NULL "
                "WHERE id = $1 AND lease_owner <> ''",
                DB_ARGS(DB_I64(id)), err))
        return false;
    if (db_changed(db) != 0) return true;
    struct db_rows rows = db_query(db, "SELECT 1 FROM job WHERE id = $1", DB_ARGS(DB_I64(id)));
    bool found = db_next(&rows);
    if (!db_end(&rows, err)) return false;
    if (!found) return missing(id, err);
    return err_set(err, ERR_CONFLICT, "job %lld does not run just now; there is nothing to cancel", (long long)id);
}

/* ---- for people ---- */

#define STATE_COLUMNS "id, kind, key, every_ms, due_ms, lease_owner, attempts, progress, total, note, created_ms"

static const char *state_name(int64_t due_ms, bool running, int attempts, int64_t now_ms)
{
    if (running) return "running";
    if (due_ms == TIME_NONE) return "off";
    if (due_ms <= now_ms) return "due";
    return attempts ? "retrying" : "waiting";
}

static struct job_state state_of(const struct db_rows *rows, struct arena *arena)
{
    struct job_state state = {
        .id = db_i64(rows, 0),
        .kind = arena_copy(arena, db_str(rows, 1)),
        .key = arena_copy(arena, db_str(rows, 2)),
        .every_ms = db_i64(rows, 3),
        .due_ms = whole_or_none(rows, 4),
        .attempts = (int)db_i64(rows, 6),
        .progress = db_i64(rows, 7),
        .total = db_i64(rows, 8),
        .note = arena_copy(arena, db_str(rows, 9)),
        .created_ms = db_i64(rows, 10),
    };
    state.state = state_name(state.due_ms, db_str(rows, 5).n > 0, state.attempts, time_now_ms());
    return state;
}

/* Of a query for one. */
static bool take_state(struct db_rows *rows, struct arena *arena, struct job_state *out, bool *found, struct err *err)
{
    struct job_state state = {0};

    *found = db_next(rows);
    if (*found) state = state_of(rows, arena);
    if (!db_end(rows, err)) return false;
    if (*found) *out = state;
    return true;
}

bool job_find(struct db *db, const char *kind, Str key, struct arena *arena, struct job_state *out, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " STATE_COLUMNS " FROM job WHERE kind = $1 AND key = $2",
                                   DB_ARGS(DB_TEXT(str_of(kind)), DB_TEXT(key)));
    bool found;

    if (!take_state(&rows, arena, out, &found, err)) return false;
    return found || err_set(err, ERR_NOT_FOUND, "there is no job \"%s\" of \"%.*s\"", kind, STR_ARG(key));
}

bool job_read(struct db *db, int64_t id, struct arena *arena, struct job_state *out, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " STATE_COLUMNS " FROM job WHERE id = $1", DB_ARGS(DB_I64(id)));
    bool found;

    return take_state(&rows, arena, out, &found, err) && (found || missing(id, err));
}

bool jobs_list(struct db *db, struct arena *arena, struct job_state *out, size_t max, size_t *n, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT " STATE_COLUMNS " FROM job ORDER BY id LIMIT $1", DB_ARGS(DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows)) out[found++] = state_of(&rows, arena);
    *n = found;
    return db_end(&rows, err);
}

bool job_runs_list(struct db *db, int64_t job_id, int64_t before, struct arena *arena, struct job_run *out, size_t max,
                   size_t *n, struct err *err)
{
    static const char *const OF_ONE =
        "SELECT r.id, r.job_id, j.kind, j.key, r.attempt, r.state, r.note, r.result, r.started_ms, r.ended_ms "
        "FROM job_run r JOIN job j ON j.id = r.job_id WHERE r.job_id = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3";
    static const char *const OF_ALL =
        "SELECT r.id, r.job_id, j.kind, j.key, r.attempt, r.state, r.note, r.result, r.started_ms, r.ended_ms "
        "FROM job_run r JOIN job j ON j.id = r.job_id WHERE r.id < $1 ORDER BY r.id DESC LIMIT $2";
    struct db_rows rows = job_id ? db_query(db, OF_ONE, DB_ARGS(DB_I64(job_id), DB_I64(before), DB_I64((int64_t)max)))
                                 : db_query(db, OF_ALL, DB_ARGS(DB_I64(before), DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows))
        out[found++] = (struct job_run){
            .id = db_i64(&rows, 0),
            .job_id = db_i64(&rows, 1),
            .kind = arena_copy(arena, db_str(&rows, 2)),
            .key = arena_copy(arena, db_str(&rows, 3)),
            .attempt = (int)db_i64(&rows, 4),
            .state = arena_copy(arena, db_str(&rows, 5)),
            .note = arena_copy(arena, db_str(&rows, 6)),
            .result = arena_copy(arena, db_str(&rows, 7)),
            .started_ms = db_i64(&rows, 8),
            .ended_ms = whole_or_none(&rows, 9),
        };
    *n = found;
    return db_end(&rows, err);
}
