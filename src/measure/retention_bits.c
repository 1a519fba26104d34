/* measure/retention_bits.c -- who started when, and then one look at each row that may be a return.
 *
 * The first start event of each person and the rows after it are found in words of bits (row_bits.h). Of these rows
 * only those can matter that have the name of the return or, if every event is one, lie in another period than the row
 * before; that much is one comparison a row. What is left, two or three rows a person, is counted one after the other:
 * a person is in one cell at a time, so a row in the cell that the person was last in changes nothing.
 *
 * Counting knows no exceptions. Who started outside of the cohorts has a row of cells that nobody asks for, and each
 * row has one cell more than asked for, for what is too late.
 */
#include "measure/retention_bits.h"

#include <string.h>

#include "base/clones.h"
#include "measure/row_bits.h"
#include "measure/scratch.h"
#include "measure/session.h"

struct start {
    uint32_t cells; /* where its row of cells begins */
    uint32_t cohort;
};

struct counting {
    const struct snapshot *snapshot;
    const struct retention_query *query;
    struct bits_clock clock;
    bool all_time; /* no event is outside the range */
    uint64_t *cells;
    uint32_t row_cells, nobody;                   /* cells of a row; the row of those who are in no cohort */
    uint64_t first_open, hidden_open, after_open; /* of the word before, see row_bits.h */
    uint32_t place;                               /* of the person last started, if touches are asked for */
    uint32_t last;                                /* the cell of the row last counted */
    struct start start[BITS_ROWS + 1];            /* of the piece; [0] is the last one before it */
    uint64_t firsts[BITS_WORDS], returns[BITS_WORDS];
    int32_t stretch[BITS_ROWS];
};

/* ---- who started ---- */

/* The first row of the person of a row, which is not before that of the last call. */
static uint64_t person_row(struct counting *c, uint64_t row)
{
    const uint64_t *first = c->snapshot->first;

    while (first[c->place + 1] <= row) c->place++;
    return first[c->place];
}

/* Of the person who starts at bit `i` of a piece. */
static inline __attribute__((always_inline)) struct start start_at(struct counting *c, struct bits_piece piece,
                                                                   uint32_t i)
{
    const struct retention_query *query = c->query;
    const struct start nobody = {c->nobody, 0};
    uint32_t cohort = bits_period(&c->clock, c->stretch[i]), group = 0;

    if (cohort >= query->n_cohorts) return nobody;
    if (!c->all_time && !range_holds(query->range, c->snapshot->at_ms[piece.row + i])) return nobody;
    if (query->touch_counts || query->by.key) {
        uint64_t row = piece.row + i;
        uint32_t touch = session_touch_at(c->snapshot, person_row(c, row), row);
        if (query->touch_counts && !query->touch_counts[touch]) return nobody;
        group = grouping_of(query->by, touch);
    }
    return (struct start){(group * query->n_cohorts + cohort) * c->row_cells, cohort};
}

static inline __attribute__((always_inline)) uint32_t find_starts(struct counting *c, struct bits_piece piece)
{
    uint32_t n = 0;

    for (uint32_t w = 0; w < piece.words; w++) {
        bits_ask_ahead(c->snapshot, piece, w, ASK_TIMES_LOW);
        for (uint64_t bits = c->firsts[w]; bits != 0; bits &= bits - 1) {
            c->start[++n] = start_at(c, piece, w * 64 + (uint32_t)__builtin_ctzll(bits));
            c->cells[c->start[n].cells]++;
        }
    }
    return n;
}

/* The rows of a piece to look at; false if there are none. */
static bool find_rows(struct counting *c, const struct bits_cursor *cursor, struct bits_piece piece)
{
    uint64_t *firsts = c->firsts, *returns = c->returns, after[BITS_WORDS], any = c->after_open;

    if (c->query->any_start) {
        memset(firsts, 0xFF, sizeof c->firsts);
    } else {
        bits_of_name(c->snapshot, piece, c->query->start_event, firsts);
    }
    if (c->snapshot->hidden) bits_hide(cursor, piece, firsts, &c->hidden_open);
    for (uint32_t w = 0; w < piece.words; w++) {
        bits_ask_ahead(c->snapshot, piece, w, ASK_NAMES);
        firsts[w] = bits_first(firsts[w], cursor->begins[w], &c->first_open);
        after[w] = bits_after(firsts[w], cursor->begins[w], &c->after_open);
        any |= firsts[w];
    }
    if (any == 0) return false;
    bits_stretches(&c->clock, piece, c->stretch);
    if (c->query->any_return) {
        bits_of_changes(c->stretch, piece, returns);
    } else {
        bits_of_name(c->snapshot, piece, c->query->return_event, returns);
    }
    for (uint32_t w = 0; w < piece.words; w++) returns[w] &= after[w];
    return true;
}

/* ---- who came back ---- */

/* Within count_piece, so that it is compiled anew for each kind of processor and for each mode. */
static inline __attribute__((always_inline)) void count_rows(struct counting *c, struct bits_piece piece,
                                                             const bool or_after)
{
    const struct bits_clock clock = c->clock;
    const int32_t *stretch = c->stretch;
    const struct start *start = c->start, *whose = c->start;
    uint64_t *const all = c->cells;
    const uint32_t most = c->query->n_cells - (or_after ? 1 : 0);
    uint32_t last = c->last;

    for (uint32_t w = 0; w < piece.words; w++, stretch += 64) {
        uint64_t firsts = c->firsts[w];
        bits_ask_ahead(c->snapshot, piece, w, ASK_TIMES_HIGH);
        for (uint64_t bits = c->returns[w]; bits != 0; bits &= bits - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(bits);
            const struct start *mine = start + __builtin_popcountll(firsts & (bits ^ (bits - 1)));
            uint64_t *cells = all + mine->cells;
            uint32_t cell = bits_period(&clock, stretch[bit]) - mine->cohort;

            last = mine == whose ? last : 0;
            cell = cell < most ? cell : most;
            if (or_after) cells[last] -= last != 0; /* from one cell to the next; never from the first */
            cells[cell] += (cell != 0) & (or_after | (cell != last));
            last = cell;
            whose = mine;
        }
        start += __builtin_popcountll(firsts);
    }
    c->last = whose == start ? last : 0;
}

CLONES static void count_piece(struct counting *c, struct bits_piece piece)
{
    uint32_t n = find_starts(c, piece);

    if (c->query->or_after) {
        count_rows(c, piece, true);
    } else {
        count_rows(c, piece, false);
    }
    c->start[0] = c->start[n];
}

bool retention_count_bits(const struct snapshot *snapshot, const struct retention_query *query,
                          const struct periods *periods, uint32_t from, uint32_t to, struct arena *arena,
                          uint64_t *returned, struct err *err)
{
    size_t rows = (size_t)query->by.n * query->n_cohorts, row_cells = query->n_cells + 1;
    struct counting *c = SCRATCH_ARRAY(arena, struct counting, 1, err);
    struct bits_cursor *cursor = SCRATCH_ARRAY(arena, struct bits_cursor, 1, err);
    struct bits_piece piece;

    if (!c || !cursor) return false;
    c->snapshot = snapshot;
    c->query = query;
    c->all_time = range_holds_all(query->range, snapshot);
    c->row_cells = (uint32_t)row_cells;
    c->nobody = (uint32_t)(rows * row_cells);
    c->place = from;
    c->cells = SCRATCH_ARRAY(arena, uint64_t, (rows + 1) * row_cells, err);
    if (!c->cells || !bits_clock_make(snapshot, periods, arena, &c->clock, err)) return false;
    bits_open(cursor, snapshot, from, to);
    while (bits_next(cursor, &piece))
        if (find_rows(c, cursor, piece)) count_piece(c, piece);
    for (size_t row = 0; row < rows; row++)
        for (uint32_t k = 0; k < query->n_cells; k++)
            returned[row * query->n_cells + k] += c->cells[row * row_cells + k];
    return true;
}
