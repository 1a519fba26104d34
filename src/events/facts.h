/* events/facts.h -- the facts: every event as one row of numbers, person by person.
 *
 * Is:    dictionaries, identity (union of aliases) and immutable, person-ordered snapshots for the kernels; a base that
 *        is mapped from a file, and what came since. facts_int.h has the picture.
 * Owns:  its rows and the snapshots it hands out; a snapshot lives until its last snapshot_close.
 * Never: knows the raw log. It is derived: `demetra rebuild` makes it again from there.
 *
 * One thread (the writer of events/pipeline.h) adds; any number of threads take snapshots at the same time.
 */
#ifndef EVENTS_FACTS_H
#define EVENTS_FACTS_H

#include "base/arena.h"
#include "base/dict.h"
#include "base/err.h"

/* What an event says about where the person came from. A touch is one distinct tuple of these. */
#define TOUCH_DIMS(X)                                                                                                  \
    X(PLATFORM, "platform")       /* made by the platform rules from the others; not part of the identity */           \
    X(SOURCE, "source")           /* utm_source */                                                                     \
    X(MEDIUM, "medium")           /* utm_medium */                                                                     \
    X(CAMPAIGN, "campaign")       /* utm_campaign, the name */                                                         \
    X(CAMPAIGN_ID, "campaign_id") /* the platform's id of it */                                                        \
    X(CONTENT, "content")         /* utm_content */                                                                    \
    X(TERM, "term")               /* utm_term */                                                                       \
    X(CREATIVE, "creative")       /* the ad shown */                                                                   \
    X(SOURCE_TYPE, "source_type") /* the CRM's or the site's own kind of source */

enum touch_dim {
#define X(name, text) TOUCH_##name,
    TOUCH_DIMS(X)
#undef X
        TOUCH_DIM_COUNT
};

const char *touch_dim_name(enum touch_dim dim);
bool touch_dim_find(Str name, enum touch_dim *dim) MUST_CHECK;

struct tuple {
    Str dim[TOUCH_DIM_COUNT]; /* trimmed, as they came; [TOUCH_PLATFORM] is ignored on the way in */
    bool whole;               /* says all there is: if it is empty nothing is known, rather than "as before" (CRM) */
};

/* A distinct tuple with what the rules make of it. Texts are ids in snapshot.values; id 0 is the empty text. */
struct touch {
    uint32_t dim[TOUCH_DIM_COUNT];
    bool paid;   /* an ad platform, with a campaign id: the house rule of last_paid */
    bool direct; /* came by itself: nothing known, or the source says "direct" */
    bool empty;  /* says nothing, and is not whole: in a session it continues what the session has */
};

/* One event as it is added. */
struct fact {
    uint32_t alias; /* any alias of its person */
    uint32_t name;  /* facts_name */
    uint32_t touch; /* facts_touch */
    int64_t at_ms;
    int64_t amount_minor; /* 0: no money */
    uint64_t raw;         /* its place in the raw log: RAW_REF(row, item) */
};

#define RAW_ITEMS_MAX 4096
#define RAW_REF(row, item) (((uint64_t)(row)*RAW_ITEMS_MAX) + (uint64_t)(item))
#define RAW_ROW(ref) ((int64_t)((ref) / RAW_ITEMS_MAX))
#define RAW_ITEM(ref) ((uint32_t)((ref) % RAW_ITEMS_MAX))

struct facts;

struct facts *facts_new(void);         /* in memory, until something is folded */
void facts_close(struct facts *facts); /* NULL is fine; memory goes when the last snapshot does */

/* ---- the writer's side: every call between facts_write_begin and facts_write_end, by one thread ---- */
void facts_write_begin(struct facts *facts);
void facts_write_end(struct facts *facts); /* readers see what was done in between as one change */

/* Who decides the platform of a tuple. */
typedef Str facts_platform_fn(const void *rules, const struct tuple *tuple, bool *paid);
/* Set the rules, and decide every known touch again. `rules` must outlive the facts or the next call. */
void facts_set_rules(struct facts *facts, facts_platform_fn *platform, const void *rules);

uint32_t facts_name(struct facts *facts, Str name);
#define ALIAS_VALUE_MAX 256
uint32_t facts_alias(struct facts *facts, char kind, Str value); /* kinds: ALIAS_* below; at most ALIAS_VALUE_MAX */
void facts_same_person(struct facts *facts, uint32_t alias, uint32_t other);
uint32_t facts_touch(struct facts *facts, const struct tuple *tuple);
void facts_add(struct facts *facts, const struct fact *fact);

/* An alias is a kind and a value, written "u:42". A person is shown under its best alias, in this order. */
#define ALIAS_USER 'u'
#define ALIAS_CLIENT 'c'
#define ALIAS_TELEGRAM 't'
#define ALIAS_ANONYMOUS 'a'

/* Of its dictionaries; a random one of its own, which goes with the file. */
const struct hash_key *facts_key(const struct facts *facts);
/* Rows that are in no file yet. */
uint64_t facts_unfolded(const struct facts *facts);
uint64_t facts_events(const struct facts *facts); /* all rows; these two by the writer */

/* ---- folding: what is there becomes a file, and the file the base (facts_fold.c) ---- */
struct facts_cut;
struct facts_cut *facts_cut(struct facts *facts);                             /* by the writer, not within a write */
void facts_cut_write(const struct facts_cut *cut, struct bundle_writer *out); /* by any thread */
/* By the writer. False: all is as it was, but for the cut, which is of no use any more. */
bool facts_install(struct facts *facts, const struct facts_cut *cut, struct bundle *bundle, struct err *err) MUST_CHECK;
void facts_cut_free(struct facts *facts, struct facts_cut *cut); /* NULL is fine */
/* Facts that begin with what a cut wrote. `key` is that of the facts it was a cut of. */
struct facts *facts_of_bundle(struct bundle *bundle, const struct hash_key *key, struct err *err);

/* ---- the readers' side ---- */
struct rows {
    uint64_t begin, end;
};

struct snapshot {
    /* Persons stand at places 0 .. n_places-1; snapshot_rows has their rows, by time, ties in order of arrival. Some
     * places are empty. Rows of no place are no events: read rows by person only. */
    uint32_t n_places, n_persons;
    uint64_t n_events;
    const int64_t *at_ms; /* these by row */
    const uint16_t *name;
    const uint32_t *touch;
    const int64_t *amount_minor;
    const uint64_t *raw;
    const struct touch *touches; /* n_touches */
    uint32_t n_touches, n_names, n_values;
    int64_t first_ms, last_ms; /* of all events; 0 and -1 when there are none */
    uint64_t version;          /* grows with every change; no two states in a process have the same */

    /* for snapshot_rows */
    uint32_t n_base;         /* places that lie behind each other, in `first` */
    const uint64_t *first;   /* n_base + 1 */
    const struct rows *over; /* the places after them */
    const uint64_t *hidden;  /* a bit by place: it is empty to this reader; NULL: none is */
    const struct snapshot_owner *owner;
};

/* The rows of the person at a place; begin == end if nobody stands there. */
static inline struct rows snapshot_rows(const struct snapshot *snapshot, uint32_t place)
{
    if (snapshot->hidden && (snapshot->hidden[place / 64] >> (place % 64) & 1)) return (struct rows){0, 0};
    if (place >= snapshot->n_base) return snapshot->over[place - snapshot->n_base];
    return (struct rows){snapshot->first[place], snapshot->first[place + 1]};
}

/* The facts as they are now. Never fails; close it when done. When very much comes in, so that making a snapshot takes
 * more than 20 ms, one that is up to 2 s old may serve, unless few persons have changed (facts_snapshot.c); _of_now has
 * all that was added before. */
const struct snapshot *facts_snapshot(struct facts *facts);
const struct snapshot *facts_snapshot_of_now(struct facts *facts);
void snapshot_close(const struct snapshot *snapshot); /* NULL is fine */

Str snapshot_name(const struct snapshot *snapshot, uint32_t name);
Str snapshot_value(const struct snapshot *snapshot, uint32_t value);              /* a touch dimension's text */
Str snapshot_alias(const struct snapshot *snapshot, uint32_t alias);              /* "u:42" */
uint32_t snapshot_person_alias(const struct snapshot *snapshot, uint32_t person); /* that it is shown under */
uint32_t snapshot_find_name(const struct snapshot *snapshot, Str name);           /* DICT_NONE when no event has it */
/* The person that has an alias written "u:42", or a bare value tried under each kind; DICT_NONE if none has. */
uint32_t snapshot_find_person(const struct snapshot *snapshot, Str alias);

/* A person's aliases, at most `max` of them; returns how many. O(its aliases). */
size_t snapshot_aliases(const struct snapshot *snapshot, uint32_t person, uint32_t *aliases, size_t max);

#endif
