/* The discrete Fourier transform for powers of two, and cross-correlation by it. */
#ifndef TEST_AUDIO_FFT_H
#define TEST_AUDIO_FFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The smallest power of two that is at least `n`. */
size_t audio_pow2(size_t n);
/** Transforms `re`, `im` in place; `n` is a power of two. The inverse divides by `n`. */
void audio_fft(double *re, double *im, size_t n, bool inverse);

/** Where `ref` is found in `x`: sets `*lag` so that x[i + lag] is ref[i]; negative when `x` begins
 * in the middle of `ref`. `*strength` is the correlation coefficient there, 0..1. ENOMEM; EINVAL
 * when either is empty or silent. */
int audio_find(const int16_t *ref, size_t nref, const int16_t *x, size_t nx, long *lag,
               double *strength);

#endif
