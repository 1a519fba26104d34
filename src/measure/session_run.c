/* measure/session_run.c -- see session_run.h.
 *
 * A row whose tuple is that of the row before, and that comes without a pause, begins no session: the session's tuple
 * is the row's, or the row's is empty. A person's first row and one after a pause begin one. What is left is asked of
 * the rule itself: all of a person's events take part, so the latest event is the row before, and the session's tuple
 * that of the row at which one began last.
 *
 * Cost: O(rows), many to an instruction; and of the persons, sessions and conversions.
 */
#include "measure/session_run.h"

#include <string.h>

#include "base/byte_bits.h"
#include "base/clones.h"
#include "measure/scratch.h"

#define PIECE 512
#define WORDS (PIECE / 64)

static bool reserve(struct session_run *run, uint64_t n, struct arena *arena, struct err *err)
{
    uint64_t capacity = n + n / 2;

    if (run->person && n <= run->capacity) return true; /* also a run without rows needs one person */
    run->capacity = 0;
    run->start = SCRATCH_ARRAY(arena, uint64_t, capacity + 1, err); /* what is not counted is written behind them */
    if (!run->start) return false;
    run->conversion = SCRATCH_ARRAY(arena, uint64_t, capacity + 1, err);
    if (!run->conversion) return false;
    run->begun = SCRATCH_ARRAY(arena, uint32_t, capacity + 1, err);
    if (!run->begun) return false;
    run->person = SCRATCH_ARRAY(arena, struct session_person, capacity + 2, err);
    if (!run->person) return false;
    run->capacity = capacity;
    return true;
}

struct finding {
    const struct snapshot *snapshot;
    struct rows rows;
    struct session session; /* before the first of them */
    uint32_t place, after;  /* the next person to begin */
};

/* Who has rows before `end`, and the first of these. */
static void mark_persons(struct session_run *run, struct finding *finding, uint64_t from, uint64_t end, uint64_t *bits)
{
    for (; finding->place < finding->after; finding->place++) {
        struct rows rows = snapshot_rows(finding->snapshot, finding->place);
        if (rows.begin == rows.end) continue;
        if (rows.begin >= end) break;
        uint64_t at = rows.begin - from;
        bits[at / 64] |= UINT64_C(1) << (at % 64);
        run->person[run->n_persons++].place = finding->place;
    }
}

/* Of n rows after the one before them: those that come after a pause, and those with another tuple. */
CLONES static void compare(const int64_t *at_ms, const uint32_t *touch, uint32_t n, uint8_t *pause, uint8_t *other)
{
    for (uint32_t i = 0; i < n; i++)
        pause[i] = (uint64_t)at_ms[i] - (uint64_t)at_ms[(int64_t)i - 1] > (uint64_t)SESSION_IDLE_MS;
    for (uint32_t i = 0; i < n; i++) other[i] = touch[i] != touch[(int64_t)i - 1];
}

CLONES static void compare_names(const uint16_t *name, uint32_t n, uint16_t wanted, uint8_t *same)
{
    for (uint32_t i = 0; i < n; i++) same[i] = name[i] == wanted;
}

/* Of 64 rows from `row` on, a bit each. */
struct word {
    uint64_t row;
    uint64_t begins;      /* a session begins, as it is a person's first or comes after a pause; then all that begin */
    uint64_t others;      /* the tuple is another: the rule is to be asked */
    uint64_t persons;     /* a person's first */
    uint64_t conversions; /* it has the name */
};

static void ask(const struct session_run *run, struct finding *finding, struct word *word)
{
    const struct snapshot *snapshot = finding->snapshot;

    for (uint64_t bits = word->others & ~word->begins; bits != 0; bits &= bits - 1) {
        uint64_t bit = bits & -bits, row = word->row + (uint64_t)__builtin_ctzll(bits);
        uint64_t before = word->begins & (bit - 1), start = run->n > 0 ? run->start[run->n - 1] : row;
        struct session session = finding->session;
        if (before != 0) start = word->row + 63 - (uint64_t)__builtin_clzll(before);
        if (start < row) session = (struct session){.open = true, .touch = snapshot->touch[start]};
        if (row > finding->rows.begin) session.last_ms = snapshot->at_ms[row - 1];
        if (session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]))
            word->begins |= bit;
    }
}

/* Returns the number of the next person. */
CLONES static uint32_t list(struct session_run *run, const struct word *word, uint32_t k)
{
    uint32_t n = run->n, m = run->n_conversions;

    for (uint64_t bits = word->persons; bits != 0; bits &= bits - 1) {
        uint64_t before = (bits & -bits) - 1;
        run->person[k].start = n + (uint32_t)__builtin_popcountll(word->begins & before);
        run->person[k++].conversion = m + (uint32_t)__builtin_popcountll(word->conversions & before);
    }
    for (uint64_t bits = word->conversions; bits != 0; bits &= bits - 1) {
        run->conversion[m] = word->row + (uint64_t)__builtin_ctzll(bits);
        run->begun[m++] = n + (uint32_t)__builtin_popcountll(word->begins & (bits ^ (bits - 1)));
    }
    for (uint64_t bits = word->begins; bits != 0; bits &= bits - 1)
        run->start[n++] = word->row + (uint64_t)__builtin_ctzll(bits);
    run->n = n;
    run->n_conversions = m;
    return k;
}

static void find_piece(struct session_run *run, struct finding *finding, uint64_t from, uint16_t conversion)
{
    const struct snapshot *snapshot = finding->snapshot;
    uint64_t first = from == finding->rows.begin ? 1 : 0; /* before the first row of all is none */
    uint64_t n = finding->rows.end - from, persons[WORDS] = {0};
    uint32_t k = run->n_persons;
    uint8_t pause[PIECE], other[PIECE], same[PIECE];

    if (n >= PIECE) {
        n = PIECE;
    } else { /* what is behind the last row is nothing */
        memset(pause, 0, sizeof pause);
        memset(other, 0, sizeof other);
        memset(same, 0, sizeof same);
    }
    pause[0] = 0;
    other[0] = 1;
    compare(snapshot->at_ms + from + first, snapshot->touch + from + first, (uint32_t)(n - first), pause + first,
            other + first);
    compare_names(snapshot->name + from, (uint32_t)n, conversion, same);
    mark_persons(run, finding, from, from + n, persons);
    for (uint64_t at = 0; at < n; at += 64) {
        uint64_t firsts = persons[at / 64];
        struct word word = {from + at, byte_bits(pause + at) | firsts, byte_bits(other + at), firsts,
                            byte_bits(same + at)};
        ask(run, finding, &word);
        k = list(run, &word, k);
    }
}

bool session_run_find(struct session_run *run, const struct snapshot *snapshot, struct rows rows, uint16_t conversion,
                      uint32_t place, uint32_t after, struct session before, struct arena *arena, struct err *err)
{
    struct finding finding = {snapshot, rows, before, place, after};
    bool alone = place == after;

    if (!reserve(run, rows.end - rows.begin, arena, err)) return false;
    run->n = run->n_conversions = 0;
    run->n_persons = alone ? 1 : 0;
    run->person[0] = (struct session_person){0};
    for (uint64_t row = rows.begin; row < rows.end; row += PIECE) find_piece(run, &finding, row, conversion);
    run->person[run->n_persons].start = run->n;
    run->person[run->n_persons].conversion = run->n_conversions;
    return true;
}
