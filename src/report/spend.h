/* report/spend.h -- what a question's keys cost: ad spend laid on the groups of touches.
 *
 * Is:    the campaigns that spent something in the question's days, which of them each touch came from, and what was
 *        spent on each group.
 * Owns:  nothing; arrays come from the request's arena.
 * Never: counts a spend twice, or takes one that is not known for 0.
 *
 * A group is a value of a dimension. Of `platform`, a campaign's spend goes to the platform of the channel that it ran
 * on. Of any other, to the groups of the touches that came from the campaign (measure/campaign_join.h), by their events
 * in the range where there are several. What fits no group is unmatched. A group's spend is what is
 * known of the campaigns laid on it; beside it how many of their rows say none (`unpriced`): then what is divided by it
 * would be wrong, and is null.
 */
#ifndef REPORT_SPEND_H
#define REPORT_SPEND_H

#include "ads/spent.h"
#include "measure/campaign_join.h"
#include "report/question.h"

struct spend_lines {
    const struct spent *line; /* by campaign and channel */
    size_t n;
    uint32_t n_campaigns;
    const struct spent **campaign;     /* n_campaigns: the first line of each */
    const uint32_t *campaign_of_line;  /* n */
    const uint32_t *campaign_of_touch; /* one a touch, or JOIN_NONE; NULL when there are no lines */
};

/* Days of a span, for the tables of ads: all of them where nothing was asked. */
struct days spend_days(const struct span *span);

/* Lines of the days, and the join with the snapshot's touches. */
bool spend_lines_read(struct request *request, const struct snapshot *snapshot, Str base, struct days days,
                      struct spend_lines *out, struct err *err) MUST_CHECK;

struct group_spend {
    struct spend spend;
    int64_t unpriced; /* rows whose spend is not known */
};
/* What CAC and ROAS may be made of. */
static inline struct spend spend_whole(struct spend spend, int64_t unpriced)
{
    return unpriced ? (struct spend){0} : spend;
}

struct spend_table {
    struct group_spend *by_group; /* groups.by.n */
    int64_t total_minor, unmatched_minor;
    int64_t unpriced; /* rows of the days whose spend is not known */
};

bool spend_lay(struct request *request, const struct snapshot *snapshot, const struct spend_lines *lines,
               enum touch_dim dim, const struct groups *groups, struct range range, struct spend_table *out,
               struct err *err) MUST_CHECK;

#endif
