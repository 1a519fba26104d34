/* measure/shards.h -- a snapshot cut into ranges of persons, for all cores.
 *
 * Is:    how many shards, where they lie, and an arena for each.
 * Owns:  the arenas, until shards_close.
 * Never: asks how many cores there are: the same history is cut alike everywhere, so sums come out alike.
 *
 *     struct shards shards;
 *     shards_open(&shards, snapshot, arena, bytes_each);
 *     bool ok = shards_run(&shards, scan, context, err);      scan(context, &shards.shard[i], err) for each
 *     ... add up, shard by shard ...
 *     shards_close(&shards);
 */
#ifndef MEASURE_SHARDS_H
#define MEASURE_SHARDS_H

#include "base/arena.h"
#include "base/err.h"
#include "events/facts.h"

#define SHARDS_MAX 16

struct shard {
    uint32_t index;
    uint32_t from, to;  /* places: from <= place < to */
    struct arena arena; /* its own scratch */
    struct err err;
    bool ok;
};

struct shards {
    uint32_t n;  /* 1 .. SHARDS_MAX */
    size_t room; /* for their arenas together */
    struct shard shard[SHARDS_MAX];
};

/* `bytes_each`: what every shard's answer takes; fewer shards are made when many would take too much, or half of what
 * `arena` has left. That much their arenas together may hold. */
void shards_open(struct shards *shards, const struct snapshot *snapshot, const struct arena *arena, size_t bytes_each);
void shards_close(struct shards *shards);

typedef bool shard_fn(void *context, struct shard *shard, struct err *err);
/* A shard that had too little room (LIMIT) is scanned again, alone, with all that the others leave: `scan` begins anew.
 * False, with the err of the first shard that failed, if one did. */
bool shards_run(struct shards *shards, shard_fn *scan, void *context, struct err *err) MUST_CHECK;

#endif
