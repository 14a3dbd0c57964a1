/* Sockets: UDP datagrams, and byte streams over TCP or UNIX sockets. Always non-blocking.
 *
 * os_net.c does it with the kernel; test/fake/ with queues that a script can look at, delay, drop
 * and reorder. A callback may close the very socket that called it.
 */
#ifndef GW_RT_NET_H
#define GW_RT_NET_H

#include "gw/rt/loop.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* ---- addresses ---- */

/** An IPv4, IPv6 or UNIX address; all zero is "none". */
union rt_addr {
    struct sockaddr sa;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

/** Room for any address as text with port and brackets, and the NUL. */
#define RT_ADDR_LEN 128

/** Reads a numeric `192.0.2.1`, `192.0.2.1:5060`, `2001:db8::1`, `[2001:db8::1]:5060`; `port` where
 * the text has none. EINVAL when it is neither. Never asks a resolver. */
int rt_addr_parse(union rt_addr *out, const char *text, size_t len, uint16_t port);
/** A UNIX socket's path. ENAMETOOLONG. */
int rt_addr_unix(union rt_addr *out, const char *path);
/** Writes `192.0.2.1:5060`, `[2001:db8::1]:5060` or the path; returns `out`. */
char *rt_addr_format(char out[RT_ADDR_LEN], const union rt_addr *a);
/** The address without port and brackets; returns `out`. */
char *rt_addr_host(char out[RT_ADDR_LEN], const union rt_addr *a);
bool rt_addr_equal(const union rt_addr *a, const union rt_addr *b);
/** The host's 16 octets, an IPv4 one in its IPv4-mapped form (RFC 4291 2.5.5.2). False: no IP
 * address. */
bool rt_addr_octets(uint8_t out[16], const union rt_addr *a);
/** Equal but for the port. An IPv4 address and its IPv4-mapped IPv6 form are the same host. */
bool rt_addr_same_host(const union rt_addr *a, const union rt_addr *b);
bool rt_addr_is_any(const union rt_addr *a);
uint16_t rt_addr_port(const union rt_addr *a);
void rt_addr_set_port(union rt_addr *a, uint16_t port);
socklen_t rt_addr_size(const union rt_addr *a);

/** An address block, `10.1.0.0/24`; a bare address is a /32 or /128. */
struct rt_cidr {
    union rt_addr addr;
    unsigned bits;
};
int rt_cidr_parse(struct rt_cidr *out, const char *text, size_t len);
bool rt_cidr_contains(const struct rt_cidr *c, const union rt_addr *a);

/* ---- UDP ---- */

struct rt_udp;

/** A datagram is waiting: call rt_udp_recv() until EAGAIN, or for at most as long as is fair. */
typedef void rt_udp_fn(void *arg, struct rt_udp *u);

/** Binds a socket to `local` (port 0: any free one). With `fn`, `loop` calls it when datagrams
 * wait; without, the owner polls. The socket's errno, EADDRINUSE above all. */
int rt_udp_open(struct rt_udp **out, struct rt_loop *loop, const union rt_addr *local,
                rt_udp_fn *fn, void *arg);
void rt_udp_close(struct rt_udp *u);
/** Has `loop` call `fn` when datagrams wait, as if it had been opened so; NULL: it is polled again.
 * In the thread that reads from it. The loop's errno. */
int rt_udp_watch(struct rt_udp *u, struct rt_loop *loop, rt_udp_fn *fn, void *arg);
/** Takes one datagram. `*len` is its full length, which is more than `cap` when it was cut.
 *  EAGAIN when none waits. `from` may be NULL. */
int rt_udp_recv(struct rt_udp *u, void *buf, size_t cap, size_t *len, union rt_addr *from);
/** Datagrams that one system call takes, and the octets of each that are kept. */
#define RT_UDP_BATCH 16
#define RT_UDP_MAX   65536
/** Takes several datagrams with one system call from now on. The callback then has to call
 * rt_udp_recv() until EAGAIN, or a multiple of RT_UDP_BATCH times. ENOMEM: all is as before. */
int rt_udp_batch(struct rt_udp *u);
/** Sends one datagram; EAGAIN when the kernel's queue is full (it is dropped then). */
int rt_udp_send(struct rt_udp *u, const void *buf, size_t len, const union rt_addr *to);
/** The address it is bound to, with the port the kernel chose. */
const union rt_addr *rt_udp_local(const struct rt_udp *u);
/** Asks for kernel buffers of `bytes` each way; the kernel may give less. */
void rt_udp_set_buffers(struct rt_udp *u, int bytes);
/** Whose datagrams the kernel shall drop, or let pass, before they take room in the queue. */
struct rt_sieve_row {
    struct rt_cidr block; /**< of the other family than the socket's: it does not count */
    bool pass;
};
#define RT_SIEVE_MAX 600
#define RT_SIEVE_ALL 256
/** Of the sources in no block `share` of RT_SIEVE_ALL datagrams pass, by chance; the closest block
 * counts. No rows and all to pass: there is no sieve any more. Of IPv6 as many of the first rows
 * count as the kernel has room for: 250 at least. E2BIG, ENOMEM. */
int rt_udp_sieve(struct rt_udp *u, const struct rt_sieve_row *rows, unsigned n, unsigned share);
/** Datagrams that the kernel has dropped: there was no room, or the sieve held them back. */
uint64_t rt_udp_dropped(const struct rt_udp *u);
/** Marks outgoing packets, for QoS: DSCP 0..63 (RFC 2474). */
void rt_udp_set_dscp(struct rt_udp *u, unsigned dscp);
/** The local address the kernel would use towards `to`, port 0: what a 0.0.0.0 socket advertises.
 */
int rt_local_towards(union rt_addr *out, const union rt_addr *to);

/* ---- streams ---- */

struct rt_stream;

struct rt_stream_ops {
    /** The connection is up. Not called for accepted ones. May be NULL. */
    void (*connected)(void *arg, struct rt_stream *s);
    /** `len` octets came; returns how many were consumed. The rest comes again with what follows.
     */
    size_t (*data)(void *arg, struct rt_stream *s, const char *buf, size_t len);
    /** Ended: 0 is the far end's orderly close, else an errno. The handle is still to be closed. */
    void (*closed)(void *arg, struct rt_stream *s, int err);
};

/** Connects to `to` (TCP or UNIX). An immediate refusal is returned, a later one reaches
 * ops->closed. */
int rt_stream_connect(struct rt_stream **out, struct rt_loop *loop, const union rt_addr *to,
                      const struct rt_stream_ops *ops, void *arg);
/** Gives an accepted stream its owner: to be called in the accept callback, or the stream is
 * closed. */
void rt_stream_own(struct rt_stream *s, const struct rt_stream_ops *ops, void *arg);
/** Queues `len` octets. EPIPE when it has ended, ENOBUFS when `rt_stream_pending` would pass 4 MiB.
 */
int rt_stream_write(struct rt_stream *s, const void *buf, size_t len);
/** Octets queued and not yet taken by the kernel. */
size_t rt_stream_pending(const struct rt_stream *s);
/** Input not consumed beyond this many octets ends the stream with EMSGSIZE. Default 64 KiB. */
void rt_stream_set_limit(struct rt_stream *s, size_t octets);
/** Closes after what is queued has gone out; no callback comes any more. */
void rt_stream_close(struct rt_stream *s);
const union rt_addr *rt_stream_peer(const struct rt_stream *s);
const union rt_addr *rt_stream_local(const struct rt_stream *s);
/** The user of this machine at the far end of a UNIX socket. ENOTSUP: of another one. */
int rt_stream_uid(const struct rt_stream *s, unsigned *uid);
/** That user's name, or `uid 1000`; may have to ask a directory: not where calls wait. */
void rt_user_name(char *out, size_t cap, unsigned uid);

struct rt_listener;
typedef void rt_accept_fn(void *arg, struct rt_stream *s);

/** Listens on `local` (TCP or UNIX; a stale UNIX socket of a dead process is replaced, a living one
 * is EADDRINUSE). */
int rt_listen(struct rt_listener **out, struct rt_loop *loop, const union rt_addr *local,
              rt_accept_fn *fn, void *arg);
void rt_listener_close(struct rt_listener *l);
const union rt_addr *rt_listener_local(const struct rt_listener *l);

#endif
