/* measure/quantile.h -- the quartiles of many numbers.
 *
 * Is:    one pure kernel, exact, in linear time whatever the values are.
 * Owns:  nothing.
 * Never: allocates.
 */
#ifndef MEASURE_QUANTILE_H
#define MEASURE_QUANTILE_H

#include <stddef.h>
#include <stdint.h>

struct quartiles {
    uint64_t low, median, high;
};

/* Of n >= 1 values, which are put in another order. Quantile p stands at (n - 1) p among them sorted; between two of
 * them it is interpolated, rounded down (PERCENTILE_CONT; R's type 7). */
struct quartiles quartiles_of(uint64_t *values, size_t n);

#endif
