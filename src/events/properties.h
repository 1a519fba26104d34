/* events/properties.h -- event properties as columns, made when somebody asks for one.
 *
 * Is:    for an event's name and the path of a property, the value that each such event has, found by the event's place
 *        in the raw log (snapshot.raw). Made by reading the raw log, brought up to date by reading what is new in it.
 * Owns:  the columns, in memory below a ceiling (those that were asked for the longest ago go first), and
 *        one thread, which alone touches them: whoever asks for the same column shares one reading.
 * Never: writes; holds up the writer of the raw log.
 */
#ifndef EVENTS_PROPERTIES_H
#define EVENTS_PROPERTIES_H

#include "base/dict.h"
#include "events/property_item.h"
#include "store/store.h"

#define PROPERTIES_BYTES_MAX ((size_t)256 << 20)
#define PROPERTY_VALUES_MAX 1000 /* distinct ones that stay apart, the first to come */

/* A value as a small number. */
#define PROPERTY_CODE_NONE 0  /* the event has no such property */
#define PROPERTY_CODE_OTHER 1 /* one past PROPERTY_VALUES_MAX */
#define PROPERTY_CODE_FIRST 2 /* + id in `values` */
#define PROPERTY_CODES_MAX (PROPERTY_CODE_FIRST + PROPERTY_VALUES_MAX)

/* Events without the property do not stand in it. */
struct property_column {
    uint64_t *ref; /* RAW_REF, ascending */
    uint16_t *code;
    double *number; /* NAN where the value is none; NULL: it never is */
    uint64_t n, room;
    struct dict *values;
    bool other; /* some value did not stay apart */
    /* Where to look: the refs from ref[0] + (i << shift) on stand at start[i] and after. */
    uint32_t *start; /* n_starts + 1 */
    uint64_t n_starts;
    unsigned shift;
};

uint64_t property_at(const struct property_column *column, uint64_t ref); /* its place; UINT64_MAX: it has none */

struct properties;

/* Columns together take at most `bytes_max`. */
struct properties *properties_open(struct store *store, size_t bytes_max);
/* From now on nothing is taken; what is under way fails with ERR_BUSY. Before the server stops: it waits for answers.
 */
void properties_stop(struct properties *properties);
void properties_close(struct properties *properties); /* NULL is fine */

/* A column that is wanted. It belongs to the asker and must stay until `done`, which runs once on the thread of the
 * columns; the column is good until it returns. NULL: err says why. It holds every event that was in the raw log when
 * properties_ask was called. */
struct property_ask {
    Str event;
    const struct property_path *path;
    void (*done)(struct property_ask *ask, const struct property_column *column, const struct err *err);
    void *context;
    struct property_ask *next;
};

/* False: not taken, and `done` will not run (ERR_BUSY). */
bool properties_ask(struct properties *properties, struct property_ask *ask, struct err *err) MUST_CHECK;

#endif
