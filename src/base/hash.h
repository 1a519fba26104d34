/* base/hash.h -- hashes, random bytes and secrets, on libsodium.
 *
 * Is:    a keyed 128-bit hash for tables fed from outside, SHA-256 for tokens, constant-time comparison; sealing of
 *        what must be kept and not be read.
 * Owns:  the process's random hash key.
 * Never: keeps or logs a secret.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

struct hash128 {
    uint64_t a, b;
};

void hash_start(void); /* once, before anything else here; stops the program if libsodium cannot start */

struct hash_key {
    unsigned char bytes[16];
};
struct hash_key hash_key_random(void);

/* SipHash-2-4-128. */
struct hash128 hash_with(const struct hash_key *key, uint64_t seed, Str bytes);
struct hash128 hash_keyed(uint64_t seed, Str bytes); /* with the process's key: not for disk */

#define DIGEST_BYTES 32
struct digest {
    uint8_t bytes[DIGEST_BYTES];
};
struct digest digest_of(Str bytes);                             /* SHA-256 */
bool digest_eq(const struct digest *a, const struct digest *b); /* in constant time */

/* A token of 192 random bits as `prefix` + 32 characters of base64url; out holds TOKEN_MAX bytes. */
#define TOKEN_MAX 48
void token_make(const char *prefix, char *out);
bool base64_decode(Str text, char *out, size_t out_max, size_t *n) MUST_CHECK;

/* ---- sealed texts: encrypted and authenticated (XSalsa20-Poly1305), each under a random nonce of its own ---- */
struct seal_key {
    unsigned char bytes[32];
};
struct seal_key seal_key_of(Str text);                      /* by Argon2id: takes some 50 ms and 16 MB, on purpose */
#define SEAL_EXTRA 40                                       /* bytes by which a sealed text is longer */
void seal(const struct seal_key *key, Str text, char *out); /* text.n + SEAL_EXTRA bytes */
bool unseal(const struct seal_key *key, Str sealed, char *out) MUST_CHECK; /* sealed.n - SEAL_EXTRA bytes; false:
                                                                            * another key, or not as it was sealed */
void wipe(void *p, size_t n);                                              /* zeroes that no compiler leaves out */
uint64_t random_u64(void);

#endif
