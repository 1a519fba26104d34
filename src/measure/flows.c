/* measure/flows.c -- two scans on all cores: which names are frequent, then who goes from which to which.
 *
 * A name's place in the diagram depends on how many walks have it at that level, so the first scan only counts names by
 * level, and the second, with the nodes chosen, takes the same walks again and counts nodes and links. Both read only
 * the names of persons who have no anchor. Who is behind a node or a link is another such second scan, which marks
 * whose walks stand there; the first is left out unless it must say which names are other ones.
 *
 * A walk looks at its own steps, so without `collapse` it costs at most `depth`. With it a step may be a long run; but
 * only one event of a run of anchors begins a walk, so at most `depth` walks go through any run, and the whole is
 * O(events x depth) whatever the history.
 *
 * Where sessions begin is known only from before: for persons with an anchor it is marked first, event by event.
 *
 * Invariants, which the tests hold us to:
 *   W1  a node of a level >= 1 has the walks of the links into it; a name or "other" below the last level those of the
 *       links out of it; an end has no link out
 *   W2  a level's nodes together are the names and "other" of the level before: no walk is lost
 *   W3  persons <= walks, of nodes and of links; with first_only they are equal
 *   W4  ranges side by side add up to the range of both, but for first_only and persons
 *   W5  as many persons are marked for a node or a link as it has
 *
 * Source: DESIGN.md (paths). Memory: 12 bytes a name and level, and for each shard 8 more, the answer, and a byte for
 * each event of its longest person.
 * Empty snapshot, or an anchor that no event has: all nodes 0.
 */
#include "measure/flows.h"

#include <string.h>

#include "measure/scratch.h"
#include "measure/session.h"
#include "measure/shards.h"

#define BEGINS 1U /* the event begins a session */
#define COUNTS 2U /* the touch of its session counts */

struct walk {
    uint32_t n; /* steps */
    uint32_t name[FLOWS_DEPTH_MAX];
};

struct flows_scan;
/* What a scan does with a walk. */
typedef void walk_fn(struct flows_scan *scan, const struct walk *walk, uint32_t person);

/* What is asked, and what the first scan finds; the same for every shard. */
struct flows_task {
    const struct snapshot *snapshot;
    const struct flows_query *query;
    uint64_t window;
    walk_fn *take;
    bool ranks, counts;            /* what the scans need room for: names by frequency; nodes and links */
    uint64_t *frequent;            /* [step * n_names + name]: walks, of all shards */
    uint32_t *slot;                /* [step * n_names + name], its slot, once the first scan is over */
    const struct flows_pick *pick; /* whom to mark, and where */
    bool *marked;
    struct flows_scan *scans; /* by shard */
};

/* A shard's. */
struct flows_scan {
    const struct flows_task *task; /* NULL: nothing is made yet */
    const struct snapshot *snapshot;
    const struct flows_query *query;
    uint64_t window;
    uint8_t *marks;     /* by event of the person; NULL: neither sessions nor touches matter */
    uint64_t *frequent; /* [step * n_names + name]: walks; filled by the first scan */
    uint32_t *last1;    /* by node, then by link: the last person counted, plus 1 */
    struct flows_node *nodes;
    struct flows_link *links;
};

static size_t n_steps(const struct snapshot *snapshot, const struct flows_query *query)
{
    return (size_t)query->depth * snapshot->n_names;
}

static size_t n_nodes(const struct flows_query *query)
{
    return (query->depth + 1) * FLOWS_SLOTS(query->limit);
}

static size_t n_links(const struct flows_query *query)
{
    return query->depth * FLOWS_SLOTS(query->limit) * FLOWS_SLOTS(query->limit);
}

static bool query_check(const struct flows_query *query, struct err *err)
{
    if (query->depth < 1 || query->depth > FLOWS_DEPTH_MAX) {
        return err_set_field(err, "depth", "depth is 1 to %d, not %lu", FLOWS_DEPTH_MAX, (unsigned long)query->depth);
    }
    if (query->limit < 1 || query->limit > FLOWS_LIMIT_MAX) {
        return err_set_field(err, "limit", "limit is 1 to %d, not %lu", FLOWS_LIMIT_MAX, (unsigned long)query->limit);
    }
    if (query->window_ms <= 0) {
        return err_set_field(err, "window", "must be longer than 0, not %lld ms", (long long)query->window_ms);
    }
    return true;
}

/* ---- one person ---- */

static void mark_sessions(struct flows_scan *scan, struct rows rows)
{
    const struct snapshot *snapshot = scan->snapshot;
    const bool *counts = scan->query->touch_counts;
    struct session session = {0};

    for (uint64_t row = rows.begin; row < rows.end; row++) {
        bool begins = session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]);
        bool taken = !counts || counts[session.touch];
        scan->marks[row - rows.begin] = (uint8_t)((begins ? BEGINS : 0) | (taken ? COUNTS : 0));
    }
}

/* Move to the next event that a walk may go to; false if there is none. */
static bool step_on(const struct flows_scan *scan, struct rows rows, uint64_t *row)
{
    const struct flows_query *query = scan->query;
    uint64_t next = query->backwards ? *row - 1 : *row + 1; /* past the ends it is not read */

    if (query->backwards ? *row == rows.begin : next == rows.end) return false;
    /* the later of the two says whether a session begins between them */
    if (query->in_session && scan->marks[(query->backwards ? *row : next) - rows.begin] & BEGINS) return false;
    *row = next;
    return true;
}

/* Does a walk begin at this event, an anchor in range? */
static bool begins_walk(const struct flows_scan *scan, struct rows rows, uint64_t row)
{
    uint64_t next = row;

    if (scan->marks && !(scan->marks[row - rows.begin] & COUNTS)) return false;
    return !scan->query->collapse || !step_on(scan, rows, &next) || scan->snapshot->name[next] != scan->query->anchor;
}

static struct walk walk_from(const struct flows_scan *scan, struct rows rows, uint64_t anchor_row)
{
    const struct snapshot *snapshot = scan->snapshot;
    int64_t anchor_ms = snapshot->at_ms[anchor_row];
    uint32_t last_name = scan->query->anchor;
    uint64_t row = anchor_row;
    struct walk walk = {0};

    while (walk.n < scan->query->depth && step_on(scan, rows, &row)) {
        int64_t at_ms = snapshot->at_ms[row];
        uint32_t name = snapshot->name[row];

        if ((scan->query->backwards ? elapsed_ms(at_ms, anchor_ms) : elapsed_ms(anchor_ms, at_ms)) > scan->window)
            break;
        if (scan->query->collapse && name == last_name) continue;
        walk.name[walk.n++] = last_name = name;
    }
    return walk;
}

/* ---- what is done with a walk ---- */

static void count_names(struct flows_scan *scan, const struct walk *walk, uint32_t person)
{
    (void)person;
    for (size_t step = 0; step < walk->n; step++) scan->frequent[step * scan->snapshot->n_names + walk->name[step]]++;
}

static uint32_t slot_of(const struct flows_scan *scan, const struct walk *walk, size_t step)
{
    return scan->task->slot[step * scan->snapshot->n_names + walk->name[step]];
}

static void count_person(uint32_t *last1, uint32_t person, uint64_t *persons)
{
    *persons += *last1 != person + 1;
    *last1 = person + 1;
}

static void count_node(struct flows_scan *scan, size_t node, uint32_t person)
{
    scan->nodes[node].walks++;
    count_person(&scan->last1[node], person, &scan->nodes[node].persons);
}

static void count_walk(struct flows_scan *scan, const struct walk *walk, uint32_t person)
{
    const size_t slots = FLOWS_SLOTS(scan->query->limit);
    uint32_t *link_last1 = scan->last1 + n_nodes(scan->query);
    size_t from = 0;

    count_node(scan, 0, person);
    for (size_t step = 0; step < scan->query->depth; step++) {
        bool ends = step == walk->n;
        size_t to = ends ? FLOWS_END(scan->query->limit) : slot_of(scan, walk, step);
        size_t link = (step * slots + from) * slots + to;

        scan->links[link].walks++;
        count_person(&link_last1[link], person, &scan->links[link].persons);
        count_node(scan, (step + 1) * slots + to, person);
        if (ends) break;
        from = to;
    }
}

static bool stands_at(const struct flows_scan *scan, const struct walk *walk, uint32_t level, struct flows_stop stop)
{
    if (level == 0) return true;
    if (stop.kind == FLOWS_AT_END) return level == walk->n + 1;
    if (level > walk->n) return false;
    if (stop.kind == FLOWS_AT_OTHER) return slot_of(scan, walk, level - 1) == FLOWS_OTHER(scan->query->limit);
    return walk->name[level - 1] == stop.name;
}

static void mark_walk(struct flows_scan *scan, const struct walk *walk, uint32_t person)
{
    const struct flows_pick *pick = scan->task->pick;

    if (!stands_at(scan, walk, pick->level, pick->stop)) return;
    if (pick->is_link && !stands_at(scan, walk, pick->level + 1, pick->next)) return;
    scan->task->marked[person] = true;
}

static void scan_person(struct flows_scan *scan, uint32_t person)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct flows_query *query = scan->query;
    struct rows rows = snapshot_rows(snapshot, person);
    bool marked = scan->marks == NULL, always = query->range.from_ms == INT64_MIN && query->range.to_ms == INT64_MAX;

    if (rows.begin == rows.end) return;
    if (!always &&
        (snapshot->at_ms[rows.end - 1] < query->range.from_ms || snapshot->at_ms[rows.begin] >= query->range.to_ms))
        return;
    for (uint64_t row = rows.begin; row < rows.end; row++) {
        if (snapshot->name[row] != query->anchor || !range_holds(query->range, snapshot->at_ms[row])) continue;
        if (!marked) mark_sessions(scan, rows);
        marked = true;
        if (!begins_walk(scan, rows, row)) continue;
        struct walk walk = walk_from(scan, rows, row);
        scan->task->take(scan, &walk, person);
        if (query->first_only) return;
    }
}

/* ---- the nodes of a level ---- */

/* Put a name among the `limit` most frequent of `top`; how many there are then. Names come in order of id. */
static uint32_t rank_name(uint32_t *top, uint32_t n, uint32_t limit, const uint64_t *frequent, uint32_t name)
{
    uint32_t at = n < limit ? n : limit - 1;

    if (n == limit && frequent[top[at]] >= frequent[name]) return n;
    for (; at > 0 && frequent[top[at - 1]] < frequent[name]; at--) top[at] = top[at - 1];
    top[at] = name;
    return n < limit ? n + 1 : n;
}

/* Give the most frequent names of each step a slot of their own. */
static void choose_slots(struct flows_task *task)
{
    const struct flows_query *query = task->query;
    const size_t n_names = task->snapshot->n_names;

    CHECK(query->limit >= 1); /* query_check has seen to it */
    for (size_t step = 0; step < query->depth; step++) {
        const uint64_t *frequent = task->frequent + step * n_names;
        uint32_t *slot = task->slot + step * n_names, top[FLOWS_LIMIT_MAX], n = 0;

        for (uint32_t name = 0; name < n_names; name++) {
            slot[name] = (uint32_t)FLOWS_OTHER(query->limit);
            if (frequent[name] > 0) n = rank_name(top, n, query->limit, frequent, name);
        }
        for (uint32_t i = 0; i < n; i++) slot[top[i]] = i;
    }
}

static void name_nodes(const struct flows_task *task, struct flows_node *nodes)
{
    const size_t n_names = task->snapshot->n_names, slots = FLOWS_SLOTS(task->query->limit);

    for (size_t i = 0; i < n_nodes(task->query); i++) nodes[i] = (struct flows_node){.name = DICT_NONE};
    nodes[0].name = task->query->anchor;
    for (size_t step = 0; step < task->query->depth; step++) {
        for (uint32_t name = 0; name < n_names; name++) {
            uint32_t slot = task->slot[step * n_names + name];
            if (slot < FLOWS_OTHER(task->query->limit)) nodes[(step + 1) * slots + slot].name = name;
        }
    }
}

/* ---- shards ---- */

static bool take_marks(struct flows_scan *scan, struct shard *shard, struct err *err)
{
    const struct snapshot *snapshot = scan->snapshot;
    uint64_t longest = 0;

    if (!scan->query->in_session && !scan->query->touch_counts) return true;
    for (uint32_t person = shard->from; person < shard->to; person++) {
        struct rows rows = snapshot_rows(snapshot, person);
        uint64_t n = rows.end - rows.begin;
        if (n > longest) longest = n;
    }
    scan->marks = SCRATCH_ARRAY(&shard->arena, uint8_t, longest, err);
    return scan->marks != NULL;
}

static bool take_scratch(struct flows_scan *scan, const struct flows_task *task, struct shard *shard, struct err *err)
{
    const struct flows_query *query = task->query;

    *scan = (struct flows_scan){.snapshot = task->snapshot, .query = query, .window = task->window};
    if (task->ranks) {
        scan->frequent = SCRATCH_ARRAY(&shard->arena, uint64_t, n_steps(task->snapshot, query), err);
        if (!scan->frequent) return false;
    }
    if (task->counts) {
        scan->last1 = SCRATCH_ARRAY(&shard->arena, uint32_t, n_nodes(query) + n_links(query), err);
        if (!scan->last1) return false;
        scan->nodes = SCRATCH_ARRAY(&shard->arena, struct flows_node, n_nodes(query), err);
        if (!scan->nodes) return false;
        scan->links = SCRATCH_ARRAY(&shard->arena, struct flows_link, n_links(query), err);
        if (!scan->links) return false;
    }
    return take_marks(scan, shard, err);
}

/* Any scan: the first takes the scratch of all. */
static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    const struct flows_task *task = context;
    struct flows_scan *scan = &task->scans[shard->index];

    if (!scan->task && !take_scratch(scan, task, shard, err)) return false;
    scan->task = task;
    for (uint32_t person = shard->from; person < shard->to; person++) scan_person(scan, person);
    return true;
}

static void add_frequent(const struct flows_task *task, uint32_t n_shards)
{
    size_t n = n_steps(task->snapshot, task->query);

    for (uint32_t s = 0; s < n_shards; s++)
        for (size_t i = 0; i < n; i++) task->frequent[i] += task->scans[s].frequent[i];
}

static void add_answers(const struct flows_task *task, uint32_t n_shards, struct flows_node *nodes,
                        struct flows_link *links)
{
    memset(links, 0, n_links(task->query) * sizeof *links);
    for (uint32_t s = 0; s < n_shards; s++) {
        for (size_t i = 0; i < n_nodes(task->query); i++) {
            nodes[i].walks += task->scans[s].nodes[i].walks;
            nodes[i].persons += task->scans[s].nodes[i].persons;
        }
        for (size_t i = 0; i < n_links(task->query); i++) {
            links[i].walks += task->scans[s].links[i].walks;
            links[i].persons += task->scans[s].links[i].persons;
        }
    }
}

static bool task_open(struct flows_task *task, struct shards *shards, struct arena *arena, struct err *err)
{
    const struct flows_query *query = task->query;
    size_t bytes_each = 0;

    if (!query_check(query, err)) return false;
    task->window = length_limit(query->window_ms);
    task->scans = SCRATCH_ARRAY(arena, struct flows_scan, SHARDS_MAX, err);
    if (!task->scans) return false;
    if (task->ranks) {
        task->frequent = SCRATCH_ARRAY(arena, uint64_t, n_steps(task->snapshot, query), err);
        if (!task->frequent) return false;
        task->slot = SCRATCH_ARRAY(arena, uint32_t, n_steps(task->snapshot, query), err);
        if (!task->slot) return false;
        bytes_each += n_steps(task->snapshot, query) * sizeof *task->frequent;
    }
    if (task->counts) {
        bytes_each += n_nodes(query) * (sizeof(struct flows_node) + sizeof(uint32_t));
        bytes_each += n_links(query) * (sizeof(struct flows_link) + sizeof(uint32_t));
    }
    shards_open(shards, task->snapshot, arena, bytes_each);
    return true;
}

/* The first scan, if names must be ranked, and the second, which gives each walk to `take`. */
static bool scan_walks(struct flows_task *task, struct shards *shards, walk_fn *take, struct err *err)
{
    if (task->ranks) {
        task->take = count_names;
        if (!shards_run(shards, scan_shard, task, err)) return false;
        add_frequent(task, shards->n);
        choose_slots(task);
    }
    task->take = take;
    return shards_run(shards, scan_shard, task, err);
}

bool flows_count(const struct snapshot *snapshot, const struct flows_query *query, struct arena *arena,
                 struct flows_node *nodes, struct flows_link *links, struct err *err)
{
    struct flows_task task = {.snapshot = snapshot, .query = query, .ranks = true, .counts = true};
    struct shards shards;

    if (!task_open(&task, &shards, arena, err)) return false;
    bool ok = scan_walks(&task, &shards, count_walk, err);
    if (ok) {
        name_nodes(&task, nodes);
        add_answers(&task, shards.n, nodes, links);
    }
    shards_close(&shards);
    return ok;
}

static bool is_other(const struct flows_pick *pick)
{
    return pick->stop.kind == FLOWS_AT_OTHER || (pick->is_link && pick->next.kind == FLOWS_AT_OTHER);
}

bool flows_mark(const struct snapshot *snapshot, const struct flows_query *query, const struct flows_pick *pick,
                struct arena *arena, bool *marked, struct err *err)
{
    struct flows_task task = {
        .snapshot = snapshot, .query = query, .ranks = is_other(pick), .pick = pick, .marked = marked};
    struct shards shards;

    if (!task_open(&task, &shards, arena, err)) return false;
    CHECK(pick->level + pick->is_link <= query->depth);
    memset(marked, 0, snapshot->n_places * sizeof *marked);
    bool ok = scan_walks(&task, &shards, mark_walk, err);
    shards_close(&shards);
    return ok;
}
