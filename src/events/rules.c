#include "events/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

#define VALUES_MAX 100
#define TEXT_MAX_BYTES 100

enum rule_op { RULE_IS, RULE_CONTAINS };

static const char *const OPS[] = {"is", "contains"};

struct rule {
    uint32_t fields; /* a bit for each touch_dim */
    enum rule_op op;
    const Str *values;
    size_t n_values;
    Str platform;
    bool paid;
};

struct rules {
    struct arena arena;
    struct rule *rows;
    size_t n;
};

/* `paid` marks the ad platforms: with a campaign id such a touch is a paid one (house rule, spec/3). */
static const char BUILTIN[] =
    "{\"rules\":["
    "{\"fields\":[\"source\",\"medium\"],\"op\":\"is\",\"values\":[\"email\"],\"platform\":\"email\"},"
    "{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"viber\"],\"platform\":\"viber\"},"
    "{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"telegram\",\"tg\"],\"platform\":\"telegram\"},"
    "{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"facebook\",\"fb\",\"meta\"],\"platform\":\"facebook\","
    "\"paid\":true},"
    "{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"instagram\",\"ig\"],\"platform\":\"instagram\","
    "\"paid\":true},"
    "{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"tiktok\"],\"platform\":\"tiktok\",\"paid\":true},"
    "{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"google\",\"googleads\",\"adwords\"],"
    "\"platform\":\"google\",\"paid\":true},"
    "{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"yandex\",\"yandexdirect\"],\"platform\":\"yandex\","
    "\"paid\":true},"
    "{\"fields\":[\"medium\"],\"op\":\"is\",\"values\":[\"paid_social\",\"paidsocial\"],"
    "\"platform\":\"paid_social\"},"
    "{\"fields\":[\"medium\"],\"op\":\"is\",\"values\":[\"cpc\",\"ppc\",\"paid_search\",\"paidsearch\",\"sem\"],"
    "\"platform\":\"paid_search\"},"
    "{\"fields\":[\"source_type\"],\"op\":\"contains\",\"values\":[\"event\"],\"platform\":\"event\"}"
    "]}";

static bool field_err(struct err *err, size_t row, const char *field, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "rules[%zu].%s", row, field);
    return err_set_field(err, path, "rule %zu: %s", row + 1, what);
}

static bool parse_fields(struct rule *rule, const struct json *fields, size_t row, struct err *err)
{
    for (size_t i = 0; i < json_count(fields); i++) {
        enum touch_dim dim;
        if (!touch_dim_find(json_str(json_at(fields, i)), &dim) || dim == TOUCH_PLATFORM)
            return field_err(err, row, "fields",
                             "a field is one of source, medium, campaign, campaign_id, content, term, creative, "
                             "source_type");
        rule->fields |= 1u << dim;
    }
    return rule->fields != 0 || field_err(err, row, "fields", "name at least one field");
}

static bool parse_values(struct rules *rules, struct rule *rule, const struct json *values, size_t row, struct err *err)
{
    size_t n = json_count(values);
    Str *kept;

    if (n == 0 || n > VALUES_MAX) return field_err(err, row, "values", "give 1 to 100 values");
    kept = ARENA_ARRAY(&rules->arena, Str, n);
    for (size_t i = 0; i < n; i++) {
        Str value = str_trim(json_str(json_at(values, i)));
        if (value.n == 0 || value.n > TEXT_MAX_BYTES)
            return field_err(err, row, "values", "a value is a text of 1 to 100 bytes");
        kept[i] = arena_copy(&rules->arena, value);
    }
    rule->values = kept;
    rule->n_values = n;
    return true;
}

static bool parse_rule(struct rules *rules, struct rule *rule, const struct json *json, size_t row, struct err *err)
{
    Str op = json_str(json_get(json, "op"));
    Str platform = str_trim(json_str(json_get(json, "platform")));

    if (!parse_fields(rule, json_get(json, "fields"), row, err)) return false;
    if (!parse_values(rules, rule, json_get(json, "values"), row, err)) return false;
    if (!str_eq(op, STR("is")) && !str_eq(op, STR("contains")))
        return field_err(err, row, "op", "op is \"is\" or \"contains\"");
    if (platform.n == 0 || platform.n > TEXT_MAX_BYTES)
        return field_err(err, row, "platform", "name the platform, in at most 100 bytes");
    rule->op = str_eq(op, STR("is")) ? RULE_IS : RULE_CONTAINS;
    rule->platform = arena_copy(&rules->arena, platform);
    if (!json_is_null(json_get(json, "paid")) && !json_bool(json_get(json, "paid"), &rule->paid))
        return field_err(err, row, "paid", "paid is true or false");
    return true;
}

struct rules *rules_parse(Str text, struct err *err)
{
    struct rules *rules = mem_new(sizeof *rules);
    struct arena scratch;
    const struct json *json, *rows;
    bool ok = false;

    arena_init(&rules->arena, 32 * RULES_BYTES_MAX);
    arena_init(&scratch, json_arena_bytes(RULES_BYTES_MAX));
    if (text.n > RULES_BYTES_MAX) {
        err_set(err, ERR_LIMIT, "the rules are larger than %zu bytes", RULES_BYTES_MAX);
        goto done;
    }
    json = json_parse(text, &scratch, err);
    if (!json) goto done;
    rows = json_get(json, "rules");
    if (!json_is_array(rows) || json_count(rows) > RULES_MAX) {
        err_set_field(err, "rules", "rules must be an array of at most %d rules", RULES_MAX);
        goto done;
    }
    rules->n = json_count(rows);
    rules->rows = ARENA_ARRAY(&rules->arena, struct rule, rules->n);
    ok = true;
    for (size_t i = 0; ok && i < rules->n; i++) ok = parse_rule(rules, &rules->rows[i], json_at(rows, i), i, err);
done:
    arena_free(&scratch);
    if (ok) return rules;
    rules_free(rules);
    return NULL;
}

struct rules *rules_builtin(void)
{
    struct err err;
    struct rules *rules = rules_parse(str_of(BUILTIN), &err);
    CHECK(rules != NULL);
    return rules;
}

void rules_free(struct rules *rules)
{
    if (!rules) return;
    arena_free(&rules->arena);
    free(rules);
}

void rules_write(const struct rules *rules, struct buf *out)
{
    struct json_out json = json_to(out);

    json_open(&json, '{');
    json_key(&json, "rules");
    json_open(&json, '[');
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->rows[i];
        json_open(&json, '{');
        json_key(&json, "fields");
        json_open(&json, '[');
        for (int d = 0; d < TOUCH_DIM_COUNT; d++)
            if (rule->fields & (1u << d)) json_put_str(&json, str_of(touch_dim_name((enum touch_dim)d)));
        json_close(&json, ']');
        json_kv_text(&json, "op", OPS[rule->op]);
        json_key(&json, "values");
        json_open(&json, '[');
        for (size_t k = 0; k < rule->n_values; k++) json_put_str(&json, rule->values[k]);
        json_close(&json, ']');
        json_kv_str(&json, "platform", rule->platform);
        json_kv_bool(&json, "paid", rule->paid);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

static bool rule_matches(const struct rule *rule, const struct tuple *tuple)
{
    for (int d = 0; d < TOUCH_DIM_COUNT; d++) {
        if (!(rule->fields & (1u << d))) continue;
        Str text = str_trim(tuple->dim[d]);
        for (size_t i = 0; i < rule->n_values; i++)
            if (rule->op == RULE_IS ? str_eq_nocase(text, rule->values[i]) : str_contains_nocase(text, rule->values[i]))
                return true;
    }
    return false;
}

Str rules_platform(const void *of, const struct tuple *tuple, bool *paid)
{
    const struct rules *rules = of;

    *paid = false;
    for (size_t i = 0; i < rules->n; i++) {
        if (!rule_matches(&rules->rows[i], tuple)) continue;
        *paid = rules->rows[i].paid && tuple->dim[TOUCH_CAMPAIGN_ID].n;
        return rules->rows[i].platform;
    }
    return STR("unknown");
}
