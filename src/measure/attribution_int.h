/* measure/attribution_int.h -- the scan that everything about credit reads.
 *
 * Is:    conversions of a snapshot with the touches that share them, one by one, and journeys that led to none;
 *        and what a model gives those touches.
 * Owns:  nothing; its room is taken from the reader's arena.
 * Never: seen outside attribution*.c, trail.c, null_line.c, pour.c, journey_paths.c, path_sums.c and bootstrap.c.
 */
#ifndef MEASURE_ATTRIBUTION_INT_H
#define MEASURE_ATTRIBUTION_INT_H

#include "measure/models.h"
#include "measure/session_run.h"
#include "measure/shards.h"

/* What the scan asks of a touch id, in 8 bytes. */
struct touch_mark {
    uint32_t group;
    uint8_t kind; /* KIND_* */
    bool excluded : 1, must : 1;
};

#define KIND_PAID 1
#define KIND_DIRECT 2

/* The latest milestone event of a kind. */
struct milestone {
    uint32_t place_plus_1; /* of the last touch at or before it; 0: none */
    int64_t at_ms;
};

/* Touches that are not excluded, in time order: of the person under way from `begin` on, and before these of others,
 * if the reader settles many together. Places are counted from the first of all. */
struct trail {
    uint32_t capacity;
    uint64_t *row; /* NULL: nobody asks */
    int64_t *at_ms;
    uint32_t *group;
    uint8_t *kind; /* KIND_*; NULL: nobody asks */
    double *power; /* of time_decay; NULL: nobody asks */
    uint8_t *null; /* of null journeys, see null_line.c; NULL: nobody asks */
    struct decay decay;
    uint32_t n_powers; /* that are there */

    uint32_t begin;
    uint32_t n;               /* behind the last touch so far */
    uint32_t lo;              /* the first that the lookback still reaches */
    uint32_t seen;            /* those before it were in some journey already, or in none and never will be */
    uint32_t n_kinds;         /* those before it were looked at for the next two */
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
    bool plain;        /* all touches are journeys' touches: none is excluded, and nothing else is asked of events */
    uint32_t models;   /* the wanted ones, a bit each; a reader that asks for no credit_of sets 0 */
    bool nulls;        /* set by the reader: null journeys too (journey_paths.h), each after its person's conversions */
    bool rows;         /* likewise: of which row each touch is */
    struct arena *arena;
    struct err *err;
    struct finder finder;
    struct trail trail;
    struct session session; /* before the rows that are read */
    struct session_run run;
    struct model_split split;
    uint32_t person;
    enum verdict (*see)(struct scan *scan, const struct scan_journey *path);
    void (*settle)(struct scan *scan);   /* before the touches of its trail go: after each person; NULL: no need */
    bool together;                       /* set by the reader: after many persons */
    void *reader;                        /* the private state of both */
    struct null_line *line;              /* the reader's: null journeys go there if they can; NULL: each is seen */
    void (*see_line)(struct scan *scan); /* empties it when it is full */
};

/* Check the query and make what shards share: `scan` but nulls, rows, arena, err, see, line and reader. */
bool scan_open(struct scan *scan, const struct snapshot *snapshot, const struct attribution_query *query,
               struct arena *arena, struct err *err) MUST_CHECK;

/* ---- the trail, for the scan ---- */

bool trail_room(struct scan *scan, uint64_t n) MUST_CHECK; /* for n touches more, behind those that are there */
void trail_begin(struct scan *scan, uint32_t place);       /* another person, whose first touch is at that place */
void trail_end(struct scan *scan);                         /* that was its last journey */
void trail_add(struct scan *scan, uint64_t row);
void trail_add_all(struct scan *scan, struct rows rows);            /* in a plain scan: they are touches all */
void trail_lay(struct scan *scan, const uint64_t *row, uint32_t n); /* likewise, of many persons; n does not move */
/* The groups of a stretch of rows; `group` has room for GROUP_PAD more. */
void trail_read_groups(const struct scan *scan, struct rows rows, uint32_t *group);
/* Bring last_paid and last_non_direct up to n. */
void trail_find_last(struct trail *trail);
/* The powers of all touches before n. */
void trail_raise(struct trail *trail);

/* ---- null journeys in a line ---- */

/* The journey of these rows, in a plain scan. False: it is too long, and was not added. */
bool line_add(struct scan *scan, struct rows rows) MUST_CHECK;
/* Those of the persons of scan->run, whose touches are laid from `base` on. */
void line_add_run(struct scan *scan, uint32_t base);
/* Those of the persons at place .. after-1, as far as they have rows that end at `end` or before, all of them touches;
 * returns the first place that it could do nothing with. */
uint32_t line_up(struct scan *scan, uint32_t place, uint32_t after, uint64_t end);

/* ---- conversions ahead ---- */

void finder_start(struct finder *finder, struct rows rows);
/* The first conversion from `row` on, which only ever grows; UINT64_MAX: none. */
uint64_t finder_next(const struct scan *scan, struct finder *finder, uint64_t row);

/* ---- sessions as touches, in a plain scan ---- */

/* A person's rows; scan->session is what was open before them. */
enum verdict scan_read_sessions(struct scan *scan, struct rows rows);
/* All persons at place .. after-1, whose rows are those of the finder. */
enum verdict scan_session_run(struct scan *scan, uint32_t place, uint32_t after);

/* ---- the scan ---- */

/* The conversion at a row, its touches being in the trail. */
enum verdict scan_convert(struct scan *scan, uint64_t row);

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
