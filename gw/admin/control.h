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

/** Listens on `path` for the gateway `*gw` (re-read at each command: it may be replaced). `stop` is
 * called for the verb `stop`. EADDRINUSE: another daemon lives there. */
int gw_control_new(struct gw_control **out, struct gw *gw, const char *path,
                   void (*stop)(void *arg), void *arg);
/** Closes the socket and removes its file. */
void gw_control_free(struct gw_control *c);

/** The client half: sends argv, prints the answer to standard output. Returns the process exit code
 * (DESIGN.md section 3). */
int gw_client(const char *path, int argc, char **argv, bool json, bool watch);

#endif
