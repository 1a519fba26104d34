/* tests/unit/pipeline_fixture.h -- a store with a pipeline on it, in a folder of a test's own.
 *
 * Is:    deliveries as a sender makes them, and all that the facts say as one text, to be compared.
 * Owns:  the folder, the store, the pipeline, from place_open to place_close.
 * Never: looks behind the public headers.
 */
#ifndef TESTS_UNIT_PIPELINE_FIXTURE_H
#define TESTS_UNIT_PIPELINE_FIXTURE_H

#include "helpers.h"

#include "events/facts.h"
#include "events/pipeline.h"

#define RECEIVED INT64_C(1739347200000) /* 2025-02-12T08:00:00Z */

struct place {
    char folder[FOLDER_MAX];
    struct settings settings;
    struct store *store;
    struct pipeline *pipeline;
};

int place_open(void **state); /* cmocka's setup and teardown */
int place_close(void **state);
#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)
void place_stop(struct place *place);  /* closes pipeline and store */
void place_start(struct place *place); /* opens them again, as a program that starts */

/* What became of a delivery. */
struct outcome {
    bool stored;
    struct err err;
    uint32_t kept, repeated, rejected, uncounted;
};

/* Send a body of a kind and wait. */
struct outcome send_body(struct place *place, int64_t source_id, enum raw_kind kind, Str body);
struct outcome send_batch(struct place *place, const char *items); /* of source 1 */
/* A piece of a file: csv with its header. */
struct outcome send_piece(struct place *place, enum raw_kind kind, int64_t import_id, const char *csv, bool more);

#define ASSERT_OUTCOME(got, kept_, repeated_, rejected_)                                                               \
    do {                                                                                                               \
        struct outcome outcome_ = (got);                                                                               \
        if (!outcome_.stored) fail_msg("%s", outcome_.err.text);                                                       \
        if (outcome_.kept != (kept_) || outcome_.repeated != (repeated_) || outcome_.rejected != (rejected_))          \
            fail_msg("kept %u, repeated %u, rejected %u", outcome_.kept, outcome_.repeated, outcome_.rejected);        \
    } while (0)

/* Every person with every event, and every contract, as text: "u:1 | 5 Order (facebook fb) 100 #4096 | ..." */
void write_facts(struct place *place, struct buf *out);
/* Stop, start; then again without the file of the facts, from the raw log alone: they must be as they were. */
void assert_same_after_restart(struct place *place);

uint64_t events_of(struct place *place);                  /* in the facts */
int64_t count_rows(struct place *place, const char *sql); /* the first column of the first row; `sql` is a literal */
void add_import(struct place *place, int64_t id);         /* a row of the table import */

#endif
