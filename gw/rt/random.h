/* Random numbers: the kernel's in the program, a seeded generator in tests, so that a run can be
 * repeated. */
#ifndef GW_RT_RANDOM_H
#define GW_RT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void rt_random_bytes(void *out, size_t len);
uint32_t rt_random_u32(void);
/** Uniform in [0, n); n > 0. */
uint32_t rt_random_below(uint32_t n);
/** Writes `digits` lower-case hexadecimal digits and a NUL: tags, branches, Call-IDs. Returns
 * `out`. */
char *rt_random_hex(char *out, size_t digits);

#endif
