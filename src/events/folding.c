#include "events/folding.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/time.h"

/* Rows that wait cost the next start about 2 us each; a fold writes all that there is. */
#define BUSY_ROWS 500000
#define BUSY_SHARE 8
#define QUIET_ROWS 20000
#define QUIET_SHARE 256

struct folding {
    char path[400];
    Str currency;
    void (*wake)(void *context);
    void *context;
    pthread_t thread;
    _Atomic bool runs; /* set by who holds the pipeline's `work`; read by its writer at any time */
    _Atomic bool finished;
    struct derived *derived;
    struct derived_cut *cut;
    uint64_t not_below; /* after a failure: rows that have to wait before it is tried again */
};

struct folding *folding_new(Str folder, Str currency, void (*wake)(void *context), void *context, struct err *err)
{
    struct folding *folding = mem_new(sizeof *folding);
    int n = snprintf(folding->path, sizeof folding->path, "%.*s/facts", STR_ARG(folder));

    folding->currency = currency;
    folding->wake = wake;
    folding->context = context;
    if (n < 0 || (size_t)n + sizeof "/base" > sizeof folding->path) {
        err_set(err, ERR_INVALID, "the path of the data folder is too long");
    } else if (mkdir(folding->path, 0700) != 0 && errno != EEXIST) {
        err_set(err, ERR_INTERNAL, "cannot make the folder %s: %s", folding->path, strerror(errno));
    } else {
        memcpy(folding->path + n, "/base", sizeof "/base");
        return folding;
    }
    free(folding);
    return NULL;
}

void folding_free(struct folding *folding)
{
    CHECK(!folding || !folding->runs);
    free(folding);
}

const char *folding_path(const struct folding *folding)
{
    return folding->path;
}

bool folding_due(const struct folding *folding, const struct derived *derived, enum folding_when when)
{
    uint64_t waiting = facts_unfolded(derived->facts), all = facts_events(derived->facts);

    if (waiting == 0 || folding->runs || waiting < folding->not_below) return false;
    switch (when) {
    case FOLDING_BUSY: return waiting > BUSY_ROWS && waiting > all / BUSY_SHARE;
    case FOLDING_QUIET: return waiting > QUIET_ROWS && waiting > all / QUIET_SHARE;
    case FOLDING_AT_END: break;
    }
    return waiting > all / QUIET_SHARE;
}

static void *write_main(void *context)
{
    struct folding *folding = context;
    int64_t started = time_monotonic_us();
    struct err err = {0};

    if (derived_cut_write(folding->cut, folding->path, &err)) {
        log_line(LOG_INFO, "fold.done", "ms=%lld", (long long)(time_monotonic_us() - started) / 1000);
        folding->not_below = 0;
    } else {
        log_line(LOG_ERROR, "fold.failed", "reason=\"%s\"", err.text);
    }
    atomic_store(&folding->finished, true);
    folding->wake(folding->context);
    return NULL;
}

void folding_begin(struct folding *folding, struct derived *derived, struct db *db, int64_t raw_id)
{
    struct err err;
    sigset_t all, before;

    CHECK(!folding->runs);
    folding->not_below = 2 * facts_unfolded(derived->facts); /* unless it is written */
    folding->cut = derived_cut(derived, db, raw_id, folding->currency, &err);
    if (!folding->cut) {
        log_line(LOG_ERROR, "fold.failed", "reason=\"%s\"", err.text);
        return;
    }
    folding->derived = derived;
    atomic_store(&folding->finished, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    folding->runs = pthread_create(&folding->thread, NULL, write_main, folding) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!folding->runs) derived_uncut(derived, folding->cut);
}

bool folding_runs(const struct folding *folding)
{
    return folding->runs;
}

bool folding_finished(const struct folding *folding)
{
    return atomic_load(&folding->finished);
}

void folding_end(struct folding *folding)
{
    if (!folding->runs) return;
    pthread_join(folding->thread, NULL);
    derived_uncut(folding->derived, folding->cut);
    folding->cut = NULL;
    folding->derived = NULL;
    folding->runs = false;
    atomic_store(&folding->finished, false);
}
