/* Tests of base/hash.h: published digests, keyed hashes, tokens, base64. */
#include "helpers.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

static void test_sha256_of_the_standard(void **state)
{
    static const struct {
        const char *text, *hex; /* FIPS 180-4 examples */
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct digest digest = digest_of(str_of(cases[i].text));
        char hex[2 * DIGEST_BYTES + 1];
        for (size_t k = 0; k < DIGEST_BYTES; k++) snprintf(hex + 2 * k, 3, "%02x", digest.bytes[k]);
        assert_string_equal(hex, cases[i].hex);
    }
    struct digest a = digest_of(STR("a")), b = a;
    assert_true(digest_eq(&a, &b));
    b.bytes[DIGEST_BYTES - 1] ^= 1;
    assert_false(digest_eq(&a, &b));
}

static void test_keyed_hash(void **state)
{
    (void)state;
    struct hash128 a = hash_keyed(1, STR("text")), again = hash_keyed(1, STR("text"));
    struct hash128 other_seed = hash_keyed(2, STR("text")), other_text = hash_keyed(1, STR("texu"));

    assert_memory_equal(&a, &again, sizeof a);
    assert_memory_not_equal(&a, &other_seed, sizeof a);
    assert_memory_not_equal(&a, &other_text, sizeof a);
    struct hash128 empty = hash_keyed(1, (Str){NULL, 0}), also_empty = hash_keyed(1, STR(""));
    assert_memory_equal(&empty, &also_empty, sizeof empty);
}

/* Flipping one bit of the text or of the seed changes about half of the bits: 64 +- 24 is eight deviations away. */
static void test_bits_spread(void **state)
{
    uint64_t seed = 1;
    (void)state;

    for (int i = 0; i < 2000; i++) {
        char text[16];
        random_bytes(&seed, text, sizeof text, (Str){NULL, 0});
        struct hash128 a = hash_keyed(5, (Str){text, sizeof text});
        text[random_below(&seed, sizeof text)] ^= (char)(1 << random_below(&seed, 8));
        struct hash128 b = hash_keyed(5, (Str){text, sizeof text});
        int changed = __builtin_popcountll(a.a ^ b.a) + __builtin_popcountll(a.b ^ b.b);
        assert_in_range(changed, 16, 112);
    }
}

static void test_tokens(void **state)
{
    enum { TOKENS = 200 };
    char token[TOKENS][TOKEN_MAX];
    (void)state;

    for (int i = 0; i < TOKENS; i++) {
        token_make("wk_", token[i]);
        assert_int_equal(strlen(token[i]), 35); /* 24 random bytes are 32 characters */
        assert_memory_equal(token[i], "wk_", 3);
        for (const char *p = token[i]; *p; p++)
            assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *p));
        for (int k = 0; k < i; k++) assert_string_not_equal(token[i], token[k]);
    }
}

static void test_base64(void **state)
{
    static const struct {
        const char *text, *wanted; /* NULL: refused */
    } cases[] = {
        {"", ""},          {"a2V5Og==", "key:"}, {"a2V5Og", "key:"}, {"a2V5OnB3", "key:pw"}, {"Zg==", "f"},
        {"a2V5Og=", NULL}, {"a2V5O", NULL},      {"****", NULL},     {"a2V5 Og==", NULL},    {"a2V5Og==x", NULL},
    };
    char out[16];
    size_t n;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool ok = base64_decode(str_of(cases[i].text), out, sizeof out, &n);
        if (ok != (cases[i].wanted != NULL)) fail_msg("\"%s\"", cases[i].text);
        if (ok) ASSERT_STR(((Str){out, n}), cases[i].wanted);
    }
    assert_false(base64_decode(STR("MTIzNDU2Nzg5MDEyMzQ1Njc="), out, sizeof out, &n)); /* 17 bytes into 16 */
    assert_true(base64_decode(STR("MTIzNDU2Nzg5MDEyMzQ1Ng=="), out, sizeof out, &n));
    assert_int_equal(n, 16);
}

static void test_sealed_texts(void **state)
{
    struct seal_key key = seal_key_of(STR("one text")), same = seal_key_of(STR("one text")),
                    other = seal_key_of(STR("one tex")); /* by Argon2id */
    char sealed[64 + SEAL_EXTRA], text[64], out[64];
    uint64_t seed = 3;
    (void)state;

    assert_memory_equal(&key, &same, sizeof key);
    assert_memory_not_equal(&key, &other, sizeof key);
    for (size_t n = 0; n < sizeof text; n++) {
        random_bytes(&seed, text, n, (Str){NULL, 0});
        seal(&key, (Str){text, n}, sealed);
        assert_true(unseal(&same, (Str){sealed, n + SEAL_EXTRA}, out));
        assert_memory_equal(out, text, n);
        assert_false(unseal(&other, (Str){sealed, n + SEAL_EXTRA}, out));
        assert_false(unseal(&key, (Str){sealed, n + SEAL_EXTRA - 1}, out));
        sealed[random_below(&seed, (uint32_t)(n + SEAL_EXTRA))] ^= 1;
        assert_false(unseal(&key, (Str){sealed, n + SEAL_EXTRA}, out));
    }
    assert_false(unseal(&key, (Str){NULL, 0}, out));
    wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++) assert_int_equal(text[i], 0);
    assert_true(random_u64() != random_u64());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_of_the_standard),
        cmocka_unit_test(test_keyed_hash),
        cmocka_unit_test(test_bits_spread),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_sealed_texts),
    };
    hash_start();
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
