/* measure/attribution_int.h -- the scan that everything about credit reads.
 *
 * Is:    conversions of a snapshot with the touches that share them, one by one, and journeys that led to none;
 *        and what a model gives those touches.
 * Owns:  nothing; its room is taken from the reader's arena.
 * Never: seen outside attribution*.c, trail.c, pour.c, journey_paths.c, path_sums.c and bootstrap.c.
 */
#ifndef MEASURE_ATTRIBUTION_INT_H
#define MEASURE_ATTRIBUTION_INT_H

#include "measure/models.h"
#include "measure/shards.h"

/* What the scan asks of a touch id, in 8 bytes. */
struct touch_mark {
    uint32_t group;
    bool paid : 1, direct : 1, excluded : 1, must : 1;
};

/* The latest milestone event of a kind. */
struct milestone {
    uint32_t place_plus_1; /* of the last touch at or before it; 0: none */
    int64_t at_ms;
};

/* One person's touches that are not excluded, in time order. */
struct trail {
    uint32_t capacity;
    uint64_t *row; /* NULL: nobody asks */
    int64_t *at_ms;
    uint32_t *group;
    double *power;     /* of time_decay, and DECAY_PAD behind; NULL: nobody asks */
    uint32_t n_powers; /* that are there */
    struct decay decay;
    double *ahead; /* the powers of rows from first_ahead on, if is_ahead */
    uint64_t first_ahead;
    bool is_ahead;
    uint32_t n;               /* touches so far */
    uint32_t lo;              /* the first that the lookback still reaches */
    uint32_t seen;            /* those before it were in some journey already, or in none and never will be */
    uint32_t last_paid;       /* place + 1; 0: none yet */
    uint32_t last_non_direct; /* likewise */
    struct milestone lead, opportunity;
    uint64_t any, any_must;  /* the row + 1 of the latest touch, excluded ones too, and of must_touch; 0: none yet */
    int64_t any_ms, must_ms; /* when that was */
    uint64_t converted;      /* the row + 1 of the latest conversion, in the range or not; 0: none yet */
    uint32_t after;          /* the first touch after it */
};

#define GROUP_PAD 8 /* what may be read and written behind the groups of a trail */
#define FOUND_MAX 128

/* Conversions of a stretch of rows, listed ahead so that what is read of them is on its way. */
struct finder {
    uint64_t row, end; /* those from `row` on are not listed yet */
    uint32_t at, n;    /* the next one, and behind the last one */
    uint64_t found[FOUND_MAX];
};

/* A conversion and the touches that share its credit; or touches that led to none. */
struct scan_journey {
    struct model_journey journey; /* journey.n == 0: unattributed */
    uint64_t conversion_row;
    bool null; /* no conversion: only person, group and journey.n are set */
    uint32_t person;
    const uint64_t *row; /* NULL: nobody asks */
    const uint32_t *group;
    uint32_t fresh; /* touches from this place on were in no earlier journey */
    bool own;       /* the one touch is the conversion's, and stands here: */
    uint32_t own_group;
};

enum verdict { GO_ON, STOP, FAILED };

#define LINE_TOUCHES 2048

/* Null journeys behind each other, for a reader to whom it does not matter whose they are. */
struct null_line {
    uint32_t *group; /* of each journey, behind a by.n; LINE_TOUCHES and GROUP_PAD */
    uint32_t n, n_journeys;
};

struct scan {
    const struct snapshot *snapshot;
    const struct attribution_query *query;
    const struct touch_mark *mark; /* by touch id */
    uint64_t lookback;
    uint64_t base_end; /* rows before it are there, whosoever */
    bool plain;        /* every event but conversions is a touch, none is excluded, and nothing else is asked of it */
    uint32_t models;   /* the wanted ones, a bit each; a reader that asks for no credit_of sets 0 */
    bool nulls;        /* set by the reader: null journeys too (journey_paths.h), each after its person's conversions */
    bool rows;         /* likewise: of which row each touch is */
    struct arena *arena;
    struct err *err;
    struct finder finder;
    struct trail trail;
    struct session session;
    struct model_split split;
    uint32_t person;
    enum verdict (*see)(struct scan *scan, const struct scan_journey *path);
    void (*see_end)(struct scan *scan);  /* after a person's last journey, the trail as it was; NULL: no need */
    void *reader;                        /* the private state of both */
    struct null_line *line;              /* the reader's: null journeys go there if they can; NULL: each is seen */
    void (*see_line)(struct scan *scan); /* empties it when it is full */
};

/* Check the query and make what shards share: `scan` but nulls, rows, arena, err, see, line and reader. */
bool scan_open(struct scan *scan, const struct snapshot *snapshot, const struct attribution_query *query,
               struct arena *arena, struct err *err) MUST_CHECK;

/* ---- the trail, for the scan ---- */

bool trail_reserve(struct scan *scan, uint64_t n) MUST_CHECK; /* room for a person's touches */
void trail_start(struct scan *scan);                          /* another person; the room stays */
void trail_look_ahead(struct scan *scan, struct rows rows);   /* in a plain scan: among these are its touches */
void trail_add(struct scan *scan, uint64_t row);
void trail_add_all(struct scan *scan, struct rows rows); /* in a plain scan */
/* The groups of a stretch of rows; `group` has room for GROUP_PAD more. */
void trail_read_groups(const struct scan *scan, struct rows rows, uint32_t *group);

/* The powers of the journey, made up to its end; NULL if nobody asks. */
const double *trail_powers(struct trail *trail);

/* ---- null journeys in a line ---- */

/* The journey of these rows, in a plain scan. False: it is too long, and was not added. */
bool line_add(struct scan *scan, struct rows rows) MUST_CHECK;
/* Those of the persons at place .. after-1, as far as they have rows that end at `end` or before, all of them touches;
 * returns the first place that it could do nothing with. */
uint32_t line_up(struct scan *scan, uint32_t place, uint32_t after, uint64_t end);

/* ---- the scan ---- */

static inline bool scan_reaches(const struct scan *scan, int64_t from_ms, int64_t to_ms)
{
    return elapsed_ms(from_ms, to_ms) < scan->lookback;
}

/* The first row of [row, end) that is not before `at_ms`; `end` if all are. */
static inline uint64_t scan_find_time(const int64_t *times, uint64_t row, uint64_t end, int64_t at_ms)
{
    uint64_t n = end - row;

    while (n > 0) {
        uint64_t half = n / 2;
        bool before = times[row + half] < at_ms;
        row += before ? half + 1 : 0;
        n = before ? n - half - 1 : half;
    }
    return row;
}

/* The first of the rows that the lookback reaches from `at_ms`, which is not before their times. */
static inline uint64_t scan_find_reached(const struct scan *scan, struct rows rows, int64_t at_ms)
{
    const int64_t *times = scan->snapshot->at_ms;

    if (rows.begin == rows.end || scan_reaches(scan, times[rows.begin], at_ms)) return rows.begin;
    return scan_find_time(times, rows.begin, rows.end, (int64_t)((uint64_t)at_ms - scan->lookback + 1));
}

/* Call `see` for the journeys of the persons at from .. to-1. */
bool scan_places(struct scan *scan, uint32_t from, uint32_t to) MUST_CHECK;

/* What a model makes of a path: credit and revenue of the touches from `place` on, `n` of them. Good until the next
 * call. What is unattributed is one credit to the group by.n. */
struct credit {
    uint32_t place, n;
    const uint32_t *group;
    const double *weight;
    const int64_t *revenue_minor;
};

static inline bool scan_wants(const struct scan *scan, int model)
{
    return scan->models >> model & 1;
}

struct credit credit_of(struct scan *scan, const struct scan_journey *path, enum attribution_model model);

#endif
