/* report/segment_rule.h -- what a segment says, as JSON and as what the kernel takes.
 *
 * Is:    the reader and the writer of a definition, and its names looked up in a snapshot.
 * Owns:  nothing; texts borrow from what they were read from, arrays come from the caller's arena.
 * Never: reads the store or the clock.
 *
 *     {"match": "all", "conditions": [
 *       {"kind": "event", "event": "Order Completed", "at_least": 2, "filter": ["platform:is:google"]},
 *       {"kind": "event", "event": "*", "not": true, "last_days": 30},
 *       {"kind": "first_touch", "not": true, "filter": ["campaign:contains:spring"]},
 *       {"kind": "any_touch", "filter": ["medium:is:email"]},
 *       {"kind": "persons", "persons": ["u:42", "a:7f3e"]},
 *       {"kind": "group", "match": "any", "conditions": [...]}]}
 *
 * event: `*` is any event; at_least is 1 when neither it nor at_most is given; the time is last_days (days of the
 * reporting zone, today counted in) or from and to as in a question; the filters are those of a question and all must
 * pass, on the touch of the event's session. A touch passes when all of its filters do.
 */
#ifndef REPORT_SEGMENT_RULE_H
#define REPORT_SEGMENT_RULE_H

#include "base/json.h"
#include "measure/segment.h"
#include "report/question.h"

#define SEGMENT_CONDITIONS_MAX 50 /* groups counted in */
#define SEGMENT_PERSONS_MAX 100000
#define SEGMENT_FILTERS_MAX 20

struct segment_rule {
    enum segment_kind kind;
    bool negated;
    /* group */
    bool any;
    struct segment_rule *inner;
    uint32_t n_inner;
    /* event */
    Str event;
    int64_t at_least, at_most; /* INT64_MAX: no limit */
    int64_t last_days;         /* 0: not given */
    Str from, to;              /* as they came; empty: not given */
    /* event and touches */
    Str *filter_text;
    struct filter *filter;
    uint32_t n_filters;
    /* persons */
    Str *person;
    uint32_t n_persons;
};

/* The root is a group. The error's field is the path from `definition`. */
bool segment_rule_read(const struct json *json, struct arena *arena, struct segment_rule *out,
                       struct err *err) MUST_CHECK;
/* A group of the one condition that a person is one of a list of aliases. */
bool segment_rule_of_persons(const struct json *persons, struct arena *arena, struct segment_rule *out,
                             struct err *err) MUST_CHECK;
/* What segment_rule_read makes the same rule of; all members are there, null where they are not given. */
void segment_rule_write(const struct segment_rule *rule, struct json_out *out);
bool segment_rule_resolve(const struct segment_rule *rule, const struct snapshot *snapshot, int64_t now_ms,
                          struct arena *arena, struct segment_condition *out, struct err *err) MUST_CHECK;

#endif
