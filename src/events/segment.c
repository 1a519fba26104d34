/* events/segment.c -- the Segment and RudderStack wire form (spec: contracts, "Ingest contract").
 *
 * A batch is cut into its items by brackets and quotes, and each item is read by itself: one that is broken, too
 * large or incomplete is set aside with its reason, and the others are taken.
 *
 * Time (A7): the item's own `timestamp`, kept when `originalTimestamp` stands beside it (RudderStack's clients),
 * else corrected for the sender's clock: received - (sent - original). More than a day ahead is cut to received.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ads/days.h"
#include "ads/money.h"
#include "ads/rates.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "events/stage_int.h"

#define NAME_MAX_BYTES 200
#define MESSAGE_ID_MAX_BYTES 200
#define DIM_MAX_BYTES 256
#define FUTURE_MS TIME_DAY_MS

/* Reading one item: what is needed again and again. */
struct item {
    struct stage *stage;
    const struct json *json;
    struct staged *out;
};

/* A text that outlives the item's tree: a slice of the body does, one that had escapes is copied. */
static Str keep(const struct item *item, Str s)
{
    Str body = item->stage->entry->body;
    bool in_body = (uintptr_t)s.p >= (uintptr_t)body.p && (uintptr_t)s.p < (uintptr_t)body.p + body.n;

    return in_body || s.n == 0 ? s : arena_copy(item->stage->arena, s);
}

/* A string or number as trimmed text; ids may come as either. */
static Str text_of(const struct item *item, const struct json *value)
{
    int64_t whole;

    if (json_i64(value, &whole)) return arena_printf(item->stage->arena, "%lld", (long long)whole);
    Str text = json_number_text(value);
    return keep(item, text.n ? text : str_trim(json_str(value)));
}

/* ---- type ---- */

static const struct {
    const char *type;
    enum raw_kind kind;
} TYPES[] = {
    {"track", RAW_TRACK},       {"page", RAW_PAGE},   {"screen", RAW_SCREEN},
    {"identify", RAW_IDENTIFY}, {"group", RAW_GROUP}, {"alias", RAW_ALIAS},
};

/* The path says the type of a single event (and overrides the item's own); in a batch each item says its own. */
static bool type_of(const struct item *item, enum raw_kind *kind)
{
    enum raw_kind of_path = item->stage->entry->kind;
    Str type = json_str(json_get(item->json, "type"));

    if (of_path != RAW_BATCH && of_path != RAW_WEBHOOK) {
        *kind = of_path;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (!str_eq(type, str_of(TYPES[i].type))) continue;
        *kind = TYPES[i].kind;
        return true;
    }
    return false;
}

/* ---- who ---- */

static const char *add_alias(struct item *item, char kind, Str value)
{
    if (value.n == 0) return NULL;
    if (value.n > ALIAS_VALUE_MAX) return "an id is longer than 256 bytes";
    CHECK(item->out->n_aliases < ALIASES_MAX);
    item->out->alias[item->out->n_aliases++] = (struct staged_alias){kind, value};
    return NULL;
}

static const struct json *traits_of(const struct item *item)
{
    const struct json *traits = json_get(item->json, "traits");
    return traits ? traits : json_get(json_get(item->json, "context"), "traits");
}

static const char *read_person(struct item *item, enum raw_kind kind)
{
    const struct {
        char kind;
        const struct json *value;
    } IDS[] = {
        {ALIAS_USER, json_get(item->json, "userId")},
        {ALIAS_ANONYMOUS, json_get(item->json, "anonymousId")},
        {ALIAS_CLIENT, kind == RAW_IDENTIFY ? json_get(traits_of(item), "client_id") : NULL},
        {ALIAS_TELEGRAM, kind == RAW_IDENTIFY ? json_get(traits_of(item), "telegram_id") : NULL},
    };

    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        const char *wrong = add_alias(item, IDS[i].kind, text_of(item, IDS[i].value));
        if (wrong) return wrong;
    }
    if (kind == RAW_ALIAS) { /* what was known under the previous id becomes this user's; it was one kind or other */
        Str previous = text_of(item, json_get(item->json, "previousId"));
        if (previous.n == 0) return "alias without previousId";
        const char *wrong = add_alias(item, ALIAS_ANONYMOUS, previous);
        if (wrong) return wrong;
        wrong = add_alias(item, ALIAS_USER, previous);
        if (wrong) return wrong;
    }
    return item->out->n_aliases ? NULL : "neither userId nor anonymousId";
}

/* ---- when ---- */

/* False only when a text stands there that is no instant. */
static bool read_instant(const struct json *value, int64_t *at_ms)
{
    *at_ms = TIME_NONE;
    if (json_is_null(value)) return true;
    return time_parse_instant(str_trim(json_str(value)), at_ms);
}

static const char *read_time(struct item *item)
{
    const struct raw_entry *entry = item->stage->entry;
    int64_t original, stamp, sent;

    if (!read_instant(json_get(item->json, "timestamp"), &stamp)) return "timestamp is no RFC 3339 instant";
    if (!read_instant(json_get(item->json, "originalTimestamp"), &original))
        return "originalTimestamp is no RFC 3339 instant";
    if (!read_instant(json_get(item->json, "sentAt"), &sent))
        sent = TIME_NONE; /* only corrects; its loss costs little */
    if (sent == TIME_NONE) sent = entry->sent_ms;
    int64_t at = stamp;
    if (stamp == TIME_NONE || original == TIME_NONE) {
        int64_t own = original != TIME_NONE ? original : stamp;
        if (own == TIME_NONE) own = entry->received_ms;
        at = sent == TIME_NONE || own == entry->received_ms ? own : entry->received_ms - (sent - own);
    }
    if (at > entry->received_ms + FUTURE_MS) at = entry->received_ms;
    if (at < 0) return "the time is before 1970";
    item->out->at_ms = at;
    return NULL;
}

/* ---- where from ---- */

static Str dim_cut(Str s)
{
    if (s.n <= DIM_MAX_BYTES) return s;
    s.n = DIM_MAX_BYTES;
    while (s.n && ((unsigned char)s.p[s.n] & 0xC0) == 0x80) s.n--; /* not in the middle of a character */
    return s;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* "a%20b+c" -> "a b c"; empty when what comes out is not UTF-8. */
static Str url_decode(const struct item *item, Str s)
{
    char *out = arena_alloc(item->stage->arena, s.n);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = s.p[i] == '+' ? ' ' : s.p[i];
        }
    }
    Str decoded = {out, n};
    return str_is_utf8(decoded) ? str_trim(decoded) : (Str){NULL, 0};
}

/* Where each dimension stands: in context.campaign, and in a landing page's query. */
static const struct {
    enum touch_dim dim;
    const char *campaign[3];
    const char *query;
} DIMS[] = {
    {TOUCH_SOURCE, {"source"}, "utm_source"},
    {TOUCH_MEDIUM, {"medium"}, "utm_medium"},
    {TOUCH_CAMPAIGN, {"name"}, "utm_campaign"},
    {TOUCH_CAMPAIGN_ID, {"id", "campaign_id"}, "utm_id"},
    {TOUCH_CONTENT, {"content"}, "utm_content"},
    {TOUCH_TERM, {"term"}, "utm_term"},
    {TOUCH_CREATIVE, {"creative", "creative_id"}, "utm_creative"},
    {TOUCH_SOURCE_TYPE, {"source_type"}, "utm_source_type"},
};

static bool read_campaign(struct item *item, const struct json *campaign)
{
    bool any = false;

    for (size_t i = 0; i < COUNT_OF(DIMS); i++) {
        Str value = {NULL, 0};
        for (size_t k = 0; k < COUNT_OF(DIMS[i].campaign) && DIMS[i].campaign[k] && !value.n; k++)
            value = text_of(item, json_get(campaign, DIMS[i].campaign[k]));
        item->out->tuple.dim[DIMS[i].dim] = dim_cut(value);
        any = any || value.n;
    }
    return any;
}

static bool read_query(struct item *item, Str query)
{
    bool any = false;

    if (query.n && query.p[0] == '?') query = str_from(query, 1);
    query = str_cut(&query, '#');
    while (query.n) {
        Str value = str_cut(&query, '&');
        Str key = str_cut(&value, '=');
        for (size_t i = 0; i < COUNT_OF(DIMS); i++) {
            if (!value.n || !str_eq(key, str_of(DIMS[i].query))) continue;
            item->out->tuple.dim[DIMS[i].dim] = dim_cut(url_decode(item, value));
            any = true;
        }
    }
    return any;
}

/* The host of "https://user@Host:8080/path". */
static Str host_of(Str url)
{
    for (size_t i = 0; i + 2 < url.n; i++) {
        if (url.p[i] != ':' || url.p[i + 1] != '/' || url.p[i + 2] != '/') continue;
        Str host = str_from(url, i + 3);
        host = str_cut(&host, '/');
        host = str_cut(&host, '?');
        host = str_cut(&host, '#');
        Str behind_user = host; /* "user:password@" is nobody's business */
        (void)str_cut(&behind_user, '@');
        if (behind_user.p) host = behind_user;
        return str_cut(&host, ':');
    }
    return (Str){NULL, 0};
}

static Str query_of(const struct json *page)
{
    Str search = json_str(json_get(page, "search"));
    Str url = json_str(json_get(page, "url"));

    if (search.n) return search;
    (void)str_cut(&url, '?');
    return url;
}

/* Another site's link: its domain is the source, and "referral" the medium. Links within the site say nothing. */
static void read_referrer(struct item *item, const struct json *page)
{
    Str referrer = host_of(json_str(json_get(page, "referrer")));

    if (referrer.n == 0 || str_eq_nocase(referrer, host_of(json_str(json_get(page, "url"))))) return;
    item->out->tuple.dim[TOUCH_SOURCE] = dim_cut(keep(item, referrer));
    item->out->tuple.dim[TOUCH_MEDIUM] = STR("referral");
}

static void read_tuple(struct item *item)
{
    const struct json *context = json_get(item->json, "context");
    const struct json *page = json_get(context, "page");

    if (read_campaign(item, json_get(context, "campaign"))) return;
    if (!page) page = json_get(item->json, "properties"); /* a page call from a server carries it there */
    if (read_query(item, query_of(page))) return;
    read_referrer(item, page);
}

/* ---- how much ---- */

/* Steps of the e-commerce specification that carry an amount which is not (yet) money received. */
static const char *const NOT_MONEY[] = {
    "Checkout Started", "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered", "Cart Viewed",
    "Product Added",    "Product Viewed",       "Product Removed",         "Order Updated",        "Order Cancelled"};

/* The code in capitals; empty: the reporting currency. */
static Str currency_of(const struct item *item, Str said)
{
    struct err err;

    if (said.n == 0 || str_eq_nocase(said, item->stage->currency)) return (Str){NULL, 0};
    if (said.n > AD_CURRENCY_MAX) return CURRENCY_UNKNOWN;
    char *code = arena_alloc(item->stage->arena, said.n);
    for (size_t i = 0; i < said.n; i++)
        code[i] = (char)(said.p[i] >= 'a' && said.p[i] <= 'z' ? said.p[i] - 32 : said.p[i]);
    return currency_check((Str){code, said.n}, "currency", &err) ? (Str){code, said.n} : CURRENCY_UNKNOWN;
}

/* What a double was written as is the shortest decimal that reads back: 0.29 is 29 and not 28. Almost always that has
 * no more decimals than the currency, and is found by rounding; else the text is made and rounded half away from 0. */
static bool read_minor(const struct item *item, const struct json *value, int digits, int64_t *minor)
{
    static const double TENS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
    double real;

    if (!json_double(value, &real))
        return str_to_minor(str_trim(json_str(value)), digits, minor) && *minor <= AMOUNT_MINOR_MAX &&
               *minor >= -AMOUNT_MINOR_MAX;
    double scaled = real * TENS[digits], near = nearbyint(scaled);
    if (!isfinite(real) || fabs(scaled) > (double)AMOUNT_MINOR_MAX) return false;
    if (fabs(scaled - near) < 1e-4 && fabs(scaled) < 1e9) {
        *minor = (int64_t)near;
        return true;
    }
    for (int precision = 15; precision <= 17; precision++) {
        Str text = arena_printf(item->stage->arena, "%.*f", digits + 2, real);
        char shortest[32];
        snprintf(shortest, sizeof shortest, "%.*g", precision, real);
        if (strchr(shortest, 'e')) return str_to_minor(text, digits, minor);
        double back;
        if (str_to_double(str_of(shortest), &back) && back == real)
            return str_to_minor(str_of(shortest), digits, minor);
    }
    return false;
}

static const char *read_amount(struct item *item)
{
    const struct json *properties = json_get(item->json, "properties");
    bool refund = str_eq(item->out->name, STR("Order Refunded"));
    bool order = refund || str_eq(item->out->name, STR("Order Completed"));
    const struct json *value = json_get(properties, "revenue");
    int64_t minor;

    for (size_t i = 0; i < COUNT_OF(NOT_MONEY); i++)
        if (str_eq(item->out->name, str_of(NOT_MONEY[i]))) return NULL;
    if (json_is_null(value) && order) value = json_get(properties, "total");
    if (json_is_null(value) && order) value = json_get(properties, "value");
    if (json_is_null(value)) return NULL;
    Str currency = currency_of(item, str_trim(json_str(json_get(properties, "currency"))));
    if (!read_minor(item, value, currency_digits(currency.n ? currency : item->stage->currency), &minor))
        return "properties.revenue is no amount of money";
    item->out->currency = currency;
    item->out->amount_minor = refund && minor > 0 ? -minor : minor;
    return NULL;
}

/* ---- the item ---- */

static const char *read_name(struct item *item, enum raw_kind kind)
{
    switch (kind) {
    case RAW_PAGE: item->out->name = STR("Page Viewed"); return NULL;
    case RAW_SCREEN: item->out->name = STR("Screen Viewed"); return NULL;
    case RAW_TRACK: break;
    default: item->out->type = STAGED_PERSON; return NULL;
    }
    item->out->name = text_of(item, json_get(item->json, "event"));
    if (item->out->name.n == 0) return "track without the name of an event";
    return item->out->name.n > NAME_MAX_BYTES ? "the name of the event is longer than 200 bytes" : NULL;
}

static const char *read_message_id(struct item *item)
{
    Str id = text_of(item, json_get(item->json, "messageId"));

    if (id.n == 0) id = text_of(item, json_get(item->json, "message_id")); /* RudderStack's older webhooks */
    if (id.n == 0 && item->stage->entry->kind == RAW_WEBHOOK) {            /* its retries repeat the body to the byte */
        struct digest digest = digest_of(item->stage->entry->body);
        id = arena_copy(item->stage->arena, (Str){(const char *)digest.bytes, DIGEST_BYTES});
    }
    item->out->message_id = id;
    return id.n > MESSAGE_ID_MAX_BYTES ? "messageId is longer than 200 bytes" : NULL;
}

static const char *read_item(struct item *item)
{
    enum raw_kind kind;
    const char *wrong;

    if (!json_is_object(item->json)) return "the event is no JSON object";
    if (!type_of(item, &kind)) return "type is none of track, page, screen, identify, group, alias";
    item->out->kind = kind;
    if ((wrong = read_message_id(item))) return wrong;
    if ((wrong = read_person(item, kind))) return wrong;
    if ((wrong = read_time(item))) return wrong;
    if ((wrong = read_name(item, kind))) return wrong;
    if (item->out->type != STAGED_EVENT) return NULL;
    read_tuple(item);
    return read_amount(item);
}

static void decode_item(struct stage *stage, uint32_t number, Str bytes)
{
    struct err err;
    struct item item = {.stage = stage, .out = stage_next(stage, number)};
    const char *wrong = NULL;

    if (bytes.n > EVENT_BYTES_MAX) {
        stage_reject(stage, number, 0, bytes, "the event is larger than 32 KB");
        return;
    }
    arena_reset(&stage->scratch);
    item.json = json_parse(bytes, &stage->scratch, &err);
    wrong = item.json ? read_item(&item) : arena_cstr(stage->arena, str_of(err.text));
    if (wrong) {
        stage_reject(stage, number, 0, bytes, wrong);
    } else {
        stage->out->n++;
    }
}

static bool batch_array(const struct raw_entry *entry, Str *array)
{
    return json_span_member(entry->body, STR("batch"), array);
}

static void make_room(struct stage *stage, size_t n)
{
    stage->out->items = ARENA_ARRAY(stage->arena, struct staged, n);
    stage->out->rejects = ARENA_ARRAY(stage->arena, struct staged_reject, n);
}

/* Where each item of the array stands. */
static bool find_items(Str array, struct arena *arena, Str **items, uint32_t *n, struct err *err)
{
    struct json_walk walk;
    uint32_t room = 128;
    Str item, *found = ARENA_ARRAY(arena, Str, room);
    bool ok = json_walk_start(&walk, array);

    for (*n = 0; ok; ++*n) {
        ok = json_walk_next(&walk, &item);
        if (ok && item.n == 0) {
            *items = found;
            return true;
        }
        if (ok && *n == BATCH_ITEMS_MAX)
            return err_set(err, ERR_LIMIT, "the batch holds more than %d events; send it in parts", BATCH_ITEMS_MAX);
        if (*n == room) {
            Str *larger = ARENA_ARRAY(arena, Str, (size_t)room * 2);
            memcpy(larger, found, room * sizeof *found);
            found = larger;
            room *= 2;
        }
        found[*n] = item;
    }
    return err_set(err, ERR_INVALID, "batch is not a well-formed JSON array");
}

bool segment_decode(struct stage *stage, struct err *err)
{
    Str array, *items = NULL;
    uint32_t n = 0;

    if (stage->entry->kind != RAW_BATCH) {
        make_room(stage, 1);
        decode_item(stage, 0, stage->entry->body);
        return true;
    }
    if (!batch_array(stage->entry, &array))
        return err_set_field(err, "batch", "the body is not a JSON object with an array `batch`");
    if (!find_items(array, stage->arena, &items, &n, err)) return false;
    CHECK(items != NULL);
    make_room(stage, n);
    for (uint32_t i = 0; i < n; i++) decode_item(stage, i, items[i]);
    return true;
}

bool segment_item_bytes(const struct raw_entry *entry, uint32_t number, Str *bytes)
{
    struct json_walk walk;
    Str array;

    if (entry->kind != RAW_BATCH) {
        *bytes = entry->body;
        return number == 0;
    }
    if (!batch_array(entry, &array) || !json_walk_start(&walk, array)) return false;
    for (uint32_t i = 0; i <= number; i++)
        if (!json_walk_next(&walk, bytes) || bytes->n == 0) return false;
    return true;
}
