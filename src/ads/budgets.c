#include "ads/budgets.h"

#include <math.h>

#include "ads/rates.h"
#include "base/time.h"

#define BUDGET_COLUMNS                                                                                                 \
    "SELECT b.id, coalesce(b.channel_id, 0), coalesce(b.campaign_id, 0), b.name, b.currency, coalesce(h.name, ''),"    \
    " coalesce(c.campaign_id, ''), coalesce(c.name, ''), b.first_day, b.last_day, b.amount_micros, b.created_ms,"      \
    " b.changed_ms FROM budget b LEFT JOIN channel h ON h.id = b.channel_id"                                           \
    " LEFT JOIN campaign c ON c.id = b.campaign_id "

static struct budget budget_of(const struct db_rows *rows, struct arena *arena)
{
    return (struct budget){.id = db_i64(rows, 0),
                           .channel_id = db_i64(rows, 1),
                           .campaign = db_i64(rows, 2),
                           .name = arena_copy(arena, db_str(rows, 3)),
                           .currency = arena_copy(arena, db_str(rows, 4)),
                           .channel = arena_copy(arena, db_str(rows, 5)),
                           .campaign_id = arena_copy(arena, db_str(rows, 6)),
                           .campaign_name = arena_copy(arena, db_str(rows, 7)),
                           .first_day = (int32_t)db_i64(rows, 8),
                           .last_day = (int32_t)db_i64(rows, 9),
                           .amount_micros = db_i64(rows, 10),
                           .created_ms = db_i64(rows, 11),
                           .changed_ms = db_i64(rows, 12)};
}

/* ---- what was spent ---- */

static struct db_rows spends_of(struct db *db, const struct budget *budget)
{
    if (budget->campaign)
        return db_query(db,
                        "SELECT day, currency, rows_n, rows_unpriced, spend_micros FROM campaign_day"
                        " WHERE campaign_id = $3 AND day BETWEEN $1 AND $2",
                        DB_ARGS(DB_I64(budget->first_day), DB_I64(budget->last_day), DB_I64(budget->campaign)));
    return db_query(db,
                    "SELECT day, currency, rows_n, rows_unpriced, spend_micros FROM channel_day"
                    " WHERE day BETWEEN $1 AND $2 AND ($3 = 0 OR channel_id = $3)",
                    DB_ARGS(DB_I64(budget->first_day), DB_I64(budget->last_day), DB_I64(budget->channel_id)));
}

static bool add_spent(struct db *db, const struct rates *rates, struct budget *budget, struct err *err)
{
    struct db_rows rows = spends_of(db, budget);
    int64_t known = 0, sum = 0;
    bool fits = true;

    while (db_next(&rows)) {
        int64_t priced = db_i64(&rows, 2) - db_i64(&rows, 3), micros;
        budget->unpriced += db_i64(&rows, 3);
        if (!priced) continue;
        if (!rates_convert(rates, db_str(&rows, 1), (int32_t)db_i64(&rows, 0), db_i64(&rows, 4), &micros)) {
            budget->unpriced += priced;
            continue;
        }
        known += priced;
        fits &= !__builtin_add_overflow(sum, micros, &sum);
    }
    if (!db_end(&rows, err)) return false;
    budget->spent_micros = fits && (known || !budget->unpriced) ? sum : AD_NOT_SAID;
    return true;
}

/* The rates of each currency are read once. */
static bool add_all_spent(struct db *db, struct budget *budgets, size_t n, struct arena *arena, struct err *err)
{
    const struct rates **rates = ARENA_ARRAY(arena, const struct rates *, n);

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i && !rates[i]; k++)
            if (str_eq(budgets[k].currency, budgets[i].currency)) rates[i] = rates[k];
        if (!rates[i]) rates[i] = rates_read(db, budgets[i].currency, arena, err);
        if (!rates[i] || !add_spent(db, rates[i], &budgets[i], err)) return false;
    }
    return true;
}

struct budget_pace budget_pace(const struct budget *budget, int32_t today)
{
    struct budget_pace pace = {.share = NAN, .pace = NAN};
    int32_t days = budget->last_day - budget->first_day + 1, gone = today - budget->first_day + 1;

    if (gone < 0) gone = 0;
    if (gone > days) gone = days;
    pace.days_left = days - gone;
    if (budget->spent_micros != AD_NOT_SAID) pace.share = (double)budget->spent_micros / (double)budget->amount_micros;
    if (gone) pace.pace = pace.share * (double)days / (double)gone;
    return pace;
}

/* ---- reading ---- */

static bool missing(int64_t id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no budget %lld", (long long)id);
}

bool budgets_list(struct db *db, struct arena *arena, const struct budget **out, size_t *n, struct err *err)
{
    struct budget *list = ARENA_ARRAY(arena, struct budget, BUDGETS_MAX);
    struct db_rows rows = db_query(db, BUDGET_COLUMNS "ORDER BY b.first_day DESC, b.id DESC", DB_NO_ARGS);
    size_t found = 0;

    while (found < BUDGETS_MAX && db_next(&rows)) list[found++] = budget_of(&rows, arena);
    if (!db_end(&rows, err) || !add_all_spent(db, list, found, arena, err)) return false;
    *out = list;
    *n = found;
    return true;
}

bool budget_read(struct db *db, int64_t id, struct arena *arena, struct budget *out, struct err *err)
{
    struct db_rows rows = db_query(db, BUDGET_COLUMNS "WHERE b.id = $1", DB_ARGS(DB_I64(id)));
    struct budget budget = {0};
    bool found = db_next(&rows);

    if (found) budget = budget_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    if (!found) return missing(id, err);
    if (!add_all_spent(db, &budget, 1, arena, err)) return false;
    *out = budget;
    return true;
}

/* ---- changing ---- */

static bool check(const struct budget *budget, struct err *err)
{
    if (budget->name.n == 0 || budget->name.n > BUDGET_NAME_MAX)
        return err_set_field(err, "name", "a budget has a name of 1 to %d bytes", BUDGET_NAME_MAX);
    if (budget->last_day < budget->first_day) return err_set_field(err, "last_day", "the last day is before the first");
    if (budget->last_day - budget->first_day >= BUDGET_DAYS_MAX)
        return err_set_field(err, "last_day", "a budget is of at most %d days", BUDGET_DAYS_MAX);
    if (budget->amount_micros <= 0) return err_set_field(err, "amount", "the amount of a budget is more than 0");
    if (budget->channel_id && budget->campaign)
        return err_set_field(err, "campaign_id", "a budget is of a channel or of a campaign, not of both");
    return currency_check(budget->currency, "currency", err);
}

static bool check_room(struct db *db, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT count(*) FROM budget", DB_NO_ARGS);
    int64_t n = db_next(&rows) ? db_i64(&rows, 0) : 0;

    if (!db_end(&rows, err)) return false;
    return n < BUDGETS_MAX || err_set(err, ERR_LIMIT, "there are %d budgets; delete old ones", BUDGETS_MAX);
}

static struct db_value reference(int64_t id)
{
    return id ? DB_I64(id) : DB_NULL;
}

bool budget_insert(struct db *db, struct budget *budget, struct err *err)
{
    if (!check(budget, err) || !check_room(db, err)) return false;
    budget->created_ms = budget->changed_ms = time_now_ms();
    struct db_rows rows =
        db_query(db,
                 "INSERT INTO budget (name, channel_id, campaign_id, first_day, last_day,"
                 " amount_micros, currency, created_ms, changed_ms)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id",
                 DB_ARGS(DB_TEXT(budget->name), reference(budget->channel_id), reference(budget->campaign),
                         DB_I64(budget->first_day), DB_I64(budget->last_day), DB_I64(budget->amount_micros),
                         DB_TEXT(budget->currency), DB_I64(budget->changed_ms)));

    if (db_next(&rows)) budget->id = db_i64(&rows, 0);
    return db_end(&rows, err);
}

bool budget_update(struct db *db, struct budget *budget, struct err *err)
{
    if (!check(budget, err)) return false;
    budget->changed_ms = time_now_ms();
    if (!db_run(db,
                "UPDATE budget SET name = $2, channel_id = $3, campaign_id = $4, first_day = $5, last_day = $6,"
                " amount_micros = $7, currency = $8, changed_ms = $9 WHERE id = $1",
                DB_ARGS(DB_I64(budget->id), DB_TEXT(budget->name), reference(budget->channel_id),
                        reference(budget->campaign), DB_I64(budget->first_day), DB_I64(budget->last_day),
                        DB_I64(budget->amount_micros), DB_TEXT(budget->currency), DB_I64(budget->changed_ms)),
                err))
        return false;
    return db_changed(db) != 0 || missing(budget->id, err);
}

bool budget_remove(struct db *db, int64_t id, struct err *err)
{
    if (!db_run(db, "DELETE FROM budget WHERE id = $1", DB_ARGS(DB_I64(id)), err)) return false;
    return db_changed(db) != 0 || missing(id, err);
}
