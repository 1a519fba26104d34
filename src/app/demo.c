/* app/demo.c -- a web history made from a seed, with a known truth.
 *
 * People come in sessions; each session has a channel. While in a session a person may order, with a chance that is
 * a base chance plus the effect of the session's channel plus a CARRY of the effects of the channels before it. Which
 * of these made the order is drawn in proportion and kept: so it is known, for each channel, how many orders it
 * truly caused, which no real data can tell. The same seed gives the same history to the byte.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/demo.h"
#include "base/json.h"
#include "base/time.h"

#define BATCH 500
#define CARRY 0.35
#define BASE_CHANCE 0.006
#define SIGN_UP_CHANCE 0.25
#define GAP_DAYS 6.0
#define FIRST_DAY STR("2025-08-11") /* the last of the days is that of the CRM sample */

const struct demo_channel DEMO_CHANNEL[DEMO_CHANNELS] = {
    {"google", "cpc", {"brand", "search-generic", "shopping"}, 0.20, 0.20, 0.040},
    {"yandex", "cpc", {"poisk", "retarget", "brand-ru"}, 0.16, 0.12, 0.030},
    {"facebook", "paid_social", {"lookalike", "video-story", "carousel"}, 0.22, 0.08, 0.012},
    {"tiktok", "paid_social", {"spark", "ugc-test", "hashtag"}, 0.24, 0.05, 0.004},
    {"telegram", "post", {"channel-a", "channel-b", "influencer"}, 0.08, 0.13, 0.026},
    {"email", "newsletter", {"welcome", "weekly", "winback"}, 0.00, 0.22, 0.050},
    {NULL, NULL, {NULL}, 0.10, 0.20, 0.0},
};
#define CAUSE_BASE DEMO_CHANNELS /* the order would have come anyway */

static const char *const KIND_NAMES[] = {"Page Viewed",      "Product Viewed",  "Product Added",
                                         "Checkout Started", "Order Completed", "identify"};

struct visitor {
    int64_t next_ms; /* earliest time of the next session */
    double carried;  /* effects of the channels so far */
    double by_channel[DEMO_CHANNELS];
    bool seen, signed_up;
};

struct world {
    uint64_t rng;
    int64_t start_ms, end_ms;
    struct visitor *visitors;
    uint32_t people;
    struct made *made;
    size_t n, cap;
    size_t events, events_wanted;
    uint32_t orders;
    uint64_t sessions_of[DEMO_CHANNELS], orders_of[DEMO_CHANNELS + 1], revenue_of[DEMO_CHANNELS + 1];
};

/* ---- chance ---- */

static uint64_t draw(uint64_t *rng)
{
    uint64_t z = (*rng += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double demo_chance(uint64_t *rng)
{
    return (double)(draw(rng) >> 11) * 0x1.0p-53;
}

double demo_normal(uint64_t *rng)
{
    double distance = sqrt(-2 * log(1 - demo_chance(rng)));
    return distance * cos(2 * 3.141592653589793 * demo_chance(rng));
}

static double chance(struct world *w)
{
    return demo_chance(&w->rng);
}

static uint32_t below(struct world *w, uint32_t n)
{
    return (uint32_t)(chance(w) * n);
}

/* ---- making ---- */

static void add(struct world *w, struct made made)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 4096;
        w->made = mem_grow(w->made, sizeof *w->made, w->cap);
    }
    w->made[w->n++] = made;
    w->events += made.kind != IDENTIFIED;
}

static uint8_t pick_channel(struct world *w, bool first)
{
    double at = chance(w);

    for (size_t c = 0; c < DEMO_CHANNELS; c++) {
        at -= first ? DEMO_CHANNEL[c].first_share : DEMO_CHANNEL[c].later_share;
        if (at < 0) return (uint8_t)c;
    }
    return DEMO_CHANNELS - 1;
}

/* People are awake in the day and busier in the evening. */
static int64_t time_of_day(struct world *w)
{
    double hour = 6 + 15 * sqrt(chance(w)); /* UTC */
    return (int64_t)(hour * (double)TIME_HOUR_MS);
}

static int64_t session_time(struct world *w, const struct visitor *visitor)
{
    int64_t from = visitor->seen ? visitor->next_ms + (int64_t)(-log(1 - chance(w)) * GAP_DAYS * (double)TIME_DAY_MS)
                                 : w->start_ms + (int64_t)(chance(w) * (double)(w->end_ms - w->start_ms));
    int64_t day = (from - w->start_ms) / TIME_DAY_MS;
    int64_t at = w->start_ms + day * TIME_DAY_MS + time_of_day(w);

    return at > visitor->next_ms ? at : at + TIME_DAY_MS;
}

/* What made an order, in proportion to what each thing added to its chance. */
static uint8_t draw_cause(struct world *w, const struct visitor *visitor, uint8_t channel)
{
    double at = chance(w) * (BASE_CHANCE + DEMO_CHANNEL[channel].effect + CARRY * visitor->carried);

    at -= DEMO_CHANNEL[channel].effect;
    if (at < 0) return channel;
    for (size_t c = 0; c < DEMO_CHANNELS; c++) {
        at -= CARRY * visitor->by_channel[c];
        if (at < 0) return (uint8_t)c;
    }
    return CAUSE_BASE;
}

/* The events of one session, at most `room` of them. */
static void make_session(struct world *w, uint32_t person, size_t room)
{
    struct visitor *visitor = &w->visitors[person];
    struct made made = {.person = person, .at_ms = session_time(w, visitor)};
    bool orders;
    uint32_t pages = 1 + below(w, 3), products = below(w, 3);

    if (made.at_ms >= w->end_ms) { /* came too late: nothing of it is in the history */
        visitor->next_ms = w->end_ms;
        return;
    }
    made.channel = pick_channel(w, !visitor->seen);
    made.campaign = (uint8_t)below(w, 3);
    made.cause = CAUSE_BASE;
    made.opens = true;
    orders = chance(w) < BASE_CHANCE + DEMO_CHANNEL[made.channel].effect + CARRY * visitor->carried;
    if (orders && products == 0) products = 1;
    w->sessions_of[made.channel]++;
    for (uint32_t i = 0; i < pages + products && room; i++, room--) {
        made.kind = i < pages ? VIEWED : PRODUCT;
        add(w, made);
        made.opens = false;
        made.at_ms += 15000 + below(w, 90000);
    }
    bool carts = orders || (products && chance(w) < 0.18);
    if (carts && room) {
        made.kind = ADDED;
        add(w, made);
        made.at_ms += 20000 + below(w, 60000);
        room--;
    }
    if ((orders || (carts && chance(w) < 0.4)) && room) {
        made.kind = CHECKOUT;
        add(w, made);
        made.at_ms += 30000 + below(w, 90000);
        room--;
    }
    if (!visitor->signed_up && (orders || chance(w) < SIGN_UP_CHANCE)) {
        visitor->signed_up = true;
        made.kind = IDENTIFIED;
        add(w, made);
    }
    if (orders && room) {
        made.kind = ORDERED;
        made.cause = draw_cause(w, visitor, made.channel);
        made.order = ++w->orders;
        made.revenue = (uint32_t)(300 + 200 * exp(1.1 * demo_normal(&w->rng)));
        add(w, made);
        w->orders_of[made.cause]++;
        w->revenue_of[made.cause] += made.revenue;
    }
    visitor->seen = true;
    visitor->carried += DEMO_CHANNEL[made.channel].effect;
    visitor->by_channel[made.channel] += DEMO_CHANNEL[made.channel].effect;
    visitor->next_ms = made.at_ms + TIME_HOUR_MS;
}

static int by_time(const void *a, const void *b)
{
    const struct made *x = a, *y = b;

    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Everybody comes once; then those drawn come again, until there are as many events as wanted. */
static void make_world(struct world *w)
{
    for (uint32_t p = 0; p < w->people && w->events < w->events_wanted; p++)
        while (!w->visitors[p].seen) {
            w->visitors[p].next_ms = 0;
            make_session(w, p, w->events_wanted - w->events);
        }
    while (w->events < w->events_wanted) {
        uint32_t p = below(w, w->people);
        if (w->visitors[p].next_ms >= w->end_ms) w->visitors[p].next_ms = w->start_ms; /* draw a time anew */
        make_session(w, p, w->events_wanted - w->events);
    }
    CHECK(w->made != NULL);
    qsort(w->made, w->n, sizeof *w->made, by_time);
}

/* ---- writing as Segment's batches ---- */

static void put_id(struct json_out *out, struct arena *arena, const char *key, const char *prefix, uint64_t number)
{
    json_kv_str(out, key, arena_printf(arena, "%s%" PRIu64, prefix, number));
}

static void put_campaign(struct json_out *out, struct arena *arena, const struct demo_history *history,
                         const struct made *made)
{
    const struct demo_channel *channel = &DEMO_CHANNEL[made->channel];

    if (!made->opens || !channel->name) return;
    json_key(out, "context");
    json_open(out, '{');
    json_key(out, "campaign");
    json_open(out, '{');
    json_kv_text(out, "source", channel->name);
    json_kv_text(out, "medium", channel->medium);
    json_kv_text(out, "name", channel->campaigns[made->campaign]);
    json_kv_str(out, "id", arena_printf(arena, "%s-%u", channel->name, 100u + made->campaign));
    if (made->channel < DEMO_PAID) json_kv_str(out, "content", demo_ad_name(history, made, arena));
    json_close(out, '}');
    json_close(out, '}');
}

static void put_order(struct json_out *out, struct arena *arena, const struct made *made)
{
    json_key(out, "properties");
    json_open(out, '{');
    put_id(out, arena, "order_id", "o-", made->order);
    json_kv_i64(out, "revenue", made->revenue);
    json_kv_text(out, "demo_cause",
                 made->cause == CAUSE_BASE        ? "base"
                 : DEMO_CHANNEL[made->cause].name ? DEMO_CHANNEL[made->cause].name
                                                  : "direct");
    json_close(out, '}');
}

static void put_made(struct json_out *out, struct arena *arena, const struct demo_history *history, size_t number,
                     bool known)
{
    const struct made *made = &history->made[number];
    static const char *const TYPES[] = {"page", "track", "track", "track", "track", "identify"};

    json_open(out, '{');
    json_kv_text(out, "type", TYPES[made->kind]);
    json_kv_str(out, "messageId", arena_printf(arena, "demo-%" PRIu64 "-%zu", history->seed, number));
    put_id(out, arena, "anonymousId", "anon-", made->person);
    if (known) put_id(out, arena, "userId", "user-", made->person);
    json_kv_instant(out, "timestamp", made->at_ms);
    if (made->kind != VIEWED && made->kind != IDENTIFIED) json_kv_text(out, "event", KIND_NAMES[made->kind]);
    put_campaign(out, arena, history, made);
    if (made->kind == ORDERED) put_order(out, arena, made);
    json_close(out, '}');
}

/* Items from..to as one batch through the pipeline, as if it had come over HTTP just after its last event. */
static bool send(struct app *app, const struct demo_history *history, size_t from, size_t to, bool *known,
                 uint64_t *kept, struct err *err)
{
    struct arena arena;
    struct buf body;
    struct delivery delivery = {0};

    arena_init(&arena, (size_t)64 * 1024 * 1024);
    buf_init(&body, (size_t)16 * 1024 * 1024);
    struct json_out out = json_to(&body);
    json_open(&out, '{');
    json_key(&out, "batch");
    json_open(&out, '[');
    for (size_t i = from; i < to; i++) {
        const struct made *made = &history->made[i];
        if (made->kind == IDENTIFIED) known[made->person] = true;
        put_made(&out, &arena, history, i, known[made->person]);
    }
    json_close(&out, ']');
    json_close(&out, '}');
    delivery.raw = (struct raw_entry){.source_id = 1,
                                      .kind = RAW_BATCH,
                                      .received_ms = history->made[to - 1].at_ms + 2000,
                                      .sent_ms = TIME_NONE,
                                      .body = buf_str(&body)};
    bool ok = stage_decode(&delivery.raw, app->settings.currency, &arena, &delivery.decoded, err) &&
              pipeline_submit_wait(app->pipeline, &delivery, err);
    if (ok) CHECK(delivery.rejected == 0);
    *kept += delivery.kept;
    arena_free(&arena);
    buf_reset(&body);
    return ok;
}

static bool send_all(struct app *app, const struct world *w, const struct demo_history *history, struct err *err)
{
    bool *known = mem_new(w->people * sizeof *known), ok = true;
    uint64_t kept = 0;

    for (size_t from = 0; ok && from < w->n; from += BATCH)
        ok = send(app, history, from, from + BATCH < w->n ? from + BATCH : w->n, known, &kept, err);
    free(known);
    if (ok) printf("web history: %zu events of %u people, %" PRIu64 " calls kept\n", w->events, w->people, kept);
    return ok;
}

/* What no real data can tell, beside what platforms say of the same. */
static void print_truth(const struct world *w, const struct demo_bill *bill)
{
    printf("%-10s %10s %14s %14s %12s %10s %14s\n", "channel", "sessions", "orders caused", "revenue caused", "spend",
           "true ROAS", "orders claimed");
    for (size_t c = 0; c < DEMO_CHANNELS; c++) {
        printf("%-10s %10" PRIu64 " %14" PRIu64 " %14" PRIu64, DEMO_CHANNEL[c].name ? DEMO_CHANNEL[c].name : "direct",
               w->sessions_of[c], w->orders_of[c], w->revenue_of[c]);
        double spend = c < DEMO_PAID ? (double)bill[c].spend_micros / 1e6 : 0;
        if (spend > 0) printf(" %12.2f %10.2f %14" PRIu64, spend, (double)w->revenue_of[c] / spend, bill[c].claimed);
        printf("\n");
    }
    printf("%-10s %10s %14" PRIu64 " %14" PRIu64 "\n", "(anyway)", "", w->orders_of[CAUSE_BASE],
           w->revenue_of[CAUSE_BASE]);
}

static bool read_whole(int n, char **args, const char *name, int64_t fallback, int64_t max, int64_t *out,
                       struct err *err)
{
    const char *text = option_value(n, args, name);

    *out = fallback;
    if (!text || (str_to_i64(str_of(text), out) && *out > 0 && *out <= max)) return true;
    return err_set(err, ERR_INVALID, "%s takes a whole number from 1 to %" PRId64 ", not \"%s\"", name, max, text);
}

int command_demo(int n, char **args)
{
    static struct app app;
    struct world w = {0};
    struct err err = {0};
    struct demo_bill bill[DEMO_PAID];
    int64_t seed, people, events;
    int32_t first;

    if (!read_whole(n, args, "--seed", 1, INT64_MAX, &seed, &err) ||
        !read_whole(n, args, "--people", 20000, 10000000, &people, &err) ||
        !read_whole(n, args, "--events", 200000, 100000000, &events, &err))
        return fail_with(&err);
    if (!app_open(&app, &err)) return fail_with(&err);
    CHECK(time_parse_day(FIRST_DAY, &first));
    w.rng = (uint64_t)seed;
    w.start_ms = first * TIME_DAY_MS;
    w.end_ms = w.start_ms + DEMO_DAYS * TIME_DAY_MS;
    w.people = (uint32_t)people;
    w.events_wanted = (size_t)events;
    w.visitors = mem_new(w.people * sizeof *w.visitors);
    make_world(&w);
    const struct demo_history history = {w.made, w.n, w.people, (uint64_t)seed, first};
    bool ok = send_all(&app, &w, &history, &err) && demo_ads_put(&app, &history, bill, &err);
    if (ok) print_truth(&w, bill);
    free(w.visitors);
    free(w.made);
    app_close(&app);
    return ok ? 0 : fail_with(&err);
}
