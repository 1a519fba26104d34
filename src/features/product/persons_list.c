#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "features/product/product_int.h"
#include "measure/persons_page.h"
#include "measure/scratch.h"

static const char *const ORDERS[] = {"place", "last_seen", "revenue", NULL};

/* A cursor is the key of the last row before it, and where that person's first event stands in the raw log. */
static bool read_cursor(const struct request *request, struct persons_at *at, bool *any, struct err *err)
{
    Str text = request_query(request, "cursor"), raw = text;
    Str key = str_cut(&raw, '_');
    int64_t number;

    *any = text.n != 0;
    if (!*any) return true;
    if (!str_to_i64(key, &at->key) || !str_to_i64(raw, &number) || number < 0)
        return err_set_field(err, "cursor", "\"%.*s\" is no cursor of this list", STR_ARG(text));
    at->raw = (uint64_t)number;
    return true;
}

static void put_row(struct json_out *out, const struct snapshot *snapshot, const struct person_row *row)
{
    uint32_t alias = snapshot_person_alias(snapshot, row->at.place);
    uint32_t platform = snapshot->touches[row->touch].dim[TOUCH_PLATFORM];

    json_open(out, '{');
    json_kv_str(out, "person", snapshot_alias(snapshot, alias));
    json_kv_instant(out, "first_at", row->first_ms);
    json_kv_instant(out, "last_at", row->last_ms);
    json_kv_i64(out, "events", (int64_t)row->events);
    json_kv_i64(out, "revenue", row->revenue_minor);
    json_kv_str(out, "platform", snapshot_value(snapshot, platform));
    json_close(out, '}');
}

static void put_page(struct reply *reply, const struct snapshot *snapshot, const struct persons_page *page)
{
    struct json_out out = json_to(&reply->body);
    char next[48];

    json_open(&out, '{');
    json_key(&out, "persons");
    json_open(&out, '[');
    for (uint32_t i = 0; i < page->n; i++) put_row(&out, snapshot, &page->rows[i]);
    json_close(&out, ']');
    json_kv_i64(&out, "total", (int64_t)page->total);
    if (page->more) {
        const struct persons_at *last = &page->rows[page->n - 1].at;
        snprintf(next, sizeof next, "%" PRId64 "_%" PRIu64, last->key, last->raw);
    }
    json_kv_text(&out, "next", page->more ? next : NULL);
    json_close(&out, '}');
}

bool persons_list_put(struct request *request, const struct snapshot *snapshot, bool *marked, struct reply *reply,
                      struct err *err)
{
    struct arena *arena = &request->arena;
    Str part = str_trim(request_query(request, "q"));
    struct persons_page page = {0};
    struct persons_at after;
    size_t order;
    int64_t limit;
    bool any;

    if (!question_choice(request, "sort", ORDERS, &order, err)) return false;
    if (!request_query_whole(request, "limit", 100, 1, PERSONS_PAGE_MAX, &limit, err)) return false;
    if (!read_cursor(request, &after, &any, err)) return false;
    page.order = (enum persons_order)order;
    page.after = any ? &after : NULL;
    page.limit = (uint32_t)limit;
    page.rows = SCRATCH_ARRAY(arena, struct person_row, page.limit, err);
    if (!page.rows) return false;
    if (part.n) persons_page_match(snapshot, part, snapshot_find_person(snapshot, part), arena, marked);
    if (!persons_page(snapshot, marked, arena, &page, err)) return false;
    put_page(reply, snapshot, &page);
    return true;
}

bool persons_list_group(struct request *request, const struct snapshot *snapshot, struct grouping *by, uint32_t *group,
                        struct err *err)
{
    struct groups groups;
    enum touch_dim dim;

    *by = (struct grouping){NULL, 1};
    *group = 0;
    if (!question_dim(request, TOUCH_PLATFORM, &dim, err)) return false;
    if (!request_query(request, "key").p) return true;
    if (!question_groups(request, snapshot, dim, &groups, err)) return false;
    *by = groups.by;
    return question_key(request, snapshot, dim, &groups, group, err);
}
