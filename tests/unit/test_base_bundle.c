/* Tests of base/bundle.h: what is written is read; any byte changed or missing is found; a failed write leaves what was
 * there; a dictionary goes on where another ended. */
#include "helpers.h"

#include "base/arena.h"
#include "base/dict.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <signal.h>

struct folder {
    char path[FOLDER_MAX], file[FOLDER_MAX + 8];
};

static struct folder open_folder(void)
{
    struct folder folder;
    folder_make(folder.path);
    snprintf(folder.file, sizeof folder.file, "%s/file", folder.path);
    return folder;
}

static void write_numbers(const char *path, uint64_t n, uint32_t version)
{
    struct bundle_writer out;
    struct err err = {0};

    ASSERT_OK(bundle_create(&out, path, version, &err));
    bundle_begin(&out, "squares");
    for (uint64_t i = 0; i < n; i++) bundle_put(&out, &(uint64_t){i * i}, sizeof i);
    bundle_begin(&out, "nothing");
    bundle_begin(&out, "letters");
    bundle_put(&out, "abc", 3);
    ASSERT_OK(bundle_commit(&out, &err));
}

static void test_what_is_written_is_read(void **state)
{
    struct folder folder = open_folder();
    struct err err = {0};
    const void *array;
    uint64_t n;
    (void)state;

    assert_null(bundle_open(folder.file, 7, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    write_numbers(folder.file, 300000, 7); /* more than a buffer */
    struct bundle *bundle = bundle_open(folder.file, 7, &err);
    assert_non_null(bundle);
    ASSERT_OK(bundle_array(bundle, "squares", 8, &array, &n, &err));
    assert_int_equal(n, 300000);
    for (uint64_t i = 0; i < n; i++) assert_int_equal(((const uint64_t *)array)[i], i * i);
    ASSERT_OK(bundle_array(bundle, "nothing", 8, &array, &n, &err));
    assert_int_equal(n, 0);
    ASSERT_OK(bundle_array(bundle, "letters", 1, &array, &n, &err));
    assert_int_equal(n, 3);
    ASSERT_FAILS(bundle_array(bundle, "letters", 8, &array, &n, &err), ERR_INVALID);
    ASSERT_FAILS(bundle_array(bundle, "numbers", 8, &array, &n, &err), ERR_INVALID);
    bundle_release(bundle);
    assert_null(bundle_open(folder.file, 8, &err));
    ASSERT_HOLDS(err.text, "version");
    folder_remove(folder.path);
}

/* A private copy can be written to, past the end of the array too, and the file does not change. */
static void test_mapping_over(void **state)
{
    struct folder folder = open_folder();
    struct err err = {0};
    size_t bytes = (size_t)4 << 20;
    const void *array;
    uint64_t n;
    (void)state;

    write_numbers(folder.file, 1000, 1);
    struct bundle *bundle = bundle_open(folder.file, 1, &err);
    uint64_t *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_OK(bundle_map_over(bundle, "squares", at, &err));
    assert_int_equal(at[999], 999 * 999);
    for (uint64_t i = 0; i < bytes / sizeof *at; i++) at[i] = 5;
    ASSERT_OK(bundle_array(bundle, "squares", 8, &array, &n, &err));
    assert_int_equal(((const uint64_t *)array)[999], 999 * 999);
    bundle_release(bundle);
    assert_int_equal(at[999], 5);
    munmap(at, bytes);
    bundle = bundle_open(folder.file, 1, &err);
    assert_non_null(bundle);
    bundle_release(bundle);
    folder_remove(folder.path);
}

static bool is_padding(const struct bundle_head_row *rows, size_t n, off_t at)
{
    if (at < (off_t)BUNDLE_ALIGN) return at >= (off_t)(32 + BUNDLE_ARRAYS_MAX * sizeof *rows + 8); /* the head */
    for (size_t i = 0; i < n; i++)
        if (at >= (off_t)rows[i].offset && at < (off_t)(rows[i].offset + rows[i].bytes)) return false;
    return true;
}

static void test_damage_is_found(void **state)
{
    struct folder folder = open_folder();
    struct bundle_head_row rows[3];
    struct err err = {0};
    struct stat stat;
    uint64_t seed = 3;
    (void)state;

    write_numbers(folder.file, 10000, 1);
    int file = open(folder.file, O_RDWR);
    assert_int_equal(fstat(file, &stat), 0);
    assert_int_equal(pread(file, rows, sizeof rows, 32), (ssize_t)sizeof rows); /* behind the head's first numbers */
    assert_string_equal(rows[2].name, "letters");
    for (int i = 0; i < 3000; i++) {
        off_t at = (off_t)random_below(&seed, i % 2 ? 2500 : (uint64_t)stat.st_size);
        uint8_t byte, other;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        other = (uint8_t)(byte ^ (1u << random_below(&seed, 8)));
        assert_int_equal(pwrite(file, &other, 1, at), 1);
        struct bundle *bundle = bundle_open(folder.file, 1, &err);
        if (bundle && !is_padding(rows, COUNT_OF(rows), at)) fail_msg("byte %ld was changed", (long)at);
        bundle_release(bundle);
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    for (int i = 0; i < 200; i++) {
        assert_int_equal(ftruncate(file, (off_t)random_below(&seed, (uint64_t)stat.st_size)), 0);
        assert_null(bundle_open(folder.file, 1, &err));
        assert_int_equal(err.code, ERR_INVALID);
        write_numbers(folder.file, 10000, 1); /* another file under the name */
        close(file);
        file = open(folder.file, O_RDWR);
    }
    close(file);
    folder_remove(folder.path);
}

static void test_a_full_disk_leaves_what_was_there(void **state)
{
    struct folder folder = open_folder();
    struct rlimit before, little;
    struct bundle_writer out;
    struct err err = {0};
    char part[sizeof folder.file + 8];
    (void)state;

    write_numbers(folder.file, 10, 1);
    getrlimit(RLIMIT_FSIZE, &before);
    little = (struct rlimit){200000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &little);
    ASSERT_OK(bundle_create(&out, folder.file, 1, &err));
    bundle_begin(&out, "much");
    for (int i = 0; i < 1000000; i++) bundle_put(&out, &i, sizeof i);
    ASSERT_FAILS(bundle_commit(&out, &err), ERR_BUSY);
    setrlimit(RLIMIT_FSIZE, &before);
    snprintf(part, sizeof part, "%s.part", folder.file);
    assert_int_not_equal(access(part, F_OK), 0);
    struct bundle *bundle = bundle_open(folder.file, 1, &err);
    assert_non_null(bundle);
    bundle_release(bundle);
    folder_remove(folder.path);
}

static Str text_of(uint64_t i, char *out, size_t room)
{
    return (Str){out, (size_t)snprintf(out, room, i % 7 ? "text %llu" : "%llu", (unsigned long long)i)};
}

/* Written and read again at each power of two, it is the same dictionary as one that never was. */
static void test_dictionaries_go_on(void **state)
{
    struct folder folder = open_folder();
    struct hash_key key = hash_key_random();
    struct dict *dict = dict_new_with(&key);
    struct bundle *bundle = NULL;
    struct err err = {0};
    char text[40];
    (void)state;

    for (uint64_t i = 0; i < 20000; i++) {
        assert_int_equal(dict_find(dict, text_of(i, text, sizeof text)), DICT_NONE);
        assert_int_equal(dict_add(dict, text_of(i, text, sizeof text)), i);
        assert_int_equal(dict_add(dict, text_of(i / 2, text, sizeof text)), i / 2);
        if (i & (i + 1)) continue;
        struct bundle_writer out;
        ASSERT_OK(bundle_create(&out, folder.file, 1, &err));
        dict_write(dict, (uint32_t)i + 1, "words", &out);
        ASSERT_OK(bundle_commit(&out, &err));
        struct bundle *next = bundle_open(folder.file, 1, &err);
        struct dict *again = dict_of_bundle(next, "words", &key, &err);
        assert_non_null(again);
        assert_null(dict_of_bundle(next, "sentences", &key, &err));
        dict_free(dict);
        bundle_release(bundle);
        dict = again;
        bundle = next;
    }
    for (uint64_t i = 0; i < 20000; i++) {
        ASSERT_STR_EQ(dict_text(dict, (uint32_t)i), text_of(i, text, sizeof text));
        assert_int_equal(dict_find(dict, text_of(i, text, sizeof text)), i);
    }
    dict_free(dict);
    bundle_release(bundle);
    folder_remove(folder.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read), cmocka_unit_test(test_mapping_over),
        cmocka_unit_test(test_damage_is_found),         cmocka_unit_test(test_a_full_disk_leaves_what_was_there),
        cmocka_unit_test(test_dictionaries_go_on),
    };
    hash_start();
    return cmocka_run_group_tests_name("base/bundle", tests, NULL, NULL);
}
