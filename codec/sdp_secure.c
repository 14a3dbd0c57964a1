/* Keys, fingerprints and ICE in a description, and which of them protects the stream. All of it is
 * text here: what is in a key or behind a fingerprint, others find out.
 */
#include "codec/sdp_priv.h"

#include <ctype.h>
#include <errno.h>

const char *const sdp_setup_names[] = {"", "active", "passive", "actpass", "holdconn"};

/* ---- reading ---- */

/** Lines that are not of the form are passed over: another one may do. */
void sdp_read_crypto(struct sdp_reading *r, struct rt_str v)
{
    struct sdp_audio *a = r->at;
    struct rt_str tag_text = rt_str_cut(&v, ' ');
    uint64_t tag;

    v = rt_str_trim(v);
    struct rt_str keys = v, suite = rt_str_cut(&keys, ' '), rest;
    if (rt_str_u64(&tag, tag_text, 999999999) != 0 || suite.n == 0 ||
        !sdp_starts(keys, "inline:", &rest) || a->ncryptos == SDP_CRYPTOS)
        return;
    a->crypto[a->ncryptos++] = (struct sdp_crypto){.tag = (unsigned)tag, .value = v};
}

/** `4A:AD:B9`: pairs of hexadecimal digits. */
static bool is_print(struct rt_str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (i % 3 == 2 ? v.p[i] != ':' : !isxdigit((unsigned char)v.p[i]))
            return false;
    return v.n % 3 == 2;
}

void sdp_read_fingerprint(struct sdp_reading *r, struct rt_str v)
{
    struct sdp_audio *a = r->at;
    struct rt_str hash;

    v = rt_str_trim(v); /* RFC 5763's examples have a blank after the colon */
    hash = rt_str_cut(&v, ' ');
    v = rt_str_trim(v);
    if (hash.n == 0 || !is_print(v))
        return;
    if (a == &r->audio && !r->own_prints)
        a->nfingerprints = 0; /* the stream's replace the session's (RFC 8122 5) */
    r->own_prints = a == &r->audio;
    if (a->nfingerprints < SDP_FINGERPRINTS)
        a->fingerprint[a->nfingerprints++] = (struct sdp_fingerprint){hash, v};
}

void sdp_read_setup(struct sdp_reading *r, struct rt_str v)
{
    for (unsigned i = SDP_SETUP_ACTIVE; i <= SDP_SETUP_HOLDCONN; i++)
        if (rt_str_eq(rt_str_trim(v), sdp_setup_names[i]))
            r->at->setup = (enum sdp_setup)i;
}

void sdp_read_ufrag(struct sdp_reading *r, struct rt_str v)
{
    r->at->ice.ufrag = v;
}

void sdp_read_pwd(struct sdp_reading *r, struct rt_str v)
{
    r->at->ice.pwd = v;
}

void sdp_read_lite(struct sdp_reading *r, struct rt_str v)
{
    (void)v;
    r->at->ice.lite = true;
}

void sdp_read_mismatch(struct sdp_reading *r, struct rt_str v)
{
    (void)v;
    r->at->ice.mismatch = true;
}

void sdp_read_candidate(struct sdp_reading *r, struct rt_str v)
{
    struct sdp_ice *ice = &r->at->ice;

    if (ice->ncandidates < SDP_CANDIDATES)
        ice->candidate[ice->ncandidates++] = v;
}

/* ---- ICE ---- */

/** `foundation component transport priority address port ...` (RFC 8839 5.1) */
static bool candidate_is(struct rt_str v, const union rt_addr *a)
{
    struct rt_str field[6];
    union rt_addr c;
    uint64_t port;

    for (size_t i = 0; i < RT_COUNT(field); i++)
        field[i] = rt_str_cut(&v, ' ');
    return rt_str_caseeq(field[2], "UDP") && rt_str_u64(&port, field[5], 65535) == 0 &&
           rt_addr_parse(&c, field[4].p, field[4].n, 0) == 0 && rt_addr_same_host(&c, a) &&
           port == rt_addr_port(a);
}

void sdp_check_ice(struct sdp_audio *a)
{
    struct sdp_ice *ice = &a->ice;
    bool known = ice->ncandidates == 0 || ice->ncandidates == SDP_CANDIDATES || a->host.n > 0 ||
                 rt_addr_is_any(&a->addr); /* none yet, more than we keep, or none to compare */

    if (ice->ufrag.n == 0 || ice->pwd.n == 0) {
        ice->ufrag = ice->pwd = (struct rt_str){0};
        return;
    }
    for (unsigned i = 0; i < ice->ncandidates && !known; i++)
        known = candidate_is(ice->candidate[i], &a->addr);
    ice->mismatch = ice->mismatch || !known;
}

/* ---- choosing ---- */

bool sdp_profile_allowed(enum sdp_profile p, enum sdp_need need)
{
    return p <= SDP_AVPF || need != SDP_SECURITY_OFF;
}

/** Session parameters (RFC 4568 6.3) that change nothing for us: marked so, a hint, or the default.
 */
static bool ignorable(struct rt_str params)
{
    struct rt_str rest;

    while (params.n > 0) {
        struct rt_str one = rt_str_cut(&params, ' ');
        if (one.n > 0 && one.p[0] != '-' && !sdp_starts(one, "WSH=", &rest) &&
            !rt_str_eq(one, "FEC_ORDER=FEC_SRTP"))
            return false;
    }
    return true;
}

static bool crypto_usable(const struct sdp_wish *w, struct rt_str value)
{
    if (w->crypto_usable)
        return w->crypto_usable(value);
    rt_str_cut(&value, ' ');
    rt_str_cut(&value, ' ');
    return ignorable(value);
}

static bool same_suite(struct rt_str a, struct rt_str b)
{
    struct rt_str x = rt_str_cut(&a, ' '), y = rt_str_cut(&b, ' ');

    return x.n == y.n && memcmp(x.p, y.p, x.n) == 0;
}

/** The first line of theirs whose suite we have (RFC 4568 5.1.2); an answer has to name the tag of
 * ours (5.1.3). */
static bool choose_crypto(struct sdp_audio *remote, const struct sdp_audio *local, bool answering)
{
    for (unsigned i = 0; i < remote->ncryptos; i++)
        for (unsigned k = 0; k < local->ncryptos; k++) {
            const struct sdp_crypto *theirs = &remote->crypto[i], *ours = &local->crypto[k];
            if (!same_suite(theirs->value, ours->value) ||
                (!answering && theirs->tag != ours->tag) ||
                !crypto_usable(&local->wish, theirs->value))
                continue;
            remote->crypto[0] = *theirs;
            remote->crypto_own = k;
            return true;
        }
    return false;
}

enum sdp_setup sdp_setup_answer(enum sdp_setup offered, enum sdp_setup role)
{
    if (offered == SDP_SETUP_ACTPASS && role != SDP_SETUP_NONE)
        return role;
    /* who offers without saying is active (RFC 4145 4.1) */
    return offered == SDP_SETUP_ACTIVE || offered == SDP_SETUP_NONE ? SDP_SETUP_PASSIVE
                                                                    : SDP_SETUP_ACTIVE;
}

/** Who begins. An answer that leaves it open is taken as active: it has our fingerprint already. */
static bool begin_handshake(const struct sdp_audio *remote, const struct sdp_audio *local,
                            bool answering)
{
    if (answering)
        return sdp_setup_answer(remote->setup, local->wish.role) == SDP_SETUP_ACTIVE;
    return remote->setup == SDP_SETUP_PASSIVE;
}

unsigned sdp_securities(struct rt_str body)
{
    struct sdp_audio a;
    unsigned set = 0;

    for (unsigned i = 0; i < SDP_STREAMS; i++) {
        int err = sdp_parse_stream(&a, body, i);
        if (err == ENOENT || err == EBADMSG)
            break;
        if (err != 0)
            continue;
        set |= (unsigned)(a.profile <= SDP_AVPF) << SDP_PLAIN;
        set |= (unsigned)(a.ncryptos > 0 && a.profile < SDP_TLS_SAVP) << SDP_SDES;
        set |= (unsigned)(a.nfingerprints > 0) << SDP_DTLS;
    }
    return set;
}

int sdp_secure(struct sdp_audio *remote, const struct sdp_audio *local, bool answering)
{
    enum sdp_need need = local->wish.security;
    bool any = need != SDP_SECURITY_OFF;
    bool dtls = any && remote->nfingerprints > 0 && local->nfingerprints > 0 &&
                remote->setup != SDP_SETUP_HOLDCONN;
    bool sdes =
        any && remote->profile < SDP_TLS_SAVP && !dtls && choose_crypto(remote, local, answering);

    remote->ncryptos = sdes ? 1 : 0;
    remote->dtls_active = dtls && begin_handshake(remote, local, answering);
    remote->security = dtls ? SDP_DTLS : sdes ? SDP_SDES : SDP_PLAIN;
    if (dtls || sdes)
        return 0;
    return need != SDP_SECURITY_REQUIRED && remote->profile <= SDP_AVPF ? 0 : ENOTSUP;
}
