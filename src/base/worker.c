#include "base/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

struct worker {
    worker_fn *run;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    bool work; /* something may wait */
    _Atomic bool stopping;
};

static void *worker_main(void *argument)
{
    struct worker *worker = argument;

    while (!worker_stopping(worker)) {
        bool did = worker->run(worker->context, worker);
        pthread_mutex_lock(&worker->mutex);
        while (!did && !worker->work && !worker_stopping(worker)) pthread_cond_wait(&worker->woken, &worker->mutex);
        worker->work = false;
        pthread_mutex_unlock(&worker->mutex);
    }
    return NULL;
}

struct worker *worker_start(worker_fn *run, void *context)
{
    struct worker *worker = mem_new(sizeof *worker);

    worker->run = run;
    worker->context = context;
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->woken, NULL);
    CHECK(pthread_create(&worker->thread, NULL, worker_main, worker) == 0);
    return worker;
}

void worker_wake(struct worker *worker)
{
    pthread_mutex_lock(&worker->mutex);
    worker->work = true;
    pthread_cond_signal(&worker->woken);
    pthread_mutex_unlock(&worker->mutex);
}

bool worker_stopping(const struct worker *worker)
{
    return atomic_load(&worker->stopping);
}

void worker_pause(const struct worker *worker, int milliseconds)
{
    for (int ms = 0; ms < milliseconds && !worker_stopping(worker); ms += 20) usleep(20000);
}

void worker_stop(struct worker *worker)
{
    if (!worker) return;
    pthread_mutex_lock(&worker->mutex);
    atomic_store(&worker->stopping, true);
    pthread_cond_signal(&worker->woken);
    pthread_mutex_unlock(&worker->mutex);
    pthread_join(worker->thread, NULL);
    pthread_mutex_destroy(&worker->mutex);
    pthread_cond_destroy(&worker->woken);
    free(worker);
}
