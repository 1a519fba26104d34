#include "measure/shards.h"

#include "base/parallel.h"

#define EVENTS_EACH 32768 /* fewer are not worth another thread */
#define ANSWERS_BYTES_MAX ((size_t)64 << 20)

void shards_open(struct shards *shards, const struct snapshot *snapshot, const struct arena *arena, size_t bytes_each)
{
    uint64_t n = snapshot->n_events / EVENTS_EACH + 1;
    size_t room = arena->ceiling - arena->used;

    if (n > SHARDS_MAX) n = SHARDS_MAX;
    while (n > 1 && bytes_each > ANSWERS_BYTES_MAX / n) n--;
    *shards = (struct shards){.n = (uint32_t)n};
    for (uint32_t i = 0; i < n; i++) {
        struct shard *shard = &shards->shard[i];
        shard->index = i;
        shard->from = (uint32_t)(snapshot->n_places * (uint64_t)i / n);
        shard->to = (uint32_t)(snapshot->n_places * ((uint64_t)i + 1) / n);
        arena_init(&shard->arena, room / n);
    }
}

void shards_close(struct shards *shards)
{
    for (uint32_t i = 0; i < shards->n; i++) arena_free(&shards->shard[i].arena);
}

struct run {
    struct shards *shards;
    shard_fn *scan;
    void *context;
};

static void run_shard(void *context, uint32_t part)
{
    const struct run *run = context;
    struct shard *shard = &run->shards->shard[part];

    shard->ok = run->scan(run->context, shard, &shard->err);
}

bool shards_run(struct shards *shards, shard_fn *scan, void *context, struct err *err)
{
    struct run run = {shards, scan, context};

    parallel_run(shards->n, run_shard, &run);
    for (uint32_t i = 0; i < shards->n; i++) {
        if (shards->shard[i].ok) continue;
        *err = shards->shard[i].err;
        return false;
    }
    return true;
}
