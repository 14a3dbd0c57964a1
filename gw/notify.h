/* Tells people what happened: an emergency call, a limit, a fraud rule.
 *
 * An address is TRUNK:NUMBER, which gets a SIP MESSAGE (RFC 3428) over that trunk, or one for mail
 * (`mail:ops@example.com`, `ops@example.com`), which the plan's program gets (gw/mail.h). Without
 * one, and when it fails, the log has the text.
 */
#ifndef GW_NOTIFY_H
#define GW_NOTIFY_H

#include "gw/plan.h"
#include "gw/rt/stats.h"

struct gw;

/** Of the present plan's trunks. Never fails: what cannot be sent is logged and counted. */
void gw_notify(struct gw *gw, const char *address, const char *text);
/** Messages on their way are given up. */
void gw_notify_stop(struct gw *gw);

enum gw_notify_counter {
    GW_NOTIFY_LOGGED,
    GW_NOTIFY_SENT,
    GW_NOTIFY_MAILED,
    GW_NOTIFY_FAILED,
    GW_NOTIFY_NCOUNTERS
};
extern struct rt_counter gw_notify_counters[GW_NOTIFY_NCOUNTERS];

#endif
