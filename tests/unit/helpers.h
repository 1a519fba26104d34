/* tests/unit/helpers.h -- what the unit tests share.
 *
 * Is:    cmocka with its prelude; checks of slices and errors; a folder of a test's own; a child that must stop.
 * Owns:  nothing.
 * Never: knows a module above base/.
 */
#ifndef TESTS_UNIT_HELPERS_H
#define TESTS_UNIT_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "snapshot_builder.h" /* random_below */

/* The slice holds just the C string `wanted`. */
#define ASSERT_STR(got, wanted) assert_slice((got), str_of(wanted), #got, __FILE__, __LINE__)
#define ASSERT_STR_EQ(got, wanted) assert_slice((got), (wanted), #got, __FILE__, __LINE__)
void assert_slice(Str got, Str wanted, const char *what, const char *file, int line);

/* 64-bit whole numbers, signed, shown as such. */
#define ASSERT_I64(got, wanted) assert_whole((got), (wanted), #got, __FILE__, __LINE__)
void assert_whole(int64_t got, int64_t wanted, const char *what, const char *file, int line);

/* A call with `struct err err` in scope. */
#define ASSERT_OK(call)                                                                                                \
    do {                                                                                                               \
        if (!(call)) fail_msg("%s: %s", #call, err.text);                                                              \
    } while (0)
#define ASSERT_FAILS(call, wanted_code)                                                                                \
    do {                                                                                                               \
        err = (struct err){0};                                                                                         \
        if (call) fail_msg("%s did not fail", #call);                                                                  \
        if (err.code != (wanted_code)) fail_msg("%s: %s (%s)", #call, err_code_name(err.code), err.text);              \
    } while (0)

/* Does the C string `text` hold `part`? */
#define ASSERT_HOLDS(text, part) assert_holds((text), (part), __FILE__, __LINE__)
void assert_holds(const char *text, const char *part, const char *file, int line);

#define FOLDER_MAX 64
void folder_make(char path[FOLDER_MAX]); /* empty, of this test alone */
void folder_remove(const char *path);    /* with all that is in it */
void file_write(const char *folder, const char *name, Str bytes);

/* Run `act` in a child, whose standard error is dropped: it must end by abort(). */
void assert_stops(void (*act)(void));

/* Random bytes into `out`, each one of `from` when that is not empty. */
void random_bytes(uint64_t *seed, char *out, size_t n, Str from);
/* A random text of at most `max` code points, of all lengths of UTF-8, control characters and NUL included. */
Str random_utf8(uint64_t *seed, char *out, size_t max);

#endif
