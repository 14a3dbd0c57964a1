/* The agent's end of connections: RTP that is sent now and then and counted, and what the gateway
 * says that it counted.
 */
#include "mgcp/mgcp.h"
#include "mgcp/options.h"
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <stdio.h>

#define PORT    42000
#define PAYLOAD 160 /* octets of 20 ms */
#define PACE    RT_S
/** RTP that is still on its way when a connection is deleted. */
#define ON_ITS_WAY (5 * RT_S)

/** Nothing is sent where there is no connection. */
static void on_rtp(void *arg, struct rt_udp *u)
{
    struct far_agent_channel *ch = arg;
    union rt_addr from;
    char data[1500];
    size_t n;

    while (rt_udp_recv(u, data, sizeof data, &n, &from) == 0) {
        ch->heard++;
        if (!ch->connection[0] && !ch->asks && ch->deleted && rt_now() > ch->deleted + ON_ITS_WAY &&
            ch->starts == ch->own->far->sim->starts && far_agent_quiet(ch->own, 120 * RT_S))
            far_agent_wrong(ch->own, "channel %u has RTP %d ms after its connection was deleted",
                            ch->timeslot, (int)((rt_now() - ch->deleted) / RT_MS));
    }
}

static void on_speak(void *arg)
{
    far_agent_speak(arg);
}

void far_agent_media_open(struct far_agent_channel *ch)
{
    const struct sim_far *f = ch->own->far;
    union rt_addr a;

    rt_addr_parse(&a, f->host, strlen(f->host), (uint16_t)(PORT + 2 * ch->timeslot));
    rt_timer_init(&ch->speaks, f->sim->loop, on_speak, ch);
    ch->deleted = 0;
    if (rt_udp_open(&ch->rtp, f->sim->loop, &a, on_rtp, ch) != 0)
        ch->rtp = NULL;
}

void far_agent_media_close(struct far_agent_channel *ch)
{
    rt_timer_stop(&ch->speaks);
    if (ch->rtp)
        rt_udp_close(ch->rtp);
    ch->rtp = NULL;
}

void far_agent_describe(const struct far_agent_channel *ch, struct rt_buf *out)
{
    const char *host = ch->own->far->host;

    rt_buf_printf(out,
                  "v=0\r\no=- %u 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
                  "m=audio %u RTP/AVP 8 0\r\n",
                  ch->c->op->id + 1, host, host, PORT + 2 * ch->timeslot);
}

static bool read_media(union rt_addr *to, struct rt_str sdp)
{
    unsigned port = 0;

    while (sdp.n > 0) {
        struct rt_str line = rt_str_cut(&sdp, '\n');
        if (line.n > 8 && memcmp(line.p, "m=audio ", 8) == 0)
            sscanf(line.p + 8, "%u", &port);
    }
    return port > 0 && rt_addr_parse(to, SIM_GATEWAY, strlen(SIM_GATEWAY), (uint16_t)port) == 0;
}

void far_agent_connected(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (!rt_str_copy(ch->connection, sizeof ch->connection, mgcp_value(m, MGCP_P_I)) ||
        !ch->connection[0] || m->nsdp == 0 || !read_media(&ch->media, m->sdp[0]))
        far_agent_wrong(ch->own, "channel %u: CRCX makes nothing: %.*s", ch->timeslot,
                        RT_STR(m->raw));
}

void far_agent_speak(struct far_agent_channel *ch)
{
    uint8_t packet[12 + PAYLOAD] = {0x80, 8};

    packet[3] = (uint8_t)ch->sent;
    packet[2] = (uint8_t)(ch->sent >> 8);
    uint32_t stamp = ch->sent * (uint32_t)(PACE / RT_MS) * 8;
    for (unsigned i = 0; i < 4; i++)
        packet[4 + i] = (uint8_t)(stamp >> (24 - 8 * i));
    packet[11] = (uint8_t)ch->timeslot;
    memset(packet + 12, 0xd5, PAYLOAD);
    ch->sent++;
    if (ch->rtp)
        rt_udp_send(ch->rtp, packet, sizeof packet, &ch->media);
    rt_timer_start(&ch->speaks, PACE);
}

static unsigned difference(uint64_t a, uint64_t b)
{
    return (unsigned)(a > b ? a - b : b - a);
}

void far_agent_count(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    struct mgcp_statistics p = {0};
    struct rt_str text = mgcp_value(m, MGCP_P_P);
    rt_time lasted = rt_now() - ch->made;
    const struct sim *s = ch->own->far->sim;

    if (far_agent_starved(ch->own))
        return;
    if (mgcp_statistics_read(&p, text) != 0 || text.n == 0) {
        far_agent_wrong(ch->own, "channel %u: DLCX says nothing of its packets: %.*s", ch->timeslot,
                        RT_STR(m->raw));
        return;
    }
    /* no more than was there, whatever breaks */
    if (p.ps > (uint64_t)(lasted / (20 * RT_MS)) + 50 || p.os > p.ps * PAYLOAD ||
        p.orx > p.pr * PAYLOAD || (p.pr > ch->sent && s->injected[SIM_TWICE] == 0))
        far_agent_wrong(ch->own, "channel %u: in %d ms %u packets were sent to it: %.*s",
                        ch->timeslot, (int)(lasted / RT_MS), ch->sent, RT_STR(text));
    if (s->injected[SIM_TWICE] > 0 || !far_agent_quiet(ch->own, lasted + 10 * RT_S))
        return;
    if (difference(p.ps, ch->heard) > 2 || difference(p.pr, ch->sent) > 1)
        far_agent_wrong(ch->own, "channel %u: %u packets were sent to it, %u came from it: %.*s",
                        ch->timeslot, ch->sent, ch->heard, RT_STR(text));
}
