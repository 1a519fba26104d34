/* tests/unit/snapshot_builder.h -- facts for kernel tests, made by hand.
 *
 * Is:    events in any order in, a struct snapshot out; and the seeded numbers of the random tests.
 * Owns:  the arrays of the snapshot, until builder_reset. Each is exactly as long as it may be read, so that a
 *        sanitizer sees one step too far.
 * Never: fills what a kernel has no business with (dictionaries, person_alias).
 */
#ifndef TESTS_UNIT_SNAPSHOT_BUILDER_H
#define TESTS_UNIT_SNAPSHOT_BUILDER_H

#include <stdlib.h>

#include "events/facts.h"

struct built_event {
    uint32_t person, name, touch;
    int64_t at_ms, amount_minor;
    uint64_t arrival; /* becomes snapshot.raw */
};

/* Zeroed: empty. */
struct builder {
    struct built_event *event;
    size_t n_events;
    struct touch *touch;
    uint32_t n_touches;
    bool scatter; /* the later half of the persons stands in `over`, its rows from the last person to the first */
    struct snapshot snapshot;
    uint64_t *first, *raw;
    struct rows *over;
    int64_t *at_ms, *amount_minor;
    uint16_t *name;
    uint32_t *touch_id;
};

enum touch_kind { TOUCH_IS_PLAIN, TOUCH_IS_PAID, TOUCH_IS_DIRECT, TOUCH_IS_EMPTY /* direct too, as facts has it */ };

uint32_t builder_touch(struct builder *builder, enum touch_kind kind);
void builder_event(struct builder *builder, uint32_t person, int64_t at_ms, uint32_t name, uint32_t touch,
                   int64_t amount_minor);
/* Sort by person, then time, ties as they were added. Persons are 0 .. n_persons-1, names 0 .. n_names-1. */
const struct snapshot *builder_done(struct builder *builder, uint32_t n_persons, uint32_t n_names);
void builder_reset(struct builder *builder);

/* What the tests of several kernels begin with: an arena, and touches 0 (plain), 1 (paid), 2 (empty). */
void builder_open(struct builder *builder, struct arena *arena);
void builder_close(struct builder *builder, struct arena *arena);
void builder_three_touches(struct builder *builder);

/* set_up and tear_down of a struct that holds these two as `builder` and `arena`, zeroed: a group's every test has one.
 */
#define BUILDER_FIXTURE(type)                                                                                          \
    static int set_up(void **state)                                                                                    \
    {                                                                                                                  \
        type *f = mem_new(sizeof *f);                                                                                  \
        builder_open(&f->builder, &f->arena);                                                                          \
        *state = f;                                                                                                    \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static int tear_down(void **state)                                                                                 \
    {                                                                                                                  \
        type *f = *state;                                                                                              \
        builder_close(&f->builder, &f->arena);                                                                         \
        free(f);                                                                                                       \
        return 0;                                                                                                      \
    }

/* A number from 0 to below - 1; splitmix64. */
uint64_t random_below(uint64_t *seed, uint64_t below);

#endif
