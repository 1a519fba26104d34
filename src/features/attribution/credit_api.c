/* features/attribution/credit_api.c -- what ad platforms claim, beside what the models say of the same ads.
 *
 * Rows are what money was spent on: channels, campaigns, or the ads of one campaign; each touch belongs to one of them,
 * or to none (`unmatched`). So the rows, `unmatched` and `unattributed` add up to the conversions for every model.
 */
#include <math.h>
#include <stdlib.h>

#include "features/attribution/attribution_int.h"
#include "measure/scratch.h"

struct line { /* of the answer */
    int64_t id;
    Str key, name, channel, platform;
    int64_t count[AD_COUNTS]; /* as in struct spent */
    int64_t unpriced;
};

struct credits {
    const struct ask *ask;
    struct counted counted;
    struct over_paths *over; /* NULL: no path model is asked for */
    struct spend_lines spent;
    struct line *lines;
    uint32_t n;      /* by.n is one more: the touches of none */
    bool of_segment; /* nobody knows what was spent on a part of the persons */
};

enum level { BY_CHANNEL, BY_CAMPAIGN, BY_AD };

/* ---- lines ---- */

static void add_spent(struct line *line, const struct spent *spent)
{
    line->unpriced += spent->unpriced;
    for (int i = 0; i < AD_COUNTS; i++) {
        if (spent->count[i] == AD_NOT_SAID) continue;
        line->count[i] = line->count[i] == AD_NOT_SAID ? spent->count[i] : add_or_stay(line->count[i], spent->count[i]);
    }
}

static struct line *new_line(struct credits *credits, int64_t id, Str key, Str name, const struct spent *spent)
{
    struct line *line = &credits->lines[credits->n++];

    *line = (struct line){id, key, name, spent->channel_name, spent->platform, {0}, 0};
    for (int i = 0; i < AD_COUNTS; i++) line->count[i] = AD_NOT_SAID;
    return line;
}

static uint32_t find_line(const struct credits *credits, int64_t id)
{
    uint32_t i = 0;

    while (i < credits->n && credits->lines[i].id != id) i++;
    return i;
}

/* Channels are few. */
static void channel_lines(struct credits *credits)
{
    for (size_t i = 0; i < credits->spent.n; i++) {
        const struct spent *spent = &credits->spent.line[i];
        uint32_t at = find_line(credits, spent->channel);
        if (at == credits->n) (void)new_line(credits, spent->channel, spent->channel_name, spent->channel_name, spent);
        add_spent(&credits->lines[at], spent);
    }
}

static void campaign_lines(struct credits *credits)
{
    for (size_t i = 0; i < credits->spent.n; i++) {
        const struct spent *spent = &credits->spent.line[i];
        if (credits->spent.campaign_of_line[i] == credits->n)
            (void)new_line(credits, spent->campaign, spent->campaign_id, spent->name, spent);
        add_spent(&credits->lines[credits->n - 1], spent);
    }
}

static void ad_lines(struct credits *credits, const struct spent *ads, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (credits->n == 0 || credits->lines[credits->n - 1].id != ads[i].campaign)
            (void)new_line(credits, ads[i].campaign, ads[i].external_id, ads[i].name, &ads[i]);
        add_spent(&credits->lines[credits->n - 1], &ads[i]);
    }
}

/* ---- whose a touch is ---- */

/* The channel of the touch's platform; one that no channel is of has that of its campaign. */
static void group_by_channel(const struct credits *credits, uint32_t *group)
{
    const struct snapshot *snapshot = credits->ask->snapshot;

    for (uint32_t t = 0; t < snapshot->n_touches; t++) {
        Str platform = snapshot_value(snapshot, snapshot->touches[t].dim[TOUCH_PLATFORM]);
        uint32_t campaign = credits->spent.campaign_of_touch[t];
        group[t] = 0;
        while (group[t] < credits->n && !str_eq_nocase(credits->lines[group[t]].platform, platform)) group[t]++;
        if (group[t] == credits->n && campaign != JOIN_NONE)
            group[t] = find_line(credits, credits->spent.campaign[campaign]->channel);
    }
}

static bool read_campaign(const struct credits *credits, uint32_t *campaign, struct err *err)
{
    Str id = request_query(credits->ask->request, "campaign");

    if (id.n == 0) return err_set_field(err, "campaign", "say whose ads: campaign=, with by=ad");
    for (*campaign = 0; *campaign < credits->spent.n_campaigns; ++*campaign)
        if (str_eq(credits->spent.campaign[*campaign]->campaign_id, id)) return true;
    return err_set_field(err, "campaign", "no campaign \"%.*s\" has days in this span", STR_ARG(id));
}

static bool group_by_ad(struct credits *credits, uint32_t *group, struct err *err)
{
    const struct ask *ask = credits->ask;
    const struct attribution *attribution = ask->request->context;
    struct arena *arena = &ask->request->arena;
    struct days days = spend_days(&ask->span);
    const struct spent *ads;
    uint32_t campaign = 0;
    size_t n;

    if (!read_campaign(credits, &campaign, err)) return false;
    if (!spent_by_ad(ask->request->db, attribution->settings->currency, credits->spent.campaign[campaign]->campaign,
                     days.first, days.last, arena, &ads, &n, err))
        return false;
    credits->lines = SCRATCH_ARRAY(arena, struct line, n, err);
    if (!credits->lines) return false;
    ad_lines(credits, ads, n);
    struct join_campaign *join = SCRATCH_ARRAY(arena, struct join_campaign, credits->n, err);
    if (!join) return false;
    for (uint32_t i = 0; i < credits->n; i++)
        join[i] = (struct join_campaign){credits->lines[i].key, credits->lines[i].name, STR("")};
    return ad_join(ask->snapshot, join, credits->n, credits->spent.campaign_of_touch, campaign, arena, group, err);
}

static bool make_groups(struct credits *credits, enum level level, uint32_t *group, struct err *err)
{
    const struct snapshot *snapshot = credits->ask->snapshot;

    if (level == BY_AD) {
        if (!group_by_ad(credits, group, err)) return false;
    } else {
        credits->lines = SCRATCH_ARRAY(&credits->ask->request->arena, struct line, credits->spent.n, err);
        if (!credits->lines) return false;
        if (level == BY_CHANNEL) {
            channel_lines(credits);
            if (credits->spent.n) group_by_channel(credits, group);
        } else {
            campaign_lines(credits);
            for (uint32_t t = 0; t < snapshot->n_touches && credits->spent.n; t++)
                group[t] = credits->spent.campaign_of_touch[t];
        }
    }
    for (uint32_t t = 0; t < snapshot->n_touches; t++)
        if (group[t] > credits->n || credits->spent.n == 0) group[t] = credits->n;
    return true;
}

/* ---- the answer ---- */

static void put_models(const struct credits *credits, struct json_out *out, uint32_t group, struct spend spend)
{
    const struct ask *ask = credits->ask;

    json_kv_i64(out, "touches", (int64_t)credits->counted.rows[group].touches);
    json_key(out, "models");
    json_open(out, '{');
    for (size_t i = 0; i < ask->n_models; i++) {
        json_key(out, model_text_of(ask->model[i]).name);
        json_open(out, '{');
        put_credit_fields(out, ask_credit(ask, &credits->counted, credits->over, ask->model[i], group), spend);
        json_close(out, '}');
    }
    json_close(out, '}');
}

static void put_claimed(struct json_out *out, const struct line *line, struct spend spend)
{
    int64_t conversions = line->count[AD_CONVERSIONS], revenue = line->count[AD_REVENUE];
    double n = (double)conversions / (double)AD_MONEY_UNIT;
    struct cost cost =
        cost_join(spend, conversions == AD_NOT_SAID ? 0 : n, revenue == AD_NOT_SAID ? 0 : minor_of_micros(revenue));

    json_key(out, "claimed");
    json_open(out, '{');
    if (conversions == AD_NOT_SAID) {
        json_kv_null(out, "conversions");
    } else {
        json_kv_double(out, "conversions", n);
    }
    put_spend(out, "revenue", (struct spend){revenue != AD_NOT_SAID, minor_of_micros(revenue)});
    json_kv_double(out, "cpa", cost.cac_minor);
    json_kv_double(out, "roas", revenue == AD_NOT_SAID ? NAN : cost.roas);
    json_close(out, '}');
}

static void put_line(const struct credits *credits, struct json_out *out, uint32_t at)
{
    const struct line *line = &credits->lines[at];
    bool known = line->count[AD_SPEND] != AD_NOT_SAID;
    struct spend spend = {known, known ? minor_of_micros(line->count[AD_SPEND]) : 0};

    json_open(out, '{');
    json_kv_str(out, "id", line->key);
    json_kv_str(out, "name", line->name);
    json_kv_str(out, "channel", line->channel);
    put_spend(out, "spend", spend);
    json_kv_i64(out, "unpriced", line->unpriced);
    spend = spend_whole(spend, line->unpriced);
    put_claimed(out, line, spend);
    put_models(credits, out, at, credits->of_segment ? (struct spend){0} : spend);
    json_close(out, '}');
}

struct ranked {
    int64_t spend; /* AD_NOT_SAID is the least */
    uint32_t at;
};

static int most_spent(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->spend != y->spend) return x->spend < y->spend ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

static bool put_lines(const struct credits *credits, struct json_out *out, struct err *err)
{
    struct ranked *ranked = SCRATCH_ARRAY(&credits->ask->request->arena, struct ranked, credits->n, err);

    if (!ranked) return false;
    for (uint32_t i = 0; i < credits->n; i++) ranked[i] = (struct ranked){credits->lines[i].count[AD_SPEND], i};
    if (credits->n) qsort(ranked, credits->n, sizeof *ranked, most_spent);
    json_key(out, "rows");
    json_open(out, '[');
    for (uint32_t i = 0; i < credits->n && !out->buf->full; i++) put_line(credits, out, ranked[i].at);
    json_close(out, ']');
    return true;
}

static void put_rest(const struct credits *credits, struct json_out *out, const char *key, uint32_t group)
{
    json_key(out, key);
    json_open(out, '{');
    put_models(credits, out, group, (struct spend){0});
    json_close(out, '}');
}

static bool put(const struct credits *credits, struct json_out *out, const char *level, struct err *err)
{
    const struct ask *ask = credits->ask;
    const struct attribution *attribution = ask->request->context;

    json_open(out, '{');
    json_kv_str(out, "conversion", ask->conversion);
    json_kv_text(out, "touches", ask_touches_name(ask->query.touches));
    json_kv_text(out, "by", level);
    json_kv_i64(out, "conversions", (int64_t)credits->counted.total.conversions);
    json_kv_i64(out, "revenue", credits->counted.total.revenue_minor);
    json_kv_str(out, "currency", attribution->settings->currency);
    if (!put_lines(credits, out, err)) return false;
    put_rest(credits, out, "unmatched", credits->n);
    put_rest(credits, out, "unattributed", ask->query.by.n);
    json_close(out, '}');
    return true;
}

static bool answer(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    static const char *const LEVELS[] = {"channel", "campaign", "ad", NULL};
    struct ask ask = {.request = request, .snapshot = snapshot};
    struct credits credits = {.ask = &ask, .of_segment = request_query(request, "segment").n > 0};
    struct json_out out = json_to(&reply->body);
    struct over_paths over = {0};
    size_t level;

    if (!question_choice(request, "by", LEVELS, &level, err)) return false;
    if (!ask_read_journeys(&ask, err) || !ask_read_models(&ask, err)) return false;
    uint32_t *group = SCRATCH_ARRAY(&request->arena, uint32_t, snapshot->n_touches, err);
    if (!group || !ask_spend_lines(&ask, &credits.spent, err)) return false;
    if (!make_groups(&credits, (enum level)level, group, err)) return false;
    ask.query.by = ask.groups.by = (struct grouping){group, credits.n + 1};
    if (ask_wants_paths(&ask)) credits.over = &over;
    bool ok = ask_count(&ask, credits.over, &credits.counted, err) && put(&credits, &out, LEVELS[level], err);
    if (credits.over) over_paths_close(&over);
    return ok;
}

bool credit_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct attribution *attribution = request->context;

    return question_answer(request, attribution->pipeline, attribution->segments, answer, reply, err);
}
