/* Any text as a segment's definition: what is taken writes out as a definition that says the same, and can be looked
 * up and evaluated; one negation more is everybody else. */
#include "fuzz.h"

#include "base/hash.h"
#include "base/time.h"
#include "report/segment_rule.h"

static struct facts *facts;

static void add_events(void)
{
    static const char *const SOURCES[] = {"facebook", "google", "", "direct"}, *const NAMES[] = {"A", "Bought"};

    facts_write_begin(facts);
    for (uint32_t i = 0; i < 24; i++) {
        struct tuple tuple = {.dim[TOUCH_SOURCE] = str_of(SOURCES[i % 4])};
        char user[2] = {(char)('a' + i % 5), 0};
        struct fact fact = {.alias = facts_alias(facts, ALIAS_USER, str_of(user)),
                            .name = facts_name(facts, str_of(NAMES[i % 2])),
                            .touch = facts_touch(facts, &tuple),
                            .at_ms = INT64_C(1739347200000) + i * TIME_DAY_MS};
        facts_add(facts, &fact);
    }
    facts_write_end(facts);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err err;

    (void)argc;
    (void)argv;
    hash_start();
    CHECK(time_zone_set("Europe/Kyiv", &err));
    facts = facts_new();
    add_events();
    return 0;
}

static void write_rule(const struct segment_rule *rule, struct buf *out)
{
    struct json_out json = json_to(out);

    segment_rule_write(rule, &json);
    CHECK(!out->full);
}

static uint32_t persons_of(const struct segment_rule *rule, bool negated, const struct snapshot *snapshot,
                           struct arena *arena)
{
    struct segment_condition root;
    struct segment_size size;
    struct err err;
    uint64_t hidden[1];

    CHECK(snapshot->n_places <= 64);
    CHECK(segment_rule_resolve(rule, snapshot, INT64_C(1741000000000), arena, &root, &err));
    root.negated = negated;
    CHECK(segment_evaluate(snapshot, &root, arena, hidden, &size, &err));
    return size.persons;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct snapshot *snapshot = facts_snapshot(facts);
    struct err err = {0};
    struct arena arena;
    struct segment_rule rule, back;
    struct buf text, again;

    arena_init(&arena, (size_t)64 << 20);
    buf_init(&text, (size_t)4 << 20);
    buf_init(&again, (size_t)4 << 20);
    const struct json *json = json_parse((Str){(const char *)data, n}, &arena, &err);
    if (!json) goto done;
    if (!segment_rule_read(json, &arena, &rule, &err)) {
        CHECK(err.code == ERR_INVALID && err.text[0] && str_starts(str_of(err.field), STR("definition")));
        goto done;
    }
    write_rule(&rule, &text);
    json = json_parse(buf_str(&text), &arena, &err);
    CHECK(json && segment_rule_read(json, &arena, &back, &err));
    write_rule(&back, &again);
    CHECK(str_eq(buf_str(&text), buf_str(&again)));
    uint32_t inside = persons_of(&rule, false, snapshot, &arena);
    CHECK(inside == persons_of(&back, false, snapshot, &arena));
    CHECK(inside + persons_of(&rule, true, snapshot, &arena) == snapshot->n_persons);
done:
    buf_reset(&text);
    buf_reset(&again);
    arena_free(&arena);
    snapshot_close(snapshot);
    return 0;
}
