/* The SIP leg's description and its RTP port: offer/answer (RFC 3264) between sip/, which carries
 * bodies as octets, and the media engine.
 */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"

#include <errno.h>

int leg_sip_thread(const struct gw_leg *leg)
{
    const struct leg_sip *l = (const struct leg_sip *)leg;
    return leg->port ? (int)l->thread : -1;
}

static void on_media(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct leg_sip *l = arg;

    (void)p;
    if (l->leg.done || !l->leg.call)
        return;
    if (ev->type == MEDIA_DTMF) {
        gw_call_note(&l->leg, false, "DTMF %c", ev->digit);
        gw_call_event(&l->leg,
                      &(struct gw_event){
                          .type = GW_EV_DTMF, .inband = true, .digits = {ev->digit}, .ms = ev->ms});
    }
    /* RFC 3960 3.2: media that arrives before the answer is what the caller hears, whatever 180
     * said */
    if (ev->type == MEDIA_RTP_STARTED && l->leg.side == 'b' && !l->answered && l->agreed)
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_PROGRESS, .inband = true});
}

/** Where our RTP is received: the plan's address, else the interface towards the far end. */
static int media_address(const struct leg_sip *l, union rt_addr *out)
{
    union rt_addr far;

    *out = l->leg.gw->plan->media.address;
    if (out->sa.sa_family != AF_UNSPEC)
        return 0;
    return leg_sip_far(l, &far) ? rt_local_towards(out, &far) : EHOSTUNREACH;
}

static unsigned open_port(struct leg_sip *l, unsigned thread)
{
    union rt_addr local;
    int err = media_address(l, &local);

    if (err == 0)
        err = media_rtp_open(&l->leg.port, l->leg.gw->media, thread, &local, on_media, l);
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR, "sip: no rtp port: %s", strerror(err));
        return 47; /* resource unavailable, unspecified */
    }
    l->thread = thread;
    return 0;
}

/** The codecs of sound that the plan allows, bit n for codec_id n. */
static unsigned allowed(const struct gw_media_plan *m)
{
    unsigned codecs = 0;

    for (unsigned i = 0; i < m->ncodecs; i++)
        for (unsigned id = 0; id < CODEC_COUNT; id++)
            if (strcmp(codec_table[id].word, m->codecs[i]) == 0)
                codecs |= 1u << id;
    return codecs;
}

static void add_codec(struct sdp_audio *out, enum codec_id id)
{
    out->codec[out->ncodecs].id = id;
    out->codec[out->ncodecs++].payload = codec_table[id].payload;
}

/** Our side of the stream as we would describe it now. */
static void describe(const struct leg_sip *l, struct sdp_audio *out)
{
    const struct gw_media_plan *m = &l->leg.gw->plan->media;

    bool clear = l->leg.bearer == GW_BEARER_DATA64;

    memset(out, 0, sizeof *out);
    out->addr = *media_rtp_local(l->leg.port);
    out->direction = l->holding ? SDP_SENDONLY : SDP_SENDRECV;
    out->event_payload = clear ? -1 : 101;
    out->events = 0xffff;
    out->ptime = 20;
    if (clear)
        add_codec(out, CODEC_CLEARMODE);
    for (unsigned i = 0; i < m->ncodecs && !clear; i++)
        for (unsigned id = 0; id < CODEC_COUNT; id++)
            if (strcmp(codec_table[id].word, m->codecs[i]) == 0 && out->ncodecs < CODEC_COUNT)
                add_codec(out, (enum codec_id)id);
}

/** Gives the engine what was agreed. */
static void apply(struct leg_sip *l)
{
    const struct sdp_audio *r = &l->remote;
    struct media_rtp m = {
        .remote = r->addr,
        .remote_rtcp = r->rtcp,
        .codec = r->codec[0].id,
        .event_payload = r->event_payload,
        .ptime = r->ptime,
        .send = r->direction == SDP_SENDRECV || r->direction == SDP_RECVONLY,
        .receive = !l->holding && (r->direction == SDP_SENDRECV || r->direction == SDP_SENDONLY),
    };

    if (sdp_held(r))
        m.send = false;
    memset(m.payload, 255, sizeof m.payload);
    for (unsigned i = 0; i < r->ncodecs; i++)
        m.payload[r->codec[i].id] = r->codec[i].payload;
    media_rtp_set(l->leg.port, &m);
    l->leg.codec = codec_table[m.codec].name;
    l->agreed = true;
}

struct sip_body leg_sip_body(const struct leg_sip *l)
{
    return (struct sip_body){.type = rt_str("application/sdp"), .data = rt_buf_str(&l->local_sdp)};
}

void leg_sip_make_offer(struct leg_sip *l)
{
    struct sdp_audio local;

    describe(l, &local);
    l->origin.version++;
    rt_buf_reset(&l->local_sdp);
    sdp_write_offer(&l->local_sdp, &local, &l->origin);
}

int leg_sip_answer_offer(struct leg_sip *l, struct rt_str offer)
{
    struct sdp_origin next = {l->origin.session, l->origin.version + 1};
    struct sdp_audio local;
    struct rt_buf answer = {0};

    describe(l, &local);
    int err = sdp_answer(&answer, &l->remote, offer, &local, &next);
    if (err != 0) {
        rt_buf_release(&answer);
        return err == ENOTSUP ? 488 : 400;
    }
    rt_buf_release(&l->local_sdp);
    l->local_sdp = answer;
    l->origin = next;
    l->moved = false; /* the answer says where we are */
    apply(l);
    return 0;
}

int leg_sip_take_answer(struct leg_sip *l, struct rt_str answer)
{
    struct sdp_audio local;

    describe(l, &local);
    int err = sdp_accept(&l->remote, answer, &local);
    if (err == 0)
        apply(l);
    return err;
}

unsigned leg_sip_media(struct gw_leg *leg, unsigned thread)
{
    struct leg_sip *l = (struct leg_sip *)leg;

    if (leg->port)
        return 0;
    unsigned cause = open_port(l, thread);
    if (cause != 0 || !l->incoming)
        return cause;
    if (l->offer.n == 0) {
        leg_sip_make_offer(l);
        l->answer_due = true;
        return 0;
    }
    return leg_sip_answer_offer(l, rt_buf_str(&l->offer)) == 0
               ? 0
               : 65; /* bearer capability not implemented */
}

unsigned leg_sip_renew(struct gw_leg *leg, unsigned thread)
{
    struct leg_sip *l = (struct leg_sip *)leg;
    struct media_port *old = leg->port;

    if (old && l->thread == thread)
        return 0;
    leg->port = NULL;
    unsigned cause = open_port(l, thread);
    if (cause != 0) {
        leg->port = old;
        return cause;
    }
    media_abandon(old);
    if (l->asked) /* what it wanted of the other side is not to be had any more */
        sip_session_decline(l->session, 491, NULL);
    l->asked = false;
    l->moved = true;
    sip_session_relay(l->session, false);
    leg_sip_reoffer(l);
    return 0;
}

bool leg_sip_stats(const struct gw_leg *leg, struct media_stats *out)
{
    if (!leg->port)
        return false;
    media_port_stats(leg->port, out);
    return true;
}

bool leg_sip_unusable(const struct gw_media_plan *m, const struct sip_message *msg)
{
    return msg->body.data.n > 0 &&
           (sdp_codecs(msg->body.data) & (allowed(m) | 1u << CODEC_CLEARMODE)) == 0;
}

void leg_sip_bearer_in(struct gw_setup *out, const struct gw_media_plan *m)
{
    unsigned offered = sdp_codecs(out->sdp);
    bool clear = offered >> CODEC_CLEARMODE & 1, sound = offered & allowed(m);

    out->bearer = clear && !sound ? GW_BEARER_DATA64 : GW_BEARER_AUDIO;
    out->either = clear ? sound : out->sdp.n == 0;
}
