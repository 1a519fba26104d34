/* tests/unit/funnel_oracle.h -- funnels computed the slow way.
 *
 * Is:    every chain of a person tried out against the words of measure/funnel.h, and plain counts over that. Shares no
 *        code with src/measure but the structs.
 * Owns:  nothing.
 * Never: fast: for persons of a dozen events, funnels of ORACLE_STEPS steps and ORACLE_PERSONS persons at most.
 */
#ifndef TESTS_UNIT_FUNNEL_ORACLE_H
#define TESTS_UNIT_FUNNEL_ORACLE_H

#include "measure/funnel.h"

#define ORACLE_PERSONS 12
#define ORACLE_STEPS 4
#define ORACLE_GROUPS 3
#define ORACLE_PERIODS 3

struct oracle_chain {
    int depth;
    uint64_t row[FUNNEL_STEPS_MAX]; /* in the order of time */
};

/* A person's deepest chain. */
void oracle_deepest(const struct snapshot *snapshot, const struct funnel_query *query, uint32_t person,
                    struct oracle_chain *out);

struct oracle_funnel {
    struct funnel_step steps[ORACLE_GROUPS * ORACLE_STEPS];
    uint64_t lengths[ORACLE_STEPS][FUNNEL_LENGTHS]; /* of everyone */
    struct funnel_period periods[ORACLE_PERIODS];
};

/* With query->by; `bounds` has ORACLE_PERIODS + 1 instants. */
void oracle_count(const struct snapshot *snapshot, const struct funnel_query *query, const int64_t *bounds,
                  struct oracle_funnel *out);
uint32_t oracle_group(const struct snapshot *snapshot, const struct funnel_query *query, uint32_t person,
                      const struct oracle_chain *chain);

/* Small random persons with 5 event names and 4 touches, and a question that fits them; half of the time some persons
 * stand in `over`. */
struct builder;
void random_persons(struct builder *builder, uint64_t *seed);
void random_funnel(uint64_t *seed, struct funnel_query *out);
extern const uint32_t RANDOM_KEY[4]; /* groups of the touches */

#endif
