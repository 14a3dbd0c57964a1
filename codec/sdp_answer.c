/* Writing SDP, and the offer/answer model (RFC 3264): what both sides of a stream agree on. */
#include "codec/sdp_priv.h"

#include <errno.h>

static void write_head(struct rt_buf *out, const struct sdp_audio *a, const struct sdp_origin *o,
                       struct rt_str timing)
{
    char host[RT_ADDR_LEN];
    const char *type = a->addr.sa.sa_family == AF_INET6 ? "IP6" : "IP4";

    rt_addr_host(host, &a->addr);
    rt_buf_printf(out, "v=0\r\no=- %llu %llu IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=%.*s\r\n",
                  (unsigned long long)o->session, (unsigned long long)o->version, type, host, type,
                  host, RT_STR(timing));
}

static void write_events(struct rt_buf *out, const struct sdp_audio *a)
{
    const char *separator = "";

    rt_buf_printf(out, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d ", a->event_payload,
                  a->event_payload);
    for (unsigned low = 0; low < 32; low++) {
        unsigned high = low;
        if (!(a->events >> low & 1))
            continue;
        while (high + 1 < 32 && a->events >> (high + 1) & 1)
            high++;
        if (high > low)
            rt_buf_printf(out, "%s%u-%u", separator, low, high);
        else
            rt_buf_printf(out, "%s%u", separator, low);
        separator = ",";
        low = high;
    }
    rt_buf_puts(out, "\r\n");
}

static void write_audio(struct rt_buf *out, const struct sdp_audio *a)
{
    rt_buf_printf(out, "m=audio %u RTP/AVP", rt_addr_port(&a->addr));
    for (unsigned i = 0; i < a->ncodecs; i++)
        rt_buf_printf(out, " %u", a->codec[i].payload);
    if (a->event_payload >= 0)
        rt_buf_printf(out, " %d", a->event_payload);
    rt_buf_puts(out, "\r\n");
    for (unsigned i = 0; i < a->ncodecs; i++) {
        const struct codec_info *c = &codec_table[a->codec[i].id];
        rt_buf_printf(out, "a=rtpmap:%u %s/%u\r\n", a->codec[i].payload, c->name, c->clock);
    }
    if (a->event_payload >= 0)
        write_events(out, a);
    if (a->ptime)
        rt_buf_printf(out, "a=ptime:%u\r\n", a->ptime);
    rt_buf_printf(out, "a=%s\r\n", sdp_direction_names[a->direction]);
}

void sdp_write_offer(struct rt_buf *out, const struct sdp_audio *a, const struct sdp_origin *o)
{
    write_head(out, a, o, rt_str("0 0"));
    write_audio(out, a);
}

/* ---- agreeing ---- */

static const uint8_t *find_codec(const struct sdp_audio *a, enum codec_id id)
{
    for (unsigned i = 0; i < a->ncodecs; i++)
        if (a->codec[i].id == id)
            return &a->codec[i].payload;
    return NULL;
}

/** The longest packet that the engine sends, and asks for; what is sent when nothing is said. */
#define PTIME_MAX     60
#define PTIME_DEFAULT 20

/** The packet time to send, within the far end's limit (RFC 8866 6.4) and ours. */
static void limit_ptime(struct sdp_audio *remote)
{
    unsigned ms = remote->ptime ? remote->ptime : PTIME_DEFAULT;

    if (remote->maxptime && ms > remote->maxptime)
        remote->ptime = remote->maxptime;
    if (remote->ptime > PTIME_MAX)
        remote->ptime = PTIME_MAX;
}

/** Keeps of `remote` what `local` has too, in remote's order and with its payload types (RFC
 * 3264 6.1). */
static int intersect(struct sdp_audio *remote, const struct sdp_audio *local)
{
    unsigned n = 0;

    for (unsigned i = 0; i < remote->ncodecs; i++)
        if (find_codec(local, remote->codec[i].id))
            remote->codec[n++] = remote->codec[i];
    remote->ncodecs = n;
    remote->events &= local->events;
    if (local->event_payload < 0 || remote->events == 0)
        remote->event_payload = -1;
    limit_ptime(remote);
    return n > 0 ? 0 : ENOTSUP;
}

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

/** The direction offered; who gives a null address does not receive, whatever else he says (8.4).
 */
static enum sdp_direction offered_direction(const struct sdp_audio *remote)
{
    if (!rt_addr_is_any(&remote->addr))
        return remote->direction;
    return sends(remote->direction) ? SDP_SENDONLY : SDP_INACTIVE;
}

/** The first stream with a codec that both have. */
static int choose_stream(struct sdp_audio *remote, unsigned *index, struct rt_str offer,
                         const struct sdp_audio *local)
{
    int err = ENOTSUP;

    for (unsigned i = 0; err == ENOTSUP && i < SDP_STREAMS; i++) {
        err = sdp_parse_stream(remote, offer, i);
        if (err == 0)
            err = intersect(remote, local);
        *index = i;
    }
    return err == ENOENT ? ENOTSUP : err;
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
 * (6). */
static int write_streams(struct rt_buf *out, struct rt_str offer, const struct sdp_audio *ours,
                         unsigned index)
{
    struct rt_str line;
    struct sdp_media m;
    unsigned usable = 0;

    while (sdp_line(&offer, &line)) {
        if (line.n < 2 || line.p[0] != 'm' || line.p[1] != '=')
            continue;
        if (sdp_media_line(&m, (struct rt_str){line.p + 2, line.n - 2}) != 0)
            return EBADMSG;
        if (m.usable && usable++ == index) {
            write_audio(out, ours);
        } else {
            rt_buf_printf(out, "m=%.*s 0 %.*s %.*s\r\n", RT_STR(m.kind), RT_STR(m.proto),
                          RT_STR(m.formats));
        }
    }
    return 0;
}

int sdp_answer(struct rt_buf *out, struct sdp_audio *agreed, struct rt_str offer,
               const struct sdp_audio *local, const struct sdp_origin *o)
{
    struct sdp_audio remote, ours = *local;
    unsigned index;

    int err = choose_stream(&remote, &index, offer, local);
    if (err != 0)
        return err;
    memcpy(ours.codec, remote.codec, sizeof ours.codec);
    ours.ncodecs = remote.ncodecs;
    ours.event_payload = remote.event_payload;
    ours.events = remote.events;
    ours.ptime = remote.ptime;
    ours.direction = mirror(offered_direction(&remote), local->direction);
    write_head(out, &ours, o, timing_of(offer));
    err = write_streams(out, offer, &ours, index);
    if (err == 0)
        *agreed = remote;
    return err;
}

int sdp_accept(struct sdp_audio *agreed, struct rt_str answer, const struct sdp_audio *local)
{
    struct sdp_audio remote;

    int err = sdp_parse(&remote, answer);
    if (err == 0)
        err = intersect(&remote, local);
    if (err == 0)
        *agreed = remote;
    return err;
}
