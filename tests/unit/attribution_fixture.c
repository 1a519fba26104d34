#include "attribution_fixture.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t KEY[TOUCHES] = {A, B, C, D, P, NONE};

void add_touches(struct builder *builder)
{
    static const enum touch_kind kinds[TOUCHES] = {
        [D] = TOUCH_IS_DIRECT,
        [P] = TOUCH_IS_PAID,
        [NONE] = TOUCH_IS_EMPTY,
    };

    for (int i = 0; i < TOUCHES; i++) builder_touch(builder, kinds[i]);
}

void start_again(struct fixture *f)
{
    builder_reset(&f->builder);
    add_touches(&f->builder);
}

int fixture_open(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    arena_init(&f->arena, (size_t)256 << 20);
    add_touches(&f->builder);
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    struct fixture *f = *state;
    builder_reset(&f->builder);
    arena_free(&f->arena);
    free(f);
    return 0;
}

struct attribution_query ask(enum touch_mode touches)
{
    return (struct attribution_query){
        .conversion = ORDER,
        .range = RANGE_ALL,
        .lookback_ms = 60 * DAY_MS,
        .half_life_ms = 7 * DAY_MS,
        .touches = touches,
        .by = {KEY, TOUCHES},
    };
}

void count(struct fixture *f, uint32_t n_persons, struct attribution_query query)
{
    const struct snapshot *snapshot = builder_done(&f->builder, n_persons, NAMES);
    if (!attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &f->err)) fail_msg("%s", f->err.text);
}

void visit(struct fixture *f, uint32_t person, int64_t days_before, uint32_t touch)
{
    builder_event(&f->builder, person, NOW - days_before * DAY_MS, VISIT, touch, 0);
}

void order(struct fixture *f, uint32_t person, int64_t at_ms, uint32_t touch, int64_t revenue)
{
    builder_event(&f->builder, person, at_ms, ORDER, touch, revenue);
}

uint32_t add_paths(struct fixture *f, uint32_t person, int times, const char *path, int64_t revenue)
{
    static const char letters[] = "abcdpn";

    for (int k = 0; k < times; k++, person++) {
        int64_t days = (int64_t)strlen(path);
        for (const char *p = path; *p; p++) visit(f, person, days--, (uint32_t)(strchr(letters, *p) - letters));
        order(f, person, NOW, NONE, revenue);
    }
    return person;
}

uint32_t repeat_persons(const struct snapshot *from, const uint8_t *times, struct builder *to)
{
    uint32_t n = 0;

    add_touches(to);
    for (uint32_t p = 0; p < from->n_persons; p++)
        for (uint8_t k = 0; k < times[p]; k++, n++)
            for (uint64_t row = snapshot_rows(from, p).begin; row < snapshot_rows(from, p).end; row++)
                builder_event(to, n, from->at_ms[row], from->name[row], from->touch[row], from->amount_minor[row]);
    return n;
}
