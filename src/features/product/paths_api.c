#include "base/json.h"
#include "features/product/product_int.h"
#include "measure/flows.h"
#include "measure/scratch.h"

static const char *const DIRECTIONS[] = {"from", "to", NULL};
static const char *const OCCURRENCES[] = {"all", "first", NULL};
static const char *const COLLAPSE[] = {"false", "true", NULL};

struct question {
    struct request *request;
    const struct snapshot *snapshot;
    struct flows_query query;
    Str anchor;
    struct flows_node *nodes; /* as flows_count gives them */
    struct flows_link *links;
    uint32_t *place; /* by node: where in its level it is written; only of those with paths */
};

static bool read_window(struct question *q, struct err *err)
{
    Str text = str_trim(request_query(q->request, "window"));

    q->query.window_ms = INT64_MAX;
    q->query.in_session = text.n == 0 || str_eq(text, STR("session"));
    return q->query.in_session || question_length(q->request, "window", INT64_MAX, &q->query.window_ms, err);
}

/* `names`: the parameter that says how many names of a level have a node; in a list limit= is the rows of a page. */
static bool read_question(struct question *q, const char *names, struct err *err)
{
    struct flows_query *query = &q->query;
    size_t direction, occurrences, collapse;
    int64_t depth, limit;
    struct span span;

    q->anchor = str_trim(request_query(q->request, "anchor"));
    if (q->anchor.n == 0)
        return err_set_field(err, "anchor", "say which event paths begin with, such as anchor=Page Viewed");
    if (!question_span(q->request, "from", "to", q->snapshot, &span, err)) return false;
    if (!question_filter(q->request, q->snapshot, &query->touch_counts, err)) return false;
    if (!question_choice(q->request, "direction", DIRECTIONS, &direction, err)) return false;
    if (!question_choice(q->request, "occurrences", OCCURRENCES, &occurrences, err)) return false;
    if (!question_choice(q->request, "collapse", COLLAPSE, &collapse, err)) return false;
    if (!request_query_whole(q->request, "depth", 5, 1, FLOWS_DEPTH_MAX, &depth, err)) return false;
    if (!request_query_whole(q->request, names, 10, 1, FLOWS_LIMIT_MAX, &limit, err)) return false;
    query->anchor = snapshot_find_name(q->snapshot, q->anchor);
    query->range = span.range;
    query->backwards = direction == 1;
    query->first_only = occurrences == 1;
    query->collapse = collapse == 1;
    query->depth = (uint32_t)depth;
    query->limit = (uint32_t)limit;
    return read_window(q, err);
}

/* ---- /api/v1/paths ---- */

static void put_node(const struct question *q, struct json_out *out, uint32_t level, size_t slot)
{
    const struct flows_node *node = &q->nodes[level * FLOWS_SLOTS(q->query.limit) + slot];
    const char *kind = slot == FLOWS_END(q->query.limit)     ? "end"
                       : slot == FLOWS_OTHER(q->query.limit) ? "other"
                                                             : "event";

    json_open(out, '{');
    json_kv_text(out, "kind", kind);
    json_key(out, "name");
    if (level == 0) {
        json_put_str(out, q->anchor);
    } else if (slot < FLOWS_OTHER(q->query.limit)) {
        json_put_str(out, snapshot_name(q->snapshot, node->name));
    } else {
        json_put_str(out, slot == FLOWS_END(q->query.limit) ? STR("(end)") : STR("(other)"));
    }
    json_kv_i64(out, "paths", (int64_t)node->walks);
    json_kv_i64(out, "persons", (int64_t)node->persons);
    json_close(out, '}');
}

/* Nodes that have paths, and the anchor in any case; notes where each is written. */
static void put_levels(struct question *q, struct json_out *out)
{
    const size_t slots = FLOWS_SLOTS(q->query.limit);

    json_key(out, "levels");
    json_open(out, '[');
    for (uint32_t level = 0; level <= q->query.depth; level++) {
        uint32_t place = 0;

        json_open(out, '{');
        json_key(out, "nodes");
        json_open(out, '[');
        for (size_t slot = 0; slot < slots; slot++) {
            if (q->nodes[level * slots + slot].walks == 0 && (level > 0 || slot > 0)) continue;
            q->place[level * slots + slot] = place++;
            put_node(q, out, level, slot);
        }
        json_close(out, ']');
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void put_links(const struct question *q, struct json_out *out)
{
    const size_t slots = FLOWS_SLOTS(q->query.limit), n = q->query.depth * slots * slots;

    json_key(out, "links");
    json_open(out, '[');
    for (size_t i = 0; i < n; i++) {
        size_t level = i / slots / slots;

        if (q->links[i].walks == 0) continue;
        json_open(out, '{');
        json_kv_i64(out, "level", (int64_t)level);
        json_kv_i64(out, "from", q->place[i / slots]);
        json_kv_i64(out, "to", q->place[(level + 1) * slots + i % slots]);
        json_kv_i64(out, "count", (int64_t)q->links[i].walks);
        json_kv_i64(out, "persons", (int64_t)q->links[i].persons);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static bool answer(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot};
    struct arena *arena = &request->arena;
    struct json_out out = json_to(&reply->body);

    if (!read_question(&q, "limit", err)) return false;
    size_t slots = FLOWS_SLOTS(q.query.limit), n_nodes = (q.query.depth + 1) * slots;
    q.nodes = ARENA_ARRAY(arena, struct flows_node, n_nodes);
    q.place = ARENA_ARRAY(arena, uint32_t, n_nodes);
    q.links = ARENA_ARRAY(arena, struct flows_link, q.query.depth * slots * slots);
    if (!flows_count(snapshot, &q.query, arena, q.nodes, q.links, err)) return false;
    json_open(&out, '{');
    json_kv_str(&out, "anchor", q.anchor);
    json_kv_text(&out, "direction", DIRECTIONS[q.query.backwards]);
    json_kv_bool(&out, "session", q.query.in_session);
    question_put_length(&out, "window_ms", q.query.window_ms);
    json_kv_i64(&out, "paths", (int64_t)q.nodes[0].walks);
    json_kv_i64(&out, "persons", (int64_t)q.nodes[0].persons);
    put_levels(&q, &out);
    put_links(&q, &out);
    json_close(&out, '}');
    return true;
}

bool paths_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, answer, reply, err);
}

/* ---- /api/v1/paths/persons ---- */

static bool read_stop(const struct question *q, const char *name, Str text, struct flows_stop *stop, struct err *err)
{
    Str event = text, word = str_cut(&event, ':');

    *stop = (struct flows_stop){.kind = FLOWS_AT_EVENT};
    if (str_eq(text, STR("other"))) {
        stop->kind = FLOWS_AT_OTHER;
    } else if (str_eq(text, STR("end"))) {
        stop->kind = FLOWS_AT_END;
    } else if (!str_eq(word, STR("event")) || event.n == 0) {
        return err_set_field(err, name, "%s is event:NAME, other or end, not \"%.*s\"", name, STR_ARG(text));
    } else {
        stop->name = snapshot_find_name(q->snapshot, event);
        if (stop->name == DICT_NONE) return err_set_field(err, name, "no event is called \"%.*s\"", STR_ARG(event));
    }
    return true;
}

/* The anchor need not be named: nothing else stands at level 0. */
static bool read_pick(const struct question *q, struct flows_pick *pick, struct err *err)
{
    Str node = request_query(q->request, "node"), next = request_query(q->request, "next");
    int64_t level;

    *pick = (struct flows_pick){.is_link = next.n != 0};
    if (!request_query_whole(q->request, "level", 0, 0, q->query.depth - pick->is_link, &level, err)) return false;
    pick->level = (uint32_t)level;
    if (level > 0 || node.n != 0) {
        if (!read_stop(q, "node", node, &pick->stop, err)) return false;
        if (level == 0 && (pick->stop.kind != FLOWS_AT_EVENT || pick->stop.name != q->query.anchor))
            return err_set_field(err, "node", "at level 0 there is only the anchor, \"%.*s\"", STR_ARG(q->anchor));
    }
    if (!pick->is_link) return true;
    if (level > 0 && pick->stop.kind == FLOWS_AT_END)
        return err_set_field(err, "next", "nothing comes after an end: leave next out");
    return read_stop(q, "next", next, &pick->next, err);
}

static bool put_persons(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct question q = {.request = request, .snapshot = snapshot};
    bool *marked = SCRATCH_ARRAY(&request->arena, bool, snapshot->n_places, err);
    struct flows_pick pick;

    if (!marked || !read_question(&q, "names", err) || !read_pick(&q, &pick, err)) return false;
    if (!flows_mark(snapshot, &q.query, &pick, &request->arena, marked, err)) return false;
    return persons_list_put(request, snapshot, marked, reply, err);
}

bool paths_persons_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, put_persons, reply, err);
}
