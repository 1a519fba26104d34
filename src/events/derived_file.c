/* events/derived_file.c -- the file of what is derived: written at a cut, read at start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "events/derived_int.h"

/* Raise it when the same raw log, read by this program, gives other facts than before, or the arrays change. */
#define FILE_VERSION 2

/* What the file is of. */
struct meta {
    struct hash_key key;
    int64_t raw_id; /* the last entry in it */
    struct raw_mark mark;
    struct foreign_stored foreign;
};

struct stored_stats {
    uint64_t events;
    int64_t last_ms;
};

struct derived_cut {
    struct meta meta;
    struct facts_cut *facts;
    struct contracts *contracts;
    const struct seen *seen;
    struct stored_stats stats[SOURCES_MAX + 1];
    Str currency;           /* that amounts were read in */
    struct bundle *written; /* NULL: not yet, or it could not be */
};

struct derived_cut *derived_cut(struct derived *derived, struct db *db, int64_t raw_id, Str currency, struct err *err)
{
    struct raw_mark mark;

    if (!raw_mark_at(db, raw_id, &mark, err)) return NULL;
    struct derived_cut *cut = mem_new(sizeof *cut);
    cut->meta = (struct meta){.key = *facts_key(derived->facts), .raw_id = raw_id, .mark = mark};
    foreign_store(&derived->foreign, &cut->meta.foreign);
    cut->facts = facts_cut(derived->facts);
    cut->contracts = contracts_copy(derived->contracts);
    seen_cut(&derived->seen);
    cut->seen = &derived->seen;
    for (size_t i = 0; i < COUNT_OF(cut->stats); i++)
        cut->stats[i] =
            (struct stored_stats){atomic_load(&derived->stats[i].events), atomic_load(&derived->stats[i].last_ms)};
    cut->currency = currency;
    return cut;
}

bool derived_cut_write(struct derived_cut *cut, const char *path, struct err *err)
{
    struct bundle_writer out;

    if (!bundle_create(&out, path, FILE_VERSION, err)) return false;
    bundle_begin(&out, "meta");
    bundle_put(&out, &cut->meta, sizeof cut->meta);
    bundle_begin(&out, "currency");
    bundle_put(&out, cut->currency.p, cut->currency.n);
    bundle_begin(&out, "stats");
    bundle_put(&out, cut->stats, sizeof cut->stats);
    contracts_write(cut->contracts, &out);
    facts_cut_write(cut->facts, &out);
    seen_cut_write(cut->seen, &out);
    if (!bundle_commit(&out, err)) return false;
    cut->written = bundle_open(path, FILE_VERSION, err);
    return cut->written != NULL;
}

void derived_uncut(struct derived *derived, struct derived_cut *cut)
{
    struct err err = {0};

    if (cut->written && facts_install(derived->facts, cut->facts, cut->written, &err) &&
        seen_install(&derived->seen, cut->written, &err)) {
        bundle_release(derived->bundle);
        derived->bundle = bundle_hold(cut->written);
    } else {
        if (cut->written) log_line(LOG_ERROR, "fold.unusable", "reason=\"%s\"", err.text);
        seen_uncut(&derived->seen);
    }
    facts_cut_free(derived->facts, cut->facts);
    contracts_release(cut->contracts);
    bundle_release(cut->written);
    free(cut);
}

/* ---- at start ---- */

static bool read_meta(struct db *db, const struct bundle *bundle, Str currency, struct meta *out, struct err *err)
{
    const void *meta, *read_in;
    struct raw_mark mark;
    uint64_t n;

    if (!bundle_array(bundle, "meta", sizeof *out, &meta, &n, err)) return false;
    if (n != 1) return err_set(err, ERR_INVALID, "the file does not say what it is of");
    memcpy(out, meta, sizeof *out);
    if (!bundle_array(bundle, "currency", 1, &read_in, &n, err)) return false;
    if (!str_eq((Str){read_in, n}, currency))
        return err_set(err, ERR_CONFLICT, "its amounts were read in %.*s, not %.*s", (int)n, (const char *)read_in,
                       STR_ARG(currency));
    if (!raw_mark_at(db, out->raw_id, &mark, err)) return false;
    if (mark.epoch != out->mark.epoch || mark.bytes != out->mark.bytes)
        return err_set(err, ERR_CONFLICT, "it is of another raw log, or of this one before something was taken out");
    return true;
}

static bool read_stats(struct derived *derived, const struct bundle *bundle, struct err *err)
{
    const void *array;
    uint64_t n;

    if (!bundle_array(bundle, "stats", sizeof(struct stored_stats), &array, &n, err)) return false;
    if (n != COUNT_OF(derived->stats)) return err_set(err, ERR_INVALID, "the file has not a count for each source");
    for (size_t i = 0; i < n; i++) {
        const struct stored_stats *stored = (const struct stored_stats *)array + i;
        atomic_store(&derived->stats[i].events, stored->events);
        atomic_store(&derived->stats[i].last_ms, stored->last_ms);
    }
    return true;
}

static struct derived *derived_of_bundle(struct db *db, struct bundle *bundle, const struct meta *meta,
                                         const struct reading *reading, struct err *err)
{
    struct contracts *contracts = contracts_of_bundle(bundle, err);
    struct facts *facts = contracts ? facts_of_bundle(bundle, &meta->key, err) : NULL;

    if (!facts) {
        contracts_release(contracts);
        return NULL;
    }
    struct derived *derived = derived_of(facts, contracts, reading->rules);
    derived->bundle = bundle_hold(bundle);
    if (foreign_open(&derived->foreign, db, reading->currency, reading->timezone, err) &&
        foreign_restore(&derived->foreign, &meta->foreign, err) && seen_install(&derived->seen, bundle, err) &&
        read_stats(derived, bundle, err))
        return derived;
    derived_free(derived);
    return NULL;
}

/* From the file and what came after it. NULL: build from the raw log; err says why. */
static struct derived *derived_load(struct db *db, const char *path, const struct reading *reading, struct err *err)
{
    struct bundle *bundle = bundle_open(path, FILE_VERSION, err);
    struct derived *derived = NULL;
    struct meta meta = {0};

    if (bundle && read_meta(db, bundle, reading->currency, &meta, err))
        derived = derived_of_bundle(db, bundle, &meta, reading, err);
    bundle_release(bundle);
    if (!derived) return NULL;
    if (derived_replay(derived, db, (struct raw_span){meta.raw_id, INT64_MAX}, reading->currency, err)) {
        if (!derived->stale) return derived;
        (void)err_set(err, ERR_CONFLICT, "a contract came after its event");
    }
    derived_free(derived);
    return NULL;
}

struct derived *derived_open(struct db *db, const char *path, const struct reading *reading, struct err *err)
{
    struct err why = {0};
    struct derived *derived = derived_load(db, path, reading, &why);

    if (derived) return derived;
    if (why.code != ERR_NOT_FOUND) log_line(LOG_WARN, "facts.rebuild", "reason=\"%s\"", why.text);
    return derived_build(db, RAW_SPAN_ALL, reading, NULL, err);
}
