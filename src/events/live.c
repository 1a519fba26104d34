#include "events/live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct live {
    pthread_mutex_t mutex;
    uint64_t last; /* seq of the newest */
    struct live_item items[LIVE_ITEMS];
};

struct live *live_new(void)
{
    struct live *live = mem_new(sizeof *live);
    pthread_mutex_init(&live->mutex, NULL);
    return live;
}

void live_free(struct live *live)
{
    if (!live) return;
    pthread_mutex_destroy(&live->mutex);
    free(live);
}

void live_put(struct live *live, const struct live_item *item)
{
    pthread_mutex_lock(&live->mutex);
    struct live_item *slot = &live->items[++live->last % LIVE_ITEMS];
    *slot = *item;
    slot->seq = live->last;
    pthread_mutex_unlock(&live->mutex);
}

void live_text(char out[LIVE_TEXT], Str text)
{
    size_t n = text.n < LIVE_TEXT - 1 ? text.n : LIVE_TEXT - 1;

    if (n < text.n)
        while (n && ((unsigned char)text.p[n] & 0xC0) == 0x80) n--;
    if (n) memcpy(out, text.p, n);
    out[n] = '\0';
}

void live_forget(struct live *live, const struct dict *aliases)
{
    pthread_mutex_lock(&live->mutex);
    for (uint32_t a = 0; a < dict_count(aliases); a++) {
        char text[LIVE_TEXT];
        live_text(text, dict_text(aliases, a)); /* as it was cut when it was put */
        for (size_t i = 0; i < LIVE_ITEMS; i++) {
            struct live_item *item = &live->items[i];
            if (strcmp(item->person, text) != 0) continue;
            item->person[0] = item->event[0] = item->platform[0] = '\0';
            item->amount_minor = 0;
        }
    }
    pthread_mutex_unlock(&live->mutex);
}

size_t live_since(struct live *live, uint64_t after, struct live_item *out, size_t max, uint64_t *next)
{
    size_t n = 0;

    pthread_mutex_lock(&live->mutex);
    uint64_t oldest = live->last >= LIVE_ITEMS ? live->last - LIVE_ITEMS + 1 : 1;
    uint64_t from = after + 1 > oldest && after <= live->last ? after + 1 : oldest;
    if (live->last + 1 - from > max) from = live->last + 1 - max;
    for (uint64_t seq = from; seq <= live->last; seq++) out[n++] = live->items[seq % LIVE_ITEMS];
    *next = live->last;
    pthread_mutex_unlock(&live->mutex);
    return n;
}

uint32_t live_per_minute(struct live *live, int64_t now_ms)
{
    uint32_t n = 0;

    pthread_mutex_lock(&live->mutex);
    for (size_t i = 0; i < LIVE_ITEMS; i++) n += live->items[i].seq && live->items[i].received_ms > now_ms - 60000;
    pthread_mutex_unlock(&live->mutex);
    return n;
}
