/* tests/unit/staging.h -- raw entries read in tests of the protocols.
 *
 * Is:    one entry at a time, decoded as it would be when it came at RECEIVED.
 * Owns:  the arena of what was decoded last, until staging_close.
 * Never: looks into an item.
 */
#ifndef TESTS_UNIT_STAGING_H
#define TESTS_UNIT_STAGING_H

#include "helpers.h"

#include "events/stage.h"

#define RECEIVED INT64_C(1739347200000) /* 2025-02-12T08:00:00Z */

struct staging {
    struct raw_entry entry;
    struct decoded decoded;
    struct arena arena;
    struct err err;
};

int staging_open(void **state);
int staging_close(void **state);
#define STAGING_TEST(name) cmocka_unit_test_setup_teardown(name, staging_open, staging_close)

/* Decode; false when the whole is unreadable (staging->err). `currency` is UAH unless changed by the caller. */
bool stage_text(struct staging *staging, enum raw_kind kind, Str body);
bool stage_text_in(struct staging *staging, enum raw_kind kind, Str body, const char *currency);
/* Decode an entry of one good item; anything else fails the test. */
const struct staged *stage_one(struct staging *staging, enum raw_kind kind, const char *body);
/* The reason why an entry of one bad item is rejected; a good one fails the test. */
const char *stage_reason(struct staging *staging, enum raw_kind kind, const char *body);

#endif
