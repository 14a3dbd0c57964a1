/* What libFuzzer and test/fuzz/replay.c call: one input, handed to one parser. A target aborts when
 * one of our own invariants does not hold; the sanitizers see the rest.
 */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** Every input is accepted: returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the run when an invariant is broken, whatever the build. */
static inline void fuzz_check(int holds)
{
    if (!holds)
        abort();
}

#endif
