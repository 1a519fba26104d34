/* features/campaigns/campaigns_int.h -- the handlers and what they share. */
#ifndef FEATURES_CAMPAIGNS_CAMPAIGNS_INT_H
#define FEATURES_CAMPAIGNS_CAMPAIGNS_INT_H

#include "ads/campaigns.h"
#include "base/json.h"
#include "features/campaigns/campaigns.h"

handler_fn campaigns_get, campaigns_of_channel_get, campaign_get, campaigns_post, campaign_put, campaign_delete,
    campaign_days_get;                                           /* campaigns_api.c */
handler_fn channel_list_get, channel_put;                        /* channels_api.c */
handler_fn rates_get, rates_put, rate_delete;                    /* rates_api.c */
handler_fn budgets_get, budgets_post, budget_put, budget_delete; /* budgets_api.c */

/* Do `change` in a transaction on the writer: all of it, or nothing when it is false. */
typedef bool change_fn(struct request *request, struct db *db, void *what, struct err *err);
bool change_stored(struct request *request, change_fn *change, void *what, struct err *err) MUST_CHECK;

/* ---- bodies (body.c): an object whose members are all in a table ---- */
enum field_kind {
    FIELD_TEXT,
    FIELD_CHANNEL, /* a text that names one */
    FIELD_CURRENCY,
    FIELD_WHOLE, /* 0 and more; null: not said */
    FIELD_REAL,  /* null: not said */
    FIELD_SHARE, /* a real from 0 to 1 */
    FIELD_MONEY, /* currency units into micros; null: not said */
    FIELD_MINOR, /* minor units into micros */
    FIELD_RATE,  /* into billionths */
    FIELD_DAY,   /* 64 bits; null: not said */
};
#define FIELD_REQUIRED 1u /* may not be null or empty */
#define FIELD_FIGURE 2u   /* of a campaign with daily facts: made of them */

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset, max; /* in what is filled; bytes of a text */
    unsigned flags;
};

/* Fill what the members of `json` say; those that are left out stay. `refused`: flags of fields that may not come.
 * Texts are slices of the body. INVALID at the member, also when there is no such field. */
bool body_read(const struct json *json, const struct field *fields, size_t n, unsigned refused, void *out,
               struct err *err) MUST_CHECK;

/* from= or another parameter that is a day, 2025-02-12; `fallback` when it is left out. */
bool query_day(const struct request *request, const char *name, int32_t fallback, int32_t *out,
               struct err *err) MUST_CHECK;

/* ---- replies ---- */
void put_whole(struct json_out *out, const char *key, int64_t value); /* AD_NOT_SAID: null */

#endif
