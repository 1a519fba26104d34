#include "snapshot_builder.h"

#include <stdlib.h>

uint32_t builder_touch(struct builder *builder, enum touch_kind kind)
{
    builder->touch = mem_grow(builder->touch, sizeof *builder->touch, (size_t)builder->n_touches + 1);
    builder->touch[builder->n_touches] = (struct touch){
        .paid = kind == TOUCH_IS_PAID,
        .direct = kind == TOUCH_IS_DIRECT || kind == TOUCH_IS_EMPTY,
        .empty = kind == TOUCH_IS_EMPTY,
    };
    return builder->n_touches++;
}

void builder_event(struct builder *builder, uint32_t person, int64_t at_ms, uint32_t name, uint32_t touch,
                   int64_t amount_minor)
{
    size_t n = builder->n_events;

    if ((n & (n - 1)) == 0) builder->event = mem_grow(builder->event, sizeof *builder->event, n ? 2 * n : 1);
    builder->event[n] = (struct built_event){
        .person = person,
        .name = name,
        .touch = touch,
        .at_ms = at_ms,
        .amount_minor = amount_minor,
        .arrival = n,
    };
    builder->n_events++;
}

static int compare_events(const void *left, const void *right)
{
    const struct built_event *a = left, *b = right;

    if (a->person != b->person) return a->person < b->person ? -1 : 1;
    if (a->at_ms != b->at_ms) return a->at_ms < b->at_ms ? -1 : 1;
    return a->arrival < b->arrival ? -1 : 1; /* no two are equal */
}

static void fill_columns(struct builder *builder)
{
    size_t n = builder->n_events;

    builder->at_ms = mem_grow(builder->at_ms, sizeof *builder->at_ms, n);
    builder->name = mem_grow(builder->name, sizeof *builder->name, n);
    builder->touch_id = mem_grow(builder->touch_id, sizeof *builder->touch_id, n);
    builder->amount_minor = mem_grow(builder->amount_minor, sizeof *builder->amount_minor, n);
    builder->raw = mem_grow(builder->raw, sizeof *builder->raw, n);
    for (size_t i = 0; i < n; i++) {
        const struct built_event *event = &builder->event[i];
        builder->at_ms[i] = event->at_ms;
        builder->name[i] = (uint16_t)event->name;
        builder->touch_id[i] = event->touch;
        builder->amount_minor[i] = event->amount_minor;
        builder->raw[i] = event->arrival;
    }
}

/* Where the rows of a person stand among those of the others; twice is where it was. */
static uint32_t stands_at(uint32_t person, uint32_t n_base, uint32_t n_persons)
{
    return person < n_base ? person : n_base + (n_persons - 1 - person);
}

const struct snapshot *builder_done(struct builder *builder, uint32_t n_persons, uint32_t n_names)
{
    uint32_t n_base = builder->scatter ? n_persons / 2 : n_persons;
    size_t row = 0;

    for (size_t i = 0; i < builder->n_events; i++)
        builder->event[i].person = stands_at(builder->event[i].person, n_base, n_persons);
    if (builder->n_events > 0) {
        qsort(builder->event, builder->n_events, sizeof *builder->event, compare_events);
        CHECK(builder->event[builder->n_events - 1].person < n_persons);
    }
    fill_columns(builder);
    builder->first = mem_grow(builder->first, sizeof *builder->first, (size_t)n_persons + 1);
    for (uint32_t person = 0; person <= n_persons; person++) {
        while (row < builder->n_events && builder->event[row].person < person) row++;
        builder->first[person] = row;
    }
    builder->over = mem_grow(builder->over, sizeof *builder->over, n_persons - n_base);
    for (uint32_t person = n_base; person < n_persons; person++) {
        uint32_t at = stands_at(person, n_base, n_persons);
        builder->over[person - n_base] = (struct rows){builder->first[at], builder->first[at + 1]};
    }
    for (size_t i = 0; i < builder->n_events; i++) /* as they were, to go on from there */
        builder->event[i].person = stands_at(builder->event[i].person, n_base, n_persons);
    builder->snapshot = (struct snapshot){
        .n_places = n_persons,
        .n_base = n_base,
        .over = builder->over,
        .n_persons = n_persons,
        .n_events = builder->n_events,
        .first = builder->first,
        .at_ms = builder->at_ms,
        .name = builder->name,
        .touch = builder->touch_id,
        .amount_minor = builder->amount_minor,
        .raw = builder->raw,
        .touches = builder->touch,
        .n_touches = builder->n_touches,
        .n_names = n_names,
        .last_ms = -1,
    };
    for (size_t i = 0; i < builder->n_events; i++) {
        struct snapshot *snapshot = &builder->snapshot;
        if (i == 0 || builder->at_ms[i] < snapshot->first_ms) snapshot->first_ms = builder->at_ms[i];
        if (i == 0 || builder->at_ms[i] > snapshot->last_ms) snapshot->last_ms = builder->at_ms[i];
    }
    return &builder->snapshot;
}

void builder_reset(struct builder *builder)
{
    free(builder->event);
    free(builder->touch);
    free(builder->first);
    free(builder->over);
    free(builder->raw);
    free(builder->at_ms);
    free(builder->amount_minor);
    free(builder->name);
    free(builder->touch_id);
    *builder = (struct builder){0};
}

void builder_three_touches(struct builder *builder)
{
    builder_touch(builder, TOUCH_IS_PLAIN);
    builder_touch(builder, TOUCH_IS_PAID);
    builder_touch(builder, TOUCH_IS_EMPTY);
}

void builder_open(struct builder *builder, struct arena *arena)
{
    arena_init(arena, (size_t)64 << 20);
    builder_three_touches(builder);
}

void builder_close(struct builder *builder, struct arena *arena)
{
    builder_reset(builder);
    arena_free(arena);
}

uint64_t random_below(uint64_t *seed, uint64_t below)
{
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % below;
}
