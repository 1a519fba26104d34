#include "ads/channels.h"

#include "base/time.h"

/* What a name holds -> the platform's value by the built-in rules of the events. The first that fits. */
static const struct {
    Str part, platform;
} PLATFORMS[] = {
    {STR_INIT("instagram"), STR_INIT("instagram")}, {STR_INIT("facebook"), STR_INIT("facebook")},
    {STR_INIT("meta"), STR_INIT("facebook")},       {STR_INIT("tiktok"), STR_INIT("tiktok")},
    {STR_INIT("google"), STR_INIT("google")},       {STR_INIT("youtube"), STR_INIT("google")},
    {STR_INIT("yandex"), STR_INIT("yandex")},       {STR_INIT("telegram"), STR_INIT("telegram")},
    {STR_INIT("viber"), STR_INIT("viber")},         {STR_INIT("mail"), STR_INIT("email")},
};

static Str platform_of(Str name)
{
    for (size_t i = 0; i < COUNT_OF(PLATFORMS); i++)
        if (str_contains_nocase(name, PLATFORMS[i].part)) return PLATFORMS[i].platform;
    return STR("");
}

bool channels_list(struct db *db, struct arena *arena, const struct channel **out, size_t *n, struct err *err)
{
    struct channel *list = ARENA_ARRAY(arena, struct channel, CHANNELS_MAX);
    struct db_rows rows = db_query(db,
                                   "SELECT h.id, h.name, h.platform, (SELECT count(*) FROM campaign c "
                                   "WHERE c.channel_id = h.id) FROM channel h ORDER BY h.name, h.id",
                                   DB_NO_ARGS);
    size_t found = 0;

    while (found < CHANNELS_MAX && db_next(&rows))
        list[found++] = (struct channel){.id = db_i64(&rows, 0),
                                         .name = arena_copy(arena, db_str(&rows, 1)),
                                         .platform = arena_copy(arena, db_str(&rows, 2)),
                                         .campaigns = db_i64(&rows, 3)};
    if (!db_end(&rows, err)) return false;
    *out = list;
    *n = found;
    return true;
}

bool channel_find(struct db *db, Str name, int64_t *id, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT id FROM channel WHERE lower(name) = lower($1)", DB_ARGS(DB_TEXT(str_trim(name))));

    *id = db_next(&rows) ? db_i64(&rows, 0) : 0;
    return db_end(&rows, err);
}

static bool check_room(struct db *db, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT count(*) FROM channel", DB_NO_ARGS);
    int64_t n = db_next(&rows) ? db_i64(&rows, 0) : 0;

    if (!db_end(&rows, err)) return false;
    return n < CHANNELS_MAX ||
           err_set(err, ERR_LIMIT, "there are %d channels; is it the channel that stands in that column?",
                   CHANNELS_MAX);
}

bool channel_of_name(struct db *db, Str name, int64_t *id, struct err *err)
{
    int64_t found;

    name = str_trim(name);
    if (name.n == 0 || name.n > CHANNEL_NAME_MAX || !str_is_utf8(name))
        return err_set_field(err, "channel", "a channel has a name of 1 to %d bytes", CHANNEL_NAME_MAX);
    if (!channel_find(db, name, &found, err)) return false;
    if (!found) {
        if (!check_room(db, err)) return false;
        struct db_rows rows =
            db_query(db, "INSERT INTO channel (name, platform, created_ms) VALUES ($1, $2, $3) RETURNING id",
                     DB_ARGS(DB_TEXT(name), DB_TEXT(platform_of(name)), DB_I64(time_now_ms())));
        if (db_next(&rows)) found = db_i64(&rows, 0);
        if (!db_end(&rows, err)) return false;
    }
    *id = found;
    return true;
}

bool channel_set_platform(struct db *db, Str name, Str platform, struct err *err)
{
    platform = str_trim(platform);
    if (platform.n > CHANNEL_PLATFORM_MAX || !str_is_utf8(platform))
        return err_set_field(err, "platform", "a platform has at most %d bytes", CHANNEL_PLATFORM_MAX);
    if (!db_run(db, "UPDATE channel SET platform = $2 WHERE lower(name) = lower($1)",
                DB_ARGS(DB_TEXT(str_trim(name)), DB_TEXT(platform)), err))
        return false;
    return db_changed(db) != 0 || err_set(err, ERR_NOT_FOUND, "there is no channel \"%.*s\"", STR_ARG(name));
}
