/* Reading SDP (RFC 8866) for the one audio stream that a voice gateway uses.
 *
 * Lenient where peers are known to be sloppy (LF line ends, rtpmap missing for static payload
 * types), strict where a wrong guess would send media astray (addresses, ports, payload types).
 */
#include "codec/sdp_priv.h"

#include <errno.h>

const struct codec_info codec_table[CODEC_COUNT] = {
    [CODEC_PCMA] = {"PCMA", "pcma", 8000, 8},
    [CODEC_PCMU] = {"PCMU", "pcmu", 8000, 0},
    [CODEC_CLEARMODE] = {"CLEARMODE", "clearmode", 8000, 97},
};

/** Payload types from here on mean what an rtpmap says (RFC 3551 6). */
#define DYNAMIC 96

/** The next line without its end; false: none left. */
bool sdp_line(struct rt_str *rest, struct rt_str *line)
{
    if (rest->n == 0)
        return false;
    *line = rt_str_cut(rest, '\n');
    if (line->n > 0 && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

static bool starts(struct rt_str s, const char *z, struct rt_str *after)
{
    size_t n = strlen(z);

    if (s.n < n || memcmp(s.p, z, n) != 0)
        return false;
    *after = (struct rt_str){s.p + n, s.n - n};
    return true;
}

static bool ends_invalid(struct rt_str host)
{
    static const char top[] = ".invalid";
    size_t n = sizeof top - 1;

    return host.n > n && rt_str_caseeq((struct rt_str){host.p + host.n - n, n}, top);
}

static int read_connection(union rt_addr *out, struct rt_str v)
{
    struct rt_str net = rt_str_cut(&v, ' '), type = rt_str_cut(&v, ' ');
    struct rt_str host = rt_str_cut(&v, '/'); /* a multicast TTL is not for us */

    bool six = rt_str_eq(type, "IP6");
    union rt_addr a;

    if (!rt_str_eq(net, "IN") || !(six || rt_str_eq(type, "IP4")))
        return EBADMSG;
    if (ends_invalid(host)) /* a null address (RFC 6157 3.1) */
        host = rt_str(six ? "::" : "0.0.0.0");
    if (rt_addr_parse(&a, host.p, host.n, 0) != 0 || a.sa.sa_family != (six ? AF_INET6 : AF_INET))
        return EBADMSG;
    *out = a;
    return 0;
}

/* ---- m= ---- */

int sdp_media_line(struct sdp_media *m, struct rt_str v)
{
    uint64_t port;

    memset(m, 0, sizeof *m);
    m->kind = rt_str_cut(&v, ' ');
    struct rt_str ports = rt_str_cut(&v, ' ');
    struct rt_str first = rt_str_cut(&ports, '/');
    m->proto = rt_str_cut(&v, ' ');
    m->formats = v;
    if (rt_str_u64(&port, first, 65535) != 0 || m->proto.n == 0 || v.n == 0)
        return EBADMSG;
    m->port = (uint16_t)port;
    m->usable = rt_str_eq(m->kind, "audio") && rt_str_eq(m->proto, "RTP/AVP") && port != 0;
    return 0;
}

/* ---- attributes ---- */

struct reader {
    struct sdp_audio *a;
    unsigned index; /* which usable stream is wanted */
    struct rt_str formats;
    union rt_addr session_addr;
    enum sdp_direction session_direction;
    bool mapped[128]; /* payload types that an rtpmap explained */
    struct {
        bool known, event;
        enum codec_id id;
        struct rt_str fmtp;
    } map[128];
};

static void read_rtpmap(struct reader *r, struct rt_str v)
{
    uint64_t pt, clock;
    struct rt_str number = rt_str_cut(&v, ' ');
    struct rt_str encoding = rt_str_trim(v), name = rt_str_cut(&encoding, '/'),
                  rate = rt_str_cut(&encoding, '/');

    if (rt_str_u64(&pt, number, 127) != 0 || rt_str_u64(&clock, rate, 1000000) != 0)
        return;
    r->mapped[pt] = true;
    if (encoding.n > 0 && !rt_str_eq(encoding, "1"))
        return; /* more channels than one */
    r->map[pt].event = rt_str_caseeq(name, "telephone-event") && clock == 8000;
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (rt_str_caseeq(name, codec_table[i].name) && clock == codec_table[i].clock) {
            r->map[pt].known = true;
            r->map[pt].id = (enum codec_id)i;
        }
}

/** `0-15,66`: events 0..31 are kept. */
static uint32_t read_events(struct rt_str v)
{
    uint32_t events = 0;

    while (v.n > 0) {
        struct rt_str part = rt_str_trim(rt_str_cut(&v, ',')), low_text = rt_str_cut(&part, '-');
        uint64_t low, high;
        if (rt_str_u64(&low, low_text, 255) != 0)
            continue;
        if (part.n == 0 || rt_str_u64(&high, part, 255) != 0)
            high = low;
        for (uint64_t e = low; e <= high && e < 32; e++)
            events |= (uint32_t)1 << e;
    }
    return events;
}

static void read_fmtp(struct reader *r, struct rt_str v)
{
    uint64_t pt;

    if (rt_str_u64(&pt, rt_str_cut(&v, ' '), 127) == 0)
        r->map[pt].fmtp = v; /* its rtpmap may come later */
}

static void read_ms(unsigned *out, struct rt_str v)
{
    uint64_t ms;
    if (rt_str_u64(&ms, rt_str_trim(v), 1000) == 0)
        *out = (unsigned)ms;
}

static void read_rtcp(struct reader *r, struct rt_str v)
{
    uint64_t port;

    if (rt_str_u64(&port, rt_str_cut(&v, ' '), 65535) != 0)
        return;
    if (v.n == 0 || read_connection(&r->a->rtcp, v) != 0)
        memset(&r->a->rtcp, 0, sizeof r->a->rtcp); /* same host: filled in when that is known */
    if (r->a->rtcp.sa.sa_family == AF_UNSPEC)
        r->a->rtcp.in4.sin_port = htons((uint16_t)port);
    else
        rt_addr_set_port(&r->a->rtcp, (uint16_t)port);
}

static bool read_direction(enum sdp_direction *out, struct rt_str v)
{
    for (unsigned i = 0; i < 4; i++)
        if (rt_str_eq(v, sdp_direction_names[i])) {
            *out = (enum sdp_direction)i;
            return true;
        }
    return false;
}

const char *const sdp_direction_names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

static void read_attribute(struct reader *r, struct rt_str v)
{
    struct rt_str rest;

    if (starts(v, "rtpmap:", &rest))
        read_rtpmap(r, rest);
    else if (starts(v, "fmtp:", &rest))
        read_fmtp(r, rest);
    else if (starts(v, "ptime:", &rest))
        read_ms(&r->a->ptime, rest);
    else if (starts(v, "maxptime:", &rest))
        read_ms(&r->a->maxptime, rest);
    else if (starts(v, "rtcp:", &rest))
        read_rtcp(r, rest);
    else
        read_direction(&r->a->direction, v);
}

/* ---- the whole ---- */

static void add_format(struct reader *r, uint8_t pt)
{
    struct sdp_audio *a = r->a;
    unsigned id = CODEC_COUNT;

    if (r->map[pt].event && a->event_payload < 0) {
        a->event_payload = pt;
        if (r->map[pt].fmtp.n > 0)
            a->events = read_events(r->map[pt].fmtp);
    }
    if (r->map[pt].known)
        id = r->map[pt].id;
    for (unsigned i = 0; i < CODEC_COUNT && !r->mapped[pt]; i++)
        if (codec_table[i].payload == pt && pt < DYNAMIC)
            id = i; /* static payload types need no rtpmap (RFC 3551 6) */
    for (unsigned i = 0; i < a->ncodecs; i++)
        if (a->codec[i].id == id)
            return;
    if (id == CODEC_COUNT || a->ncodecs == CODEC_COUNT)
        return;
    a->codec[a->ncodecs].id = (enum codec_id)id;
    a->codec[a->ncodecs++].payload = pt;
}

static void read_formats(struct reader *r)
{
    struct rt_str rest = r->formats;
    uint64_t pt;

    while (rest.n > 0)
        if (rt_str_u64(&pt, rt_str_cut(&rest, ' '), 127) == 0)
            add_format(r, (uint8_t)pt);
}

/** RTCP's address when only its port was given, or nothing (RFC 3550 11: the next port). */
static void complete_rtcp(struct sdp_audio *a)
{
    uint16_t port = ntohs(a->rtcp.in4.sin_port);

    if (a->rtcp.sa.sa_family != AF_UNSPEC)
        return;
    a->rtcp = a->addr;
    rt_addr_set_port(&a->rtcp, port ? port : (uint16_t)(rt_addr_port(&a->addr) + 1));
}

/** Our stream begins: what the session said holds until it says otherwise. */
static void begin_stream(struct reader *r, const struct sdp_media *m)
{
    r->formats = m->formats;
    r->a->addr = r->session_addr;
    r->a->direction = r->session_direction;
}

static int read_lines(struct reader *r, struct rt_str body)
{
    struct rt_str line, v;
    bool in_media = false, ours = false, found = false;
    unsigned usable = 0;
    uint16_t port = 0;
    struct sdp_media m;

    while (sdp_line(&body, &line)) {
        if (line.n < 2 || line.p[1] != '=')
            continue;
        v = (struct rt_str){line.p + 2, line.n - 2};
        if (line.p[0] == 'm') {
            if (sdp_media_line(&m, v) != 0)
                return EBADMSG;
            in_media = true;
            ours = m.usable && usable++ == r->index;
            if (ours) {
                found = true;
                port = m.port;
                begin_stream(r, &m);
            }
        } else if (line.p[0] == 'c' && (!in_media || ours)) {
            if (read_connection(in_media ? &r->a->addr : &r->session_addr, v) != 0)
                return EBADMSG;
        } else if (line.p[0] == 'a' && !in_media) {
            read_direction(&r->session_direction, v);
        } else if (line.p[0] == 'a' && ours) {
            read_attribute(r, v);
        }
    }
    if (!found)
        return ENOENT;
    if (r->a->addr.sa.sa_family == AF_UNSPEC)
        return EBADMSG; /* no c= line for it (RFC 8866 5.7) */
    rt_addr_set_port(&r->a->addr, port);
    return 0;
}

int sdp_parse_stream(struct sdp_audio *out, struct rt_str body, unsigned index)
{
    struct sdp_audio a = {.event_payload = -1, .events = 0xffff};
    struct reader r = {.a = &a, .index = index, .session_direction = SDP_SENDRECV};

    if (body.n < 2 || memcmp(body.p, "v=", 2) != 0 || memchr(body.p, '\0', body.n))
        return EBADMSG;
    int err = read_lines(&r, body);
    if (err != 0)
        return err;
    read_formats(&r);
    if (a.ncodecs == 0)
        return ENOTSUP;
    complete_rtcp(&a);
    *out = a;
    return 0;
}

int sdp_parse(struct sdp_audio *out, struct rt_str body)
{
    int err = ENOTSUP;

    for (unsigned i = 0; err == ENOTSUP && i < SDP_STREAMS; i++)
        err = sdp_parse_stream(out, body, i);
    return err == ENOENT ? ENOTSUP : err;
}

unsigned sdp_codecs(struct rt_str body)
{
    unsigned found = 0;
    struct sdp_audio a;

    for (unsigned i = 0; i < SDP_STREAMS; i++) {
        int err = sdp_parse_stream(&a, body, i);
        for (unsigned k = 0; err == 0 && k < a.ncodecs; k++)
            found |= 1u << a.codec[k].id;
        if (err != 0 && err != ENOTSUP)
            break;
    }
    return found;
}

bool sdp_held(const struct sdp_audio *remote)
{
    return rt_addr_is_any(&remote->addr) || remote->direction == SDP_SENDONLY ||
           remote->direction == SDP_INACTIVE;
}
