/* Files that traces go to. Whoever traces never waits for the disk: blocks gather in memory and a
 * thread appends them, ten times a second.
 *
 * A file that is there already becomes FILE.old when it is opened, and so does one that has grown
 * to GW_TRACE_FILE_MAX. Also used by the exchange.
 */
#ifndef GW_TRACE_FILE_H
#define GW_TRACE_FILE_H

#include "gw/rt/buf.h"
#include "gw/rt/loop.h"
#include "gw/rt/stats.h"

#define GW_TRACE_FILE_MAX ((size_t)64 << 20)

struct gw_trace_files;
struct gw_trace_file;

/** Makes the thread. `head` is what every file begins with: its section and its interfaces; taken
 * over. */
int gw_trace_files_new(struct gw_trace_files **out, struct rt_loop *loop, struct rt_buf *head);
/** Writes what is left and closes all files. A disk that does not answer is waited for as
 * rt_thread_finish() says: what is left then is lost, and said. NULL is allowed. */
void gw_trace_files_free(struct gw_trace_files *t);
/** A file to append to; the same one for the same path. The errno of open; EBUSY: another process
 * writes it. */
int gw_trace_file_open(struct gw_trace_file **out, struct gw_trace_files *t, const char *path);
/** Appends a block soon. */
void gw_trace_file_put(struct gw_trace_file *f, struct rt_str block);
/** Sets the size at which a file is put aside; for tests. */
void gw_trace_files_limit(struct gw_trace_files *t, size_t octets);

enum gw_trace_counter { GW_TRACE_FAILURES, GW_TRACE_DROPPED, GW_TRACE_NCOUNTERS };
extern struct rt_counter gw_trace_counters[GW_TRACE_NCOUNTERS];

#endif
