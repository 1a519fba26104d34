/* measure/median.h -- the middle of many numbers.
 *
 * Is:    one pure kernel, exact, in linear time whatever the values are.
 * Owns:  nothing.
 * Never: allocates.
 */
#ifndef MEASURE_MEDIAN_H
#define MEASURE_MEDIAN_H

#include <stddef.h>
#include <stdint.h>

/* The median of n >= 1 values, which are put in another order: for an even n half way between the middle two,
 * rounded down. */
uint64_t median_of(uint64_t *values, size_t n);

#endif
