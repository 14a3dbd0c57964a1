/* What of a SIP leg's stream depends on more than its own offer and answer: on the codec and the
 * digits of the other side of the call, on a fax that was heard, on a host name to be looked up.
 */
#include "gw/call.h"
#include "gw/codec_choice.h"
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/rt/dns.h"

#include <stdlib.h>

#define G711 (CODEC_BIT(CODEC_PCMA) | CODEC_BIT(CODEC_PCMU))

struct leg_sip_stream *leg_sip_stream(struct leg_sip *l)
{
    if (l->stream)
        return l->stream;
    l->stream = calloc(1, sizeof *l->stream);
    if (!l->stream)
        return NULL;
    memset(l->stream->rtp.payload_in, 255, sizeof l->stream->rtp.payload_in);
    return l->stream;
}

void leg_sip_stream_free(struct leg_sip *l)
{
    if (!l->stream)
        return;
    rt_dns_cancel(l->stream->query);
    free(l->stream->host);
    free(l->stream);
    l->stream = NULL;
}

/** Tells the engine what has changed in l->stream->rtp. */
static void set_again(struct leg_sip *l)
{
    int err = media_rtp_set(l->leg.port, &l->stream->rtp);

    if (err != 0)
        rt_log(RT_LOG_CALL, RT_ERROR, "sip: rtp stays as it is: %s", strerror(err));
}

/* ---- the other side ---- */

/** Who is on the other side, NULL: nobody yet, or the leg is out of its call. */
static struct gw_leg *other_side(const struct leg_sip *l)
{
    const struct gw_call *call = l->leg.call;
    bool in = call && (call->a == &l->leg || call->b == &l->leg);

    return in ? gw_call_partner(&l->leg) : NULL;
}

void leg_sip_codecs(const struct gw_leg *leg, struct gw_codec_far *out)
{
    const struct leg_sip *q = (const struct leg_sip *)leg;

    if (q->stream && q->agreed) {
        out->now = q->stream->rtp.codec;
        out->has = q->stream->theirs;
        return;
    }
    gw_codec_allowed(out, &leg->trunk->media.codecs);
}

static void look_across(struct gw_codec_far *far, const struct leg_sip *l)
{
    const struct gw_leg *q = other_side(l);

    *far = (struct gw_codec_far){.now = CODEC_COUNT};
    if (q && q->ops->codecs)
        q->ops->codecs(q, far);
}

/* ---- the order of codecs ---- */

static unsigned place_of(const enum codec_id *list, unsigned n, enum codec_id id)
{
    unsigned i = 0;

    while (i < n && list[i] != id)
        i++;
    return i;
}

/** Ours, but in their order as far as they name them. */
static unsigned in_their_order(enum codec_id *list, const struct gw_codecs *ours,
                               struct rt_str theirs)
{
    struct sdp_audio a;
    unsigned n = 0;

    if (sdp_parse(&a, theirs) != 0)
        a.ncodecs = 0;
    for (unsigned i = 0; i < a.ncodecs; i++)
        if (place_of(ours->id, ours->n, a.codec[i].id) < ours->n)
            list[n++] = a.codec[i].id;
    for (unsigned i = 0; i < ours->n; i++)
        if (place_of(list, n, ours->id[i]) == n)
            list[n++] = ours->id[i];
    return n;
}

static void move_to_front(enum codec_id *list, unsigned n, enum codec_id id)
{
    unsigned at = place_of(list, n, id);

    if (at == n)
        return;
    memmove(list + 1, list, at * sizeof *list);
    list[0] = id;
}

/** For a fax: G.711, in the line's law if there is one; in offers nothing else. */
static unsigned order_for_fax(enum codec_id *list, unsigned n, const struct gw_codec_far *far,
                              bool offer)
{
    unsigned kept = 0;

    move_to_front(list, n, CODEC_PCMU);
    move_to_front(list, n, CODEC_PCMA);
    if (far->now == CODEC_PCMU)
        move_to_front(list, n, CODEC_PCMU);
    while (kept < n && G711 >> list[kept] & 1)
        kept++;
    return offer && kept > 0 ? kept : n;
}

/** Without what cannot be coded now; a stream that has begun goes on. */
static unsigned keep_ready(const struct leg_sip *l, enum codec_id *list, unsigned n)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < n; i++)
        if (codec_ready(&codec_table[list[i]]) ||
            (l->agreed && l->stream && l->stream->rtp.codec == list[i]))
            list[kept++] = list[i];
    return kept;
}

unsigned leg_sip_codec_order(const struct leg_sip *l, enum codec_id list[CODEC_COUNT],
                             struct rt_str theirs)
{
    const struct gw_trunk_media *t = &l->leg.trunk->media;
    struct gw_codec_far far;
    unsigned n = t->codecs.n;

    memcpy(list, t->codecs.id, sizeof t->codecs.id);
    if (theirs.n > 0 && t->choice == GW_CODEC_OFFER)
        n = in_their_order(list, &t->codecs, theirs);
    n = keep_ready(l, list, n);
    look_across(&far, l);
    gw_codec_order(list, n, t->choice, !t->transcode, &far);
    if (theirs.n == 0 && l->agreed && l->stream)
        move_to_front(list, n, l->stream->rtp.codec); /* what is agreed is not to change */
    return l->faxes ? order_for_fax(list, n, &far, theirs.n == 0) : n;
}

/* ---- digits ---- */

bool leg_sip_digits_apart(const struct leg_sip *l, enum codec_id codec, bool events)
{
    enum gw_dtmf how = l->leg.trunk->session.dtmf;

    if (how == GW_DTMF_INFO_RELAY || how == GW_DTMF_INFO)
        return true;
    return how == GW_DTMF_AUTO && !events && codec != CODEC_CLEARMODE &&
           !gw_codec_carries_tones(codec);
}

bool leg_sip_listens(const struct leg_sip *l, enum codec_id codec, bool events)
{
    enum gw_dtmf how = l->leg.trunk->session.dtmf;
    bool sound = how == GW_DTMF_INBAND || (how == GW_DTMF_AUTO && !events);
    const struct gw_leg *q = other_side(l);

    if (!sound || !gw_codec_carries_tones(codec) || !q || q->trunk->kind != GW_TRUNK_SIP)
        return false;
    const struct leg_sip *other = (const struct leg_sip *)q;
    return other->stream && other->agreed && (other->events || other->stream->rtp.apart);
}

/** What the other side wants of digits may be another. */
static void listen_again(struct leg_sip *l)
{
    struct media_rtp *m = &l->stream->rtp;
    bool listen = leg_sip_listens(l, m->codec, l->events);

    if (listen == m->listen)
        return;
    m->listen = listen;
    set_again(l);
}

/* ---- two sides ---- */

/** True when the answer to the caller's offer, which has not gone out, could name the codec that
 * the called side has by now. */
static bool could_answer_better(const struct leg_sip *l)
{
    const struct leg_sip_stream *s = l->stream;
    struct gw_codec_far far;

    look_across(&far, l);
    return l->incoming && !l->described && l->offer.n > 0 && !l->leg.trunk->media.transcode &&
           !far.line && far.now < CODEC_COUNT && far.now != s->rtp.codec &&
           s->theirs >> far.now & 1;
}

void leg_sip_suit(struct gw_leg *leg)
{
    struct leg_sip *l = (struct leg_sip *)leg;

    if (!l->stream || !l->agreed || !leg->port || leg->bearer == GW_BEARER_DATA64)
        return;
    if (could_answer_better(l))
        leg_sip_answer_offer(l, rt_buf_str(&l->offer));
    listen_again(l);
}

void leg_sip_agreed(struct leg_sip *l)
{
    struct gw_leg *q = other_side(l);

    if (q && !q->done && q->ops->suit)
        q->ops->suit(q);
}

/* ---- fax ---- */

void leg_sip_faxes(struct gw_leg *leg)
{
    struct leg_sip *l = (struct leg_sip *)leg;
    const struct gw_trunk_media *t = &leg->trunk->media;
    uint32_t ours = 0;

    if (l->faxes || !t->passthrough || !l->stream || !l->agreed || !leg->port ||
        leg->bearer == GW_BEARER_DATA64)
        return;
    l->faxes = true;
    l->stream->rtp.fixed = true;
    set_again(l);
    for (unsigned i = 0; i < t->codecs.n; i++)
        ours |= CODEC_BIT(t->codecs.id[i]);
    if (!(ours & G711) || G711 >> l->stream->rtp.codec & 1)
        return;
    l->recode = true;
    leg_sip_reoffer(l);
}

/* ---- host names ---- */

static void aim_at(struct leg_sip *l, const union rt_addr *host)
{
    struct leg_sip_stream *s = l->stream;

    s->address = *host;
    rt_addr_set_port(&s->address, s->port);
    s->rtp.remote = s->address;
    if (s->rtcp_port) {
        s->rtp.remote_rtcp = s->address;
        rt_addr_set_port(&s->rtp.remote_rtcp, s->rtcp_port);
    }
    set_again(l);
}

/** A name that is not to be found: the far end's RTP is looked for where its signalling is, and
 * taken from wherever it comes then. */
static void on_named(void *arg, const struct rt_dns_answer *a)
{
    struct leg_sip *l = arg;
    union rt_addr far;

    l->stream->query = NULL;
    if (a->n > 0) {
        l->stream->found = true;
        aim_at(l, &a->record[0].addr);
        return;
    }
    rt_log(RT_LOG_CALL, RT_WARN, "sip: no address of %s for rtp: %s", l->stream->host,
           strerror(a->err));
    gw_call_note(&l->leg, false, "no address of %s", l->stream->host);
    if (leg_sip_far(l, &far))
        aim_at(l, &far);
}

void leg_sip_name_in(struct leg_sip *l, const struct sdp_audio *r, struct media_rtp *m)
{
    struct leg_sip_stream *s = l->stream;
    bool same = r->host.n > 0 && s->host && rt_str_caseeq(r->host, s->host);

    if (r->host.n > 0 && rt_addr_is_any(&m->remote_rtcp))
        m->remote_rtcp = (union rt_addr){0};
    if (!same || !s->found)
        return;
    m->remote = s->address;
    rt_addr_set_port(&m->remote, rt_addr_port(&r->addr));
}

void leg_sip_name_ask(struct leg_sip *l, const struct sdp_audio *r)
{
    struct leg_sip_stream *s = l->stream;
    int family = media_rtp_local(l->leg.port)->sa.sa_family;

    s->port = rt_addr_port(&r->addr);
    s->rtcp_port = rt_addr_is_any(&r->rtcp) ? rt_addr_port(&r->rtcp) : 0;
    if (r->host.n > 0 && s->host && rt_str_caseeq(r->host, s->host) && (s->query || s->found))
        return;
    rt_dns_cancel(s->query);
    free(s->host);
    s->query = NULL;
    s->found = false;
    s->host = r->host.n > 0 ? strndup(r->host.p, r->host.n) : NULL;
    if (s->host && rt_dns_ask(&s->query, l->leg.gw->dns, s->host,
                              family == AF_INET6 ? RT_DNS_AAAA : RT_DNS_A, on_named, l) != 0)
        rt_log(RT_LOG_CALL, RT_ERROR, "sip: %s cannot be looked up", s->host);
}
