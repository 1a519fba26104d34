/* bench/history.c -- how the year is made.
 *
 * Each person has a random number of events (mean ten, one in 256 has hundreds) in visits of some five events,
 * at random times between its first day and the end of the year. A visit comes from one campaign and walks down the
 * funnel: a step further, or something else meanwhile. Everything comes from one counter-based hash, so that a person
 * does not depend on those before it.
 */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>

#define VISIT_EVENTS 5
#define LEVELS 8         /* of the heavy tail: at level l, one person in 2^(l+1), up to 4 * 2^l events */
#define PACE_MS 21600000 /* whoever has many events takes so long for each at least: four a day */

const char *const HISTORY_NAMES[HISTORY_NAME_COUNT] = {
    "Page Viewed",       "Product Viewed", "Product Added",  "Checkout Started",   "Order Completed",
    "Product Searched",  "List Viewed",    "List Filtered",  "Product Clicked",    "Cart Viewed",
    "Product Removed",   "Coupon Entered", "Wishlist Added", "Review Read",        "Video Played",
    "Newsletter Joined", "Banner Clicked", "Size Chosen",    "Delivery Estimated", "Chat Opened",
};

const struct history_source HISTORY_SOURCES[HISTORY_PLATFORM_COUNT] = {
    {"google", "google", "cpc"},
    {"facebook", "facebook", "paid_social"},
    {"instagram", "instagram", "stories"},
    {"tiktok", "tiktok", "video"},
    {"email", "newsletter", "email"},
    {"telegram", "telegram", "post"},
    {"viber", "viber", "push"},
    {"yandex", "yandex", "cpc"},
    {"paid_search", "bing", "cpc"},
    {"paid_social", "linkedin", "paid_social"},
    {"event", "expo", "stand"},
    {"unknown", NULL, NULL},
};

/* Of 100 visits. */
static const uint8_t SHARES[HISTORY_PLATFORM_COUNT] = {22, 14, 9, 7, 8, 5, 3, 2, 4, 3, 2, 21};
/* Of 100 events at each step of the funnel, how many go a step further. */
static const uint8_t FURTHER[] = {70, 60, 38, 45, 55};

struct dice {
    uint64_t seed, n;
};

static uint64_t mix(uint64_t x) /* splitmix64's finaliser */
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static uint64_t roll(struct dice *dice, uint64_t sides)
{
    return mix(dice->seed + dice->n++) % sides;
}

static struct dice dice_of(uint64_t person, uint64_t purpose)
{
    return (struct dice){mix(person * 4 + purpose), 0};
}

static void *room(uint64_t n, size_t size)
{
    void *at = calloc(n ? n : 1, size);

    if (at) return at;
    fprintf(stderr, "history: out of memory\n");
    exit(1);
}

/* ---- how many events each person has ---- */

static uint64_t draw_count(uint64_t person)
{
    struct dice dice = dice_of(person, 0);
    uint64_t r = roll(&dice, UINT64_C(1) << LEVELS) | UINT64_C(1) << LEVELS;

    return 1 + roll(&dice, UINT64_C(4) << __builtin_ctzll(r));
}

/* One more or one less for one after the other, until they add up. */
static void share_out(struct history *history)
{
    uint64_t *count = history->first + 1, sum = 0;

    for (uint32_t p = 0; p < history->n_persons; p++) sum += count[p] = draw_count(p);
    for (uint32_t p = 0; sum != history->n; p = (p + 1) % history->n_persons) {
        if (sum < history->n) {
            count[p]++;
            sum++;
        } else if (count[p] > 1) {
            count[p]--;
            sum--;
        }
    }
    for (uint32_t p = 0; p < history->n_persons; p++) count[p] += history->first[p];
}

/* ---- one person ---- */

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Visits of VISIT_EVENTS at random times; what overlaps is sorted in, what is equal moved on. */
static void make_times(int64_t *at_ms, uint64_t n, struct dice *dice)
{
    int64_t from = (int64_t)roll(dice, (uint64_t)(HISTORY_YEAR_MS - (int64_t)n * PACE_MS)), visit = 0;

    for (uint64_t i = 0; i < n; i++) {
        if (i % VISIT_EVENTS == 0) visit = from + (int64_t)roll(dice, (uint64_t)(HISTORY_YEAR_MS - from));
        visit += 2000 + (int64_t)roll(dice, 180000);
        at_ms[i] = HISTORY_START_MS + visit;
    }
    qsort(at_ms, n, sizeof *at_ms, compare_times);
    for (uint64_t i = 1; i < n; i++)
        if (at_ms[i] <= at_ms[i - 1]) at_ms[i] = at_ms[i - 1] + 1;
}

static uint32_t draw_touch(struct dice *dice)
{
    uint64_t r = roll(dice, 100);
    uint32_t platform = 0;

    while (r >= SHARES[platform]) r -= SHARES[platform++];
    uint32_t campaign = platform == HISTORY_PLATFORM_COUNT - 1 ? 0 : (uint32_t)roll(dice, HISTORY_CAMPAIGNS);
    return platform * HISTORY_CAMPAIGNS + campaign;
}

static uint16_t draw_name(struct dice *dice, unsigned *step)
{
    if (roll(dice, 100) < FURTHER[*step]) {
        uint16_t name = (uint16_t)*step;
        *step = (*step + 1) % (ORDER_COMPLETED + 1);
        return name;
    }
    uint64_t r = roll(dice, 20);
    return (uint16_t)(r < 5 ? PAGE_VIEWED : r < 8 ? PRODUCT_VIEWED : ORDER_COMPLETED + 1 + roll(dice, 15));
}

static void make_person(struct history *history, uint32_t person)
{
    uint64_t from = history->first[person], n = history->first[person + 1] - from;
    struct dice dice = dice_of(person, 1);
    unsigned step = 0;
    uint32_t touch = 0;

    make_times(history->at_ms + from, n, &dice);
    for (uint64_t i = from; i < from + n; i++) {
        if ((i - from) % VISIT_EVENTS == 0) {
            touch = draw_touch(&dice);
            if (roll(&dice, 3)) step = PAGE_VIEWED;
        }
        history->touch[i] = touch;
        history->name[i] = draw_name(&dice, &step);
        if (history->name[i] == ORDER_COMPLETED) history->amount_minor[i] = 9900 + (int64_t)roll(&dice, 400000);
    }
}

struct history *history_new(uint64_t events)
{
    struct history *history = room(1, sizeof *history);

    history->n_persons = (uint32_t)(events / 10);
    history->n = events;
    history->first = room((uint64_t)history->n_persons + 1, sizeof *history->first);
    history->at_ms = room(events, sizeof *history->at_ms);
    history->name = room(events, sizeof *history->name);
    history->touch = room(events, sizeof *history->touch);
    history->amount_minor = room(events, sizeof *history->amount_minor);
    share_out(history);
    for (uint32_t p = 0; p < history->n_persons; p++) make_person(history, p);
    return history;
}

void history_free(struct history *history)
{
    free(history->first);
    free(history->at_ms);
    free(history->name);
    free(history->touch);
    free(history->amount_minor);
    free(history);
}
