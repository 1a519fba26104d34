/* measure/property_count.h -- an event by the values of one of its properties.
 *
 * Is:    one pure kernel: a snapshot and a column of values in, counts a value out.
 * Owns:  nothing; every array belongs to the caller.
 * Never: reads the raw log: events/properties.h made the column.
 */
#ifndef MEASURE_PROPERTY_COUNT_H
#define MEASURE_PROPERTY_COUNT_H

#include "events/properties.h"
#include "measure/range.h"

struct property_query {
    uint32_t event; /* DICT_NONE: nothing has this name */
    struct range range;
    const bool *touch_counts; /* by touch id, of the session that the event is in; NULL: all */
    const struct property_column *column;
};

struct property_cell {
    uint64_t events, persons; /* persons: distinct */
    int64_t revenue_minor;    /* the money of these events */
};

/* Of the events whose value is a number. */
struct property_numbers {
    uint64_t events;
    double sum, min, max; /* 0 when there are none */
};

/* cells: PROPERTY_CODES_MAX of them, by code. LIMIT if the revenue, refunds counted without their sign, is more than 64
 * bits hold. Cost: one scan on all cores, and a look into the column for each event of the name. */
bool property_count(const struct snapshot *snapshot, const struct property_query *query, struct arena *arena,
                    struct property_cell *cells, struct property_cell *total, struct property_numbers *numbers,
                    struct err *err) MUST_CHECK;

#endif
