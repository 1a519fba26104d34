/* The file of the facts with bytes changed, cut off, or nothing but noise: refused, or the same facts as before.
 *
 * Input: noise, if its first byte is odd; else triples of place (3 bytes of it) and a byte to put there, after which
 * the file may be cut short. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "events/facts.h"

#define EVENTS 300
#define FILE_VERSION 1

static char path[64];
static char *image; /* as it was written */
static size_t image_bytes;
static struct hash_key key;
static uint64_t true_sum;

static uint64_t sum_of(struct facts *facts)
{
    const struct snapshot *snapshot = facts_snapshot(facts);
    uint64_t sum = snapshot->n_persons + snapshot->n_events;

    for (uint32_t place = 0; place < snapshot->n_places; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        for (uint64_t row = rows.begin; row < rows.end; row++) {
            const struct touch *touch = &snapshot->touches[snapshot->touch[row]];
            sum = sum * 31 + (uint64_t)snapshot->at_ms[row] + (uint64_t)snapshot->amount_minor[row] +
                  snapshot->raw[row] + snapshot_name(snapshot, snapshot->name[row]).n +
                  snapshot_value(snapshot, touch->dim[TOUCH_SOURCE]).n;
        }
        sum += snapshot_alias(snapshot, snapshot_person_alias(snapshot, place)).n;
    }
    CHECK(snapshot_find_person(snapshot, STR("7")) != DICT_NONE);
    snapshot_close(snapshot);
    return sum;
}

static void add_events(struct facts *facts)
{
    facts_write_begin(facts);
    for (uint64_t i = 0; i < EVENTS; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", (int)(i % 40));
        struct tuple tuple = {.dim[TOUCH_SOURCE] = {text, i % 3}};
        facts_add(facts, &(struct fact){.alias = facts_alias(facts, ALIAS_USER, str_of(text)),
                                        .name = facts_name(facts, str_of(text + i % 2)),
                                        .touch = facts_touch(facts, &tuple),
                                        .at_ms = (int64_t)(i * 7919 % 1000),
                                        .amount_minor = (int64_t)i,
                                        .raw = i});
        if (i % 50 == 0) facts_same_person(facts, 0, facts_alias(facts, ALIAS_ANONYMOUS, str_of(text)));
    }
    facts_write_end(facts);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct bundle_writer out;
    struct err err;

    (void)argc;
    (void)argv;
    hash_start();
    snprintf(path, sizeof path, "/tmp/fuzz_facts.%ld", (long)getpid());
    struct facts *facts = facts_new();
    add_events(facts);
    key = *facts_key(facts);
    struct facts_cut *cut = facts_cut(facts);
    CHECK(bundle_create(&out, path, FILE_VERSION, &err));
    facts_cut_write(cut, &out);
    CHECK(bundle_commit(&out, &err));
    facts_cut_free(facts, cut);
    true_sum = sum_of(facts);
    facts_close(facts);

    int file = open(path, O_RDONLY);
    image_bytes = (size_t)lseek(file, 0, SEEK_END);
    image = mem_new(image_bytes);
    CHECK(pread(file, image, image_bytes, 0) == (ssize_t)image_bytes);
    close(file);
    return 0;
}

static void write_file(const char *bytes, size_t n)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && write(file, bytes, n) == (ssize_t)n);
    close(file);
}

/* Changes are made where something stands: the head, and the beginning of each array. */
static size_t place_of(const uint8_t *at)
{
    size_t block = at[0] % (image_bytes / BUNDLE_ALIGN);
    return block * BUNDLE_ALIGN + (size_t)at[1] * 16 + at[2] % 16;
}

static void write_changed(const uint8_t *data, size_t n)
{
    char *changed = mem_new(image_bytes);
    size_t bytes = image_bytes;

    memcpy(changed, image, image_bytes);
    for (size_t i = 1; i + 3 < n; i += 4) changed[place_of(data + i)] = (char)data[i + 3];
    if (n > 1 && n % 4 == 3) bytes = (size_t)data[1] * BUNDLE_ALIGN / 4 % image_bytes;
    write_file(changed, bytes);
    free(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err err;

    if (n > 0 && data[0] % 2) {
        write_file((const char *)data + 1, n - 1);
    } else {
        write_changed(data, n);
    }
    struct bundle *bundle = bundle_open(path, FILE_VERSION, &err);
    if (!bundle) return 0;
    struct facts *facts = facts_of_bundle(bundle, &key, &err);
    CHECK(facts && sum_of(facts) == true_sum); /* only what is never read can have changed */
    facts_close(facts);
    bundle_release(bundle);
    return 0;
}
