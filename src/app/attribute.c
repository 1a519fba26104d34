/* app/attribute.c -- `demetra attribute FILE.csv`: every model that a table of paths allows, side by side.
 *
 * No database and no settings: a file in, a table or JSON out, so that the answers can be laid beside other programs'.
 * Time decay is left out because a path table knows no times, last_paid and last_non_direct because it does not say
 * which channels are paid or direct.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "base/json.h"
#include "measure/path_models.h"
#include "report/path_table.h"

#define FILE_MAX ((size_t)1 << 30)
#define PATHS_MAX ((size_t)2 << 30)
#define SCRATCH_MAX ((size_t)8 << 30)
#define NAME_WIDTH_MAX 40

enum column { FIRST, LAST, LINEAR, POSITION, MARKOV, SHAPLEY, SHAPLEY_RATE, COLUMN_COUNT };

static const char *const COLUMN_NAMES[COLUMN_COUNT] = {
    "first", "last", "linear", "position", "markov", "shapley", "shapley_rate",
};
static const enum attribution_model RULES[] = {
    [FIRST] = MODEL_FIRST, [LAST] = MODEL_LAST, [LINEAR] = MODEL_LINEAR, [POSITION] = MODEL_POSITION};

struct answer {
    const char *file;
    struct path_table table;
    struct arena arena;
    uint32_t n; /* channels; row n is what no channel gets */
    struct path_credit *credit[COLUMN_COUNT];
    int order; /* asked for; 0: the best */
    struct path_models models;
};

/* ---- the answer ---- */

static bool read_file(const char *file, struct buf *out, struct err *err)
{
    char chunk[64 * 1024];
    FILE *in = fopen(file, "rb");
    size_t n;

    if (!in) return err_set(err, ERR_NOT_FOUND, "cannot open %s: %s", file, strerror(errno));
    while ((n = fread(chunk, 1, sizeof chunk, in)) > 0 && buf_add(out, (Str){chunk, n})) continue;
    bool failed = ferror(in) != 0;
    (void)fclose(in);
    if (failed) return err_set(err, ERR_INVALID, "cannot read %s to its end", file);
    if (out->full) return err_set(err, ERR_LIMIT, "%s is longer than %zu bytes", file, FILE_MAX);
    return true;
}

static bool read_table(struct answer *answer, struct err *err)
{
    struct buf text;

    buf_init(&text, FILE_MAX);
    bool ok = read_file(answer->file, &text, err) && path_table_read(buf_str(&text), PATHS_MAX, &answer->table, err);
    buf_reset(&text);
    return ok;
}

static bool compute_rules(struct answer *answer, struct arena *scratch, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        answer->credit[i] = ARENA_ARRAY(&answer->arena, struct path_credit, (size_t)answer->n + 1);
        if (!path_rule(&answer->table.paths, RULES[i], scratch, answer->credit[i], err)) return false;
        arena_reset(scratch);
    }
    return true;
}

static bool compute(struct answer *answer, struct err *err)
{
    struct path_models_ask ask = {.wanted = {true, true, true}, .order = answer->order};
    struct arena scratch;

    answer->n = answer->table.paths.n_channels;
    arena_init(&scratch, SCRATCH_MAX);
    bool ok = compute_rules(answer, &scratch, err);
    arena_free(&scratch);
    if (!ok || !path_models_count(&answer->table.paths, &ask, SCRATCH_MAX, &answer->arena, &answer->models, err))
        return false;
    for (int m = 0; m < PATH_MODEL_COUNT; m++) answer->credit[MARKOV + m] = answer->models.credit[m];
    return true;
}

/* ---- as JSON ---- */

/* 123450 -> 1234.50, exactly. */
static const char *money(int64_t minor, char out[32])
{
    uint64_t magnitude = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    (void)snprintf(out, 32, "%s%" PRIu64 ".%02" PRIu64, minor < 0 ? "-" : "", magnitude / 100, magnitude % 100);
    return out;
}

static void json_kv_money(struct json_out *out, const char *key, int64_t minor)
{
    char text[32];

    json_key(out, key);
    json_put_raw(out, str_of(money(minor, text)));
}

static void put_row(struct json_out *out, const struct answer *answer, uint32_t row)
{
    json_open(out, '{');
    if (row < answer->n) {
        json_kv_str(out, "channel", dict_text(answer->table.channels, row));
        json_key(out, "removal_effect");
        json_open(out, '{');
        json_kv_double(out, "conversions", answer->models.removal[row].conversions);
        json_kv_double(out, "value", answer->models.removal[row].value);
        json_close(out, '}');
    }
    json_key(out, "models");
    json_open(out, '{');
    for (int i = 0; i < COLUMN_COUNT; i++) {
        json_key(out, COLUMN_NAMES[i]);
        json_open(out, '{');
        json_kv_double(out, "conversions", answer->credit[i][row].conversions);
        json_kv_money(out, "value", answer->credit[i][row].value_minor);
        json_close(out, '}');
    }
    json_close(out, '}');
    json_close(out, '}');
}

static void put_orders(struct json_out *out, const struct answer *answer)
{
    json_key(out, "orders");
    json_open(out, '[');
    for (int k = 1; k <= MARKOV_ORDER_MAX && answer->models.chosen; k++) {
        json_open(out, '{');
        json_kv_i64(out, "order", k);
        json_kv_double(out, "auc", answer->models.orders[k - 1].auc);
        json_kv_double(out, "penalised_auc", answer->models.orders[k - 1].penalised);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void put_how(struct json_out *out, const struct answer *answer)
{
    const struct markov *markov = &answer->models.markov;

    json_key(out, "markov");
    json_open(out, '{');
    json_kv_i64(out, "order", answer->models.order);
    json_kv_bool(out, "order_chosen", answer->models.chosen);
    put_orders(out, answer);
    json_kv_i64(out, "states", markov->states);
    json_kv_i64(out, "transitions", (int64_t)markov->transitions);
    json_kv_double(out, "conversion_rate", markov->conversion_rate);
    json_kv_double(out, "residual", markov->residual);
    json_kv_bool(out, "value_undetermined", markov->value_undetermined);
    json_close(out, '}');
    json_key(out, "shapley_rate");
    json_open(out, '{');
    json_kv_bool(out, "exact", answer->models.rate.exact);
    json_kv_i64(out, "orders", answer->models.rate.orders);
    json_kv_double(out, "worst_standard_error", answer->models.rate.worst_error);
    json_close(out, '}');
}

static void put_table(struct json_out *out, const struct answer *answer)
{
    const struct path_table *table = &answer->table;

    json_kv_i64(out, "conversions", table->paths.conversions);
    json_kv_i64(out, "nulls", table->paths.nulls);
    json_kv_money(out, "value", table->paths.value_minor);
    json_kv_i64(out, "paths", table->paths.n);
    json_kv_i64(out, "rows_taken", table->rows);
    json_kv_i64(out, "rows_rejected", table->wrong);
    json_key(out, "rejected");
    json_open(out, '[');
    for (size_t i = 0; i < table->n_faults; i++) {
        json_open(out, '{');
        json_kv_i64(out, "line", table->fault[i].line);
        json_kv_text(out, "why", table->fault[i].why);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static bool print_json(const struct answer *answer, struct err *err)
{
    struct buf text;

    buf_init(&text, FILE_MAX);
    struct json_out out = json_to(&text);
    json_open(&out, '{');
    put_table(&out, answer);
    put_how(&out, answer);
    json_key(&out, "rows");
    json_open(&out, '[');
    for (uint32_t i = 0; i < answer->n; i++) put_row(&out, answer, i);
    json_close(&out, ']');
    json_key(&out, "unattributed");
    put_row(&out, answer, answer->n);
    json_close(&out, '}');
    bool ok = !text.full || err_set(err, ERR_LIMIT, "the answer is longer than %zu bytes", FILE_MAX);
    if (ok) (void)fwrite(text.p, 1, text.n, stdout);
    if (ok) printf("\n");
    buf_reset(&text);
    return ok;
}

/* ---- as a table ---- */

static int width_of(Str name) /* in characters */
{
    int width = 0;

    for (size_t i = 0; i < name.n; i++) width += ((unsigned char)name.p[i] & 0xC0) != 0x80;
    return width;
}

static Str name_of(const struct answer *answer, uint32_t row)
{
    return row < answer->n ? dict_text(answer->table.channels, row) : STR("(unattributed)");
}

static void print_name(Str name, int width)
{
    printf("%.*s%*s", STR_ARG(name), width > width_of(name) ? width - width_of(name) : 0, "");
}

static void print_credit(const struct path_credit *credit, bool value)
{
    char text[32];

    if (value) {
        printf("  %14s", money(credit->value_minor, text));
    } else {
        printf("  %14.4f", credit->conversions);
    }
}

static void print_row(const struct answer *answer, uint32_t row, int width, bool value)
{
    print_name(name_of(answer, row), width);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        print_credit(&answer->credit[i][row], value);
        if (i != MARKOV) continue;
        if (row == answer->n) {
            printf("  %8s", "");
        } else {
            printf("  %8.6f", value ? answer->models.removal[row].value : answer->models.removal[row].conversions);
        }
    }
    printf("\n");
}

static void print_total(const struct answer *answer, int width, bool value)
{
    print_name(STR("total"), width);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        struct path_credit sum = {0};
        for (uint32_t row = 0; row <= answer->n; row++) {
            sum.conversions += answer->credit[i][row].conversions;
            sum.value_minor += answer->credit[i][row].value_minor;
        }
        print_credit(&sum, value);
        if (i == MARKOV) printf("  %8s", "");
    }
    printf("\n");
}

static void print_credits(const struct answer *answer, bool value)
{
    int width = width_of(STR("(unattributed)"));

    for (uint32_t row = 0; row < answer->n; row++) {
        int own = width_of(name_of(answer, row));
        if (own > width) width = own < NAME_WIDTH_MAX ? own : NAME_WIDTH_MAX;
    }
    printf("\n");
    print_name(value ? STR("value") : STR("conversions"), width);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        printf("  %14s", COLUMN_NAMES[i]);
        if (i == MARKOV) printf("  %8s", "removal");
    }
    printf("\n");
    for (uint32_t row = 0; row < answer->n; row++) print_row(answer, row, width, value);
    if (answer->credit[FIRST][answer->n].conversions > 0) print_row(answer, answer->n, width, value);
    print_total(answer, width, value);
}

static void print_how(const struct answer *answer)
{
    const struct markov *markov = &answer->models.markov;

    if (answer->models.chosen) {
        printf("order      AUC  penalised\n");
        for (int k = 1; k <= MARKOV_ORDER_MAX; k++) {
            const struct markov_order *order = &answer->models.orders[k - 1];
            printf("%5d  %7.5f    %.5f%s\n", k, order->auc, order->penalised,
                   k == answer->models.order ? "  <- chosen" : "");
        }
        if (isnan(answer->models.orders[0].auc))
            printf("without both conversions and nulls the order cannot be told\n");
    }
    printf("markov: order %d, %" PRIu32 " states, %" PRIu64 " transitions, conversion rate %.6f, residual %.1e\n",
           answer->models.order, markov->states, markov->transitions, markov->conversion_rate, markov->residual);
    if (markov->value_undetermined) printf("markov: values cancel out; value is shared as the conversions are\n");
    if (!answer->models.rate.exact)
        printf("shapley_rate: %" PRIu32 " sampled orders, standard error at most %.4f conversions\n",
               answer->models.rate.orders, answer->models.rate.worst_error);
}

static void print_table(const struct answer *answer)
{
    const struct path_table *table = &answer->table;
    char text[32];

    printf("%s: %" PRId64 " rows, %" PRIu32 " paths, %" PRId64 " conversions, %" PRId64 " nulls, value %s\n",
           answer->file, table->rows, table->paths.n, table->paths.conversions, table->paths.nulls,
           money(table->paths.value_minor, text));
    print_how(answer);
    print_credits(answer, false);
    if (table->has_value) print_credits(answer, true);
}

static void print_faults(const struct answer *answer)
{
    const struct path_table *table = &answer->table;

    for (size_t i = 0; i < table->n_faults; i++)
        fprintf(stderr, "%s:%" PRId64 ": %s\n", answer->file, table->fault[i].line, table->fault[i].why);
    if (table->wrong > 0) fprintf(stderr, "%s: %" PRId64 " rows were left out\n", answer->file, table->wrong);
}

int command_attribute(int n, char **args)
{
    const char *order = option_value(n, args, "--order");
    struct answer answer = {.file = n > 0 ? args[0] : NULL};
    struct err err = {0};
    int64_t k = 0; /* the best */

    if (!answer.file || answer.file[0] == '-' || (!order && option_given(n, args, "--order")) ||
        (order && (!str_to_i64(str_of(order), &k) || k < 1 || k > MARKOV_ORDER_MAX))) {
        fprintf(stderr, "demetra: attribute FILE.csv [--order 1..%d] [--json]\n", MARKOV_ORDER_MAX);
        return 2;
    }
    answer.order = (int)k;
    if (!read_table(&answer, &err)) return fail_with(&err);
    arena_init(&answer.arena, SCRATCH_MAX);
    print_faults(&answer);
    bool ok = answer.table.rows > 0 || answer.table.wrong == 0 ||
              err_set(&err, ERR_INVALID, "no row of %s could be read", answer.file);
    ok = ok && compute(&answer, &err);
    if (ok && option_given(n, args, "--json")) {
        ok = print_json(&answer, &err);
    } else if (ok) {
        print_table(&answer);
    }
    arena_free(&answer.arena);
    path_table_reset(&answer.table);
    return ok ? 0 : fail_with(&err);
}
