/* Tests of measure/row_bits.h, and of what counts by it, on persons who lie across words and pieces: one bit at a time,
 * against retention_oracle.h, and against the funnel read person by person. */
#include "helpers.h"

#include "base/time.h"
#include "measure/funnel.h"
#include "measure/row_bits.h"
#include "retention_oracle.h"

#include <string.h>

#define NAMES 5
#define PERSONS 400
#define PERIODS 12
#define ROWS_MAX (PERSONS * 200)

struct crowd {
    struct builder builder;
    struct arena arena;
    struct err err;
    const struct snapshot *snapshot;
    struct snapshot some; /* the same with persons hidden */
    uint64_t hidden[PERSONS / 64 + 1];
};

/* Mostly a handful; at the borders of words; across words; across pieces. */
static uint64_t draw_length(uint64_t *seed)
{
    static const uint64_t lengths[] = {0, 1, 62, 63, 64, 65, 128, 700, 2048, 5000};
    return random_below(seed, 12) ? random_below(seed, 9) : lengths[random_below(seed, COUNT_OF(lengths))];
}

/* Anywhere in the periods and a little outside, or within a few milliseconds of where one begins. */
static int64_t draw_time(const int64_t *bounds, uint64_t *seed)
{
    uint64_t span = elapsed_ms(bounds[0], bounds[PERIODS]), margin = span / 8 + 1;

    if (random_below(seed, 4) == 0) return bounds[random_below(seed, PERIODS + 1)] + (int64_t)random_below(seed, 5) - 2;
    return bounds[0] - (int64_t)margin + (int64_t)random_below(seed, span + 2 * margin);
}

static void begin(struct crowd *crowd, const int64_t *bounds, uint64_t *seed)
{
    uint64_t seen_of = 1 + random_below(seed, 5);

    *crowd = (struct crowd){0};
    builder_open(&crowd->builder, &crowd->arena);
    crowd->builder.scatter = random_below(seed, 2);
    for (uint32_t person = 0; person < PERSONS; person++)
        for (uint64_t n = draw_length(seed); n > 0; n--)
            builder_event(&crowd->builder, person, draw_time(bounds, seed), (uint32_t)random_below(seed, NAMES),
                          (uint32_t)random_below(seed, 3), 0);
    crowd->snapshot = builder_done(&crowd->builder, PERSONS, NAMES);
    for (uint32_t person = 0; person < PERSONS; person++)
        if (random_below(seed, seen_of) == 1) crowd->hidden[person / 64] |= UINT64_C(1) << person % 64;
    crowd->some = *crowd->snapshot;
    crowd->some.hidden = crowd->hidden;
    if (random_below(seed, 2)) crowd->snapshot = &crowd->some;
}

static void end(struct crowd *crowd)
{
    builder_close(&crowd->builder, &crowd->arena);
}

/* ---- bits ---- */

static bool bit_of(const uint64_t *bits, uint64_t row)
{
    return bits[row / 64] >> (row % 64) & 1;
}

/* All pieces of a crowd's base, their words behind each other. */
struct words {
    uint64_t begins[ROWS_MAX / 64], hidden[ROWS_MAX / 64], zero[ROWS_MAX / 64], one[ROWS_MAX / 64];
    uint64_t first[ROWS_MAX / 64], next[ROWS_MAX / 64], after[ROWS_MAX / 64];
};

static uint64_t read_words(const struct snapshot *s, struct words *words)
{
    struct bits_cursor cursor;
    struct bits_piece piece;
    uint64_t rows = 0, first_open = 0, next_open = 0, after_open = 0;

    bits_open(&cursor, s, 0, s->n_base);
    while (bits_next(&cursor, &piece)) {
        uint64_t at = rows / 64;
        assert_int_equal(piece.row, rows);
        assert_true(at + piece.words <= COUNT_OF(words->begins));
        bits_of_name(s, piece, 0, words->zero + at);
        bits_of_name(s, piece, 1, words->one + at);
        memcpy(words->begins + at, cursor.begins, piece.words * sizeof *words->begins);
        if (s->hidden) memcpy(words->hidden + at, cursor.hidden, piece.words * sizeof *words->hidden);
        for (uint64_t w = at; w < at + piece.words; w++) {
            words->first[w] = bits_first(words->zero[w], words->begins[w], &first_open);
            words->next[w] = bits_first_after(words->first[w], words->one[w], words->begins[w], &next_open);
            words->after[w] = bits_after(words->first[w], words->begins[w], &after_open);
        }
        rows += piece.n;
    }
    return rows;
}

static void check_person(const struct snapshot *s, const struct words *words, uint32_t place)
{
    uint64_t begin = s->first[place], end = s->first[place + 1], first = end, next = end;

    for (uint64_t row = begin; row < end; row++) {
        if (first < end && next == end && s->name[row] == 1) next = row;
        if (first == end && s->name[row] == 0) first = row;
        assert_int_equal(bit_of(words->begins, row), row == begin);
        if (s->hidden)
            assert_int_equal(bit_of(words->hidden, row), row == begin && (s->hidden[place / 64] >> place % 64 & 1));
        assert_int_equal(bit_of(words->zero, row), s->name[row] == 0);
        assert_int_equal(bit_of(words->first, row), row == first);
        assert_int_equal(bit_of(words->next, row), row == next);
        assert_int_equal(bit_of(words->after, row), row > first);
    }
}

static void test_bits_are_of_rows(void **state)
{
    static struct words words;
    const int64_t bounds[PERIODS + 1] = {[PERIODS] = 1000};
    uint64_t seed = 80;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct crowd crowd;
        begin(&crowd, bounds, &seed);
        const struct snapshot *s = crowd.snapshot;

        assert_int_equal(read_words(s, &words), s->first[s->n_base]);
        for (uint32_t place = 0; place < s->n_base; place++) check_person(s, &words, place);
        end(&crowd);
    }
}

/* ---- time ---- */

enum { WEEKS, WEEKS_WITH_SUMMER_TIME, MONTHS, SOME_EMPTY, ODD, KINDS };

static void draw_bounds(int kind, int64_t *bounds, uint64_t *seed)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    bounds[0] = INT64_C(1735682400000) + (int64_t)random_below(seed, 1000) * 900000;
    for (uint32_t i = 0; i < PERIODS; i++) {
        int64_t length = 7 * TIME_DAY_MS;
        if (kind == WEEKS_WITH_SUMMER_TIME) length += (i == 2 ? -TIME_HOUR_MS : i == 9 ? TIME_HOUR_MS : 0);
        if (kind == MONTHS) length = days[i] * TIME_DAY_MS + (i == 2 ? -TIME_HOUR_MS : i == 9 ? TIME_HOUR_MS : 0);
        if (kind == SOME_EMPTY) length *= (int64_t)random_below(seed, 3);
        if (kind == ODD) length = 1 + (int64_t)random_below(seed, 1000000007);
        bounds[i + 1] = bounds[i] + length;
    }
    if (bounds[PERIODS] == bounds[0]) bounds[PERIODS]++;
}

static uint32_t period_slowly(const int64_t *bounds, int64_t at_ms)
{
    uint32_t period = PERIODS - 1;

    if (at_ms < bounds[0] || at_ms >= bounds[PERIODS]) return PERIODS;
    while (bounds[period] > at_ms) period--;
    return period;
}

static void test_stretches_lie_in_their_periods(void **state)
{
    uint64_t seed = 81;
    (void)state;

    for (int round = 0; round < 30; round++) {
        struct crowd crowd;
        struct err err;
        struct bits_clock clock = {0};
        struct bits_cursor cursor;
        struct bits_piece piece;
        int64_t bounds[PERIODS + 1];
        int32_t stretch[BITS_ROWS] = {0};
        uint64_t changes[BITS_WORDS] = {0};

        draw_bounds(round % KINDS, bounds, &seed);
        begin(&crowd, bounds, &seed);
        const struct snapshot *s = crowd.snapshot;
        const struct periods *periods = periods_new(&crowd.arena, bounds, PERIODS, &err);
        CHECK(periods);
        ASSERT_OK(bits_clock_make(s, periods, &crowd.arena, &clock, &err));
        if (round % KINDS < SOME_EMPTY) assert_true(clock.per_ms > 0);
        if (round % KINDS == ODD) assert_true(clock.per_ms == 0);
        bits_open(&cursor, s, 0, s->n_base);
        while (bits_next(&cursor, &piece)) {
            bits_stretches(&clock, piece, stretch);
            bits_of_changes(stretch, piece, changes);
            for (uint32_t i = 0; i < piece.n; i++) {
                assert_int_equal(bits_period(&clock, stretch[i]), period_slowly(bounds, s->at_ms[piece.row + i]));
                assert_int_equal(bit_of(changes, i), i == 0 || stretch[i] != stretch[i - 1]);
            }
        }
        end(&crowd);
    }
}

/* ---- what counts by them ---- */

static struct retention_query draw_retention(const int64_t *bounds, uint64_t *seed)
{
    struct retention_query query = {.bounds = bounds, .range = RANGE_ALL, .by = {NULL, 1}};

    query.n_cells = 1 + (uint32_t)random_below(seed, PERIODS);
    query.n_cohorts = PERIODS + 1 - query.n_cells;
    query.or_after = random_below(seed, 2);
    query.any_start = random_below(seed, 2);
    query.any_return = random_below(seed, 2);
    query.start_event = random_below(seed, 8) ? (uint32_t)random_below(seed, NAMES) : DICT_NONE;
    query.return_event = random_below(seed, 8) ? (uint32_t)random_below(seed, NAMES) : DICT_NONE;
    if (random_below(seed, 3) == 0) query.range.from_ms = draw_time(bounds, seed);
    if (random_below(seed, 3) == 0) query.range.to_ms = draw_time(bounds, seed);
    return query;
}

static void test_retention_of_a_crowd(void **state)
{
    static const uint32_t key[] = {1, 0, 1};
    static const bool counts[] = {true, false, true};
    uint64_t seed = 82, total = 0;
    (void)state;

    for (int round = 0; round < 100; round++) {
        struct crowd crowd;
        int64_t bounds[PERIODS + 1];
        uint64_t got[2 * PERIODS * PERIODS] = {0}, wanted[2 * PERIODS * PERIODS];

        draw_bounds(round % KINDS, bounds, &seed);
        begin(&crowd, bounds, &seed);
        struct retention_query query = draw_retention(bounds, &seed);
        if (random_below(&seed, 3) == 0) query.by = (struct grouping){key, 2};
        if (random_below(&seed, 3) == 0) query.touch_counts = counts;
        size_t n = (size_t)query.by.n * query.n_cohorts * query.n_cells;

        if (!retention_count(crowd.snapshot, &query, &crowd.arena, got, &crowd.err)) fail_msg("%s", crowd.err.text);
        retention_oracle_count(crowd.snapshot, &query, wanted);
        assert_memory_equal(got, wanted, n * sizeof *got);
        for (size_t i = 0; i < n; i++) total += got[i];
        end(&crowd);
    }
    assert_true(total > 10000);
}

/* With times asked for each person is read by itself, which test_measure_funnel_random.c holds to every chain. */
static void test_funnel_of_a_crowd(void **state)
{
    uint64_t seed = 83, total = 0;
    (void)state;

    for (int round = 0; round < 300; round++) {
        struct crowd crowd;
        struct funnel_step fast[NAMES] = {0}, slow[NAMES] = {0};
        const int64_t bounds[PERIODS + 1] = {[PERIODS] = round % 3 == 0 ? 100 : 1000000};
        begin(&crowd, bounds, &seed);
        struct funnel_query query = {
            .steps = 2 + (int)random_below(&seed, NAMES - 1), .range = RANGE_ALL, .by = {NULL, 1}};

        for (int k = 0; k < query.steps; k++) query.step[k] = (uint32_t)k;
        if (random_below(&seed, 8) == 0) query.step[query.steps - 1] = DICT_NONE;
        query.window_ms =
            random_below(&seed, 8) ? 1 + (int64_t)random_below(&seed, (uint64_t)bounds[PERIODS] / 4) : INT64_MAX;
        if (random_below(&seed, 3) == 0) query.range.from_ms = draw_time(bounds, &seed);
        if (random_below(&seed, 3) == 0) query.range.to_ms = draw_time(bounds, &seed);
        bool ok =
            funnel_count(crowd.snapshot, &query, &crowd.arena, &(struct funnel_answer){.steps = fast}, &crowd.err) &&
            funnel_count(crowd.snapshot, &query, &crowd.arena, &(struct funnel_answer){.steps = slow, .times = true},
                         &crowd.err);
        if (!ok) fail_msg("%s", crowd.err.text);
        for (int k = 0; k < query.steps; k++) assert_int_equal(fast[k].persons, slow[k].persons);
        total += fast[query.steps - 1].persons;
        end(&crowd);
    }
    assert_true(total > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_are_of_rows),
        cmocka_unit_test(test_stretches_lie_in_their_periods),
        cmocka_unit_test(test_retention_of_a_crowd),
        cmocka_unit_test(test_funnel_of_a_crowd),
    };
    return cmocka_run_group_tests_name("measure/row_bits", tests, NULL, NULL);
}
