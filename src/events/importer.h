/* events/importer.h -- files that are read in: one after the other, in pieces, from where they stopped.
 *
 * Is:    the table `import`, the spool folder, and a thread that works through what waits.
 * Owns:  them. A file is in the spool until it is through.
 * Never: stops at a bad row; loses its place: how far it is stands in the transaction that stores the rows.
 */
#ifndef EVENTS_IMPORTER_H
#define EVENTS_IMPORTER_H

#include "events/pipeline.h"

struct importer;

struct import {
    int64_t id;
    enum raw_kind kind;
    Str name, state, error; /* state: waiting, running, done, failed, undone */
    int64_t bytes_total, bytes_done, lines_done;
    int64_t kept, repeated, rejected, uncounted;
    int64_t started_ms, finished_ms; /* TIME_NONE until then */
};

/* Opens the spool, takes up what was not finished, starts the thread. */
struct importer *importer_open(struct pipeline *pipeline, struct store *store, struct err *err);
void importer_close(struct importer *importer); /* after the piece under way; NULL is fine */
Str importer_spool(const struct importer *importer);

/* Take a file of the spool's file system over (it is renamed) and queue it. */
bool importer_add(struct importer *importer, enum raw_kind kind, Str name, const char *path, int64_t *id,
                  struct err *err) MUST_CHECK;
/* Copy a file into the spool and queue it. */
bool importer_add_copy(struct importer *importer, enum raw_kind kind, const char *path, int64_t *id,
                       struct err *err) MUST_CHECK;
/* Take an import back. ERR_CONFLICT while it waits or runs. */
bool importer_undo(struct importer *importer, struct db *db, int64_t id, struct arena *arena,
                   struct err *err) MUST_CHECK;

bool imports_read(struct db *db, int64_t id, struct arena *arena, struct import *out, struct err *err) MUST_CHECK;
/* The newest first, with an id below `before`. */
bool imports_list(struct db *db, int64_t before, struct arena *arena, struct import *out, size_t max, size_t *n,
                  struct err *err) MUST_CHECK;

#endif
