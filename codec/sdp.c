/* Reading SDP (RFC 8866) for the one audio stream that a voice gateway uses: lines, addresses and
 * the attributes that are not about payload types (sdp_formats.c) or keys (sdp_secure.c).
 *
 * Lenient where peers are known to be sloppy (LF line ends, rtpmap missing for static payload
 * types), strict where a wrong guess would send media astray (addresses, ports, payload types).
 */
#include "codec/sdp_priv.h"

#include <ctype.h>
#include <errno.h>

const char *const sdp_direction_names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
const char *const sdp_profile_names[] = {
    "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF",
};

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

bool sdp_starts(struct rt_str s, const char *z, struct rt_str *after)
{
    size_t n = strlen(z);

    if (s.n < n || memcmp(s.p, z, n) != 0)
        return false;
    *after = (struct rt_str){s.p + n, s.n - n};
    return true;
}

/* ---- c= ---- */

static bool ends_invalid(struct rt_str host)
{
    static const char top[] = ".invalid";
    size_t n = sizeof top - 1;

    return host.n > n && rt_str_caseeq((struct rt_str){host.p + host.n - n, n}, top);
}

/** A host name, and no address gone wrong: its last label begins with a letter (RFC 1123 2.1). */
static bool is_name(struct rt_str host)
{
    bool begins = true, letter = false;

    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = (unsigned char)host.p[i];
        if (!isalnum(c) && c != '-' && (c != '.' || begins))
            return false;
        if (begins)
            letter = isalpha(c);
        begins = c == '.';
    }
    return host.n > 0 && host.n <= 253 && letter;
}

/** `name` may be NULL: only an address will do. */
static int read_connection(union rt_addr *out, struct rt_str *name, struct rt_str v)
{
    struct rt_str net = rt_str_cut(&v, ' '), type = rt_str_cut(&v, ' ');
    struct rt_str host = rt_str_cut(&v, '/'), null; /* a multicast TTL is not for us */

    bool six = rt_str_eq(type, "IP6"), named = false;
    union rt_addr a;

    if (!rt_str_eq(net, "IN") || !(six || rt_str_eq(type, "IP4")))
        return EBADMSG;
    null = rt_str(six ? "::" : "0.0.0.0");
    if (ends_invalid(host)) /* a null address (RFC 6157 3.1) */
        host = null;
    if (rt_addr_parse(&a, host.p, host.n, 0) != 0) {
        named = name && is_name(host);
        if (!named || rt_addr_parse(&a, null.p, null.n, 0) != 0)
            return EBADMSG;
    }
    if (a.sa.sa_family != (six ? AF_INET6 : AF_INET))
        return EBADMSG;
    *out = a;
    if (name)
        *name = named ? host : (struct rt_str){0};
    return 0;
}

static bool is_multicast(const union rt_addr *a)
{
    if (a->sa.sa_family == AF_INET6)
        return IN6_IS_ADDR_MULTICAST(&a->in6.sin6_addr);
    return a->sa.sa_family == AF_INET && IN_MULTICAST(ntohl(a->in4.sin_addr.s_addr));
}

/* ---- m= ---- */

int sdp_media_line(struct sdp_media *m, struct rt_str v)
{
    uint64_t port;
    unsigned profile = 0;

    memset(m, 0, sizeof *m);
    m->kind = rt_str_cut(&v, ' ');
    struct rt_str ports = rt_str_cut(&v, ' ');
    struct rt_str first = rt_str_cut(&ports, '/');
    m->proto = rt_str_cut(&v, ' ');
    m->formats = v;
    if (rt_str_u64(&port, first, 65535) != 0 || m->proto.n == 0 || v.n == 0)
        return EBADMSG;
    m->port = (uint16_t)port;
    while (profile < SDP_PROFILES && !rt_str_eq(m->proto, sdp_profile_names[profile]))
        profile++;
    m->usable = rt_str_eq(m->kind, "audio") && profile < SDP_PROFILES && port != 0;
    m->profile = m->usable ? (enum sdp_profile)profile : SDP_AVP;
    return 0;
}

/* ---- attributes ---- */

static void read_ms(unsigned *out, struct rt_str v)
{
    uint64_t ms;
    if (rt_str_u64(&ms, rt_str_trim(v), 1000) == 0)
        *out = (unsigned)ms;
}

static void read_ptime(struct sdp_reading *r, struct rt_str v)
{
    read_ms(&r->at->ptime, v);
}

static void read_maxptime(struct sdp_reading *r, struct rt_str v)
{
    read_ms(&r->at->maxptime, v);
}

static void read_rtcp(struct sdp_reading *r, struct rt_str v)
{
    union rt_addr *rtcp = &r->at->rtcp;
    uint64_t port;

    if (rt_str_u64(&port, rt_str_cut(&v, ' '), 65535) != 0)
        return;
    if (v.n == 0 || read_connection(rtcp, NULL, v) != 0)
        memset(rtcp, 0, sizeof *rtcp); /* same host: filled in when that is known */
    if (rtcp->sa.sa_family == AF_UNSPEC)
        rtcp->in4.sin_port = htons((uint16_t)port);
    else
        rt_addr_set_port(rtcp, (uint16_t)port);
}

static void read_mux(struct sdp_reading *r, struct rt_str v)
{
    (void)v;
    r->at->rtcp_mux = true;
}

/** RFC 3611 5.1: no value means none. */
static void read_xr(struct sdp_reading *r, struct rt_str v)
{
    while (v.n > 0)
        if (rt_str_eq(rt_str_cut(&v, ' '), "voip-metrics"))
            r->at->rtcp_xr = true;
}

static void read_mid(struct sdp_reading *r, struct rt_str v)
{
    r->at->mid = v;
}

static void read_group(struct sdp_reading *r, struct rt_str v)
{
    if (r->bundle.n == 0)
        sdp_starts(v, "BUNDLE ", &r->bundle);
}

static void read_direction(struct sdp_reading *r, struct rt_str v)
{
    for (unsigned i = 0; i <= SDP_INACTIVE; i++)
        if (rt_str_eq(v, sdp_direction_names[i]))
            r->at->direction = (enum sdp_direction)i;
}

enum { SESSION = 1, STREAM = 2, BOTH = 3 };

/** With a colon the attribute has a value, without it is a word alone. */
static const struct attribute {
    const char *name;
    void (*read)(struct sdp_reading *r, struct rt_str v);
    int levels; /* where it means something */
} attributes[] = {
    {"rtpmap:", sdp_read_rtpmap, STREAM},
    {"fmtp:", sdp_read_fmtp, STREAM},
    {"ptime:", read_ptime, STREAM},
    {"maxptime:", read_maxptime, STREAM},
    {"rtcp:", read_rtcp, STREAM},
    {"rtcp-mux", read_mux, STREAM},
    {"rtcp-mux-only", read_mux, STREAM}, /* RFC 8858 */
    {"rtcp-xr:", read_xr, BOTH},
    {"mid:", read_mid, STREAM},
    {"group:", read_group, SESSION},
    {"crypto:", sdp_read_crypto, STREAM},
    {"fingerprint:", sdp_read_fingerprint, BOTH},
    {"setup:", sdp_read_setup, BOTH},
    {"ice-ufrag:", sdp_read_ufrag, BOTH},
    {"ice-pwd:", sdp_read_pwd, BOTH},
    {"ice-lite", sdp_read_lite, SESSION},
    {"ice-mismatch", sdp_read_mismatch, STREAM},
    {"candidate:", sdp_read_candidate, STREAM},
};

static void read_attribute(struct sdp_reading *r, struct rt_str v, int level)
{
    for (size_t i = 0; i < RT_COUNT(attributes); i++) {
        const struct attribute *a = &attributes[i];
        bool valued = a->name[strlen(a->name) - 1] == ':';
        struct rt_str rest;
        if (!sdp_starts(v, a->name, &rest) || (!valued && rest.n > 0))
            continue;
        if (a->levels & level)
            a->read(r, rest);
        return;
    }
    read_direction(r, v);
}

/* ---- the whole ---- */

/** RTCP's address when only its port was given, or nothing (RFC 3550 11: the next port). */
static void complete_rtcp(struct sdp_audio *a)
{
    uint16_t port = ntohs(a->rtcp.in4.sin_port);

    if (a->rtcp.sa.sa_family != AF_UNSPEC)
        return;
    a->rtcp = a->addr;
    rt_addr_set_port(&a->rtcp, port ? port : (uint16_t)(rt_addr_port(&a->addr) + 1));
}

static bool in_list(struct rt_str list, struct rt_str word)
{
    while (list.n > 0) {
        struct rt_str one = rt_str_cut(&list, ' ');
        if (one.n == word.n && memcmp(one.p, word.p, one.n) == 0)
            return true;
    }
    return false;
}

/** The wanted stream begins: what the session said holds until it says otherwise. */
static void begin_stream(struct sdp_reading *r, const struct sdp_media *m)
{
    r->audio = r->session;
    r->at = &r->audio;
    r->formats = m->formats;
    r->audio.profile = m->profile;
}

/** Lines up to the wanted stream's end. */
static int read_lines(struct sdp_reading *r, struct rt_str body, uint16_t *port)
{
    struct rt_str line, v;
    int level = SESSION; /* 0: in a stream that is not wanted */
    bool found = false;
    unsigned usable = 0;
    struct sdp_media m;

    while (sdp_line(&body, &line)) {
        if (line.n < 2 || line.p[1] != '=')
            continue;
        v = (struct rt_str){line.p + 2, line.n - 2};
        if (line.p[0] == 'm') {
            if (sdp_media_line(&m, v) != 0)
                return EBADMSG;
            level = m.usable && usable++ == r->index ? STREAM : 0;
            if (level == STREAM) {
                found = true;
                *port = m.port;
                begin_stream(r, &m);
            }
        } else if (line.p[0] == 'c' && level != 0) {
            if (read_connection(&r->at->addr, &r->at->host, v) != 0)
                return EBADMSG;
        } else if (line.p[0] == 'a' && level != 0) {
            read_attribute(r, v, level);
        }
    }
    return found ? 0 : ENOENT;
}

static int finish_stream(struct sdp_reading *r, uint16_t port)
{
    struct sdp_audio *a = &r->audio;

    if (a->addr.sa.sa_family == AF_UNSPEC)
        return EBADMSG; /* no c= line for it (RFC 8866 5.7) */
    rt_addr_set_port(&a->addr, port);
    sdp_read_formats(r);
    if (a->ncodecs == 0 || is_multicast(&a->addr))
        return ENOTSUP;
    complete_rtcp(a);
    a->bundled = a->mid.n > 0 && in_list(r->bundle, a->mid);
    sdp_check_ice(a);
    return 0;
}

int sdp_parse_stream(struct sdp_audio *out, struct rt_str body, unsigned index)
{
    struct sdp_reading r = {
        .index = index,
        .session = {.event_payload = -1,
                    .event_payload_in = -1,
                    .events = 0xffff,
                    .cn_payload = -1,
                    .cn_payload_in = -1},
    };
    uint16_t port = 0;

    r.at = &r.session;
    if (body.n < 2 || memcmp(body.p, "v=", 2) != 0 || memchr(body.p, '\0', body.n))
        return EBADMSG;
    int err = read_lines(&r, body, &port);
    if (err == 0)
        err = finish_stream(&r, port);
    if (err == 0)
        *out = r.audio;
    return err;
}

int sdp_parse(struct sdp_audio *out, struct rt_str body)
{
    int err = ENOTSUP;

    for (unsigned i = 0; err == ENOTSUP && i < SDP_STREAMS; i++)
        err = sdp_parse_stream(out, body, i);
    return err == ENOENT ? ENOTSUP : err;
}

unsigned sdp_codecs(struct rt_str body, enum sdp_need need)
{
    unsigned found = 0;
    struct sdp_audio a;

    for (unsigned i = 0; i < SDP_STREAMS; i++) {
        int err = sdp_parse_stream(&a, body, i);
        if (err == 0 && !sdp_profile_allowed(a.profile, need))
            continue;
        for (unsigned k = 0; err == 0 && k < a.ncodecs; k++)
            found |= CODEC_BIT(a.codec[k].id);
        if (err != 0 && err != ENOTSUP)
            break;
    }
    return found;
}

bool sdp_held(const struct sdp_audio *remote)
{
    bool null = rt_addr_is_any(&remote->addr) && remote->host.n == 0 && remote->ice.ufrag.n == 0;

    return null || remote->direction == SDP_SENDONLY || remote->direction == SDP_INACTIVE;
}
