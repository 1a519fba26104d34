/* Tests of measure/campaign_join.h: by hand, against a plain reading of the rule, and the split of amounts. */
#include "helpers.h"
#include "measure/campaign_join.h"

#include <strings.h>
#include <string.h>

#define ROOM ((size_t)64 << 20)

static Str platform_of(const void *rules, const struct tuple *tuple, bool *paid)
{
    (void)rules;
    *paid = false;
    return tuple->dim[TOUCH_SOURCE];
}

/* source (which is the platform too), campaign, campaign_id, content, creative */
static uint32_t add_event(struct facts *facts, const char *const words[5], int64_t at_ms)
{
    struct tuple tuple = {0};

    tuple.dim[TOUCH_SOURCE] = str_of(words[0]);
    tuple.dim[TOUCH_CAMPAIGN] = str_of(words[1]);
    tuple.dim[TOUCH_CAMPAIGN_ID] = str_of(words[2]);
    tuple.dim[TOUCH_CONTENT] = str_of(words[3]);
    tuple.dim[TOUCH_CREATIVE] = str_of(words[4]);
    uint32_t touch = facts_touch(facts, &tuple);
    facts_add(facts, &(struct fact){.alias = facts_alias(facts, ALIAS_USER, STR("1")),
                                    .name = facts_name(facts, STR("Visit")),
                                    .touch = touch,
                                    .at_ms = at_ms});
    return touch;
}

struct place {
    struct facts *facts;
    struct arena arena;
};

static void place_open(struct place *place)
{
    place->facts = facts_new();
    arena_init(&place->arena, ROOM);
    facts_write_begin(place->facts);
    facts_set_rules(place->facts, platform_of, NULL);
}

static void place_close(struct place *place, const struct snapshot *snapshot)
{
    snapshot_close(snapshot);
    facts_close(place->facts);
    arena_free(&place->arena);
}

/* ---- by hand ---- */

static const struct join_campaign CAMPAIGNS[] = {
    {STR_INIT("77"), STR_INIT("Lullaby search"), STR_INIT("google")},
    {STR_INIT("77"), STR_INIT("Skazki"), STR_INIT("yandex")},
    {STR_INIT("2385001"), STR_INIT("Night tales"), STR_INIT("facebook")},
    {STR_INIT("2385002"), STR_INIT("Night tales"), STR_INIT("facebook")},
    {STR_INIT(""), STR_INIT("only a name"), STR_INIT("")},
};

static const struct {
    const char *words[5];
    uint32_t wanted;
} BY_HAND[] = {
    {{"google", "", "77", "", ""}, 0}, /* the same id on two platforms: that of the touch */
    {{"yandex", "", "77", "", ""}, 1},
    {{"tiktok", "", "77", "", ""}, JOIN_NONE},            /* on neither */
    {{"tiktok", "", "2385001", "", ""}, 2},               /* the only one so called, wherever the touch is from */
    {{"facebook", "2385002", "", "", ""}, 3},             /* an id written into utm_campaign */
    {{"facebook", "Night tales", "", "", ""}, JOIN_NONE}, /* two of that name on one platform */
    {{"google", "LULLABY Search", "", "", ""}, 0},        /* without regard to case */
    {{"google", "Only A Name", "", "", ""}, 4},
    {{"google", "Only A Name", "77", "", ""}, 0},   /* the id comes first */
    {{"google", "spring", "", "", ""}, 2},          /* said by hand */
    {{"google", "spring", "77", "", ""}, 2},        /* what was said comes before what is found */
    {{"google", "77", "", "", "no ad"}, JOIN_NONE}, /* said to be of no campaign */
    {{"google", "77", "", "video", ""}, 4},
    {{"google", "spring", "", "video", ""}, 2}, /* campaign before content */
    {{"", "", "", "", ""}, JOIN_NONE},
    {{"google", "unknown", "1", "", ""}, JOIN_NONE},
};

static const struct join_said SAID[] = {
    {TOUCH_CONTENT, STR_INIT("video"), 4},
    {TOUCH_CAMPAIGN, STR_INIT("spring"), 2},
    {TOUCH_CREATIVE, STR_INIT("no ad"), JOIN_NONE},
    {TOUCH_CAMPAIGN, STR_INIT("nobody says this"), 1},
};

static void test_by_hand(void **state)
{
    struct place place;
    struct err err = {0};
    uint32_t touch[COUNT_OF(BY_HAND)];

    (void)state;
    place_open(&place);
    for (size_t i = 0; i < COUNT_OF(BY_HAND); i++) touch[i] = add_event(place.facts, BY_HAND[i].words, (int64_t)i);
    facts_write_end(place.facts);
    const struct snapshot *snapshot = facts_snapshot(place.facts);
    uint32_t *got = ARENA_ARRAY(&place.arena, uint32_t, snapshot->n_touches);
    ASSERT_OK(campaign_join(snapshot, CAMPAIGNS, COUNT_OF(CAMPAIGNS), SAID, COUNT_OF(SAID), &place.arena, got, &err));
    for (size_t i = 0; i < COUNT_OF(BY_HAND); i++)
        if (got[touch[i]] != BY_HAND[i].wanted) fail_msg("case %zu: campaign %d", i, (int)got[touch[i]]);
    ASSERT_OK(campaign_join(snapshot, NULL, 0, NULL, 0, &place.arena, got, &err));
    for (size_t i = 0; i < COUNT_OF(BY_HAND); i++) assert_int_equal(got[touch[i]], JOIN_NONE);
    place_close(&place, snapshot);
}

/* ---- the same rule, read plainly ---- */

static bool same(Str a, Str b)
{
    return str_eq_nocase(str_trim(a), str_trim(b));
}

/* The campaigns that pass; the one, or the one on the platform. */
static uint32_t only(const struct join_campaign *campaigns, uint32_t n, Str text, Str platform, bool name)
{
    uint32_t all = 0, here = 0, last = JOIN_NONE, last_here = JOIN_NONE;

    for (uint32_t i = 0; i < n && text.n; i++) {
        Str own = name ? campaigns[i].name : campaigns[i].external_id;
        if (!str_trim(own).n || !same(own, text)) continue;
        all++;
        last = i;
        if (!str_eq_nocase(campaigns[i].platform, platform)) continue;
        here++;
        last_here = i;
    }
    return all == 1 ? last : here == 1 ? last_here : JOIN_NONE;
}

static uint32_t plainly(const struct snapshot *snapshot, const struct touch *touch,
                        const struct join_campaign *campaigns, uint32_t n, const struct join_said *said,
                        uint32_t n_said)
{
    static const enum touch_dim ORDER[] = {TOUCH_CAMPAIGN_ID, TOUCH_CAMPAIGN, TOUCH_CREATIVE, TOUCH_CONTENT,
                                           TOUCH_SOURCE};
    Str platform = snapshot_value(snapshot, touch->dim[TOUCH_PLATFORM]);
    Str id = snapshot_value(snapshot, touch->dim[TOUCH_CAMPAIGN_ID]);
    Str campaign = snapshot_value(snapshot, touch->dim[TOUCH_CAMPAIGN]);
    uint32_t found;

    for (size_t d = 0; d < COUNT_OF(ORDER); d++)
        for (uint32_t i = 0; i < n_said; i++)
            if (said[i].dim == ORDER[d] && snapshot_value(snapshot, touch->dim[ORDER[d]]).n &&
                same(said[i].value, snapshot_value(snapshot, touch->dim[ORDER[d]])))
                return said[i].campaign;
    if ((found = only(campaigns, n, id, platform, false)) != JOIN_NONE) return found;
    if ((found = only(campaigns, n, campaign, platform, false)) != JOIN_NONE) return found;
    return only(campaigns, n, campaign, platform, true);
}

static void test_random(void **state)
{
    static const char *const WORDS[] = {"", "1", "2", "3", "10", "Spring", "spring", "SPRING sale", "sale", "x"};
    static const char *const PLATFORMS[] = {"", "google", "meta", "Google"};
    static const enum touch_dim DIMS[] = {TOUCH_CAMPAIGN_ID, TOUCH_CAMPAIGN, TOUCH_CREATIVE, TOUCH_CONTENT};
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < 200; round++) {
        struct place place;
        struct err err = {0};
        struct join_campaign campaigns[12];
        struct join_said said[6];
        uint32_t n = (uint32_t)random_below(&seed, COUNT_OF(campaigns) + 1), n_said = 0;
        place_open(&place);
        for (int i = 0; i < 60; i++) {
            const char *words[5] = {PLATFORMS[random_below(&seed, COUNT_OF(PLATFORMS))]};
            for (int w = 1; w < 5; w++) words[w] = WORDS[random_below(&seed, COUNT_OF(WORDS))];
            add_event(place.facts, words, i);
        }
        facts_write_end(place.facts);
        for (uint32_t i = 0; i < n; i++)
            campaigns[i] = (struct join_campaign){str_of(WORDS[random_below(&seed, COUNT_OF(WORDS))]),
                                                  str_of(WORDS[random_below(&seed, COUNT_OF(WORDS))]),
                                                  str_of(PLATFORMS[random_below(&seed, COUNT_OF(PLATFORMS))])};
        for (size_t i = 0; i < COUNT_OF(said) && n; i++) { /* (dim, value) is unique, and not empty */
            struct join_said one = {DIMS[random_below(&seed, COUNT_OF(DIMS))],
                                    str_of(WORDS[1 + random_below(&seed, COUNT_OF(WORDS) - 1)]),
                                    random_below(&seed, 4) ? (uint32_t)random_below(&seed, n) : JOIN_NONE};
            bool fresh = true;
            for (uint32_t k = 0; k < n_said; k++)
                fresh = fresh && !(said[k].dim == one.dim && same(said[k].value, one.value));
            if (fresh) said[n_said++] = one;
        }
        const struct snapshot *snapshot = facts_snapshot(place.facts);
        uint32_t *got = ARENA_ARRAY(&place.arena, uint32_t, snapshot->n_touches);
        ASSERT_OK(campaign_join(snapshot, campaigns, n, said, n_said, &place.arena, got, &err));
        for (uint32_t t = 0; t < snapshot->n_touches; t++) {
            uint32_t wanted = plainly(snapshot, &snapshot->touches[t], campaigns, n, said, n_said);
            if (got[t] != wanted) fail_msg("round %d, touch %u: %d, not %d", round, t, (int)got[t], (int)wanted);
        }
        place_close(&place, snapshot);
    }
}

/* ---- ads ---- */

static void test_ads(void **state)
{
    static const char *const TOUCHES[][5] = {{"google", "c", "", "fox 15s", ""},  {"google", "c", "", "", "1780"},
                                             {"google", "c", "", "1781", "1780"}, {"google", "c", "", "twin", ""},
                                             {"google", "d", "", "fox 15s", ""},  {"google", "c", "", "", ""}};
    static const struct join_campaign ADS[] = {{STR_INIT("1780"), STR_INIT("Fox 15s"), STR_INIT("")},
                                               {STR_INIT("1781"), STR_INIT("twin"), STR_INIT("")},
                                               {STR_INIT("1782"), STR_INIT("twin"), STR_INIT("")}};
    static const uint32_t WANTED[] = {0, 0, 0, JOIN_NONE, JOIN_NONE, JOIN_NONE};
    static const struct join_campaign CAMPAIGN[] = {{STR_INIT("c"), STR_INIT(""), STR_INIT("")},
                                                    {STR_INIT("d"), STR_INIT(""), STR_INIT("")}};
    struct place place;
    struct err err = {0};
    uint32_t touch[COUNT_OF(TOUCHES)];

    (void)state;
    place_open(&place);
    for (size_t i = 0; i < COUNT_OF(TOUCHES); i++) touch[i] = add_event(place.facts, TOUCHES[i], 0);
    facts_write_end(place.facts);
    const struct snapshot *snapshot = facts_snapshot(place.facts);
    uint32_t *campaign = ARENA_ARRAY(&place.arena, uint32_t, snapshot->n_touches);
    uint32_t *got = ARENA_ARRAY(&place.arena, uint32_t, snapshot->n_touches);
    ASSERT_OK(campaign_join(snapshot, CAMPAIGN, 2, NULL, 0, &place.arena, campaign, &err));
    ASSERT_OK(ad_join(snapshot, ADS, COUNT_OF(ADS), campaign, 0, &place.arena, got, &err));
    for (size_t i = 0; i < COUNT_OF(TOUCHES); i++) assert_int_equal(got[touch[i]], WANTED[i]);
    place_close(&place, snapshot);
}

/* ---- amounts ---- */

static void test_events(void **state)
{
    static const char *const A[5] = {"a", "", "", "", ""}, *const B[5] = {"b", "", "", "", ""};
    struct place place;
    uint64_t events[8] = {0};

    (void)state;
    place_open(&place);
    uint32_t a = add_event(place.facts, A, 10), b = add_event(place.facts, B, 20);
    add_event(place.facts, A, 30);
    add_event(place.facts, A, 40);
    facts_write_end(place.facts);
    const struct snapshot *snapshot = facts_snapshot(place.facts);
    assert_true(snapshot->n_touches <= COUNT_OF(events));
    touch_events(snapshot, (struct range){10, 40}, events);
    assert_int_equal(events[a], 2);
    assert_int_equal(events[b], 1);
    place_close(&place, snapshot);
}

static void test_split(void **state)
{
    struct arena arena;
    struct err err = {0};
    uint64_t seed = 11;
    int64_t part[64];

    (void)state;
    arena_init(&arena, ROOM);
    ASSERT_OK(split_amount(100, (const uint64_t[]){1, 1, 1}, 3, &arena, part, &err));
    assert_true(part[0] == 34 && part[1] == 33 && part[2] == 33);                     /* among equals the earlier */
    ASSERT_OK(split_amount(101, (const uint64_t[]){1, 0, 5}, 3, &arena, part, &err)); /* 16.83, 0, 84.17 */
    assert_true(part[0] == 17 && part[1] == 0 && part[2] == 84);
    for (int round = 0; round < 3000; round++) {
        uint32_t n = 1 + (uint32_t)random_below(&seed, COUNT_OF(part));
        int64_t amount = (int64_t)random_below(&seed, round % 3 ? 1000 : INT64_MAX), sum = 0;
        uint64_t weight[COUNT_OF(part)], total = 0;
        for (uint32_t i = 0; i < n; i++) total += weight[i] = random_below(&seed, 50);
        if (total == 0) total = weight[0] = 1;
        ASSERT_OK(split_amount(amount, weight, n, &arena, part, &err));
        for (uint32_t i = 0; i < n; i++) {
            double due = (double)amount * (double)weight[i] / (double)total, slack = 1 + due * 1e-15;
            if (!((double)part[i] > due - slack && (double)part[i] < due + slack)) fail_msg("part %u of %u", i, n);
            if (weight[i] == 0) assert_true(part[i] == 0);
            sum += part[i];
        }
        ASSERT_I64(sum, amount);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand), cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_ads), cmocka_unit_test(test_events),
                                       cmocka_unit_test(test_split)};
    hash_start();
    return cmocka_run_group_tests_name("measure/campaign_join", tests, NULL, NULL);
}
