/* Work on many channels at once: arrays with one column per channel, which the compiler turns into
 * vector instructions.
 *
 * Kernels (codec/lanes/) are plain C loops over LANES columns. The Makefile compiles each file of
 * that folder once per instruction set, with LANES_SET the set's name; what the file exports it
 * names LANES_FN(name): a constant struct of functions, say. Its user makes a table of them by
 * LANES_TABLE and takes the one at lanes_best(). `plain` is the same source without vectors: it is
 * the reference, and all others give its results bit for bit (no contraction, no reordering of
 * sums).
 */
#ifndef CODEC_LANES_H
#define CODEC_LANES_H

#include <stdbool.h>

/** Columns of an array. */
#define LANES 16

/** The sets that this build has, the plain one first. */
#if defined __x86_64__
enum lanes_set { LANES_PLAIN, LANES_SSE2, LANES_AVX2, LANES_AVX512, LANES_SETS };
#define LANES_EACH(type, name) extern type name##_plain, name##_sse2, name##_avx2, name##_avx512
#define LANES_TABLE(name)                                                                          \
    {                                                                                              \
        &name##_plain, &name##_sse2, &name##_avx2, &name##_avx512                                  \
    }
#elif defined __aarch64__
enum lanes_set { LANES_PLAIN, LANES_NEON, LANES_SETS };
#define LANES_EACH(type, name) extern type name##_plain, name##_neon
#define LANES_TABLE(name)                                                                          \
    {                                                                                              \
        &name##_plain, &name##_neon                                                                \
    }
#else
enum lanes_set { LANES_PLAIN, LANES_SETS };
#define LANES_EACH(type, name) extern type name##_plain
#define LANES_TABLE(name)                                                                          \
    {                                                                                              \
        &name##_plain                                                                              \
    }
#endif

/** The best set that this processor runs; the same at every call. */
enum lanes_set lanes_best(void);
/** True when this processor runs it. */
bool lanes_usable(enum lanes_set set);
/** "plain", "sse2", "avx2", "avx512", "neon". */
const char *lanes_name(enum lanes_set set);

#ifdef LANES_SET
#define LANES_PASTE2(a, b) a##_##b
#define LANES_PASTE(a, b)  LANES_PASTE2(a, b)
#define LANES_FN(name)     LANES_PASTE(name, LANES_SET)
#endif

#endif
