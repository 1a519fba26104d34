/* events/derived_int.h -- what derived.c and derived_file.c share. */
#ifndef EVENTS_DERIVED_INT_H
#define EVENTS_DERIVED_INT_H

#include "events/derived.h"

struct derived *derived_of(struct facts *facts, struct contracts *contracts, const struct rules *rules);
#endif
