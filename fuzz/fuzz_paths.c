/* Any bytes as a table of paths: read or refused; what is read counts up, and every model's credits sum to it. */
#include "fuzz.h"

#include <math.h>

#include "base/hash.h"
#include "measure/path_models.h"
#include "measure/shapley.h"
#include "report/path_table.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    hash_start();
    return 0;
}

static void check_credit(const struct paths *paths, const struct path_credit *credit)
{
    double conversions = 0;
    int64_t value = 0;

    for (uint32_t i = 0; i <= paths->n_channels; i++) {
        conversions += credit[i].conversions;
        value += credit[i].value_minor;
    }
    CHECK(value == paths->value_minor);
    CHECK(fabs(conversions - (double)paths->conversions) <= 1e-6 * (1 + (double)paths->conversions));
}

static void check_models(const struct path_table *table)
{
    struct arena arena;
    struct err err;
    size_t n = (size_t)table->paths.n_channels + 1;

    arena_init(&arena, (size_t)64 << 20);
    struct path_credit *credit = ARENA_ARRAY(&arena, struct path_credit, n);
    struct markov_removal *removal = ARENA_ARRAY(&arena, struct markov_removal, n);
    struct markov markov;
    for (int model = 0; model < MODEL_COUNT; model++)
        if (path_rule_applies((enum attribution_model)model) &&
            path_rule(&table->paths, (enum attribution_model)model, &arena, credit, &err))
            check_credit(&table->paths, credit);
    if (shapley_count(&table->paths, &arena, credit, &err)) check_credit(&table->paths, credit);
    for (int order = 1; order <= MARKOV_ORDER_MAX && n < 200; order++)
        if (markov_count(&table->paths, order, &arena, removal, credit, &markov, &err))
            check_credit(&table->paths, credit);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct path_table table;
    struct err err;

    if (!path_table_read((Str){(const char *)data, n}, (size_t)8 << 20, &table, &err)) return 0;
    CHECK(table.rows >= 0 && table.wrong >= 0);
    CHECK(table.paths.n_channels <= dict_count(table.channels));
    for (uint32_t i = 0; i < table.paths.n; i++) {
        struct path path = paths_at(&table.paths, i);
        CHECK(path.conversions >= 0 && path.nulls >= 0);
        for (uint32_t k = 0; k < path.n; k++) CHECK(path.channel[k] < table.paths.n_channels);
    }
    check_models(&table);
    path_table_reset(&table);
    return 0;
}
