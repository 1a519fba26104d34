/* measure/campaign_join.h -- which campaign a touch came from, and what it cost.
 *
 * Is:    the join of the events' tuples with the campaigns that platforms and people know; and spend laid on groups of
 *        touches.
 * Owns:  nothing; arrays come from the caller's arena.
 * Never: lays a spend twice, or loses a minor unit of it.
 */
#ifndef MEASURE_CAMPAIGN_JOIN_H
#define MEASURE_CAMPAIGN_JOIN_H

#include "measure/cost.h"
#include "measure/range.h"

#define JOIN_NONE UINT32_MAX

struct join_campaign {
    Str external_id, name;
    Str platform; /* the events' platform that it runs on, or empty */
};

/* What somebody said: the events' value of a dimension means a campaign, or none of them (JOIN_NONE). */
struct join_said {
    enum touch_dim dim;
    Str value;
    uint32_t campaign;
};

/* For each touch of the snapshot the campaign that it came from, or JOIN_NONE. What was said comes first, by
 * campaign_id, campaign, creative, content, source; then campaign_id as the platform's id, then campaign as the
 * platform's id or the name, without regard to case. Of several campaigns so called it is the one on the touch's
 * platform, if just one is there; else none. O(touches + values + campaigns log campaigns). */
bool campaign_join(const struct snapshot *snapshot, const struct join_campaign *campaigns, uint32_t n,
                   const struct join_said *said, uint32_t n_said, struct arena *arena, uint32_t *campaign_of_touch,
                   struct err *err) MUST_CHECK;

/* The same of the ads of one campaign: for each of its touches the ad whose id or name is the touch's creative, else
 * its content; JOIN_NONE for all others, and where two ads are so called. */
bool ad_join(const struct snapshot *snapshot, const struct join_campaign *ads, uint32_t n,
             const uint32_t *campaign_of_touch, uint32_t campaign, struct arena *arena, uint32_t *ad_of_touch,
             struct err *err) MUST_CHECK;

/* Events in the range by touch id. */
void touch_events(const struct snapshot *snapshot, struct range range, uint64_t *events);

/* Split `amount` >= 0 by weights, not all 0, with the largest remainder: parts sum to it; among equal remainders the
 * earlier. */
bool split_amount(int64_t amount, const uint64_t *weight, uint32_t n, struct arena *arena, int64_t *part,
                  struct err *err) MUST_CHECK;

#endif
