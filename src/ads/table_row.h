/* ads/table_row.h -- a row of a file of ad data, read by a plan: which column is which field, and what no column says.
 *
 * Is:    the plan, made of a mapping and defaults, and the pure reader of a record.
 * Owns:  nothing; texts of a row are slices of the record or of the arena.
 * Never: takes a row of which a mapped cell cannot be read.
 *
 * A file has rows of one kind: of campaigns (a column of theirs is mapped and no spend) or of days.
 */
#ifndef ADS_TABLE_ROW_H
#define ADS_TABLE_ROW_H

#include "ads/campaign_rows.h"
#include "ads/days.h"
#include "ads/table_guess.h"
#include "base/buf.h"

struct table_defaults {
    Str source, account, channel, campaign_id, campaign_name, placement, country, currency;
    enum date_order order; /* of dates with slashes; UNKNOWN: as the column's cells say */
};

struct table_plan {
    const struct table *table;
    int column[FIELD_COUNT]; /* -1: none */
    struct table_defaults defaults;
    bool campaigns; /* the rows are campaigns */
    bool links;     /* a column joins rows to events */
    Str no_money;   /* the currency of rows of days without any amount; the caller's to fill in */
};

/* `mapping`: {"mapping": {column: field or null}, "defaults": {…}} as JSON; columns that it does not name are as
 * proposed. INVALID at a field: an unknown column or field, a field twice, something missing that rows need. */
bool table_plan_make(const struct table *table, Str mapping, struct arena *arena, struct table_plan *out,
                     struct err *err) MUST_CHECK;
/* The plan as such JSON, in full. */
void table_plan_write(const struct table_plan *plan, struct buf *out);
unsigned table_plan_counts(const struct table_plan *plan); /* a bit for each enum ad_count that the file has */

struct table_row {
    Str source, account;
    struct ad_row day;            /* of a row of days */
    struct campaign_row campaign; /* of a row of campaigns */
    Str utm_campaign, utm_content, start_param;
};

struct row_fault {
    const char *column; /* a field's name, or "" for the line as a whole */
    char reason[200];
};

/* False and why. */
bool table_row_read(const struct table_plan *plan, Str record, struct arena *arena, struct table_row *out,
                    struct row_fault *fault) MUST_CHECK;

#endif
