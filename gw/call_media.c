/* Who hears what: the media side of a call. Before the answer the calling leg hears nothing, a tone
 * of ours, or the called side (early media is a declared state); after it both
 * hear each other.
 *
 * A direct call has no port and no bridge here: its legs hear what their far ends agree.
 */
#include "codec/sdp.h"
#include "gw/call_priv.h"
#include "gw/codec_choice.h"
#include "gw/gw.h"

#include <errno.h>

/** The thread both ports had best be made in, so that none has to move: a leg that has no choice
 * decides; else calls are dealt out in turn. While digits are collected there is no called side
 * yet.
 */
static unsigned choose_thread(const struct gw_call *call)
{
    int a = call->a->ops->thread(call->a), b = call->b ? call->b->ops->thread(call->b) : -1;

    if (a >= 0)
        return (unsigned)a;
    if (b >= 0)
        return (unsigned)b;
    return call->number % media_threads(call->gw->media);
}

static enum media_flow flow_wanted(const struct gw_call *call)
{
    if (call->fsm.state == GW_CALL_CONNECTED || call->answered != 0)
        return MEDIA_BOTH;
    return call->a->early == GW_EARLY_REMOTE ? MEDIA_B_TO_A : MEDIA_FLOW_NONE;
}

/** Its voice may go past us: nobody wants it recorded, and nobody relies on us to refuse what is
 * not protected. */
static bool may_be_direct(const struct gw_trunk *t)
{
    return (t->kind == GW_TRUNK_SIP || t->kind == GW_TRUNK_MGCP) && t->session.direct &&
           !t->sound.record.on && t->secure.srtp != GW_SRTP_REQUIRED;
}

/** A gateway of MGCP cannot say what it has in common with the caller before it is rung: what needs
 * translation does not go past us. */
static bool needs_translation(const struct gw_call *call, const struct gw_trunk *to)
{
    struct rt_str offer = call->dial->setup.sdp;
    struct gw_codec_far far = {.has = 0};

    if (call->a->trunk->kind != GW_TRUNK_MGCP && to->kind != GW_TRUNK_MGCP)
        return false;
    gw_codec_allowed(&far, &to->media.codecs);
    return offer.n > 0 && (sdp_codecs(offer, SDP_SECURITY_OFF) & far.has) == 0;
}

void gw_call_choose_media(struct gw_call *call, const struct gw_trunk *to)
{
    call->direct = !call->a->joint && !call->a->port && may_be_direct(call->a->trunk) &&
                   may_be_direct(to) && !needs_translation(call, to);
}

/** The payload type that an answer names first; 255: none can be read. */
static uint64_t first_format(struct rt_str sdp)
{
    static const char name[] = "m=audio ";
    const char *at = memmem(sdp.p, sdp.n, name, sizeof name - 1);
    uint64_t payload = 255;

    if (!at)
        return payload;
    struct rt_str rest = {at, sdp.n - (size_t)(at - sdp.p)};
    struct rt_str line = rt_str_trim(rt_str_cut(&rest, '\n'));
    for (unsigned i = 0; i < 3; i++) /* the word itself, port, protocol */
        rt_str_cut(&line, ' ');
    return rt_str_u64(&payload, rt_str_cut(&line, ' '), 127) == 0 ? payload : 255;
}

void gw_call_described(struct gw_call *call, struct rt_str sdp)
{
    struct sdp_audio audio;

    if (!call->direct || sdp.n == 0 || !call->a || !call->b)
        return;
    bool known = sdp_parse(&audio, sdp) == 0 && audio.codec[0].payload == first_format(sdp);
    call->a->codec = call->b->codec = known ? codec_table[audio.codec[0].id].name : "";
}

unsigned gw_call_ports(struct gw_call *call)
{
    unsigned thread = choose_thread(call);
    unsigned cause = call->a->ops->media(call->a, thread);
    return cause ? cause : call->b->ops->media(call->b, thread);
}

unsigned gw_call_reserve(struct gw_call *call)
{
    enum gw_trunk_kind kind = call->a->trunk->kind;

    if ((kind != GW_TRUNK_SIP && kind != GW_TRUNK_MGCP) || call->direct)
        return 0;
    return call->a->ops->media(call->a, choose_thread(call));
}

static void suit(struct gw_leg *leg)
{
    if (leg->ops->suit && !leg->done)
        leg->ops->suit(leg);
}

void gw_call_suit(struct gw_leg *leg)
{
    struct gw_leg *other = gw_call_partner(leg);

    suit(leg);
    if (other)
        suit(other);
}

static void make_way(struct gw_leg *leg)
{
    if (leg && leg->ops->faxes && !leg->done)
        leg->ops->faxes(leg);
}

void gw_call_heard(struct gw_leg *leg, const struct media_event *ev)
{
    static const char *const words[] = {[MEDIA_ANSWER_TONE] = "fax or modem answers (2100 Hz)",
                                        [MEDIA_FAX_CALLING] = "fax calls (CNG)"};
    struct gw_call *call = leg->call;

    if (!call || call->tones >> ev->type & 1)
        return;
    call->tones |= (uint8_t)(1u << ev->type);
    gw_call_note_text(leg, false, rt_str(words[ev->type]));
    make_way(leg);
    make_way(gw_call_partner(leg));
}

unsigned gw_call_bridge(struct gw_call *call)
{
    if (call->direct)
        return 0;
    unsigned cause = gw_call_ports(call);
    if (cause != 0 || !call->a->port || !call->b->port) /* a joint has none: see call_transfer.c */
        return cause;
    int err = media_join(call->a->port, call->b->port, flow_wanted(call));
    suit(call->a);
    suit(call->b);
    if (err == 0)
        return 0;
    rt_log(RT_LOG_CALL, RT_ERROR, "%s: media not joined: %s", call->name, strerror(err));
    return 47; /* resource unavailable, unspecified */
}

/** Whatever its port had to do before is over. */
static void be_quiet(const struct gw_leg *leg)
{
    if (!leg->port)
        return;
    media_part(leg->port);
    media_tone(leg->port, NULL);
}

unsigned gw_call_connect_media(struct gw_leg *x, struct gw_leg *y)
{
    int tx = x->ops->thread(x), ty = y->ops->thread(y);
    unsigned thread = tx >= 0 ? (unsigned)tx : ty >= 0 ? (unsigned)ty : 0, cause = 0;

    if ((x->bearer == GW_BEARER_DATA64) != (y->bearer == GW_BEARER_DATA64))
        return 65; /* bearer capability not implemented: octets are no sound */
    if (x->ops->renew && !x->port)
        cause = x->ops->renew(x, thread);
    if (cause == 0 && y->ops->renew && !y->port)
        cause = y->ops->renew(y, thread);
    if (cause != 0)
        return cause;
    if ((!x->port && !x->away) || (!y->port && !y->away))
        return 47;
    be_quiet(x);
    be_quiet(y);
    if (x->away || y->away)
        return 0; /* gw_call_rejoin() does the rest */
    return media_join(x->port, y->port, MEDIA_BOTH) == 0 ? 0 : 47;
}

void gw_call_tone(struct gw_call *call, struct gw_leg *leg, enum tone_kind kind)
{
    const struct dp_site *site = leg->trunk->site;
    const char *country = site ? dp_country_code(site->country) : NULL;

    if (leg->bearer == GW_BEARER_DATA64)
        return; /* nobody listens there */
    if (kind != TONE_NONE && leg->ops->media(leg, choose_thread(call)) != 0)
        return; /* no port: the far end rings on its own */
    if (leg->port)
        media_tone(leg->port, kind == TONE_NONE ? NULL : tone_country(country, kind));
}

bool gw_call_play(struct gw_call *call, struct gw_leg *leg, struct clip *clip, unsigned times)
{
    return leg->ops->media(leg, choose_thread(call)) == 0 && leg->port &&
           media_play(leg->port, clip, times) == 0;
}

void gw_call_tone_off(struct gw_call *call)
{
    if (call->a && call->a->port)
        media_tone(call->a->port, NULL);
}
