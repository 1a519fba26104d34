#include <zlib.h>

#include "http/http_int.h"

#define CHUNK ((size_t)32 * 1024)
#define PAYS_FROM 1400 /* bytes: one packet */

bool gzip_is(Str bytes)
{
    return bytes.n >= 2 && (unsigned char)bytes.p[0] == 0x1F && (unsigned char)bytes.p[1] == 0x8B;
}

bool gzip_unpack(Str bytes, struct buf *out, struct err *err)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes.p, .avail_in = (uInt)bytes.n};
    unsigned char chunk[CHUNK];
    int code = inflateInit2(&z, 16 + MAX_WBITS);

    if (code != Z_OK) return err_set(err, ERR_INTERNAL, "cannot unpack gzip");
    do {
        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        code = inflate(&z, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END) break;
        if (!buf_add(out, (Str){(const char *)chunk, sizeof chunk - z.avail_out})) break;
        /* RFC 1952: a file may be several members, one after the other */
        if (code == Z_STREAM_END && z.avail_in && inflateReset(&z) == Z_OK) code = Z_OK;
    } while (code != Z_STREAM_END);
    inflateEnd(&z);
    if (out->full) return err_set(err, ERR_LIMIT, "the body unpacks to more than %zu bytes", out->ceiling);
    return code == Z_STREAM_END || err_set(err, ERR_INVALID, "the body is not whole gzip");
}

bool gzip_pack(Str bytes, struct buf *out)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes.p, .avail_in = (uInt)bytes.n};
    unsigned char chunk[CHUNK];
    int code;

    if (bytes.n < PAYS_FROM || bytes.n > UINT32_MAX / 2) return false;
    if (deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return false;
    do {
        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        code = deflate(&z, Z_FINISH);
        buf_add(out, (Str){(const char *)chunk, sizeof chunk - z.avail_out});
    } while (code == Z_OK);
    deflateEnd(&z);
    return code == Z_STREAM_END && !out->full;
}
