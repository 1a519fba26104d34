/* measure/funnel.c -- the deepest chain of each person, counted.
 *
 * A shard reads its persons one by one (funnel_plan.c, funnel_order.c), counts how deep each came, and keeps the
 * times of its chain while they are still in the cache; the shards' counts are added up in their order, and the
 * quartiles selected over all of them (funnel_times.c). The persons behind a count are not kept: a page of them is
 * found by counting those of each shard and reading anew the shards that the page lies in.
 *
 * Invariants, which the tests hold us to:
 *   F1  persons of step k+1 <= persons of step k, in each group
 *   F2  the walk of a chain of depth d finds its d events before the person's end
 *   F3  groups add up to the answer without groups, periods to the persons of the first and the last step
 *   F4  each reading gives what trying every chain gives
 *   F5  the pages of persons add up to the counts
 *
 * Source: DESIGN.md (Funnel); goldens of models/attribution.md 5.4 (ClickHouse windowFunnel, PostHog time to convert).
 * Cost: O(events x steps) at worst, O(events) for the usual question. Empty snapshot, or a step that no event has: 0
 * persons there and after it, times -1.
 */
#include "measure/funnel.h"

#include <string.h>

#include "measure/funnel_int.h"
#include "measure/periods.h"
#include "measure/row_bits.h"
#include "measure/scratch.h"
#include "measure/shards.h"

/* ---- counts ---- */

/* A shard's answer. */
struct part {
    uint64_t *came; /* by group and depth less one: persons */
    struct funnel_period *periods;
    struct funnel_chains chains;
};

struct count {
    const struct funnel_plan *plan;
    const struct funnel_answer *answer;
    const struct periods *periods; /* of the answer; NULL: it has none */
    struct part part[SHARDS_MAX];
};

static void count_period(const struct count *count, const struct funnel_chain *chain, struct funnel_period *periods)
{
    const struct funnel_answer *answer = count->answer;
    int64_t at_ms = count->plan->snapshot->at_ms[chain->first_row];

    if (at_ms < answer->bounds[0] || at_ms >= answer->bounds[answer->n_periods]) return;
    struct funnel_period *period = &periods[period_of(count->periods, at_ms)];
    period->entered++;
    period->converted += chain->depth == count->plan->steps;
}

static bool take_part(const struct count *count, struct arena *arena, struct part *part, struct err *err)
{
    part->came = SCRATCH_ARRAY(arena, uint64_t, (size_t)count->plan->query->by.n * count->plan->steps, err);
    if (!part->came) return false;
    part->periods = SCRATCH_ARRAY(arena, struct funnel_period, count->answer->n_periods, err);
    return part->periods != NULL;
}

static bool count_shard(void *context, struct shard *shard, struct err *err)
{
    struct count *count = context;
    const struct funnel_plan *plan = count->plan;
    struct part part = {0};
    struct funnel_reader reader = {.plan = plan, .arena = &shard->arena, .err = err};
    struct funnel_chain chain = {0};
    int64_t at_ms[FUNNEL_STEPS_MAX];
    uint32_t place = shard->from;

    if (!take_part(count, &shard->arena, &part, err)) return false;
    if (plan->known > 0 && plan->read == funnel_read_plain && !plan->needs_start && !plan->query->excluded &&
        bits_pay(plan->snapshot, shard->from, shard->to, &place)) {
        if (!funnel_count_bits(plan, shard->from, place, &shard->arena, part.came, err)) return false;
    }
    for (; place < shard->to && plan->known > 0; place++) {
        if (!funnel_read(&reader, place, &chain)) return false;
        if (chain.depth == 0) continue;

        uint32_t group = funnel_group(plan, &chain);
        part.came[(size_t)group * plan->steps + chain.depth - 1]++;
        if (count->periods) count_period(count, &chain, part.periods);
        if (!count->answer->times || chain.depth < 2) continue;
        if (!funnel_walk(&reader, &chain, at_ms)) return false;
        if (!funnel_chains_add(&part.chains, &shard->arena, group, chain.depth, at_ms, err)) return false;
    }
    count->part[shard->index] = part;
    return true;
}

/* Who came to step k or further, over all shards. */
static void add_up(const struct count *count, uint32_t n_parts, struct funnel_step *steps,
                   struct funnel_period *periods)
{
    uint32_t n_steps = count->plan->steps;

    for (size_t i = (size_t)count->plan->query->by.n * n_steps; i-- > 0;) {
        bool is_last = (i + 1) % n_steps == 0;
        struct funnel_times nobody = {-1, -1, -1};

        steps[i] = (struct funnel_step){is_last ? 0 : steps[i + 1].persons, nobody, nobody};
        for (uint32_t p = 0; p < n_parts; p++) steps[i].persons += count->part[p].came[i];
    }
    for (uint32_t p = 0; p < n_parts; p++) {
        for (uint32_t i = 0; i < count->answer->n_periods; i++) {
            periods[i].entered += count->part[p].periods[i].entered;
            periods[i].converted += count->part[p].periods[i].converted;
        }
    }
}

static bool finish(const struct count *count, uint32_t n_parts, struct arena *arena, struct err *err)
{
    const struct funnel_answer *answer = count->answer;
    size_t n_steps = count->plan->steps, n_cells = count->plan->query->by.n * n_steps;
    const struct funnel_chains *chains[SHARDS_MAX];
    struct funnel_step *steps = SCRATCH_ARRAY(arena, struct funnel_step, n_cells, err);
    struct funnel_period *periods = SCRATCH_ARRAY(arena, struct funnel_period, answer->n_periods, err);
    uint64_t lengths[FUNNEL_STEPS_MAX][FUNNEL_LENGTHS] = {{0}};

    if (!steps || !periods) return false;
    add_up(count, n_parts, steps, periods);
    for (uint32_t p = 0; p < n_parts; p++) chains[p] = &count->part[p].chains;
    if (answer->times &&
        !funnel_times_fill(count->plan, chains, n_parts, arena, steps, answer->lengths ? lengths : NULL, err))
        return false;
    if (n_cells > 0) memcpy(answer->steps, steps, n_cells * sizeof *steps);
    if (answer->lengths) memcpy(answer->lengths, lengths, n_steps * sizeof *lengths);
    if (answer->n_periods > 0) memcpy(answer->periods, periods, answer->n_periods * sizeof *periods);
    return true;
}

bool funnel_count(const struct snapshot *snapshot, const struct funnel_query *query, struct arena *arena,
                  const struct funnel_answer *answer, struct err *err)
{
    struct funnel_plan plan;
    struct shards shards;

    CHECK(!answer->lengths || (answer->times && query->by.n == 1));
    if (!funnel_plan_make(snapshot, query, arena, &plan, err)) return false;
    plan.needs_start = answer->times || answer->n_periods > 0 || query->by.key;
    struct count count = {.plan = &plan, .answer = answer};
    if (answer->n_periods > 0 && !(count.periods = periods_new(arena, answer->bounds, answer->n_periods, err)))
        return false;
    shards_open(&shards, snapshot, arena,
                (size_t)query->by.n * plan.steps * sizeof(uint64_t) + answer->n_periods * sizeof(struct funnel_period));
    bool ok = shards_run(&shards, count_shard, &count, err) && finish(&count, shards.n, arena, err);
    shards_close(&shards);
    return ok;
}

/* ---- persons ---- */

struct roll {
    const struct funnel_plan *plan;
    const struct funnel_who *who;
    uint64_t n[SHARDS_MAX]; /* of each shard */
};

static bool is_asked_for(const struct roll *roll, const struct funnel_chain *chain)
{
    const struct funnel_who *who = roll->who;

    if (chain->depth < who->least || chain->depth > who->most) return false;
    return who->group == DICT_NONE || who->group == funnel_group(roll->plan, chain);
}

static bool roll_shard(void *context, struct shard *shard, struct err *err)
{
    struct roll *roll = context;
    struct funnel_reader reader = {.plan = roll->plan, .arena = &shard->arena, .err = err};
    struct funnel_chain chain = {0};
    uint64_t n = 0;

    for (uint32_t place = shard->from; place < shard->to && roll->plan->known > 0; place++) {
        if (!funnel_read(&reader, place, &chain)) return false;
        n += is_asked_for(roll, &chain);
    }
    roll->n[shard->index] = n;
    return true;
}

/* Up to `limit` persons of a shard, those after the first `skip`. */
static bool list_shard(const struct roll *roll, struct shard *shard, uint64_t skip, uint32_t limit,
                       struct funnel_person *out, uint32_t *n, struct err *err)
{
    struct funnel_reader reader = {.plan = roll->plan, .arena = &shard->arena, .err = err};
    struct funnel_chain chain = {0};
    int64_t at_ms[FUNNEL_STEPS_MAX];

    *n = 0;
    for (uint32_t place = shard->from; place < shard->to && *n < limit; place++) {
        if (!funnel_read(&reader, place, &chain)) return false;
        if (!is_asked_for(roll, &chain)) continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        if (!funnel_walk(&reader, &chain, at_ms)) return false;
        out[(*n)++] = (struct funnel_person){place, chain.depth, at_ms[0], at_ms[chain.depth - 1]};
    }
    return true;
}

static bool list_page(const struct roll *roll, struct shards *shards, struct funnel_person *out, uint32_t *n,
                      struct err *err)
{
    uint64_t skip = roll->who->skip;
    uint32_t listed = 0, more;

    for (uint32_t i = 0; i < shards->n && listed < roll->who->limit; i++) {
        if (skip >= roll->n[i]) {
            skip -= roll->n[i];
            continue;
        }
        if (!list_shard(roll, &shards->shard[i], skip, roll->who->limit - listed, out + listed, &more, err))
            return false;
        listed += more;
        skip = 0;
    }
    *n = listed;
    return true;
}

bool funnel_persons(const struct snapshot *snapshot, const struct funnel_query *query, const struct funnel_who *who,
                    struct arena *arena, struct funnel_person *out, uint32_t *n, uint64_t *total, struct err *err)
{
    struct funnel_plan plan;
    struct shards shards;
    uint64_t sum = 0;

    CHECK(who->least >= 1);
    if (!funnel_plan_make(snapshot, query, arena, &plan, err)) return false;
    plan.needs_start = true;
    struct roll roll = {.plan = &plan, .who = who};
    shards_open(&shards, snapshot, arena, 0);
    bool ok = shards_run(&shards, roll_shard, &roll, err) && list_page(&roll, &shards, out, n, err);
    for (uint32_t i = 0; i < shards.n; i++) sum += roll.n[i];
    if (ok) *total = sum;
    shards_close(&shards);
    return ok;
}
