/* A strict reader of the ordinary message, in front of libosip2's grammar. */
#ifndef SIP_PLAIN_H
#define SIP_PLAIN_H

#include "sip/message.h"

/** True: libosip2 and sip_strict() accept the message too, what may stand once stands once, and
 * nothing in it is ambiguous. False says nothing. `m` has been read but for that judgement. */
bool sip_plain(const struct sip_msg *m, struct rt_str wire);
/** What libosip2 says: the judge of the rest. */
bool sip_grammatical(const struct sip_msg *m, struct rt_str wire);

#endif
