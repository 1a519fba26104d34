/* tests/unit/retention_oracle.h -- retention cell by cell, each from all events; and questions made at random.
 *
 * Is:    the slow computation that measure/retention.h is held to.
 * Owns:  nothing.
 * Never: shares code with the kernel.
 */
#ifndef TESTS_UNIT_RETENTION_ORACLE_H
#define TESTS_UNIT_RETENTION_ORACLE_H

#include "measure/retention.h"
#include "snapshot_builder.h"

#define RETENTION_ORACLE_PERIODS 12 /* at most, of a random question */
#define RETENTION_ORACLE_NAMES 2

/* The event that makes a person a member of a cohort; the person's end if none does. */
uint64_t retention_oracle_start(const struct snapshot *s, const struct retention_query *query, uint32_t person,
                                uint32_t cohort);
bool retention_oracle_came_back(const struct snapshot *s, const struct retention_query *query, uint32_t person,
                                uint32_t period);
void retention_oracle_count(const struct snapshot *s, const struct retention_query *query, uint64_t *returned);

void retention_random_facts(struct builder *builder, uint32_t n_persons, uint64_t span, uint64_t *seed);
/* Bounds, some of periods without time, have room for RETENTION_ORACLE_PERIODS + 1. */
struct retention_query retention_random_query(uint64_t *seed, uint64_t span, int64_t *bounds);

#endif
