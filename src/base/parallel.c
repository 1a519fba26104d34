/* Callers put a job on a list, on their own stack, and take parts of it themselves; idle threads of the pool help with
 * the oldest job that has parts left. A job leaves the list when its last part is taken and is done when the last
 * part is finished; the caller waits for that, so the job may lie on its stack. One mutex guards it all: a part is
 * thousands of rows, taking one is nothing beside it. */
#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"

#define HELPERS_MAX 63

struct job {
    parallel_fn *work;
    void *context;
    uint32_t n, next, finished; /* parts: all, taken, done */
    struct job *after;
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    struct job *jobs; /* those with parts left, the oldest first */
    int helpers, limit;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

static void unlink_job(struct job *job)
{
    struct job **at = &pool.jobs;

    while (*at != job) at = &(*at)->after;
    *at = job->after;
}

/* Take the next part of a job, do it, and say so. With the mutex held, which is let go meanwhile. */
static void do_part(struct job *job)
{
    uint32_t part = job->next++;

    if (job->next == job->n) unlink_job(job);
    pthread_mutex_unlock(&pool.mutex);
    job->work(job->context, part);
    pthread_mutex_lock(&pool.mutex);
    if (++job->finished == job->n) pthread_cond_broadcast(&pool.done);
}

#define NICE 19 /* help goes to questions, which may wait for what comes in */

static void *helper_main(void *unused)
{
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone, on Linux */
    pthread_mutex_lock(&pool.mutex);
    for (;;) {
        while (!pool.jobs) pthread_cond_wait(&pool.work, &pool.mutex);
        do_part(pool.jobs);
    }
    return unused;
}

/* With the mutex held. A thread that cannot be had is done without. */
static void start_helpers(void)
{
    long cores = pool.limit ? pool.limit : sysconf(_SC_NPROCESSORS_ONLN);
    sigset_t all, before;

    if (pool.helpers >= cores - 1) return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.helpers < cores - 1 && pool.helpers < HELPERS_MAX) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, helper_main, NULL) != 0) break;
        pthread_detach(thread);
        pool.helpers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void parallel_limit(int threads)
{
    CHECK(threads >= 0);
    pthread_mutex_lock(&pool.mutex);
    pool.limit = threads;
    pthread_mutex_unlock(&pool.mutex);
}

void parallel_run(uint32_t n, parallel_fn *work, void *context)
{
    struct job job = {.work = work, .context = context, .n = n};
    struct job **end = &pool.jobs;

    if (n == 0) return;
    pthread_mutex_lock(&pool.mutex);
    if (n > 1) start_helpers();
    while (*end) end = &(*end)->after;
    *end = &job;
    if (n > 1) pthread_cond_broadcast(&pool.work);
    while (job.next < job.n) do_part(&job);
    while (job.finished < job.n) pthread_cond_wait(&pool.done, &pool.mutex);
    pthread_mutex_unlock(&pool.mutex);
}
