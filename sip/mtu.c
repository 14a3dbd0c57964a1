/* Requests too large for a datagram go by TCP: the same octets but for the Via. */
#include "sip/mtu.h"

#define MAX_UDP 1300 /* RFC 3261 18.1.1, when the path's MTU is not known */

bool sip_mtu_switch(const struct sip_ua *ua, struct sip_flow *flow, struct rt_buf *wire,
                    struct rt_buf *udp)
{
    static const char via[] = "\r\nVia: SIP/2.0/UDP ";
    struct rt_buf out = {0};
    struct sip_flow tcp;
    char local[RT_ADDR_LEN];

    if (flow->transport != SIP_UDP || wire->n <= (ua->cfg.max_udp ? ua->cfg.max_udp : MAX_UDP) ||
        !sip_flow_by_tcp(ua->transports, flow, &tcp))
        return false;
    const char *at = memmem(wire->p, wire->n, via, sizeof via - 1); /* ours is the first one */
    const char *params = at ? memchr(at, ';', (size_t)(wire->p + wire->n - at)) : NULL;
    if (!params)
        return false;
    rt_buf_put(&out, wire->p, (size_t)(at - wire->p));
    rt_buf_printf(&out, "\r\nVia: SIP/2.0/TCP %s", sip_flow_local(ua->transports, &tcp, local));
    rt_buf_put(&out, params, (size_t)(wire->p + wire->n - params));
    if (out.failed) {
        rt_buf_release(&out);
        return false;
    }
    *udp = *wire;
    *wire = out;
    *flow = tcp;
    rt_count(&sip_conn_counters[SIP_CONN_SWITCHED]);
    return true;
}
