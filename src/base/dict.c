/* base/dict.c -- see dict.h.
 *
 * Texts lie in chunks that never move. Entry i is found by (chunk of its power of two, place in it): chunk c holds
 * 2^c * FIRST entries, so 32 chunk pointers hold any number and growing copies nothing. A reader that has read
 * `count` may follow any smaller id without a lock: entries are written before `count` is raised (release), and
 * neither they nor the chunk pointers change after. Only the table of slots is rebuilt, and only the adder reads it.
 *
 * Before them come the texts of a bundle, if it goes on from one: where each begins, the texts behind each other, and a
 * table of slots that was made to fit when they were written. Nothing is read before it is asked for.
 */
#include "base/dict.h"

#include <stdatomic.h>
#include <stdio.h>
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

struct frozen {
    uint32_t n;
    uint64_t n_slots;   /* 0: no bundle */
    const uint64_t *at; /* n + 1 */
    const char *text;
    const struct slot *slots;
};

struct dict {
    struct hash_key key;
    struct frozen frozen;
    Str *chunk[CHUNKS]; /* of id - frozen.n */
    _Atomic uint32_t count;
    struct slot *slots;
    uint32_t slot_mask;
    struct text_block *texts;
};

/* Of an id that is not frozen. */
static Str *entry(const struct dict *dict, uint32_t id)
{
    id -= dict->frozen.n;
    uint32_t place = id / FIRST + 1;
    unsigned c = 31u - (unsigned)__builtin_clz(place);
    uint32_t before = ((1u << c) - 1) * FIRST;
    return &dict->chunk[c][id - before];
}

struct dict *dict_new(void)
{
    struct hash_key key = hash_key_random();
    return dict_new_with(&key);
}

struct dict *dict_new_with(const struct hash_key *key)
{
    struct dict *dict = mem_new(sizeof *dict);
    dict->key = *key;
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
        *find_slot(dict, text, hash_with(&dict->key, 0, text)) = old[i];
    }
    free(old);
}

/* ---- the frozen part ---- */

static uint32_t tag_of(struct hash128 hash)
{
    return (uint32_t)(hash.a >> 32);
}

/* Frozen tables have just the slots they need: a hash's place is its share of them. */
static uint64_t place_of(struct hash128 hash, uint64_t n_slots)
{
    return (hash.b >> 32) * n_slots >> 32;
}

static Str frozen_text(const struct frozen *frozen, uint32_t id)
{
    return (Str){frozen->text + frozen->at[id], frozen->at[id + 1] - frozen->at[id]};
}

static uint32_t find_frozen(const struct frozen *frozen, Str text, struct hash128 hash)
{
    if (frozen->n_slots == 0) return DICT_NONE;
    for (uint64_t i = place_of(hash, frozen->n_slots);; i = i + 1 < frozen->n_slots ? i + 1 : 0) {
        const struct slot *slot = &frozen->slots[i];
        if (slot->id_plus_1 == 0) return DICT_NONE;
        if (slot->tag == tag_of(hash) && str_eq(frozen_text(frozen, slot->id_plus_1 - 1), text))
            return slot->id_plus_1 - 1;
    }
}

/* ---- all of it ---- */

uint32_t dict_add(struct dict *dict, Str text)
{
    struct hash128 hash = hash_with(&dict->key, 0, text);
    uint32_t known = find_frozen(&dict->frozen, text, hash);
    if (known != DICT_NONE) return known;
    struct slot *slot = find_slot(dict, text, hash);
    uint32_t id = atomic_load_explicit(&dict->count, memory_order_relaxed);

    if (slot->id_plus_1) return slot->id_plus_1 - 1;
    CHECK(id < DICT_NONE - 1);
    uint32_t place = (id - dict->frozen.n) / FIRST + 1;
    unsigned c = 31u - (unsigned)__builtin_clz(place);
    if (!dict->chunk[c]) dict->chunk[c] = mem_new(((size_t)FIRST << c) * sizeof(Str));
    *entry(dict, id) = (Str){keep_text(dict, text), text.n};
    *slot = (struct slot){.id_plus_1 = id + 1, .tag = tag_of(hash)};
    atomic_store_explicit(&dict->count, id + 1, memory_order_release);
    if ((uint64_t)(id - dict->frozen.n + 1) * 4 > (uint64_t)(dict->slot_mask + 1) * 3) grow_slots(dict);
    return id;
}

uint32_t dict_find(const struct dict *dict, Str text)
{
    struct hash128 hash = hash_with(&dict->key, 0, text);
    uint32_t known = find_frozen(&dict->frozen, text, hash);
    if (known != DICT_NONE) return known;
    const struct slot *slot = find_slot(dict, text, hash);
    return slot->id_plus_1 ? slot->id_plus_1 - 1 : DICT_NONE;
}

Str dict_text(const struct dict *dict, uint32_t id)
{
    CHECK(id < dict_count(dict));
    return id < dict->frozen.n ? frozen_text(&dict->frozen, id) : *entry(dict, id);
}

uint32_t dict_count(const struct dict *dict)
{
    return atomic_load_explicit(&dict->count, memory_order_acquire);
}

/* ---- bundles ---- */

#define ARRAY_NAME(out, name, part) (snprintf((out), sizeof(out), "%.10s.%s", (name), (part)))

static void write_slots(const struct dict *dict, uint32_t n, struct bundle_writer *out)
{
    uint64_t n_slots = n ? (uint64_t)n + n / 2 + 1 : 0;
    struct slot *slots = mem_new(n_slots * sizeof *slots);

    for (uint32_t id = 0; id < n; id++) {
        struct hash128 hash = hash_with(&dict->key, 0, dict_text(dict, id));
        uint64_t i = place_of(hash, n_slots);
        while (slots[i].id_plus_1) i = i + 1 < n_slots ? i + 1 : 0;
        slots[i] = (struct slot){.id_plus_1 = id + 1, .tag = tag_of(hash)};
    }
    bundle_put(out, slots, n_slots * sizeof *slots);
    free(slots);
}

void dict_write(const struct dict *dict, uint32_t n, const char *name, struct bundle_writer *out)
{
    char array[BUNDLE_NAME_MAX];
    uint64_t at = 0;

    ARRAY_NAME(array, name, "at");
    bundle_begin(out, array);
    bundle_put(out, &at, sizeof at);
    for (uint32_t id = 0; id < n; id++) {
        at += dict_text(dict, id).n;
        bundle_put(out, &at, sizeof at);
    }
    ARRAY_NAME(array, name, "text");
    bundle_begin(out, array);
    for (uint32_t id = 0; id < n; id++) bundle_put(out, dict_text(dict, id).p, dict_text(dict, id).n);
    ARRAY_NAME(array, name, "slot");
    bundle_begin(out, array);
    write_slots(dict, n, out);
}

static bool read_frozen(const struct bundle *bundle, const char *name, struct frozen *frozen, struct err *err)
{
    char at[BUNDLE_NAME_MAX], text[BUNDLE_NAME_MAX], slot[BUNDLE_NAME_MAX];
    const void *arrays[3];
    uint64_t n_at, n_text;

    ARRAY_NAME(at, name, "at");
    ARRAY_NAME(text, name, "text");
    ARRAY_NAME(slot, name, "slot");
    if (!bundle_array(bundle, at, sizeof *frozen->at, &arrays[0], &n_at, err) ||
        !bundle_array(bundle, text, 1, &arrays[1], &n_text, err) ||
        !bundle_array(bundle, slot, sizeof *frozen->slots, &arrays[2], &frozen->n_slots, err))
        return false;
    frozen->at = arrays[0];
    frozen->text = arrays[1];
    frozen->slots = arrays[2];
    if (n_at == 0 || n_at > DICT_NONE || frozen->at[n_at - 1] != n_text || (n_at > 1 && frozen->n_slots < n_at))
        return err_set(err, ERR_INVALID, "the dictionary %s does not fit together", name);
    frozen->n = (uint32_t)(n_at - 1);
    return true;
}

struct dict *dict_of_bundle(const struct bundle *bundle, const char *name, const struct hash_key *key, struct err *err)
{
    struct frozen frozen = {0};

    if (!read_frozen(bundle, name, &frozen, err)) return NULL;
    struct dict *dict = dict_new_with(key);
    dict->frozen = frozen;
    atomic_store(&dict->count, frozen.n);
    return dict;
}
