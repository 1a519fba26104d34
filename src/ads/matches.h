/* ads/matches.h -- which campaign the events' words mean, where somebody said so.
 *
 * Is:    rows of a dimension, a value of it, and a campaign or none.
 * Owns:  the table `campaign_match`.
 * Never: guesses; measure/campaign_join.h does, for what stands in no row.
 */
#ifndef ADS_MATCHES_H
#define ADS_MATCHES_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

#define MATCHES_MAX 20000
#define MATCH_VALUE_MAX 255

struct match {
    Str dim, value;
    int64_t campaign_id; /* of the table campaign; 0: no campaign is meant */
    Str origin;          /* hand, or import: said by a file */
    int64_t changed_ms;
};

/* By dimension, then value; `out` points into the arena. */
bool matches_read(struct db *db, struct arena *arena, const struct match **out, size_t *n, struct err *err) MUST_CHECK;
/* On the writer. What is said by hand stands; a file does not change it. LIMIT past MATCHES_MAX. */
bool match_put(struct db *db, const struct match *match, struct err *err) MUST_CHECK;
bool match_remove(struct db *db, Str dim, Str value, struct err *err) MUST_CHECK; /* NOT_FOUND */

#endif
