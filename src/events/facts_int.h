/* events/facts_int.h -- how the facts are kept; private to facts*.c.
 *
 *      bundle on disk                 memory
 *      [ base: persons in order ]     tail: rows in order of arrival, since the base was written
 *        |  mapped, private           records: persons that the tail, or a merge, has touched
 *        v                              |
 *      columns: [ base rows ][ overlay: each record's person, whole and in order ]
 *
 * A snapshot is the base's persons but those that have a record (hidden), and the records' persons. When one is asked
 * for, the records that changed since the last one are written anew behind the overlay's rows; nothing before is
 * touched, so older snapshots stay as they were. Folding (facts_fold.c) writes a snapshot as the next base.
 *
 * Invariants
 *   F1  a row's alias, name and touch are below the counts of their dictionaries
 *   F2  a person's rows stand together, by time, ties by arrival, which is the order of `raw`
 *   F3  aliases of one person have one root, the smallest of them; roots only ever merge
 *   F4  a snapshot never changes, and keeps alive what it points into
 *   F5  place[root] is the place of a person with rows: a base place, or n_base + its record; NONE without rows.
 *       place[alias] of others is where they stood first; what became of that, records say (taken_by, into)
 *   F6  a person stands at one place: a base place whose person has a record is hidden
 *
 * Locks: `mutex` guards all that the writer changes. `building` lets one thread make a snapshot: under `mutex` it plans
 * what goes where; the rows are copied without it, from what does not change any more.
 */
#ifndef EVENTS_FACTS_INT_H
#define EVENTS_FACTS_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "events/facts.h"

#define CHUNK_ROWS 65536u
#define CHUNKS_MAX 65536u /* 4 billion rows: more than one machine's memory */

/* A growing array of whole numbers or small structs: `n` used of `capacity`. */
#define VECTOR(type)                                                                                                   \
    struct {                                                                                                           \
        type *at;                                                                                                      \
        size_t n, capacity;                                                                                            \
    }

struct tail_row {
    uint32_t alias, name, touch;
    uint32_t next; /* of the same record, index + 1; 0: its last */
    int64_t at_ms, amount_minor;
    uint64_t raw;
};

struct tail {
    struct tail_row *chunk[CHUNKS_MAX];
    uint64_t n;
};

/* A person who has changed since the base was written. */
struct record {
    uint32_t root;            /* DICT_NONE: merged into another: */
    uint32_t into;            /* its number */
    uint32_t first, last;     /* rows of the tail, index + 1; 0: none */
    uint32_t n_tail;          /* how many */
    uint32_t base, base_last; /* its places in the base, a list in `nodes`, index + 1; 0: none */
    bool dirty;               /* `rows` is of before */
    bool relabel;             /* its aliases have changed too */
    struct rows rows;         /* where it was written */
    uint32_t written;         /* the last row of the tail that is in `rows`, index + 1; 0: write it from its parts */
    uint32_t n_written;       /* how many of the tail are */
};

struct node {
    uint32_t place, next;
};

/* The columns, base and overlay behind each other in memory that is reserved and not yet there. */
struct columns {
    _Atomic uint32_t holders;
    uint64_t capacity, used; /* rows */
    int64_t *at_ms;
    uint16_t *name;
    uint32_t *touch;
    int64_t *amount_minor;
    uint64_t *raw;
};

/* Dictionaries, base and records, which go together: ids in the one are of the other. When the next generation comes,
 * one that snapshots still hold stays as it was. */
struct generation {
    _Atomic uint32_t holders;
    struct bundle *bundle; /* NULL: no base yet */
    struct dict *names, *values, *aliases, *tuples;
    uint64_t n_events;
    uint32_t n_base;
    const uint64_t *first; /* n_base + 1 */
    const uint32_t *shown; /* n_base: the alias that a person is shown under */
    uint32_t *place;       /* by alias, F5 */
    uint32_t *joined;      /* by alias: the first settling at which `place` was so */
    uint64_t *hidden;      /* by base place, a bit; NULL: no base person has a record */
    uint32_t *taken_by;    /* by hidden base place: the number of the record that took it first */
    VECTOR(struct record) records;
};

struct touch_table {
    _Atomic uint32_t holders;
    uint32_t n;
    struct touch touch[];
};

struct alias_pair {
    uint32_t a, b;
};

struct facts {
    pthread_mutex_t mutex, building;
    struct hash_key key;
    struct generation *generation;
    struct columns *columns;

    /* by alias */
    uint32_t *parent; /* union-find; a root is its own parent */
    uint32_t *best;   /* of a root: the alias that the person is shown under */
    uint32_t *ring;   /* the next alias of the same person, in a circle */
    size_t aliases_capacity;

    struct touch *touches;
    size_t touches_capacity;
    struct touch_table *table; /* a copy of `touches` for snapshots; NULL: out of date */

    struct tail tail;
    VECTOR(struct node) nodes;
    VECTOR(uint32_t) dirty;
    uint32_t settlings; /* how often the overlay was brought up to date */
    uint64_t live_rows; /* of the overlay that the records point to */
    uint32_t n_persons;
    int64_t first_ms, last_ms;
    uint64_t version;

    bool keep_merges; /* a cut is being written: what is merged meanwhile has to be merged in its place too */
    VECTOR(struct alias_pair) merges;

    facts_platform_fn *platform;
    const void *rules;
    struct snapshot_owner *latest;
    int64_t latest_us, latest_took_us; /* when it was made, and a processor's time that took */
    _Atomic uint32_t holders;          /* the owner of the facts, and each snapshot alive */
};

struct snapshot_owner {
    struct snapshot snap;
    struct facts *facts;
    struct generation *generation;
    struct columns *columns;
    struct touch_table *table;
    _Atomic uint32_t holders;
    struct rows *over;
    uint32_t *over_shown;
    uint64_t *hidden;
    uint32_t n_aliases, settlings;
};

static inline struct tail_row *tail_at(const struct tail *tail, uint64_t row)
{
    return &tail->chunk[row / CHUNK_ROWS][row % CHUNK_ROWS];
}

/* Room for one more; then write to .at[.n++]. */
#define VECTOR_RESERVE(vector)                                                                                         \
    do {                                                                                                               \
        if ((vector)->n == (vector)->capacity) {                                                                       \
            (vector)->capacity = (vector)->capacity ? (vector)->capacity * 2 : 64;                                     \
            (vector)->at = mem_grow((vector)->at, sizeof *(vector)->at, (vector)->capacity);                           \
        }                                                                                                              \
    } while (0)

/* ---- facts.c: the writer's side ---- */
struct facts *facts_shell(struct generation *generation, const struct hash_key *key);
void facts_release(struct facts *facts);
uint64_t facts_next_version(void);
void tail_add(struct tail *tail, const struct tail_row *row);
void tail_reset(struct tail *tail);
void facts_new_alias(struct facts *facts, uint32_t alias);
void facts_place_row(struct facts *facts, uint64_t tail_row); /* a row of the tail goes to its person's record */
void facts_forget_records(struct facts *facts);               /* a generation without any has come */
void facts_decide_touches(struct facts *facts);               /* all of them, from the tuples and by the rules */

/* ---- facts_columns.c ---- */
/* A record's person: the rows it had when it was written last, or of its base places, and those of the tail that are
 * new; and where they go. */
struct move {
    struct rows from, to;
    uint32_t first, last; /* of the tail, index + 1; first 0: none */
    uint32_t n_places;
    size_t place; /* the first of them, in the settling's `places` */
};

struct columns *columns_new(const struct bundle *bundle, uint64_t n_base, struct err *err); /* bundle may be NULL */
void columns_release(struct columns *columns);
/* Where the rows of records that have changed go, behind the overlay. */
struct settling {
    struct columns *columns, *before; /* held; `from` of the moves lies in `before`, most often the same */
    const struct generation *generation;
    const struct tail *tail;
    VECTOR(struct move) moves;
    VECTOR(uint32_t) places; /* of the base, of all moves */
    _Atomic int64_t took_us; /* a processor's time, of all threads */
};
void settling_plan(struct facts *facts, struct settling *out); /* with the mutex held */
/* Without it; frees the plan. `urgent`: by this thread alone, which the pool's are not to hold up. Returns took_us. */
int64_t settling_do(struct settling *settling, bool urgent);

/* ---- facts_snapshot.c ---- */
void touch_table_release(struct touch_table *table); /* NULL is fine */

/* ---- facts_fold.c ---- */
struct generation *generation_new(const struct hash_key *key);
void generation_release(struct generation *generation);

#endif
