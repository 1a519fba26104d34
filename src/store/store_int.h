/* store/store_int.h -- what the store's files share. */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include "store/store.h"

/* A connection to the file at `path`; a reader refuses to write. */
struct db *db_open(const char *path, bool writer, struct err *err);
void db_close(struct db *db); /* NULL is fine */

#endif
