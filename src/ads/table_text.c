#include "ads/table_text.h"

#include <string.h>

#define PROBE_BYTES ((size_t)4096)

/* Windows-1251 from 0x80 to 0xBF; from 0xC0 on it is U+0410 and what follows. 0x98 stands for nothing. */
static const uint16_t WINDOWS_1251[64] = {
    0x0402, 0x0403, 0x201A, 0x0453, 0x201E, 0x2026, 0x2020, 0x2021, 0x20AC, 0x2030, 0x0409, 0x2039, 0x040A,
    0x040C, 0x040B, 0x040F, 0x0452, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0xFFFD, 0x2122,
    0x0459, 0x203A, 0x045A, 0x045C, 0x045B, 0x045F, 0x00A0, 0x040E, 0x045E, 0x0408, 0x00A4, 0x0490, 0x00A6,
    0x00A7, 0x0401, 0x00A9, 0x0404, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x0407, 0x00B0, 0x00B1, 0x0406, 0x0456,
    0x0491, 0x00B5, 0x00B6, 0x00B7, 0x0451, 0x2116, 0x0454, 0x00BB, 0x0458, 0x0405, 0x0455, 0x0457,
};

static bool is_utf8_mostly(Str bytes)
{
    size_t good = 0, bad = 0;

    for (size_t i = 0; i < bytes.n;) {
        if ((unsigned char)bytes.p[i] < 0x80) {
            i++;
            continue;
        }
        size_t n = str_utf8_length(str_from(bytes, i));
        good += n > 0;
        bad += n == 0;
        i += n ? n : 1;
    }
    return bad == 0 || good > bad;
}

/* Text without a mark in UTF-16 has a zero beside most of its characters, always on the same side. */
static bool zeros_at(Str bytes, size_t side)
{
    size_t n = bytes.n < PROBE_BYTES ? bytes.n : PROBE_BYTES, zeros[2] = {0};

    for (size_t i = 0; i < n; i++) zeros[i & 1] += bytes.p[i] == '\0';
    return n >= 4 && zeros[side] > n / 8 && zeros[1 - side] <= n / 64;
}

enum text_encoding text_encoding_of(Str bytes)
{
    if (str_starts(bytes, STR("\xEF\xBB\xBF"))) return TEXT_UTF8;
    if (str_starts(bytes, STR("\xFF\xFE")) || zeros_at(bytes, 1)) return TEXT_UTF16_LE;
    if (str_starts(bytes, STR("\xFE\xFF")) || zeros_at(bytes, 0)) return TEXT_UTF16_BE;
    return is_utf8_mostly(bytes) ? TEXT_UTF8 : TEXT_WINDOWS_1251;
}

Str text_without_mark(Str utf8)
{
    return str_starts(utf8, STR("\xEF\xBB\xBF")) ? str_from(utf8, 3) : utf8;
}

static void put_code(struct buf *out, uint32_t code)
{
    char bytes[4];
    size_t n = 0;

    if (code < 0x80) {
        bytes[n++] = (char)code;
    } else if (code < 0x800) {
        bytes[n++] = (char)(0xC0 | (code >> 6));
    } else if (code < 0x10000) {
        bytes[n++] = (char)(0xE0 | (code >> 12));
        bytes[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
    } else {
        bytes[n++] = (char)(0xF0 | (code >> 18));
        bytes[n++] = (char)(0x80 | ((code >> 12) & 0x3F));
        bytes[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
    }
    if (code >= 0x80) bytes[n++] = (char)(0x80 | (code & 0x3F));
    buf_add(out, (Str){bytes, n});
}

static uint32_t unit_at(Str bytes, size_t i, bool big)
{
    unsigned char first = (unsigned char)bytes.p[i], second = (unsigned char)bytes.p[i + 1];
    return big ? (uint32_t)(first << 8 | second) : (uint32_t)(second << 8 | first);
}

static void utf16_to_utf8(Str bytes, bool big, struct buf *out)
{
    size_t i = 0;

    if (bytes.n >= 2 && unit_at(bytes, 0, big) == 0xFEFF) i = 2;
    for (; i + 1 < bytes.n; i += 2) {
        uint32_t code = unit_at(bytes, i, big);
        if (code >= 0xD800 && code <= 0xDBFF && i + 3 < bytes.n) {
            uint32_t low = unit_at(bytes, i + 2, big);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        put_code(out, code >= 0xD800 && code <= 0xDFFF ? 0xFFFD : code);
    }
    if (i < bytes.n) put_code(out, 0xFFFD);
}

bool text_to_utf8(Str bytes, enum text_encoding encoding, struct buf *out)
{
    switch (encoding) {
    case TEXT_UTF8: buf_add(out, text_without_mark(bytes)); break;
    case TEXT_UTF16_LE: utf16_to_utf8(bytes, false, out); break;
    case TEXT_UTF16_BE: utf16_to_utf8(bytes, true, out); break;
    case TEXT_WINDOWS_1251:
        for (size_t i = 0; i < bytes.n; i++) {
            unsigned char c = (unsigned char)bytes.p[i];
            put_code(out, c < 0x80 ? c : c < 0xC0 ? WINDOWS_1251[c - 0x80] : 0x410u + (c - 0xC0u));
        }
        break;
    }
    return !out->full;
}
