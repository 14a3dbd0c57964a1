/* What floods do to SIP, for who looks on. */
#ifndef GW_BANS_H
#define GW_BANS_H

#include "gw/rt/net.h"

struct sip_ua;

/** An address that is not listened to. */
struct gw_ban {
    union rt_addr addr; /**< port 0; of IPv6 the /64 around it */
    rt_time since, until;
    uint64_t ignored; /**< messages of it; not those that the kernel has dropped */
};
typedef void gw_ban_fn(void *arg, const struct gw_ban *b);
void gw_bans_each(struct sip_ua *ua, gw_ban_fn *fn, void *arg);
/** ENOENT: it is not banned. */
int gw_ban_lift(struct sip_ua *ua, const union rt_addr *addr);

struct gw_siege {
    unsigned bans;
    bool besieged;    /**< most strangers' datagrams are dropped by the kernel, unseen */
    uint64_t dropped; /**< datagrams that the kernel has dropped, for that or for want of room */
};
void gw_siege_status(const struct sip_ua *ua, struct gw_siege *out);

#endif
