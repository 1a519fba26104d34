#include "events/derived_int.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"

#define NAME_TOUCH STR("CRM Touch")
#define NAME_CONTRACT STR("Contract Signed")
#define PROGRESS_ROWS 100000
#define WATCH_ROWS 64

/* Around what was made anew, or read from a file. */
struct derived *derived_of(struct facts *facts, struct contracts *contracts, const struct rules *rules)
{
    struct derived *derived = mem_new(sizeof *derived);

    derived->facts = facts;
    derived->contracts = contracts;
    seen_init(&derived->seen);
    foreign_init(&derived->foreign);
    for (size_t i = 0; i < COUNT_OF(derived->stats); i++) atomic_init(&derived->stats[i].last_ms, TIME_NONE);
    facts_write_begin(derived->facts);
    facts_set_rules(derived->facts, rules_platform, rules);
    facts_write_end(derived->facts);
    return derived;
}

void derived_free(struct derived *derived)
{
    if (!derived) return;
    facts_close(derived->facts);
    contracts_release(derived->contracts);
    seen_reset(&derived->seen);
    foreign_reset(&derived->foreign);
    bundle_release(derived->bundle);
    free(derived);
}

/* ---- repeats: contracts when nothing about them is new, everything else by source and message id ---- */

static bool has_key(const struct staged *item)
{
    return item->type != STAGED_CONTRACT && item->message_id.n;
}

static struct hash128 key_of(const struct derived *derived, const struct raw_entry *entry, const struct staged *item)
{
    return hash_with(facts_key(derived->facts), (uint64_t)entry->source_id, item->message_id);
}

bool derived_is_repeat(struct derived *derived, const struct raw_entry *entry, const struct staged *item)
{
    if (item->type == STAGED_CONTRACT)
        return contracts_compare(derived->contracts, item->doc_id, item->alias[0].value, item->cost_minor,
                                 item->contract_day) == CONTRACT_SAME;
    return has_key(item) && !seen_add(&derived->seen, key_of(derived, entry, item));
}

void derived_forget(struct derived *derived, const struct raw_entry *entry, const struct staged *item)
{
    if (has_key(item)) seen_remove(&derived->seen, key_of(derived, entry, item));
}

/* ---- items to facts ---- */

static void count_source(struct derived *derived, const struct raw_entry *entry)
{
    if (entry->source_id < 0 || entry->source_id > SOURCES_MAX) return;
    struct source_stats *stats = &derived->stats[entry->source_id];
    atomic_fetch_add(&stats->events, 1);
    if (entry->received_ms > atomic_load(&stats->last_ms)) atomic_store(&stats->last_ms, entry->received_ms);
}

/* A CRM event is a contract signed if it names a counted one, else a touch. */
static void apply_crm(struct derived *derived, const struct staged *item, struct fact *fact)
{
    int64_t cost_minor = 0;
    bool contract = item->doc_id.n && contracts_sign(derived->contracts, item->doc_id, fact->raw, &cost_minor);

    fact->name = facts_name(derived->facts, contract ? NAME_CONTRACT : NAME_TOUCH);
    fact->amount_minor = contract ? cost_minor : 0;
}

static void apply_event(struct derived *derived, const struct raw_entry *entry, const struct staged *item,
                        struct fact *fact)
{
    fact->touch = facts_touch(derived->facts, &item->tuple);
    fact->at_ms = item->at_ms;
    if (entry->kind == RAW_CRM_EVENTS) {
        apply_crm(derived, item, fact);
    } else {
        fact->name = facts_name(derived->facts, item->name);
        bool priced = foreign_amount(&derived->foreign, item, &fact->amount_minor);
        if (item->currency.n) foreign_count(&derived->foreign, item->currency, priced);
    }
    facts_add(derived->facts, fact);
    count_source(derived, entry);
}

void derived_apply(struct derived *derived, int64_t raw_id, const struct raw_entry *entry, const struct staged *item)
{
    struct fact fact = {.raw = RAW_REF(raw_id, item->item)};

    if (item->type == STAGED_CONTRACT) {
        if (contracts_put(derived->contracts, item->doc_id, item->alias[0].value, item->cost_minor, item->contract_day))
            derived->stale = true;
        return;
    }
    fact.alias = facts_alias(derived->facts, item->alias[0].kind, item->alias[0].value);
    for (uint32_t i = 1; i < item->n_aliases; i++)
        facts_same_person(derived->facts, fact.alias,
                          facts_alias(derived->facts, item->alias[i].kind, item->alias[i].value));
    if (item->type == STAGED_EVENT) apply_event(derived, entry, item, &fact);
}

/* ---- from the raw log ---- */

struct build {
    struct derived *derived;
    Str currency;
    const struct watch *watch;
    int64_t rows, total;
};

static bool build_entry(void *context, int64_t id, const struct raw_entry *entry, struct err *err)
{
    struct build *b = context;
    struct arena arena;
    struct decoded decoded = {0};
    struct err why;

    if (b->watch && b->rows % WATCH_ROWS == 0 && !b->watch->go_on(b->watch->context, b->rows, b->total))
        return err_set(err, ERR_BUSY, "it was stopped");
    arena_init(&arena, stage_arena_bytes(entry->body.n));
    if (++b->rows % PROGRESS_ROWS == 0) log_line(LOG_INFO, "rebuild.progress", "raw_rows=%lld", (long long)b->rows);
    /* what could be read when it came can be read now, unless the program has changed; its bytes stay in the log */
    if (!stage_decode(entry, b->currency, &arena, &decoded, &why))
        log_line(LOG_ERROR, "rebuild.unreadable", "raw=%lld reason=\"%s\"", (long long)id, why.text);
    for (uint32_t i = 0; i < decoded.n; i++)
        if (!derived_is_repeat(b->derived, entry, &decoded.items[i]))
            derived_apply(b->derived, id, entry, &decoded.items[i]);
    arena_free(&arena);
    return true;
}

static bool replay(struct derived *derived, struct db *db, struct raw_span span, Str currency,
                   const struct watch *watch, struct err *err)
{
    struct build b = {.derived = derived, .currency = currency, .watch = watch};
    int64_t started = time_monotonic_us();

    if (watch && !raw_last_id(db, &b.total, err)) return false;

    facts_write_begin(derived->facts);
    bool ok = raw_walk(db, span, RAW_CONTRACTS, build_entry, &b, err) &&
              raw_walk(db, span, RAW_BUT_CONTRACTS, build_entry, &b, err);
    facts_write_end(derived->facts);
    log_line(LOG_INFO, "replay.done", "after=%lld raw_rows=%lld ms=%lld", (long long)span.after, (long long)b.rows,
             (long long)(time_monotonic_us() - started) / 1000);
    return ok;
}

bool derived_replay(struct derived *derived, struct db *db, struct raw_span span, Str currency, struct err *err)
{
    return replay(derived, db, span, currency, NULL, err);
}

struct derived *derived_build(struct db *db, struct raw_span span, const struct reading *reading,
                              const struct watch *watch, struct err *err)
{
    struct derived *derived = derived_of(facts_new(), contracts_new(), reading->rules);
    bool ok = foreign_open(&derived->foreign, db, reading->currency, reading->timezone, err) &&
              replay(derived, db, span, reading->currency, watch, err);

    derived->stale = false;
    if (ok) return derived;
    derived_free(derived);
    return NULL;
}
