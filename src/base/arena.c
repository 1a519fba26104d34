#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define BLOCK_BYTES ((size_t)16 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t n, cap;
    max_align_t bytes[];
};

void *mem_new(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    CHECK(p != NULL);
    return p;
}

void *mem_grow(void *p, size_t size, size_t count)
{
    size_t n;
    CHECK(!__builtin_mul_overflow(size, count, &n));
    void *grown = realloc(p, n ? n : 1);
    CHECK(grown != NULL);
    return grown;
}

void arena_init(struct arena *arena, size_t ceiling)
{
    *arena = (struct arena){.ceiling = ceiling};
}

static struct arena_block *block_new(size_t cap)
{
    struct arena_block *block = malloc(sizeof *block + cap);
    CHECK(block != NULL);
    *block = (struct arena_block){.cap = cap};
    return block;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = NULL;

    while (arena->head) {
        struct arena_block *block = arena->head;
        arena->head = block->next;
        if (!keep && block->cap == BLOCK_BYTES) {
            keep = block;
        } else {
            free(block);
        }
    }
    arena->used = 0;
    if (keep) {
        keep->next = NULL;
        keep->n = 0;
        arena->head = keep;
    }
}

void arena_free(struct arena *arena)
{
    while (arena->head) {
        struct arena_block *block = arena->head;
        arena->head = block->next;
        free(block);
    }
    arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    CHECK(n <= arena->ceiling); /* also keeps the rounding below from wrapping */
    size_t whole = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = arena->head;

    CHECK(whole <= arena->ceiling - arena->used);
    if (!block || whole > block->cap - block->n) {
        block = block_new(whole > BLOCK_BYTES ? whole : BLOCK_BYTES);
        block->next = arena->head;
        arena->head = block;
    }
    void *p = (char *)block->bytes + block->n;
    block->n += whole;
    arena->used += whole;
    memset(p, 0, n);
    return p;
}

void *arena_alloc_array(struct arena *arena, size_t size, size_t count)
{
    size_t n;
    CHECK(!__builtin_mul_overflow(size, count, &n));
    return arena_alloc(arena, n);
}

Str arena_copy(struct arena *arena, Str s)
{
    char *p = arena_alloc(arena, s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    return (Str){p, s.n};
}

Str arena_join(struct arena *arena, Str a, Str b)
{
    char *p = arena_alloc(arena, a.n + b.n + 1);

    if (a.n) memcpy(p, a.p, a.n);
    if (b.n) memcpy(p + a.n, b.p, b.n);
    return (Str){p, a.n + b.n};
}

const char *arena_cstr(struct arena *arena, Str s)
{
    return arena_copy(arena, s).p;
}

Str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    char none[1]; /* only the length is wanted */

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(none, sizeof none, format, args);
    va_end(args);
    CHECK(n >= 0);
    char *p = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (Str){p, (size_t)n};
}
