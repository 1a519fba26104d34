#include "events/seen.h"

#include <stdlib.h>

#include "base/arena.h"

#define FIRST_SLOTS ((size_t)1024)

void seen_init(struct seen *seen)
{
    *seen = (struct seen){.slots = mem_new(FIRST_SLOTS * sizeof *seen->slots), .mask = FIRST_SLOTS - 1};
}

void seen_reset(struct seen *seen)
{
    free(seen->slots);
    *seen = (struct seen){0};
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

/* Where the key stands, or the free slot where it would. */
static size_t slot_of(const struct seen *seen, struct hash128 key)
{
    size_t i = (size_t)key.a & seen->mask;
    while (!is_free(seen->slots[i]) && (seen->slots[i].a != key.a || seen->slots[i].b != key.b))
        i = (i + 1) & seen->mask;
    return i;
}

static void grow(struct seen *seen)
{
    struct seen larger = {.mask = seen->mask * 2 + 1, .n = seen->n};

    larger.slots = mem_new((larger.mask + 1) * sizeof *larger.slots);
    for (size_t i = 0; i <= seen->mask; i++)
        if (!is_free(seen->slots[i])) larger.slots[slot_of(&larger, seen->slots[i])] = seen->slots[i];
    free(seen->slots);
    *seen = larger;
}

bool seen_add(struct seen *seen, struct hash128 key)
{
    key = proper(key);
    size_t i = slot_of(seen, key);
    if (!is_free(seen->slots[i])) return false;
    seen->slots[i] = key;
    if (++seen->n * 4 > (seen->mask + 1) * 3) grow(seen);
    return true;
}

void seen_remove(struct seen *seen, struct hash128 key)
{
    size_t hole = slot_of(seen, proper(key));

    if (is_free(seen->slots[hole])) return;
    seen->slots[hole] = (struct hash128){0};
    seen->n--;
    /* pull back what only stands behind the hole because it was taken (Knuth 6.4, algorithm R) */
    for (size_t i = (hole + 1) & seen->mask; !is_free(seen->slots[i]); i = (i + 1) & seen->mask) {
        size_t home = (size_t)seen->slots[i].a & seen->mask;
        if (((i - home) & seen->mask) < ((i - hole) & seen->mask)) continue;
        seen->slots[hole] = seen->slots[i];
        seen->slots[i] = (struct hash128){0};
        hole = i;
    }
}
