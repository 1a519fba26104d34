#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL 4096
#define ID_BYTES 36 /* "00000000-0000-4000-8000-000000000000" */

struct ready {
    char text[EVENT_MAX];
    size_t n;
};

/* Where the two ids stand is the same in every text: they come before anything that varies. */
struct events {
    size_t message_at, person_at;
    struct ready pool[POOL];
};

static const char *const NAMES[] = {"Product Viewed",   "Product List Viewed", "Product Added", "Cart Viewed",
                                    "Checkout Started", "Order Completed",     "Signed Up",     "Products Searched"};
static const char *const SOURCES[] = {"google", "facebook", "tiktok", "newsletter"};
static const char *const MEDIA[] = {"cpc", "paid_social", "cpc", "email"};
static const char *const AGENTS[] = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
};

static uint64_t mix(uint64_t x) /* splitmix64's finaliser */
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static void fill(struct ready *ready, uint64_t i)
{
    uint64_t r = mix(i);
    unsigned from = (unsigned)(r % 4), product = (unsigned)((r >> 8) % 2000), campaign = (unsigned)((r >> 24) % 40);
    int n = snprintf(ready->text, sizeof ready->text,
                     "{\"type\":\"track\",\"messageId\":\"00000000-0000-4000-8000-000000000000\","
                     "\"anonymousId\":\"00000000-0000-4000-8000-000000000000\",\"event\":\"%s\","
                     "\"properties\":{\"product_id\":\"sku-%04u\",\"price\":%u.50,\"quantity\":%u,\"revenue\":%u.50,"
                     "\"currency\":\"UAH\"},"
                     "\"context\":{\"library\":{\"name\":\"RudderLabs JavaScript SDK\",\"version\":\"3.34.1\"},"
                     "\"campaign\":{\"source\":\"%s\",\"medium\":\"%s\",\"name\":\"autumn-%02u\"},"
                     "\"page\":{\"path\":\"/p/%u\",\"url\":\"https://shop.example/p/"
                     "%u\"},\"userAgent\":\"%s\",\"locale\":\"uk-UA\"},"
                     "\"originalTimestamp\":\"2025-11-%02uT%02u:%02u:%02u.%03uZ\"}",
                     NAMES[(r >> 40) % 8], product, product / 4 + 99, product % 3 + 1, product / 4 + 99, SOURCES[from],
                     MEDIA[from], campaign, product, product, AGENTS[(r >> 48) % 3], (unsigned)(i % 20 + 1),
                     (unsigned)(r % 24), (unsigned)((r >> 5) % 60), (unsigned)((r >> 11) % 60),
                     (unsigned)((r >> 17) % 1000));
    if (n < 0 || (size_t)n >= sizeof ready->text) abort();
    ready->n = (size_t)n;
}

struct events *events_new(void)
{
    struct events *events = calloc(1, sizeof *events);

    if (!events) abort();
    for (uint64_t i = 0; i < POOL; i++) fill(&events->pool[i], i);
    const char *text = events->pool[0].text;
    events->message_at = (size_t)(strstr(text, "messageId\":\"") - text) + strlen("messageId\":\"");
    events->person_at = (size_t)(strstr(text, "anonymousId\":\"") - text) + strlen("anonymousId\":\"");
    return events;
}

void events_free(struct events *events)
{
    free(events);
}

static void put_hex(char *out, uint64_t value, int digits)
{
    while (digits--) {
        out[digits] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

size_t events_write(const struct events *events, uint32_t run, uint64_t i, char *out)
{
    const struct ready *ready = &events->pool[i % POOL];

    memcpy(out, ready->text, ready->n);
    put_hex(out + events->message_at, run, 8);
    put_hex(out + events->message_at + ID_BYTES - 12, i, 12);
    put_hex(out + events->person_at + ID_BYTES - 12, mix(mix(i)) % EVENT_PEOPLE, 12);
    return ready->n;
}
