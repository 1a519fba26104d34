/* report/segments.h -- questions asked of a part of the persons: segment=ID.
 *
 * Is:    saved segments as the store has them, the persons that each one holds now, and the snapshot that a question
 *        is asked of: of everybody, or with everyone outside of a segment hidden.
 * Owns:  the bits of the segments asked for last, so that a page of questions evaluates a segment once.
 * Never: changes a segment, but to forget a person; features/segments does.
 */
#ifndef REPORT_SEGMENTS_H
#define REPORT_SEGMENTS_H

#include "base/hash.h"
#include "events/pipeline.h"
#include "http/route.h"
#include "measure/segment.h"

#define SEGMENT_PARAM                                                                                                  \
    {                                                                                                                  \
        "segment", "integer", "Ask only of the persons of this segment (/api/v1/segments)"                             \
    }

struct segment_cache;

struct segment_cache *segment_cache_new(void);
void segment_cache_free(struct segment_cache *cache); /* NULL is fine; every question must be closed */

/* The facts as the question sees them: all, or with segment= those of the segment's persons, where persons, events,
 * first_ms and last_ms are theirs too. It lives as long as the request; close it before. */
bool question_snapshot(struct request *request, struct pipeline *pipeline, struct segment_cache *cache,
                       const struct snapshot **out, struct err *err) MUST_CHECK;
void question_snapshot_close(const struct snapshot *snapshot); /* NULL is fine */

/* The same of a segment that is named otherwise. ERR_NOT_FOUND when there is none. */
bool segment_snapshot(struct request *request, struct pipeline *pipeline, struct segment_cache *cache, int64_t id,
                      const struct snapshot **out, struct err *err) MUST_CHECK;

/* Answer a question of these facts; they are open as long as `answer` runs. */
typedef bool snapshot_answer_fn(struct request *request, const struct snapshot *snapshot, struct reply *reply,
                                struct err *err);
bool question_answer(struct request *request, struct pipeline *pipeline, struct segment_cache *cache,
                     snapshot_answer_fn *answer, struct reply *reply, struct err *err) MUST_CHECK;

/* Take a person who is about to be erased out of every list of aliases (segment_erase.c). */
bool segments_forget(struct store *store, struct pipeline *pipeline, Str alias, struct err *err) MUST_CHECK;

#endif
