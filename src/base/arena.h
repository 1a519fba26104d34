/* base/arena.h -- memory that is given back all at once.
 *
 * Is:    a chain of blocks for one request, job or update.
 * Owns:  what it hands out, until arena_reset or arena_free.
 * Never: returns NULL: running out of memory stops the program, as does asking past the ceiling, so every
 *        input is bounded before memory is taken for it.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena {
    struct arena_block *head;
    size_t used, ceiling;
};

void arena_init(struct arena *arena, size_t ceiling);
void arena_reset(struct arena *arena); /* gives everything back but one block */
void arena_free(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t n) __attribute__((malloc)); /* zeroed, aligned for any type */
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_array((arena), sizeof(type), (count)))
void *arena_alloc_array(struct arena *arena, size_t size, size_t count);
Str arena_copy(struct arena *arena, Str s);         /* also NUL-terminated, past n */
Str arena_join(struct arena *arena, Str a, Str b);  /* one after the other, NULs in them too */
const char *arena_cstr(struct arena *arena, Str s); /* a C string; stops at an inner NUL for its readers */
Str arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* malloc that stops the program instead of returning NULL; for things with identity. */
void *mem_new(size_t n);                            /* zeroed */
void *mem_grow(void *p, size_t size, size_t count); /* realloc to size * count, overflow checked */

#endif
