#include "report/spend.h"

#include "ads/matches.h"
#include "measure/scratch.h"

struct days spend_days(const struct span *span)
{
    return span->all ? (struct days){INT32_MIN, INT32_MAX} : span->days;
}

/* ---- lines and the join ---- */

static bool number_campaigns(struct spend_lines *lines, struct arena *arena, struct err *err)
{
    uint32_t *of_line = SCRATCH_ARRAY(arena, uint32_t, lines->n, err);
    const struct spent **campaign = of_line ? SCRATCH_ARRAY(arena, const struct spent *, lines->n, err) : NULL;

    if (!campaign) return false;
    for (size_t i = 0; i < lines->n; i++) {
        if (i == 0 || lines->line[i].campaign != lines->line[i - 1].campaign)
            campaign[lines->n_campaigns++] = &lines->line[i];
        of_line[i] = lines->n_campaigns - 1;
    }
    lines->campaign_of_line = of_line;
    lines->campaign = campaign;
    return true;
}

/* The number of a campaign; they stand in order of their rows. */
static uint32_t find_campaign(const struct spend_lines *lines, int64_t id)
{
    uint32_t low = 0, high = lines->n_campaigns;

    while (low < high) {
        uint32_t half = low + (high - low) / 2;
        if (lines->campaign[half]->campaign < id) {
            low = half + 1;
        } else {
            high = half;
        }
    }
    return low < lines->n_campaigns && lines->campaign[low]->campaign == id ? low : JOIN_NONE;
}

/* What people and files said, of campaigns that spent nothing in these days too: those are nobody's here. */
static bool read_said(struct request *request, const struct spend_lines *lines, struct join_said **out, size_t *n,
                      struct err *err)
{
    const struct match *matches;

    if (!matches_read(request->db, &request->arena, &matches, n, err)) return false;
    *out = SCRATCH_ARRAY(&request->arena, struct join_said, *n, err);
    if (!*out) return false;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        struct join_said *said = &(*out)[kept];
        if (!touch_dim_find(matches[i].dim, &said->dim)) continue;
        said->value = matches[i].value;
        said->campaign = matches[i].campaign_id ? find_campaign(lines, matches[i].campaign_id) : JOIN_NONE;
        kept++;
    }
    *n = kept;
    return true;
}

static bool join_touches(struct request *request, const struct snapshot *snapshot, struct spend_lines *lines,
                         struct err *err)
{
    struct arena *arena = &request->arena;
    struct join_said *said;
    size_t n_said;
    struct join_campaign *campaigns = SCRATCH_ARRAY(arena, struct join_campaign, lines->n_campaigns, err);
    uint32_t *of_touch = campaigns ? SCRATCH_ARRAY(arena, uint32_t, snapshot->n_touches, err) : NULL;

    if (!of_touch || !read_said(request, lines, &said, &n_said, err)) return false;
    for (uint32_t i = 0; i < lines->n_campaigns; i++) {
        const struct spent *line = lines->campaign[i];
        campaigns[i] = (struct join_campaign){line->external_id, line->name, line->platform};
    }
    lines->campaign_of_touch = of_touch;
    return campaign_join(snapshot, campaigns, lines->n_campaigns, said, (uint32_t)n_said, arena, of_touch, err);
}

bool spend_lines_read(struct request *request, const struct snapshot *snapshot, Str base, struct days days,
                      struct spend_lines *out, struct err *err)
{
    *out = (struct spend_lines){0};
    if (!spent_by_campaign(request->db, base, days.first, days.last, &request->arena, &out->line, &out->n, err))
        return false;
    return out->n == 0 || (number_campaigns(out, &request->arena, err) && join_touches(request, snapshot, out, err));
}

/* ---- laying ---- */

struct laying {
    struct request *request;
    const struct snapshot *snapshot;
    const struct spend_lines *lines;
    const struct groups *groups;
    struct spend_table *table;
};

/* What a campaign, or its part on a channel, spent; or a share of it. */
struct sum {
    bool known;
    int64_t minor, unpriced;
};

static struct sum sum_of(const struct spent *line)
{
    bool known = line->count[AD_SPEND] != AD_NOT_SAID;

    return (struct sum){known, known ? minor_of_micros(line->count[AD_SPEND]) : 0, line->unpriced};
}

static void lay_on(struct laying *laying, uint32_t group, struct sum sum)
{
    struct group_spend *to = &laying->table->by_group[group];

    to->spend.known = to->spend.known || sum.known;
    to->spend.minor = add_or_stay(to->spend.minor, sum.minor);
    to->unpriced += sum.unpriced;
}

static void lay_on_none(struct laying *laying, struct sum sum)
{
    laying->table->unmatched_minor = add_or_stay(laying->table->unmatched_minor, sum.minor);
}

static void lay_by_platform(struct laying *laying)
{
    const struct spend_lines *lines = laying->lines;

    for (size_t i = 0; i < lines->n; i++) {
        const struct spent *line = &lines->line[i];
        uint32_t group = 0;
        while (group < laying->groups->by.n &&
               !str_eq_nocase(snapshot_value(laying->snapshot, laying->groups->value[group]), line->platform))
            group++;
        if (line->platform.n && group < laying->groups->by.n) {
            lay_on(laying, group, sum_of(line));
        } else {
            lay_on_none(laying, sum_of(line));
        }
    }
}

/* Touches in order of their campaign; those of none are left out. */
struct of_campaign {
    const uint64_t *events;  /* by touch */
    uint32_t *touch, *first; /* first: n_campaigns + 1 */
};

static bool sort_touches(const struct laying *laying, struct of_campaign *out, struct err *err)
{
    struct arena *arena = &laying->request->arena;
    const struct spend_lines *lines = laying->lines;
    uint32_t n = laying->snapshot->n_touches;

    out->first = SCRATCH_ARRAY(arena, uint32_t, (size_t)lines->n_campaigns + 2, err);
    out->touch = out->first ? SCRATCH_ARRAY(arena, uint32_t, n, err) : NULL;
    if (!out->touch) return false;
    for (uint32_t t = 0; t < n; t++)
        if (lines->campaign_of_touch[t] != JOIN_NONE) out->first[lines->campaign_of_touch[t] + 2]++;
    for (uint32_t c = 0; c < lines->n_campaigns; c++) out->first[c + 2] += out->first[c + 1];
    for (uint32_t t = 0; t < n; t++)
        if (lines->campaign_of_touch[t] != JOIN_NONE) out->touch[out->first[lines->campaign_of_touch[t] + 1]++] = t;
    return true;
}

/* The groups of a campaign's touches in the order they come, each with its events; the events of all touches count as 1
 * where there are none in the range. Returns how many groups; `group_at` is cleared again. */
static uint32_t weigh(const struct laying *laying, const struct of_campaign *of, uint32_t campaign, uint32_t *group_at,
                      uint32_t *group, uint64_t *weight)
{
    uint32_t n = 0, from = of->first[campaign], to = of->first[campaign + 1];
    uint64_t total = 0;

    for (uint32_t i = from; i < to; i++) {
        uint32_t g = grouping_of(laying->groups->by, of->touch[i]);
        if (!group_at[g]) {
            group[n] = g;
            weight[n] = 0;
            group_at[g] = ++n;
        }
        weight[group_at[g] - 1] += of->events[of->touch[i]];
        total += of->events[of->touch[i]];
    }
    for (uint32_t i = 0; i < n; i++) {
        group_at[group[i]] = 0;
        if (total == 0) weight[i] = 1;
    }
    return n;
}

struct share_room {
    uint32_t *group_at, *group;
    uint64_t *weight;
    int64_t *part;
};

static bool lay_campaign(struct laying *laying, const struct of_campaign *of, uint32_t campaign, struct sum sum,
                         const struct share_room *room, struct err *err)
{
    uint32_t n = weigh(laying, of, campaign, room->group_at, room->group, room->weight);
    int64_t minor = sum.minor;

    if (n == 0) {
        lay_on_none(laying, sum);
        return true;
    }
    if (!split_amount(minor < 0 ? -minor : minor, room->weight, n, &laying->request->arena, room->part, err))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        sum.minor = minor < 0 ? -room->part[i] : room->part[i];
        lay_on(laying, room->group[i], sum);
    }
    return true;
}

static bool lay_by_touches(struct laying *laying, struct range range, struct err *err)
{
    struct arena *arena = &laying->request->arena;
    const struct spend_lines *lines = laying->lines;
    size_t n = laying->groups->by.n;
    struct of_campaign of;
    uint64_t *events = SCRATCH_ARRAY(arena, uint64_t, laying->snapshot->n_touches, err);
    struct share_room room = {.group_at = events ? SCRATCH_ARRAY(arena, uint32_t, n, err) : NULL};

    room.group = room.group_at ? SCRATCH_ARRAY(arena, uint32_t, n, err) : NULL;
    room.weight = room.group ? SCRATCH_ARRAY(arena, uint64_t, n, err) : NULL;
    room.part = room.weight ? SCRATCH_ARRAY(arena, int64_t, n, err) : NULL;
    if (!room.part || !sort_touches(laying, &of, err)) return false;
    touch_events(laying->snapshot, range, events);
    of.events = events;
    for (size_t i = 0; i < lines->n;) {
        uint32_t campaign = lines->campaign_of_line[i];
        struct spent whole = lines->line[i++];
        for (; i < lines->n && lines->campaign_of_line[i] == campaign; i++) {
            int64_t more = lines->line[i].count[AD_SPEND], *spend = &whole.count[AD_SPEND];
            if (more != AD_NOT_SAID) *spend = *spend == AD_NOT_SAID ? more : add_or_stay(*spend, more);
            whole.unpriced += lines->line[i].unpriced;
        }
        if (!lay_campaign(laying, &of, campaign, sum_of(&whole), &room, err)) return false;
    }
    return true;
}

bool spend_lay(struct request *request, const struct snapshot *snapshot, const struct spend_lines *lines,
               enum touch_dim dim, const struct groups *groups, struct range range, struct spend_table *out,
               struct err *err)
{
    struct laying laying = {request, snapshot, lines, groups, out};

    *out = (struct spend_table){.by_group = SCRATCH_ARRAY(&request->arena, struct group_spend, groups->by.n, err)};
    if (!out->by_group) return false;
    if (lines->n == 0) return true;
    for (size_t i = 0; i < lines->n; i++) out->unpriced += lines->line[i].unpriced;
    if (dim == TOUCH_PLATFORM) {
        lay_by_platform(&laying);
    } else if (!lay_by_touches(&laying, range, err)) {
        return false;
    }
    out->total_minor = out->unmatched_minor;
    for (uint32_t g = 0; g < groups->by.n; g++)
        out->total_minor = add_or_stay(out->total_minor, out->by_group[g].spend.minor);
    return true;
}
