#include "measure/shards.h"

#include "base/parallel.h"

#define EVENTS_EACH 32768 /* fewer are not worth another thread */
#define ANSWERS_BYTES_MAX ((size_t)64 << 20)

/* ---- where they lie: each weighs the same, a place being one and its rows, or those who hold most of the events would
 * be one shard that all others wait for ---- */

static uint64_t weight_of_base(const struct snapshot *snapshot, uint32_t place)
{
    return place ? snapshot->first[place] + place : 0;
}

/* The first place of the base, or its end, before which lies `weight`. */
static uint32_t base_place(const struct snapshot *snapshot, uint64_t weight)
{
    uint32_t low = 0, high = snapshot->n_base;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (weight_of_base(snapshot, middle) < weight) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint64_t weight_over(const struct snapshot *snapshot, uint32_t place)
{
    const struct rows *rows = &snapshot->over[place - snapshot->n_base];

    return 1 + rows->end - rows->begin;
}

static void cut(struct shards *shards, const struct snapshot *snapshot)
{
    uint32_t n_base = snapshot->n_base, place = 0;
    uint64_t base = weight_of_base(snapshot, n_base), all = base, weight = base; /* of the places before `place` */

    for (uint32_t i = n_base; i < snapshot->n_places; i++) all += weight_over(snapshot, i);
    for (uint32_t i = 0; i < shards->n; i++) {
        struct shard *shard = &shards->shard[i];
        uint64_t share = all * (i + 1) / shards->n;
        shard->from = place;
        place = share < base ? base_place(snapshot, share) : place < n_base ? n_base : place;
        while (share > base && weight < share) weight += weight_over(snapshot, place++);
        shard->to = place;
    }
}

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
        arena_init(&shard->arena, room / n);
    }
    cut(shards, snapshot);
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
