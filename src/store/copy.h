/* store/copy.h -- a small table that is kept in memory too, for readers on any thread.
 *
 * Is:    the lock of such a copy, and the one way to change its table: a statement, then the copy read again.
 * Owns:  the lock; the rows are its user's, which embeds it as the first member.
 * Never: lets the copy be ahead of the disk.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include <pthread.h>

#include "store/store.h"

struct copy;
typedef bool copy_load_fn(struct copy *copy, struct db *db, struct err *err); /* read the whole table */

struct copy {
    struct store *store;
    copy_load_fn *load;
    pthread_rwlock_t lock; /* readers hold it while they look at the rows */
};

void copy_init(struct copy *copy, struct store *store, copy_load_fn *load);
void copy_reset(struct copy *copy);
bool copy_change(struct copy *copy, const char *sql, const struct db_value *args, size_t n, struct err *err) MUST_CHECK;

#endif
