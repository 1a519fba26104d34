/* connect/rows.h -- the rows of a platform's reply, as rows of ads.
 *
 * Is:    replies in, struct ad_row out, by the rules of an adapter; every value is checked.
 * Owns:  the rows and their texts.
 * Never: guesses: a value that is not what the adapter says is an error that names row and field.
 */
#ifndef CONNECT_ROWS_H
#define CONNECT_ROWS_H

#include "ads/days.h"
#include "connect/adapter.h"

#define ROWS_MAX 200000
#define ROWS_TEXT_MAX ((size_t)64 * 1024 * 1024)

struct ad_rows {
    struct ad_row *row;
    size_t n, capacity;
    struct arena text;
    size_t text_bytes;
};

void rows_init(struct ad_rows *rows);
void rows_free(struct ad_rows *rows);
void rows_clear(struct ad_rows *rows);

/* One reply, of days first..last. ERR_UPSTREAM: nonsense; ERR_LIMIT: more rows than ROWS_MAX or ROWS_TEXT_MAX. */
bool rows_take_json(struct ad_rows *rows, const struct rows_rule *rule, const struct vars *vars,
                    const struct json *root, int32_t first, int32_t last, struct err *err) MUST_CHECK;
bool rows_take_tsv(struct ad_rows *rows, const struct rows_rule *rule, const struct vars *vars, Str body, int32_t first,
                   int32_t last, struct err *err) MUST_CHECK;

/* Order by day; ERR_UPSTREAM if two rows are about the same ad, day, placement and country. */
bool rows_finish(struct ad_rows *rows, struct err *err) MUST_CHECK;

#endif
