/* Malicious call identification (EN 300 130): the called user has the network register who called.
 * libpri answers the request itself.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>

void isdn_mcid_asked(struct isdn_call *c, const struct pri_subcommand *sub)
{
    (void)sub;
    isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_MCID});
}

void isdn_mcid_replied(struct isdn_call *c, const struct pri_subcommand *sub)
{
    if (sub->u.mcid_rsp.status == 0) {
        rt_log(RT_LOG_ISDN, RT_NOTICE, "%s/%u: the caller is identified", c->span->name,
               c->channel);
        return;
    }
    rt_count(&isdn_counters[ISDN_MCID_REFUSED]);
    rt_log(RT_LOG_ISDN, RT_WARN, "%s/%u: the exchange did not identify the caller", c->span->name,
           c->channel);
}

int isdn_call_mcid(struct isdn_call *c)
{
    if (!(c->span->variant->features & ISDN_F_MCID))
        return ENOTSUP;
    if (c->outgoing || (c->state != CALL_ACTIVE && c->state != CALL_HEARING))
        return EPROTO;
    int rc = pri_mcid_req_send(c->link->pri, c->q931);
    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EPROTO;
}
