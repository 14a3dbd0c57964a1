/* How many messages of which kind went which way. Any thread. */
#ifndef SIP_COUNT_H
#define SIP_COUNT_H

#include "sip/message.h"

/** `status` 0: a request. */
void sip_count_received(enum sip_method method, int status);
/** What was sent, as it was: its first line and its CSeq say what it is. */
void sip_count_sent(struct rt_str wire);

#endif
