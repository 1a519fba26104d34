/* measure/flows.c -- two scans: which names are frequent, then who goes from which to which.
 *
 * A name's place in the diagram depends on how many walks have it at that level, so the first scan only counts names by
 * level, and the second, with the nodes chosen, takes the same walks again and counts nodes and links. Both read only
 * the names of persons who have no anchor.
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
 *   W3  persons <= walks; with first_only they are equal
 *   W4  ranges side by side add up to the range of both, but for first_only and persons
 *
 * Source: DESIGN.md (paths). Memory: 12 bytes a name and level, and a byte for each event of the longest person.
 * Empty snapshot, or an anchor that no event has: all nodes 0.
 */
#include "measure/flows.h"

#include <string.h>

#include "measure/scratch.h"
#include "measure/session.h"

#define BEGINS 1U /* the event begins a session */
#define COUNTS 2U /* the touch of its session counts */

struct walk {
    uint32_t n; /* steps */
    uint32_t name[FLOWS_DEPTH_MAX];
};

struct person_rows {
    uint64_t first, end;
    uint32_t person1; /* plus 1, so that zero is nobody */
};

struct flows_scan {
    const struct snapshot *snapshot;
    const struct flows_query *query;
    uint64_t window;
    uint8_t *marks;     /* by event of the person; NULL: neither sessions nor touches matter */
    uint64_t *frequent; /* [step * n_names + name]: walks; filled by the first scan */
    uint32_t *slot;     /* likewise, its slot; NULL: this is the first scan */
    uint32_t *last1;    /* by node: the last person counted, plus 1 */
    struct flows_node *nodes;
    uint64_t *links;
};

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

static void mark_sessions(struct flows_scan *scan, struct person_rows rows)
{
    const struct snapshot *snapshot = scan->snapshot;
    const bool *counts = scan->query->touch_counts;
    struct session session = {0};

    for (uint64_t row = rows.first; row < rows.end; row++) {
        bool begins = session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]);
        bool taken = !counts || counts[session.touch];
        scan->marks[row - rows.first] = (uint8_t)((begins ? BEGINS : 0) | (taken ? COUNTS : 0));
    }
}

/* Move to the next event that a walk may go to; false if there is none. */
static bool step_on(const struct flows_scan *scan, struct person_rows rows, uint64_t *row)
{
    const struct flows_query *query = scan->query;
    uint64_t next = query->backwards ? *row - 1 : *row + 1; /* past the ends it is not read */

    if (query->backwards ? *row == rows.first : next == rows.end) return false;
    /* the later of the two says whether a session begins between them */
    if (query->in_session && scan->marks[(query->backwards ? *row : next) - rows.first] & BEGINS) return false;
    *row = next;
    return true;
}

/* Does a walk begin at this event, an anchor in range? */
static bool begins_walk(const struct flows_scan *scan, struct person_rows rows, uint64_t row)
{
    uint64_t next = row;

    if (scan->marks && !(scan->marks[row - rows.first] & COUNTS)) return false;
    return !scan->query->collapse || !step_on(scan, rows, &next) || scan->snapshot->name[next] != scan->query->anchor;
}

static struct walk walk_from(const struct flows_scan *scan, struct person_rows rows, uint64_t anchor_row)
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

/* ---- counting ---- */

static void count_node(struct flows_scan *scan, size_t node, uint32_t person1)
{
    scan->nodes[node].walks++;
    if (scan->last1[node] == person1) return;
    scan->last1[node] = person1;
    scan->nodes[node].persons++;
}

static void count_walk(struct flows_scan *scan, const struct walk *walk, uint32_t person1)
{
    const size_t n_names = scan->snapshot->n_names, slots = FLOWS_SLOTS(scan->query->limit);
    size_t from = 0;

    if (!scan->slot) {
        for (size_t step = 0; step < walk->n; step++) scan->frequent[step * n_names + walk->name[step]]++;
        return;
    }
    count_node(scan, 0, person1);
    for (size_t step = 0; step < scan->query->depth; step++) {
        bool ends = step == walk->n;
        size_t to = ends ? FLOWS_END(scan->query->limit) : scan->slot[step * n_names + walk->name[step]];

        scan->links[(step * slots + from) * slots + to]++;
        count_node(scan, (step + 1) * slots + to, person1);
        if (ends) break;
        from = to;
    }
}

static void scan_person(struct flows_scan *scan, uint32_t person)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct flows_query *query = scan->query;
    struct rows its = snapshot_rows(snapshot, person);
    struct person_rows rows = {its.begin, its.end, person + 1};
    bool marked = scan->marks == NULL;

    for (uint64_t row = rows.first; row < rows.end; row++) {
        if (snapshot->name[row] != query->anchor || !range_holds(query->range, snapshot->at_ms[row])) continue;
        if (!marked) mark_sessions(scan, rows);
        marked = true;
        if (!begins_walk(scan, rows, row)) continue;
        struct walk walk = walk_from(scan, rows, row);
        count_walk(scan, &walk, rows.person1);
        if (query->first_only) return;
    }
}

static void scan_all(struct flows_scan *scan)
{
    for (uint32_t person = 0; person < scan->snapshot->n_places; person++) scan_person(scan, person);
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

/* Give the most frequent names of each step a node. */
static void choose_nodes(struct flows_scan *scan, uint32_t *slot)
{
    const struct flows_query *query = scan->query;
    const size_t n_names = scan->snapshot->n_names, slots = FLOWS_SLOTS(query->limit);

    for (size_t i = 0; i < (query->depth + 1) * slots; i++) scan->nodes[i] = (struct flows_node){.name = DICT_NONE};
    scan->nodes[0].name = query->anchor;
    for (size_t step = 0; step < query->depth; step++) {
        const uint64_t *frequent = scan->frequent + step * n_names;
        uint32_t top[FLOWS_LIMIT_MAX], n = 0;

        for (uint32_t name = 0; name < n_names; name++) {
            slot[step * n_names + name] = (uint32_t)FLOWS_OTHER(query->limit);
            if (frequent[name] > 0) n = rank_name(top, n, query->limit, frequent, name);
        }
        for (uint32_t i = 0; i < n; i++) {
            slot[step * n_names + top[i]] = i;
            scan->nodes[(step + 1) * slots + i].name = top[i];
        }
    }
}

/* ---- scratch ---- */

static bool take_marks(struct flows_scan *scan, struct arena *arena, struct err *err)
{
    const struct snapshot *snapshot = scan->snapshot;
    uint64_t longest = 0;

    if (!scan->query->in_session && !scan->query->touch_counts) return true;
    for (uint32_t person = 0; person < snapshot->n_places; person++) {
        struct rows rows = snapshot_rows(snapshot, person);
        uint64_t n = rows.end - rows.begin;
        if (n > longest) longest = n;
    }
    scan->marks = SCRATCH_ARRAY(arena, uint8_t, longest, err);
    return scan->marks != NULL;
}

bool flows_count(const struct snapshot *snapshot, const struct flows_query *query, struct arena *arena,
                 struct flows_node *nodes, uint64_t *links, struct err *err)
{
    struct flows_scan scan = {.snapshot = snapshot, .query = query, .nodes = nodes, .links = links};
    uint32_t *slot;

    if (!query_check(query, err)) return false;
    size_t slots = FLOWS_SLOTS(query->limit), n_steps = (size_t)query->depth * snapshot->n_names;
    scan.window = length_limit(query->window_ms);
    scan.frequent = SCRATCH_ARRAY(arena, uint64_t, n_steps, err);
    if (!scan.frequent) return false;
    slot = SCRATCH_ARRAY(arena, uint32_t, n_steps, err);
    if (!slot) return false;
    scan.last1 = SCRATCH_ARRAY(arena, uint32_t, (query->depth + 1) * slots, err);
    if (!scan.last1 || !take_marks(&scan, arena, err)) return false;

    scan_all(&scan);
    choose_nodes(&scan, slot);
    memset(links, 0, query->depth * slots * slots * sizeof *links);
    scan.slot = slot;
    scan_all(&scan);
    return true;
}
