/* The offer/answer model (RFC 3264): what both sides of a stream agree on. */
#include "codec/sdp_priv.h"

#include <errno.h>

static const struct sdp_codec *find_codec(const struct sdp_audio *a, enum codec_id id)
{
    for (unsigned i = 0; i < a->ncodecs; i++)
        if (a->codec[i].id == id)
            return &a->codec[i];
    return NULL;
}

/* ---- packet time ---- */

/** The longest packet that the engine sends, and asks for; what is sent when nothing is said; the
 * engine's block. All in ms. */
#define PTIME_MAX     60
#define PTIME_DEFAULT 20
#define PTIME_BLOCK   10

/** The packet time to send, within the far end's limit (RFC 8866 6.4) and ours, in whole frames of
 * the codec and whole blocks. */
static void limit_ptime(struct sdp_audio *remote)
{
    unsigned ms = remote->ptime ? remote->ptime : PTIME_DEFAULT;
    unsigned frame = codec_table[remote->codec[0].id].frame, unit = PTIME_BLOCK;

    while (unit * 8 < frame)
        unit += PTIME_BLOCK;
    if (remote->maxptime && ms > remote->maxptime)
        ms = remote->maxptime;
    if (ms > PTIME_MAX)
        ms = PTIME_MAX;
    ms = ms < unit ? unit : ms / unit * unit;
    if (remote->ptime || ms != PTIME_DEFAULT)
        remote->ptime = ms;
}

/* ---- order ---- */

static unsigned place_of(enum codec_id id, const enum codec_id *order, unsigned n)
{
    unsigned at = 0;

    while (at < n && order[at] != id)
        at++;
    return at;
}

static void place_ours(unsigned place[CODEC_COUNT], const enum codec_id *order, unsigned n)
{
    for (unsigned id = 0; id < CODEC_COUNT; id++)
        place[id] = place_of((enum codec_id)id, order, n);
}

/** Stable: equals stay in the far end's order. */
static void sort_codecs(struct sdp_audio *a, const unsigned place[CODEC_COUNT])
{
    for (unsigned i = 1; i < a->ncodecs; i++) {
        struct sdp_codec c = a->codec[i];
        unsigned k = i;
        for (; k > 0 && place[a->codec[k - 1].id] > place[c.id]; k--)
            a->codec[k] = a->codec[k - 1];
        a->codec[k] = c;
    }
}

/** Events go out at the clock of the sound that they replace; peers that name only 8000 beside a
 * codec of another clock get that. */
static void choose_event(struct sdp_audio *a)
{
    const struct sdp_event *chosen = NULL;

    for (unsigned i = 0; i < a->nevents; i++)
        if (!chosen || a->event[i].clock == codec_table[a->codec[0].id].clock)
            chosen = &a->event[i];
    a->event_payload = chosen ? chosen->payload : -1;
    a->event_payload_in = chosen ? chosen->payload_in : -1;
    a->event_clock = chosen ? chosen->clock : 0;
}

static void order_codecs(struct sdp_audio *remote, const struct sdp_audio *local)
{
    unsigned place[CODEC_COUNT];
    enum codec_id ours[CODEC_COUNT];

    if (local->wish.order == SDP_ORDER_OFFER)
        return;
    for (unsigned i = 0; i < local->ncodecs; i++)
        ours[i] = local->codec[i].id;
    place_ours(place, ours, local->ncodecs);
    for (unsigned id = 0; id < CODEC_COUNT && local->wish.order == SDP_ORDER_CHEAPEST; id++)
        place[id] = codec_table[id].cost;
    sort_codecs(remote, place);
}

/* ---- what both have ---- */

/** With the payload types that each said; an answer of ours repeats the offer's (RFC 3264 6.1). */
static void common_codecs(struct sdp_audio *remote, const struct sdp_audio *local, bool answering)
{
    unsigned n = 0;

    for (unsigned i = 0; i < remote->ncodecs; i++) {
        struct sdp_codec c = remote->codec[i];
        const struct sdp_codec *ours = find_codec(local, c.id);
        if (!ours)
            continue;
        c.payload_in = answering ? c.payload : ours->payload;
        if (c.id == CODEC_G729)
            c.params.dtx = c.params.dtx && ours->params.dtx;
        remote->codec[n++] = c;
    }
    remote->ncodecs = n;
}

/** The payload type of ours for events of a clock, -1: none. An offer's clock has to be that of a
 * codec, or the 8000 that most peers mean whatever the codec. */
static int event_in(const struct sdp_audio *remote, const struct sdp_audio *local,
                    const struct sdp_event *e, bool answering)
{
    bool used = e->clock == 8000;

    for (unsigned i = 0; i < local->nevents && !answering; i++)
        if (local->event[i].clock == e->clock)
            return local->event[i].payload;
    for (unsigned i = 0; i < remote->ncodecs && !used; i++)
        used = codec_table[remote->codec[i].id].clock == e->clock;
    return answering && used ? e->payload : -1;
}

static void common_events(struct sdp_audio *remote, const struct sdp_audio *local, bool answering)
{
    unsigned n = 0;

    remote->events &= local->events;
    for (unsigned i = 0; i < remote->nevents; i++) {
        struct sdp_event e = remote->event[i];
        int in = event_in(remote, local, &e, answering);
        if (in < 0 || local->event_payload < 0 || remote->events == 0)
            continue;
        e.payload_in = (uint8_t)in;
        remote->event[n++] = e;
    }
    remote->nevents = n;
    choose_event(remote);
}

static void common_noise(struct sdp_audio *remote, const struct sdp_audio *local, bool answering)
{
    bool both = remote->cn_payload > 0 && local->cn_payload > 0;

    if (!both)
        remote->cn_payload = -1;
    remote->cn_payload_in = both && !answering ? local->cn_payload : remote->cn_payload;
}

static void common_transport(struct sdp_audio *remote, const struct sdp_audio *local)
{
    remote->rtcp_mux = remote->rtcp_mux && local->rtcp_mux;
    if (remote->rtcp_mux)
        remote->rtcp = remote->addr; /* RFC 5761 5.1.1 */
    else
        remote->bundled = false; /* a group shares one port (RFC 8843 9.3) */
    if (local->ice.ufrag.n == 0 || remote->ice.mismatch) {
        remote->ice.ufrag = remote->ice.pwd = (struct rt_str){0};
        remote->ice.ncandidates = 0;
    }
}

/** Whether the two addresses can reach each other at all: IPv4 and IPv6 do not. */
static bool reachable(const struct sdp_audio *remote, const struct sdp_audio *local)
{
    bool null = rt_addr_is_any(&remote->addr) && remote->host.n == 0;

    return null || remote->ice.ufrag.n > 0 || local->addr.sa.sa_family == AF_UNSPEC ||
           local->addr.sa.sa_family == remote->addr.sa.sa_family;
}

/** Keeps of `remote` what `local` has too. */
static int intersect(struct sdp_audio *remote, const struct sdp_audio *local, bool answering)
{
    if (remote->host.n > 0 && !local->wish.names)
        return EBADMSG;
    common_codecs(remote, local, answering);
    if (remote->ncodecs == 0)
        return ENOTSUP;
    int err = sdp_secure(remote, local, answering);
    if (err != 0)
        return err;
    order_codecs(remote, local);
    common_events(remote, local, answering);
    common_noise(remote, local, answering);
    common_transport(remote, local);
    limit_ptime(remote);
    return reachable(remote, local) ? 0 : EAFNOSUPPORT;
}

/* ---- directions ---- */

static bool sends(enum sdp_direction d)
{
    return d == SDP_SENDRECV || d == SDP_SENDONLY;
}

static bool receives(enum sdp_direction d)
{
    return d == SDP_SENDRECV || d == SDP_RECVONLY;
}

/** Our direction in an answer: we send what they receive and the other way round, as far as we want
 * to (6.1). */
static enum sdp_direction mirror(enum sdp_direction offered, enum sdp_direction wanted)
{
    bool send = receives(offered) && sends(wanted), receive = sends(offered) && receives(wanted);

    if (send)
        return receive ? SDP_SENDRECV : SDP_SENDONLY;
    return receive ? SDP_RECVONLY : SDP_INACTIVE;
}

/** The direction offered; who gives a null address does not receive, whatever else he says (8.4);
 * but with ICE the address is still to be found. */
static enum sdp_direction offered_direction(const struct sdp_audio *remote)
{
    if (!rt_addr_is_any(&remote->addr) || remote->host.n > 0 || remote->ice.ufrag.n > 0)
        return remote->direction;
    return sends(remote->direction) ? SDP_SENDONLY : SDP_INACTIVE;
}

/* ---- answering ---- */

/** The most secure stream with a codec that both have, the first of those. */
static int choose_stream(struct sdp_audio *remote, unsigned *index, struct rt_str offer,
                         const struct sdp_audio *local)
{
    int result = ENOTSUP;
    struct sdp_audio a;

    for (unsigned i = 0; i < SDP_STREAMS; i++) {
        int err = sdp_parse_stream(&a, offer, i);
        if (err == 0)
            err = intersect(&a, local, true);
        if (err == ENOENT)
            break;
        if (err == EBADMSG && result != 0)
            return err;
        if (err == EAFNOSUPPORT && result != 0)
            result = err;
        if (err != 0 || (result == 0 && a.security <= remote->security))
            continue;
        result = 0;
        *remote = a;
        *index = i;
    }
    return result;
}

/** The offer's t= value: the answer's must equal it (6). */
static struct rt_str timing_of(struct rt_str body)
{
    struct rt_str line;

    while (sdp_line(&body, &line))
        if (line.n > 2 && line.p[0] == 't' && line.p[1] == '=')
            return (struct rt_str){line.p + 2, line.n - 2};
    return rt_str("0 0");
}

/** Every m= line of the offer has its line in the answer, in order; those not wanted with port 0
 * (6), and with their names (RFC 5888 9.1). */
static int write_streams(struct rt_buf *out, struct rt_str offer, const struct sdp_audio *ours,
                         unsigned index)
{
    struct rt_str line, value, mid;
    struct sdp_media m;
    unsigned usable = 0;
    bool refused = false;

    while (sdp_line(&offer, &line)) {
        if (refused && sdp_starts(line, "a=mid:", &mid))
            rt_buf_printf(out, "a=mid:%.*s\r\n", RT_STR(mid));
        if (!sdp_starts(line, "m=", &value))
            continue;
        if (sdp_media_line(&m, value) != 0)
            return EBADMSG;
        refused = !m.usable || usable++ != index;
        if (refused)
            rt_buf_printf(out, "m=%.*s 0 %.*s %.*s\r\n", RT_STR(m.kind), RT_STR(m.proto),
                          RT_STR(m.formats));
        else
            sdp_write_audio(out, ours, true);
    }
    return 0;
}

/** What is agreed as seen from our side: what the answer says. */
static void describe_answer(struct sdp_audio *ours, const struct sdp_audio *remote,
                            const struct sdp_audio *local)
{
    const struct sdp_crypto *chosen = &local->crypto[remote->crypto_own];

    memcpy(ours->codec, remote->codec, sizeof ours->codec);
    ours->ncodecs = remote->ncodecs;
    memcpy(ours->event, remote->event, sizeof ours->event);
    ours->nevents = remote->nevents;
    ours->events = remote->events;
    ours->cn_payload = remote->cn_payload;
    ours->ptime = local->wish.ptime ? local->ptime : remote->ptime;
    ours->direction = mirror(offered_direction(remote), local->direction);
    ours->profile = remote->profile;
    ours->mid = remote->mid;
    ours->bundled = remote->bundled;
    ours->rtcp_xr = local->rtcp_xr || (remote->rtcp_xr && local->wish.xr);
    ours->rtcp_mux = remote->rtcp_mux;
    if (remote->rtcp_mux)
        memset(&ours->rtcp, 0, sizeof ours->rtcp);
    ours->ncryptos = remote->security == SDP_SDES;
    ours->crypto[0] = (struct sdp_crypto){remote->crypto[0].tag, chosen->value};
    if (remote->security != SDP_DTLS)
        ours->nfingerprints = 0;
    ours->setup = sdp_setup_answer(remote->setup, local->wish.role);
    ours->ice.mismatch = remote->ice.mismatch && local->ice.ufrag.n > 0;
    if (remote->ice.ufrag.n == 0)
        ours->ice.ufrag = (struct rt_str){0};
}

int sdp_answer(struct rt_buf *out, struct sdp_audio *agreed, struct rt_str offer,
               const struct sdp_audio *local, const struct sdp_origin *o)
{
    struct sdp_audio remote, ours = *local;
    unsigned index = 0;

    int err = choose_stream(&remote, &index, offer, local);
    if (err != 0)
        return err;
    describe_answer(&ours, &remote, local);
    sdp_write_head(out, &ours, o, timing_of(offer));
    err = write_streams(out, offer, &ours, index);
    if (err == 0)
        *agreed = remote;
    return err;
}

int sdp_accept(struct sdp_audio *agreed, struct rt_str answer, const struct sdp_audio *local)
{
    struct sdp_audio remote, offered = *local;

    sdp_spread_events(&offered);
    int err = sdp_parse(&remote, answer);
    if (err == 0)
        err = intersect(&remote, &offered, false);
    if (err == 0)
        *agreed = remote;
    return err;
}
