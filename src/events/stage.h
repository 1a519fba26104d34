/* events/stage.h -- what arrived, read and cleaned: one raw entry in, staged items and rejects out.
 *
 * Is:    the readers of every protocol behind one function, pure: the same entry always gives the same items.
 * Owns:  nothing; items point into the entry's body or the caller's arena.
 * Never: touches the facts or the store: who wins among repeats, and what a contract makes of an event, is decided
 *        where items are applied (pipeline.c).
 */
#ifndef EVENTS_STAGE_H
#define EVENTS_STAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/time.h"
#include "events/facts.h"

/* How a raw body is read. The numbers are on disk: never change one. */
#define RAW_KINDS(X)                                                                                                   \
    X(BATCH, 1, "batch")                                                                                               \
    X(TRACK, 2, "track")                                                                                               \
    X(PAGE, 3, "page")                                                                                                 \
    X(SCREEN, 4, "screen")                                                                                             \
    X(IDENTIFY, 5, "identify")                                                                                         \
    X(GROUP, 6, "group")                                                                                               \
    X(ALIAS, 7, "alias")                                                                                               \
    X(WEBHOOK, 8, "webhook")        /* one event of any type, without its messageId perhaps */                         \
    X(CRM_EVENTS, 20, "crm_events") /* CSV with its header line */                                                     \
    X(CRM_CONTRACTS, 21, "crm_contracts")

enum raw_kind {
#define X(name, number, text) RAW_##name = number,
    RAW_KINDS(X)
#undef X
};

const char *raw_kind_name(enum raw_kind kind);
bool raw_kind_find(Str name, enum raw_kind *kind) MUST_CHECK;
bool raw_kind_is_csv(enum raw_kind kind);

#define SOURCE_CRM 0 /* the source of imported CRM files; others are numbered from 1 */

struct raw_entry {
    int64_t source_id;
    enum raw_kind kind;
    int64_t received_ms;
    int64_t sent_ms;    /* the envelope's sentAt or SentAt header; TIME_NONE */
    int64_t import_id;  /* 0: not from a file */
    int64_t first_line; /* of a file: the line of its first record */
    Str body;
};

#define EVENT_BYTES_MAX ((size_t)32 * 1024)
#define BATCH_ITEMS_MAX 2500
#define AMOUNT_MINOR_MAX INT64_C(9000000000000000) /* of one event or contract; a double holds it exactly */
#define ALIASES_MAX 5
#define CURRENCY_UNKNOWN STR("?") /* what was said is no code of a currency */

enum staged_type {
    STAGED_EVENT,    /* becomes a fact */
    STAGED_PERSON,   /* identify, group, alias: says who is who, and no more */
    STAGED_CONTRACT, /* a CRM contract: makes its event a conversion */
};

struct staged_alias {
    char kind; /* ALIAS_* */
    Str value;
};

struct staged {
    enum staged_type type;
    enum raw_kind kind; /* RAW_TRACK, RAW_PAGE, ... or the entry's kind of file */
    uint32_t item;      /* its place in the raw entry */
    Str message_id;     /* unique within the source; empty: never a repeat */
    struct staged_alias alias[ALIASES_MAX];
    uint32_t n_aliases; /* all of one person, at least one */
    Str name;           /* of an event */
    int64_t at_ms;
    int64_t amount_minor; /* in minor units of `currency` */
    Str currency;         /* of the amount, in capitals; CURRENCY_UNKNOWN; empty: the reporting one */
    struct tuple tuple;
    Str doc_id;           /* CRM: the contract that the event signed, or that this is; may be empty */
    int64_t cost_minor;   /* STAGED_CONTRACT: may be 0 or less */
    int32_t contract_day; /* STAGED_CONTRACT */
    bool repeat;          /* set by the pipeline: it was taken before */
};

struct staged_reject {
    enum raw_kind kind; /* how to read `body` by itself */
    uint32_t item;
    int64_t line; /* of a file; 0 */
    Str body;
    const char *reason;
};

struct decoded {
    struct staged *items;
    uint32_t n;
    struct staged_reject *rejects;
    uint32_t n_rejects;
};

/* Read an entry. False: the whole of it is unreadable (err says why) and nothing of it is to be kept.
 * `currency` is the reporting currency. Memory: items and rejects come from `arena`; O(body). */
bool stage_decode(const struct raw_entry *entry, Str currency, struct arena *arena, struct decoded *out,
                  struct err *err) MUST_CHECK;

/* The bytes of one item of an entry, as they came. */
bool stage_item_bytes(const struct raw_entry *entry, uint32_t item, Str *bytes) MUST_CHECK;

/* An arena's ceiling that is enough to decode `bytes` of body. */
size_t stage_arena_bytes(size_t bytes);

#endif
