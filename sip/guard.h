/* What one source, or all of them, may cost: requests per second, open transactions, answers to
 * strangers. Sources are remembered in a table of fixed size, whatever comes.
 */
#ifndef SIP_GUARD_H
#define SIP_GUARD_H

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
/** A request that was let in and belongs to no transaction; `transactions` are alive. 0, or 503. */
int sip_guard_request(struct sip_guard *g, const struct sip_msg *m, unsigned transactions);
/** Whether the message is larger than allowed: 0, 413 for its body's sake, or 513. */
int sip_guard_size(const struct sip_guard *g, const struct sip_msg *m);

/** One more INVITE of that source waits for its end. */
struct sip_source *sip_guard_hold(struct sip_guard *g, const union rt_addr *from);
/** One less. NULL is allowed. */
void sip_guard_release(struct sip_source *s);

#endif
