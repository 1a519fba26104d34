/* report/path_table.h -- a table of paths as other attribution programs take it.
 *
 * Is:    a reader of CSV: columns path ("a > b > c"), total_conversions, total_conversion_value, total_null.
 * Owns:  the paths and the channels' names, until path_table_reset.
 * Never: drops a row silently: what it cannot take is counted, and the first ones are named by line.
 */
#ifndef REPORT_PATH_TABLE_H
#define REPORT_PATH_TABLE_H

#include "base/dict.h"
#include "measure/paths.h"

#define PATH_TABLE_FAULTS_MAX 20
#define PATH_TABLE_DIGITS 2 /* decimals of a value that are kept, rounded half away from zero */

struct path_fault {
    int64_t line;  /* of the file, from 1 */
    char why[320]; /* as in struct err */
};

struct path_table {
    struct paths paths;
    struct dict *channels; /* names; a channel is its id */
    bool has_value, has_nulls;
    int64_t rows;  /* taken */
    int64_t wrong; /* not taken */
    size_t n_faults;
    struct path_fault fault[PATH_TABLE_FAULTS_MAX]; /* the first of those not taken */
};

/* Read a whole text. The header names the columns, in any order and case; path and total_conversions must be there,
 * other columns are passed over. A blank cell is an empty path, or 0; blank lines are passed over. INVALID: no such
 * header. LIMIT: more than `ceiling` bytes of paths. On failure there is nothing to reset. */
bool path_table_read(Str text, size_t ceiling, struct path_table *out, struct err *err) MUST_CHECK;
void path_table_reset(struct path_table *table);

#endif
