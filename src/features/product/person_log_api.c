/* features/product/person_log_api.c -- all that is kept of one person: given out, and erased (GDPR articles 15 and 17).
 */
#include <inttypes.h>

#include "base/dict.h"
#include "base/json.h"
#include "events/person_log.h"
#include "features/product/product_int.h"

#define ALIASES_MAX_OF_PERSON 100000
#define PAGE_DEFAULT 500
#define PAGE_MAX 5000
#define PAGE_BYTES ((size_t)4 << 20) /* a page ends past it, however few its items */

/* The person's aliases, as texts. False: nobody is known by that name. */
static bool aliases_of(struct request *request, struct dict *aliases, struct err *err)
{
    const struct product *product = request->context;
    const struct snapshot *snapshot = pipeline_snapshot(product->pipeline);
    uint32_t person = snapshot_find_person(snapshot, request->param[0]);
    uint32_t *ids = ARENA_ARRAY(&request->arena, uint32_t, ALIASES_MAX_OF_PERSON);
    size_t n = person == DICT_NONE ? 0 : snapshot_aliases(snapshot, person, ids, ALIASES_MAX_OF_PERSON);

    if (n > 0) dict_add(aliases, snapshot_alias(snapshot, snapshot_person_alias(snapshot, person)));
    for (size_t i = 0; i < n; i++) dict_add(aliases, snapshot_alias(snapshot, ids[i]));
    snapshot_close(snapshot);
    if (n == 0) return err_set(err, ERR_NOT_FOUND, "nobody is known as \"%.*s\"", STR_ARG(request->param[0]));
    if (n == ALIASES_MAX_OF_PERSON)
        return err_set(err, ERR_LIMIT, "\"%.*s\" has too many aliases to be one person", STR_ARG(request->param[0]));
    return true;
}

struct listing {
    struct json_out *out;
    uint32_t limit, shown;
    int64_t last; /* the entry of the item shown last */
    bool more;
};

static bool put_item(void *context, int64_t raw_id, const struct raw_entry *entry, const struct staged *item)
{
    struct listing *listing = context;
    Str bytes;

    /* pages end between entries, so that a cursor is an entry */
    if ((listing->shown >= listing->limit || listing->out->buf->n > PAGE_BYTES) && raw_id != listing->last) {
        listing->more = true;
        return false;
    }
    if (!stage_item_bytes(entry, item->item, &bytes)) return true;
    json_open(listing->out, '{');
    json_kv_text(listing->out, "kind", raw_kind_name(item->kind));
    json_kv_instant(listing->out, "received_at", entry->received_ms);
    json_kv_str(listing->out, "body", bytes);
    json_close(listing->out, '}');
    listing->last = raw_id;
    listing->shown++;
    return true;
}

static bool give_out(struct request *request, struct reply *reply, const struct dict *aliases, struct err *err)
{
    const struct product *product = request->context;
    struct json_out out = json_to(&reply->body);
    struct listing listing = {.out = &out};
    struct page page;

    if (!question_page(request, PAGE_DEFAULT, PAGE_MAX, &page, err)) return false;
    listing.limit = page.limit;
    json_open(&out, '{');
    json_kv_str(&out, "person", dict_text(aliases, 0));
    json_key(&out, "aliases");
    json_open(&out, '[');
    for (uint32_t i = 0; i < dict_count(aliases); i++) json_put_str(&out, dict_text(aliases, i));
    json_close(&out, ']');
    json_key(&out, "items");
    json_open(&out, '[');
    if (!person_log_walk(request->db, (struct raw_span){(int64_t)page.skip, INT64_MAX}, product->settings->currency,
                         aliases, put_item, &listing, err))
        return false;
    json_close(&out, ']');
    json_kv_text(&out, "next", listing.more ? arena_printf(&request->arena, "%" PRId64, listing.last).p : NULL);
    json_close(&out, '}');
    return true;
}

bool person_log_get(struct request *request, struct reply *reply, struct err *err)
{
    struct dict *aliases = dict_new();
    bool ok = aliases_of(request, aliases, err) && give_out(request, reply, aliases, err);

    dict_free(aliases);
    return ok;
}

bool person_log_delete(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    struct json_out out = json_to(&reply->body);
    struct dict *aliases = dict_new();
    uint64_t erased = 0;
    bool ok = aliases_of(request, aliases, err) &&
              segments_forget(product->store, product->pipeline, request->param[0], err) &&
              pipeline_erase_person(product->pipeline, aliases, &erased, err);

    if (ok) {
        json_open(&out, '{');
        json_kv_i64(&out, "erased", (int64_t)erased);
        json_close(&out, '}');
    }
    dict_free(aliases);
    return ok;
}
