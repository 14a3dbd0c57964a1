/* SIP comes up: certificates, name servers, the user agent, those who register with us, and where
 * we register.
 */
#include "gw/admission.h"
#include "gw/leg_sip.h"
#include "gw/peer.h"
#include "gw/register.h"
#include "gw/start_priv.h"
#include "gw/rt/dns.h"

#include <errno.h>

#define USER_AGENT "tandem"

int gw_start_tls(struct gw *gw, struct rt_buf *why)
{
    struct rt_buf text = {0};

    if (!gw_plan_speaks_tls(gw->plan))
        return 0;
    int err = rt_tls_new(&gw->tls, &gw->plan->sip.tls, &text, NULL);
    if (err != 0)
        rt_buf_printf(why, "tls: %s", text.n > 0 ? text.p : strerror(err));
    rt_buf_release(&text);
    return err;
}

int gw_start_sip(struct gw *gw, struct rt_buf *why)
{
    const struct gw_sip_plan *p = &gw->plan->sip;
    struct sip_ua_config cfg = {
        .nlisten = p->nlisten,
        .advertise = p->advertise,
        .user_agent = USER_AGENT,
        .tls = gw->tls,
        .connections = p->connections,
        .per_source = p->per_source,
        .idle = p->idle,
        .keepalive = p->keepalive,
        .max_udp = p->max_udp,
        .limits = p->limits,
    };
    unsigned failed = 0;
    char addr[RT_ADDR_LEN];

    cfg.dns = gw->dns;
    gw_peer_means(&cfg.means, gw->plan);
    for (unsigned i = 0; i < p->nlisten; i++) {
        cfg.listen[i].transport = p->listen[i].transport;
        cfg.listen[i].addr = p->listen[i].addr;
    }
    int err = sip_ua_new(&gw->sip, gw->loop, &cfg, &gw_leg_sip_ua_ops, gw, &failed);
    if (err != 0)
        rt_buf_printf(why, "sip on %s: %s", rt_addr_format(addr, &p->listen[failed].addr),
                      strerror(err));
    return err;
}

int gw_start_dns(struct gw *gw, struct rt_buf *why)
{
    const struct gw_sip_plan *p = &gw->plan->sip;
    struct rt_dns_config cfg = {.nservers = p->nresolvers};

    memcpy(cfg.server, p->resolver, sizeof cfg.server);
    int err = rt_dns_new(&gw->dns, gw->loop, &cfg);
    if (err != 0)
        rt_buf_printf(why, "name servers: %s", strerror(err));
    return err;
}

int gw_start_peers(struct gw *gw, struct rt_buf *why)
{
    int err = gw_peers_start(gw);

    if (err != 0)
        rt_buf_printf(why, "peers: %s", strerror(err));
    return err;
}

int gw_start_registrar(struct gw *gw, struct rt_buf *why)
{
    if (!gw->plan->registrar.realm)
        return 0;
    int err = gw_registrar_new(&gw->registrar, gw->loop, &gw->plan->registrar, why);
    return err != 0 ? err : gw_admission_new(&gw->admission, &gw->plan->registrar);
}

int gw_start_registrations(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    return gw_register_start(gw);
}
