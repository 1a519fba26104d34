/* connect/connections.h -- the connected platforms, and what they are entered with.
 *
 * Is:    the table `connection`, and the encryption of its secrets (libsodium's secretbox, key from
 *        DEMETRA_SECRET_KEY).
 * Owns:  the table, and the key in memory.
 * Never: gives a secret to anybody but connect/; keeps one that is not encrypted.
 */
#ifndef CONNECT_CONNECTIONS_H
#define CONNECT_CONNECTIONS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "store/store.h"

#define CONNECTION_NAME_MAX 100
#define CONNECTION_SETTING_MAX 4096

struct vault;

/* `key`: of the settings, 16 bytes or more. When it is empty one is made and kept in `folder`/secret.key (readable by
 * its owner only), and the log says so. */
struct vault *vault_open(Str folder, Str key, struct err *err);
void vault_close(struct vault *vault); /* NULL is fine */

struct connection {
    int64_t id;
    Str adapter, name;
    Str settings; /* JSON object: name -> text, without secrets */
    Str secrets;  /* read: the secrets and then the settings in one object, empty without the vault; written: the
                   * secrets alone */
    Str state;    /* new, ok, failed (will be tried again), broken (somebody must do something), paused */
    Str message;  /* one sentence, for people; empty when all is well */
    int64_t pulled_day, restated_day;          /* the last day that is complete; when the long look back was made */
    int64_t pulled_ms, created_ms, changed_ms; /* TIME_NONE where there is none, as in the two above */
};

/* vault NULL: without secrets. ERR_NOT_FOUND; ERR_CONFLICT when the key does not open the secrets. */
bool connection_read(struct db *db, const struct vault *vault, int64_t id, struct arena *arena, struct connection *out,
                     struct err *err) MUST_CHECK;
void connection_wipe(struct connection *connection); /* the secrets that were read, once they have been used */
bool connections_list(struct db *db, struct arena *arena, struct connection *out, size_t max, size_t *n,
                      struct err *err) MUST_CHECK;

/* ---- on the writer ---- */
/* State new; sets id and times; `secrets` are encrypted. ERR_CONFLICT: the name is taken. */
bool connection_insert(struct db *db, const struct vault *vault, struct connection *connection,
                       struct err *err) MUST_CHECK;
/* All but id, adapter and when it was made; empty secrets keep those that are stored. */
bool connection_update(struct db *db, const struct vault *vault, struct connection *connection,
                       struct err *err) MUST_CHECK;
bool connection_remove(struct db *db, int64_t id, struct err *err) MUST_CHECK; /* what it brought stays */
/* How it went. One that is paused stays so. */
bool connection_note(struct db *db, int64_t id, Str state, Str message, struct err *err) MUST_CHECK;
/* How far it is; for the transaction that stores the days. */
bool connection_pulled(struct db *db, int64_t id, int64_t pulled_day, int64_t restated_day, struct err *err) MUST_CHECK;

#endif
