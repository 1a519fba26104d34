/* Tests of base/parallel.h: each part once, whoever calls, however often. */
#include "helpers.h"

#include "base/arena.h"
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PARTS 1000

struct tally {
    _Atomic uint32_t done[PARTS];
};

static void count_part(void *context, uint32_t part)
{
    struct tally *tally = context;
    atomic_fetch_add(&tally->done[part], 1);
}

static void assert_once_each(struct tally *tally, uint32_t n)
{
    for (uint32_t i = 0; i < PARTS; i++) assert_int_equal(atomic_load(&tally->done[i]), i < n);
}

static void each_part_is_done_once(void **state)
{
    static const uint32_t SIZES[] = {0, 1, 2, 7, PARTS};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        static struct tally tally;
        memset(&tally, 0, sizeof tally);
        parallel_run(SIZES[i], count_part, &tally);
        assert_once_each(&tally, SIZES[i]);
    }
}

static void run_inner(void *context, uint32_t part)
{
    static struct tally inner[8];

    (void)context;
    memset(&inner[part], 0, sizeof inner[part]);
    parallel_run(PARTS, count_part, &inner[part]);
    assert_once_each(&inner[part], PARTS);
}

static void work_may_be_cut_again(void **state)
{
    (void)state;
    parallel_limit(4);
    for (int i = 0; i < 20; i++) parallel_run(8, run_inner, NULL);
    parallel_limit(0);
}

static void *caller(void *unused)
{
    for (int i = 0; i < 50; i++) {
        struct tally *tally = mem_new(sizeof *tally);
        parallel_run(PARTS, count_part, tally);
        assert_once_each(tally, PARTS);
        free(tally);
    }
    return unused;
}

static void several_threads_may_call(void **state)
{
    pthread_t thread[4];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(thread); i++) assert_int_equal(pthread_create(&thread[i], NULL, caller, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(thread); i++) pthread_join(thread[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_is_done_once),
        cmocka_unit_test(work_may_be_cut_again),
        cmocka_unit_test(several_threads_may_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
