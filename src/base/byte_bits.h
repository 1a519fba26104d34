/* base/byte_bits.h -- sixty-four bytes to a word.
 *
 * Is:    one function, in the processor's own way where it has one.
 * Owns:  nothing.
 * Never: looks at more than the lowest bit of a byte.
 */
#ifndef BASE_BYTE_BITS_H
#define BASE_BYTE_BITS_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint64_t byte_bits(const uint8_t *bytes)
{
    uint64_t word = 0;

    for (unsigned i = 0; i < 64; i += 16) {
        __m128i sixteen = _mm_slli_epi16(_mm_loadu_si128((const __m128i *)(const void *)(bytes + i)), 7);
        word |= (uint64_t)(uint32_t)_mm_movemask_epi8(sixteen) << i;
    }
    return word;
}
#else
static inline uint64_t byte_bits(const uint8_t *bytes)
{
    uint64_t word = 0;

    for (unsigned i = 0; i < 64; i++) word |= (uint64_t)(bytes[i] & 1) << i;
    return word;
}
#endif

#endif
