#include "features/segments/segments_int.h"
#include "report/segment_rule.h"

#define KIND_FILTER STR("filter")
#define KIND_COHORT STR("cohort")
#define DEFINITION_BYTES_MAX ((size_t)16 * 1024 * 1024) /* control characters are longer when written */

static void put_row(struct json_out *out, const struct segment_row *row)
{
    json_kv_i64(out, "id", row->id);
    json_kv_str(out, "name", row->name);
    json_kv_str(out, "kind", row->kind);
    json_kv_instant(out, "created_at", row->created_ms);
    json_kv_instant(out, "changed_at", row->changed_ms);
}

bool segments_get(struct request *request, struct reply *reply, struct err *err)
{
    struct segment_row *rows = ARENA_ARRAY(&request->arena, struct segment_row, SEGMENTS_MAX);
    struct json_out out = json_to(&reply->body);
    size_t n;

    if (!segment_list(request->db, &request->arena, rows, &n, err)) return false;
    json_open(&out, '{');
    json_key(&out, "segments");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(&out, '{');
        put_row(&out, &rows[i]);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

/* The definition of a filter; of a cohort how many were listed: its persons are a list of their own. */
static void put_definition(struct json_out *out, const struct segment_row *row, const struct segment_rule *rule)
{
    json_key(out, "definition");
    if (str_eq(row->kind, KIND_COHORT)) {
        json_put_null(out);
        json_kv_i64(out, "listed", rule->inner[0].n_persons);
    } else {
        json_put_raw(out, row->definition);
        json_kv_null(out, "listed");
    }
}

/* A segment with how many persons and events it has now. `db` sees what was committed last. */
static bool reply_segment(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    const struct segments *segments = request->context;
    struct json_out out = json_to(&reply->body);
    const struct snapshot *snapshot = NULL;
    struct segment_row row;
    struct segment_rule rule;

    if (!segment_read(request->db, id, &request->arena, &row, err)) return false;
    const struct json *json = json_parse(row.definition, &request->arena, err);
    if (!json || !segment_rule_read(json, &request->arena, &rule, err)) return false;
    if (!segment_snapshot(request, segments->pipeline, segments->cache, id, &snapshot, err)) return false;
    json_open(&out, '{');
    put_row(&out, &row);
    put_definition(&out, &row, &rule);
    json_kv_i64(&out, "persons", snapshot->n_persons);
    json_kv_i64(&out, "events", (int64_t)snapshot->n_events);
    json_close(&out, '}');
    question_snapshot_close(snapshot);
    return true;
}

bool segment_get(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id;

    return request_param_whole(request, 0, &id, err) && reply_segment(request, reply, id, err);
}

/* ---- changing ---- */

static bool read_name(const struct json *json, struct segment_row *row, struct err *err)
{
    row->name = str_trim(json_str(json_get(json, "name")));
    if (row->name.n >= 1 && row->name.n <= SEGMENT_NAME_MAX) return true;
    return err_set_field(err, "name", "a segment has a name of 1 to %d bytes", SEGMENT_NAME_MAX);
}

/* A cohort of those who are in a segment now. */
static bool freeze(struct request *request, const struct json *from, struct segment_rule *rule, struct err *err)
{
    const struct segments *segments = request->context;
    const struct snapshot *snapshot = NULL;
    struct segment_rule *list = ARENA_NEW(&request->arena, struct segment_rule);
    int64_t id = 0;

    if (!json_i64(from, &id)) return err_set_field(err, "from_segment", "from_segment is the id of a segment");
    if (!segment_snapshot(request, segments->pipeline, segments->cache, id, &snapshot, err))
        return err->code == ERR_NOT_FOUND &&
               err_set_field(err, "from_segment", "there is no segment %lld", (long long)id);
    bool ok = snapshot->n_persons <= SEGMENT_PERSONS_MAX ||
              err_set_field(err, "from_segment", "segment %lld holds %u persons; a cohort lists at most %d",
                            (long long)id, snapshot->n_persons, SEGMENT_PERSONS_MAX);
    *list = (struct segment_rule){.kind = SEGMENT_PLACES};
    list->person = ARENA_ARRAY(&request->arena, Str, ok ? snapshot->n_persons : 0);
    for (uint32_t place = 0; ok && place < snapshot->n_places; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        if (rows.begin == rows.end) continue;
        list->person[list->n_persons++] =
            arena_copy(&request->arena, snapshot_alias(snapshot, snapshot_person_alias(snapshot, place)));
    }
    *rule = (struct segment_rule){.kind = SEGMENT_GROUP, .inner = list, .n_inner = 1};
    question_snapshot_close(snapshot);
    return ok;
}

/* The rule that the body gives; *given = false: it gives none. */
static bool read_rule(struct request *request, const struct json *json, const struct segment_row *row,
                      struct segment_rule *rule, bool *given, struct err *err)
{
    const struct json *definition = json_get(json, "definition"), *persons = json_get(json, "persons"),
                      *from = json_get(json, "from_segment");
    bool cohort = str_eq(row->kind, KIND_COHORT);

    if (cohort && !json_is_null(definition))
        return err_set_field(err, "definition", "a cohort has persons and no definition");
    if (!cohort && !json_is_null(persons)) return err_set_field(err, "persons", "a filter has no persons of its own");
    if (!json_is_null(from) && (!cohort || !json_is_null(persons)))
        return err_set_field(err, "from_segment", "from_segment is for a cohort, instead of persons");
    *given = true;
    if (!json_is_null(from)) return freeze(request, from, rule, err);
    if (!json_is_null(persons)) return segment_rule_of_persons(persons, &request->arena, rule, err);
    if (!json_is_null(definition)) return segment_rule_read(definition, &request->arena, rule, err);
    *given = false;
    return true;
}

/* The same, written into `row->definition`. */
static bool read_definition(struct request *request, const struct json *json, struct segment_row *row, bool *given,
                            struct err *err)
{
    struct segment_rule rule;
    struct buf text;

    if (!read_rule(request, json, row, &rule, given, err)) return false;
    if (!*given) return true;
    buf_init(&text, DEFINITION_BYTES_MAX);
    struct json_out out = json_to(&text);
    segment_rule_write(&rule, &out);
    bool ok = !text.full || err_set(err, ERR_LIMIT, "the definition is larger than %zu bytes", DEFINITION_BYTES_MAX);
    if (ok) row->definition = arena_copy(&request->arena, buf_str(&text));
    buf_reset(&text);
    return ok;
}

bool segments_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct segments *segments = request->context;
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct segment_row row = {0};
    bool given = false;

    if (!json || !read_name(json, &row, err)) return false;
    row.kind = json_str(json_get(json, "kind"));
    if (!str_eq(row.kind, KIND_FILTER) && !str_eq(row.kind, KIND_COHORT))
        return err_set_field(err, "kind", "kind is filter or cohort");
    if (!read_definition(request, json, &row, &given, err)) return false;
    if (!given)
        return str_eq(row.kind, KIND_COHORT)
                   ? err_set_field(err, "persons", "a cohort is made of persons: their aliases")
                   : err_set_field(err, "definition", "a filter needs its definition");
    bool ok = segment_insert(store_writer_take(segments->store), &row, err);
    store_writer_give(segments->store);
    if (!ok) return false;
    reply->status = 201;
    return reply_segment(request, reply, row.id, err);
}

/* What is left out stays: a cohort can be renamed without its list. */
bool segment_put(struct request *request, struct reply *reply, struct err *err)
{
    const struct segments *segments = request->context;
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct segment_row row;
    bool given = false;
    int64_t id;

    if (!json || !request_param_whole(request, 0, &id, err)) return false;
    if (!segment_read(request->db, id, &request->arena, &row, err)) return false;
    const struct json *kind = json_get(json, "kind");
    if (!json_is_null(kind) && !str_eq(json_str(kind), row.kind))
        return err_set_field(err, "kind", "segment %lld is a %.*s and stays one", (long long)id, STR_ARG(row.kind));
    if (!json_is_null(json_get(json, "name")) && !read_name(json, &row, err)) return false;
    if (!read_definition(request, json, &row, &given, err)) return false;
    bool ok = segment_update(store_writer_take(segments->store), &row, err);
    store_writer_give(segments->store);
    return ok && reply_segment(request, reply, id, err);
}

bool segment_delete(struct request *request, struct reply *reply, struct err *err)
{
    const struct segments *segments = request->context;
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    bool ok = segment_remove(store_writer_take(segments->store), id, err);
    store_writer_give(segments->store);
    if (ok) reply->status = 204;
    return ok;
}
