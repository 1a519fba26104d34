/* Tests of measure/flows.h: diagrams by hand, boundaries, a slow oracle with invariants W1 to W5. */
#include "helpers.h"

#include "attribution_oracle.h"
#include "base/parallel.h"
#include "measure/flows.h"

#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define SLOTS_MAX FLOWS_SLOTS(FLOWS_LIMIT_MAX)

enum { X, P, Q, R, NAMES };
enum { A, B, NONE, TOUCHES };

/* An answer, with its own question beside it. */
struct diagram {
    struct flows_query query;
    struct flows_node nodes[(FLOWS_DEPTH_MAX + 1) * SLOTS_MAX];
    struct flows_link links[FLOWS_DEPTH_MAX * SLOTS_MAX * SLOTS_MAX];
};

struct fixture {
    struct builder builder;
    struct arena arena;
    struct diagram got, wanted;
};

BUILDER_FIXTURE(struct fixture)

/* From each X, no limits. */
static struct flows_query ask(uint32_t depth, uint32_t limit)
{
    return (struct flows_query){
        .anchor = X, .depth = depth, .limit = limit, .window_ms = INT64_MAX, .range = RANGE_ALL};
}

/* A person's events, a letter each, a minute apart; a blank is two hours. */
static void add_history(struct fixture *f, uint32_t person, const char *letters)
{
    int64_t at_ms = 0;

    for (; *letters; letters++) {
        at_ms += *letters == ' ' ? 120 * MINUTE_MS : MINUTE_MS;
        if (*letters == ' ') continue;
        builder_event(&f->builder, person, at_ms, (uint32_t)(strchr("xpqr", *letters) - "xpqr"), NONE, 0);
    }
}

static void count(struct fixture *f, uint32_t n_persons, struct flows_query query)
{
    const struct snapshot *snapshot = builder_done(&f->builder, n_persons, NAMES);
    struct err err = {0};

    memset(&f->got, 0xFF, sizeof f->got);
    f->got.query = query;
    ASSERT_OK(flows_count(snapshot, &query, &f->arena, f->got.nodes, f->got.links, &err));
}

static char letter_of(const struct diagram *diagram, size_t level, size_t slot)
{
    size_t limit = diagram->query.limit;

    if (slot == FLOWS_END(limit)) return '.';
    if (slot == FLOWS_OTHER(limit)) return '*';
    uint32_t name = diagram->nodes[level * FLOWS_SLOTS(limit) + slot].name;
    return name < NAMES ? "xpqr"[name] : '?';
}

/* Compare the nodes and links with a text: each level's nodes as letter, walks (and /persons where they differ), then
 * the links to the next level. "." is the end, "*" all others. */
static void assert_diagram(const struct fixture *f, const char *wanted)
{
    const struct diagram *d = &f->got;
    const size_t slots = FLOWS_SLOTS(d->query.limit);
    struct buf text;

    buf_init(&text, 4096);
    for (size_t level = 0; level <= d->query.depth; level++) {
        if (level > 0) buf_printf(&text, " |");
        for (size_t slot = 0; slot < slots; slot++) {
            const struct flows_node *node = &d->nodes[level * slots + slot];
            if (node->walks == 0) continue;
            buf_printf(&text, " %c%d", letter_of(d, level, slot), (int)node->walks);
            if (node->persons != node->walks) buf_printf(&text, "/%d", (int)node->persons);
        }
        for (size_t i = 0; level < d->query.depth && i < slots * slots; i++) {
            const struct flows_link *link = &d->links[level * slots * slots + i];
            if (link->walks == 0) continue;
            buf_printf(&text, " %c>%c=%d", letter_of(d, level, i / slots), letter_of(d, level + 1, i % slots),
                       (int)link->walks);
            if (link->persons != link->walks) buf_printf(&text, "/%d", (int)link->persons);
        }
    }
    buf_add_char(&text, '\0');
    assert_string_equal(text.p + 1, wanted);
    buf_reset(&text);
}

/* ---- by hand ---- */

static void test_from(void **state)
{
    struct fixture *f = *state;

    add_history(f, 0, "pxpq");
    add_history(f, 1, "xpr");
    add_history(f, 2, "rx");
    add_history(f, 3, "xqqqp");
    add_history(f, 4, "ppp"); /* no anchor */
    count(f, 5, ask(2, 3));
    assert_diagram(f, "x4 x>p=2 x>q=1 x>.=1 | p2 q1 .1 p>q=1 p>r=1 q>q=1 | q2 r1");
    count(f, 5, ask(2, 1));
    assert_diagram(f, "x4 x>p=2 x>*=1 x>.=1 | p2 *1 .1 p>q=1 p>*=1 *>q=1 | q2 *1");
    count(f, 5, ask(1, 3));
    assert_diagram(f, "x4 x>p=2 x>q=1 x>.=1 | p2 q1 .1");
}

static void test_to(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(2, 3);

    add_history(f, 0, "qpxp");
    add_history(f, 1, "px");
    add_history(f, 2, "x");
    query.backwards = true;
    count(f, 3, query);
    assert_diagram(f, "x3 x>p=2 x>.=1 | p2 .1 p>q=1 p>.=1 | q1 .1");
}

/* Each anchor begins a walk, also in the walk of another; or only a person's first in the range. */
static void test_occurrences(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(2, 3);

    add_history(f, 0, "xxpx");
    count(f, 1, query);
    assert_diagram(f, "x3/1 x>x=1 x>p=1 x>.=1 | x1 p1 .1 x>p=1 p>x=1 | x1 p1");
    query.first_only = true;
    count(f, 1, query);
    assert_diagram(f, "x1 x>x=1 | x1 x>p=1 | p1");
    query.range.from_ms = 2 * MINUTE_MS; /* the second; its steps may lie outside */
    query.range.to_ms = 2 * MINUTE_MS + 1;
    count(f, 1, query);
    assert_diagram(f, "x1 x>p=1 | p1 p>x=1 | x1");
    query.range = (struct range){3 * MINUTE_MS, 4 * MINUTE_MS};
    count(f, 1, query);
    assert_diagram(f, "| |");
}

static void test_collapse(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(2, 3);

    add_history(f, 0, "ppxxxqqpp");
    query.collapse = true;
    count(f, 1, query);
    assert_diagram(f, "x1 x>q=1 | q1 q>p=1 | p1");
    query.backwards = true;
    count(f, 1, query);
    assert_diagram(f, "x1 x>p=1 | p1 p>.=1 | .1");
    /* the run's first event, at 3, is its anchor then */
    query.range.from_ms = 4 * MINUTE_MS;
    count(f, 1, query);
    assert_diagram(f, "| |");
    query.backwards = false;
    count(f, 1, query);
    assert_diagram(f, "x1 x>q=1 | q1 q>p=1 | p1");
}

static void test_window_holds_both_ends(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(3, 3);

    add_history(f, 0, "pqxqp");
    query.window_ms = MINUTE_MS;
    count(f, 1, query);
    assert_diagram(f, "x1 x>q=1 | q1 q>.=1 | .1 |");
    query.window_ms = MINUTE_MS - 1;
    count(f, 1, query);
    assert_diagram(f, "x1 x>.=1 | .1 | |");
    query.window_ms = 2 * MINUTE_MS;
    query.backwards = true;
    count(f, 1, query);
    assert_diagram(f, "x1 x>q=1 | q1 q>p=1 | p1 p>.=1 | .1");
}

static void test_sessions(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(2, 3);

    add_history(f, 0, "p xpq");
    add_history(f, 1, "qx p");
    query.in_session = true;
    count(f, 2, query);
    assert_diagram(f, "x2 x>p=1 x>.=1 | p1 .1 p>q=1 | q1");
    query.backwards = true;
    count(f, 2, query);
    assert_diagram(f, "x2 x>q=1 x>.=1 | q1 .1 q>.=1 | .1");
    query.in_session = false;
    count(f, 2, query);
    assert_diagram(f, "x2 x>p=1 x>q=1 | p1 q1 p>.=1 q>.=1 | .2");
}

/* A run of one name goes on past the border of a session only if walks do. */
static void test_collapse_within_sessions(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(1, 3);

    add_history(f, 0, "xx xp");
    query.collapse = true;
    count(f, 1, query);
    assert_diagram(f, "x1 x>p=1 | p1");
    query.in_session = true;
    count(f, 1, query);
    assert_diagram(f, "x2/1 x>p=1 x>.=1 | p1 .1");
}

static void test_touch_of_the_anchors_session(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(1, 3);

    builder_event(&f->builder, 0, 1, P, A, 0);
    builder_event(&f->builder, 0, 2, X, NONE, 0); /* of A */
    builder_event(&f->builder, 0, 3, X, B, 0);
    builder_event(&f->builder, 0, 4, Q, NONE, 0);
    query.touch_counts = (const bool[TOUCHES]){[A] = true};
    count(f, 1, query);
    assert_diagram(f, "x1 x>x=1 | x1");
    query.touch_counts = (const bool[TOUCHES]){[B] = true};
    query.first_only = true; /* the first that counts */
    count(f, 1, query);
    assert_diagram(f, "x1 x>q=1 | q1");
}

/* Of names that are as frequent the lower id has the node. */
static void test_ties_among_names(void **state)
{
    struct fixture *f = *state;

    add_history(f, 0, "xr");
    add_history(f, 1, "xq");
    add_history(f, 2, "xp");
    add_history(f, 3, "xr");
    count(f, 4, ask(1, 2));
    assert_diagram(f, "x4 x>r=2 x>p=1 x>*=1 | r2 p1 *1");
}

/* ---- boundaries ---- */

static void test_nothing_to_count(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(FLOWS_DEPTH_MAX, FLOWS_LIMIT_MAX);

    query.in_session = true;
    count(f, 0, query);
    assert_diagram(f, "| | | | | | | |");
    add_history(f, 1, "pq");
    count(f, 3, query);
    assert_int_equal(f->got.nodes[0].walks, 0);
    query.anchor = DICT_NONE;
    count(f, 3, query);
    assert_int_equal(f->got.nodes[0].walks, 0);
    for (size_t i = 0; i < COUNT_OF(f->got.links); i++) assert_int_equal(f->got.links[i].walks, 0);
}

static void test_time_at_its_ends(void **state)
{
    struct fixture *f = *state;
    struct flows_query query = ask(1, 1);

    builder_event(&f->builder, 0, INT64_MIN, X, A, 0);
    builder_event(&f->builder, 0, INT64_MAX, P, A, 0);
    count(f, 1, query);
    assert_diagram(f, "x1 x>p=1 | p1");
    query.window_ms = INT64_MAX - 1;
    count(f, 1, query);
    assert_diagram(f, "x1 x>.=1 | .1");
}

static void test_bad_questions_change_nothing(void **state)
{
    struct fixture *f = *state;
    const struct snapshot *snapshot = builder_done(&f->builder, 0, 0);
    const struct flows_query bad[] = {ask(0, 1), ask(FLOWS_DEPTH_MAX + 1, 1), ask(1, 0), ask(1, FLOWS_LIMIT_MAX + 1)};
    struct flows_query query = ask(1, 1);
    struct err err;

    f->got.nodes[0].walks = f->got.links[0].walks = 9;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ASSERT_FAILS(flows_count(snapshot, &bad[i], &f->arena, f->got.nodes, f->got.links, &err), ERR_INVALID);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ASSERT_FAILS(flows_mark(snapshot, &bad[i], &(struct flows_pick){0}, &f->arena, NULL, &err), ERR_INVALID);
    query.window_ms = 0;
    ASSERT_FAILS(flows_count(snapshot, &query, &f->arena, f->got.nodes, f->got.links, &err), ERR_INVALID);
    add_history(f, 0, "xp");
    snapshot = builder_done(&f->builder, 1, 10000000); /* names enough to fill the arena */
    query = ask(FLOWS_DEPTH_MAX, 1);
    ASSERT_FAILS(flows_count(snapshot, &query, &f->arena, f->got.nodes, f->got.links, &err), ERR_LIMIT);
    assert_int_equal(f->got.nodes[0].walks, 9);
    assert_int_equal(f->got.links[0].walks, 9);
}

/* Runs of any length: no walk may go through the same run again for each of its events. */
static void test_a_million_events_of_one_person(void **state)
{
    struct fixture *f = *state;
    enum { N = 1000000 };
    struct flows_query query = ask(FLOWS_DEPTH_MAX, 3);

    for (int64_t i = 0; i < N; i++) builder_event(&f->builder, 0, i, i < N / 2 ? X : P, NONE, 0);
    for (int kind = 0; kind < 8; kind++) {
        query.backwards = kind & 1;
        query.collapse = kind & 2;
        query.in_session = kind & 4;
        count(f, 1, query);
        assert_int_equal(f->got.nodes[0].walks, query.collapse ? 1 : N / 2);
        assert_int_equal(f->got.nodes[0].persons, 1);
    }
}

/* ---- the oracle: histories as lists of runs, walks as lists of runs ---- */

#define PERSONS 6
#define PERSON_EVENTS 24

struct run {
    uint32_t name, session;
    uint64_t first_row, last_row;
};

static size_t runs_of(const struct snapshot *s, const struct flows_query *query, uint32_t person, struct run *runs)
{
    uint64_t rows[PERSON_EVENTS];
    uint32_t session = 0;
    size_t n = 0;

    for (uint64_t row = snapshot_rows(s, person).begin; row < snapshot_rows(s, person).end; row++) {
        size_t i = (size_t)(row - snapshot_rows(s, person).begin);
        rows[i] = row;
        session += oracle_begins_session(s, rows, i) && query->in_session;
        if (query->collapse && n > 0 && runs[n - 1].name == s->name[row] && runs[n - 1].session == session) {
            runs[n - 1].last_row = row;
        } else {
            runs[n++] = (struct run){s->name[row], session, row, row};
        }
    }
    return n;
}

/* The names of the walk from runs[at]; how many, or -1 if none begins there. */
static int slow_walk(const struct snapshot *s, const struct flows_query *query, uint32_t person, const struct run *runs,
                     size_t n, size_t at, uint32_t *names)
{
    uint64_t anchor = query->backwards ? runs[at].first_row : runs[at].last_row;
    int steps = 0;

    if (runs[at].name != query->anchor || !range_holds(query->range, s->at_ms[anchor])) return -1;
    if (query->touch_counts && !query->touch_counts[oracle_session_touch(s, person, anchor)]) return -1;
    for (size_t far = 1; steps < (int)query->depth; far++) {
        if (query->backwards ? far > at : at + far >= n) break;
        const struct run *run = &runs[query->backwards ? at - far : at + far];
        uint64_t row = query->backwards ? run->last_row : run->first_row;
        int64_t away = query->backwards ? s->at_ms[anchor] - s->at_ms[row] : s->at_ms[row] - s->at_ms[anchor];
        if (run->session != runs[at].session || away > query->window_ms) break;
        names[steps++] = run->name;
    }
    return steps;
}

struct slow_walk {
    uint32_t person, n, name[FLOWS_DEPTH_MAX];
};

static size_t slow_walks(const struct snapshot *s, const struct flows_query *query, struct slow_walk *walks)
{
    size_t n_walks = 0;

    for (uint32_t person = 0; person < s->n_persons; person++) {
        struct run runs[PERSON_EVENTS];
        size_t n = runs_of(s, query, person, runs);
        for (size_t at = 0; at < n; at++) {
            struct slow_walk *walk = &walks[n_walks];
            int steps = slow_walk(s, query, person, runs, n, at, walk->name);
            if (steps < 0) continue;
            walk->person = person;
            walk->n = (uint32_t)steps;
            n_walks++;
            if (query->first_only) break;
        }
    }
    return n_walks;
}

/* Where a walk stands at a level: a slot, or SIZE_MAX past its end. */
static size_t slow_slot(const struct diagram *d, const struct slow_walk *walk, size_t level)
{
    const struct flows_node *nodes = d->nodes + level * FLOWS_SLOTS(d->query.limit);

    if (level == 0) return 0;
    if (level == (size_t)walk->n + 1) return FLOWS_END(d->query.limit);
    if (level > walk->n) return SIZE_MAX;
    for (size_t slot = 0; slot < d->query.limit; slot++)
        if (nodes[slot].name == walk->name[level - 1]) return slot;
    return FLOWS_OTHER(d->query.limit);
}

/* The names of a level by number of walks, then by id. */
static void slow_names(struct diagram *d, const struct slow_walk *walks, size_t n_walks, size_t level)
{
    uint64_t counts[NAMES] = {0};

    for (size_t i = 0; i < n_walks; i++)
        if (level <= walks[i].n) counts[walks[i].name[level - 1]]++;
    for (size_t slot = 0; slot < d->query.limit; slot++) {
        uint32_t best = 0;
        for (uint32_t name = 1; name < NAMES; name++)
            if (counts[name] > counts[best]) best = name;
        if (counts[best] == 0) return;
        d->nodes[level * FLOWS_SLOTS(d->query.limit) + slot].name = best;
        counts[best] = 0;
    }
}

static void slow_count(const struct snapshot *s, struct diagram *d)
{
    const size_t slots = FLOWS_SLOTS(d->query.limit);
    struct slow_walk walks[PERSONS * PERSON_EVENTS];
    size_t n = slow_walks(s, &d->query, walks);

    memset(d->nodes, 0, sizeof d->nodes);
    memset(d->links, 0, sizeof d->links);
    for (size_t i = 0; i < COUNT_OF(d->nodes); i++) d->nodes[i].name = DICT_NONE;
    d->nodes[0].name = d->query.anchor;
    for (size_t level = 0; level <= d->query.depth; level++) {
        if (level > 0) slow_names(d, walks, n, level);
        for (size_t i = 0; i < n; i++) {
            size_t slot = slow_slot(d, &walks[i], level), before = level ? slow_slot(d, &walks[i], level - 1) : 0;
            bool again = false, link_again = false;
            if (slot == SIZE_MAX) continue;
            for (size_t j = 0; j < i; j++) {
                if (walks[j].person != walks[i].person || slow_slot(d, &walks[j], level) != slot) continue;
                again = true;
                link_again |= level > 0 && slow_slot(d, &walks[j], level - 1) == before;
            }
            d->nodes[level * slots + slot].walks++;
            d->nodes[level * slots + slot].persons += !again;
            if (level == 0) continue;
            d->links[((level - 1) * slots + before) * slots + slot].walks++;
            d->links[((level - 1) * slots + before) * slots + slot].persons += !link_again;
        }
    }
}

/* W1, W2, W3. */
static void assert_nothing_lost(const struct diagram *d)
{
    const size_t slots = FLOWS_SLOTS(d->query.limit);

    for (size_t level = 0; level <= d->query.depth; level++) {
        uint64_t together = 0, going_on = 0;
        for (size_t slot = 0; slot < slots; slot++) {
            const struct flows_node *node = &d->nodes[level * slots + slot];
            uint64_t in = 0, out = 0;
            for (size_t i = 0; level > 0 && i < slots; i++)
                in += d->links[((level - 1) * slots + i) * slots + slot].walks;
            for (size_t i = 0; level < d->query.depth && i < slots; i++)
                out += d->links[(level * slots + slot) * slots + i].walks;
            if (level > 0) assert_int_equal(node->walks, in);
            if (level < d->query.depth) assert_int_equal(out, slot == FLOWS_END(d->query.limit) ? 0 : node->walks);
            assert_true(node->persons <= node->walks);
            if (d->query.first_only) assert_int_equal(node->persons, node->walks);
            together += node->walks;
            if (level > 0 && slot != FLOWS_END(d->query.limit)) going_on += node->walks;
        }
        uint64_t before = 0;
        for (size_t slot = 0; level > 0 && slot <= FLOWS_OTHER(d->query.limit); slot++)
            before += d->nodes[(level - 1) * slots + slot].walks;
        if (level > 0) assert_int_equal(together, before);
        assert_true(going_on <= together);
    }
}

/* W4: the walks before an instant and from it on. */
static void assert_ranges_add_up(struct fixture *f, const struct snapshot *s, const struct flows_query *query,
                                 int64_t middle_ms)
{
    struct flows_query part = *query;
    uint64_t walks = 0;
    struct err err;
    if (query->first_only || middle_ms < query->range.from_ms || middle_ms > query->range.to_ms) return;
    for (int half = 0; half < 2; half++) {
        part.range = query->range;
        *(half ? &part.range.from_ms : &part.range.to_ms) = middle_ms;
        ASSERT_OK(flows_count(s, &part, &f->arena, f->wanted.nodes, f->wanted.links, &err));
        walks += f->wanted.nodes[0].walks;
    }
    assert_int_equal(walks, f->got.nodes[0].walks);
}

/* W5: who is marked are those with such a walk, and as many as the diagram says. */

static struct flows_stop stop_of(const struct diagram *d, size_t level, size_t slot)
{
    if (slot == FLOWS_OTHER(d->query.limit)) return (struct flows_stop){.kind = FLOWS_AT_OTHER};
    if (slot == FLOWS_END(d->query.limit)) return (struct flows_stop){.kind = FLOWS_AT_END};
    return (struct flows_stop){.name = d->nodes[level * FLOWS_SLOTS(d->query.limit) + slot].name};
}

static bool slow_stands(const struct diagram *d, const struct slow_walk *walk, size_t level, struct flows_stop stop)
{
    if (level == 0) return true;
    if (stop.kind == FLOWS_AT_END) return level == (size_t)walk->n + 1;
    if (level > walk->n) return false;
    if (stop.kind == FLOWS_AT_OTHER) return slow_slot(d, walk, level) == FLOWS_OTHER(d->query.limit);
    return walk->name[level - 1] == stop.name;
}

/* How many are marked for a pick, after comparing each person with the slow walks. */
static uint64_t assert_marked(struct fixture *f, const struct snapshot *s, const struct flows_pick *pick,
                              const struct slow_walk *walks, size_t n_walks)
{
    const struct diagram *d = &f->wanted;
    bool marked[PERSONS], wanted[PERSONS] = {false};
    uint64_t n = 0;
    struct err err = {0};

    memset(marked, true, sizeof marked);
    ASSERT_OK(flows_mark(s, &d->query, pick, &f->arena, marked, &err));
    for (size_t i = 0; i < n_walks; i++)
        wanted[walks[i].person] |= slow_stands(d, &walks[i], pick->level, pick->stop) &&
                                   (!pick->is_link || slow_stands(d, &walks[i], pick->level + 1, pick->next));
    for (uint32_t place = 0; place < PERSONS; place++) {
        assert_int_equal(marked[place], wanted[place]);
        n += marked[place];
    }
    return n;
}

static void assert_persons_open(struct fixture *f, const struct snapshot *s)
{
    const struct diagram *d = &f->wanted;
    const size_t slots = FLOWS_SLOTS(d->query.limit);
    struct slow_walk walks[PERSONS * PERSON_EVENTS];
    size_t n_walks = slow_walks(s, &d->query, walks);

    for (size_t level = 0; level <= d->query.depth; level++) {
        for (size_t slot = 0; slot < (level ? slots : 1); slot++) {
            struct flows_pick pick = {.level = (uint32_t)level, .stop = stop_of(&f->got, level, slot)};
            assert_int_equal(assert_marked(f, s, &pick, walks, n_walks), f->got.nodes[level * slots + slot].persons);
            if (level == d->query.depth || slot == FLOWS_END(d->query.limit)) continue;
            pick.is_link = true;
            for (size_t next = 0; next < slots; next++) {
                pick.next = stop_of(&f->got, level + 1, next);
                assert_int_equal(assert_marked(f, s, &pick, walks, n_walks),
                                 f->got.links[(level * slots + slot) * slots + next].persons);
            }
        }
        for (uint32_t name = 0; level > 0 && name < NAMES; name++) { /* also those without a node */
            const struct flows_pick pick = {.level = (uint32_t)level, .stop = {.name = name}};
            assert_marked(f, s, &pick, walks, n_walks);
        }
        arena_reset(&f->arena);
    }
}

static struct flows_query random_query(uint64_t *seed, uint64_t span)
{
    static const bool counts[TOUCHES] = {true, false, true};
    struct flows_query query =
        ask(1 + (uint32_t)random_below(seed, FLOWS_DEPTH_MAX), 1 + (uint32_t)random_below(seed, NAMES + 1));

    query.anchor = (uint32_t)random_below(seed, NAMES);
    query.backwards = random_below(seed, 2);
    query.first_only = random_below(seed, 2);
    query.in_session = random_below(seed, 2);
    query.collapse = random_below(seed, 2);
    if (random_below(seed, 2)) query.window_ms = 1 + (int64_t)random_below(seed, span);
    if (random_below(seed, 3) == 0) query.range.from_ms = (int64_t)random_below(seed, span);
    if (random_below(seed, 3) == 0) query.range.to_ms = (int64_t)random_below(seed, span);
    if (random_below(seed, 3) == 0) query.touch_counts = counts;
    return query;
}

static void test_oracle_agrees(void **state)
{
    static const uint64_t spans[] = {4, 1000, 14400000};
    struct fixture *f = *state;
    uint64_t seed = 90, walks = 0;

    for (int round = 0; round < 3000; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        uint64_t span = spans[random_below(&seed, COUNT_OF(spans))];
        struct flows_query query = random_query(&seed, span);
        size_t slots = FLOWS_SLOTS(query.limit);

        builder_three_touches(&builder);
        for (uint32_t person = 0; person < PERSONS; person++) {
            uint64_t n = random_below(&seed, PERSON_EVENTS);
            for (uint64_t i = 0; i < n; i++)
                builder_event(&builder, person, (int64_t)random_below(&seed, span),
                              (uint32_t)random_below(&seed, NAMES), (uint32_t)random_below(&seed, TOUCHES), 0);
        }
        const struct snapshot *s = builder_done(&builder, PERSONS, NAMES);
        struct err err = {0};
        f->got.query = f->wanted.query = query;
        ASSERT_OK(flows_count(s, &query, &f->arena, f->got.nodes, f->got.links, &err));
        slow_count(s, &f->wanted);
        for (size_t i = 0; i < (query.depth + 1) * slots; i++) {
            assert_int_equal(f->got.nodes[i].name, f->wanted.nodes[i].name);
            assert_int_equal(f->got.nodes[i].walks, f->wanted.nodes[i].walks);
            assert_int_equal(f->got.nodes[i].persons, f->wanted.nodes[i].persons);
        }
        assert_memory_equal(f->got.links, f->wanted.links, query.depth * slots * slots * sizeof *f->got.links);
        assert_nothing_lost(&f->got);
        if (round % 10 == 0) assert_persons_open(f, s);
        assert_ranges_add_up(f, s, &query, (int64_t)random_below(&seed, span));
        walks += f->got.nodes[0].walks;
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
    assert_true(walks > 10000); /* the random questions are about something */
}

/* A history of a few persons many times over, in several shards on two threads: as many times the few's answer. */
static void test_many_shards(void **state)
{
    enum { COPIES = 3000 };
    struct fixture *f = *state;
    struct flows_query query = ask(4, 2);
    const struct flows_pick pick = {.level = 2, .stop = {.kind = FLOWS_AT_OTHER}};
    struct builder few = {0};
    uint64_t seed = 91, n = 0;
    struct err err;

    parallel_limit(2);
    f->builder.scatter = true;
    builder_three_touches(&few);
    for (uint32_t person = 0; person < PERSONS; person++) {
        for (int i = 0; i < PERSON_EVENTS; i++) {
            int64_t at_ms = (int64_t)random_below(&seed, 14400000);
            uint32_t name = (uint32_t)random_below(&seed, NAMES);
            builder_event(&few, person, at_ms, name, A, 0);
            for (uint32_t c = 0; c < COPIES; c++) builder_event(&f->builder, c * PERSONS + person, at_ms, name, A, 0);
        }
    }
    query.in_session = true;
    query.range.from_ms = 1000000;
    const struct snapshot *s = builder_done(&f->builder, COPIES * PERSONS, NAMES);
    assert_true(s->n_events > 131072);
    ASSERT_OK(flows_count(s, &query, &f->arena, f->got.nodes, f->got.links, &err));
    bool *marked = mem_new(COPIES * PERSONS);
    ASSERT_OK(flows_mark(s, &query, &pick, &f->arena, marked, &err));
    for (size_t place = 0; place < COPIES * PERSONS; place++) n += marked[place];
    free(marked);
    assert_int_equal(n, f->got.nodes[2 * FLOWS_SLOTS(2) + FLOWS_OTHER(2)].persons);
    assert_true(n > 0);
    s = builder_done(&few, PERSONS, NAMES);
    ASSERT_OK(flows_count(s, &query, &f->arena, f->wanted.nodes, f->wanted.links, &err));
    assert_true(f->wanted.nodes[0].walks > 0);
    for (size_t i = 0; i < (query.depth + 1) * FLOWS_SLOTS(query.limit); i++) {
        assert_int_equal(f->got.nodes[i].name, f->wanted.nodes[i].name);
        assert_int_equal(f->got.nodes[i].walks, COPIES * f->wanted.nodes[i].walks);
        assert_int_equal(f->got.nodes[i].persons, COPIES * f->wanted.nodes[i].persons);
    }
    for (size_t i = 0; i < query.depth * FLOWS_SLOTS(query.limit) * FLOWS_SLOTS(query.limit); i++) {
        assert_int_equal(f->got.links[i].walks, COPIES * f->wanted.links[i].walks);
        assert_int_equal(f->got.links[i].persons, COPIES * f->wanted.links[i].persons);
    }
    builder_reset(&few);
    parallel_limit(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_from),
        TEST(test_to),
        TEST(test_occurrences),
        TEST(test_collapse),
        TEST(test_window_holds_both_ends),
        TEST(test_sessions),
        TEST(test_collapse_within_sessions),
        TEST(test_touch_of_the_anchors_session),
        TEST(test_ties_among_names),
        TEST(test_nothing_to_count),
        TEST(test_time_at_its_ends),
        TEST(test_bad_questions_change_nothing),
        TEST(test_a_million_events_of_one_person),
        TEST(test_oracle_agrees),
        TEST(test_many_shards),
    };
    return cmocka_run_group_tests_name("measure/flows", tests, NULL, NULL);
}
