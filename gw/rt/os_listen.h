/* Sockets that connections come to: for the other os_*.c files. */
#ifndef GW_RT_OS_LISTEN_H
#define GW_RT_OS_LISTEN_H

#include "gw/rt/net.h"

/** Listens on `local`; `*bound` has the port that the kernel chose. A UNIX socket that a dead
 * process left is replaced, a living one is EADDRINUSE; its file gets `mode`, 0: what the umask
 * leaves. The errno of a socket: nothing stays open. */
int rt_listen_open(int *fd, const union rt_addr *local, unsigned mode, union rt_addr *bound);
/** Closes it, and removes a UNIX socket's file. */
void rt_listen_close(int fd, const union rt_addr *bound);

#endif
