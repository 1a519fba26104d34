/* ads/ad_import_int.h -- what the files of ad_import share. */
#ifndef ADS_AD_IMPORT_INT_H
#define ADS_AD_IMPORT_INT_H

#include "ads/ad_import.h"
#include "base/file.h"
#include "base/worker.h"

#define HOLD_US 60000 /* for how long a chunk means to hold the writer */
#define RETRY_MS 1000

struct ad_imports {
    struct store *store;
    Str currency;
    char folder[FILE_PATH_MAX - 64];
    struct worker *worker;
};

/* A file in the spool, being read. */
struct ad_file {
    Str bytes, text; /* mapped; without the byte order mark */
    struct arena arena;
    struct table table;
    struct table_plan plan;
};

Str ad_file_start(Str text); /* what guesses are made from */

/* The oldest that has something to be done. */
bool ad_import_next(struct db *db, struct arena *arena, struct ad_import *out, bool *found,
                    struct err *err) MUST_CHECK; /* ad_import_sql.c */

/* ---- ad_import_scan.c: all rows read, none written ---- */
struct row_ref {
    Str key;                          /* the campaign */
    size_t at;                        /* in the text */
    uint32_t n;                       /* bytes */
    uint32_t group;                   /* source and account; 0 for campaigns */
    int32_t day;                      /* INT32_MIN: a campaign without */
    char currency[CELL_CURRENCY_MAX]; /* of days */
    int64_t line;
    uint32_t again;         /* of a campaign whose id comes again with other content: 2, 3 …; else 0 */
    struct hash128 content; /* of days what with the above makes the key; of campaigns whose id comes again the line */
};

struct row_scan {
    struct row_ref *row; /* in the order in which they are written: by group, day, campaign, ad; campaigns by day, id */
    size_t n, cap;
    int64_t rows, rejected, repeated; /* read; not taken; left out because word for word there already */
    int32_t *day;                     /* of campaigns: each once */
    size_t n_days;
    struct dict *groups;
    struct arena keys;
};

/* Rejects go into the store as they are found. ERR_INVALID: the file is refused; false with ERR_BUSY and stopping. */
bool ad_scan(struct ad_imports *imports, const struct worker *worker, int64_t id, const struct ad_file *file,
             struct row_scan *out, struct err *err) MUST_CHECK;
bool ad_same_key(const struct row_ref *a, const struct row_ref *b); /* of days: to be written together */
void ad_scan_free(struct row_scan *scan);

/* ---- ad_import_write.c: chunks of rows into the store ---- */
bool ad_write(struct ad_imports *imports, const struct worker *worker, struct ad_import *import,
              const struct ad_file *file, const struct row_scan *scan, struct err *err) MUST_CHECK;

/* Make the sums of campaigns again for all days that any campaign is or was of, a few at a time. */
bool ad_sums_refresh_all(struct ad_imports *imports, const struct worker *worker, struct err *err) MUST_CHECK;

/* ---- ad_import_undo.c ---- */
bool ad_take_back(struct ad_imports *imports, const struct worker *worker, int64_t id, struct err *err) MUST_CHECK;

/* How many things a chunk takes, so that the writer is held for about HOLD_US. */
size_t ad_pace(size_t n, int64_t took_us, size_t max);

#endif
