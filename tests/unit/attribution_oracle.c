#include "attribution_oracle.h"

#include <math.h>

#define NEAR 1e-12L    /* closer amounts are equal: they differ by rounding alone */
#define GRAINS 0x1p20L /* of a minor unit: remainders are compared in these */

/* From first principles each time: walk forward from the person's first event, remembering what the session has. */
static uint32_t session_of(const struct snapshot *snapshot, const uint64_t *rows, size_t i, bool *begins)
{
    uint32_t tuple = snapshot->touch[rows[0]];

    *begins = i == 0;
    for (size_t k = 1; k <= i; k++) {
        uint32_t touch = snapshot->touch[rows[k]];
        bool idle = snapshot->at_ms[rows[k]] - snapshot->at_ms[rows[k - 1]] > INT64_C(1800000);
        bool other = !snapshot->touches[touch].empty && touch != tuple;
        if (idle || other) tuple = touch;
        *begins = idle || other;
    }
    return tuple;
}

bool oracle_begins_session(const struct snapshot *snapshot, const uint64_t *rows, size_t i)
{
    bool begins;

    session_of(snapshot, rows, i, &begins);
    return begins;
}

uint32_t oracle_session_touch(const struct snapshot *snapshot, uint32_t person, uint64_t row)
{
    uint64_t rows[ORACLE_MAX], first = snapshot_rows(snapshot, person).begin;
    bool begins;

    for (uint64_t i = 0; first + i <= row; i++) rows[i] = first + i;
    return session_of(snapshot, rows, (size_t)(row - first), &begins);
}

/* All touches up to the conversion that the mode makes, of any age. */
static uint32_t all_touches(const struct snapshot *s, const struct attribution_query *query, uint32_t person,
                            uint64_t conversion_row, uint64_t *touch_row)
{
    uint64_t rows[ORACLE_MAX];
    size_t n_rows = 0;
    uint32_t n = 0;

    for (uint64_t row = snapshot_rows(s, person).begin; row < snapshot_rows(s, person).end; row++) {
        bool takes_part = s->name[row] == query->conversion || !query->in_journey || query->in_journey[s->name[row]];
        CHECK(n_rows < ORACLE_MAX);
        if (takes_part) rows[n_rows++] = row;
    }
    for (size_t i = 0; i < n_rows; i++) {
        bool is_touch = true;
        if (query->touches == TOUCH_EVENTS) is_touch = s->name[rows[i]] != query->conversion;
        if (query->touches == TOUCH_SESSIONS) is_touch = oracle_begins_session(s, rows, i);
        if (is_touch && rows[i] <= conversion_row) touch_row[n++] = rows[i];
    }
    return n;
}

static bool in_window(const struct snapshot *s, const struct attribution_query *query, uint64_t row,
                      uint64_t conversion)
{
    long double oldest = (long double)s->at_ms[conversion] - (long double)query->lookback_ms;

    return query->lookback_ms == INT64_MAX || (long double)s->at_ms[row] > oldest;
}

/* Where the journey stood at the latest event of a name that the window holds. */
static uint32_t milestone(const struct snapshot *s, const struct attribution_query *query, uint32_t person,
                          uint64_t conversion, uint32_t name_plus_1, const struct oracle_journey *j)
{
    uint32_t place = j->n;
    uint64_t latest = 0;
    bool found = false;

    for (uint64_t row = snapshot_rows(s, person).begin; row <= conversion; row++) {
        if (s->name[row] + 1u != name_plus_1 || !in_window(s, query, row, conversion)) continue;
        found = true;
        latest = row;
    }
    for (uint32_t i = 0; found && i < j->n; i++)
        if (j->row[i] <= latest) place = i;
    return place;
}

static long double w_shaped(const struct oracle_journey *j, uint32_t i)
{
    uint32_t others = 0;

    for (uint32_t k = 0; k < j->n; k++) others += k != 0 && k != j->lead && k != j->opportunity;
    return i == 0 || i == j->lead || i == j->opportunity ? 0.3L : 0.1L / others;
}

/* The formula of each model; time decay from the conversion, as it is written. */
static long double raw_weight(enum attribution_model model, const struct snapshot *s,
                              const struct attribution_query *query, const struct oracle_journey *j, uint32_t i,
                              int64_t conversion_ms)
{
    uint32_t n = j->n, last_non_direct = n - 1, last_paid = 0; /* where they stay if there is none */

    for (uint32_t k = 0; k < n; k++) {
        const struct touch *touch = &s->touches[s->touch[j->row[k]]];
        if (!touch->direct) last_non_direct = k;
        if (touch->paid) last_paid = k;
    }
    switch (model) {
    case MODEL_FIRST: return i == 0 ? 1 : 0;
    case MODEL_LAST: return i == n - 1 ? 1 : 0;
    case MODEL_LAST_NON_DIRECT: return i == last_non_direct ? 1 : 0;
    case MODEL_LAST_PAID: return i == last_paid ? 1 : 0;
    case MODEL_LINEAR: return 1.0L / n;
    case MODEL_POSITION:
        if (n == 1) return 1;
        if (n == 2) return 0.5L;
        return i == 0 || i == n - 1 ? 0.4L : 0.2L / (n - 2);
    case MODEL_TIME_DECAY:
        return powl(2.0L, -(long double)(conversion_ms - s->at_ms[j->row[i]]) / (long double)query->half_life_ms);
    case MODEL_W_SHAPED: return w_shaped(j, i);
    case MODEL_COUNT: break;
    }
    return NAN;
}

/* Largest remainder: the whole parts, then one unit at a time to who lost the most, the earlier among equals. */
static void split_revenue(struct oracle_journey *j, int model, int64_t revenue)
{
    long double lost[ORACLE_MAX];
    int64_t sign = revenue < 0 ? -1 : 1, left = revenue * sign;

    for (uint32_t i = 0; i < j->n; i++) {
        long double due = (long double)(revenue * sign) * j->weight[i][model];
        if (model == MODEL_TIME_DECAY) due = roundl(due * GRAINS) / GRAINS;
        long double whole = floorl(due + NEAR);
        lost[i] = due - whole;
        left -= (int64_t)whole;
        j->revenue_minor[i][model] = sign * (int64_t)whole;
    }
    for (; left > 0; left--) {
        uint32_t most = 0;
        for (uint32_t i = 1; i < j->n; i++) {
            if (lost[i] > lost[most] + NEAR) most = i;
        }
        j->revenue_minor[most][model] += sign;
        lost[most] = -1;
    }
}

static void weigh(const struct snapshot *s, const struct attribution_query *query, uint64_t row,
                  struct oracle_journey *j)
{
    for (int model = 0; model < MODEL_COUNT; model++) {
        long double sum = 0;
        for (uint32_t i = 0; i < j->n; i++) {
            j->weight[i][model] = raw_weight((enum attribution_model)model, s, query, j, i, s->at_ms[row]);
            sum += j->weight[i][model];
        }
        for (uint32_t i = 0; i < j->n; i++) j->weight[i][model] /= sum;
        split_revenue(j, model, s->amount_minor[row]);
    }
}

void oracle_journey(const struct snapshot *snapshot, const struct attribution_query *query, uint32_t person,
                    uint64_t row, struct oracle_journey *out)
{
    uint64_t all[ORACLE_MAX], window[ORACLE_MAX];
    uint32_t n_window = 0, n_all = all_touches(snapshot, query, person, row, all);

    out->counts = query->must_touch == NULL;
    out->own = false;
    out->n = 0;
    for (uint32_t i = 0; i < n_all; i++) {
        if (in_window(snapshot, query, all[i], row)) window[n_window++] = all[i];
    }
    if (n_window == 0) {
        out->own = true;
        window[n_window++] = row;
    }
    for (uint32_t i = 0; i < n_window; i++) {
        uint32_t touch = snapshot->touch[window[i]];
        uint32_t group = query->by.key ? query->by.key[touch] : 0;

        if (query->must_touch && query->must_touch[touch]) out->counts = true;
        if (query->exclude && query->exclude[group]) continue;
        out->group[out->n] = group;
        out->row[out->n++] = window[i];
    }
    out->lead = milestone(snapshot, query, person, row, query->lead_plus_1, out);
    out->opportunity = milestone(snapshot, query, person, row, query->opportunity_plus_1, out);
    weigh(snapshot, query, row, out);
}
