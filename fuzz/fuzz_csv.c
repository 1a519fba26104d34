/* Records cut from any bytes make up the bytes; cells written read back, formulas with their apostrophe. */
#include "fuzz.h"

#include <string.h>

#include "base/csv.h"

#define CELLS 16

static bool is_guarded(Str cell)
{
    double number;
    return cell.n && memchr("=+-@\t\r", cell.p[0], 6) && !str_to_double(cell, &number);
}

static void check_round_trip(struct arena *arena, const Str *cells, size_t n)
{
    struct buf out;
    Str back[CELLS];

    buf_init(&out, (size_t)1 << 22);
    for (size_t i = 0; i < n; i++) csv_put(&out, cells[i], i + 1 == n);
    CHECK(!out.full);
    Str rest = buf_str(&out);
    Str record = csv_take_record(&rest, out.n);
    CHECK(rest.n == 0 && csv_split(record, arena, back, CELLS) == n);
    for (size_t i = 0; i < n; i++) {
        if (is_guarded(cells[i])) {
            CHECK(back[i].n && back[i].p[0] == '\'');
            back[i] = str_from(back[i], 1);
        }
        CHECK(str_eq(back[i], cells[i]));
    }
    buf_reset(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    Str input = {(const char *)data, n};
    size_t max = 1 + 16 * (size_t)fuzz_choice(&input, 256), taken = 0;
    struct arena arena;

    arena_init(&arena, (size_t)1 << 24);
    for (Str rest = input; rest.n;) {
        Str cells[CELLS];
        Str record = csv_take_record(&rest, max);
        CHECK(record.n && record.p == input.p + taken && csv_lines(record) >= 1);
        taken += record.n;
        size_t found = csv_split(record, &arena, cells, CELLS);
        CHECK(found >= 1);
        if (found <= CELLS) check_round_trip(&arena, cells, found);
        check_round_trip(&arena, &record, 1);
        arena_reset(&arena);
    }
    CHECK(taken == input.n);
    arena_free(&arena);
    return 0;
}
