/* fuzz/fuzz.h -- what the fuzzers share.
 *
 * Is:    libFuzzer's entry points, and what their inputs are cut with. A harness checks what must hold with CHECK,
 *        which stops the program; the sanitizers do the rest.
 * Owns:  nothing.
 * Never: keeps anything from one input to the next.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The first byte of the input as a number below `n`; the rest stays in `*input`. */
static inline unsigned fuzz_choice(Str *input, unsigned n)
{
    unsigned first = input->n ? (unsigned char)input->p[0] : 0;
    *input = str_from(*input, 1);
    return first % n;
}

#endif
