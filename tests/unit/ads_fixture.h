/* tests/unit/ads_fixture.h -- a store with the writer taken, and questions to it with a single answer.
 *
 * Is:    setup and teardown of cmocka; ads_ask_*; rows of ads made short.
 * Owns:  the folder.
 * Never: calls what it is to test.
 */
#ifndef TESTS_UNIT_ADS_FIXTURE_H
#define TESTS_UNIT_ADS_FIXTURE_H

#include "helpers.h"

#include "ads/days.h"
#include "store/store.h"

struct ads_place {
    char folder[FOLDER_MAX];
    struct store *store;
    struct db *db; /* the writer */
    struct arena arena;
};

int ads_open(void **state);
int ads_close(void **state);

/* The first column of the first row; `sql` is a literal. INT64_MIN: NULL, or no row. */
int64_t ads_ask(struct ads_place *place, const char *sql);
double ads_ask_real(struct ads_place *place, const char *sql);
Str ads_ask_text(struct ads_place *place, const char *sql); /* in the arena; "" for none */
void ads_run(struct ads_place *place, const char *sql);

#define UNITS(n) ((int64_t)(n)*AD_MONEY_UNIT)
/* A row of campaign, ad and day in USD on Facebook, of which nothing is said. */
struct ad_row ads_row(const char *campaign, const char *ad, int32_t day);

#endif
