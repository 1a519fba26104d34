/* measure/retention_bits.h -- first-time cohorts of persons whose rows lie behind each other, counted by bits of rows.
 *
 * Is:    a part of measure/retention.c: what it does person by person, for many at a time.
 * Owns:  nothing.
 * Never: says who was counted.
 */
#ifndef MEASURE_RETENTION_BITS_H
#define MEASURE_RETENTION_BITS_H

#include "measure/periods.h"
#include "measure/retention.h"

/* Add the persons at places from .. to-1, all of them the base's, to `returned`, which is laid out as the answer; with
 * or_after a member counts in the cell of its last return. LIMIT: the arena has no room for as many cells again. */
bool retention_count_bits(const struct snapshot *snapshot, const struct retention_query *query,
                          const struct periods *periods, uint32_t from, uint32_t to, struct arena *arena,
                          uint64_t *returned, struct err *err) MUST_CHECK;

#endif
