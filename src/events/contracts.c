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

uint32_t contracts_count(struct contracts *contracts)
{
    return dict_count(contracts->docs);
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
