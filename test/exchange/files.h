/* Wav files that are played: read once, then kept. */
#ifndef TEST_EXCHANGE_FILES_H
#define TEST_EXCHANGE_FILES_H

#include "test/audio/wav.h"

struct ex_file;

/** Start zeroed. */
struct ex_files {
    struct ex_file *all;
};

/** The samples of `path`; valid until ex_files_release(). As audio_wav_read(). */
int ex_files_get(struct ex_files *f, const char *path, const struct audio_pcm **out);
void ex_files_release(struct ex_files *f);

#endif
