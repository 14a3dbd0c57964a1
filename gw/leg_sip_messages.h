/* A peer's notifications that messages wait for a user here: NOTIFY outside any dialog, of the
 * event package message-summary (RFC 3842).
 */
#ifndef GW_LEG_SIP_MESSAGES_H
#define GW_LEG_SIP_MESSAGES_H

#include "gw/rt/stats.h"
#include "sip/sip.h"

struct gw;
struct gw_trunk;

/** Answers a NOTIFY of the trunk's peer: 200; 404, the account is no line of ours; 400, its body is
 * none; 415, of another type; 489, of another event. */
void leg_sip_messages_notified(struct gw *gw, const struct gw_trunk *trunk,
                               const struct sip_message *msg, struct sip_reply *reply);

enum gw_messages_counter {
    GW_MESSAGES_TOLD,
    GW_MESSAGES_UNKNOWN,
    GW_MESSAGES_MALFORMED,
    GW_MESSAGES_OTHER,
    GW_MESSAGES_NCOUNTERS
};
extern struct rt_counter gw_messages_counters[GW_MESSAGES_NCOUNTERS];

#endif
