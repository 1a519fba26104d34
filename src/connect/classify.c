/* What a reply means. Rules are tried in the order of the file; the first that fits counts. What no rule knows is
 * judged by its HTTP status. */
#include <stdio.h>
#include <string.h>

#include "connect/session.h"

static bool fits(Str wanted, Str got)
{
    Str high = wanted;
    int64_t from, to, value;

    if (str_eq(wanted, got)) return true;
    Str low = str_cut(&high, '.');
    if (high.n < 2 || high.p[0] != '.') return false;
    return str_to_i64(low, &from) && str_to_i64(str_from(high, 1), &to) && str_to_i64(got, &value) && value >= from &&
           value <= to;
}

struct search {
    const struct condition *condition;
    struct arena *arena;
    bool found;
};

static bool look(void *context, const struct place *place)
{
    struct search *search = context;
    bool plain;
    Str text = json_plain(place->at[place->n - 1], search->arena, &plain);

    if (search->condition->n == 0) search->found = !json_is_null(place->at[place->n - 1]);
    for (size_t i = 0; i < search->condition->n && plain && !search->found; i++)
        search->found = fits(search->condition->is[i], text);
    return !search->found;
}

static bool condition_holds(const struct condition *condition, const struct place *place, struct arena *arena)
{
    struct search search = {condition, arena, false};

    path_walk(&condition->at, place, look, &search);
    return search.found;
}

bool conditions_hold(const struct condition *conditions, size_t n, const struct json *root, struct arena *arena)
{
    struct place place = place_of(root);

    for (size_t i = 0; i < n; i++)
        if (!condition_holds(&conditions[i], &place, arena)) return false;
    return true;
}

/* ---- waits and usage ---- */

struct most {
    struct arena *arena;
    double unit_ms, value;
};

static bool take_most(void *context, const struct place *place)
{
    struct most *most = context;
    bool plain;
    Str text = json_plain(place->at[place->n - 1], most->arena, &plain);
    double value, unit = most->unit_ms;

    if (!plain) return true;
    if (text.n > 2 && str_eq(str_from(text, text.n - 2), STR("ms"))) {
        text.n -= 2;
        unit = 1;
    } else if (text.n > 1 && text.p[text.n - 1] == 's') {
        text.n -= 1;
        unit = 1000;
    }
    if (str_to_double(text, &value) && value * unit > most->value) most->value = value * unit;
    return true;
}

static const struct json *header_json(const struct net_reply *reply, Str name, struct arena *arena)
{
    struct err ignored;
    Str value = net_reply_header(reply, arena_cstr(arena, name));

    return value.n ? json_parse(value, arena, &ignored) : NULL; /* never required */
}

int64_t wait_of(const struct wait_rule *rule, const struct answer *answer, const struct place *body,
                struct arena *arena)
{
    struct most most = {arena, rule->unit_ms, 0};
    int64_t ms;

    if (!rule->given) return 0;
    if (rule->in_body)
        path_walk(&rule->at, body, take_most, &most);
    else if (rule->header.n) {
        struct place place = place_of(header_json(&answer->reply, rule->header, arena));
        if (place.n) path_walk(&rule->at, &place, take_most, &most);
    }
    ms = most.value > 86400e3 ? INT64_C(86400000) : (int64_t)most.value;
    if (ms == 0) ms = rule->fallback_ms;
    if (ms < rule->least_ms) ms = rule->least_ms;
    return ms > rule->most_ms ? rule->most_ms : ms;
}

int64_t usage_pause(const struct adapter *adapter, const struct answer *answer, struct arena *arena)
{
    int64_t pause = 0;

    for (size_t i = 0; i < adapter->n_usage; i++) {
        const struct usage_rule *rule = &adapter->usage[i];
        struct place place = place_of(header_json(&answer->reply, rule->header, arena));
        struct most most = {arena, 1, 0};
        if (!place.n) continue;
        path_walk(&rule->at, &place, take_most, &most);
        if (most.value <= rule->above) continue;
        int64_t ms = wait_of(&rule->wait, answer, &place, arena);
        if (ms == 0) ms = rule->pause_ms;
        if (ms > pause) pause = ms;
    }
    return pause;
}

/* ---- classes ---- */

static const struct {
    enum err_code code;
    const char *text;
} CLASSES[] = {
    [ASK_OK] = {ERR_NONE, ""},
    [ASK_AUTH] = {ERR_FORBIDDEN, "does not accept the token any more; enter a new one"},
    [ASK_RIGHTS] = {ERR_FORBIDDEN, "does not let this token read the account; give it the right, or check the account"},
    [ASK_LIMIT] = {ERR_BUSY, "takes no more requests for now"},
    [ASK_TOO_MUCH] = {ERR_LIMIT, "finds that too much is asked at once"},
    [ASK_BAD] = {ERR_INVALID, "does not accept the request; check the settings and the version"},
    [ASK_GONE] = {ERR_NOT_FOUND, "does not have this any more"},
    [ASK_SERVER] = {ERR_UPSTREAM, "cannot answer at the moment"},
    [ASK_RESTART] = {ERR_UPSTREAM, "did not finish its report"},
    [ASK_STOPPED] = {ERR_BUSY, "was not waited for"},
};

static bool is_code_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
}

bool ask_fails(enum ask_class class, const struct adapter *adapter, Str say, int status, Str code, struct err *err)
{
    char shown[41] = "", with[64] = "", http[96] = "";
    size_t n = 0;

    for (size_t i = 0; i < code.n && n < sizeof shown - 1; i++) /* a code, whatever the platform puts there */
        if (is_code_letter(code.p[i])) shown[n++] = code.p[i];
    if (n) (void)snprintf(with, sizeof with, ", code %s", shown);
    if (status) (void)snprintf(http, sizeof http, " (HTTP %d%s)", status, with);
    if (say.n) return err_set(err, CLASSES[class].code, "%.*s%s", STR_ARG(say), http);
    return err_set(err, CLASSES[class].code, "%.*s %s%s", STR_ARG(adapter->info.title), CLASSES[class].text, http);
}

static bool has_status(const int64_t *statuses, size_t n, int status)
{
    for (size_t i = 0; i < n; i++)
        if (statuses[i] == status) return true;
    return n == 0;
}

static bool rule_fits(const struct error_rule *rule, const struct answer *answer, const struct place *place,
                      struct arena *arena)
{
    if (!has_status(rule->status, rule->n_status, answer->reply.status)) return false;
    if (rule->header.n && !net_reply_header(&answer->reply, arena_cstr(arena, rule->header)).n) return false;
    for (size_t i = 0; i < rule->n_when; i++)
        if (!place->n || !condition_holds(&rule->when[i], place, arena)) return false;
    return true;
}

static enum ask_class class_of_status(int status)
{
    if (status == 401) return ASK_AUTH;
    if (status == 403) return ASK_RIGHTS;
    if (status == 429) return ASK_LIMIT;
    if (status == 408 || status >= 500) return ASK_SERVER;
    return ASK_BAD;
}

static Str code_of(const struct errors *errors, const struct place *place, struct arena *arena)
{
    bool plain;
    const struct json *value = errors->has_code && place->n ? path_first(&errors->code, place, NULL) : NULL;

    return value ? json_plain(value, arena, &plain) : (Str){NULL, 0};
}

enum ask_class classify(const struct adapter *adapter, const struct answer *answer, bool json, struct arena *arena,
                        int64_t *wait_ms, struct err *err)
{
    const struct errors *errors = &adapter->errors;
    int status = answer->reply.status;
    struct place root = place_of(answer->root), place = root;
    bool failed = status < 200 || status > 299;

    *wait_ms = 0;
    for (size_t i = 0; i < errors->n_at && root.n; i++) {
        const struct json *error = path_first(&errors->at[i], &root, NULL);
        if (!error || json_is_null(error)) continue;
        place = place_of(error);
        failed = true;
        break;
    }
    if (root.n && errors->has_ok && !condition_holds(&errors->ok, &root, arena)) failed = true;
    for (size_t i = 0; i < errors->n; i++) {
        const struct error_rule *rule = &errors->rule[i];
        if ((!failed && !rule->also_ok) || !rule_fits(rule, answer, &place, arena)) continue;
        if (rule->class == ASK_OK) return ASK_OK;
        *wait_ms = wait_of(&rule->wait, answer, &place, arena);
        ask_fails(rule->class, adapter, rule->say, status, code_of(errors, &place, arena), err);
        return rule->class;
    }
    if (!failed && json && !answer->root) {
        err_set(err, ERR_UPSTREAM, "the reply of %.*s is no JSON, or is cut off", STR_ARG(adapter->info.title));
        return ASK_SERVER;
    }
    if (!failed) return ASK_OK;
    enum ask_class class = class_of_status(status);
    ask_fails(class, adapter, (Str){NULL, 0}, status, code_of(errors, &place, arena), err);
    return class;
}
