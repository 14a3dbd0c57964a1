/* The SIP leg's description and its RTP port: offer/answer (RFC 3264) between sip/, which carries
 * bodies as octets, and the media engine. What depends on the other side of the call is
 * leg_sip_stream.c's.
 */
#include "gw/agreed.h"
#include "gw/call.h"
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/leg_sip_secure.h"

#include <errno.h>

/** Comfort noise's static payload type (RFC 3389 4), and what we number telephone-event. */
#define NOISE  13
#define EVENTS 101

int leg_sip_thread(const struct gw_leg *leg)
{
    const struct leg_sip *l = (const struct leg_sip *)leg;
    return leg->port ? (int)l->thread : -1;
}

/* ---- the port ---- */

static void on_digit(struct leg_sip *l, const struct media_event *ev)
{
    gw_call_note(&l->leg, false, "DTMF %c", ev->digit);
    gw_call_event(&l->leg,
                  &(struct gw_event){
                      .type = GW_EV_DTMF, .inband = true, .digits = {ev->digit}, .ms = ev->ms});
}

static void on_media(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct leg_sip *l = arg;

    (void)p;
    if (l->leg.done || !l->leg.call)
        return;
    if (ev->type == MEDIA_RTP_SILENT || ev->type == MEDIA_QUALITY)
        leg_sip_quality_event(l, ev);
    else if (ev->type == MEDIA_DATAGRAM)
        leg_sip_secure_datagram(l, ev->datagram);
    else if (ev->type == MEDIA_DTMF)
        on_digit(l, ev);
    else if (ev->type == MEDIA_ANSWER_TONE || ev->type == MEDIA_FAX_CALLING)
        gw_call_heard(&l->leg, ev);
    else if (ev->type == MEDIA_PLAYED)
        gw_call_played(&l->leg);
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
        err = gw_leg_open_rtp(&l->leg, thread, &local, on_media);
    if (err == 0 && (err = leg_sip_secure_open(l)) != 0)
        leg_sip_close_port(l);
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR, "sip: no rtp port: %s", strerror(err));
        return 47; /* resource unavailable, unspecified */
    }
    l->thread = thread;
    leg_sip_quality_begin(l);
    return 0;
}

void leg_sip_close_port(struct leg_sip *l)
{
    leg_sip_quality_end(l);
    leg_sip_secure_close(l);
    media_abandon(l->leg.port);
    l->leg.port = NULL;
    l->leg.recorded = false;
    leg_sip_stream_free(l);
}

/* ---- our side ---- */

/** A number that was agreed for something keeps its meaning as long as the session lives (RFC 3264
 * 8.3.2). */
static bool reserved(const struct leg_sip *l, unsigned payload)
{
    const struct leg_sip_stream *s = l->stream;

    for (unsigned id = 0; s && id < CODEC_COUNT; id++)
        if (s->rtp.payload_in[id] == payload)
            return true;
    for (unsigned i = 0; s && i < s->nevents; i++)
        if (s->event[i].payload_in == payload)
            return true;
    return false;
}

static uint8_t free_payload(const struct leg_sip *l, const struct sdp_audio *a, unsigned from)
{
    while (from < 127 && (sdp_payload_taken(a, from) || from == NOISE || reserved(l, from)))
        from++;
    return (uint8_t)from;
}

static void add_codec(const struct leg_sip *l, struct sdp_audio *out, enum codec_id id)
{
    unsigned agreed = l->stream ? l->stream->rtp.payload_in[id] : 255;
    unsigned usual = codec_table[id].payload;
    struct sdp_codec *c = &out->codec[out->ncodecs];

    c->id = id;
    c->payload = agreed < 128 ? (uint8_t)agreed
                 : usual < 96 ? (uint8_t)usual
                              : free_payload(l, out, usual);
    out->ncodecs++;
}

/** At the clock of each codec, with the numbers that were agreed before. */
static void add_events(const struct leg_sip *l, struct sdp_audio *out)
{
    const struct leg_sip_stream *s = l->stream;

    out->event_payload = EVENTS;
    out->events = 0xffff;
    if (!s || s->nevents == 0)
        return; /* sdp_write_offer() finds their numbers */
    out->nevents = s->nevents;
    out->event_payload = s->event[0].payload_in;
    for (unsigned i = 0; i < s->nevents; i++)
        out->event[i] =
            (struct sdp_event){s->event[i].clock, s->event[i].payload_in, s->event[i].payload_in};
}

/** Our side of the stream as we would describe it now: an offer, or what the description `theirs`
 * is answered with, or compared with. */
static void describe(const struct leg_sip *l, struct sdp_audio *out, struct rt_str theirs)
{
    const struct gw_trunk *t = l->leg.trunk;
    bool clear = l->leg.bearer == GW_BEARER_DATA64;
    enum codec_id order[CODEC_COUNT];

    memset(out, 0, sizeof *out);
    out->addr = *media_rtp_local(l->leg.port);
    out->direction = l->holding ? SDP_SENDONLY : SDP_SENDRECV;
    out->event_payload = out->cn_payload = -1;
    out->wish.names = true;
    out->wish.ptime = t->media.insists && !clear;
    out->wish.xr = t->quality.xr != GW_XR_OFF;
    out->rtcp_xr = t->quality.xr == GW_XR_ON;
    out->wish.order = SDP_ORDER_OURS; /* which has theirs in it */
    out->ptime = clear ? 20 : t->media.ptime;
    leg_sip_secure_describe(l, out, theirs.n == 0);
    if (clear) {
        add_codec(l, out, CODEC_CLEARMODE);
        return;
    }
    unsigned n = leg_sip_codec_order(l, order, theirs);
    for (unsigned i = 0; i < n; i++)
        add_codec(l, out, order[i]);
    if (t->session.dtmf == GW_DTMF_AUTO || t->session.dtmf == GW_DTMF_RFC4733)
        add_events(l, out);
    if (t->media.noise)
        out->cn_payload = NOISE;
}

/* ---- what was agreed ---- */

/** What the far end sent as before is still on its way when it has changed its mind (RFC
 * 3264 8.3.2).
 */
static void keep_understanding(const struct leg_sip *l, struct media_rtp *m)
{
    for (unsigned id = 0; l->stream && id < CODEC_COUNT; id++) {
        uint8_t was = l->stream->rtp.payload_in[id];
        if (m->payload_in[id] == 255 && was < 128 &&
            !memchr(m->payload_in, was, sizeof m->payload_in) && was != m->event_payload_in)
            m->payload_in[id] = was;
    }
}

/** In the engine's words. */
static void translate(const struct leg_sip *l, const struct sdp_audio *r, struct media_rtp *m)
{
    gw_agreed_rtp(m, r, &l->leg.trunk->media);
    m->receive = m->receive && !l->holding;
    m->fixed = m->fixed || l->faxes;
    keep_understanding(l, m);
}

/** Keeps what later descriptions have to agree with. */
static void remember(struct leg_sip_stream *s, const struct sdp_audio *r, const struct media_rtp *m)
{
    s->rtp = *m;
    s->theirs = 0;
    for (unsigned i = 0; i < r->ncodecs; i++)
        s->theirs |= CODEC_BIT(r->codec[i].id);
    s->nevents = r->nevents;
    memcpy(s->event, r->event, sizeof s->event);
}

/** Gives the engine what was agreed. An errno: all is as before. */
static int apply(struct leg_sip *l, const struct sdp_audio *r)
{
    struct leg_sip_stream *s = leg_sip_stream(l);
    struct media_rtp m;
    bool events = r->event_payload >= 0;

    if (!s)
        return ENOMEM;
    translate(l, r, &m);
    int err = leg_sip_secure_translate(l, r, &m);
    if (err != 0)
        return err;
    leg_sip_name_in(l, r, &m);
    m.apart = leg_sip_digits_apart(l, m.codec, events);
    m.listen = leg_sip_listens(l, m.codec, events);
    leg_sip_quality_agreed(l, &m, r);
    err = media_rtp_set(l->leg.port, &m);
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR, "sip: %s: %s", codec_table[m.codec].name, strerror(err));
        return err;
    }
    remember(s, r, &m);
    leg_sip_secure_agreed(l, r);
    leg_sip_name_ask(l, r);
    l->far_holds = sdp_held(r);
    l->events = events;
    l->leg.codec = codec_table[m.codec].name;
    l->agreed = true;
    leg_sip_agreed(l);
    return 0;
}

/* ---- offers and answers ---- */

struct sip_body leg_sip_body(const struct leg_sip *l)
{
    return (struct sip_body){.type = rt_str("application/sdp"), .data = rt_buf_str(&l->local_sdp)};
}

void leg_sip_make_offer(struct leg_sip *l)
{
    struct sdp_audio local;

    leg_sip_secure_listen(l);
    describe(l, &local, (struct rt_str){"", 0});
    l->origin.version++;
    rt_buf_reset(&l->local_sdp);
    sdp_write_offer(&l->local_sdp, &local, &l->origin);
}

int leg_sip_answer_offer(struct leg_sip *l, struct rt_str offer)
{
    struct sdp_origin next = {l->origin.session, l->origin.version + 1};
    struct sdp_audio local, remote;
    struct rt_buf answer = {0};

    leg_sip_secure_offered(l, offer);
    describe(l, &local, offer);
    int err = sdp_answer(&answer, &remote, offer, &local, &next);
    int status = err == 0 ? 0 : err == EBADMSG ? 400 : 488;
    if (err == 0 && (err = apply(l, &remote)) != 0)
        status = err == ENOTSUP ? 488 : 500;
    if (status != 0) {
        rt_buf_release(&answer);
        return status;
    }
    rt_buf_release(&l->local_sdp);
    l->local_sdp = answer;
    l->origin = next;
    l->moved = false; /* the answer says where we are */
    return 0;
}

int leg_sip_take_answer(struct leg_sip *l, struct rt_str answer)
{
    struct sdp_audio local, remote;

    describe(l, &local, answer);
    int err = sdp_accept(&remote, answer, &local);
    if (err == 0)
        err = apply(l, &remote);
    else
        leg_sip_secure_refused(l, answer);
    l->starved = err == ENOMEM || err == EAGAIN;
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
    int status = leg_sip_answer_offer(l, rt_buf_str(&l->offer));
    if (status != 0)
        leg_sip_close_port(l); /* nothing can be played to it */
    return status == 0     ? 0
           : status == 500 ? 47  /* resource unavailable, unspecified */
                           : 65; /* bearer capability not implemented */
}

unsigned leg_sip_renew(struct gw_leg *leg, unsigned thread)
{
    struct leg_sip *l = (struct leg_sip *)leg;
    unsigned cause = open_port(l, thread);

    if (cause != 0)
        return cause;
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

/* ---- what an offer is about ---- */

/** The codecs of sound that a trunk allows, bit n for codec_id n. */
static unsigned allowed(const struct gw_trunk *t)
{
    unsigned codecs = 0;

    for (unsigned i = 0; i < t->media.codecs.n; i++)
        if (codec_ready(&codec_table[t->media.codecs.id[i]]))
            codecs |= CODEC_BIT(t->media.codecs.id[i]);
    return codecs;
}

bool leg_sip_unusable(const struct gw_trunk *t, const struct sip_message *msg)
{
    return msg->body.data.n > 0 && (sdp_codecs(msg->body.data, leg_sip_need(t)) &
                                    (allowed(t) | CODEC_BIT(CODEC_CLEARMODE))) == 0;
}

void leg_sip_bearer_in(struct gw_setup *out, const struct gw_trunk *t)
{
    unsigned offered = sdp_codecs(out->sdp, leg_sip_need(t));
    bool clear = offered >> CODEC_CLEARMODE & 1, sound = offered & allowed(t);

    out->bearer = clear && !sound ? GW_BEARER_DATA64 : GW_BEARER_AUDIO;
    out->either = clear ? sound : out->sdp.n == 0;
}
