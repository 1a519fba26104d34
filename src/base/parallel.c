/* Callers put a job on a list, on their own stack. One job is worked on at a time, the first of the list, by its caller
 * and by all threads of the pool, which together are as many as there are cores. Two at a time would each take as long
 * as both together; and with more threads than cores a part may lie with a thread that does not run, and a whole job
 * wait for it. The list is in the order of turns: a question that cuts work several times need not queue up again
 * behind those that came after it. What a part cuts again is of its job's turn and goes before it, since the job waits
 * for it.
 *
 * A job leaves the list when its last part is taken and is done when the last part is finished; the caller waits for
 * that, so the job may lie on its stack. One mutex guards it all: a part is thousands of rows, taking one is nothing
 * beside it. */
#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"

#define HELPERS_MAX 63

struct job {
    parallel_fn *work;
    void *context;
    uint32_t n, next, finished; /* parts: all, taken, done */
    uint64_t turn;
    struct job *after;
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    struct job *jobs; /* those with parts left, by turn */
    int helpers, limit;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

static _Thread_local uint64_t turn; /* of what this thread is doing; 0: of none, it goes before all */

/* Take a part of the first job, do it, and say so. With the mutex held, which is let go meanwhile. */
static void do_part(void)
{
    struct job *job = pool.jobs;
    uint32_t part = job->next++;
    uint64_t before = turn;

    if (job->next == job->n) {
        pool.jobs = job->after;
        pthread_cond_broadcast(&pool.work); /* the next one's caller waits for its turn */
    }
    pthread_mutex_unlock(&pool.mutex);
    turn = job->turn;
    job->work(job->context, part);
    turn = before;
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
        do_part();
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

void parallel_turn(void)
{
    static _Atomic uint64_t last;
    turn = atomic_fetch_add(&last, 1) + 1;
}

void parallel_run(uint32_t n, parallel_fn *work, void *context)
{
    struct job job = {.work = work, .context = context, .n = n, .turn = turn};
    struct job **at = &pool.jobs;

    if (n == 0) return;
    pthread_mutex_lock(&pool.mutex);
    if (n > 1) start_helpers();
    while (*at && (*at)->turn < turn) at = &(*at)->after;
    job.after = *at;
    *at = &job;
    pthread_cond_broadcast(&pool.work);
    while (job.next < job.n) {
        if (pool.jobs == &job) {
            do_part();
        } else {
            pthread_cond_wait(&pool.work, &pool.mutex);
        }
    }
    while (job.finished < job.n) pthread_cond_wait(&pool.done, &pool.mutex);
    pthread_mutex_unlock(&pool.mutex);
}
