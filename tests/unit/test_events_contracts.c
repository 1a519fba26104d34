/* Tests of events/contracts.h: contracts before and after the events that sign them. */
#include "helpers.h"

#include "base/hash.h"
#include "events/contracts.h"

#include <stdio.h>

static void test_a_contract_before_its_event(void **state)
{
    struct contracts *contracts = contracts_new();
    struct contract row = {0};
    int64_t cost = 77;
    (void)state;

    assert_int_equal(contracts_compare(contracts, STR("D1"), STR("C1"), 500, 20000), CONTRACT_NEW);
    assert_false(contracts_put(contracts, STR("D1"), STR("C1"), 500, 20000)); /* nothing staged is read differently */
    assert_int_equal(contracts_compare(contracts, STR("D1"), STR("C1"), 500, 20000), CONTRACT_SAME);
    assert_int_equal(contracts_compare(contracts, STR("D1"), STR("C2"), 500, 20000), CONTRACT_CHANGED);
    assert_int_equal(contracts_compare(contracts, STR("D1"), STR("C1"), 501, 20000), CONTRACT_CHANGED);
    assert_int_equal(contracts_compare(contracts, STR("D1"), STR("C1"), 500, 20001), CONTRACT_CHANGED);
    assert_int_equal(contracts_compare(contracts, STR("D2"), STR("C1"), 500, 20000), CONTRACT_NEW);

    assert_true(contracts_sign(contracts, STR("D1"), 4096, &cost));
    ASSERT_I64(cost, 500);
    cost = 77;
    assert_false(contracts_sign(contracts, STR("D1"), 4097, &cost)); /* the first to come signs */
    ASSERT_I64(cost, 77);
    assert_true(contracts_of_event(contracts, 4096, &row));
    ASSERT_STR(row.doc_id, "D1");
    ASSERT_STR(row.client, "C1");
    ASSERT_I64(row.cost_minor, 500);
    assert_int_equal(row.day, 20000);
    assert_true(row.known && row.signed_by);
    ASSERT_I64((int64_t)row.event, 4096);
    assert_false(contracts_of_event(contracts, 4097, &row));
    assert_false(contracts_at(contracts, 1, &row)); /* there is one */
    contracts_release(contracts);
}

static void test_a_contract_after_its_event(void **state)
{
    struct contracts *contracts = contracts_new();
    struct contract row = {0};
    int64_t cost = 77;
    (void)state;

    assert_false(contracts_sign(contracts, STR("D1"), 1, &cost)); /* nobody knows it yet: a touch */
    ASSERT_I64(cost, 77);
    assert_false(contracts_at(contracts, 1, &row)); /* there is one */
    assert_true(contracts_at(contracts, 0, &row));
    assert_false(row.known);
    assert_true(row.signed_by);
    assert_int_equal(contracts_compare(contracts, STR("D1"), STR("C1"), 500, 1), CONTRACT_NEW);
    assert_true(contracts_put(contracts, STR("D1"), STR("C1"), 500, 1));  /* now that touch is a contract signed */
    assert_false(contracts_put(contracts, STR("D1"), STR("C1"), 500, 2)); /* the day changes no fact */
    assert_true(contracts_put(contracts, STR("D1"), STR("C1"), 501, 2));
    assert_true(contracts_put(contracts, STR("D1"), STR("C1"), 0, 2));   /* does not count any more */
    assert_false(contracts_put(contracts, STR("D1"), STR("C1"), -3, 2)); /* nor so */
    assert_true(contracts_put(contracts, STR("D1"), STR("C1"), 1, 2));
    contracts_release(contracts);
}

static void test_contracts_that_do_not_count(void **state)
{
    struct contracts *contracts = contracts_new();
    int64_t cost = 77;
    (void)state;

    contracts_put(contracts, STR("free"), STR("C1"), 0, 1);
    contracts_put(contracts, STR("minus"), STR("C1"), -5, 1);
    contracts_put(contracts, STR("one"), STR("C1"), 1, 1);
    assert_false(contracts_sign(contracts, STR("free"), 1, &cost));
    assert_false(contracts_sign(contracts, STR("minus"), 2, &cost));
    ASSERT_I64(cost, 77);
    assert_true(contracts_sign(contracts, STR("one"), 3, &cost));
    ASSERT_I64(cost, 1);
    contracts_release(contracts);
}

static void test_many(void **state)
{
    enum { MANY = 3000 };
    struct contracts *contracts = contracts_new(), *held = contracts_hold(contracts);
    struct contract row = {0};
    (void)state;

    for (int i = 0; i < MANY; i++) {
        char doc[16], client[16];
        int64_t cost = 0;
        snprintf(doc, sizeof doc, "D%d", i);
        snprintf(client, sizeof client, "C%d", i % 100);
        contracts_put(contracts, str_of(doc), str_of(client), i + 1, i);
        if (i % 3 == 0) assert_true(contracts_sign(contracts, str_of(doc), (uint64_t)i * 7, &cost));
    }
    contracts_release(contracts); /* another holds it */
    assert_false(contracts_at(held, MANY, &row));
    for (uint32_t i = 0; i < MANY; i++) {
        char doc[16];
        snprintf(doc, sizeof doc, "D%u", i);
        assert_true(contracts_at(held, i, &row)); /* in order of arrival */
        ASSERT_STR(row.doc_id, doc);
        ASSERT_I64(row.cost_minor, i + 1);
        assert_int_equal(row.signed_by, i % 3 == 0);
        assert_int_equal(contracts_of_event(held, (uint64_t)i * 7, &row), i % 3 == 0);
        if (i % 3 == 0) ASSERT_STR(row.doc_id, doc);
    }
    assert_false(contracts_at(held, MANY, &row));
    contracts_release(held);
    contracts_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contract_before_its_event),
        cmocka_unit_test(test_a_contract_after_its_event),
        cmocka_unit_test(test_contracts_that_do_not_count),
        cmocka_unit_test(test_many),
    };
    hash_start();
    return cmocka_run_group_tests_name("events/contracts", tests, NULL, NULL);
}
