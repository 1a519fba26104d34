/* ads/days_gather.c
 *
 * Keys are numbered by dictionaries: a campaign by its id, a group by campaign and id, an ad by group and id, a row by
 * ad, day, placement and country. Rows with the same number are added up.
 */
#include <stdio.h>
#include <string.h>

#include "ads/channels.h"
#include "ads/days_int.h"

#define MADE_ID_HEX 16

void *day_room(void *p, size_t size, size_t n, size_t *cap)
{
    if (n < *cap) return p;
    size_t more = *cap ? *cap * 2 : 64;
    p = mem_grow(p, size, more);
    memset((char *)p + *cap * size, 0, (more - *cap) * size);
    *cap = more;
    return p;
}

static size_t key_number(char *key, size_t n, uint32_t number)
{
    memcpy(key + n, &number, sizeof number);
    return n + sizeof number;
}

static size_t key_text(char *key, size_t n, Str text)
{
    CHECK(n + text.n <= KEY_MAX);
    if (text.n) memcpy(key + n, text.p, text.n);
    return n + text.n;
}

uint32_t day_campaign_of(struct day_work *work, Str external_id)
{
    uint32_t before = dict_count(work->campaigns), c = dict_add(work->campaigns, external_id);

    work->campaign = day_room(work->campaign, sizeof *work->campaign, c, &work->campaign_cap);
    if (c == before)
        work->campaign[c] = (struct day_campaign){.external_id = dict_text(work->campaigns, c), .last_day = INT32_MIN};
    return c;
}

uint32_t day_set_of(struct day_work *work, uint32_t campaign, Str external_id)
{
    char key[KEY_MAX];
    size_t n = key_text(key, key_number(key, 0, campaign), external_id);
    uint32_t before = dict_count(work->sets), s = dict_add(work->sets, (Str){key, n});

    work->set = day_room(work->set, sizeof *work->set, s, &work->set_cap);
    if (s == before)
        work->set[s] = (struct day_set){.campaign = campaign,
                                        .external_id = str_from(dict_text(work->sets, s), sizeof campaign),
                                        .last_day = INT32_MIN};
    return s;
}

uint32_t day_ad_of(struct day_work *work, uint32_t set, Str external_id)
{
    char key[KEY_MAX];
    size_t n = key_text(key, key_number(key, 0, set), external_id);
    uint32_t before = dict_count(work->ads), a = dict_add(work->ads, (Str){key, n});

    work->ad = day_room(work->ad, sizeof *work->ad, a, &work->ad_cap);
    if (a == before)
        work->ad[a] = (struct day_ad){
            .set = set, .external_id = str_from(dict_text(work->ads, a), sizeof set), .last_day = INT32_MIN};
    return a;
}

Str day_row_key(char *key, uint32_t ad, int32_t day, Str placement, Str country)
{
    size_t n = key_number(key, key_number(key, 0, ad), (uint32_t)day);

    n = key_number(key, n, (uint32_t)placement.n);
    n = key_text(key, n, placement);
    return (Str){key, key_text(key, n, country)};
}

/* ---- texts ---- */

static Str cut(Str text)
{
    text = str_trim(text);
    if (text.n <= AD_TEXT_MAX) return text;
    text.n = AD_TEXT_MAX;
    while (text.n && ((unsigned char)text.p[text.n] & 0xC0) == 0x80) text.n--;
    return text;
}

static bool serves_as_id(Str id)
{
    if (id.n == 0 || id.n > AD_ID_MAX) return false;
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] == '/' || (unsigned char)id.p[i] < ' ' || id.p[i] == 0x7F) return false;
    return true;
}

/* The id itself, or one made of it or of the name, in `made` (AD_ID_MAX bytes); empty if there is neither. */
static Str id_of(Str id, Str name, char *made)
{
    id = str_trim(id);
    name = str_trim(name);
    if (serves_as_id(id)) return id;
    if (id.n == 0 && name.n == 0) return STR("");
    struct digest digest = digest_of(id.n ? id : name);
    made[0] = 'n';
    made[1] = '-';
    for (size_t i = 0; i < MADE_ID_HEX / 2; i++) snprintf(made + 2 + 2 * i, 3, "%02x", digest.bytes[i]);
    return (Str){made, 2 + MADE_ID_HEX};
}

static void say(struct said *said, Str text, int32_t day)
{
    text = cut(text);
    if (text.n && (said->text.n == 0 || day >= said->day)) *said = (struct said){text, day};
}

/* ---- checks ---- */

static bool check_count(const struct ad_row *row, size_t nth, int which, struct err *err)
{
    static const char *const NAMES[AD_COUNTS] = {"impressions", "reach", "clicks", "spend", "conversions", "revenue"};
    int64_t value = row->count[which];

    if (value == AD_NOT_SAID) return true;
    if (value > AD_COUNT_MAX || value < -AD_COUNT_MAX)
        return err_set_field(err, NAMES[which], "%s of row %zu is too large", NAMES[which], nth + 1);
    if (value < 0 && which < AD_SPEND)
        return err_set_field(err, NAMES[which], "%s of row %zu is negative: %lld", NAMES[which], nth + 1,
                             (long long)value);
    return true;
}

static bool check(const struct day_work *work, const struct ad_row *row, size_t nth, struct err *err)
{
    if (str_trim(row->campaign_id).n == 0 && str_trim(row->campaign_name).n == 0)
        return err_set_field(err, "campaign_id", "row %zu names no campaign, by id or by name", nth + 1);
    if (row->currency.n == 0 || row->currency.n > AD_CURRENCY_MAX)
        return err_set_field(err, "currency", "row %zu has no currency such as USD: \"%.*s\"", nth + 1,
                             STR_ARG(row->currency));
    if (work->replace && (row->day < work->first || row->day > work->last))
        return err_set_field(err, "day", "the day of row %zu is not among those that are replaced", nth + 1);
    for (int i = 0; i < AD_COUNTS; i++)
        if (!check_count(row, nth, i, err)) return false;
    return true;
}

/* ---- rows ---- */

/* The number of a channel in this call; found or made in the store when it is new here. */
static bool channel_number(struct day_work *work, Str name, uint32_t *out, struct err *err)
{
    uint32_t before = dict_count(work->channels);

    if (str_trim(name).n == 0) name = work->source->source;
    *out = dict_add(work->channels, name);
    work->channel_id = day_room(work->channel_id, sizeof *work->channel_id, *out, &work->channel_cap);
    return *out != before || channel_of_name(work->db, name, &work->channel_id[*out], err);
}

static bool add_counts(struct day_row *row, const int64_t *count, struct err *err)
{
    for (int i = 0; i < AD_COUNTS; i++) {
        if (count[i] == AD_NOT_SAID) continue;
        row->count[i] = (row->count[i] == AD_NOT_SAID ? 0 : row->count[i]) + count[i];
        if (row->count[i] > AD_COUNT_MAX || row->count[i] < -AD_COUNT_MAX)
            return err_set(err, ERR_INVALID, "the rows of one ad and day come to too much");
    }
    return true;
}

static bool gather_row(struct day_work *work, const struct ad_row *from, uint32_t ad, uint32_t channel, struct err *err)
{
    Str placement = cut(from->placement), country = cut(from->country);
    char key[KEY_MAX];
    uint32_t before = dict_count(work->rows);
    uint32_t r = dict_add(work->rows, day_row_key(key, ad, from->day, placement, country));

    work->row = day_room(work->row, sizeof *work->row, r, &work->row_cap);
    struct day_row *row = &work->row[r];
    if (r == before) {
        *row = (struct day_row){.ad = ad,
                                .day = from->day,
                                .placement = placement,
                                .country = country,
                                .currency = from->currency,
                                .channel = channel};
        memcpy(row->count, from->count, sizeof row->count);
        return true;
    }
    if (!str_eq(row->currency, from->currency))
        return err_set_field(err, "currency", "two rows of one ad and day are in %.*s and in %.*s",
                             STR_ARG(row->currency), STR_ARG(from->currency));
    row->channel = channel;
    work->change.repeated++;
    return add_counts(row, from->count, err);
}

static bool gather(struct day_work *work, const struct ad_row *row, struct err *err)
{
    char made[AD_ID_MAX];
    uint32_t channel;

    if (!channel_number(work, row->channel, &channel, err)) return false;
    uint32_t before = dict_count(work->campaigns);
    uint32_t c = day_campaign_of(work, id_of(row->campaign_id, row->campaign_name, made));
    uint32_t s = day_set_of(work, c, id_of(row->ad_set_id, row->ad_set_name, made));
    uint32_t a = day_ad_of(work, s, id_of(row->ad_id, row->ad_name, made));
    if (c == before) work->campaign[c].channel = channel;
    say(&work->campaign[c].said_name, row->campaign_name, row->day);
    say(&work->campaign[c].said_status, row->campaign_status, row->day);
    say(&work->set[s].said_name, row->ad_set_name, row->day);
    say(&work->ad[a].said_name, row->ad_name, row->day);
    say(&work->ad[a].said_status, row->ad_status, row->day);
    return gather_row(work, row, a, channel, err);
}

bool days_gather(struct day_work *work, const struct ad_row *rows, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!check(work, &rows[i], i, err) || !gather(work, &rows[i], err)) return false;
        if (work->replace) continue;
        if (rows[i].day < work->first) work->first = rows[i].day;
        if (rows[i].day > work->last) work->last = rows[i].day;
    }
    return true;
}
