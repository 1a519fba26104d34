#include "events/contracts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/dict.h"

struct contracts {
    pthread_mutex_t mutex;
    struct dict *docs;    /* id = place in rows */
    struct dict *clients; /* only keeps the texts */
    struct dict *events;  /* raw places as 8 bytes; id = place in row_of_event */
    struct contract *rows;
    uint32_t *row_of_event;
    size_t rows_cap, events_cap;
    _Atomic uint32_t holders;
};

struct contracts *contracts_new(void)
{
    struct contracts *contracts = mem_new(sizeof *contracts);

    pthread_mutex_init(&contracts->mutex, NULL);
    contracts->docs = dict_new();
    contracts->clients = dict_new();
    contracts->events = dict_new();
    atomic_init(&contracts->holders, 1);
    return contracts;
}

struct contracts *contracts_hold(struct contracts *contracts)
{
    atomic_fetch_add(&contracts->holders, 1);
    return contracts;
}

void contracts_release(struct contracts *contracts)
{
    if (!contracts || atomic_fetch_sub(&contracts->holders, 1) != 1) return;
    dict_free(contracts->docs);
    dict_free(contracts->clients);
    dict_free(contracts->events);
    free(contracts->rows);
    free(contracts->row_of_event);
    pthread_mutex_destroy(&contracts->mutex);
    free(contracts);
}

/* The row of a document, made if it is new. With the lock held. */
static struct contract *row_of(struct contracts *contracts, Str doc_id)
{
    uint32_t before = dict_count(contracts->docs);
    uint32_t id = dict_add(contracts->docs, doc_id);

    if (id < before) return &contracts->rows[id];
    if (id >= contracts->rows_cap) {
        contracts->rows_cap = contracts->rows_cap ? contracts->rows_cap * 2 : 64;
        contracts->rows = mem_grow(contracts->rows, sizeof *contracts->rows, contracts->rows_cap);
    }
    contracts->rows[id] = (struct contract){.doc_id = dict_text(contracts->docs, id)};
    return &contracts->rows[id];
}

enum contract_change contracts_compare(struct contracts *contracts, Str doc_id, Str client, int64_t cost_minor,
                                       int32_t day)
{
    pthread_mutex_lock(&contracts->mutex);
    uint32_t id = dict_find(contracts->docs, doc_id);
    const struct contract *row = id == DICT_NONE ? NULL : &contracts->rows[id];
    bool known = row && row->known;
    bool same = known && str_eq(row->client, client) && row->cost_minor == cost_minor && row->day == day;
    pthread_mutex_unlock(&contracts->mutex);
    return same ? CONTRACT_SAME : known ? CONTRACT_CHANGED : CONTRACT_NEW;
}

bool contracts_put(struct contracts *contracts, Str doc_id, Str client, int64_t cost_minor, int32_t day)
{
    pthread_mutex_lock(&contracts->mutex);
    struct contract *row = row_of(contracts, doc_id);
    int64_t counted_before = row->known && row->cost_minor > 0 ? row->cost_minor : 0;
    bool reread = row->signed_by && counted_before != (cost_minor > 0 ? cost_minor : 0);
    row->client = dict_text(contracts->clients, dict_add(contracts->clients, client));
    row->cost_minor = cost_minor;
    row->day = day;
    row->known = true;
    pthread_mutex_unlock(&contracts->mutex);
    return reread;
}

bool contracts_sign(struct contracts *contracts, Str doc_id, uint64_t raw, int64_t *cost_minor)
{
    pthread_mutex_lock(&contracts->mutex);
    struct contract *row = row_of(contracts, doc_id);
    bool first = !row->signed_by;
    bool counts = first && row->known && row->cost_minor > 0;
    if (first) {
        uint32_t id = dict_add(contracts->events, (Str){(const char *)&raw, sizeof raw});
        row->signed_by = true;
        row->event = raw;
        if (id >= contracts->events_cap) {
            contracts->events_cap = contracts->events_cap ? contracts->events_cap * 2 : 64;
            contracts->row_of_event =
                mem_grow(contracts->row_of_event, sizeof *contracts->row_of_event, contracts->events_cap);
        }
        contracts->row_of_event[id] = (uint32_t)(row - contracts->rows);
    }
    if (counts) *cost_minor = row->cost_minor;
    pthread_mutex_unlock(&contracts->mutex);
    return counts;
}

bool contracts_at(struct contracts *contracts, uint32_t i, struct contract *out)
{
    pthread_mutex_lock(&contracts->mutex);
    bool found = i < dict_count(contracts->docs);
    if (found) *out = contracts->rows[i];
    pthread_mutex_unlock(&contracts->mutex);
    return found;
}

bool contracts_of_event(struct contracts *contracts, uint64_t raw, struct contract *out)
{
    pthread_mutex_lock(&contracts->mutex);
    uint32_t id = dict_find(contracts->events, (Str){(const char *)&raw, sizeof raw});
    if (id != DICT_NONE) *out = contracts->rows[contracts->row_of_event[id]];
    pthread_mutex_unlock(&contracts->mutex);
    return id != DICT_NONE;
}

/* ---- folding: texts and rows are written as they stand, and read by putting each row in again ---- */

struct stored_contract {
    int64_t cost_minor;
    uint64_t event;
    int32_t day;
    uint8_t known, signed_by, unused[2];
    uint32_t doc_bytes, client_bytes; /* of its texts, which follow each other in "docs" */
};

static void put_again(struct contracts *to, const struct contract *row)
{
    int64_t cost_minor;

    /* signing first: a contract that is put after it would be read differently, which is nothing new here */
    if (row->signed_by) (void)contracts_sign(to, row->doc_id, row->event, &cost_minor);
    if (row->known) (void)contracts_put(to, row->doc_id, row->client, row->cost_minor, row->day);
}

struct contracts *contracts_copy(struct contracts *contracts)
{
    struct contracts *copy = contracts_new();

    pthread_mutex_lock(&contracts->mutex);
    for (uint32_t i = 0; i < dict_count(contracts->docs); i++) put_again(copy, &contracts->rows[i]);
    pthread_mutex_unlock(&contracts->mutex);
    return copy;
}

void contracts_write(struct contracts *copy, struct bundle_writer *out)
{
    uint32_t n = dict_count(copy->docs);

    bundle_begin(out, "contracts");
    for (uint32_t i = 0; i < n; i++) {
        const struct contract *row = &copy->rows[i];
        struct stored_contract stored = {.cost_minor = row->cost_minor,
                                         .event = row->event,
                                         .day = row->day,
                                         .known = row->known,
                                         .signed_by = row->signed_by,
                                         .doc_bytes = (uint32_t)row->doc_id.n,
                                         .client_bytes = (uint32_t)row->client.n};
        bundle_put(out, &stored, sizeof stored);
    }
    bundle_begin(out, "docs");
    for (uint32_t i = 0; i < n; i++) {
        bundle_put(out, copy->rows[i].doc_id.p, copy->rows[i].doc_id.n);
        bundle_put(out, copy->rows[i].client.p, copy->rows[i].client.n);
    }
}

struct contracts *contracts_of_bundle(const struct bundle *bundle, struct err *err)
{
    const void *rows, *texts;
    uint64_t n, n_texts, at = 0;

    if (!bundle_array(bundle, "contracts", sizeof(struct stored_contract), &rows, &n, err) ||
        !bundle_array(bundle, "docs", 1, &texts, &n_texts, err))
        return NULL;
    struct contracts *contracts = contracts_new();
    for (uint64_t i = 0; i < n; i++) {
        const struct stored_contract *stored = (const struct stored_contract *)rows + i;
        uint64_t bytes = (uint64_t)stored->doc_bytes + stored->client_bytes;
        if (bytes > n_texts - at) {
            contracts_release(contracts);
            err_set(err, ERR_INVALID, "the contracts of the file do not fit together");
            return NULL;
        }
        const char *text = (const char *)texts + at;
        at += bytes;
        put_again(contracts, &(struct contract){.doc_id = {text, stored->doc_bytes},
                                                .client = {text + stored->doc_bytes, stored->client_bytes},
                                                .cost_minor = stored->cost_minor,
                                                .day = stored->day,
                                                .known = stored->known,
                                                .signed_by = stored->signed_by,
                                                .event = stored->event});
    }
    return contracts;
}
