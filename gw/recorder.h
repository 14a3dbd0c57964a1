/* The recorder: a thread that takes what media threads put on tapes and writes it to files, so that
 * neither they nor signalling ever wait for a disk. A file that cannot be written is counted and
 * logged; the call goes on. */
#ifndef GW_RECORDER_H
#define GW_RECORDER_H

#include "codec/tape.h"
#include "gw/recording.h"
#include "gw/rt/stats.h"

struct gw_recorder;

/** Makes the thread. ENOMEM, or what making a thread says. */
int gw_recorder_new(struct gw_recorder **out);
/** Writes what the tapes have and completes the files, then frees. A disk that does not answer is
 * waited for as rt_thread_finish() says: files that are not complete stay so, which is said. NULL
 * is allowed. */
void gw_recorder_free(struct gw_recorder *r);
/** Writes to `path` what comes on `tape` until it has ended. The caller's reference to the tape is
 * the recorder's from now on, also when this fails. ENOMEM. */
int gw_recorder_add(struct gw_recorder *r, struct tape *tape, const char *path,
                    enum gw_record_format format);

enum gw_recorder_counter {
    GW_RECORDER_FILES,
    GW_RECORDER_FAILED,
    GW_RECORDER_LOST,
    GW_RECORDER_NCOUNTERS
};
extern struct rt_counter gw_recorder_counters[GW_RECORDER_NCOUNTERS];

#endif
