#include "net/guard.h"

#include <string.h>

struct block {
    unsigned char bytes[4];
    int bits;
};

/* IANA's special-purpose registry, and what is no single host. */
static const struct block NOT_PUBLIC[] = {
    {{0, 0, 0, 0}, 8},       /* this network */
    {{10, 0, 0, 0}, 8},      /* private */
    {{100, 64, 0, 0}, 10},   /* carrier-grade NAT */
    {{127, 0, 0, 0}, 8},     /* loopback */
    {{169, 254, 0, 0}, 16},  /* link-local; the clouds' metadata */
    {{172, 16, 0, 0}, 12},   /* private */
    {{192, 0, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2, 0}, 24},    /* documentation */
    {{192, 88, 99, 0}, 24},  /* 6to4 relays */
    {{192, 168, 0, 0}, 16},  /* private */
    {{198, 18, 0, 0}, 15},   /* benchmarks */
    {{198, 51, 100, 0}, 24}, /* documentation */
    {{203, 0, 113, 0}, 24},  /* documentation */
    {{224, 0, 0, 0}, 3},     /* multicast, reserved, broadcast */
};

static bool in_block(const unsigned char *a, const unsigned char *block, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    if (memcmp(a, block, (size_t)whole) != 0) return false;
    return rest == 0 || (a[whole] >> (8 - rest)) == (block[whole] >> (8 - rest));
}

static bool is_public_v4(const unsigned char *a)
{
    for (size_t i = 0; i < COUNT_OF(NOT_PUBLIC); i++)
        if (in_block(a, NOT_PUBLIC[i].bytes, NOT_PUBLIC[i].bits)) return false;
    return true;
}

static bool is_public_v6(const unsigned char *a)
{
    static const unsigned char MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    static const unsigned char NAT64[12] = {0, 0x64, 0xFF, 0x9B};
    static const unsigned char SIX_TO_FOUR[2] = {0x20, 0x02}, TEREDO[4] = {0x20, 0x01},
                               ORCHID[4] = {0x20, 0x01, 0, 0x10};
    static const unsigned char DOCUMENTATION[4] = {0x20, 0x01, 0x0D, 0xB8};

    if (memcmp(a, MAPPED, 12) == 0 || memcmp(a, NAT64, 12) == 0) return is_public_v4(a + 12);
    if (memcmp(a, SIX_TO_FOUR, 2) == 0) return is_public_v4(a + 2);
    if ((a[0] & 0xE0) != 0x20) return false; /* only 2000::/3 is given out */
    return memcmp(a, TEREDO, 4) != 0 && !in_block(a, ORCHID, 27) && memcmp(a, DOCUMENTATION, 4) != 0;
}

bool guard_is_public(const unsigned char *bytes, size_t n)
{
    return (n == 4 && is_public_v4(bytes)) || (n == 16 && is_public_v6(bytes));
}

/* "host", "host:port", "[v6]" or "[v6]:port"; a bare v6 address has no port. */
static void split(Str entry, Str *host, Str *port)
{
    const char *colon = entry.n ? memchr(entry.p, ':', entry.n) : NULL;

    *host = entry;
    *port = (Str){NULL, 0};
    if (entry.n && entry.p[0] == '[') {
        Str rest = str_from(entry, 1);
        *host = str_cut(&rest, ']');
        if (rest.n && rest.p[0] == ':') *port = str_from(rest, 1);
    } else if (colon && !memchr(colon + 1, ':', entry.n - (size_t)(colon + 1 - entry.p))) {
        Str rest = entry;
        *host = str_cut(&rest, ':');
        *port = rest;
    }
}

bool guard_is_named(Str list, Str host, int port)
{
    size_t at = 0;

    while (at < list.n) {
        size_t start = at;
        while (at < list.n && !strchr(" ,\t\n", list.p[at])) at++;
        Str entry_host, entry_port;
        int64_t wanted = port;
        split((Str){list.p + start, at - start}, &entry_host, &entry_port);
        at++;
        if (entry_host.n == 0 || !str_eq_nocase(entry_host, host)) continue;
        if (entry_port.n == 0 || (str_to_i64(entry_port, &wanted) && wanted == port)) return true;
    }
    return false;
}
