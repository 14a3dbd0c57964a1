/* Announcements from sound files: any format that libsndfile reads, any rate. */
#ifndef GW_SOUND_LOAD_H
#define GW_SOUND_LOAD_H

#include "codec/clip.h"

/** The longest file, and the longest sound in it. */
#define GW_SOUND_OCTETS  ((size_t)20 << 20)
#define GW_SOUND_SECONDS 600

/** Reads `path` as a clip: its channels mixed to one, at 8 kHz. An errno; EFBIG: it is longer than
 * that; EINVAL: it is no sound, `*why` is libsndfile's word for it, static. */
int gw_sound_load(struct clip **out, const char *path, const char **why);

#endif
