/* app/demo.h -- what the parts of the made history share.
 *
 * Is:    the channels that people come by, one event as it was made, chance; and the ad platforms' side of it.
 * Owns:  nothing.
 * Never: is known to anything but `demetra demo`: what it puts into the store goes the way of real data.
 */
#ifndef APP_DEMO_H
#define APP_DEMO_H

#include "app/app.h"

#define DEMO_DAYS 90
#define DEMO_CHANNELS 7
#define DEMO_CAMPAIGNS 3 /* of a channel */
#define DEMO_PAID 5      /* the first of the channels; their campaigns cost money */

struct demo_channel {
    const char *name; /* utm_source; NULL: direct, without a tuple */
    const char *medium;
    const char *campaigns[DEMO_CAMPAIGNS];
    double first_share, later_share; /* of first sessions, of later ones */
    double effect;                   /* on the chance of an order in a session that it opens */
};
extern const struct demo_channel DEMO_CHANNEL[DEMO_CHANNELS];

enum made_kind { VIEWED, PRODUCT, ADDED, CHECKOUT, ORDERED, IDENTIFIED };

struct made {
    int64_t at_ms;
    uint32_t person, order;
    uint32_t revenue; /* whole units */
    uint8_t kind, channel, campaign, cause;
    bool opens; /* first of its session: carries the tuple */
};

/* From 0 to below 1; splitmix64 (Steele, Lea, Flood 2014). */
double demo_chance(uint64_t *rng);
double demo_normal(uint64_t *rng);

struct demo_history {
    const struct made *made; /* by time */
    size_t n;
    uint32_t people;
    uint64_t seed;
    int32_t first_day;
};

/* The name of the ad that a session came by; of a paid channel. */
Str demo_ad_name(const struct demo_history *history, const struct made *made, struct arena *arena);

struct demo_bill {
    int64_t spend_micros; /* of the reporting currency, as far as it is said */
    uint64_t claimed;     /* orders that the platform says are its */
};

/* Days of ads, rates, budgets and campaigns with an audience, for this history; what is there already stays. */
bool demo_ads_put(struct app *app, const struct demo_history *history, struct demo_bill bill[DEMO_PAID],
                  struct err *err) MUST_CHECK;

#endif
