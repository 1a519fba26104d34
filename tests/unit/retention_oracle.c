#include "retention_oracle.h"

#include <string.h>

#include "attribution_oracle.h"

#define PERSON_EVENTS 20

static bool in_period(const struct retention_query *query, uint32_t period, int64_t at_ms)
{
    return query->bounds[period] <= at_ms && at_ms < query->bounds[period + 1];
}

/* The event that makes a person a member of a cohort; the person's end if none does. */
uint64_t retention_oracle_start(const struct snapshot *s, const struct retention_query *query, uint32_t person,
                                uint32_t cohort)
{
    uint64_t end = snapshot_rows(s, person).end;

    for (uint64_t row = snapshot_rows(s, person).begin; row < end; row++) {
        bool fits = in_period(query, cohort, s->at_ms[row]) && range_holds(query->range, s->at_ms[row]);
        if (!query->any_start && s->name[row] != query->start_event) continue;
        if (!query->recurring) return fits ? row : end;
        if (fits) return row;
    }
    return end;
}

bool retention_oracle_came_back(const struct snapshot *s, const struct retention_query *query, uint32_t person,
                                uint32_t period)
{
    for (uint64_t row = snapshot_rows(s, person).begin; row < snapshot_rows(s, person).end; row++) {
        int64_t at_ms = s->at_ms[row];
        if (!query->any_return && s->name[row] != query->return_event) continue;
        if (query->or_after ? at_ms >= query->bounds[period] : in_period(query, period, at_ms)) return true;
    }
    return false;
}

void retention_oracle_count(const struct snapshot *s, const struct retention_query *query, uint64_t *returned)
{
    memset(returned, 0, (size_t)query->by.n * query->n_cohorts * query->n_cells * sizeof *returned);
    for (uint32_t person = 0; person < s->n_persons; person++) {
        for (uint32_t cohort = 0; cohort < query->n_cohorts; cohort++) {
            uint64_t row = retention_oracle_start(s, query, person, cohort);
            if (row == snapshot_rows(s, person).end) continue;
            uint32_t touch = oracle_session_touch(s, person, row);
            if (query->touch_counts && !query->touch_counts[touch]) continue;
            size_t group = query->by.key ? query->by.key[touch] : 0;
            uint64_t *cells = returned + (group * query->n_cohorts + cohort) * query->n_cells;
            cells[0]++;
            for (uint32_t k = 1; k < query->n_cells; k++)
                cells[k] += retention_oracle_came_back(s, query, person, cohort + k);
        }
    }
}

void retention_random_facts(struct builder *builder, uint32_t n_persons, uint64_t span, uint64_t *seed)
{
    for (uint32_t person = 0; person < n_persons; person++) {
        uint64_t n = random_below(seed, PERSON_EVENTS);
        for (uint64_t i = 0; i < n; i++) {
            builder_event(builder, person, (int64_t)random_below(seed, span),
                          (uint32_t)random_below(seed, RETENTION_ORACLE_NAMES), (uint32_t)random_below(seed, 3),
                          (int64_t)random_below(seed, 900) - 300);
        }
    }
}

/* Bounds, some of periods without time, have room for RETENTION_ORACLE_PERIODS + 1. */
struct retention_query retention_random_query(uint64_t *seed, uint64_t span, int64_t *bounds)
{
    struct retention_query query = {.range = RANGE_ALL, .by = {NULL, 1}};

    query.n_cells = 1 + (uint32_t)random_below(seed, RETENTION_ORACLE_PERIODS - 1);
    query.n_cohorts = 1 + (uint32_t)random_below(seed, RETENTION_ORACLE_PERIODS - query.n_cells + 1);
    bounds[0] = (int64_t)random_below(seed, span / 3 + 1) - 1;
    for (uint32_t i = 1; i <= RETENTION_ORACLE_PERIODS; i++)
        bounds[i] = bounds[i - 1] + (int64_t)random_below(seed, span / 4 + 2);
    query.bounds = bounds;
    query.recurring = random_below(seed, 2);
    query.or_after = random_below(seed, 2);
    query.any_start = random_below(seed, 2);
    query.any_return = random_below(seed, 2);
    query.start_event = random_below(seed, 8) ? (uint32_t)random_below(seed, RETENTION_ORACLE_NAMES) : DICT_NONE;
    query.return_event = random_below(seed, 8) ? (uint32_t)random_below(seed, RETENTION_ORACLE_NAMES) : DICT_NONE;
    if (random_below(seed, 3) == 0) query.range.from_ms = (int64_t)random_below(seed, span);
    if (random_below(seed, 3) == 0) query.range.to_ms = (int64_t)random_below(seed, span);
    return query;
}
