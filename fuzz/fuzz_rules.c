/* Any text as platform rules: what is taken writes out as rules that say and decide the same. */
#include "fuzz.h"

#include "events/rules.h"

static void write_all(const struct rules *rules, struct buf *out)
{
    buf_init(out, 8 * RULES_BYTES_MAX);
    rules_write(rules, out);
    CHECK(!out->full);
}

static void check_decisions(const struct rules *a, const struct rules *b)
{
    static const char *const TEXTS[] = {"", "email", "Facebook ", "cpc", "Live Event", "x"};

    for (size_t i = 0; i < COUNT_OF(TEXTS) * COUNT_OF(TEXTS); i++) {
        struct tuple tuple = {0};
        bool paid_a, paid_b;
        tuple.dim[TOUCH_SOURCE] = str_of(TEXTS[i % COUNT_OF(TEXTS)]);
        tuple.dim[TOUCH_MEDIUM] = str_of(TEXTS[i / COUNT_OF(TEXTS)]);
        tuple.dim[TOUCH_CAMPAIGN_ID] = str_of(i % 2 ? "7" : "");
        Str platform = rules_platform(a, &tuple, &paid_a);
        CHECK(platform.n >= 1 && str_eq(platform, rules_platform(b, &tuple, &paid_b)));
        CHECK(paid_a == paid_b && (!paid_a || i % 2));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err err = {0};
    struct buf text, again;
    struct rules *rules = rules_parse((Str){(const char *)data, n}, &err);

    if (!rules) {
        CHECK((err.code == ERR_INVALID || err.code == ERR_LIMIT) && err.text[0]);
        return 0;
    }
    write_all(rules, &text);
    if (text.n > RULES_BYTES_MAX) goto done; /* control characters are longer when written */
    struct rules *back = rules_parse(buf_str(&text), &err);
    CHECK(back != NULL);
    write_all(back, &again);
    CHECK(str_eq(buf_str(&text), buf_str(&again)));
    check_decisions(rules, back);
    buf_reset(&again);
    rules_free(back);
done:
    buf_reset(&text);
    rules_free(rules);
    return 0;
}
