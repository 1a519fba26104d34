/* jobs/jobs.h -- work that is done later, or again and again, once, whoever else runs.
 *
 * Is:    a table of what is to be done and when, leases on it, and threads that do it; a history of what came of it.
 * Owns:  the tables job and job_run.
 * Never: knows what the work is: a kind is a name and a function; runs one job twice at a time, whatever servers share
 *        the store.
 *
 * A job is (kind, key): "pull" of connection "7". It is due at a time, or not at all; one with a period becomes due
 * again a period after it began; after a run that took longer, at the first whole period from its beginning that is to
 * come. Who runs it holds a lease and renews it as long as the process lives; when the lease stops changing (the
 * process was killed) the run is `lost` and the job due at once for anybody. A run that fails is tried again after 5 s,
 * 10 s, 20 s … up to 10 minutes, `attempts_max` times in all; then it waits for its next period, or for jobs_now.
 */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

#define JOB_TEXT_MAX 200 /* bytes of a key, of a note */

struct jobs;
struct job; /* one run, to the function that does it */

/* Do the work. True: done. False and err: failed; with ERR_INVALID or ERR_FORBIDDEN it is off until jobs_now or
 * jobs_add: somebody has to do something first. */
typedef bool job_fn(void *context, struct job *job, struct err *err);

struct job_kind {
    const char *name;
    job_fn *run;
    void *context;
    int attempts_max;
};

Str job_key(const struct job *job);
Str job_ask(const struct job *job);     /* of jobs_ask; empty: the usual */
int job_attempt(const struct job *job); /* 1 for the first */
/* How far it is, for people; total 0: not known; note NULL: as before. The last note of a run that is done is what is
 * said of it. Cheap to call often: the store is written to at most twice a second. False: stop, somebody cancelled it,
 * or the program ends; the function then returns false too, whatever err it has. */
bool job_progress(struct job *job, int64_t done, int64_t total, const char *note) MUST_CHECK;
struct buf *job_result(struct job *job); /* a JSON object that is kept with the run; empty: none */

/* Kinds are fixed for the life of `jobs`. `threads` run at once. Starts when jobs_start is called. */
struct jobs *jobs_open(struct store *store, const struct job_kind *kinds, size_t n, int threads, struct err *err);
bool jobs_start(struct jobs *jobs, struct err *err) MUST_CHECK;
void jobs_close(struct jobs *jobs); /* asks what runs to stop and waits; what was not done is due at the next start */

/* Make it if there is none, set its period (0: none) and when it is due next (0: now; INT64_MAX: not; one with a
 * period: not later than that from now). One that is there keeps an earlier due time. */
bool jobs_add(struct jobs *jobs, const char *kind, Str key, int64_t every_ms, int64_t due_ms,
              struct err *err) MUST_CHECK;
bool jobs_off(struct jobs *jobs, const char *kind, Str key,
              struct err *err) MUST_CHECK; /* until jobs_add; cancels it */
bool jobs_remove(struct jobs *jobs, const char *kind, Str key,
                 struct err *err) MUST_CHECK; /* with its runs; likewise */
/* Due at once; one that runs, once more after that. NOT_FOUND. jobs_ask: with words to the function, kept until a run
 * is through with them. */
bool jobs_now(struct jobs *jobs, int64_t id, struct err *err) MUST_CHECK;
bool jobs_ask(struct jobs *jobs, int64_t id, Str ask, struct err *err) MUST_CHECK;
bool jobs_cancel(struct jobs *jobs, int64_t id, struct err *err) MUST_CHECK; /* CONFLICT: it does not run */

/* ---- for people ---- */
struct job_state {
    int64_t id, every_ms, due_ms, progress, total, created_ms; /* TIME_NONE where there is none */
    Str kind, key, note; /* progress, total and note: of the run that is, or was last */
    const char *state;   /* running, waiting (due later), due, off (not by itself); retrying: waiting after a failure */
    int attempts;
};
struct job_run {
    int64_t id, job_id, started_ms, ended_ms;
    int attempt;
    Str kind, key, state, note, result; /* state: running, done, failed, cancelled, lost */
};

bool job_find(struct db *db, const char *kind, Str key, struct arena *arena, struct job_state *out,
              struct err *err) MUST_CHECK; /* NOT_FOUND */
bool job_read(struct db *db, int64_t id, struct arena *arena, struct job_state *out, struct err *err) MUST_CHECK;
bool jobs_list(struct db *db, struct arena *arena, struct job_state *out, size_t max, size_t *n,
               struct err *err) MUST_CHECK;
/* The newest first, with an id below `before`; of one job, or of all (0). */
bool job_runs_list(struct db *db, int64_t job_id, int64_t before, struct arena *arena, struct job_run *out, size_t max,
                   size_t *n, struct err *err) MUST_CHECK;

/* As the schemas Job and JobRun of features/jobs have them. */
struct json_out;
void job_put(struct json_out *out, const struct job_state *job);
void job_run_put(struct json_out *out, const struct job_run *run);

#endif
