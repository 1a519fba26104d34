/* ads/ad_import.h -- files of ad data: looked at, mapped, read in, taken back.
 *
 * Is:    the table ad_import and what hangs on it, files in the spool, and a thread that works through what waits.
 * Owns:  them; of `campaign` and `ad_day` the rows that a file brought, until something else replaces them.
 * Never: brings a part of a file that it refuses; loses its place.
 *
 * States: new (uploaded; its mapping may be changed) -> waiting -> running -> done or failed; taken back: undoing ->
 * undone. A file that was not started and is taken back is undone at once.
 */
#ifndef ADS_AD_IMPORT_H
#define ADS_AD_IMPORT_H

#include "ads/table_row.h"
#include "store/store.h"

#define AD_IMPORT_NAME_MAX 200
#define AD_REJECT_BODY_MAX ((size_t)8192) /* bytes of a line that are kept */

struct ad_imports;

struct ad_import {
    int64_t id;
    Str name, state, format, mapping, error;
    int64_t bytes_total, bytes_done, rows_done;
    int64_t inserted, replaced, repeated, rejected;
    int64_t created_ms, started_ms, finished_ms; /* TIME_NONE until then */
};

struct ad_reject {
    int64_t line;
    Str column, reason, body;
};

/* Opens the spool, takes up what was not finished, starts the thread. `currency`: the reporting one. */
struct ad_imports *ad_imports_open(struct store *store, Str currency, struct err *err);
void ad_imports_close(struct ad_imports *imports); /* after the chunk under way; NULL is fine */

/* Take a file of the spool's file system over (it is renamed), as UTF-8; in state new. INVALID: it is no table. */
bool ad_import_add(struct ad_imports *imports, Str name, const char *path, int64_t *id, struct err *err) MUST_CHECK;
bool ad_import_add_copy(struct ad_imports *imports, const char *path, int64_t *id, struct err *err) MUST_CHECK;

/* What a file in state new looks like. */
struct ad_preview {
    Str text; /* the start of the file, which the table's rows are in */
    struct table table;
    bool remembered;        /* the plan is that of the last file with this header */
    bool has_plan;          /* else why_not says what is still to be said */
    struct table_plan plan; /* of the remembered mapping, or of the one proposed */
    struct err why_not;
};
bool ad_import_look(struct ad_imports *imports, struct db *db, int64_t id, struct arena *arena, struct ad_preview *out,
                    struct err *err) MUST_CHECK;

/* Queue a file in state new. `mapping`: as table_plan_make takes it; it is remembered for the next file with this
 * header. CONFLICT: it is not new. */
bool ad_import_start(struct ad_imports *imports, int64_t id, Str mapping, struct err *err) MUST_CHECK;
/* Take back what it brought. CONFLICT while it waits or runs. */
bool ad_import_undo(struct ad_imports *imports, int64_t id, struct err *err) MUST_CHECK;

bool ad_import_read(struct db *db, int64_t id, struct arena *arena, struct ad_import *out, struct err *err) MUST_CHECK;
/* The newest first, with an id below `before`. */
bool ad_import_list(struct db *db, int64_t before, struct arena *arena, struct ad_import *out, size_t max, size_t *n,
                    struct err *err) MUST_CHECK;
/* By line, from behind `after` on. */
bool ad_import_rejects(struct db *db, int64_t id, int64_t after, struct arena *arena, struct ad_reject *out, size_t max,
                       size_t *n, struct err *err) MUST_CHECK;

#endif
