#include "measure/periods.h"

#include "measure/scratch.h"

const struct periods *periods_new(struct arena *arena, const int64_t *bounds, uint32_t n, struct err *err)
{
    struct periods *periods = SCRATCH_ARRAY(arena, struct periods, 1, err);
    uint64_t span = elapsed_ms(bounds[0], bounds[n]);
    uint32_t period = 0;

    if (!periods) return NULL;
    *periods = (struct periods){.bounds = bounds, .n = n, .one_a_slot = true};
    while (span >> periods->shift >= PERIODS_SLOTS) periods->shift++;
    for (uint32_t slot = 0; slot <= PERIODS_SLOTS; slot++) {
        uint32_t before = period;
        while (period + 1 < n && elapsed_ms(bounds[0], bounds[period + 1]) >> periods->shift < slot) period++;
        periods->slot[slot] = period;
        if (period > before + 1) periods->one_a_slot = false;
    }
    return periods;
}
