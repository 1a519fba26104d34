/* measure/funnel_times.c -- how long it took, exactly.
 *
 * The scan keeps the chains of the persons who reached step 2: what follows the first event, in milliseconds from it,
 * in 32 bits where all of them fit (49 days). Then, step by step, the lengths of all persons are laid out group by
 * group, and their quartiles selected: from the step before and from the first step at the same time, on two threads.
 * That takes 16 bytes a person for the largest step, however many steps there are.
 */
#include "base/parallel.h"
#include "measure/funnel_int.h"
#include "measure/quantile.h"
#include "measure/scratch.h"

/* Chains of one depth and width lie behind each other, so that no step is looked for in a chain that does not have
 * it; in pieces, so that nothing is copied as they grow and no chain crosses a border. A chain is its group, and for
 * each step but the first a word or, when it is wide, two, the lower one first. */
#define PIECE_WORDS 4096

struct funnel_piece {
    struct funnel_piece *next;
    size_t n;
    uint32_t word[PIECE_WORDS];
};

static size_t words_of(uint32_t depth, bool wide)
{
    return 1 + (size_t)(depth - 1) * (wide ? 2 : 1);
}

static uint32_t *list_add(struct funnel_list *list, size_t n, struct arena *arena, struct err *err)
{
    struct funnel_piece *piece = list->last;

    if (!piece || piece->n + n > PIECE_WORDS) {
        piece = SCRATCH_ARRAY(arena, struct funnel_piece, 1, err);
        if (!piece) return NULL;
        if (list->last) list->last->next = piece;
        if (!list->first) list->first = piece;
        list->last = piece;
    }
    uint32_t *word = piece->word + piece->n;
    piece->n += n;
    return word;
}

bool funnel_chains_add(struct funnel_chains *chains, struct arena *arena, uint32_t group, uint32_t depth,
                       const int64_t *at_ms, struct err *err)
{
    bool wide = elapsed_ms(at_ms[0], at_ms[depth - 1]) > UINT32_MAX;
    uint32_t *word = list_add(&chains->list[depth][wide], words_of(depth, wide), arena, err);

    if (!word) return false;
    *word++ = group;
    for (uint32_t k = 1; k < depth; k++) {
        uint64_t ms = elapsed_ms(at_ms[0], at_ms[k]);
        *word++ = (uint32_t)ms;
        if (wide) *word++ = (uint32_t)(ms >> 32);
    }
    chains->n++;
    return true;
}

/* From the first event to the one of step k; `word` is the chain's. */
static uint64_t offset_ms(const uint32_t *word, bool wide, size_t k)
{
    if (k == 0) return 0;
    if (!wide) return word[k];
    return word[2 * k - 1] | (uint64_t)word[2 * k] << 32;
}

/* ---- one step ---- */

/* Room for one step at a time: how long each person took to it, group by group. */
struct lengths {
    uint64_t *ms;
    size_t *next; /* by group: where its next one goes; in the end one past its last */
};

enum { FROM_PREVIOUS, FROM_FIRST, KINDS };

struct step_times {
    const struct funnel_plan *plan;
    const struct funnel_chains *const *chains;
    uint32_t n_chains;
    struct funnel_step *steps;
    uint64_t (*counts)[FUNNEL_LENGTHS];
    struct lengths lengths[KINDS];
    uint32_t k;
};

static void fill_piece(const struct funnel_piece *piece, size_t words, bool wide, uint32_t from, uint32_t k,
                       struct lengths *lengths)
{
    for (const uint32_t *word = piece->word, *end = word + piece->n; word < end; word += words)
        lengths->ms[lengths->next[*word]++] = offset_ms(word, wide, k) - offset_ms(word, wide, from);
}

/* Those of the chains that reached step k. */
static void fill_chains(const struct funnel_chains *chains, uint32_t steps, uint32_t from, uint32_t k,
                        struct lengths *lengths)
{
    for (uint32_t depth = k + 1; depth <= steps; depth++) {
        for (int wide = 0; wide < 2; wide++) {
            for (const struct funnel_piece *piece = chains->list[depth][wide].first; piece; piece = piece->next)
                fill_piece(piece, words_of(depth, wide), wide, from, k, lengths);
        }
    }
}

static void fill_lengths(const struct step_times *times, uint32_t from, struct lengths *lengths)
{
    size_t begin = 0;

    for (uint32_t group = 0; group < times->plan->query->by.n; group++) {
        lengths->next[group] = begin;
        begin += (size_t)times->steps[(size_t)group * times->plan->steps + times->k].persons;
    }
    for (uint32_t i = 0; i < times->n_chains; i++)
        fill_chains(times->chains[i], times->plan->steps, from, times->k, lengths);
}

const int64_t FUNNEL_LENGTHS_MS[FUNNEL_LENGTHS - 1] = {1000,     10000,    60000,    300000,    900000,    3600000,
                                                       10800000, 43200000, 86400000, 259200000, 604800000, 2592000000};

/* No two bounds are of the same bit length, so a length need be compared with one only. */
static void count_lengths(const uint64_t *ms, size_t n, uint64_t *counts)
{
    uint64_t bound[65];
    size_t index[65], at = 0;

    for (size_t bits = 0; bits <= 64; bits++) {
        index[bits] = at;
        bound[bits] = UINT64_MAX;
        if (at == FUNNEL_LENGTHS - 1 || bits == 64 || (uint64_t)FUNNEL_LENGTHS_MS[at] >> bits != 0) continue;
        bound[bits] = (uint64_t)FUNNEL_LENGTHS_MS[at++];
    }
    for (size_t i = 0; i < n; i++) {
        size_t bits = 64U - (size_t)__builtin_clzll(ms[i] | 1);
        counts[index[bits] + (ms[i] >= bound[bits])]++;
    }
}

static int64_t shown_ms(uint64_t ms)
{
    return ms > INT64_MAX ? INT64_MAX : (int64_t)ms;
}

/* One kind of one step. */
static void time_step(void *context, uint32_t kind)
{
    const struct step_times *times = context;
    struct lengths lengths = times->lengths[kind];
    uint32_t steps = times->plan->steps, k = times->k;
    bool is_whole = kind == FROM_FIRST && k + 1 == steps;

    fill_lengths(times, kind == FROM_FIRST ? 0 : k - 1, &lengths);
    for (uint32_t group = 0; group < times->plan->query->by.n; group++) {
        struct funnel_step *step = &times->steps[(size_t)group * steps + k];
        if (step->persons == 0) continue;

        size_t n = (size_t)step->persons;
        uint64_t *ms = lengths.ms + (lengths.next[group] - n);
        if (times->counts && (kind == FROM_PREVIOUS || is_whole))
            count_lengths(ms, n, times->counts[is_whole ? k : k - 1]);
        struct quartiles q = quartiles_of(ms, n);
        struct funnel_times *out = kind == FROM_FIRST ? &step->from_first : &step->from_previous;
        *out = (struct funnel_times){shown_ms(q.low), shown_ms(q.median), shown_ms(q.high)};
    }
}

/* ---- all of them ---- */

static bool take_lengths(struct step_times *times, struct arena *arena, struct err *err)
{
    size_t most = 0;

    for (uint32_t i = 0; i < times->n_chains; i++) most += times->chains[i]->n;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        times->lengths[kind].ms = SCRATCH_ARRAY(arena, uint64_t, most, err);
        if (!times->lengths[kind].ms) return false;
        times->lengths[kind].next = SCRATCH_ARRAY(arena, size_t, times->plan->query->by.n, err);
        if (!times->lengths[kind].next) return false;
    }
    return true;
}

bool funnel_times_fill(const struct funnel_plan *plan, const struct funnel_chains *const *chains, uint32_t n_chains,
                       struct arena *arena, struct funnel_step *steps, uint64_t (*lengths)[FUNNEL_LENGTHS],
                       struct err *err)
{
    struct step_times times = {
        .plan = plan, .chains = chains, .n_chains = n_chains, .steps = steps, .counts = lengths, .k = 1};

    if (!take_lengths(&times, arena, err)) return false;
    for (uint32_t group = 0; group < plan->query->by.n; group++) {
        struct funnel_step *first = &steps[(size_t)group * plan->steps];
        if (first->persons > 0) first->from_previous = first->from_first = (struct funnel_times){0, 0, 0};
    }
    for (; times.k < plan->steps; times.k++) parallel_run(KINDS, time_step, &times);
    return true;
}
