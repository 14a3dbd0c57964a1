/* The user agent's bans as the gateway's own. */
#include "gw/bans.h"
#include "sip/sip.h"

struct listing {
    gw_ban_fn *fn;
    void *arg;
};

static void on_ban(void *arg, const struct sip_banned *b)
{
    const struct listing *l = arg;
    l->fn(l->arg, &(struct gw_ban){b->addr, b->since, b->until, b->ignored});
}

void gw_bans_each(struct sip_ua *ua, gw_ban_fn *fn, void *arg)
{
    sip_ua_bans(ua, on_ban, &(struct listing){fn, arg});
}

int gw_ban_lift(struct sip_ua *ua, const union rt_addr *addr)
{
    return sip_ua_unban(ua, addr);
}

void gw_siege_status(const struct sip_ua *ua, struct gw_siege *out)
{
    struct sip_siege s;

    sip_ua_siege(ua, &s);
    *out = (struct gw_siege){s.bans, s.besieged, s.dropped};
}
