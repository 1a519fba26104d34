/* base/clones.h -- a loop compiled for more than one kind of processor.
 *
 * Is:    a mark for functions of long loops over arrays: the program takes the widest vectors that it finds when it
 *        starts.
 * Owns:  nothing.
 * Never: changes an answer: all variants do the same operations in the same order, and none is contracted
 *        (-ffp-contract=off).
 */
#ifndef BASE_CLONES_H
#define BASE_CLONES_H

#include <stdint.h> /* for __GLIBC__ */

/* A sanitizer is not ready yet when the loader chooses. */
#if defined __x86_64__ && defined __GLIBC__ && defined __GNUC__ && !defined __clang__ &&                               \
    !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
/* For what is written in vectors: one that may have those of 64 bytes, and whether there are any. */
#define CLONES_WIDE __attribute__((target("arch=x86-64-v4")))
#define CLONES_HAVE_WIDE __builtin_cpu_supports("x86-64-v4")
#else
#define CLONES
#endif

#endif
