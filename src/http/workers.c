/* http/workers.c -- threads for handlers that take their time: questions.
 *
 * A question may take a core for a tenth of a second. On the threads that serve connections it would hold up the events
 * that come on the others of its thread; so it is put on a queue here, and its connection sleeps until it is answered.
 * The threads are a little less urgent than those that take events in: when there is too much to do, answers wait.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "http/http_int.h"

#define NICE 19

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct task *first, **last;
    bool stopping;
    int n;
    pthread_t thread[WORKERS_MAX];
};

static struct task *take(struct workers *workers)
{
    pthread_mutex_lock(&workers->mutex);
    while (!workers->first && !workers->stopping) pthread_cond_wait(&workers->filled, &workers->mutex);
    struct task *task = workers->first;
    if (task) workers->first = task->next;
    if (!workers->first) workers->last = &workers->first;
    pthread_mutex_unlock(&workers->mutex);
    return task;
}

static void *worker_main(void *context)
{
    struct task *task;

    (void)setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone, on Linux; without the right to, as the others */
    while ((task = take(context))) task->run(task);
    return NULL;
}

struct workers *workers_start(int n)
{
    struct workers *workers = mem_new(sizeof *workers);
    sigset_t all, before;

    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->filled, NULL);
    workers->last = &workers->first;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (workers->n < n && workers->n < WORKERS_MAX) {
        if (pthread_create(&workers->thread[workers->n], NULL, worker_main, workers) != 0) break;
        workers->n++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return workers;
}

bool workers_put(struct workers *workers, struct task *task)
{
    if (workers->n == 0) return false;
    pthread_mutex_lock(&workers->mutex);
    task->next = NULL;
    *workers->last = task;
    workers->last = &task->next;
    pthread_cond_signal(&workers->filled);
    pthread_mutex_unlock(&workers->mutex);
    return true;
}

void workers_stop(struct workers *workers)
{
    if (!workers) return;
    pthread_mutex_lock(&workers->mutex);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->filled);
    pthread_mutex_unlock(&workers->mutex);
    for (int i = 0; i < workers->n; i++) pthread_join(workers->thread[i], NULL);
    pthread_mutex_destroy(&workers->mutex);
    pthread_cond_destroy(&workers->filled);
    free(workers);
}
