/* events/pipeline_int.h -- the pipeline's own state; shared by pipeline.c and pipeline_change.c. */
#ifndef EVENTS_PIPELINE_INT_H
#define EVENTS_PIPELINE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "events/derived.h"
#include "events/folding.h"
#include "events/pipeline.h"

struct pipeline {
    struct store *store;
    struct reading reading; /* its rules are the pipeline's own */
    pthread_t thread;
    bool thread_runs;

    pthread_mutex_t queue;
    pthread_cond_t filled;
    struct delivery *head, **tail;
    size_t queue_bytes;
    uint64_t queued;
    bool stopping;

    pthread_mutex_t rebuilding; /* what is read while a rebuild goes on beside the writer: rules */
    pthread_mutex_t work;
    struct rules *rules;
    struct folding *folding;
    _Atomic bool fold_wanted; /* however little there is to fold */
    _Atomic int64_t last_raw_id;

    pthread_mutex_t swap;
    struct derived *derived;

    struct live *live;
    _Atomic bool failed;
    _Atomic uint64_t repeated;
};

/* With `work` held: let readers have it. */
void pipeline_use(struct pipeline *pipeline, struct derived *derived);
/* With `work` held: build from the raw log. On failure everything is as before. */
bool pipeline_rebuild(struct pipeline *pipeline, struct db *db, struct err *err) MUST_CHECK;
void pipeline_wake(struct pipeline *pipeline); /* the writer has something to look at */

#endif
