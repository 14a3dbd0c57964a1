/* Wav files as the tests use them: 8 kHz, one channel, 16 bit linear. */
#ifndef TEST_AUDIO_WAV_H
#define TEST_AUDIO_WAV_H

#include <stddef.h>
#include <stdint.h>

#define AUDIO_RATE 8000 /**< samples a second, everywhere in test/audio */

/** Samples that grow. Start zeroed. */
struct audio_pcm {
    int16_t *p;
    size_t n, cap;
};

/** Appends `n` samples. ENOMEM, and then nothing was appended. */
int audio_pcm_put(struct audio_pcm *a, const int16_t *pcm, size_t n);
void audio_pcm_release(struct audio_pcm *a);

/** Reads a wav file into `out` (which starts zeroed). The errno of the file; EINVAL when it is no
 * wav file, ENOTSUP when it is not 8 kHz mono 16 bit. */
int audio_wav_read(struct audio_pcm *out, const char *path);
/** Writes `n` samples as a wav file; a reader sees the old file or the whole new one. */
int audio_wav_write(const char *path, const int16_t *pcm, size_t n);

#endif
