/* Connections that an agent makes on channels of ours: RTP ports of the media engine, described and
 * joined as modes and descriptions say (RFC 3435 2.3.5 to 2.3.7). Every change is prepared first
 * and takes effect when all of its command is known to be good.
 */
#include "gw/agreed.h"
#include "gw/leg_mgcp_agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define EVENTS 101

/* ---- what is agreed ---- */

static bool mulaw(const struct leg_mgcp_channel *ch)
{
    return ch->export->span->mulaw;
}

static void allow_all(struct gw_codecs *out, const struct leg_mgcp_channel *ch)
{
    *out = (struct gw_codecs){.n = 0};
    out->id[out->n++] = mulaw(ch) ? CODEC_PCMU : CODEC_PCMA;
    out->id[out->n++] = mulaw(ch) ? CODEC_PCMA : CODEC_PCMU;
    const struct gw_codecs *more = &ch->role->mgcp->gw->plan->media.codecs;
    for (unsigned i = 0; i < more->n; i++)
        if (more->id[i] != CODEC_PCMA && more->id[i] != CODEC_PCMU &&
            codec_ready(&codec_table[more->id[i]]))
            out->id[out->n++] = more->id[i];
}

/** Those that the agent's list names, in its order (2.6: LCO goes before the remote description).
 */
static unsigned narrow(struct gw_codecs *out, const struct mgcp_gw_media *m,
                       const struct leg_mgcp_channel *ch)
{
    struct gw_codecs all;

    allow_all(&all, ch);
    if (!m->parsed || m->parsed->ncodecs == 0) {
        *out = all;
        return 200;
    }
    *out = (struct gw_codecs){.n = 0};
    for (unsigned k = 0; k < m->parsed->ncodecs; k++)
        for (unsigned i = 0; i < all.n; i++)
            if (rt_str_caseeq(m->parsed->codec[k], codec_table[all.id[i]].name))
                out->id[out->n++] = all.id[i];
    return out->n > 0 ? 200 : 534;
}

/** RFC 5347 2.1.4: "gw" and "off" need nothing, and are done; T.38, strict or loose, is not there,
 * and is refused where nothing else is offered. */
static unsigned check_fax(struct rt_str list)
{
    if (list.n == 0)
        return 200;
    while (list.n > 0) {
        struct rt_str one = rt_str_trim(rt_str_cut(&list, ';'));
        if (rt_str_caseeq(one, "gw") || rt_str_caseeq(one, "off"))
            return 200;
    }
    return 532;
}

static unsigned check_options(const struct mgcp_gw_media *m)
{
    const struct mgcp_options *o = m->parsed;

    if (!o)
        return 200;
    if ((o->network.n > 0 && !rt_str_caseeq(o->network, "IN")) || o->key.n > 0 ||
        (o->reservation.n > 0 && !rt_str_caseeq(o->reservation, "be")))
        return 532; /* RTP over IP, in the clear, as good as it goes */
    if (o->ptime_min > 60 || (o->ptime_max && o->ptime_max < 10))
        return 535;
    return check_fax(o->fax);
}

static void describe(const struct leg_mgcp_agent_connection *c, struct sdp_audio *out)
{
    memset(out, 0, sizeof *out);
    out->addr = *media_rtp_local(c->port);
    out->event_payload = EVENTS;
    out->cn_payload = -1;
    out->events = 0xffff;
    out->ptime = c->next.ptime;
    out->wish.order = SDP_ORDER_OURS;
    for (unsigned i = 0; i < c->next.codecs.n; i++)
        out->codec[out->ncodecs++] =
            (struct sdp_codec){.id = c->next.codecs.id[i],
                               .payload = (uint8_t)codec_table[c->next.codecs.id[i]].payload};
}

static bool sends(enum mgcp_mode mode)
{
    return mode != MGCP_RECVONLY && mode != MGCP_INACTIVE && mode != MGCP_LOOPBACK &&
           mode != MGCP_CONTTEST;
}

static bool receives(enum mgcp_mode mode)
{
    return mode != MGCP_SENDONLY && mode != MGCP_INACTIVE && mode != MGCP_LOOPBACK &&
           mode != MGCP_CONTTEST;
}

/** Reads the far end's description, and writes ours. */
static unsigned negotiate(struct leg_mgcp_agent_connection *c, const struct mgcp_gw_media *m,
                          struct rt_buf *local)
{
    struct gw_trunk_media settings = {.ptime = c->next.ptime};
    struct sdp_audio ours, theirs;
    bool changed = !m->modify || m->remote.n > 0 || m->parsed;

    if (!changed)
        return 200;
    describe(c, &ours);
    c->origin.version++;
    if (m->remote.n == 0) {
        sdp_write_offer(local, &ours, &c->origin);
        return 200;
    }
    int err = sdp_answer(local, &theirs, m->remote, &ours, &c->origin);
    if (err == 0) {
        gw_agreed_rtp(&c->next.rtp, &theirs, &settings);
        return 200;
    }
    return err == EBADMSG ? 509 : err == ENOMEM ? 403 : err == ENOTSUP ? 534 : 505;
}

/* ---- the gateway's role asks ---- */

static void on_rtp(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct leg_mgcp_agent_connection *c = arg;

    (void)p;
    if (ev->type == MEDIA_RTP_STARTED)
        mgcp_gw_event(c->channel->endpoint, c->mgcp, "R", "ma", rt_str(""));
    else if (ev->type == MEDIA_PLAYED)
        leg_mgcp_agent_played(c->channel, c->mgcp);
}

/** "120,st=ra": seconds, 60 where none are said, and whether RTCP begins it. */
static rt_time read_silence(struct rt_str params, bool *after_rtcp)
{
    uint64_t seconds = 60, said;

    *after_rtcp = false;
    while (params.n > 0) {
        struct rt_str one = rt_str_trim(rt_str_cut(&params, ','));
        if (rt_str_caseeq(one, "st=ra"))
            *after_rtcp = true;
        else if (rt_str_u64(&said, one, 65535) == 0)
            seconds = said;
    }
    return (rt_time)seconds * RT_S;
}

/** Something came since the last look: the clock begins anew. */
static void note(struct leg_mgcp_agent_connection *c, const struct media_stats *s)
{
    c->silence.packets = s->rx_packets;
    c->silence.reports = s->reports;
    c->silence.since = rt_now();
}

static void watch(struct leg_mgcp_agent_connection *c)
{
    struct mgcp_gw_endpoint *e = c->channel->endpoint;
    struct media_stats s;
    struct rt_str params;
    unsigned serial;
    bool after_rtcp;
    char text[16];

    if (!mgcp_gw_wanted(e, c->mgcp, "R", "rto", &params, &serial)) {
        c->silence.armed = false;
        return;
    }
    rt_time limit = read_silence(params, &after_rtcp);
    media_port_stats(c->port, &s);
    if (!c->silence.armed || c->silence.serial != serial) {
        c->silence.armed = true;
        c->silence.told = false;
        c->silence.waits = after_rtcp;
        c->silence.serial = serial;
        note(c, &s);
    }
    if (c->silence.reports != s.reports)
        c->silence.waits = false;
    if (c->silence.packets != s.rx_packets || c->silence.reports != s.reports)
        note(c, &s);
    if (c->silence.told || c->silence.waits || rt_now() - c->silence.since < limit)
        return;
    c->silence.told = true;
    snprintf(text, sizeof text, "%u", (unsigned)(limit / RT_S));
    mgcp_gw_event(e, c->mgcp, "R", "rto", rt_str(text));
}

void leg_mgcp_agent_listen(struct leg_mgcp_channel *ch)
{
    struct leg_mgcp_agent_connection *c;

    for (c = ch->connections; c; c = c->after)
        watch(c);
}

static int open_port(struct leg_mgcp_agent_connection *c)
{
    struct gw *gw = c->channel->role->mgcp->gw;
    const struct gw_span *span = leg_mgcp_agent_span(c->channel);
    union rt_addr local = gw->plan->media.address, agent;
    struct mgcp_gw_status s;
    int err = 0;

    mgcp_gw_status(c->channel->role->gw, &s);
    agent = s.address;
    if (local.sa.sa_family == AF_UNSPEC)
        err = agent.sa.sa_family == AF_UNSPEC ? EHOSTUNREACH : rt_local_towards(&local, &agent);
    return err != 0
               ? err
               : media_rtp_open(&c->port, gw->media, span ? span->thread : 0, &local, on_rtp, c);
}

static struct leg_mgcp_agent_connection *connection_new(struct leg_mgcp_channel *ch,
                                                        struct mgcp_gw_connection *mc)
{
    struct leg_mgcp_agent_connection *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->channel = ch;
    c->mgcp = mc;
    c->rtp.codec = CODEC_COUNT;
    c->mode = MGCP_INACTIVE;
    c->origin.session = (uint64_t)rt_wall();
    if (open_port(c) != 0) {
        free(c);
        return NULL;
    }
    mgcp_gw_connection_own(mc, c);
    return c;
}

static unsigned prepare_mode(struct leg_mgcp_agent_connection *c, const struct mgcp_gw_media *m)
{
    struct leg_mgcp_agent_connection *other;

    c->next.mode = m->mode;
    if (leg_mgcp_agent_flow(m->mode) == MEDIA_FLOW_NONE)
        return 200;
    for (other = c->channel->connections; other; other = other->after)
        if (other != c && leg_mgcp_agent_flow(other->mode) != MEDIA_FLOW_NONE)
            return 517; /* two that are heard would have to be mixed */
    return 200;
}

static unsigned on_prepare(void *arg, struct mgcp_gw_connection *mc, const struct mgcp_gw_media *m,
                           struct rt_buf *local)
{
    struct leg_mgcp_channel *ch = arg;
    struct leg_mgcp_agent_connection *c = mgcp_gw_connection_owned(mc);
    bool fresh = c == NULL;

    if (fresh)
        c = connection_new(ch, mc);
    if (!c)
        return 403;
    c->next.fresh = fresh;
    c->next.rtp = c->rtp;
    c->next.codecs = c->codecs;
    c->next.ptime = c->ptime ? c->ptime : 20;
    if (m->parsed && m->parsed->ptime_min)
        c->next.ptime = m->parsed->ptime_min < 10 ? 10 : m->parsed->ptime_min / 10 * 10;
    unsigned code = check_options(m);
    if (code == 200)
        code = prepare_mode(c, m);
    if (code == 200 && (fresh || m->parsed))
        code = narrow(&c->next.codecs, m, ch);
    if (code == 200)
        code = negotiate(c, m, local);
    if (code != 200 && fresh) {
        media_abandon(c->port);
        mgcp_gw_connection_own(mc, NULL);
        free(c);
    }
    return code;
}

static void on_commit(void *arg, struct mgcp_gw_connection *mc)
{
    struct leg_mgcp_channel *ch = arg;
    struct leg_mgcp_agent_connection *c = mgcp_gw_connection_owned(mc);

    if (c->next.fresh)
        DL_APPEND2(ch->connections, c, prev, after);
    c->mode = c->next.mode;
    c->rtp = c->next.rtp;
    c->codecs = c->next.codecs;
    c->ptime = c->next.ptime;
    if (c->rtp.codec != CODEC_COUNT) {
        struct media_rtp rtp = c->rtp;
        rtp.send = rtp.send && sends(c->mode);
        rtp.receive = rtp.receive && receives(c->mode);
        media_rtp_set(c->port, &rtp);
        if (ch->leg)
            ch->leg->leg.codec = codec_table[rtp.codec].name;
    }
    leg_mgcp_agent_join(ch);
    leg_mgcp_agent_heard(ch);
}

static void connection_free(struct leg_mgcp_agent_connection *c)
{
    mgcp_gw_connection_own(c->mgcp, NULL);
    media_abandon(c->port);
    free(c);
}

static void on_abort(void *arg, struct mgcp_gw_connection *mc)
{
    struct leg_mgcp_agent_connection *c = mgcp_gw_connection_owned(mc);

    (void)arg;
    if (c && c->next.fresh)
        connection_free(c);
}

static bool on_statistics(void *arg, struct mgcp_gw_connection *mc, struct mgcp_statistics *out)
{
    const struct leg_mgcp_agent_connection *c = mgcp_gw_connection_owned(mc);
    struct media_stats s;

    (void)arg;
    if (!c)
        return false;
    media_port_stats(c->port, &s);
    *out = (struct mgcp_statistics){.present = true,
                                    .ps = s.tx_packets,
                                    .os = s.tx_octets,
                                    .pr = s.rx_packets,
                                    .orx = s.rx_octets,
                                    .pl = s.lost,
                                    .ji = s.jitter_us / 1000,
                                    .la = s.rtt_us / 2000};
    return true;
}

static bool on_remove(void *arg, struct mgcp_gw_connection *mc, struct mgcp_statistics *out)
{
    struct leg_mgcp_channel *ch = arg;
    struct leg_mgcp_agent_connection *c = mgcp_gw_connection_owned(mc);
    bool counted = on_statistics(arg, mc, out);

    if (!c)
        return false;
    DL_DELETE2(ch->connections, c, prev, after);
    if (ch->leg && ch->leg->leg.port == c->port)
        ch->leg->leg.port = NULL;
    media_part(c->port);
    connection_free(c);
    leg_mgcp_agent_join(ch);
    /* A channel that leaves is out of service with its last connection: MS/rel would be refused. */
    if (ch->leg && !ch->connections &&
        (!leg_mgcp_agent_listens(ch) || ch->told == LEG_MGCP_LEAVING))
        leg_mgcp_agent_release(ch->leg, 16);
    return counted;
}

static bool on_off_hook(void *arg)
{
    const struct leg_mgcp_channel *ch = arg;

    return ch->export->lines ? ch->off_hook : ch->leg != NULL;
}

/** What CRCX and MDCX may ask for (3.2.2.3); packages are the stack's to name. */
static void on_capabilities(void *arg, struct rt_buf *out)
{
    const struct leg_mgcp_channel *ch = arg;
    struct gw_codecs all;

    allow_all(&all, ch);
    rt_buf_puts(out, "a:");
    for (unsigned i = 0; i < all.n; i++)
        rt_buf_printf(out, "%s%s", i > 0 ? ";" : "", codec_table[all.id[i]].name);
    rt_buf_printf(out, ", p:10-60, e:%s, s:off, nt:IN",
                  ch->export->outside->media.echo ? "on" : "off");
    rt_buf_puts(out, ", m:sendonly;recvonly;sendrecv;inactive;loopback;conttest;netwloop;netwtest");
}

const struct mgcp_gw_ops leg_mgcp_agent_ops = {
    .prepare = on_prepare,
    .commit = on_commit,
    .abort = on_abort,
    .remove = on_remove,
    .statistics = on_statistics,
    .requested = leg_mgcp_agent_requested,
    .check = leg_mgcp_agent_check,
    .signal = leg_mgcp_agent_signal,
    .off_hook = on_off_hook,
    .capabilities = on_capabilities,
};
