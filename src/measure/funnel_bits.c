/* measure/funnel_bits.c -- how many came how far, for the usual question, by bits of rows (row_bits.h).
 *
 * Of all chains of steps 0..k those matter that no other one lies within: they are short enough, or none is. Each of
 * them ends in the first event of step k after such a chain of steps 0..k-1, if no other of these ends before it: of
 * the chains that go on to the same event the one that ended last began last, too. So their ends are found step by
 * step, for all persons of sixty-four rows at once, and only there is a time looked at: that of the end, and that of
 * the beginning, which was written down at the end of the shorter chain.
 *
 * A name is one step only, so a row ends chains of one length.
 */
#include "measure/funnel_int.h"

#include "base/clones.h"
#include "measure/row_bits.h"
#include "measure/scratch.h"

/* Of a step: chains that end with it. */
struct step_bits {
    uint64_t ends[BITS_WORDS];
    uint64_t open;      /* of the word before, see row_bits.h */
    int64_t began_ms;   /* the last of them that ended before the word */
    uint64_t came_open; /* of the word before: who has not come so far yet */
    uint64_t came;      /* persons */
};

struct funnel_bits {
    const struct funnel_plan *plan;
    bool all_time; /* no event is outside the range */
    uint64_t hidden_open;
    uint64_t in_range[BITS_WORDS];
    int64_t began_ms[BITS_ROWS]; /* of the chain that ends at each row */
    struct step_bits step[];
};

/* The events of a step that may be in a chain. */
static void find_events(struct funnel_bits *f, const struct bits_cursor *cursor, struct bits_piece piece, uint32_t k)
{
    const struct snapshot *snapshot = f->plan->snapshot;
    uint64_t *events = f->step[k].ends;

    bits_of_name(snapshot, piece, f->plan->query->step[k], events);
    if (!f->all_time) {
        for (uint32_t w = 0; w < piece.words; w++) events[w] &= f->in_range[w];
    }
    if (k == 0 && snapshot->hidden) bits_hide(cursor, piece, events, &f->hidden_open);
}

/* When the chain began that ends at the last of `ends` before `bit`. */
static inline int64_t began_before(const struct step_bits *step, uint64_t ends, uint64_t bit, const int64_t *began_ms)
{
    uint64_t before = ends & (bit - 1);
    return before ? began_ms[63 - __builtin_clzll(before)] : step->began_ms;
}

static inline void keep_last(struct step_bits *step, uint64_t ends, const int64_t *began_ms)
{
    if (ends) step->began_ms = began_ms[63 - __builtin_clzll(ends)];
}

CLONES static void read_first(struct funnel_bits *f, const struct bits_cursor *cursor, struct bits_piece piece)
{
    struct step_bits *step = &f->step[0];

    for (uint32_t w = 0; w < piece.words; w++) {
        bits_ask_ahead(f->plan->snapshot, piece, w, ASK_NAMES);
        bits_ask_ahead(f->plan->snapshot, piece, w, ASK_TIMES_LOW);
        step->came += (uint64_t)__builtin_popcountll(bits_first(step->ends[w], cursor->begins[w], &step->came_open));
    }
}

CLONES static void read_step(struct funnel_bits *f, const struct bits_cursor *cursor, struct bits_piece piece,
                             uint32_t k)
{
    const int64_t *at_ms = f->plan->snapshot->at_ms + piece.row;
    const uint64_t window = f->plan->window;
    struct step_bits *step = &f->step[k], *before = step - 1;
    const int64_t *shorter_ms = k == 1 ? at_ms : f->began_ms; /* a chain of one event begins with it */
    int64_t *began_ms = f->began_ms;

    for (uint32_t w = 0; w < piece.words; w++, at_ms += 64, shorter_ms += 64, began_ms += 64) {
        if (k == 1) bits_ask_ahead(f->plan->snapshot, piece, w, ASK_TIMES_HIGH);
        uint64_t begins = cursor->begins[w], shorter = before->ends[w], in_time = 0;
        uint64_t ends = bits_first_after(shorter, step->ends[w], begins | shorter, &step->open);

        step->ends[w] = ends;
        for (uint64_t bits = ends; bits != 0; bits &= bits - 1) {
            uint32_t i = (uint32_t)__builtin_ctzll(bits);
            uint64_t bit = bits & (0 - bits);
            int64_t from_ms = began_before(before, shorter, bit, shorter_ms);

            began_ms[i] = from_ms;
            in_time |= elapsed_ms(from_ms, at_ms[i]) <= window ? bit : 0;
        }
        keep_last(before, shorter, shorter_ms);
        step->came += (uint64_t)__builtin_popcountll(bits_first(in_time, begins, &step->came_open));
    }
}

bool funnel_count_bits(const struct funnel_plan *plan, uint32_t from, uint32_t to, struct arena *arena, uint64_t *came,
                       struct err *err)
{
    struct funnel_bits *f = scratch_take(arena, sizeof *f + plan->known * sizeof f->step[0], 1, err);
    struct bits_cursor cursor;
    struct bits_piece piece;

    if (!f) return false;
    f->plan = plan;
    f->all_time = range_holds_all(plan->query->range, plan->snapshot);
    bits_open(&cursor, plan->snapshot, from, to);
    while (bits_next(&cursor, &piece)) {
        if (!f->all_time) bits_of_range(plan->snapshot, piece, plan->query->range, f->in_range);
        for (uint32_t k = 0; k < plan->known; k++) {
            find_events(f, &cursor, piece, k);
            if (k == 0) {
                read_first(f, &cursor, piece);
            } else {
                read_step(f, &cursor, piece, k);
            }
        }
    }
    for (uint32_t k = 0; k < plan->known; k++)
        came[k] += f->step[k].came - (k + 1 < plan->known ? f->step[k + 1].came : 0);
    return true;
}
