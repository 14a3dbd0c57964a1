/* Which instruction set's kernels are used. */
#include "codec/lanes.h"

static const char *const names[LANES_SETS] = {
    [LANES_PLAIN] = "plain",
#if defined __x86_64__
    [LANES_SSE2] = "sse2",
    [LANES_AVX2] = "avx2",
    [LANES_AVX512] = "avx512",
#elif defined __aarch64__
    [LANES_NEON] = "neon",
#endif
};

#if defined __x86_64__
bool lanes_usable(enum lanes_set set)
{
    if (set == LANES_AVX2)
        return __builtin_cpu_supports("avx2");
    if (set == LANES_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return true;
}
#else
bool lanes_usable(enum lanes_set set)
{
    (void)set;
    return true; /* NEON is part of every 64-bit ARM */
}
#endif

enum lanes_set lanes_best(void)
{
    for (int set = LANES_SETS - 1; set > LANES_PLAIN; set--)
        if (lanes_usable((enum lanes_set)set))
            return (enum lanes_set)set;
    return LANES_PLAIN;
}

const char *lanes_name(enum lanes_set set)
{
    return names[set];
}
