/* connect/zone.h -- which day it is where an ad account is.
 *
 * Is:    the system's time zone files (TZif), read for one instant.
 * Owns:  nothing.
 * Never: touches the process's own zone, which is the reports'.
 */
#ifndef CONNECT_ZONE_H
#define CONNECT_ZONE_H

#include "base/str.h"

/* The civil day of an instant in an IANA zone; in UTC, with *known false, when there is no such zone here. */
int32_t zone_day(Str name, int64_t at_ms, bool *known);

#endif
