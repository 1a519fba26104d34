#include "store/copy.h"

void copy_init(struct copy *copy, struct store *store, copy_load_fn *load)
{
    *copy = (struct copy){.store = store, .load = load};
    pthread_rwlock_init(&copy->lock, NULL);
}

void copy_reset(struct copy *copy)
{
    pthread_rwlock_destroy(&copy->lock);
}

bool copy_change(struct copy *copy, const char *sql, const struct db_value *args, size_t n, struct err *err)
{
    struct db *db = store_writer_take(copy->store);
    bool ok = db_run(db, sql, args, n, err);

    if (ok) {
        pthread_rwlock_wrlock(&copy->lock);
        ok = copy->load(copy, db, err);
        pthread_rwlock_unlock(&copy->lock);
    }
    store_writer_give(copy->store);
    return ok;
}
