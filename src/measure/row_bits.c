#include "measure/row_bits.h"

#include <string.h>

#include "base/byte_bits.h"
#include "base/clones.h"
#include "measure/scratch.h"

#ifdef CLONES_WIDE
#include <immintrin.h>
#endif

#define SEEN_SHARE 4 /* of the persons: when fewer are seen it is faster to read those alone */

/* ---- what is compared becomes words: by way of bytes, or at once where the processor compares into bits ---- */

static void words_of_bytes(const uint8_t *bytes, uint32_t words, uint64_t *bits)
{
    for (uint32_t w = 0; w < words; w++) bits[w] = byte_bits(bytes + (size_t)w * 64);
}

CLONES static void compare_names(const uint16_t *name, uint32_t n, uint16_t wanted, uint8_t *same)
{
    for (uint32_t i = 0; i < n; i++) same[i] = name[i] == wanted;
}

CLONES static void compare_stretches(const int32_t *stretch, uint32_t n, uint8_t *changed)
{
    for (uint32_t i = 1; i < n; i++) changed[i] = stretch[i] != stretch[i - 1];
}

static void words_of_names(const uint16_t *name, uint32_t n, uint16_t wanted, uint64_t *bits)
{
    uint8_t same[BITS_ROWS] = {0};

    compare_names(name, n, wanted, same);
    words_of_bytes(same, (n + 63) / 64, bits);
}

static void words_of_changes(const int32_t *stretch, uint32_t n, uint64_t *bits)
{
    uint8_t changed[BITS_ROWS] = {1};

    compare_stretches(stretch, n, changed);
    words_of_bytes(changed, (n + 63) / 64, bits);
}

#ifdef CLONES_WIDE
/* Of 64 rows, those that there are. */
static uint64_t rows_left(uint32_t n, uint32_t row)
{
    return n - row < 64 ? (UINT64_C(1) << (n - row)) - 1 : ~UINT64_C(0);
}

CLONES_WIDE static void wide_words_of_bytes(const uint8_t *bytes, uint32_t words, uint64_t *bits)
{
    const __m512i one = _mm512_set1_epi8(1);

    for (uint32_t w = 0; w < words; w++)
        bits[w] = _mm512_test_epi8_mask(_mm512_loadu_si512(bytes + (size_t)w * 64), one);
}

CLONES_WIDE static void wide_words_of_names(const uint16_t *name, uint32_t n, uint16_t wanted, uint64_t *bits)
{
    const __m512i same = _mm512_set1_epi16((short)wanted);

    for (uint32_t row = 0; row < n; row += 64) {
        uint64_t rows = rows_left(n, row), found = 0;
        for (uint32_t i = 0; i < 64; i += 32) {
            __mmask32 some = (__mmask32)(rows >> i);
            __m512i names = _mm512_maskz_loadu_epi16(some, name + row + i);
            found |= (uint64_t)_mm512_mask_cmpeq_epi16_mask(some, names, same) << i;
        }
        bits[row / 64] = found;
    }
}

CLONES_WIDE static void wide_words_of_changes(const int32_t *stretch, uint32_t n, uint64_t *bits)
{
    for (uint32_t row = 0; row < n; row += 64) {
        uint64_t rows = rows_left(n, row), found = 0;
        if (row == 0) rows &= ~UINT64_C(1); /* nothing is before it; what a mask leaves out is not read */
        for (uint32_t i = 0; i < 64; i += 16) {
            __mmask16 some = (__mmask16)(rows >> i);
            __m512i now = _mm512_maskz_loadu_epi32(some, stretch + row + i);
            __m512i before = _mm512_maskz_loadu_epi32(some, stretch + row + i - 1);
            found |= (uint64_t)_mm512_mask_cmpneq_epi32_mask(some, now, before) << i;
        }
        bits[row / 64] = found;
    }
    bits[0] |= 1;
}

#define WORDS_OF(what, ...) (CLONES_HAVE_WIDE ? wide_words_of_##what(__VA_ARGS__) : words_of_##what(__VA_ARGS__))
#else
#define WORDS_OF(what, ...) words_of_##what(__VA_ARGS__)
#endif

/* ---- pieces ---- */

bool bits_pay(const struct snapshot *snapshot, uint32_t from, uint32_t to, uint32_t *base_to)
{
    uint32_t seen = 0;

    if (to > snapshot->n_base) to = snapshot->n_base;
    if (from >= to) return false;
    for (uint32_t w = from / 64; w <= (to - 1) / 64 && snapshot->hidden; w++) /* with some neighbours: it is a guess */
        seen += (uint32_t)__builtin_popcountll(~snapshot->hidden[w]);
    if (snapshot->hidden && seen < (to - from) / SEEN_SHARE) return false;
    *base_to = to;
    return true;
}

void bits_open(struct bits_cursor *cursor, const struct snapshot *snapshot, uint32_t from, uint32_t to)
{
    cursor->snapshot = snapshot;
    cursor->place = from;
    cursor->to = to;
    cursor->row = snapshot->first[from];
    cursor->end = snapshot->first[to];
}

/* Of two persons at one row the first has no events: the second is written over it. */
static uint32_t mark_begins(const struct bits_cursor *cursor, uint64_t row, uint64_t end, uint8_t *begins,
                            uint8_t *hidden)
{
    const uint64_t *first = cursor->snapshot->first, *out_of_sight = cursor->snapshot->hidden;
    uint32_t place = cursor->place;

    if (!out_of_sight) {
        for (; place < cursor->to && first[place] < end; place++) begins[first[place] - row] = 1;
        return place;
    }
    for (; place < cursor->to && first[place] < end; place++) {
        begins[first[place] - row] = 1;
        hidden[first[place] - row] = out_of_sight[place / 64] >> (place % 64) & 1;
    }
    return place;
}

bool bits_next(struct bits_cursor *cursor, struct bits_piece *piece)
{
    uint8_t begins[BITS_ROWS], hidden[BITS_ROWS];
    uint64_t n = cursor->end - cursor->row;

    if (n == 0) return false;
    if (n > BITS_ROWS) n = BITS_ROWS;
    *piece = (struct bits_piece){cursor->row, (uint32_t)n, (uint32_t)(n + 63) / 64};
    memset(begins, 0, sizeof begins);
    if (cursor->snapshot->hidden) memset(hidden, 0, sizeof hidden);
    cursor->place = mark_begins(cursor, cursor->row, cursor->row + n, begins, hidden);
    WORDS_OF(bytes, begins, piece->words, cursor->begins);
    if (cursor->snapshot->hidden) WORDS_OF(bytes, hidden, piece->words, cursor->hidden);
    cursor->row += n;
    return true;
}

void bits_of_name(const struct snapshot *snapshot, struct bits_piece piece, uint32_t name, uint64_t *bits)
{
    if (name > UINT16_MAX) {
        memset(bits, 0, piece.words * sizeof *bits);
        return;
    }
    WORDS_OF(names, snapshot->name + piece.row, piece.n, (uint16_t)name, bits);
}

/* ---- time ---- */

CLONES static void compare_times(const int64_t *at_ms, uint32_t n, struct range range, uint8_t *within)
{
    for (uint32_t i = 0; i < n; i++) within[i] = (at_ms[i] >= range.from_ms) & (at_ms[i] < range.to_ms);
}

void bits_of_range(const struct snapshot *snapshot, struct bits_piece piece, struct range range, uint64_t *bits)
{
    uint8_t within[BITS_ROWS] = {0};

    compare_times(snapshot->at_ms + piece.row, piece.n, range, within);
    WORDS_OF(bytes, within, piece.words, bits);
}

static uint64_t common_length(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A row's stretch is found in floating point, from the middle of its millisecond: as no border is nearer to it than
 * half a millisecond, it is exact as long as that is much more than the last place of a number so large. */
#define CLOCK_MS_MAX (UINT64_C(1) << 50)
#define CLOCK_STRETCHES_MAX (UINT64_C(1) << 16)

/* How long the stretches are; 0: there are none. */
static uint64_t set_clock(const struct snapshot *snapshot, const struct periods *periods, struct bits_clock *clock)
{
    const int64_t *bounds = periods->bounds;
    uint64_t length = 0, before = 0, span = elapsed_ms(bounds[0], bounds[periods->n]);

    for (uint32_t i = 0; i < periods->n; i++) length = common_length(length, elapsed_ms(bounds[i], bounds[i + 1]));
    if (length == 0 || span > CLOCK_MS_MAX || span / length > CLOCK_STRETCHES_MAX) return 0;
    if (snapshot->first_ms < bounds[0]) before = elapsed_ms(snapshot->first_ms, bounds[0]) / length + 1;
    if (before > CLOCK_MS_MAX / length) return 0;
    clock->from_ms = (int64_t)((uint64_t)bounds[0] - before * length);
    span = elapsed_ms(clock->from_ms, snapshot->last_ms);
    if (snapshot->n_events == 0 || span > CLOCK_MS_MAX || span / length > INT32_MAX / 2) return 0;
    clock->per_ms = 1 / (double)length;
    clock->before = (uint32_t)before;
    clock->n = (uint32_t)(elapsed_ms(bounds[0], bounds[periods->n]) / length);
    return length;
}

static void number_stretches(const struct periods *periods, uint32_t n, uint64_t length, uint32_t *period)
{
    for (uint32_t i = 0, p = 0; i < n; i++) {
        while (elapsed_ms(periods->bounds[0], periods->bounds[p + 1]) <= i * length) p++;
        period[i] = p;
    }
}

bool bits_clock_make(const struct snapshot *snapshot, const struct periods *periods, struct arena *arena,
                     struct bits_clock *out, struct err *err)
{
    struct bits_clock clock = {.snapshot = snapshot, .periods = periods};
    uint64_t length = set_clock(snapshot, periods, &clock);

    if (length == 0) clock.n = periods->n;
    uint32_t *period = SCRATCH_ARRAY(arena, uint32_t, (size_t)clock.n + 1, err);
    if (!period) return false;
    for (uint32_t i = 0; i < clock.n; i++) period[i] = i;
    if (length > 0) number_stretches(periods, clock.n, length, period);
    period[clock.n] = periods->n;
    clock.period = period;
    *out = clock;
    return true;
}

/* 2^52, whose last place is 1: with x in its last 52 bits it is 2^52 + x. */
#define TWO_52 4503599627370496.0
#define TWO_52_BITS UINT64_C(0x4330000000000000)

CLONES static void find_stretches(const int64_t *at_ms, uint32_t n, int64_t from_ms, double per_ms, int32_t *stretch)
{
    for (uint32_t i = 0; i < n; i++) {
        union {
            uint64_t bits;
            double number;
        } ms = {.bits = ((uint64_t)at_ms[i] - (uint64_t)from_ms) | TWO_52_BITS};
        stretch[i] = (int32_t)((ms.number - (TWO_52 - 0.5)) * per_ms);
    }
}

void bits_stretches(const struct bits_clock *clock, struct bits_piece piece, int32_t *stretch)
{
    const struct periods *periods = clock->periods;
    const int64_t *at_ms = clock->snapshot->at_ms + piece.row;

    if (clock->per_ms > 0) {
        find_stretches(at_ms, piece.n, clock->from_ms, clock->per_ms, stretch);
        return;
    }
    for (uint32_t i = 0; i < piece.n; i++) {
        bool in_any = at_ms[i] >= periods->bounds[0] && at_ms[i] < periods->bounds[periods->n];
        stretch[i] = (int32_t)(in_any ? period_of(periods, at_ms[i]) : periods->n);
    }
}

void bits_of_changes(const int32_t *stretch, struct bits_piece piece, uint64_t *bits)
{
    WORDS_OF(changes, stretch, piece.n, bits);
}
