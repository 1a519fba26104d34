#include "events/seen.h"

#include <stdlib.h>

#include "base/arena.h"

#define FIRST_SLOTS ((size_t)1024)

/* A key's home is its share of the slots, by its upper half: tables of any size hold keys in nearly the same order, so
 * copying one into another runs through both from end to end. */
static size_t home_of(struct hash128 key, uint64_t n_slots)
{
    __extension__ typedef unsigned __int128 wide;
    return (size_t)((wide)key.a * n_slots >> 64);
}

static bool is_free(struct hash128 key)
{
    return key.a == 0 && key.b == 0;
}

/* {0, 0} marks a free slot; a key that is just that (one in 2^128) is moved aside. */
static struct hash128 proper(struct hash128 key)
{
    if (is_free(key)) key.b = 1;
    return key;
}

/* Where the key stands, or the free slot where it would; there is one. */
static size_t slot_of(const struct hash128 *slots, uint64_t n_slots, struct hash128 key)
{
    size_t i = home_of(key, n_slots);
    while (!is_free(slots[i]) && (slots[i].a != key.a || slots[i].b != key.b)) i = i + 1 < n_slots ? i + 1 : 0;
    return i;
}

static void table_init(struct seen_table *table, size_t n_slots)
{
    *table = (struct seen_table){.slots = mem_new(n_slots * sizeof *table->slots), .n_slots = n_slots};
}

static void table_free(struct seen_table *table)
{
    free(table->slots);
    *table = (struct seen_table){0};
}

static void table_put_all(struct seen_table *table, const struct hash128 *slots, uint64_t n_slots)
{
    for (uint64_t i = 0; i < n_slots; i++) {
        if (is_free(slots[i])) continue;
        size_t at = slot_of(table->slots, table->n_slots, slots[i]);
        table->n += is_free(table->slots[at]);
        table->slots[at] = slots[i];
    }
}

static bool holds(const struct hash128 *slots, uint64_t n_slots, struct hash128 key)
{
    return n_slots && !is_free(slots[slot_of(slots, n_slots, key)]);
}

void seen_init(struct seen *seen)
{
    *seen = (struct seen){0};
    table_init(&seen->now, FIRST_SLOTS);
}

void seen_reset(struct seen *seen)
{
    table_free(&seen->now);
    table_free(&seen->cut);
    *seen = (struct seen){0};
}

static void grow(struct seen_table *table)
{
    struct seen_table larger;

    table_init(&larger, table->n_slots * 2);
    table_put_all(&larger, table->slots, table->n_slots);
    table_free(table);
    *table = larger;
}

bool seen_add(struct seen *seen, struct hash128 key)
{
    struct seen_table *now = &seen->now;

    key = proper(key);
    size_t i = slot_of(now->slots, now->n_slots, key);
    if (!is_free(now->slots[i]) || holds(seen->cut.slots, seen->cut.n_slots, key) ||
        holds(seen->old, seen->n_old_slots, key))
        return false;
    now->slots[i] = key;
    if (++now->n * 4 > now->n_slots * 3) grow(now);
    return true;
}

void seen_remove(struct seen *seen, struct hash128 key)
{
    struct seen_table *now = &seen->now;
    size_t n = now->n_slots, hole = slot_of(now->slots, n, proper(key));

    if (is_free(now->slots[hole])) return;
    now->slots[hole] = (struct hash128){0};
    now->n--;
    /* pull back what only stands behind the hole because it was taken (Knuth 6.4, algorithm R) */
    for (size_t i = (hole + 1) % n; !is_free(now->slots[i]); i = (i + 1) % n) {
        size_t home = home_of(now->slots[i], n);
        if ((i + n - home) % n < (i + n - hole) % n) continue;
        now->slots[hole] = now->slots[i];
        now->slots[i] = (struct hash128){0};
        hole = i;
    }
}

void seen_cut(struct seen *seen)
{
    CHECK(!seen->cut.slots);
    seen->cut = seen->now;
    table_init(&seen->now, FIRST_SLOTS);
}

void seen_uncut(struct seen *seen)
{
    struct seen_table since = seen->now;

    seen->now = seen->cut;
    seen->cut = (struct seen_table){0};
    for (size_t i = 0; i < since.n_slots; i++)
        if (!is_free(since.slots[i])) (void)seen_add(seen, since.slots[i]);
    table_free(&since);
}

void seen_cut_write(const struct seen *seen, struct bundle_writer *out)
{
    struct seen_table all;
    uint64_t n = seen->cut.n;

    for (uint64_t i = 0; i < seen->n_old_slots; i++) n += !is_free(seen->old[i]);
    table_init(&all, (size_t)(n + n / 3 + 1));
    table_put_all(&all, seen->old, seen->n_old_slots);
    table_put_all(&all, seen->cut.slots, seen->cut.n_slots);
    bundle_begin(out, "seen");
    bundle_put(out, all.slots, all.n_slots * sizeof *all.slots);
    table_free(&all);
}

bool seen_install(struct seen *seen, const struct bundle *bundle, struct err *err)
{
    const void *slots;
    uint64_t n_slots;

    if (!bundle_array(bundle, "seen", sizeof *seen->old, &slots, &n_slots, err)) return false;
    seen->old = slots;
    seen->n_old_slots = n_slots;
    table_free(&seen->cut);
    return true;
}
