/* features/channels/tree_api.c -- channels, their campaigns, a campaign's ad groups and ads.
 *
 * A row is a key (the id of a channel, a campaign, an ad, or of a group's first ad) with its figures, of the days asked
 * for and of those before. All rows of a level are added up and put in order; names are looked up for the page alone.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/channels/channels_int.h"
#include "measure/scratch.h"

#define TREE_PAGE 100
#define TREE_PAGE_MAX 1000

enum level { LEVEL_CHANNEL, LEVEL_CAMPAIGN, LEVEL_AD_SET, LEVEL_AD };

struct tree_row {
    int64_t key;
    struct figures now, before;
    double order; /* what it is sorted by; NAN: not known, which comes last */
};

struct tree {
    struct request *request;
    enum level level;
    struct ad_scope scope;
    struct ad_span span;
    int32_t before_first; /* the first day to compare with; span.first: there is none */
    bool compares;
    struct pricing pricing;
    size_t by; /* an index of SORTS */
    bool falling;
    struct tree_row *row;
    size_t n, cap;
    struct figures now, before;
};

static const char *const SORTS[] = {"spend", "impressions", "reach", "clicks", "conversions", "revenue",
                                    "ctr",   "cpc",         "cpm",   "cpa",    "roas",        "roi"};
static const enum ad_count SORT_COUNT[] = {AD_SPEND,  AD_IMPRESSIONS, AD_REACH,
                                           AD_CLICKS, AD_CONVERSIONS, AD_REVENUE}; /* the others are ratios */

/* ---- the question ---- */

static bool read_sort(struct tree *tree, struct err *err)
{
    Str text = request_query(tree->request, "sort");

    tree->falling = text.n == 0 || text.p[0] == '-';
    if (text.n == 0) return true;
    Str name = tree->falling ? str_from(text, 1) : text;
    for (tree->by = 0; tree->by < COUNT_OF(SORTS); tree->by++)
        if (str_eq(name, str_of(SORTS[tree->by]))) return true;
    return err_set_field(err, "sort", "sort is a figure such as spend, or -spend for the largest first, not \"%.*s\"",
                         STR_ARG(text));
}

static bool read_compare(struct tree *tree, struct err *err)
{
    static const char *const CHOICES[] = {"none", "previous", NULL};
    size_t choice;

    tree->before_first = tree->span.first;
    if (!question_choice(tree->request, "compare", CHOICES, &choice, err)) return false;
    if (choice == 0) return true;
    if (tree->span.first == INT32_MIN || tree->span.last == INT32_MAX)
        return err_set_field(err, "compare", "say from and to, so that there is a span before it to compare with");
    tree->before_first = tree->span.first - (tree->span.last - tree->span.first + 1);
    tree->compares = true;
    return true;
}

static bool read_tree(struct tree *tree, struct err *err)
{
    static const char *const LEVELS[] = {"channel", "campaign", "ad_set", "ad", NULL};
    size_t level;

    if (!question_choice(tree->request, "level", LEVELS, &level, err)) return false;
    tree->level = (enum level)level;
    if (!ask_span(tree->request, &tree->span, err) || !ask_scope(tree->request, &tree->scope, err)) return false;
    if (tree->level >= LEVEL_AD_SET && !tree->scope.campaign_id)
        return err_set_field(err, "campaign",
                             "say of which campaign: its ad groups and ads are shown one campaign at a time");
    return read_sort(tree, err) && read_compare(tree, err) &&
           ask_pricing(tree->request, tree->span, &tree->pricing, err);
}

/* ---- the rows ---- */

#define OF_CAMPAIGN_DAY AD_SUM_COLUMNS " FROM campaign_day WHERE day BETWEEN $1 AND $2 AND ($3 = 0 OR channel_id = $3)"
#define OF_AD_DAY AD_DAY_COLUMNS " FROM ad a JOIN ad_day d ON d.ad_id = a.id WHERE d.day BETWEEN $1 AND $2" AD_SCOPE_SQL

static struct db_rows tree_query(const struct tree *tree)
{
    struct db *db = tree->request->db;
    const struct db_value args[] = {DB_I64(tree->before_first), DB_I64(tree->span.last), AD_SCOPE_ARGS(&tree->scope)};
    bool one = tree->scope.campaign_id != 0;

    switch (tree->level) {
    case LEVEL_CHANNEL:
        if (one) return db_query(db, "SELECT channel_id, " OF_CAMPAIGN_DAY " AND campaign_id = $4 ORDER BY 1", args, 4);
        return db_query(db,
                        "SELECT channel_id, " AD_SUM_COLUMNS " FROM channel_day WHERE day BETWEEN $1 AND $2"
                        " AND ($3 = 0 OR channel_id = $3) ORDER BY 1",
                        args, 3);
    case LEVEL_CAMPAIGN:
        if (one) return db_query(db, "SELECT campaign_id, " OF_CAMPAIGN_DAY " AND campaign_id = $4", args, 4);
        return db_query(db, "SELECT campaign_id, " OF_CAMPAIGN_DAY " ORDER BY campaign_id", args, 3);
    case LEVEL_AD_SET:
        return db_query(db,
                        "SELECT (SELECT MIN(b.id) FROM ad b WHERE b.campaign_id = a.campaign_id"
                        " AND b.ad_set_id = a.ad_set_id), " OF_AD_DAY " ORDER BY 1",
                        args, 6);
    case LEVEL_AD: break;
    }
    return db_query(db, "SELECT a.id, " OF_AD_DAY " ORDER BY 1", args, 6);
}

static struct tree_row *add_row(struct tree *tree, int64_t key, struct err *err)
{
    if (tree->n == tree->cap) {
        size_t cap = tree->cap ? tree->cap * 2 : 64;
        struct tree_row *more = SCRATCH_ARRAY(&tree->request->arena, struct tree_row, cap, err);
        if (!more) return NULL;
        if (tree->n) memcpy(more, tree->row, tree->n * sizeof *more);
        tree->row = more;
        tree->cap = cap;
    }
    tree->row[tree->n] = (struct tree_row){.key = key};
    return &tree->row[tree->n++];
}

static bool read_rows(struct tree *tree, struct err *err)
{
    struct db_rows rows = tree_query(tree);
    struct tree_row *row = NULL;

    while (db_next(&rows)) {
        int64_t key = db_i64(&rows, 0);
        if ((!row || row->key != key) && !(row = add_row(tree, key, err))) break;
        figures_add(db_i64(&rows, 1) >= tree->span.first ? &row->now : &row->before, &tree->pricing, &rows, 1);
    }
    bool whole = tree->n == 0 || row != NULL;
    return db_end(&rows, whole ? err : NULL) && whole;
}

static double order_of(const struct tree *tree, const struct figures *figures)
{
    double value;

    if (tree->by < COUNT_OF(SORT_COUNT)) {
        enum ad_count count = SORT_COUNT[tree->by];
        value = figures->known[count] ? (double)figures->count[count] : NAN;
    } else {
        value = figures_ratio(figures, (enum figure_ratio)(tree->by - COUNT_OF(SORT_COUNT)));
    }
    return tree->falling ? -value : value;
}

static int by_order(const void *a, const void *b)
{
    const struct tree_row *x = a, *y = b;
    if (isnan(x->order) != isnan(y->order)) return isnan(x->order) ? 1 : -1;
    if (x->order < y->order || x->order > y->order) return x->order < y->order ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

/* Rows that have nothing in the days asked for count in what they are compared with, and are not shown. */
static void finish_rows(struct tree *tree)
{
    size_t shown = 0;

    for (size_t i = 0; i < tree->n; i++) {
        struct tree_row *row = &tree->row[i];
        figures_add_all(&tree->now, &row->now);
        figures_add_all(&tree->before, &row->before);
        row->order = order_of(tree, &row->now);
        if (row->now.rows) tree->row[shown++] = *row;
    }
    tree->n = shown;
    if (shown) qsort(tree->row, shown, sizeof *tree->row, by_order);
}

/* ---- the answer ---- */

/* id, name, channel, status of a key */
static struct db_rows label_query(const struct tree *tree, int64_t key)
{
    struct db *db = tree->request->db;
    const struct db_value args[] = {DB_I64(key), DB_I64(tree->scope.channel_id)};

    switch (tree->level) {
    case LEVEL_CHANNEL: return db_query(db, "SELECT name, name, name, '' FROM channel WHERE id = $1", args, 1);
    case LEVEL_CAMPAIGN:
        return db_query(db,
                        "SELECT c.campaign_id, c.name, h.name, c.status FROM campaign c JOIN channel h"
                        " ON h.id = CASE WHEN $2 = 0 THEN c.channel_id ELSE $2 END WHERE c.id = $1",
                        args, 2);
    case LEVEL_AD_SET:
        return db_query(
            db,
            "SELECT a.ad_set_id, a.ad_set_name, h.name, '' FROM ad a JOIN campaign c ON c.id = a.campaign_id"
            " JOIN channel h ON h.id = CASE WHEN $2 = 0 THEN c.channel_id ELSE $2 END WHERE a.id = $1",
            args, 2);
    case LEVEL_AD: break;
    }
    return db_query(db,
                    "SELECT a.external_id, a.name, h.name, a.status FROM ad a JOIN campaign c ON c.id = a.campaign_id"
                    " JOIN channel h ON h.id = CASE WHEN $2 = 0 THEN c.channel_id ELSE $2 END WHERE a.id = $1",
                    args, 2);
}

static bool put_label(const struct tree *tree, struct json_out *out, int64_t key, struct err *err)
{
    struct db_rows rows = label_query(tree, key);

    if (db_next(&rows)) {
        json_kv_i64(out, "key", key);
        json_kv_str(out, "id", db_str(&rows, 0));
        put_value(out, "name", db_str(&rows, 1));
        json_kv_str(out, "channel", db_str(&rows, 2));
        put_value(out, "status", db_str(&rows, 3));
        return db_end(&rows, err);
    }
    return db_end(&rows, err) && err_set(err, ERR_BUSY, "it has just changed; ask again");
}

static void put_before(const struct tree *tree, struct json_out *out, const struct figures *before)
{
    if (!tree->compares) {
        json_kv_null(out, "before");
        return;
    }
    json_key(out, "before");
    json_open(out, '{');
    put_figures(out, before);
    json_close(out, '}');
}

static bool put_row(const struct tree *tree, struct json_out *out, const struct tree_row *row, struct err *err)
{
    json_open(out, '{');
    if (!put_label(tree, out, row->key, err)) return false;
    json_kv_day(out, "first_day", row->now.first_day);
    json_kv_day(out, "last_day", row->now.last_day);
    put_figures(out, &row->now);
    put_before(tree, out, &row->before);
    json_close(out, '}');
    return true;
}

bool tree_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct tree tree = {.request = request};
    struct page page;

    if (!read_tree(&tree, err) || !question_page(request, TREE_PAGE, TREE_PAGE_MAX, &page, err)) return false;
    if (!read_rows(&tree, err)) return false;
    finish_rows(&tree);
    json_open(&out, '{');
    json_key(&out, "rows");
    json_open(&out, '[');
    for (size_t i = page.skip; i < tree.n && i < page.skip + page.limit; i++)
        if (!put_row(&tree, &out, &tree.row[i], err)) return false;
    json_close(&out, ']');
    json_key(&out, "total");
    json_open(&out, '{');
    put_figures(&out, &tree.now);
    put_before(&tree, &out, &tree.before);
    json_close(&out, '}');
    json_kv_str(&out, "currency", tree.pricing.currency);
    question_put_next(&out, &page, page.skip + page.limit < tree.n);
    json_close(&out, '}');
    return true;
}
