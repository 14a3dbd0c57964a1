/* Descriptions of a line's connection and the port of calls whose media does not go past us. The
 * same offer and answer as with a SIP peer (RFC 3264), carried in RC and LC.
 */
#include "gw/agreed.h"
#include "gw/codec_choice.h"
#include "gw/leg_mgcp_priv.h"

#include <errno.h>

/** What we number telephone-event. */
#define EVENTS 101

/* ---- the port ---- */

static void on_media(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct leg_mgcp *l = arg;

    (void)p;
    if (l->leg.done || !l->leg.call)
        return;
    if (ev->type == MEDIA_DTMF) {
        gw_call_note(&l->leg, false, "DTMF %c", ev->digit);
        gw_call_event(&l->leg,
                      &(struct gw_event){
                          .type = GW_EV_DTMF, .inband = true, .digits = {ev->digit}, .ms = ev->ms});
    }
    if (ev->type == MEDIA_ANSWER_TONE || ev->type == MEDIA_FAX_CALLING)
        gw_call_heard(&l->leg, ev);
    if (ev->type == MEDIA_PLAYED)
        gw_call_played(&l->leg);
    if (ev->type == MEDIA_RTP_SILENT && l->listed) /* is the gateway still there? */
        mgcp_ca_audit(l->line->endpoint, NULL, NULL);
}

void leg_mgcp_close_port(struct leg_mgcp *l)
{
    media_abandon(l->leg.port);
    l->leg.port = NULL;
    l->leg.recorded = false;
}

static unsigned open_port(struct leg_mgcp *l, unsigned thread)
{
    const struct gw *gw = l->leg.gw;
    union rt_addr local = gw->plan->media.address;
    int err = 0;

    if (local.sa.sa_family == AF_UNSPEC)
        err = rt_local_towards(&local, &l->leg.trunk->mgcp->gateway->address);
    if (err == 0)
        err = gw_leg_open_rtp(&l->leg, thread, &local, on_media);
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR, "mgcp: no rtp port: %s", strerror(err));
        return 47; /* resource unavailable, unspecified */
    }
    l->thread = thread;
    return 0;
}

/* ---- our side ---- */

static bool usable(const struct leg_mgcp *l, enum codec_id id)
{
    return codec_ready(&codec_table[id]) && (!l->faxes || id == CODEC_PCMA || id == CODEC_PCMU);
}

static void describe(const struct leg_mgcp *l, struct sdp_audio *out)
{
    const struct gw_trunk_media *t = &l->leg.trunk->media;

    memset(out, 0, sizeof *out);
    out->addr = *media_rtp_local(l->leg.port);
    out->event_payload = EVENTS;
    out->cn_payload = -1;
    out->events = 0xffff;
    out->ptime = t->ptime;
    out->wish.order = SDP_ORDER_OURS;
    for (unsigned i = 0; i < t->codecs.n; i++) {
        enum codec_id id = t->codecs.id[i];
        if (usable(l, id))
            out->codec[out->ncodecs++] =
                (struct sdp_codec){.id = id, .payload = (uint8_t)codec_table[id].payload};
    }
}

void leg_mgcp_options(const struct leg_mgcp *l, struct rt_buf *out)
{
    const struct gw_trunk_media *t = &l->leg.trunk->media;
    bool one = mgcp_ca_peculiar(l->line->endpoint)->one_codec;

    rt_buf_printf(out, "p:%u, a:", t->ptime);
    for (unsigned i = 0, n = 0; i < t->codecs.n && !(one && n > 0); i++)
        if (usable(l, t->codecs.id[i]))
            rt_buf_printf(out, "%s%s", n++ > 0 ? ";" : "", codec_table[t->codecs.id[i]].name);
    if (l->leg.trunk->mgcp->t38 && leg_mgcp_direct(l))
        rt_buf_puts(out, ", fxr/fx:t38");
}

/* ---- what was agreed ---- */

static unsigned apply(struct leg_mgcp *l, const struct sdp_audio *r)
{
    struct media_rtp m;

    gw_agreed_rtp(&m, r, &l->leg.trunk->media);
    m.fixed = m.fixed || l->faxes;
    int err = media_rtp_set(l->leg.port, &m);
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR, "mgcp: %s: %s", codec_table[m.codec].name, strerror(err));
        return 47;
    }
    l->has = 0;
    for (unsigned i = 0; i < r->ncodecs; i++)
        l->has |= CODEC_BIT(r->codec[i].id);
    l->now = m.codec;
    l->leg.codec = codec_table[m.codec].name;
    return 0;
}

/** 0, or the cause that an errno of sdp/ is. */
static unsigned cause_of(int err)
{
    return err == 0 ? 0 : err == ENOMEM ? 47 : 65; /* bearer capability not implemented */
}

static void make_offer(struct leg_mgcp *l)
{
    struct sdp_audio local;
    struct rt_buf sdp = {0};

    describe(l, &local);
    l->origin.version++;
    sdp_write_offer(&sdp, &local, &l->origin);
    leg_mgcp_describe_far(l, rt_buf_str(&sdp));
    rt_buf_release(&sdp);
    l->offered = true;
}

static unsigned take_answer(struct leg_mgcp *l)
{
    struct sdp_audio local, remote;

    describe(l, &local);
    int err = sdp_accept(&remote, rt_buf_str(&l->theirs), &local);
    return err != 0 ? cause_of(err) : apply(l, &remote);
}

static unsigned answer_offer(struct leg_mgcp *l)
{
    struct sdp_audio local, remote;
    struct rt_buf sdp = {0};

    describe(l, &local);
    l->origin.version++;
    int err = sdp_answer(&sdp, &remote, rt_buf_str(&l->theirs), &local, &l->origin);
    unsigned cause = err != 0 ? cause_of(err) : apply(l, &remote);
    if (cause == 0)
        leg_mgcp_describe_far(l, rt_buf_str(&sdp));
    rt_buf_release(&sdp);
    return cause;
}

/* ---- direct media: the endpoint's description as the other side gets it ---- */

static bool is_direction(struct rt_str line)
{
    return rt_str_eq(line, "a=sendrecv") || rt_str_eq(line, "a=sendonly") ||
           rt_str_eq(line, "a=recvonly") || rt_str_eq(line, "a=inactive");
}

/** Another description than the last has a higher version (RFC 3264 8). */
static void write_origin(struct rt_buf *out, struct rt_str line, unsigned more)
{
    struct rt_str user = rt_str_cut(&line, ' '), session = rt_str_cut(&line, ' ');
    uint64_t version = 0;

    rt_str_u64(&version, rt_str_cut(&line, ' '), UINT64_MAX);
    rt_buf_printf(out, "%.*s %.*s %llu %.*s\r\n", RT_STR(user), RT_STR(session),
                  (unsigned long long)(version + more), RT_STR(line));
}

/** A user who holds the call by his flash does not listen: each stream says so. */
static void write_ours(struct rt_buf *out, const struct leg_mgcp *l)
{
    struct rt_str rest = rt_buf_str(&l->theirs);
    bool stream = false;

    while (rest.n > 0) {
        struct rt_str line = rt_str_trim(rt_str_cut(&rest, '\n'));
        bool begins = line.n > 1 && line.p[0] == 'm';
        if (begins && stream && l->held)
            rt_buf_puts(out, "a=sendonly\r\n");
        stream = stream || begins;
        if (line.n > 1 && line.p[0] == 'o')
            write_origin(out, line, l->changes);
        else if (line.n > 0 && !(l->held && is_direction(line)))
            rt_buf_printf(out, "%.*s\r\n", RT_STR(line));
    }
    if (stream && l->held)
        rt_buf_puts(out, "a=sendonly\r\n");
}

static void pass_ours(struct leg_mgcp *l, enum gw_event_type type)
{
    struct rt_buf sdp = {0};

    write_ours(&sdp, l);
    gw_call_event(&l->leg, &(struct gw_event){.type = type, .sdp = rt_buf_str(&sdp)});
    rt_buf_release(&sdp);
}

void leg_mgcp_offer_hold(struct leg_mgcp *l)
{
    if (!leg_mgcp_direct(l) || !l->answered || l->leg.done || l->state != LEG_MGCP_UP ||
        l->offering || l->held == l->offered_hold)
        return;
    l->offering = true;
    l->offered_hold = l->held;
    l->changes++;
    pass_ours(l, GW_EV_MEDIA_OFFER);
}

/* ---- what the gateway describes ---- */

/** Direct media: what is described is the other side's answer, or the offer that it wanted. */
static void pass_on(struct leg_mgcp *l)
{
    enum gw_event_type type = l->owes_answer ? GW_EV_MEDIA_ANSWER : GW_EV_MEDIA_OFFER;

    if (!l->owes_answer && !l->wants_offer)
        return;
    l->owes_answer = l->wants_offer = false;
    pass_ours(l, type);
}

unsigned leg_mgcp_described(struct leg_mgcp *l)
{
    if (leg_mgcp_direct(l)) {
        pass_on(l);
        return 0;
    }
    l->owes_answer = l->wants_offer = false; /* of a call that was direct once */
    if (!l->leg.port || !l->offered)
        return 0; /* it is read when there is a port */
    return take_answer(l);
}

unsigned leg_mgcp_media(struct gw_leg *leg, unsigned thread)
{
    struct leg_mgcp *l = leg_mgcp_of(leg);

    if (leg->port)
        return 0;
    unsigned cause = open_port(l, thread);
    if (cause != 0)
        return cause;
    if (l->incoming && !l->offered)
        cause = answer_offer(l);
    else
        make_offer(l);
    if (cause != 0)
        leg_mgcp_close_port(l);
    else
        leg_mgcp_sync(l);
    return cause;
}

unsigned leg_mgcp_renew(struct gw_leg *leg, unsigned thread)
{
    struct leg_mgcp *l = leg_mgcp_of(leg);
    unsigned cause = open_port(l, thread);

    if (cause != 0)
        return cause;
    make_offer(l);
    leg_mgcp_sync(l);
    return 0;
}

void leg_mgcp_faxes(struct gw_leg *leg)
{
    struct leg_mgcp *l = leg_mgcp_of(leg);

    if (l->faxes || !leg->port || !leg->trunk->media.passthrough)
        return;
    l->faxes = true;
    make_offer(l);
    leg_mgcp_sync(l);
}

/* ---- what the call wants to know ---- */

void leg_mgcp_codecs(const struct gw_leg *leg, struct gw_codec_far *out)
{
    const struct leg_mgcp *l = (const struct leg_mgcp *)leg;

    out->now = l->now;
    out->has = l->has;
    if (l->has == 0)
        gw_codec_allowed(out, &leg->trunk->media.codecs);
}

bool leg_mgcp_offers(struct gw_leg *leg, const char *codec)
{
    struct leg_mgcp *l = leg_mgcp_of(leg);
    unsigned has = sdp_codecs(rt_buf_str(&l->theirs), SDP_SECURITY_OFF);

    for (unsigned id = 0; id < CODEC_COUNT; id++)
        if (has >> id & 1 && strcasecmp(codec_table[id].name, codec) == 0)
            return true;
    return false;
}

/** What the gateway has counted, from where we are: it sends what we would receive. */
static void counted_there(struct media_stats *out, const struct mgcp_statistics *s)
{
    *out = (struct media_stats){.rx_packets = s->ps,
                                .rx_octets = s->os,
                                .tx_packets = s->pr,
                                .tx_octets = s->orx,
                                .remote_lost = (uint32_t)s->pl,
                                .remote_jitter_us = s->ji * 1000,
                                .rtt_us = s->la * 2000};
}

bool leg_mgcp_stats(const struct gw_leg *leg, struct media_stats *out)
{
    const struct leg_mgcp *l = (const struct leg_mgcp *)leg;

    if (leg->port)
        media_port_stats(leg->port, out);
    else if (l->stats.present)
        counted_there(out, &l->stats); /* the gateway has ended a connection past us */
    return leg->port || l->stats.present;
}
