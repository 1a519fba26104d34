/* measure/row_bits.h -- what is so of each row of a stretch, a bit a row, and how bits of one person are found.
 *
 * Is:    rows of persons that lie behind each other, taken BITS_ROWS at a time: where persons begin, which rows have a
 *        name, which begin a new stretch of time; and the first row of a kind after another, for all persons at once.
 * Owns:  nothing.
 * Never: takes a branch that depends on a row.
 *
 * A person has a handful of events, so a loop over them ends where the processor cannot foresee, and that costs it more
 * than the events do. Sixty-four rows in a word have no such end. To go from a bit up to the next one of a kind is one
 * subtraction: it borrows its way up and clears the bit that it stops at. What a person has open at the end of a word
 * is one more bit, kept for the next.
 */
#ifndef MEASURE_ROW_BITS_H
#define MEASURE_ROW_BITS_H

#include "measure/periods.h"

#define BITS_ROWS 512U
#define BITS_WORDS (BITS_ROWS / 64)

/* The rows of persons `place` .. `to`-1 of the base, piece by piece. */
struct bits_cursor {
    const struct snapshot *snapshot;
    uint32_t place, to;          /* the next person to begin */
    uint64_t row, end;           /* of the next piece; of the last person */
    uint64_t begins[BITS_WORDS]; /* of the piece: the first row of each person */
    uint64_t hidden[BITS_WORDS]; /* likewise, of those whom this reader does not see; only if there may be any */
};

struct bits_piece {
    uint64_t row; /* of bit 0 */
    uint32_t n;   /* rows; what is past them is 0 in every word */
    uint32_t words;
};

/* Is it faster by bits than person by person? Some of the places from .. to-1 must be of the base, and enough of those
 * be seen; *base_to is one past the last of them. Else it is left as it is. */
bool bits_pay(const struct snapshot *snapshot, uint32_t from, uint32_t to, uint32_t *base_to);
void bits_open(struct bits_cursor *cursor, const struct snapshot *snapshot, uint32_t from, uint32_t to);
/* False after the last. */
bool bits_next(struct bits_cursor *cursor, struct bits_piece *piece);

/* The rows with a name. */
void bits_of_name(const struct snapshot *snapshot, struct bits_piece piece, uint32_t name, uint64_t *bits);

/* The rows within a range. */
void bits_of_range(const struct snapshot *snapshot, struct bits_piece piece, struct range range, uint64_t *bits);

/* Equal stretches of time, so short that each lies in one period, and which that is. */
struct bits_clock {
    const struct snapshot *snapshot;
    const struct periods *periods;
    int64_t from_ms;
    double per_ms;      /* 0: there are no such stretches, periods are looked up one by one and stand for themselves */
    uint32_t before, n; /* stretches before the first period; from there on to the end of the last */
    const uint32_t *period; /* n + 1: of each; the last is for every other time, and periods->n */
};
/* False and err when the arena has no room. */
bool bits_clock_make(const struct snapshot *snapshot, const struct periods *periods, struct arena *arena,
                     struct bits_clock *out, struct err *err) MUST_CHECK;
/* The stretch of each row of a piece. */
void bits_stretches(const struct bits_clock *clock, struct bits_piece piece, int32_t *stretch);
/* The rows that are of another one than the row before; of the first row nothing can be said, it is always one. */
void bits_of_changes(const int32_t *stretch, struct bits_piece piece, uint64_t *bits);

/* The period that a stretch lies in; periods->n if in none. */
static inline uint32_t bits_period(const struct bits_clock *clock, int32_t stretch)
{
    uint32_t i = (uint32_t)stretch - clock->before;
    return clock->period[i < clock->n ? i : clock->n];
}

/* Ask for the rows of the piece after this one, a little while each word is read: what needs them would else wait for
 * memory and do nothing, and memory can be asked for so much at a time only. */
enum bits_ask { ASK_NAMES, ASK_TIMES_LOW, ASK_TIMES_HIGH };

static inline void bits_ask_ahead(const struct snapshot *snapshot, struct bits_piece piece, uint32_t w,
                                  enum bits_ask what)
{
    uint64_t row = piece.row + BITS_ROWS + (uint64_t)w * 64;

    if (what == ASK_NAMES) {
        __builtin_prefetch(snapshot->name + row);
        __builtin_prefetch(snapshot->name + row + 32);
        return;
    }
    for (uint32_t i = 0; i < 32; i += 8)
        __builtin_prefetch(snapshot->at_ms + row + i + (what == ASK_TIMES_HIGH ? 32 : 0));
}

/* The first row of `wanted` after each row of `from`, unless one of `begins` comes before it. Of two rows of `from`
 * something must lie between, or the later be among `begins`: a subtraction borrows once. `open`: one is looked for
 * from the word before. */
static inline uint64_t bits_first_after(uint64_t from, uint64_t wanted, uint64_t begins, uint64_t *open)
{
    uint64_t stops = wanted | begins, starts = from << 1 | *open;
    uint64_t reached = stops & ~(stops - starts);

    *open = (stops < starts) | from >> 63;
    return reached & wanted & ~begins;
}

/* The first row of `wanted` of each person. */
static inline uint64_t bits_first(uint64_t wanted, uint64_t begins, uint64_t *open)
{
    return (wanted & begins) | bits_first_after(begins & ~wanted, wanted, begins, open);
}

/* The rows of the person after each row of `from`. */
static inline uint64_t bits_after(uint64_t from, uint64_t begins, uint64_t *open)
{
    uint64_t starts = from << 1 | *open, rest = begins - starts;

    *open = (begins < starts) | from >> 63;
    return rest & ~begins;
}

/* Leave out of a piece's bits the persons whom this reader does not see. */
static inline void bits_hide(const struct bits_cursor *cursor, struct bits_piece piece, uint64_t *bits, uint64_t *open)
{
    for (uint32_t w = 0; w < piece.words; w++)
        bits[w] &= ~(cursor->hidden[w] | bits_after(cursor->hidden[w], cursor->begins[w], open));
}

#endif
