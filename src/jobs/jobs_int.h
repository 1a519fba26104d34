/* jobs/jobs_int.h -- what the scheduler's files and its tests share. */
#ifndef JOBS_JOBS_INT_H
#define JOBS_JOBS_INT_H

#include "jobs/jobs.h"

#define OWNER_MAX 40
#define RUNS_KEPT 200

/* Tests go faster, and have a clock of their own. */
struct jobs_pace {
    int64_t lease_ms;               /* how long a lease may stand unchanged */
    int64_t tick_ms;                /* how often what is due is looked for and progress is written */
    int64_t retry_ms, retry_max_ms; /* after the first failure; doubled up to the second */
    int64_t (*now_ms)(void);
};
extern const struct jobs_pace JOBS_PACE;
struct jobs *jobs_open_at(struct store *store, const struct job_kind *kinds, size_t n, int threads,
                          const struct jobs_pace *pace, struct err *err);

enum job_cancelled { JOB_GOES_ON, JOB_CANCELLED, JOB_REMOVED };

/* A run under way. */
struct job_claim {
    int64_t id, run_id, began_ms, lease_ms; /* lease_ms: the row's lease_until_ms as we wrote it last */
    int attempt;
    char kind[JOB_TEXT_MAX + 1], key[JOB_TEXT_MAX + 1], ask[JOB_TEXT_MAX + 1];
};

struct job_progress {
    int64_t done, total;
    char note[JOB_TEXT_MAX + 1];
};

/* How a run ended, and what that means for when the job is due. */
enum job_end { JOB_DONE, JOB_FAILED, JOB_FAILED_FOR_GOOD, JOB_STOPPED };

/* ---- sql.c; those that change something: on the writer, each in a transaction of its own ---- */
struct job_lease {
    int64_t id, until_ms;
    char owner[OWNER_MAX];
};
/* Leases that others hold. */
bool sql_leases(struct db *db, Str owner, struct job_lease *out, size_t max, size_t *n, struct err *err) MUST_CHECK;
/* The run is lost, the job is due; nothing happens if the lease has changed meanwhile. */
bool sql_release(struct db *db, const struct job_lease *lease, int64_t now_ms, bool *released,
                 struct err *err) MUST_CHECK;
/* What is due, by time, of kinds that are known. */
bool sql_due(struct db *db, int64_t now_ms, const struct job_kind *kinds, size_t n_kinds, struct job_claim *out,
             size_t max, size_t *n, struct err *err) MUST_CHECK;
/* Take it; *won = false: somebody else did. Fills in run_id, attempt, began_ms, lease_ms. */
bool sql_claim(struct db *db, struct job_claim *claim, Str owner, int64_t now_ms, int64_t lease_ms, bool *won,
               struct err *err) MUST_CHECK;
/* *mine = false: the lease is another's now. */
bool sql_renew(struct db *db, struct job_claim *claim, const struct job_progress *progress, Str owner, int64_t until_ms,
               bool *mine, struct err *err) MUST_CHECK;
/* Which of ours are cancelled: the ids. */
bool sql_cancelled(struct db *db, Str owner, int64_t *ids, size_t max, size_t *n, struct err *err) MUST_CHECK;
struct job_outcome {
    enum job_end end;
    int64_t now_ms, retry_ms; /* retry_ms: when it is JOB_FAILED, how long until the next try; 0: none is left */
    Str note, result;
};
/* *state: what the run is called now; NULL: the lease was another's, nothing is written. */
bool sql_finish(struct db *db, const struct job_claim *claim, const struct job_progress *progress, Str owner,
                const struct job_outcome *outcome, const char **state, struct err *err) MUST_CHECK;
/* Where the clock was set back: nothing periodic is due later than a period from now. */
bool sql_clock_back(struct db *db, int64_t now_ms, int64_t retry_max_ms, bool *any, struct err *err) MUST_CHECK;
bool sql_clock_mend(struct db *db, int64_t now_ms, int64_t retry_max_ms, struct err *err) MUST_CHECK;

bool sql_add(struct db *db, const char *kind, Str key, int64_t every_ms, int64_t due_ms, int64_t now_ms,
             struct err *err) MUST_CHECK;
bool sql_stop(struct db *db, const char *kind, Str key, bool remove, int64_t *running_id, struct err *err) MUST_CHECK;
bool sql_now(struct db *db, int64_t id, Str ask, int64_t now_ms, struct err *err) MUST_CHECK;
bool sql_cancel(struct db *db, int64_t id, struct err *err) MUST_CHECK;

#endif
