#include "connect/zone.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

#define FILE_MAX 16384
#define HEAD 44

static int64_t big_endian(const unsigned char *p, int bytes)
{
    uint64_t value = p[0] & 0x80 ? UINT64_MAX : 0;

    for (int i = 0; i < bytes; i++) value = value << 8 | p[i];
    return (int64_t)value;
}

struct block {
    int64_t transitions, types, size;
    const unsigned char *body;
};

/* RFC 8536, 3.1: the counts stand behind the magic, version and 15 bytes. */
static bool block_read(const unsigned char *p, size_t n, int time_bytes, struct block *out)
{
    int64_t count[6];

    if (n < HEAD || memcmp(p, "TZif", 4) != 0) return false;
    for (int i = 0; i < 6; i++) {
        count[i] = big_endian(p + 20 + (size_t)i * 4, 4);
        if (count[i] < 0 || count[i] > FILE_MAX) return false;
    }
    *out = (struct block){count[3], count[4], 0, p + HEAD};
    out->size = HEAD + count[3] * (time_bytes + 1) + count[4] * 6 + count[5] + count[2] * (time_bytes + 4) + count[1] +
                count[0];
    return out->types > 0 && (size_t)out->size <= n;
}

/* Seconds east of UTC at an instant: the type of the last transition before it. */
static bool offset_at(const unsigned char *p, size_t n, int64_t at_s, int64_t *out)
{
    struct block block;

    if (!block_read(p, n, 4, &block)) return false;
    if (p[4] < '2' || !block_read(p + block.size, n - (size_t)block.size, 8, &block)) return false;
    int64_t type = 0;
    for (int64_t i = 0; i < block.transitions && big_endian(block.body + 8 * i, 8) <= at_s; i++)
        type = block.body[8 * block.transitions + i];
    if (type >= block.types) return false;
    *out = big_endian(block.body + 9 * block.transitions + 6 * type, 4);
    return true;
}

int32_t zone_day(Str name, int64_t at_ms, bool *known)
{
    unsigned char bytes[FILE_MAX];
    char path[128];
    int64_t offset = 0;
    bool plain = name.n > 0 && name.n < 64 && name.p[0] != '/';

    for (size_t i = 0; i < name.n; i++) plain = plain && name.p[i] != '.' && name.p[i] != '\0';
    *known = false;
    if (plain) {
        (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", STR_ARG(name));
        FILE *file = fopen(path, "rb");
        size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
        if (file) fclose(file);
        *known = n > 0 && offset_at(bytes, n, at_ms / 1000, &offset);
    }
    int64_t local_ms = at_ms + offset * 1000;
    return (int32_t)((local_ms - (local_ms < 0 ? TIME_DAY_MS - 1 : 0)) / TIME_DAY_MS);
}
