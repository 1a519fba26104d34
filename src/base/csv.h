/* base/csv.h -- RFC 4180 text, read record by record and written cell by cell.
 *
 * Is:    a splitter over bytes that the caller holds, and a writer that spreadsheets cannot be tricked by.
 * Owns:  nothing.
 * Never: allocates but from the caller's arena (for cells with doubled quotes).
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/arena.h"
#include "base/buf.h"

/* Bytes of the first record in `text` with its line end; 0 if the record is not ended within `text`.
 * Line ends inside quotes belong to the record. */
size_t csv_record_length(Str text);

/* Cut the next record off `*rest`. A record may not be longer than `max`: a quote that is not closed within it must
 * not swallow the records that follow, so then it is a single line. The last record needs no line end. */
Str csv_take_record(Str *rest, size_t max);

int64_t csv_lines(Str record); /* lines that a record takes, at least 1 */

/* Split one record (line end allowed) into at most `max` cells. Returns how many cells there are, also past `max`;
 * SIZE_MAX when a quote is not closed or stands where none may. */
size_t csv_split(Str record, struct arena *arena, Str *cells, size_t max);
size_t csv_split_at(Str record, char mark, struct arena *arena, Str *cells, size_t max); /* at another than a comma */

/* Append a cell, quoted where needed. A text that a spreadsheet would run as a formula gets a leading apostrophe. */
void csv_put(struct buf *out, Str cell, bool last);

#endif
