/* base/dict.c -- see dict.h.
 *
 * Texts lie in chunks that never move. Entry i is found by (chunk of its power of two, place in it): chunk c holds
 * 2^c * FIRST entries, so 32 chunk pointers hold any number and growing copies nothing. A reader that has read
 * `count` may follow any smaller id without a lock: entries are written before `count` is raised (release), and
 * neither they nor the chunk pointers change after. Only the table of slots is rebuilt, and only the adder reads it.
 */
#include "base/dict.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

#define FIRST 64u
#define CHUNKS 27 /* 64 * (2^27 - 1) entries: past DICT_NONE */
#define TEXT_BLOCK ((size_t)64 * 1024)

struct slot {
    uint32_t id_plus_1; /* 0: free */
    uint32_t tag;       /* bits of the hash, so that most misses cost no look at the text */
};

struct text_block {
    struct text_block *next;
    size_t n, cap;
    char bytes[];
};

struct dict {
    Str *chunk[CHUNKS];
    _Atomic uint32_t count;
    struct slot *slots;
    uint32_t slot_mask;
    struct text_block *texts;
};

static Str *entry(const struct dict *dict, uint32_t id)
{
    uint32_t place = id / FIRST + 1;
    unsigned c = 31u - (unsigned)__builtin_clz(place);
    uint32_t before = ((1u << c) - 1) * FIRST;
    return &dict->chunk[c][id - before];
}

struct dict *dict_new(void)
{
    struct dict *dict = mem_new(sizeof *dict);
    dict->slot_mask = 127;
    dict->slots = mem_new((dict->slot_mask + 1) * sizeof *dict->slots);
    return dict;
}

void dict_free(struct dict *dict)
{
    if (!dict) return;
    for (size_t c = 0; c < CHUNKS; c++) free(dict->chunk[c]);
    while (dict->texts) {
        struct text_block *block = dict->texts;
        dict->texts = block->next;
        free(block);
    }
    free(dict->slots);
    free(dict);
}

static struct slot *find_slot(const struct dict *dict, Str text, struct hash128 hash)
{
    uint32_t tag = (uint32_t)(hash.a >> 32);

    for (uint32_t i = (uint32_t)hash.a;; i++) {
        struct slot *slot = &dict->slots[i & dict->slot_mask];
        if (slot->id_plus_1 == 0) return slot;
        if (slot->tag == tag && str_eq(*entry(dict, slot->id_plus_1 - 1), text)) return slot;
    }
}

static const char *keep_text(struct dict *dict, Str text)
{
    struct text_block *block = dict->texts;

    if (!block || text.n > block->cap - block->n) {
        size_t cap = text.n > TEXT_BLOCK ? text.n : TEXT_BLOCK;
        block = mem_grow(NULL, 1, sizeof *block + cap);
        *block = (struct text_block){.next = dict->texts, .cap = cap};
        dict->texts = block;
    }
    char *at = block->bytes + block->n;
    if (text.n) memcpy(at, text.p, text.n);
    block->n += text.n;
    return at;
}

/* Twice the slots, each entry put in again. */
static void grow_slots(struct dict *dict)
{
    struct slot *old = dict->slots;
    uint32_t n = dict->slot_mask + 1;

    CHECK(n <= UINT32_MAX / 4);
    dict->slots = mem_new((size_t)n * 2 * sizeof *old);
    dict->slot_mask = n * 2 - 1;
    for (uint32_t i = 0; i < n; i++) {
        if (!old[i].id_plus_1) continue;
        Str text = *entry(dict, old[i].id_plus_1 - 1);
        *find_slot(dict, text, hash_keyed(0, text)) = old[i];
    }
    free(old);
}

uint32_t dict_add(struct dict *dict, Str text)
{
    struct hash128 hash = hash_keyed(0, text);
    struct slot *slot = find_slot(dict, text, hash);
    uint32_t id = atomic_load_explicit(&dict->count, memory_order_relaxed);

    if (slot->id_plus_1) return slot->id_plus_1 - 1;
    CHECK(id < DICT_NONE - 1);
    uint32_t place = id / FIRST + 1;
    unsigned c = 31u - (unsigned)__builtin_clz(place);
    if (!dict->chunk[c]) dict->chunk[c] = mem_new(((size_t)FIRST << c) * sizeof(Str));
    *entry(dict, id) = (Str){keep_text(dict, text), text.n};
    *slot = (struct slot){.id_plus_1 = id + 1, .tag = (uint32_t)(hash.a >> 32)};
    atomic_store_explicit(&dict->count, id + 1, memory_order_release);
    if ((uint64_t)(id + 1) * 4 > (uint64_t)(dict->slot_mask + 1) * 3) grow_slots(dict);
    return id;
}

uint32_t dict_find(const struct dict *dict, Str text)
{
    const struct slot *slot = find_slot(dict, text, hash_keyed(0, text));
    return slot->id_plus_1 ? slot->id_plus_1 - 1 : DICT_NONE;
}

Str dict_text(const struct dict *dict, uint32_t id)
{
    CHECK(id < dict_count(dict));
    return *entry(dict, id);
}

uint32_t dict_count(const struct dict *dict)
{
    return atomic_load_explicit(&dict->count, memory_order_acquire);
}
