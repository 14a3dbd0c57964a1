/* What one source, or all of them, may cost: requests per second, open transactions, answers to
 * strangers. Sources are remembered in a table of fixed size, whatever comes.
 *
 * Over UDP anybody may send in anybody's name. So what comes over streams, whose handshake has
 * proved where it comes from, is counted by itself: offences over UDP end in a ban of UDP alone.
 * And an address is known, which no offence changes, for an hour after it has proved over any
 * transport to be where it says: by credentials with a nonce that was issued to it, by a request
 * with the tag of its dialog, by an answer with the branch that was sent there. What `proven` says
 * below: it came over a stream.
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

/** False: this source is banned, or has been refused so often in this second that what it sends now
 * is dropped unread (counted). The latter is never so for one that is known. */
bool sip_guard_listens(struct sip_guard *g, const union rt_addr *from, bool proven);
/** A request was let in: its source is trusted for a minute and known for an hour. */
void sip_guard_admitted(struct sip_guard *g, const union rt_addr *from);
/** Something came that only who is at that address could send: it is known for an hour, and a ban
 * that was not proven is lifted. */
void sip_guard_proved(struct sip_guard *g, const union rt_addr *from);
/** We have sent a request there and want to hear the answer: the same for a minute. */
void sip_guard_asks(struct sip_guard *g, const union rt_addr *from);
/** A request was not let in; a `challenge` asks for credentials: it may be sent ten times as often,
 * and to one that was let in within the last minute always. True: it may be answered. */
bool sip_guard_refuses(struct sip_guard *g, const union rt_addr *from, bool proven, bool challenge);
/** Something came that cannot be answered, or is not worth it. Too often of one source that is not
 * known: it is banned. */
void sip_guard_offends(struct sip_guard *g, const union rt_addr *from, bool proven);
/** Who watches bans. */
struct sip_guard_ops {
    /** Whether this source is not to be banned: asked when it would be, at most once a minute. */
    bool (*spared)(void *arg, const union rt_addr *from);
    void (*banned)(void *arg, const union rt_addr *from, bool proven); /**< it has been */
    void (*lifted)(void *arg, const union rt_addr *from); /**< a ban ended before its time */
};
void sip_guard_watch(struct sip_guard *g, const struct sip_guard_ops *ops, void *arg);
struct sip_bans *sip_guard_bans(struct sip_guard *g);
/** Offences of everybody so far. */
uint64_t sip_guard_offences(const struct sip_guard *g);
/** Up to `room` addresses that are known; how many. */
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
