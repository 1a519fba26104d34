#include "base/hash.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* Random a process, so that nobody outside can choose texts that collide. Written once by hash_start. */
static struct hash_key process_key;

static_assert(sizeof process_key.bytes == crypto_shorthash_siphashx24_KEYBYTES, "the key of SipHash");
static_assert(sizeof(struct seal_key) == crypto_secretbox_KEYBYTES, "the key of a secretbox");
static_assert(SEAL_EXTRA == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES, "a nonce, then the box");

void hash_start(void)
{
    CHECK(sodium_init() >= 0);
    process_key = hash_key_random();
}

struct hash_key hash_key_random(void)
{
    struct hash_key key;
    randombytes_buf(key.bytes, sizeof key.bytes);
    return key;
}

struct hash128 hash_with(const struct hash_key *key, uint64_t seed, Str bytes)
{
    struct hash_key seeded = *key;
    struct hash128 out;

    for (size_t i = 0; i < sizeof seed; i++) seeded.bytes[i] ^= (unsigned char)(seed >> (8 * i));
    crypto_shorthash_siphashx24((unsigned char *)&out, (const unsigned char *)bytes.p, bytes.n, seeded.bytes);
    return out;
}

struct hash128 hash_keyed(uint64_t seed, Str bytes)
{
    return hash_with(&process_key, seed, bytes);
}

struct digest digest_of(Str bytes)
{
    struct digest out;
    crypto_hash_sha256(out.bytes, (const unsigned char *)bytes.p, bytes.n);
    return out;
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
    return sodium_memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

void token_make(const char *prefix, char *out)
{
    unsigned char random[24];
    char text[sodium_base64_ENCODED_LEN(sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];

    randombytes_buf(random, sizeof random);
    sodium_bin2base64(text, sizeof text, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(out, TOKEN_MAX, "%s%s", prefix, text);
    sodium_memzero(random, sizeof random);
}

bool base64_decode(Str text, char *out, size_t out_max, size_t *n)
{
    static const int VARIANTS[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING};

    for (size_t i = 0; i < COUNT_OF(VARIANTS); i++)
        if (sodium_base642bin((unsigned char *)out, out_max, text.p, text.n, NULL, n, NULL, VARIANTS[i]) == 0)
            return true;
    return false;
}

/* The salt is the same everywhere: a data folder has to open with the operator's text alone, wherever it is moved. */
struct seal_key seal_key_of(Str text)
{
    static const unsigned char SALT[crypto_pwhash_SALTBYTES] = "demetra secrets";
    enum { PASSES = 3, MEMORY = 16 * 1024 * 1024 };
    struct seal_key key;

    CHECK(crypto_pwhash(key.bytes, sizeof key.bytes, text.p, text.n, SALT, PASSES, MEMORY,
                        crypto_pwhash_ALG_ARGON2ID13) == 0); /* fails for lack of memory only */
    return key;
}

void seal(const struct seal_key *key, Str text, char *out)
{
    unsigned char *nonce = (unsigned char *)out;

    randombytes_buf(nonce, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(nonce + crypto_secretbox_NONCEBYTES, (const unsigned char *)text.p, text.n, nonce,
                          key->bytes);
}

bool unseal(const struct seal_key *key, Str sealed, char *out)
{
    const unsigned char *nonce = (const unsigned char *)sealed.p;

    return sealed.n >= SEAL_EXTRA &&
           crypto_secretbox_open_easy((unsigned char *)out, nonce + crypto_secretbox_NONCEBYTES,
                                      sealed.n - crypto_secretbox_NONCEBYTES, nonce, key->bytes) == 0;
}

void wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

uint64_t random_u64(void)
{
    uint64_t out;
    randombytes_buf(&out, sizeof out);
    return out;
}
