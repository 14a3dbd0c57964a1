/* The fake kernel of the tests: a clock that moves only when told, a network inside the process,
 * files in memory, random numbers from a seed. It is linked instead of gw/rt/os_*.c.
 *
 * A test plays a far end with the same calls the program uses: rt_udp_open() without a callback on
 * any address it likes, rt_stream_connect() to a listener. Nothing happens until fake_advance().
 */
#ifndef TEST_FAKE_FAKE_H
#define TEST_FAKE_FAKE_H

#include "gw/rt/buf.h"
#include "gw/rt/dahdi.h"
#include "gw/rt/net.h"

/** Forgets everything: loops, sockets, files; time starts at the same instant again, the seed at 1.
 * To be called first. */
void fake_reset(void);
/** Lets `d` pass: runs every loop, each thing at its exact instant, in the same order each time. */
void fake_advance(rt_time d);
/** Somebody sets the wall clock, forward or back; no other clock knows. */
void fake_wall_step(rt_time by);
/** The machine is another start from now on: what rt_boot() says changes. */
void fake_reboot(void);
/** Runs what is due now, until nothing is. */
static inline void fake_settle(void)
{
    fake_advance(0);
}
void fake_seed(uint64_t seed);
/** What the thread has used of a CPU so far; 0 at the start. */
void fake_thread_cpu(rt_time used);
/** Real-time priority that has to be is refused with `err`, EPERM say; 0: no more. */
void fake_realtime_fail(int err);

/** Decides about each datagram: how many copies arrive (0: lost), and `*delay` before they do (0 by
 * default). */
typedef unsigned fake_net_fn(void *arg, const union rt_addr *from, const union rt_addr *to,
                             const void *buf, size_t len, rt_time *delay);
/** NULL: everything arrives at once. */
void fake_net_hook(fake_net_fn *fn, void *arg);
/** Decides about what a stream is given to carry, and with `len` 0 about a connection that is to be
 * made. False: the line is cut, and both ends have a reset (the connection is not made). */
typedef bool fake_stream_fn(void *arg, const union rt_addr *from, const union rt_addr *to,
                            const void *buf, size_t len);
/** NULL: all of them last. */
void fake_stream_hook(fake_stream_fn *fn, void *arg);
/** What rt_local_towards() answers for IPv4; 127.0.0.1 unless told otherwise. */
void fake_local_address(const char *text);
/** What it answers to process `id`: a machine of its own. */
void fake_process_address(unsigned id, const char *text);
/** The next `n` streams opened or accepted, and sockets bound, fail with `err`. */
void fake_net_fail(unsigned n, int err);

/* ---- processes (kernel.c) ----
 *
 * Loops, sockets, streams, listeners, open files and card channels belong to the process that was
 * chosen when they were made; inside a callback that is the process of the loop or socket that
 * calls. 0 is the test itself. */

/** What is made from now on belongs to process `id`; returns the one before. */
unsigned fake_process(unsigned id);
unsigned fake_process_now(void);
/** It ends as by SIGKILL: its loops, sockets and open files are gone without a word (streams are
 * reset, cards' channels closed); its memory stays lost. Not from inside one of its callbacks. */
void fake_process_kill(unsigned id);
/** Its loops stand still for `d`, as by SIGSTOP; what arrives waits. */
void fake_process_stall(unsigned id, rt_time d);

/* ---- files and the disk (file.c) ---- */

/** The machine loses power: what was not synced is gone. Open handles stay usable. */
void fake_files_crash(void);
/** The next `n` writes or syncs fail with `err`. */
void fake_files_fail(unsigned n, int err);

/** From now on whatever is asked of a path that begins with `prefix` hangs: the thread that asks
 * stands still in the midst of its callback. Only threads' loops may ask: the process that would
 * hang in another one is ended by abort(). NULL: the disk answers again, all go on where they
 * stood. */
void fake_disk_hang(const char *prefix);

/** Each write takes so long, each sync so long: the loop that asks is not run meanwhile. 0 at the
 * start. */
void fake_disk_slow(rt_time write, rt_time sync);
/** When the disk held a loop last; 0: it never did. What the loop wrote is there from `since` on.
 */
struct fake_held {
    rt_time since, until;
    rt_time before; /**< since when it was held the time before that */
};
struct fake_held fake_loop_held(const struct rt_loop *loop);
/** Steps so far: writes, syncs, truncations, renames, replacements. */
uint64_t fake_disk_steps(void);
/** The machine dies at the step of this number: of a write the first `kept` octets are still made,
 * and nothing of what comes after reaches the disk (it fails with EIO). 0: never. */
void fake_disk_die_at(uint64_t step, size_t kept);
bool fake_disk_died(void);
/** How many octets the write had that it died in; 0: it was none. */
size_t fake_disk_torn(void);

/** How full the one file system is; empty at the start. */
void fake_disk(uint64_t used, uint64_t total);

/** Adds a record to the zone that name servers answer from; none at the start. `rdata` is text:
 * `192.0.2.1`, `10 60 5060 host.example` (SRV), `50 50 "s" "SIP+D2U" "" _sip._udp.example` (NAPTR),
 * a name (CNAME), the last field alone (SOA). `type` is enum rt_dns_type. */
void fake_dns_answer(const char *name, unsigned type, uint32_t ttl, const char *rdata);
void fake_dns_remove(const char *name, unsigned type);
/** Questions for it fail with ETIMEDOUT or EIO; 0: no more. */
void fake_dns_fail(const char *name, unsigned type, int err);
/** How long servers think about each question; 0 at the start. */
void fake_dns_delay(rt_time d);
/** How often servers were asked for it. */
unsigned fake_dns_asked(const char *name, unsigned type);

/* ---- DAHDI cards (dahdi.c); none at the start ---- */

/** Plugs in a span of `channels` (31, 24 or 3), numbered after those of the spans before; all are B
 * channels but position `dchannel`. Its counters, alarms and framing may be changed at any time. */
struct rt_dahdi_span *fake_dahdi_plug(unsigned span, unsigned channels, unsigned dchannel);
/** Takes it away: its open channels are told, the next open fails. */
void fake_dahdi_unplug(unsigned span);
/** Crosses the wires of two spans; alone, a span hears silence. */
void fake_dahdi_join(unsigned a, unsigned b);
/** How much time one interrupt moves: 1 ms as most cards, more as the driver's own timer does. */
void fake_dahdi_chunk(unsigned ms);
/** A card that carries no call interrupts only so often (at most 90 ms, since 100 are taken for a
 * dead card), so that years of quiet cost little. 0, as at the start: it does not. */
void fake_dahdi_lazy(unsigned ms);
/** Changes the alarms; open channels are told. With `stops` no octets are moved any more. */
void fake_dahdi_alarm(unsigned span, unsigned alarms, bool stops);
/** Makes opening the channel at this position fail with `err`; 0: no more. */
void fake_dahdi_refuse(unsigned span, unsigned position, int err);
/** What dahdi_cfg made of it: enum rt_dahdi_kind. */
void fake_dahdi_configure(unsigned span, unsigned position, unsigned kind);
/** An event, enum rt_dahdi_event, on an open channel. */
void fake_dahdi_event(unsigned span, unsigned position, unsigned event);
/** Requests to open spans' drivers fail with `err` (ENODEV: no module; EACCES); 0: no more. */
void fake_dahdi_fail(int err);
/** What was done with a channel since it was plugged in. */
struct fake_dahdi_channel {
    unsigned reads, writes; /**< that succeeded */
    unsigned queued;        /**< blocks to be sent now */
    unsigned dry;           /**< octets sent while nothing was queued, after the first write */
    unsigned taps, size, count;
    bool open, sound, alaw;
    uint8_t rx_gain[256], tx_gain[256];
};
void fake_dahdi_look(struct fake_dahdi_channel *out, unsigned span, unsigned position);
/** The loop that is closed in the card: enum rt_dahdi_loop. */
unsigned fake_dahdi_looped(unsigned span);
/** Times that a loop was woken by a channel. */
unsigned fake_dahdi_wakeups(void);

/* ---- child processes (child.c): one may run ---- */

/** There is a program at this path; none at the start. */
void fake_child_program(const char *path);
/** The next starts fail with `err`; 0: no more. */
void fake_child_refuse(int err);
/** The running child ends; false: none runs. */
bool fake_child_end(int code, int signo);
/** Children started, and times that one was woken. */
unsigned fake_child_starts(void);
unsigned fake_child_wakes(void);
/** What the last program was given to read; its first 4095 octets. */
const char *fake_child_fed(void);

/* ---- HTTP (http.c): one server ---- */

struct rt_http_header;
struct rt_http_request;

/** What a client asks; it must live as long as the request. */
struct fake_http_ask {
    const char *method, *target;          /**< NULL: GET */
    const struct rt_http_header *headers; /**< up to a NULL name; NULL: none */
    const char *body;                     /**< NULL: none */
    const char *peer;                     /**< an address; NULL: over a UNIX socket, as `uid` */
    unsigned uid;
    bool secure; /**< over TLS */
    bool deaf;   /**< it takes nothing of a stream */
};
/** What it was answered so far. */
struct fake_http_answer {
    unsigned status;             /**< 0: nothing yet */
    struct rt_buf headers, body; /**< `Name: value` lines */
    bool whole;
};
/** Hands it to the server. NULL: there is none, or the target is bad. */
struct rt_http_request *fake_http_ask(const struct fake_http_ask *ask);
const struct fake_http_answer *fake_http_answer(const struct rt_http_request *r);
/** Forgets it, as a client that leaves. NULL is allowed. */
void fake_http_drop(struct rt_http_request *r);

/** What is still there: for checks that everything was closed. */
struct fake_leaks {
    unsigned loops, timers, udp, streams, listeners, files, dahdi, children;
};
void fake_leaks(struct fake_leaks *out);

#endif
