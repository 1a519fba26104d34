/* measure/funnel_int.h -- the parts of the funnel kernel: a plan, readers of persons, kept times. */
#ifndef MEASURE_FUNNEL_INT_H
#define MEASURE_FUNNEL_INT_H

#include "measure/funnel.h"

/* A person's deepest chain. */
struct funnel_chain {
    uint32_t depth;               /* 0: not even the first step */
    uint64_t first_row, last_row; /* the plain reading finds the first only if the plan needs it */
    uint64_t begin, end;          /* the person's rows, up to the end of the range */
};

struct funnel_reader;
/* The deepest chain among rows of one person: depth and rows into *out. */
typedef void funnel_read_fn(struct funnel_reader *reader, uint64_t row, uint64_t end, struct funnel_chain *out);

/* What a question comes to: shared by all readers, which do not change it. */
struct funnel_plan {
    const struct snapshot *snapshot;
    const struct funnel_query *query;
    uint32_t steps;
    uint32_t known;                                 /* steps before the first that no event has: nobody comes further */
    bool all_time;                                  /* no event is outside the range */
    bool needs_start;                               /* is it asked where chains begin? */
    uint64_t window, step_window[FUNNEL_STEPS_MAX]; /* UINT64_MAX: no limit */
    bool has_step_windows;
    uint64_t *step_mask; /* by event name id: bit k is set if step k has this name */
    uint8_t *step_of;    /* for the plain reading, by event name id: its step; FUNNEL_STEPS_MAX for none */
    funnel_read_fn *read;
};

/* For order ANY, by number of steps less one: how far the search for an event that may begin such a chain has come,
 * and the last that it found, plus 1. */
struct funnel_opening {
    uint64_t next, found_row1;
};

/* One thread's scratch. */
struct funnel_reader {
    const struct funnel_plan *plan;
    struct arena *arena;
    struct err *err;
    uint64_t start_ms[FUNNEL_STEPS_MAX + 1];                  /* by step + 1, see funnel_order.c */
    uint64_t start[FUNNEL_STEPS_MAX], last[FUNNEL_STEPS_MAX]; /* rows, see funnel_order.c */
    struct funnel_opening opening[FUNNEL_STEPS_MAX];
    uint64_t begin; /* the person's first row, which `opens` counts from */
    bool *opens;    /* by row: may a chain begin there? NULL: anywhere */
    uint64_t opens_cap;
    uint64_t *feasible; /* by row from a chain's first on: bit k is set if a chain can go on from there as step k */
    uint64_t feasible_cap;
};

/* funnel_plan.c */
bool funnel_plan_make(const struct snapshot *snapshot, const struct funnel_query *query, struct arena *arena,
                      struct funnel_plan *out, struct err *err) MUST_CHECK;
bool funnel_read(struct funnel_reader *reader, uint32_t place, struct funnel_chain *out) MUST_CHECK;
/* The instants of a chain's events. */
bool funnel_walk(struct funnel_reader *reader, const struct funnel_chain *chain, int64_t *at_ms) MUST_CHECK;
uint32_t funnel_group(const struct funnel_plan *plan, const struct funnel_chain *chain);

/* funnel_order.c */
funnel_read_fn funnel_read_plain, funnel_read_best, funnel_read_strict, funnel_read_any;

/* funnel_bits.c: for the plain reading, of persons of the base alone, not where chains begin; adds to `came`, by depth
 * less one. LIMIT: the arena has no room for a few kB. */
bool funnel_count_bits(const struct funnel_plan *plan, uint32_t from, uint32_t to, struct arena *arena, uint64_t *came,
                       struct err *err) MUST_CHECK;

/* funnel_times.c: the persons who reached step 2 or more, by how far they came, in the order of the scan. */
struct funnel_piece;
struct funnel_list {
    struct funnel_piece *first, *last;
};
struct funnel_chains {
    struct funnel_list list[FUNNEL_STEPS_MAX + 1][2]; /* by depth and whether it is wide */
    size_t n;
};
bool funnel_chains_add(struct funnel_chains *chains, struct arena *arena, uint32_t group, uint32_t depth,
                       const int64_t *at_ms, struct err *err) MUST_CHECK;
/* Times and lengths of steps whose `persons` are known, from the chains of all shards. */
bool funnel_times_fill(const struct funnel_plan *plan, const struct funnel_chains *const *chains, uint32_t n_chains,
                       struct arena *arena, struct funnel_step *steps, uint64_t (*lengths)[FUNNEL_LENGTHS],
                       struct err *err) MUST_CHECK;

#endif
