/* `tandem run`: the daemon's life in one process. */
#ifndef GW_DAEMON_H
#define GW_DAEMON_H

/** Where the control socket is when neither the plan nor the command line says. */
#define GW_DEFAULT_SOCKET "/run/tandem/tandem.sock"

/** Runs the gateway of the plan in `file` until it is told to stop. `socket` (NULL: the plan's)
 * is where it can be asked. Returns the process exit code. */
int gw_daemon_run(const char *file, const char *socket);

#endif
