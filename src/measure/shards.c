#include "measure/shards.h"

#include "base/parallel.h"

#define EVENTS_EACH 32768 /* fewer are not worth another thread */
#define ANSWERS_BYTES_MAX ((size_t)64 << 20)

void shards_open(struct shards *shards, const struct snapshot *snapshot, const struct arena *arena, size_t bytes_each)
{
    uint64_t n = snapshot->n_events / EVENTS_EACH + 1;
    size_t room = arena->ceiling - arena->used, answers = room / 2;

    if (answers > ANSWERS_BYTES_MAX) answers = ANSWERS_BYTES_MAX;
    if (n > SHARDS_MAX) n = SHARDS_MAX;
    while (n > 1 && bytes_each > answers / n) n--;
    *shards = (struct shards){.n = (uint32_t)n, .room = room};
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

/* With all that the others leave. */
static void run_again(struct run *run, uint32_t part)
{
    struct shards *shards = run->shards;
    size_t room = shards->room;

    for (uint32_t i = 0; i < shards->n; i++) room -= shards->shard[i].arena.used;
    arena_init(&shards->shard[part].arena, room);
    run_shard(run, part);
}

bool shards_run(struct shards *shards, shard_fn *scan, void *context, struct err *err)
{
    struct run run = {shards, scan, context};

    parallel_run(shards->n, run_shard, &run);
    for (uint32_t i = 0; i < shards->n; i++)
        if (!shards->shard[i].ok) arena_free(&shards->shard[i].arena);
    for (uint32_t i = 0; i < shards->n; i++) {
        struct shard *shard = &shards->shard[i];
        if (!shard->ok && shard->err.code == ERR_LIMIT && shards->n > 1) run_again(&run, i);
        if (shard->ok) continue;
        *err = shard->err;
        return false;
    }
    return true;
}
