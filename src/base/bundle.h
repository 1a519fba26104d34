/* base/bundle.h -- a file of named arrays, written once and then mapped.
 *
 * Is:    a writer that puts arrays one behind the other and makes the file appear whole or not at all; and a reader
 *        that maps it, having seen that every byte is as it was written (XXH3 of each array and of the head).
 * Owns:  the mapping, until the last holder lets go.
 * Never: changes a file that is there; reads one of another machine's byte order.
 */
#ifndef BASE_BUNDLE_H
#define BASE_BUNDLE_H

#include "base/err.h"

#define BUNDLE_NAME_MAX 16
#define BUNDLE_ARRAYS_MAX 48
#define BUNDLE_ALIGN 65536u /* of each array: any page size there is */

/* ---- reading ---- */
struct bundle;

/* NOT_FOUND: no such file. INVALID: damaged, cut off, or not of this version; the file is left as it is. */
struct bundle *bundle_open(const char *path, uint32_t version, struct err *err);
struct bundle *bundle_hold(struct bundle *bundle);
void bundle_release(struct bundle *bundle); /* NULL is fine */

/* An array of `count` things of `size` bytes. INVALID when there is none of that name, or its length does not fit. */
bool bundle_array(const struct bundle *bundle, const char *name, size_t size, const void **array, uint64_t *count,
                  struct err *err) MUST_CHECK;
/* Map an array again, private, over memory at `at` (as aligned as the file is): what is written there stays out of the
 * file. The rest of the last BUNDLE_ALIGN bytes is zero and may be written to. False when the system refuses. */
bool bundle_map_over(const struct bundle *bundle, const char *name, void *at, struct err *err) MUST_CHECK;

/* ---- writing: errors are kept until bundle_commit ---- */
struct bundle_head_row {
    char name[BUNDLE_NAME_MAX];
    uint64_t offset, bytes, checksum;
};

struct bundle_writer {
    char path[512], part[520]; /* it is written as `part` and then renamed */
    int file;
    uint32_t version, n;
    struct bundle_head_row row[BUNDLE_ARRAYS_MAX];
    uint64_t at; /* bytes so far */
    char *buffer;
    size_t in_buffer;
    struct XXH3_state_s *hash;
    bool failed;
    struct err err;
};

bool bundle_create(struct bundle_writer *writer, const char *path, uint32_t version, struct err *err) MUST_CHECK;
void bundle_begin(struct bundle_writer *writer, const char *name); /* ends the array before it */
void bundle_put(struct bundle_writer *writer, const void *bytes, size_t n);
/* On disk under its name when true; gone when false. */
bool bundle_commit(struct bundle_writer *writer, struct err *err) MUST_CHECK;

#endif
