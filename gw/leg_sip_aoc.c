/* Advice of charge in SIP (3GPP TS 24.647 4.5): a body of its own type, in INFO while the call is
 * up, in the BYE or the 200 to it when it is the last word. A response to INVITE may bring rates
 * beside its description; ours are told by INFO once the call is answered, which needs no peer that
 * understands multipart bodies.
 */
#include "gw/aoc_xml.h"
#include "gw/call.h"
#include "gw/leg_sip_priv.h"
#include "gw/rt/log.h"
#include "gw/xml.h"

#include <stdlib.h>

bool leg_sip_is_aoc(const struct sip_body *body)
{
    struct rt_str parameters = body->type;

    return rt_str_caseeq(rt_str_trim(rt_str_cut(&parameters, ';')), GW_AOC_TYPE);
}

int leg_sip_aoc_in(struct leg_sip *l, const struct sip_body *body)
{
    struct gw_aoc_parts parts;
    struct gw_xml_error err;

    if (!l->leg.trunk->session.aoc)
        return 415;
    if (gw_aoc_xml_read(&parts, body->data, &err) != 0) {
        rt_count(&gw_aoc_counters[GW_AOC_MALFORMED]);
        rt_log(RT_LOG_SIP, RT_INFO, "trunk %s: advice of charge, line %d: %s", l->leg.trunk->name,
               err.line, err.text);
        return 400;
    }
    for (unsigned i = 0; i < parts.n && !l->leg.done; i++) {
        rt_count(&gw_aoc_counters[GW_AOC_RECEIVED]);
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_AOC, .aoc = &parts.part[i]});
    }
    return 200;
}

void leg_sip_aoc_with(struct leg_sip *l, const struct sip_message *msg)
{
    for (unsigned i = 0; i < msg->nasides; i++)
        if (leg_sip_is_aoc(&msg->aside[i]))
            leg_sip_aoc_in(l, &msg->aside[i]);
    if (leg_sip_is_aoc(&msg->body))
        leg_sip_aoc_in(l, &msg->body);
}

static void send_info(struct leg_sip *l, struct rt_str xml)
{
    struct sip_body body = {.type = rt_str(GW_AOC_TYPE), .data = xml};

    if (sip_session_info(l->session, &body) == 0)
        rt_count(&gw_aoc_counters[GW_AOC_SENT]);
}

void leg_sip_aoc_flush(struct leg_sip *l)
{
    if (!l->advice || !l->session)
        return;
    send_info(l, rt_str(l->advice));
    free(l->advice);
    l->advice = NULL;
}

void leg_sip_say_aoc(struct leg_sip *l, const struct gw_event *ev)
{
    struct rt_buf xml = {0};

    if (!l->leg.trunk->session.aoc)
        return;
    gw_aoc_xml_write(&xml, ev->aoc);
    if (xml.failed) {
        rt_buf_release(&xml);
        return;
    }
    if (ev->aoc->kind == ISDN_AOC_E) {
        sip_session_farewell_body(l->session, GW_AOC_TYPE, rt_buf_str(&xml));
        rt_count(&gw_aoc_counters[GW_AOC_SENT]);
    } else if (l->answered) {
        send_info(l, rt_buf_str(&xml));
    } else {
        free(l->advice);
        l->advice = rt_str_dup(rt_buf_str(&xml));
    }
    rt_buf_release(&xml);
}
