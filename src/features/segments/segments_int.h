/* features/segments/segments_int.h -- the handlers and the SQL under them. */
#ifndef FEATURES_SEGMENTS_SEGMENTS_INT_H
#define FEATURES_SEGMENTS_SEGMENTS_INT_H

#include "base/json.h"
#include "features/segments/segments.h"

#define SEGMENTS_MAX 1000
#define SEGMENT_NAME_MAX 200
#define SEGMENT_BODY_MAX ((size_t)8 * 1024 * 1024)

handler_fn segments_get, segments_post, segment_get, segment_put, segment_delete;

struct segment_row {
    int64_t id, created_ms, changed_ms;
    Str name, kind; /* kind: filter or cohort */
    Str definition; /* not in a list */
};

/* Texts are copied to the arena. */
bool segment_read(struct db *db, int64_t id, struct arena *arena, struct segment_row *out, struct err *err) MUST_CHECK;
/* By name; `rows` has room for SEGMENTS_MAX. */
bool segment_list(struct db *db, struct arena *arena, struct segment_row *rows, size_t *n, struct err *err) MUST_CHECK;
/* Sets id, created_ms and changed_ms. ERR_CONFLICT: the name is taken. */
bool segment_insert(struct db *db, struct segment_row *row, struct err *err) MUST_CHECK;
/* Name and definition of `row->id`; sets changed_ms. */
bool segment_update(struct db *db, struct segment_row *row, struct err *err) MUST_CHECK;
bool segment_remove(struct db *db, int64_t id, struct err *err) MUST_CHECK;

#endif
