/* Any bytes unpacked under a ceiling; and packed, which must unpack to the same. */
#include "fuzz.h"

#include "http/http_int.h"

#define CEILING ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    Str bytes = {(const char *)data, n};
    struct buf out, packed, back;
    struct err err = {0};

    buf_init(&out, CEILING);
    if (gzip_unpack(bytes, &out, &err)) {
        CHECK(gzip_is(bytes) && !out.full);
    } else {
        CHECK(err.code == (out.full ? ERR_LIMIT : ERR_INVALID));
    }
    CHECK(out.n <= CEILING);
    buf_init(&packed, 2 * n + 1024);
    buf_init(&back, n);
    if (gzip_pack(bytes, &packed)) {
        CHECK(gzip_is(buf_str(&packed)) && gzip_unpack(buf_str(&packed), &back, &err));
        CHECK(str_eq(buf_str(&back), bytes));
    }
    buf_reset(&out);
    buf_reset(&packed);
    buf_reset(&back);
    return 0;
}
