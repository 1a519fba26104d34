/* ads/budgets.h -- what may be spent in a period, and what was.
 *
 * Is:    budgets of everything, of a channel or of a campaign; how much of one is spent.
 * Owns:  the table `budget`.
 * Never: takes an amount without a rate, or a row without a spend, for nothing spent: it counts them.
 *
 * Calls that change belong into a transaction of the caller's, on the writer.
 */
#ifndef ADS_BUDGETS_H
#define ADS_BUDGETS_H

#include "ads/days.h"

#define BUDGETS_MAX 1000
#define BUDGET_NAME_MAX 200
#define BUDGET_DAYS_MAX 3660

struct budget {
    int64_t id, channel_id, campaign; /* 0: of all; never both */
    Str name, currency;
    Str channel, campaign_id, campaign_name; /* read, not written */
    int32_t first_day, last_day;
    int64_t amount_micros;
    int64_t created_ms, changed_ms;
    int64_t spent_micros; /* read; AD_NOT_SAID: nothing of it is known, though something was spent */
    int64_t unpriced;     /* rows of its days without a known spend in its currency */
};

/* The latest first, with what was spent. */
bool budgets_list(struct db *db, struct arena *arena, const struct budget **out, size_t *n, struct err *err) MUST_CHECK;
bool budget_read(struct db *db, int64_t id, struct arena *arena, struct budget *out, struct err *err) MUST_CHECK;
/* Sets id, created_ms and changed_ms. LIMIT: there are BUDGETS_MAX. */
bool budget_insert(struct db *db, struct budget *budget, struct err *err) MUST_CHECK;
bool budget_update(struct db *db, struct budget *budget, struct err *err) MUST_CHECK;
bool budget_remove(struct db *db, int64_t id, struct err *err) MUST_CHECK;

struct budget_pace {
    double share; /* of the amount; NAN: spent is not known */
    double pace;  /* share by the share of the days that are gone, today counted in: 1 is as planned. NAN: not begun */
    int32_t days_left; /* after today */
};
struct budget_pace budget_pace(const struct budget *budget, int32_t today);

#endif
