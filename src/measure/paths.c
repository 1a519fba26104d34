/* measure/paths.c -- see paths.h.
 *
 * Rows stand in the order in which they first came, their channels one after another in one array; an open-addressed
 * table of places finds a row by the keyed hash of its channels. Whoever counts conversions at the end of journeys
 * calls paths_add for each, with counts of 1; whoever has counts already adds them at once: the table is the same
 * (I3). It holds all that the order-k chains and the Shapley games need: they are sums over its rows.
 *
 * Invariants, which the tests hold us to:
 *   P1  no two rows have the same channels; sums over the rows are the totals
 *   P2  bytes <= ceiling, whatever is added; a paths_add that fails changes nothing that can be seen
 *   P3  the order of rows and all counts do not depend on the hash key
 */
#include "measure/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

#define ROWS_FIRST 64

struct path_row {
    uint64_t first; /* place in `channel` */
    uint32_t n;
    uint32_t tag; /* bits of the hash, so that most misses cost no look at the channels */
    int64_t conversions, nulls, value_minor;
};

void paths_init(struct paths *paths, size_t ceiling)
{
    *paths = (struct paths){.ceiling = ceiling};
}

void paths_reset(struct paths *paths)
{
    free(paths->row);
    free(paths->channel);
    free(paths->slot);
    paths_init(paths, paths->ceiling);
}

struct path paths_at(const struct paths *paths, uint32_t i)
{
    CHECK(i < paths->n);
    const struct path_row *row = &paths->row[i];
    return (struct path){
        .channel = row->n ? paths->channel + row->first : NULL,
        .n = row->n,
        .conversions = row->conversions,
        .nulls = row->nulls,
        .value_minor = row->value_minor,
    };
}

/* ---- room ---- */

/* Room for `need` things: at least twice what there was. NULL and err past the ceiling; the old array then stays. */
static void *grow(struct paths *paths, void *array, size_t size, size_t *capacity, size_t need, struct err *err)
{
    size_t more = *capacity ? 2 * *capacity : ROWS_FIRST;

    if (more < need) more = need;
    if (need > paths->ceiling / size || (more - *capacity) * size > paths->ceiling - paths->bytes) {
        err_set(err, ERR_LIMIT, "the table of paths needs more than its %zu bytes; it has %u distinct paths",
                paths->ceiling, paths->n);
        return NULL;
    }
    array = mem_grow(array, size, more);
    paths->bytes += (more - *capacity) * size;
    *capacity = more;
    return array;
}

static bool same_channels(const struct paths *paths, const struct path_row *row, const struct path *path)
{
    if (row->n != path->n) return false;
    return row->n == 0 || memcmp(paths->channel + row->first, path->channel, row->n * sizeof *path->channel) == 0;
}

/* The slot of these channels, or the free one where they belong. There is always a free one. */
static uint32_t *find_slot(const struct paths *paths, const struct path *path, struct hash128 hash)
{
    uint32_t tag = (uint32_t)(hash.a >> 32);

    for (size_t i = (uint32_t)hash.a;; i++) {
        uint32_t *slot = &paths->slot[i & (paths->n_slots - 1)];
        if (*slot == 0) return slot;
        const struct path_row *row = &paths->row[*slot - 1];
        if (row->tag == tag && same_channels(paths, row, path)) return slot;
    }
}

static struct hash128 hash_of(const struct path *path)
{
    Str bytes = {(const char *)path->channel, path->n * sizeof *path->channel};
    return hash_keyed(0, bytes);
}

static bool reserve_slots(struct paths *paths, struct err *err)
{
    size_t before = paths->n_slots;

    if ((size_t)(paths->n + 1) * 4 <= before * 3) return true;
    void *slot = grow(paths, paths->slot, sizeof *paths->slot, &paths->n_slots, before + 1, err);
    if (!slot) return false;
    paths->slot = slot;
    memset(paths->slot, 0, paths->n_slots * sizeof *paths->slot);
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        *find_slot(paths, &path, hash_of(&path)) = i + 1;
    }
    return true;
}

static bool reserve_row(struct paths *paths, uint32_t touches, struct err *err)
{
    void *array;

    if (paths->n == UINT32_MAX / 4) return err_set(err, ERR_LIMIT, "there are %u distinct paths already", paths->n);
    if (!reserve_slots(paths, err)) return false;
    if (paths->n + 1 > paths->row_capacity) {
        array = grow(paths, paths->row, sizeof *paths->row, &paths->row_capacity, (size_t)paths->n + 1, err);
        if (!array) return false;
        paths->row = array;
    }
    if (paths->n_touches + touches > paths->channel_capacity) {
        array = grow(paths, paths->channel, sizeof *paths->channel, &paths->channel_capacity,
                     (size_t)paths->n_touches + touches, err);
        if (!array) return false;
        paths->channel = array;
    }
    return true;
}

/* ---- adding ---- */

static uint64_t magnitude_of(int64_t amount)
{
    return amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
}

static bool counts_check(const struct paths *paths, const struct path *path, struct err *err)
{
    int64_t room = PATHS_TOTAL_MAX - paths->conversions - paths->nulls;

    if (path->conversions < 0) {
        return err_set(err, ERR_INVALID, "a path cannot have %lld conversions", (long long)path->conversions);
    }
    if (path->nulls < 0) return err_set(err, ERR_INVALID, "a path cannot have %lld nulls", (long long)path->nulls);
    if (path->conversions == 0 && path->value_minor != 0) {
        return err_set(err, ERR_INVALID, "a path without conversions cannot have a value");
    }
    if (path->conversions > room || path->nulls > room - path->conversions) {
        return err_set(err, ERR_LIMIT, "there are more than 2^53 journeys");
    }
    if (magnitude_of(path->value_minor) > (uint64_t)PATHS_TOTAL_MAX - paths->magnitude) {
        return err_set(err, ERR_LIMIT, "the value is more than 2^53 minor units");
    }
    for (uint32_t i = 0; i < path->n; i++) {
        if (path->channel[i] >= PATHS_CHANNELS_MAX) {
            return err_set(err, ERR_LIMIT, "there are more than %u channels", PATHS_CHANNELS_MAX);
        }
    }
    return true;
}

/* The place of these channels' row, made if there is none; paths->n when there is no room for it. */
static uint32_t row_of(struct paths *paths, const struct path *path, struct err *err)
{
    struct hash128 hash = hash_of(path);
    uint32_t *slot = paths->n_slots ? find_slot(paths, path, hash) : NULL;

    if (slot && *slot) return *slot - 1;
    if (!reserve_row(paths, path->n, err)) return paths->n;
    struct path_row *row = &paths->row[paths->n];
    *row = (struct path_row){.first = paths->n_touches, .n = path->n, .tag = (uint32_t)(hash.a >> 32)};
    if (path->n) memcpy(paths->channel + paths->n_touches, path->channel, path->n * sizeof *path->channel);
    paths->n_touches += path->n;
    if (path->n > paths->longest) paths->longest = path->n;
    *find_slot(paths, path, hash) = ++paths->n;
    return paths->n - 1;
}

bool paths_add(struct paths *paths, const struct path *path, struct err *err)
{
    if (!counts_check(paths, path, err)) return false;
    if (path->conversions > 0 || path->nulls > 0) {
        uint32_t place = row_of(paths, path, err);
        if (place == paths->n) return false;
        struct path_row *row = &paths->row[place];
        row->conversions += path->conversions;
        row->nulls += path->nulls;
        row->value_minor += path->value_minor;
    }
    paths->conversions += path->conversions;
    paths->nulls += path->nulls;
    paths->value_minor += path->value_minor;
    paths->magnitude += magnitude_of(path->value_minor);
    for (uint32_t i = 0; i < path->n; i++) {
        if (path->channel[i] >= paths->n_channels) paths->n_channels = path->channel[i] + 1;
    }
    return true;
}
