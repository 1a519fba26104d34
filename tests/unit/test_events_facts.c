/* Tests of events/facts.h: identity, order and touches against a naive model that looks at every event anew. */
#include "helpers.h"

#include "base/hash.h"
#include "events/rules.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- by hand ---- */

static void add(struct facts *facts, char kind, const char *who, const char *name, const char *source, int64_t at_ms,
                uint64_t raw)
{
    struct tuple tuple = {.dim[TOUCH_SOURCE] = str_of(source)};
    struct fact fact = {
        .alias = facts_alias(facts, kind, str_of(who)),
        .name = facts_name(facts, str_of(name)),
        .touch = facts_touch(facts, &tuple),
        .at_ms = at_ms,
        .amount_minor = (int64_t)raw * 10,
        .raw = raw,
    };
    facts_add(facts, &fact);
}

static void test_nothing(void **state)
{
    struct facts *facts = facts_new();
    const struct snapshot *snap = facts_snapshot(facts);
    (void)state;

    assert_int_equal(snap->n_persons, 0);
    assert_int_equal(snap->n_events, 0);
    ASSERT_I64(snap->first_ms, 0);
    ASSERT_I64(snap->last_ms, -1);
    assert_int_equal(snapshot_find_person(snap, STR("u:1")), DICT_NONE);
    assert_int_equal(snapshot_find_name(snap, STR("x")), DICT_NONE);
    assert_ptr_equal(facts_snapshot(facts), snap); /* nothing has changed: the same */
    snapshot_close(snap);
    snapshot_close(snap);
    snapshot_close(NULL);
    facts_close(facts);
    facts_close(NULL);
}

static void test_order_and_ties(void **state)
{
    struct facts *facts = facts_new();
    (void)state;

    facts_write_begin(facts);
    add(facts, ALIAS_USER, "1", "late", "", 300, 0);
    add(facts, ALIAS_USER, "2", "other", "", 50, 1);
    add(facts, ALIAS_USER, "1", "tie", "", 200, 2);
    add(facts, ALIAS_USER, "1", "tie", "", 200, 3);
    add(facts, ALIAS_USER, "1", "early", "", -100, 4);
    add(facts, ALIAS_USER, "1", "tie", "", 200, 5);
    facts_write_end(facts);
    const struct snapshot *snap = facts_snapshot(facts);
    static const uint64_t wanted[] = {4, 2, 3, 5, 0, 1};
    assert_int_equal(snap->n_persons, 2);
    assert_int_equal(snap->n_events, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_int_equal(snap->raw[i], wanted[i]);
        ASSERT_I64(snap->amount_minor[i], (int64_t)wanted[i] * 10);
    }
    assert_int_equal(snapshot_rows(snap, 0).end, 5);
    ASSERT_I64(snap->first_ms, -100);
    ASSERT_I64(snap->last_ms, 300);
    ASSERT_STR(snapshot_name(snap, snap->name[0]), "early");
    assert_int_equal(snapshot_find_name(snap, STR("tie")), snap->name[1]);
    snapshot_close(snap);
    facts_close(facts);
}

static void test_a_merge_takes_the_whole_history(void **state)
{
    struct facts *facts = facts_new();
    uint32_t aliases[4];
    (void)state;

    facts_write_begin(facts);
    add(facts, ALIAS_ANONYMOUS, "x", "before", "", 1, 0);
    add(facts, ALIAS_USER, "42", "after", "", 2, 1);
    facts_write_end(facts);
    const struct snapshot *apart = facts_snapshot(facts);
    facts_write_begin(facts);
    facts_same_person(facts, facts_alias(facts, ALIAS_USER, STR("42")), facts_alias(facts, ALIAS_ANONYMOUS, STR("x")));
    facts_alias(facts, ALIAS_USER, STR("without events"));
    facts_write_end(facts);
    const struct snapshot *one = facts_snapshot(facts);

    assert_int_equal(apart->n_persons, 2); /* the older one has not changed */
    assert_int_equal(snapshot_rows(apart, 0).end, 1);
    assert_int_not_equal(snapshot_find_person(apart, STR("a:x")), snapshot_find_person(apart, STR("u:42")));
    assert_true(one->version > apart->version);
    assert_int_equal(one->n_persons, 1);
    ASSERT_STR(snapshot_alias(one, snapshot_person_alias(one, 0)), "u:42"); /* shown under the user */
    assert_int_equal(snapshot_find_person(one, STR("a:x")), 0);
    assert_int_equal(snapshot_find_person(one, STR("x")), 0); /* the bare value */
    assert_int_equal(snapshot_find_person(one, STR("42")), 0);
    assert_int_equal(snapshot_find_person(one, STR("u:x")), DICT_NONE);
    assert_int_equal(snapshot_find_person(one, STR("without events")), DICT_NONE);
    assert_int_equal(snapshot_find_person(one, STR("")), DICT_NONE);
    assert_int_equal(snapshot_aliases(one, 0, aliases, 4), 2);
    assert_int_equal(snapshot_aliases(one, 0, aliases, 1), 1);
    snapshot_close(apart);
    facts_close(facts); /* a snapshot outlives the facts */
    ASSERT_STR(snapshot_alias(one, snapshot_person_alias(one, 0)), "u:42");
    assert_int_equal(snapshot_find_person(one, STR("a:x")), 0);
    snapshot_close(one);
}

static void test_what_a_person_is_shown_under(void **state)
{
    static const char kinds[] = {ALIAS_ANONYMOUS, ALIAS_TELEGRAM, ALIAS_CLIENT, ALIAS_USER}; /* each better */
    struct facts *facts = facts_new();
    (void)state;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char wanted[] = {kinds[i], ':', '1', '\0'};
        facts_write_begin(facts);
        add(facts, kinds[i], "1", "x", "", (int64_t)i, i);
        facts_same_person(facts, facts_alias(facts, ALIAS_ANONYMOUS, STR("1")), facts_alias(facts, kinds[i], STR("1")));
        facts_write_end(facts);
        const struct snapshot *snap = facts_snapshot(facts);
        assert_int_equal(snap->n_persons, 1);
        ASSERT_STR(snapshot_alias(snap, snapshot_person_alias(snap, 0)), wanted);
        snapshot_close(snap);
    }
    facts_close(facts);
}

/* ---- touches ---- */

static void test_touches(void **state)
{
    struct facts *facts = facts_new();
    struct tuple tuple = {0};
    uint32_t id[8];
    (void)state;

    facts_write_begin(facts);
    id[0] = facts_touch(facts, &tuple);
    tuple.dim[TOUCH_PLATFORM] = STR("nobody asks"); /* not part of the identity */
    assert_int_equal(facts_touch(facts, &tuple), id[0]);
    tuple.whole = true;
    id[1] = facts_touch(facts, &tuple);
    tuple = (struct tuple){.dim[TOUCH_SOURCE] = STR("a")};
    id[2] = facts_touch(facts, &tuple);
    assert_int_equal(facts_touch(facts, &tuple), id[2]);
    tuple = (struct tuple){.dim[TOUCH_MEDIUM] = STR("a")}; /* the same text elsewhere is another tuple */
    id[3] = facts_touch(facts, &tuple);
    tuple.dim[TOUCH_SOURCE] = STR("(Direct)");
    id[4] = facts_touch(facts, &tuple);
    facts_write_end(facts);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) assert_int_not_equal(id[i], id[k]);
    const struct snapshot *snap = facts_snapshot(facts);
    assert_int_equal(snap->n_touches, 5);
    assert_true(snap->touches[id[0]].empty && snap->touches[id[0]].direct);
    assert_true(!snap->touches[id[1]].empty && snap->touches[id[1]].direct); /* the CRM knows that there is nothing */
    assert_true(!snap->touches[id[2]].empty && !snap->touches[id[2]].direct);
    assert_true(!snap->touches[id[4]].empty && snap->touches[id[4]].direct);
    ASSERT_STR(snapshot_value(snap, snap->touches[id[2]].dim[TOUCH_SOURCE]), "a");
    ASSERT_STR(snapshot_value(snap, snap->touches[id[3]].dim[TOUCH_SOURCE]), "");
    ASSERT_STR(snapshot_value(snap, snap->touches[id[3]].dim[TOUCH_PLATFORM]), "unknown");
    snapshot_close(snap);
    facts_close(facts);
}

static void test_other_rules_decide_anew(void **state)
{
    struct rules *builtin = rules_builtin();
    struct err err = {0};
    struct rules *own = rules_parse(STR("{\"rules\":[{\"fields\":[\"source\"],\"op\":\"contains\",\"values\":[\"b\"],"
                                        "\"platform\":\"bees\",\"paid\":true}]}"),
                                    &err);
    struct facts *facts = facts_new();
    struct tuple tuple = {.dim = {[TOUCH_SOURCE] = STR_INIT("FB"), [TOUCH_CAMPAIGN_ID] = STR_INIT("7")}};
    (void)state;

    assert_non_null(own);
    facts_write_begin(facts);
    facts_set_rules(facts, rules_platform, builtin);
    uint32_t id = facts_touch(facts, &tuple);
    facts_write_end(facts);
    const struct snapshot *before = facts_snapshot(facts);
    facts_write_begin(facts);
    facts_set_rules(facts, rules_platform, own);
    assert_int_equal(facts_touch(facts, &tuple), id);
    facts_write_end(facts);
    const struct snapshot *after = facts_snapshot(facts);
    rules_free(builtin);
    ASSERT_STR(snapshot_value(before, before->touches[id].dim[TOUCH_PLATFORM]), "facebook");
    assert_true(before->touches[id].paid);
    ASSERT_STR(snapshot_value(after, after->touches[id].dim[TOUCH_PLATFORM]), "bees");
    assert_true(after->touches[id].paid);
    ASSERT_STR(snapshot_value(after, after->touches[id].dim[TOUCH_SOURCE]), "FB");
    snapshot_close(before);
    snapshot_close(after);
    facts_close(facts);
    rules_free(own);
}

static void test_names_of_dimensions(void **state)
{
    enum touch_dim dim;
    (void)state;

    for (int d = 0; d < TOUCH_DIM_COUNT; d++) {
        assert_true(touch_dim_find(str_of(touch_dim_name((enum touch_dim)d)), &dim));
        assert_int_equal(dim, d);
    }
    assert_false(touch_dim_find(STR("Platform"), &dim));
    assert_false(touch_dim_find(STR(""), &dim));
}

/* ---- random histories against a naive model ---- */

#define ALIASES 60
#define STEPS_MAX 600

struct model {
    int group[ALIASES]; /* equal: one person */
    struct {
        int alias;
        int64_t at_ms;
        bool is_event;
    } step[STEPS_MAX];
    uint64_t n;
};

static void model_merge(struct model *model, int a, int b)
{
    int from = model->group[a], to = model->group[b];
    for (int i = 0; i < ALIASES; i++)
        if (model->group[i] == from) model->group[i] = to;
}

static uint32_t alias_of(struct facts *facts, int i)
{
    char text[8];
    snprintf(text, sizeof text, "%d", i);
    return facts_alias(facts, "uact"[i % 4], str_of(text));
}

/* Is step a before step b in the person's history? */
static bool comes_before(const struct model *model, uint64_t a, uint64_t b)
{
    if (model->step[a].at_ms != model->step[b].at_ms) return model->step[a].at_ms < model->step[b].at_ms;
    return a < b;
}

/* The rows of a person must be its events and no others, in order. False: nobody stands there. */
static bool check_person(const struct model *model, const struct snapshot *snap, uint32_t p)
{
    uint64_t from = snapshot_rows(snap, p).begin, to = snapshot_rows(snap, p).end, events = 0;
    if (from == to) return false;
    int group = model->group[model->step[snap->raw[from]].alias];
    for (uint64_t r = from; r < to; r++) {
        uint64_t step = snap->raw[r];
        assert_int_equal(model->group[model->step[step].alias], group);
        ASSERT_I64(snap->at_ms[r], model->step[step].at_ms);
        ASSERT_I64(snap->amount_minor[r], (int64_t)step * 3);
        if (r > from) assert_true(comes_before(model, snap->raw[r - 1], step));
    }
    for (uint64_t i = 0; i < model->n; i++)
        events += model->step[i].is_event && model->group[model->step[i].alias] == group;
    assert_int_equal(to - from, events);
    return true;
}

static void check_against_model(const struct model *model, const struct snapshot *snap)
{
    bool has_events[ALIASES] = {0};
    uint32_t persons = 0;
    uint64_t events = 0;

    for (uint64_t i = 0; i < model->n; i++) {
        if (!model->step[i].is_event) continue;
        events++;
        persons += !has_events[model->group[model->step[i].alias]];
        has_events[model->group[model->step[i].alias]] = true;
    }
    assert_int_equal(snap->n_events, events);
    assert_int_equal(snap->n_persons, persons);
    for (uint32_t p = 0; p < snap->n_places; p++) persons -= check_person(model, snap, p);
    assert_int_equal(persons, 0);
    for (int a = 0; a < ALIASES; a++) {
        char key[16];
        snprintf(key, sizeof key, "%c:%d", "uact"[a % 4], a);
        uint32_t p = snapshot_find_person(snap, str_of(key));
        if (p == DICT_NONE) {
            assert_false(has_events[model->group[a]]);
        } else {
            assert_int_equal(model->group[model->step[snap->raw[snapshot_rows(snap, p).begin]].alias], model->group[a]);
        }
    }
}

static void random_step(struct facts *facts, struct model *model, uint64_t *seed)
{
    int a = (int)random_below(seed, ALIASES), b = (int)random_below(seed, ALIASES);
    uint32_t alias = alias_of(facts, a);
    uint64_t step = model->n++;

    model->step[step].alias = a;
    if (random_below(seed, 10) == 0) {
        facts_same_person(facts, alias, alias_of(facts, b));
        model_merge(model, a, b);
        return;
    }
    struct tuple tuple = {0};
    struct fact fact = {.alias = alias,
                        .name = facts_name(facts, STR("x")),
                        .touch = facts_touch(facts, &tuple),
                        .at_ms = (int64_t)random_below(seed, 50), /* many ties, in no order */
                        .amount_minor = (int64_t)step * 3,
                        .raw = step};
    facts_add(facts, &fact);
    model->step[step].at_ms = fact.at_ms;
    model->step[step].is_event = true;
}

/* A fold under way, as the pipeline does it: cut, write, install; or give up. */
struct fold {
    char folder[FOLDER_MAX], path[FOLDER_MAX + 8];
    struct facts_cut *cut;
};

static struct bundle *write_cut(const struct fold *fold)
{
    struct bundle_writer out;
    struct err err = {0};

    ASSERT_OK(bundle_create(&out, fold->path, 1, &err));
    facts_cut_write(fold->cut, &out);
    ASSERT_OK(bundle_commit(&out, &err));
    struct bundle *bundle = bundle_open(fold->path, 1, &err);
    if (!bundle) fail_msg("%s", err.text);
    return bundle;
}

/* Facts may go on as others, read from the file. */
static struct facts *fold_on(struct facts *facts, struct fold *fold, uint64_t *seed)
{
    struct err err = {0};

    if (!fold->cut) {
        if (random_below(seed, 3) == 0) fold->cut = facts_cut(facts);
        return facts;
    }
    if (random_below(seed, 5) != 0) {
        struct bundle *bundle = write_cut(fold);
        ASSERT_OK(facts_install(facts, fold->cut, bundle, &err));
        bundle_release(bundle);
    }
    facts_cut_free(facts, fold->cut);
    fold->cut = NULL;
    if (random_below(seed, 3) != 0) return facts;
    fold->cut = facts_cut(facts);
    struct bundle *bundle = write_cut(fold);
    struct facts *again = facts_of_bundle(bundle, facts_key(facts), &err);
    if (!again) fail_msg("%s", err.text);
    bundle_release(bundle);
    facts_cut_free(facts, fold->cut);
    fold->cut = NULL;
    facts_close(facts);
    return again;
}

static void test_random_histories(void **state)
{
    uint64_t seed = 17;
    struct fold fold = {0};
    (void)state;

    folder_make(fold.folder);
    snprintf(fold.path, sizeof fold.path, "%s/facts", fold.folder);
    for (int round = 0; round < 60; round++) {
        struct facts *facts = facts_new();
        struct model *model = mem_new(sizeof *model), *old_model = mem_new(sizeof *model);
        const struct snapshot *old = NULL;
        for (int a = 0; a < ALIASES; a++) model->group[a] = a;
        while (model->n < STEPS_MAX - 60) {
            facts_write_begin(facts);
            for (uint64_t k = random_below(&seed, 60); k > 0; k--) random_step(facts, model, &seed);
            facts_write_end(facts);
            const struct snapshot *snap = facts_snapshot(facts);
            check_against_model(model, snap);
            if (old) check_against_model(old_model, old); /* what was handed out does not change */
            snapshot_close(old);
            old = snap;
            memcpy(old_model, model, sizeof *model);
            if (round % 3) facts = fold_on(facts, &fold, &seed);
        }
        snapshot_close(old);
        facts_cut_free(facts, fold.cut);
        fold.cut = NULL;
        facts_close(facts);
        free(model);
        free(old_model);
    }
    folder_remove(fold.folder);
}

/* More rows than a chunk holds. */
static void test_many_rows(void **state)
{
    enum { ROWS = 150000, PERSONS = 5000 };
    struct facts *facts = facts_new();
    uint64_t seed = 4, wrong = 0;
    (void)state;

    facts_write_begin(facts);
    for (uint64_t i = 0; i < ROWS; i++) {
        char who[16];
        snprintf(who, sizeof who, "%d", (int)random_below(&seed, PERSONS));
        add(facts, ALIAS_USER, who, "x", "", (int64_t)random_below(&seed, 1000), i);
    }
    facts_write_end(facts);
    const struct snapshot *snap = facts_snapshot(facts);
    assert_int_equal(snap->n_events, ROWS);
    assert_int_equal(snap->n_persons, PERSONS);
    bool *there = mem_new(ROWS);
    for (uint32_t p = 0; p < snap->n_places; p++) {
        for (uint64_t r = snapshot_rows(snap, p).begin; r < snapshot_rows(snap, p).end; r++) {
            wrong += there[snap->raw[r]];
            there[snap->raw[r]] = true;
            if (r == snapshot_rows(snap, p).begin) continue;
            wrong += snap->at_ms[r] < snap->at_ms[r - 1];
            wrong += snap->at_ms[r] == snap->at_ms[r - 1] && snap->raw[r] < snap->raw[r - 1];
        }
    }
    assert_int_equal(wrong, 0);
    free(there);
    snapshot_close(snap);
    facts_close(facts);
}

/* ---- a reader beside the writer ---- */

struct reading {
    struct facts *facts;
    _Atomic bool stop;
    _Atomic uint64_t wrong, snapshots;
};

/* The writer adds events in pairs of one person: a reader must see both or none. */
static void *read_on(void *context)
{
    struct reading *reading = context;

    while (!atomic_load(&reading->stop)) {
        const struct snapshot *snap = facts_snapshot(reading->facts);
        uint64_t sum = 0;
        for (uint32_t p = 0; p < snap->n_places; p++) {
            struct rows rows = snapshot_rows(snap, p);
            if ((rows.end - rows.begin) % 2) atomic_fetch_add(&reading->wrong, 1);
            for (uint64_t row = rows.begin; row < rows.end; row++) sum += snap->raw[row];
        }
        if (sum != snap->n_events * (snap->n_events - 1) / 2 && snap->n_events) atomic_fetch_add(&reading->wrong, 1);
        if (snap->n_names && !str_eq(snapshot_name(snap, 0), STR("pair"))) atomic_fetch_add(&reading->wrong, 1);
        snapshot_close(snap);
        atomic_fetch_add(&reading->snapshots, 1);
    }
    return NULL;
}

static void test_readers_beside_the_writer(void **state)
{
    struct reading reading = {.facts = facts_new()};
    pthread_t thread[2];
    uint64_t seed = 5;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(thread); i++) pthread_create(&thread[i], NULL, read_on, &reading);
    for (uint64_t i = 0; i < 4000 || atomic_load(&reading.snapshots) < 20; i++) {
        char who[16];
        snprintf(who, sizeof who, "%d", (int)random_below(&seed, 200));
        facts_write_begin(reading.facts);
        add(reading.facts, ALIAS_USER, who, "pair", "", (int64_t)random_below(&seed, 100), 2 * i);
        add(reading.facts, ALIAS_USER, who, "pair", who, (int64_t)random_below(&seed, 100), 2 * i + 1);
        facts_write_end(reading.facts);
    }
    atomic_store(&reading.stop, true);
    for (size_t i = 0; i < COUNT_OF(thread); i++) pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load(&reading.wrong), 0);
    facts_close(reading.facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_order_and_ties),
        cmocka_unit_test(test_a_merge_takes_the_whole_history),
        cmocka_unit_test(test_what_a_person_is_shown_under),
        cmocka_unit_test(test_touches),
        cmocka_unit_test(test_other_rules_decide_anew),
        cmocka_unit_test(test_names_of_dimensions),
        cmocka_unit_test(test_random_histories),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_readers_beside_the_writer),
    };
    hash_start();
    return cmocka_run_group_tests_name("events/facts", tests, NULL, NULL);
}
