/* A file that is written whole, again and again, by a thread of its own, so that no disk delays a
 * call: what must survive a restart and is small enough to be said anew each time.
 */
#ifndef GW_STATE_FILE_H
#define GW_STATE_FILE_H

#include "gw/rt/log.h"
#include "gw/rt/stats.h"

struct gw_state_file;

/** Who writes it: for the log, the thread's name, and what counts failures. Lives as long. */
struct gw_state_owner {
    const char *name;
    enum rt_subsys log;
    struct rt_counter *failures;
};

/** Nothing is opened yet. `path` is copied. ENOMEM, or the thread's errno. */
int gw_state_file_new(struct gw_state_file **out, const char *path,
                      const struct gw_state_owner *owner);
/** Writes what waits and frees it. A disk that does not answer is waited for as rt_thread_finish()
 * says: then what waits is lost, and said. NULL is allowed. */
void gw_state_file_free(struct gw_state_file *s);
const char *gw_state_file_path(const struct gw_state_file *s);
/** The file shall say this: what waits still is dropped for it. Never blocks. What cannot be
 * written is tried again each 10 s. */
void gw_state_file_write(struct gw_state_file *s, const struct rt_buf *text);

#endif
