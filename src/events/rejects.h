/* events/rejects.h -- what could not be staged, with its reason, until somebody replays it.
 *
 * Is:    the SQL of the table `reject`.
 * Owns:  that table.
 * Never: decides what is bad; a row stands once, however often it is sent.
 */
#ifndef EVENTS_REJECTS_H
#define EVENTS_REJECTS_H

#include "events/stage.h"
#include "store/store.h"

#define REJECT_BODY_MAX EVENT_BYTES_MAX

struct reject {
    int64_t id;
    int64_t source_id;
    enum raw_kind kind;
    int64_t import_id, line; /* 0: not from a file */
    Str reason, header, body;
    bool replayed;
    int64_t at_ms;
};

enum reject_filter { REJECTS_OPEN, REJECTS_REPLAYED, REJECTS_ALL };

/* Put one, within the caller's transaction; one that is there already stays as it is. Bodies are cut to
 * REJECT_BODY_MAX. *added (NULL is fine): it was not there. */
bool rejects_put(struct db *db, const struct reject *reject, bool *added, struct err *err) MUST_CHECK;
bool rejects_read(struct db *db, int64_t id, struct arena *arena, struct reject *out, struct err *err) MUST_CHECK;
bool rejects_mark_replayed(struct db *db, int64_t id, struct err *err) MUST_CHECK;
/* Those of an import that is taken back are no longer listed; sent again, they stand there again. */
bool rejects_undo_import(struct db *db, int64_t import_id, struct err *err) MUST_CHECK;
bool rejects_count(struct db *db, enum reject_filter filter, int64_t *n, struct err *err) MUST_CHECK;

/* At most `max` of them with an id above `after`, of one import or (0) of all; texts in the arena. */
bool rejects_list(struct db *db, enum reject_filter filter, int64_t import_id, int64_t after, struct arena *arena,
                  struct reject *out, size_t max, size_t *n, struct err *err) MUST_CHECK;

#endif
