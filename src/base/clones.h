/* base/clones.h -- a loop compiled twice, the second time for processors with AVX2.
 *
 * Is:    VECTOR_CLONES, put before a function whose loops a compiler can make vectors of; the loader picks.
 * Owns:  nothing.
 * Never: changes an answer: what stands in such a function is exact whatever it is compiled for.
 */
#ifndef BASE_CLONES_H
#define BASE_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR_CLONES
#endif

#endif
