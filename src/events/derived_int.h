/* events/derived_int.h -- what derived.c and derived_file.c share. */
#ifndef EVENTS_DERIVED_INT_H
#define EVENTS_DERIVED_INT_H

#include "events/derived.h"

struct derived *derived_of(struct facts *facts, struct contracts *contracts, const struct rules *rules);
/* Apply the raw log's entries after id `after`. */
bool derived_replay(struct derived *derived, struct db *db, int64_t after, Str currency, struct err *err) MUST_CHECK;

#endif
