/* tests/unit/attribution_oracle.h -- attribution computed the slow way.
 *
 * Is:    one conversion's journey, found by looking at all of the person's events anew, with the models' formulas as
 *        models/attribution.md writes them, in long double. Shares no code with src/measure.
 * Owns:  nothing.
 * Never: fast: for persons of ORACLE_MAX events at most, amounts below a million.
 */
#ifndef TESTS_UNIT_ATTRIBUTION_ORACLE_H
#define TESTS_UNIT_ATTRIBUTION_ORACLE_H

#include "measure/attribution.h"

#define ORACLE_MAX 512

struct oracle_journey {
    bool counts; /* false: must_touch leaves the conversion out */
    bool own;
    uint32_t n; /* touches after exclusion */
    uint64_t row[ORACLE_MAX];
    uint32_t group[ORACLE_MAX];
    uint32_t lead, opportunity; /* places of their touches; n: absent */
    long double weight[ORACLE_MAX][MODEL_COUNT];
    int64_t revenue_minor[ORACLE_MAX][MODEL_COUNT];
};

/* The journey of the conversion at `row` of `person`. */
void oracle_journey(const struct snapshot *snapshot, const struct attribution_query *query, uint32_t person,
                    uint64_t row, struct oracle_journey *out);

/* Does an event of the person at rows[i] begin a session, rows[0..n-1] being all its events that take part? */
bool oracle_begins_session(const struct snapshot *snapshot, const uint64_t *rows, size_t i);

/* The tuple of the session that the person's event at `row` belongs to. */
uint32_t oracle_session_touch(const struct snapshot *snapshot, uint32_t person, uint64_t row);

#endif
