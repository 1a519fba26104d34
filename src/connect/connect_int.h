/* connect/connect_int.h -- what connect.c and pull.c share.
 *
 * Is:    the inside of struct connect.
 * Owns:  nothing.
 * Never: is seen outside connect/.
 */
#ifndef CONNECT_CONNECT_INT_H
#define CONNECT_CONNECT_INT_H

#include "connect/session.h"

#define ADAPTERS_MAX 64

struct connect {
    struct store *store;
    struct net *net;
    const struct vault *vault;
    struct tokens *tokens;
    struct arena arena;
    struct adapter *adapter[ADAPTERS_MAX];
    struct adapter_info info[ADAPTERS_MAX]; /* of the same places */
    size_t n;
};

const struct adapter *connect_find(const struct connect *connect, Str name); /* NULL: none */

#endif
