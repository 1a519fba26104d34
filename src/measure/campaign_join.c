/* measure/campaign_join.c -- values are looked up once each, touches only look at what came of it.
 *
 * Campaigns stand sorted by (text, folded to lower case), under their id and under their name; a value finds the
 * stretch of those that bear it. ASCII folding is enough for ids and for most names; a name in another script has to
 * match letter by letter.
 */
#include "measure/campaign_join.h"

#include <stdlib.h>

#include "measure/scratch.h"

__extension__ typedef unsigned __int128 Wide;

struct called {
    Str text;
    uint32_t campaign;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int compare_text(Str a, Str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        unsigned char x = (unsigned char)lower(a.p[i]), y = (unsigned char)lower(b.p[i]);
        if (x != y) return x < y ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

static int by_text(const void *a, const void *b)
{
    const struct called *x = a, *y = b;
    int order = compare_text(x->text, y->text);
    return order ? order : (x->campaign > y->campaign) - (x->campaign < y->campaign);
}

struct index {
    struct called *called;
    uint32_t n;
};

/* Campaigns without such a text are left out. */
static bool index_open(struct index *index, const struct join_campaign *campaigns, uint32_t n, bool by_name,
                       struct arena *arena, struct err *err)
{
    *index = (struct index){.called = SCRATCH_ARRAY(arena, struct called, n, err)};
    if (!index->called) return false;
    for (uint32_t i = 0; i < n; i++) {
        Str text = str_trim(by_name ? campaigns[i].name : campaigns[i].external_id);
        if (text.n) index->called[index->n++] = (struct called){text, i};
    }
    if (index->n) qsort(index->called, index->n, sizeof *index->called, by_text);
    return true;
}

/* The stretch of those with the text; empty: from == to. */
static void index_find(const struct index *index, Str text, uint32_t *from, uint32_t *to)
{
    uint32_t low = 0, high = index->n;

    while (low < high) {
        uint32_t half = low + (high - low) / 2;
        if (compare_text(index->called[half].text, text) < 0) {
            low = half + 1;
        } else {
            high = half;
        }
    }
    *from = *to = low;
    while (*to < index->n && compare_text(index->called[*to].text, text) == 0) ++*to;
}

/* ---- one value ---- */

/* What a value of a dimension says: nothing, a campaign for certain, none for certain, or one of a stretch. */
struct says {
    enum { UNASKED, NOTHING, CERTAIN, ONE_OF } what;
    uint32_t campaign;
    const struct called *from, *to;
};

struct join {
    const struct snapshot *snapshot;
    const struct join_campaign *campaigns;
    const struct join_said *said;
    uint32_t n_said;
    struct index ids, names;
    struct says *said_of[TOUCH_DIM_COUNT]; /* by value id; NULL: nothing was said of the dimension */
    struct says *id_of, *name_of;          /* by value id */
};

static struct says in_index(const struct index *index, Str text)
{
    uint32_t from, to;

    index_find(index, text, &from, &to);
    if (from == to) return (struct says){.what = NOTHING};
    return (struct says){.what = ONE_OF, .from = index->called + from, .to = index->called + to};
}

/* The one of a stretch that is on the touch's platform; the only one wherever it is. */
static uint32_t choose(const struct join *join, const struct says *says, Str platform)
{
    uint32_t found = JOIN_NONE;

    if (says->what == CERTAIN) return says->campaign;
    if (says->what != ONE_OF) return JOIN_NONE;
    if (says->to - says->from == 1) return says->from->campaign;
    for (const struct called *at = says->from; at < says->to; at++) {
        if (!str_eq_nocase(join->campaigns[at->campaign].platform, platform)) continue;
        if (found != JOIN_NONE && found != at->campaign) return JOIN_NONE;
        found = at->campaign;
    }
    return found;
}

/* ---- touches ---- */

static const enum touch_dim SAID_ORDER[] = {TOUCH_CAMPAIGN_ID, TOUCH_CAMPAIGN, TOUCH_CREATIVE, TOUCH_CONTENT,
                                            TOUCH_SOURCE};

/* A value taken for an id, then for a name. */
static uint32_t by_id(const struct join *join, uint32_t value, Str platform)
{
    if (value == 0) return JOIN_NONE;
    if (join->id_of[value].what == UNASKED)
        join->id_of[value] = in_index(&join->ids, snapshot_value(join->snapshot, value));
    return choose(join, &join->id_of[value], platform);
}

static uint32_t by_id_or_name(const struct join *join, uint32_t value, Str platform)
{
    uint32_t found = by_id(join, value, platform);

    if (value == 0 || found != JOIN_NONE) return found;
    if (join->name_of[value].what == UNASKED)
        join->name_of[value] = in_index(&join->names, snapshot_value(join->snapshot, value));
    return choose(join, &join->name_of[value], platform);
}

static uint32_t campaign_of(const struct join *join, const struct touch *touch)
{
    Str platform = snapshot_value(join->snapshot, touch->dim[TOUCH_PLATFORM]);

    for (size_t i = 0; i < COUNT_OF(SAID_ORDER); i++) {
        const struct says *of = join->said_of[SAID_ORDER[i]];
        if (of && of[touch->dim[SAID_ORDER[i]]].what == CERTAIN) return of[touch->dim[SAID_ORDER[i]]].campaign;
    }
    uint32_t found = by_id(join, touch->dim[TOUCH_CAMPAIGN_ID], platform);
    return found != JOIN_NONE ? found : by_id_or_name(join, touch->dim[TOUCH_CAMPAIGN], platform);
}

static int said_order(const void *a, const void *b)
{
    const struct join_said *x = a, *y = b;
    if (x->dim != y->dim) return x->dim < y->dim ? -1 : 1;
    return compare_text(x->value, y->value);
}

/* Each value that some touch has in a dimension, and that something was said of. */
static bool read_said(struct join *join, struct arena *arena, struct err *err)
{
    const struct snapshot *snapshot = join->snapshot;
    struct join_said *sorted = SCRATCH_ARRAY(arena, struct join_said, join->n_said, err);

    if (!sorted) return false;
    for (uint32_t i = 0; i < join->n_said; i++) sorted[i] = join->said[i];
    if (join->n_said) qsort(sorted, join->n_said, sizeof *sorted, said_order);
    for (uint32_t i = 0; i < join->n_said; i++) {
        struct says **of = &join->said_of[sorted[i].dim];
        if (*of) continue;
        *of = SCRATCH_ARRAY(arena, struct says, snapshot->n_values, err);
        if (!*of) return false;
    }
    for (uint32_t t = 0; t < snapshot->n_touches && join->n_said; t++) {
        for (size_t d = 0; d < COUNT_OF(SAID_ORDER); d++) {
            struct says *of = join->said_of[SAID_ORDER[d]];
            uint32_t value = snapshot->touches[t].dim[SAID_ORDER[d]];
            if (!of || !value || of[value].what != UNASKED) continue;
            struct join_said key = {.dim = SAID_ORDER[d], .value = snapshot_value(snapshot, value)};
            const struct join_said *found = bsearch(&key, sorted, join->n_said, sizeof key, said_order);
            of[value] =
                found ? (struct says){.what = CERTAIN, .campaign = found->campaign} : (struct says){.what = NOTHING};
        }
    }
    return true;
}

static bool join_open(struct join *join, uint32_t n, struct arena *arena, struct err *err)
{
    uint32_t n_values = join->snapshot->n_values;

    if (!index_open(&join->ids, join->campaigns, n, false, arena, err)) return false;
    if (!index_open(&join->names, join->campaigns, n, true, arena, err)) return false;
    join->id_of = SCRATCH_ARRAY(arena, struct says, n_values, err);
    join->name_of = join->id_of ? SCRATCH_ARRAY(arena, struct says, n_values, err) : NULL;
    return join->name_of != NULL;
}

bool campaign_join(const struct snapshot *snapshot, const struct join_campaign *campaigns, uint32_t n,
                   const struct join_said *said, uint32_t n_said, struct arena *arena, uint32_t *campaign_of_touch,
                   struct err *err)
{
    struct join join = {.snapshot = snapshot, .campaigns = campaigns, .said = said, .n_said = n_said};

    if (!join_open(&join, n, arena, err) || !read_said(&join, arena, err)) return false;
    for (uint32_t t = 0; t < snapshot->n_touches; t++) campaign_of_touch[t] = campaign_of(&join, &snapshot->touches[t]);
    return true;
}

bool ad_join(const struct snapshot *snapshot, const struct join_campaign *ads, uint32_t n,
             const uint32_t *campaign_of_touch, uint32_t campaign, struct arena *arena, uint32_t *ad_of_touch,
             struct err *err)
{
    struct join join = {.snapshot = snapshot, .campaigns = ads};

    if (!join_open(&join, n, arena, err)) return false;
    for (uint32_t t = 0; t < snapshot->n_touches; t++) {
        const uint32_t *dim = snapshot->touches[t].dim;
        ad_of_touch[t] = JOIN_NONE;
        if (campaign_of_touch[t] != campaign) continue;
        ad_of_touch[t] = by_id_or_name(&join, dim[TOUCH_CREATIVE], STR(""));
        if (ad_of_touch[t] == JOIN_NONE) ad_of_touch[t] = by_id_or_name(&join, dim[TOUCH_CONTENT], STR(""));
    }
    return true;
}

/* ---- spend ---- */

void touch_events(const struct snapshot *snapshot, struct range range, uint64_t *events)
{
    for (uint32_t place = 0; place < snapshot->n_places; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        for (uint64_t row = rows.begin; row < rows.end; row++)
            events[snapshot->touch[row]] += range_holds(range, snapshot->at_ms[row]);
    }
}

struct due {
    uint64_t left; /* in units of 1 / total */
    uint32_t place;
};

static int most_due(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    if (x->left != y->left) return x->left < y->left ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

bool split_amount(int64_t amount, const uint64_t *weight, uint32_t n, struct arena *arena, int64_t *part,
                  struct err *err)
{
    struct due *due = SCRATCH_ARRAY(arena, struct due, n, err);
    uint64_t total = 0, rest = (uint64_t)amount;

    CHECK(amount >= 0);
    if (!due) return false;
    for (uint32_t i = 0; i < n; i++) total += weight[i];
    CHECK(total > 0);
    for (uint32_t i = 0; i < n; i++) {
        Wide share = (Wide)(uint64_t)amount * weight[i];
        part[i] = (int64_t)(share / total);
        due[i] = (struct due){(uint64_t)(share % total), i};
        rest -= (uint64_t)part[i];
    }
    qsort(due, n, sizeof *due, most_due);
    for (uint64_t i = 0; i < rest; i++) part[due[i].place]++; /* fewer than n */
    return true;
}
