/* base/asset.h -- files built into the binary by tools/embed.py.
 *
 * Is:    a table of names and bytes, sorted by name.
 * Owns:  nothing; the bytes are constants.
 * Never: changes at run time.
 */
#ifndef BASE_ASSET_H
#define BASE_ASSET_H

#include "base/str.h"

struct asset {
    Str name; /* with slashes, such as "assets/index-1a2b.js" */
    Str bytes;
    bool gzip; /* the bytes are gzip-compressed */
};

struct asset_table {
    const struct asset *rows;
    size_t n;
};

const struct asset *asset_find(const struct asset_table *table, Str name); /* NULL when there is none */

extern const struct asset_table ASSETS_MIGRATIONS; /* src/store/migrations */
extern const struct asset_table ASSETS_SCHEMAS;    /* every schemas.json below src */
extern const struct asset_table ASSETS_ADAPTERS;   /* src/connect/adapters */
extern const struct asset_table ASSETS_WEB;        /* web/dist */

#endif
