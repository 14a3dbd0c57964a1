/* What one source, or all of them, may cost: requests per second, open transactions, answers to
 * strangers. Sources are remembered in a table of fixed size, whatever comes.
 */
#ifndef SIP_GUARD_H
#define SIP_GUARD_H

#include "sip/ban.h"
#include "sip/message.h"

struct sip_guard;
struct sip_source;

/** Limits that are 0 get their defaults. ENOMEM. */
int sip_guard_new(struct sip_guard **out, struct rt_loop *loop, const struct sip_limits *limits);
void sip_guard_free(struct sip_guard *g);

/** False: this source has been refused so often in this second that what it sends now is dropped
 * unread (counted). Never so for one that was let in within the last minute. */
bool sip_guard_listens(struct sip_guard *g, const union rt_addr *from);
/** A request was let in. */
void sip_guard_admitted(struct sip_guard *g, const union rt_addr *from);
/** A request was not let in; a `challenge` asks for credentials: it may be sent ten times as often,
 * and to one that was let in within the last minute always. True: it may be answered. */
bool sip_guard_refuses(struct sip_guard *g, const union rt_addr *from, bool challenge);
/** Something came that cannot be answered, or is not worth it. Too often of one source that was not
 * let in within the last hour: it is banned. */
void sip_guard_offends(struct sip_guard *g, const union rt_addr *from);
/** Who is never banned; and a source has been, after this. */
typedef bool sip_guard_spared_fn(void *arg, const union rt_addr *from);
typedef void sip_guard_banned_fn(void *arg, const union rt_addr *from);
void sip_guard_watch(struct sip_guard *g, sip_guard_spared_fn *spared, sip_guard_banned_fn *banned,
                     void *arg);
struct sip_bans *sip_guard_bans(struct sip_guard *g);
/** Offences of everybody so far. */
uint64_t sip_guard_offences(const struct sip_guard *g);
/** Up to `room` addresses that were let in within the last hour; how many. */
unsigned sip_guard_known(const struct sip_guard *g, union rt_addr *out, unsigned room);
/** A request that was let in and belongs to no transaction; `transactions` are alive. 0, or 503. */
int sip_guard_request(struct sip_guard *g, const struct sip_msg *m, unsigned transactions);
/** Whether this datagram is a request over the rate of its source, which has been told so often
 * enough in this second: it is dropped unread (counted). */
bool sip_guard_excess(struct sip_guard *g, const union rt_addr *from, struct rt_str wire);
/** Whether the message is larger than allowed: 0, 413 for its body's sake, or 513. */
int sip_guard_size(const struct sip_guard *g, const struct sip_msg *m);

/** A call was refused for want of room: what comes of the same transaction within 32 s, a
 * repetition that was on its way above all, must not be let in any more. */
void sip_guard_turn_away(struct sip_guard *g, const struct sip_msg *m);
bool sip_guard_turned_away(const struct sip_guard *g, const struct sip_msg *m);

/** One more INVITE of that source waits for its end. */
struct sip_source *sip_guard_hold(struct sip_guard *g, const union rt_addr *from);
/** One less. NULL is allowed. */
void sip_guard_release(struct sip_source *s);

#endif
