/* events/rules_table.c -- the rules as a user has set them, in the store. */
#include "base/time.h"
#include "events/rules.h"

struct rules *rules_load(struct db *db, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT rules FROM platform_rules WHERE id = 1", DB_NO_ARGS);
    struct rules *rules = NULL;
    bool stored = db_next(&rows);

    if (stored) rules = rules_parse(db_str(&rows, 0), err);
    if (!db_end(&rows, err)) {
        rules_free(rules);
        return NULL;
    }
    return stored ? rules : rules_builtin();
}

bool rules_save(struct db *db, const struct rules *rules, struct err *err)
{
    struct buf text;

    buf_init(&text, RULES_BYTES_MAX); /* what is longer could not be read back at the next start */
    rules_write(rules, &text);
    bool ok = !text.full || err_set(err, ERR_LIMIT, "the rules take more than %zu bytes", RULES_BYTES_MAX);
    ok = ok && db_run(db,
                      "INSERT INTO platform_rules (id, rules, changed_ms) VALUES (1, $1, $2) "
                      "ON CONFLICT (id) DO UPDATE SET rules = excluded.rules, changed_ms = excluded.changed_ms",
                      DB_ARGS(DB_TEXT(buf_str(&text)), DB_I64(time_now_ms())), err);
    buf_reset(&text);
    return ok;
}
