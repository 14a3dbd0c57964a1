/* The control socket: `tandem show calls` and its like, asked over a UNIX socket and answered as
 * JSON lines.
 *
 * The client sends one line, a JSON object {"argv": ["show", "calls"]}; the daemon answers with one
 * object per line and ends with {"exit": 0} (or {"exit": 1, "error": "..."}). The client prints
 * tables, or with --json the lines as they are.
 */
#ifndef GW_ADMIN_CONTROL_H
#define GW_ADMIN_CONTROL_H

#include "gw/gw.h"

struct gw_control;

/** Listens on `path` for the gateway `*gw`, which is read at each command: it may be replaced, and
 * is NULL before it has started. `stop` is called for the verb `stop`. EADDRINUSE: another daemon
 * lives there. */
int gw_control_new(struct gw_control **out, struct rt_loop *loop, struct gw *const *gw,
                   const char *path, void (*stop)(void *arg), void *arg);
/** Closes the socket and removes its file. NULL is allowed. */
void gw_control_free(struct gw_control *c);

/** Answers one request line into `out`, the closing line included. `*stop` is set by the verb
 * `stop`. What the socket does with each line, without the socket. */
void gw_control_answer(struct gw *gw, struct rt_str line, struct rt_buf *out, bool *stop);

/** Is this a request that a daemon can be asked? 0, or the exit code and `why` not: unknown (2),
 * not supported yet (1), used wrongly (2). */
int gw_control_check(int argc, char **argv, char *why, size_t cap);

/** Runs a verb that needs a plan and no daemon (`route explain`) and prints its answer as the
 * client does. Returns the process exit code. */
int gw_control_offline(const struct gw_plan *plan, int argc, char **argv, bool json);

/** The client half: sends argv, prints the answer to standard output. Returns the process exit
 * code: 0 ok, 1 failed, 2 usage, 3 plan invalid, 4 daemon not reachable. */
int gw_client(const char *path, int argc, char **argv, bool json, bool watch);

/** The same, but the lines go to `out` and complaints nowhere: for completion. */
int gw_client_collect(const char *path, int argc, char **argv, struct rt_buf *out);

/** `tandem records [QUERY...] [--limit COUNT] [--csv]`: prints what the SQLite file at `path` has;
 * NULL: the daemon at `socket` is asked where it is. The process exit code. */
int gw_client_records(const char *path, const char *socket, int argc, char **argv, bool json);

#endif
