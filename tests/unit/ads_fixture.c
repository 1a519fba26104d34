#include "ads_fixture.h"

#include <math.h>
#include <stdlib.h>

int ads_open(void **state)
{
    struct ads_place *place = mem_new(sizeof *place);
    struct err err = {0};

    folder_make(place->folder);
    place->store = store_open(str_of(place->folder), &err);
    if (!place->store) fail_msg("%s", err.text);
    place->db = store_writer_take(place->store);
    arena_init(&place->arena, (size_t)256 * 1024 * 1024);
    *state = place;
    return 0;
}

int ads_close(void **state)
{
    struct ads_place *place = *state;

    arena_free(&place->arena);
    store_writer_give(place->store);
    store_close(place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

int64_t ads_ask(struct ads_place *place, const char *sql)
{
    struct db_rows rows = db_query(place->db, sql, DB_NO_ARGS);
    struct err err = {0};
    int64_t found = db_next(&rows) && !db_is_null(&rows, 0) ? db_i64(&rows, 0) : INT64_MIN;

    if (!db_end(&rows, &err)) fail_msg("%s: %s", sql, err.text);
    return found;
}

double ads_ask_real(struct ads_place *place, const char *sql)
{
    struct db_rows rows = db_query(place->db, sql, DB_NO_ARGS);
    struct err err = {0};
    double found = db_next(&rows) ? db_f64(&rows, 0) : NAN;

    if (!db_end(&rows, &err)) fail_msg("%s: %s", sql, err.text);
    return found;
}

Str ads_ask_text(struct ads_place *place, const char *sql)
{
    struct db_rows rows = db_query(place->db, sql, DB_NO_ARGS);
    struct err err = {0};
    Str found = db_next(&rows) ? arena_copy(&place->arena, db_str(&rows, 0)) : STR("");

    if (!db_end(&rows, &err)) fail_msg("%s: %s", sql, err.text);
    return found;
}

void ads_run(struct ads_place *place, const char *sql)
{
    struct err err = {0};

    if (!db_script(place->db, str_of(sql), &err)) fail_msg("%s: %s", sql, err.text);
}

struct ad_row ads_row(const char *campaign, const char *ad, int32_t day)
{
    struct ad_row row = {.campaign_id = str_of(campaign),
                         .ad_id = str_of(ad),
                         .channel = STR("Facebook"),
                         .currency = STR("USD"),
                         .day = day};

    for (int i = 0; i < AD_COUNTS; i++) row.count[i] = AD_NOT_SAID;
    return row;
}
