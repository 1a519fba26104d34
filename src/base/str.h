/* base/str.h -- borrowed slices of bytes.
 *
 * Is:    Str {p, n}: a pointer and a length, no terminator, never owned.
 * Owns:  nothing; whoever made the bytes keeps them alive.
 * Never: allocates, or reads past n.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

typedef struct {
    const char *p;
    size_t n;
} Str;

/* A string literal as a slice; also usable in static initialisers. */
#define STR(literal) ((Str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal)                                                                                              \
    {                                                                                                                  \
        (literal), sizeof(literal) - 1                                                                                 \
    }
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p

Str str_of(const char *text); /* NULL gives the empty slice */
bool str_eq(Str a, Str b);
bool str_eq_nocase(Str a, Str b); /* ASCII letters only */
bool str_contains_nocase(Str text, Str part);
bool str_starts(Str text, Str prefix);
int str_compare(Str a, Str b);  /* by bytes, as memcmp; a prefix sorts first */
Str str_trim(Str s);            /* without surrounding ASCII blanks */
Str str_from(Str s, size_t at); /* the slice from byte `at`; empty past the end */

/* Cut `*rest` at the first `mark`: the part before it is returned, what follows stays in `*rest`.
 * Without a mark the whole is returned and `*rest` becomes empty with p == NULL. */
Str str_cut(Str *rest, char mark);

/* Whole decimal numbers; false (and *out untouched) on blanks, signs out of place, overflow or junk. */
bool str_to_i64(Str s, int64_t *out) MUST_CHECK;
/* A finite decimal number such as "12.5" or "1e3"; false on anything else. */
bool str_to_double(Str s, double *out) MUST_CHECK;
/* "1234.5" with `digits` decimals -> 123450 exactly, half away from zero beyond them; accepts a sign. */
bool str_to_minor(Str s, int digits, int64_t *out) MUST_CHECK;

size_t str_utf8_length(Str s); /* bytes of the character that s starts with; 0 if it starts with none */
bool str_is_utf8(Str s);       /* RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF */

#endif
