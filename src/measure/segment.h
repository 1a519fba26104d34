/* measure/segment.h -- which persons a set of conditions describes.
 *
 * Is:    one pure kernel: a snapshot and a tree of conditions in, a bit a place out.
 * Owns:  nothing; the bits belong to the caller.
 * Never: reads the store, the clock or a setting; allocates.
 */
#ifndef MEASURE_SEGMENT_H
#define MEASURE_SEGMENT_H

#include "measure/range.h"

#define SEGMENT_DEPTH_MAX 5 /* of groups within groups, the root counted in */

enum segment_kind {
    SEGMENT_GROUP,       /* all or any of the inner conditions; of none: all holds, any does not */
    SEGMENT_EVENT,       /* did an event so many times */
    SEGMENT_FIRST_TOUCH, /* the touch that the person first came by */
    SEGMENT_ANY_TOUCH,   /* one of the touches of its sessions */
    SEGMENT_PLACES,      /* is one of a list */
};

struct segment_condition {
    enum segment_kind kind;
    bool negated;
    /* SEGMENT_GROUP */
    bool any; /* false: all */
    const struct segment_condition *inner;
    uint32_t n_inner;
    /* SEGMENT_EVENT */
    bool any_event;
    uint32_t event; /* DICT_NONE: nothing has this name */
    uint64_t at_least, at_most;
    struct range range;
    /* SEGMENT_EVENT (of the session that the event is in; NULL: all) and the touches */
    const bool *touch_counts; /* by touch id */
    /* SEGMENT_PLACES: a bit by place */
    const uint64_t *places;
};

#define SEGMENT_WORDS(n_places) (((size_t)(n_places) + 63) / 64)

/* Those inside. */
struct segment_size {
    uint32_t persons;
    uint64_t events;
    int64_t first_ms, last_ms; /* 0 and -1 when there are none */
};

/* `hidden`: SEGMENT_WORDS words, a bit set where nobody stands who is inside: as snapshot.hidden has it. A place that
 * is empty, or hidden already, is hidden whatever the conditions say. Cost: one scan of a person's events a condition,
 * on all cores; a group stops at the first condition that decides it. */
bool segment_evaluate(const struct snapshot *snapshot, const struct segment_condition *root, struct arena *arena,
                      uint64_t *hidden, struct segment_size *size, struct err *err) MUST_CHECK;

#endif
