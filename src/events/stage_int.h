/* events/stage_int.h -- what the readers of the protocols share. */
#ifndef EVENTS_STAGE_INT_H
#define EVENTS_STAGE_INT_H

#include "events/stage.h"

struct stage {
    const struct raw_entry *entry;
    Str currency;
    struct arena *arena;
    struct arena scratch; /* of one item at a time */
    struct decoded *out;  /* arrays with room for every item of the entry */
};

struct staged *stage_next(struct stage *stage, uint32_t item); /* a zeroed item, not counted until it is good */
void stage_reject(struct stage *stage, uint32_t item, int64_t line, Str body, const char *reason);

bool segment_decode(struct stage *stage, struct err *err) MUST_CHECK;
bool segment_item_bytes(const struct raw_entry *entry, uint32_t item, Str *bytes) MUST_CHECK;
bool crm_decode(struct stage *stage, struct err *err) MUST_CHECK;
bool crm_item_bytes(const struct raw_entry *entry, uint32_t item, Str *bytes) MUST_CHECK;

#endif
