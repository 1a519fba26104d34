/* net/guard.h -- which addresses an outgoing request may reach.
 *
 * Is:    a check of one resolved address, and the operator's list of hosts that are excepted.
 * Owns:  nothing.
 * Never: resolves a name: the answer is for the very address that is connected to.
 */
#ifndef NET_GUARD_H
#define NET_GUARD_H

#include "base/str.h"

/* Is this a public address? `bytes`: 4 of IPv4 or 16 of IPv6, as on the wire. What is inside an address (v4-mapped,
 * NAT64, 6to4) counts as that. */
bool guard_is_public(const unsigned char *bytes, size_t n);

/* `list`: "127.0.0.1:8080 ads.internal [::1]:90", by blanks or commas; an entry without a port is for every port.
 * `host` without brackets, any case. */
bool guard_is_named(Str list, Str host, int port);

#endif
