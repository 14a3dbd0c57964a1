/* What would hold up the line: recordings are written and compared in a thread of their own. */
#ifndef TEST_EXCHANGE_WORKER_H
#define TEST_EXCHANGE_WORKER_H

#include "gw/rt/loop.h"
#include "test/audio/wav.h"

struct ex_worker;

/** Starts the thread; results are reported as events in `home`. The errno of what failed. */
int ex_worker_new(struct ex_worker **out, struct rt_loop *home);
/** Waits for the job in progress. NULL is allowed. */
void ex_worker_free(struct ex_worker *w);
/** Jobs whose results are still to come. */
unsigned ex_worker_pending(const struct ex_worker *w);
/** Writes call `id`'s recording to `path` and compares it with `reference`; either may be empty.
 * Takes `pcm` over. */
int ex_worker_put(struct ex_worker *w, unsigned id, struct audio_pcm *pcm, const char *path,
                  const char *reference);

#endif
