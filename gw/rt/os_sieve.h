/* Filters of the kernel on sockets. */
#ifndef GW_RT_OS_SIEVE_H
#define GW_RT_OS_SIEVE_H

#include "gw/rt/net.h"

/** Gives a socket of that family its sieve, or takes it away (rt_udp_sieve()). The kernel's errno.
 */
int rt_sieve_attach(int fd, int family, const struct rt_sieve_row *rows, unsigned n,
                    unsigned share);

#endif
