/* A file that is written whole, again and again, by a thread of its own, so that no disk delays a
 * call: what must survive a restart and is small enough to be said anew each time.
 *
 * Its first line, from gw_state_head(), says when it was written: instants in it are by the wall
 * clock as it was then, and gw_state_open() tells how late it is by that clock.
 */
#ifndef GW_STATE_FILE_H
#define GW_STATE_FILE_H

#include "gw/rt/log.h"
#include "gw/rt/stats.h"
#include "gw/rt/time.h"

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

/** Puts the first line: `title`, and when this is. */
void gw_state_head(struct rt_buf *out, const char *title);
/** Takes the first line off `text`; false: it is not `title`'s, and nothing is changed. `wall`:
 * what the writer's wall clock would show now, if nobody had set it: exact as long as the machine
 * has not been started anew. Else it is rt_wall(), but never before the time of writing, so that
 * nothing lasts longer than it was to when it was written. A line without a time: rt_wall(). */
bool gw_state_open(rt_time *wall, struct rt_str *text, const char *title,
                   const struct gw_state_owner *owner);

#endif
