#include "base/asset.h"

const struct asset *asset_find(const struct asset_table *table, Str name)
{
    for (size_t i = 0; i < table->n; i++)
        if (str_eq(table->rows[i].name, name)) return &table->rows[i];
    return NULL;
}
