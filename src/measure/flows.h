/* measure/flows.h -- what people do after (or before) an event, level by level.
 *
 * Is:    one pure kernel: a snapshot in, the nodes and links of a Sankey diagram out, or the persons of one of them.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: reads the store, the clock or a setting; logs.
 *
 * A walk begins at an anchor event in `range` and goes on, event by event of its person, in the order of time (or
 * backwards), for up to `depth` steps, as long as they are within `window_ms` of the anchor, both ends counted in, and
 * (in_session) in its session. Steps may lie outside `range`. With `collapse` events of one name that follow each other
 * are one step, and such a run of anchor events is one anchor: its last event, or backwards its first. With
 * `first_only` only a person's first anchor in range begins a walk.
 *
 * Level 0 is the anchor, level k the k-th step. Of each level the `limit` most frequent names have a node each (of
 * equals the lower name id), the others are "other" together, and walks that had no k-th step are "end".
 */
#ifndef MEASURE_FLOWS_H
#define MEASURE_FLOWS_H

#include "measure/range.h"

#define FLOWS_DEPTH_MAX 8
#define FLOWS_LIMIT_MAX 50

struct flows_query {
    uint32_t anchor; /* event name id; DICT_NONE: no event has it */
    uint32_t depth;  /* 1 .. FLOWS_DEPTH_MAX */
    uint32_t limit;  /* 1 .. FLOWS_LIMIT_MAX */
    bool backwards, first_only, in_session, collapse;
    int64_t window_ms; /* > 0; INT64_MAX: no limit */
    struct range range;
    const bool *touch_counts; /* by touch id, of the session that the anchor is in; NULL: all */
};

/* The slots of a level: its names, most frequent first (level 0: the anchor alone), then these two. */
#define FLOWS_OTHER(limit) ((size_t)(limit))
#define FLOWS_END(limit) ((size_t)(limit) + 1)
#define FLOWS_SLOTS(limit) ((size_t)(limit) + 2)

struct flows_node {
    uint32_t name; /* DICT_NONE: other, end or none */
    uint64_t walks;
    uint64_t persons; /* distinct */
};

struct flows_link {
    uint64_t walks;
    uint64_t persons; /* distinct */
};

/* nodes: (depth + 1) * slots, [level * slots + slot]; links: depth * slots * slots, from a slot of a level to one of
 * the next: [(level * slots + from) * slots + to]. Cost: two scans, O(events x depth). */
bool flows_count(const struct snapshot *snapshot, const struct flows_query *query, struct arena *arena,
                 struct flows_node *nodes, struct flows_link *links, struct err *err) MUST_CHECK;

/* Where a walk may stand at a level: at an event of the name, whether it has a node of its own or not; at one of the
 * names that have none; or past its end. At level 0 there is only the anchor. */
enum flows_kind { FLOWS_AT_EVENT, FLOWS_AT_OTHER, FLOWS_AT_END };
struct flows_stop {
    enum flows_kind kind;
    uint32_t name; /* of an event */
};

/* One node, or one link: walks that stand at `stop` at the level and, with a link, at `next` at the level after it. */
struct flows_pick {
    uint32_t level; /* 0 .. depth; of a link 0 .. depth - 1 */
    bool is_link;
    struct flows_stop stop, next;
};

/* marked: by place of the snapshot, n_places; those with such a walk. Cost: a scan; of other names, two. */
bool flows_mark(const struct snapshot *snapshot, const struct flows_query *query, const struct flows_pick *pick,
                struct arena *arena, bool *marked, struct err *err) MUST_CHECK;

#endif
