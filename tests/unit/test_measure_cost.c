/* Tests of measure/cost.h: the quotients, and when there is none. */
#include "helpers.h"
#include "measure/cost.h"

static void check(struct spend spend, double conversions, int64_t revenue, double cac, double roas)
{
    struct cost got = cost_join(spend, conversions, revenue);

    if (isnan(cac) ? !isnan(got.cac_minor) : !(fabs(got.cac_minor - cac) < 1e-12)) fail_msg("cac %g", got.cac_minor);
    if (isnan(roas) ? !isnan(got.roas) : !(fabs(got.roas - roas) < 1e-12)) fail_msg("roas %g", got.roas);
}

static void test_cost(void **state)
{
    const struct spend none = {0}, nothing = {true, 0}, some = {true, 5000}, back = {true, -1};

    (void)state;
    check(some, 2.5, 20000, 2000, 4);
    check(some, 2.5, 0, 2000, 0);
    check(some, 2.5, -2500, 2000, -0.5); /* refunds */
    check(some, 0, 300, NAN, 0.06);
    check(some, -0.5, 300, NAN, 0.06); /* shapley_rate may be below 0 */
    check(some, NAN, 300, NAN, 0.06);
    check(nothing, 4, 100, 0, NAN);
    check(nothing, 0, 0, NAN, NAN);
    check(none, 4, 100, NAN, NAN);
    check((struct spend){false, 77}, 4, 100, NAN, NAN);
    check(back, 4, 100, NAN, NAN);
    check((struct spend){true, INT64_MAX}, 1, INT64_MAX, 9223372036854775807.0, 1);
    /* snowplow's goldens: Direct 1.70154157650 for 10000; linear 117.3333 for 100000 (models/attribution.md 5.3) */
    check((struct spend){true, 1000000}, 3.5409582691, 17015, 1000000 / 3.5409582691, 0.017015);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cost)};
    return cmocka_run_group_tests_name("measure/cost", tests, NULL, NULL);
}
