/* One recording: a stereo sound file that grows, left what the leg says, right what it hears.
 *
 * It is written as NAME.part and gets its name when it is complete. Whenever the process dies, what
 * is there plays up to the last second: the header of a WAV is brought up to date that often, and
 * Ogg has none. Only the recorder's thread calls these (gw/recorder.c).
 */
#ifndef GW_RECORDING_H
#define GW_RECORDING_H

#include "gw/rt/buf.h"

#include <stdint.h>

enum gw_record_format { GW_RECORD_WAV, GW_RECORD_OPUS, GW_RECORD_FORMATS };
/** "wav", "opus" */
const char *gw_record_format_name(enum gw_record_format f);

struct gw_recording;

/** Makes PATH.part. The errno of that; ENOTSUP: libsndfile cannot write the format. */
int gw_recording_open(struct gw_recording **out, const char *path, enum gw_record_format format);
/** Adds `n` samples of each side. EFBIG: the format holds no more; the errno of the disk. */
int gw_recording_write(struct gw_recording *r, const int16_t *left, const int16_t *right, size_t n);
/** Adds silence. As above. */
int gw_recording_skip(struct gw_recording *r, uint64_t n);
/** Completes the file, gives it its name and frees `r`. The errno of what failed first. */
int gw_recording_close(struct gw_recording *r);

#endif
