/* measure/paths.c -- see paths.h.
 *
 * Rows stand in the order in which they first came, their channels one after another in one array; an open-addressed
 * table of places finds a row by the hash of its channels. Whoever counts conversions at the end of journeys
 * calls paths_add for each, with counts of 1; whoever has counts already adds them at once: the table is the same
 * (I3). It holds all that the order-k chains and the Shapley games need: they are sums over its rows.
 *
 * The hash: three channels of 20 bits make a number below p = 2^61 - 1, the numbers are the coefficients of a
 * polynomial, and the hash is its value modulo p at a point that is random in each process. Two polynomials of degree
 * d agree at d points at most, so whoever chooses the paths without knowing the point makes two of them collide with
 * a chance of d / 2^61 (Carter and Wegman 1979); and it costs one multiplication for three touches. A slot holds the
 * upper half of the mixed hash beside the place, so growing and nearly all misses never look at a row.
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
#define PRIME ((UINT64_C(1) << 61) - 1)
#define AHEAD 16 /* rows whose slots are called for before they are needed */

struct path_row {
    uint64_t first; /* place in `channel` */
    uint32_t n;
    uint32_t hash;
    int64_t conversions, nulls, value_minor;
};

void paths_init(struct paths *paths, size_t ceiling)
{
    *paths = (struct paths){.ceiling = ceiling, .point = hash_keyed(0, STR("paths")).a % PRIME};
}

void paths_reset(struct paths *paths)
{
    free(paths->row);
    free(paths->channel);
    free(paths->slot);
    if (paths->room) atomic_fetch_add(paths->room, paths->bytes);
    *paths = (struct paths){.ceiling = paths->ceiling, .room = paths->room, .point = paths->point};
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

static bool take_room(const struct paths *paths, size_t bytes)
{
    if (bytes > paths->ceiling - paths->bytes) return false;
    if (!paths->room) return true;
    size_t left = atomic_load(paths->room);
    while (left >= bytes)
        if (atomic_compare_exchange_weak(paths->room, &left, left - bytes)) return true;
    return false;
}

/* Room for `need` things: at least twice what there was. NULL and err past the ceiling; the old array then stays. */
static void *grow(struct paths *paths, void *array, size_t size, size_t *capacity, size_t need, struct err *err)
{
    size_t more = *capacity ? 2 * *capacity : ROWS_FIRST;

    if (more < need) more = need;
    if (need > paths->ceiling / size || !take_room(paths, (more - *capacity) * size)) {
        err_set(err, ERR_LIMIT, "the different paths take more than %zu bytes: ask for a shorter time or fewer touches",
                paths->ceiling);
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

/* ---- the hash ---- */

#define CHANNEL_BITS 20
__extension__ typedef unsigned __int128 Wide;

static uint64_t times(uint64_t a, uint64_t b)
{
    Wide product = (Wide)a * b; /* both below 2^61: the sum below is below 2^62 */
    uint64_t sum = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);
    return sum >= PRIME ? sum - PRIME : sum;
}

static uint64_t times_plus(uint64_t hash, uint64_t point, uint64_t coefficient)
{
    uint64_t sum = times(hash, point) + coefficient;
    return sum >= PRIME ? sum - PRIME : sum;
}

/* The upper half of the mixed value: it says where a path belongs, and nearly always whether it is the same one. */
static uint32_t hash_of(const struct paths *paths, const uint32_t *channel, uint32_t n)
{
    uint64_t hash = n;
    uint32_t i = 0;

    for (; i + 3 <= n; i += 3) {
        uint64_t three = channel[i] | (uint64_t)channel[i + 1] << CHANNEL_BITS;
        hash = times_plus(hash, paths->point, three | (uint64_t)channel[i + 2] << (2 * CHANNEL_BITS));
    }
    for (uint64_t rest = 0; i < n; i++) {
        rest = rest << CHANNEL_BITS | channel[i];
        if (i + 1 == n) hash = times_plus(hash, paths->point, rest);
    }
    hash = times(hash, paths->point);
    hash = (hash ^ hash >> 32) * UINT64_C(0x9E3779B97F4A7C15); /* any odd number: the upper bits see the lower ones */
    return (uint32_t)((hash ^ hash >> 29) >> 32);
}

/* ---- slots: hash << 32 | place + 1; 0: free ---- */

/* Where the search for a hash begins: the table is in the order of hashes, so it grows from one end to the other. */
static size_t slot_first(const struct paths *paths, uint32_t hash)
{
    return (size_t)((uint64_t)hash * paths->n_slots >> 32);
}

/* The slot of these channels, or the free one where they belong. There is always a free one. */
static uint64_t *find_slot(const struct paths *paths, const struct path *path, uint32_t hash)
{
    for (size_t i = slot_first(paths, hash);; i++) {
        uint64_t *slot = &paths->slot[i & (paths->n_slots - 1)];
        if (*slot == 0) return slot;
        if (*slot >> 32 == hash && same_channels(paths, &paths->row[(uint32_t)*slot - 1], path)) return slot;
    }
}

static uint64_t *free_slot(const struct paths *paths, uint32_t hash)
{
    size_t i = slot_first(paths, hash);

    while (paths->slot[i & (paths->n_slots - 1)] != 0) i++;
    return &paths->slot[i & (paths->n_slots - 1)];
}

static bool reserve_slots(struct paths *paths, struct err *err)
{
    size_t before = paths->n_slots;

    if ((size_t)(paths->n + 1) * 4 <= before * 3) return true;
    void *slot = grow(paths, paths->slot, sizeof *paths->slot, &paths->n_slots, before + 1, err);
    if (!slot) return false;
    paths->slot = slot;
    memset(paths->slot, 0, paths->n_slots * sizeof *paths->slot);
    for (uint32_t i = 0; i < paths->n; i++)
        *free_slot(paths, paths->row[i].hash) = (uint64_t)paths->row[i].hash << 32 | (i + 1);
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
    return true;
}

/* The place of these channels' row, made if there is none; paths->n when there is no room for it. */
static uint32_t row_of(struct paths *paths, const struct path *path, uint32_t hash, struct err *err)
{
    uint64_t *slot = paths->n_slots ? find_slot(paths, path, hash) : NULL;

    if (slot && *slot) return (uint32_t)*slot - 1;
    size_t slots_before = paths->n_slots;
    if (!reserve_row(paths, path->n, err)) return paths->n;
    struct path_row *row = &paths->row[paths->n];
    *row = (struct path_row){.first = paths->n_touches, .n = path->n, .hash = hash};
    if (path->n) memcpy(paths->channel + paths->n_touches, path->channel, path->n * sizeof *path->channel);
    paths->n_touches += path->n;
    if (path->n > paths->longest) paths->longest = path->n;
    if (!slot || paths->n_slots != slots_before) slot = free_slot(paths, hash);
    *slot = (uint64_t)hash << 32 | ++paths->n;
    return paths->n - 1;
}

static bool add_hashed(struct paths *paths, const struct path *path, uint32_t hash, struct err *err)
{
    if (!counts_check(paths, path, err)) return false;
    if (path->conversions > 0 || path->nulls > 0) {
        uint32_t place = row_of(paths, path, hash, err);
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
    return true;
}

bool paths_add(struct paths *paths, const struct path *path, struct err *err)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < path->n; i++)
        if (path->channel[i] > most) most = path->channel[i];
    if (most >= PATHS_CHANNELS_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %u channels", PATHS_CHANNELS_MAX);
    if (!add_hashed(paths, path, hash_of(paths, path->channel, path->n), err)) return false;
    if (path->n > 0 && most >= paths->n_channels) paths->n_channels = most + 1;
    return true;
}

bool paths_add_all(struct paths *paths, const struct paths *other, struct err *err)
{
    CHECK(paths->point == other->point);
    for (uint32_t i = 0; i < other->n; i++) {
        if (i + AHEAD < other->n && paths->n_slots > 0)
            __builtin_prefetch(&paths->slot[slot_first(paths, other->row[i + AHEAD].hash)], 1);
        struct path path = paths_at(other, i);
        if (!add_hashed(paths, &path, other->row[i].hash, err)) return false;
    }
    if (other->n_channels > paths->n_channels) paths->n_channels = other->n_channels;
    return true;
}
