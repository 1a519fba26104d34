/* measure/path_sums_int.h -- the reader of the scan that adds up a shard's sums, for whoever scans for more than them.
 *
 * Is:    the window over a person's trail, and what is added as it moves.
 * Owns:  nothing; its room is taken from the arena of the shard.
 * Never: seen outside path_sums.c and attribution.c.
 */
#ifndef MEASURE_PATH_SUMS_INT_H
#define MEASURE_PATH_SUMS_INT_H

#include "measure/attribution_int.h"
#include "measure/path_sums.h"

#define STEP_SIDES 2 /* neighbouring steps are often the same: none need wait for the one before */
#define WORDS_MAX (PATH_SUMS_GROUPS_MAX / 64)

struct path_reader {
    struct path_sums *sums;
    const struct bootstrap *bootstrap; /* NULL: every person once */
    uint8_t *drawn;
    double *weight; /* of the person under way */
    uint32_t person_plus_1;

    /* of the trail, from `first` on, if `open` */
    bool open;
    uint32_t first, n;        /* places that were seen */
    uint32_t *latest;         /* by group: the place + 1 of its latest touch; 0: none */
    uint32_t capacity, *more; /* by place: how many more journeys have the step from there than that before it */
    uint32_t n_words;

    struct null_line line;       /* that are not in the sums yet */
    uint64_t *count[STEP_SIDES]; /* as sums.steps, without a bootstrap: steps that are not in the sums yet */
};

/* Sums of nothing yet, and a reader that adds to them. */
bool path_sums_new(uint32_t n, uint32_t each, struct arena *arena, struct path_sums *sums, struct err *err) MUST_CHECK;
bool path_reader_open(struct path_reader *reader, struct path_sums *sums, const struct bootstrap *bootstrap,
                      struct arena *arena, struct err *err) MUST_CHECK;

/* A journey of the scan, null ones too; and what is kept of the touches of the trail, which will go. */
enum verdict path_reader_see(struct path_reader *reader, struct scan *scan, const struct scan_journey *journey);
void path_reader_see_line(struct path_reader *reader);
void path_reader_settle(struct path_reader *reader, const struct scan *scan);
void path_reader_close(struct path_reader *reader); /* of the shard: all is in the sums */

/* A shard's to all. */
bool path_sums_join(struct path_sums *to, const struct path_sums *from, struct err *err) MUST_CHECK;
/* INVALID for too many groups. */
bool path_sums_check(const struct attribution_query *query, struct err *err) MUST_CHECK;

#endif
