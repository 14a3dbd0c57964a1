/* What protects a SIP leg's media, as far as descriptions go: what we offer, what was agreed, keys
 * in SDP (RFC 4568).
 */
#include "gw/leg_sip_secure_priv.h"
#include "gw/rt/random.h"
#include "gw/rt/stats.h"

#include <errno.h>
#include <stdlib.h>

struct rt_counter gw_secure_counters[GW_SECURE_NCOUNTERS] = {
    [GW_SECURE_OFFERS_REFUSED] = {"sip_unprotected_offers_total",
                                  "Offers refused because SRTP is required", 0},
    [GW_SECURE_ANSWERS_REFUSED] = {"sip_unprotected_answers_total",
                                   "Answers without the SRTP that is required", 0},
    [GW_SECURE_DTLS_UP] = {"dtls_up_total", "DTLS handshakes that gave keys", 0},
    [GW_SECURE_DTLS_FAILED] = {"dtls_failed_total", "DTLS handshakes that failed", 0},
    [GW_SECURE_ICE_NOMINATED] = {"ice_nominated_total", "Paths for media nominated by ICE", 0},
    [GW_SECURE_ICE_LOST] = {"ice_lost_total", "Paths whose consent was not renewed", 0},
    [GW_SECURE_ICE_UNAUTHENTIC] = {"ice_unauthentic_total",
                                   "Connectivity checks with a wrong name or password", 0},
    [GW_SECURE_ICE_MALFORMED] = {"ice_malformed_total", "STUN datagrams that are no good", 0},
    [GW_SECURE_STRAY] = {"media_stray_total", "STUN and DTLS datagrams that nobody waits for", 0},
};

/* ---- before a call ---- */

enum sdp_need leg_sip_need(const struct gw_trunk *t)
{
    static const enum sdp_need needs[] = {[GW_SRTP_OFF] = SDP_SECURITY_OFF,
                                          [GW_SRTP_OPTIONAL] = SDP_SECURITY_OPTIONAL,
                                          [GW_SRTP_REQUIRED] = SDP_SECURITY_REQUIRED};
    return needs[t->secure.srtp];
}

static bool lacks_protection(const struct gw_trunk *t, struct rt_str body)
{
    unsigned has = sdp_securities(body);
    bool sdes = t->secure.sdes && has >> SDP_SDES & 1;
    bool dtls = t->secure.dtls && has >> SDP_DTLS & 1;

    return t->secure.srtp == GW_SRTP_REQUIRED && has != 0 && !sdes && !dtls;
}

bool leg_sip_unprotected(const struct gw_trunk *t, const struct sip_message *msg)
{
    bool refused = msg->body.data.n > 0 && lacks_protection(t, msg->body.data);

    if (refused)
        rt_count(&gw_secure_counters[GW_SECURE_OFFERS_REFUSED]);
    return refused;
}

void leg_sip_secure_refused(struct leg_sip *l, struct rt_str answer)
{
    if (!lacks_protection(l->leg.trunk, answer))
        return;
    rt_count(&gw_secure_counters[GW_SECURE_ANSWERS_REFUSED]);
    gw_call_note(&l->leg, false, "srtp is required, and not in the answer");
}

/* ---- our side ---- */

/** One line of keys for each suite, as text too. */
static int make_lines(struct leg_sip_secure *s, const struct gw_secure_plan *t)
{
    size_t start[MEDIA_SRTP_NSUITES];
    uint8_t random[SDES_RANDOM];

    for (unsigned i = 0; i < t->nsuites; i++) {
        rt_random_bytes(random, sizeof random);
        sdes_make(&s->own[i], i + 1, t->suite[i], random);
        start[i] = s->text.n;
        sdes_write(&s->text, &s->own[i]);
    }
    explicit_bzero(random, sizeof random);
    if (s->text.failed)
        return ENOMEM;
    for (s->nown = 0; s->nown < t->nsuites; s->nown++) {
        size_t end = s->nown + 1 < t->nsuites ? start[s->nown + 1] : s->text.n;
        struct rt_str line = {s->text.p + start[s->nown], end - start[s->nown]};
        rt_str_cut(&line, ' '); /* a=crypto:1 */
        s->line[s->nown] = (struct sdp_crypto){s->own[s->nown].tag, rt_str_trim(line)};
    }
    return 0;
}

static void make_candidates(struct leg_sip_secure *s, const union rt_addr *rtp)
{
    for (unsigned i = 0; i < ICE_COMPONENTS; i++) {
        struct sdp_candidate *c = &s->candidate[i];
        c->addr = *rtp;
        rt_addr_set_port(&c->addr, (uint16_t)(rt_addr_port(rtp) + i));
        c->component = i + 1;
        c->priority = ICE_HOST_PRIORITY(c->component);
    }
}

static void restart_ice(struct ice *ice)
{
    uint8_t random[ICE_RANDOM];

    rt_random_bytes(random, sizeof random);
    ice_init(ice, random);
    explicit_bzero(random, sizeof random);
}

int leg_sip_secure_open(struct leg_sip *l)
{
    const struct gw_secure_plan *t = &l->leg.trunk->secure;
    int err = 0;

    leg_sip_secure_close(l); /* that of a port before */
    if (t->srtp == GW_SRTP_OFF && !t->ice)
        return 0;
    struct leg_sip_secure *s = calloc(1, sizeof *s);
    if (!s)
        return ENOMEM;
    s->leg = l;
    rt_timer_init(&s->timer, l->leg.gw->loop, leg_sip_path_due, l);
    l->secure = s;
    if (t->srtp != GW_SRTP_OFF && t->sdes)
        err = make_lines(s, t);
    if (t->ice) {
        restart_ice(&s->ice);
        make_candidates(s, media_rtp_local(l->leg.port));
        l->leg.ice = "";
    }
    if (err != 0)
        leg_sip_secure_close(l);
    return err;
}

void leg_sip_secure_close(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;

    if (!s)
        return;
    leg_sip_path_close(l);
    l->secure = NULL;
    rt_timer_stop(&s->timer);
    dtls_free(s->dtls);
    if (s->text.p)
        explicit_bzero(s->text.p, s->text.n);
    rt_buf_release(&s->text);
    explicit_bzero(s, sizeof *s);
    free(s);
}

/** Until the answer says more: STUN and DTLS alone are taken, nothing is sent. */
void leg_sip_secure_listen(struct leg_sip *l)
{
    struct media_rtp m = {
        .event_payload = -1, .secure = true, .apart_datagrams = true, .strict = true};

    if (!l->secure)
        return;
    l->secure->restarts = false;
    if (l->stream || (!l->leg.trunk->secure.dtls && !l->leg.trunk->secure.ice))
        return;
    m.remote = leg_sip_nowhere();
    memset(m.payload, 255, sizeof m.payload);
    memset(m.payload_in, 255, sizeof m.payload_in);
    media_rtp_set(l->leg.port, &m);
}

/** A new name or password of theirs restarts ICE (RFC 8839 4.4.1.1.1): our answer has new ones too,
 * but they count when it is given. */
void leg_sip_secure_offered(struct leg_sip *l, struct rt_str offer)
{
    struct leg_sip_secure *s = l->secure;
    struct sdp_audio a;

    if (!s || !l->leg.trunk->secure.ice)
        return;
    s->restarts = false;
    if (!s->iced || sdp_parse(&a, offer) != 0 || a.ice.ufrag.n == 0)
        return;
    if (rt_str_eq(a.ice.ufrag, s->ufrag) && rt_str_eq(a.ice.pwd, s->pwd))
        return;
    s->restarts = true;
    restart_ice(&s->fresh);
}

/** What is in the lines of theirs that the suite's name does not tell. */
static bool crypto_usable(struct rt_str value)
{
    struct rt_buf text = {0};
    struct sdes_line line;

    rt_buf_printf(&text, "1 %.*s", RT_STR(value));
    bool usable = !text.failed && sdes_parse(&line, rt_buf_str(&text)) == 0;
    rt_buf_release(&text);
    explicit_bzero(&line, sizeof line);
    return usable;
}

/** A stream that is protected stays so: what we offer is what was agreed. */
static void describe_keys(const struct leg_sip *l, struct sdp_audio *out, bool offer)
{
    const struct leg_sip_secure *s = l->secure;
    const struct gw_secure_plan *t = &l->leg.trunk->secure;
    bool again = offer && s->security != SDP_PLAIN;

    out->wish.security = again ? SDP_SECURITY_REQUIRED : leg_sip_need(l->leg.trunk);
    out->wish.feedback = t->dtls && t->ice;
    out->wish.again = again;
    out->wish.crypto_usable = crypto_usable;
    out->profile = s->profile;
    for (unsigned i = 0; i < s->nown && (!again || s->security == SDP_SDES); i++)
        if (!again || i == s->chosen)
            out->crypto[out->ncryptos++] = s->line[i];
    if (!t->dtls || (again && s->security != SDP_DTLS))
        return;
    struct rt_str print = rt_str(dtls_identity_fingerprint(l->leg.gw->identity));
    out->fingerprint[0].hash = rt_str_cut(&print, ' ');
    out->fingerprint[0].value = print;
    out->nfingerprints = 1;
    if (s->dtls)
        out->wish.role = s->active ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE;
}

static void describe_ice(const struct leg_sip_secure *s, struct sdp_ice *out)
{
    const struct ice *ice = s->restarts ? &s->fresh : &s->ice;

    out->ufrag = rt_str(ice->ufrag);
    out->pwd = rt_str(ice->pwd);
    out->lite = true;
    out->own = s->candidate;
    out->nown = ICE_COMPONENTS;
}

void leg_sip_secure_describe(const struct leg_sip *l, struct sdp_audio *out, bool offer)
{
    const struct gw_secure_plan *t = &l->leg.trunk->secure;
    bool had = l->stream && l->stream->rtp.mux;

    out->rtcp_mux = offer ? t->mux == GW_MUX_ON || t->ice || had : t->mux != GW_MUX_OFF;
    if (!l->secure)
        return;
    if (t->srtp != GW_SRTP_OFF)
        describe_keys(l, out, offer);
    if (t->ice)
        describe_ice(l->secure, &out->ice);
}

/* ---- what was agreed ---- */

static int use_keys(struct leg_sip *l, const struct sdp_audio *r)
{
    struct leg_sip_secure *s = l->secure;
    struct rt_buf text = {0};
    struct sdes_line theirs;

    rt_buf_printf(&text, "%u %.*s", r->crypto[0].tag, RT_STR(r->crypto[0].value));
    int err = text.failed ? ENOMEM : sdes_parse(&theirs, rt_buf_str(&text));
    if (err == 0)
        err = media_rtp_secure(l->leg.port, &s->own[r->crypto_own].keys, &theirs.keys);
    rt_buf_release(&text);
    explicit_bzero(&theirs, sizeof theirs);
    return err == EBADMSG ? ENOTSUP : err;
}

int leg_sip_secure_translate(struct leg_sip *l, const struct sdp_audio *r, struct media_rtp *m)
{
    m->strict = l->leg.trunk->secure.strict;
    m->secure = r->security != SDP_PLAIN;
    m->apart_datagrams = r->security == SDP_DTLS || r->ice.ufrag.n > 0;
    return r->security == SDP_SDES ? use_keys(l, r) : 0;
}

void leg_sip_secure_agreed(struct leg_sip *l, const struct sdp_audio *r)
{
    struct leg_sip_secure *s = l->secure;

    if (!s)
        return;
    s->security = r->security;
    s->profile = r->profile;
    s->mux = r->rtcp_mux;
    s->described = r->addr;
    if (r->security == SDP_SDES)
        s->chosen = r->crypto_own;
    if (r->security != SDP_DTLS) {
        l->leg.srtp =
            r->security == SDP_SDES ? media_srtp_suites[s->own[s->chosen].keys.suite].name : "";
        l->leg.keying = r->security == SDP_SDES ? "sdes" : "";
    }
    leg_sip_path_ice(l, r);
    leg_sip_path_shake(l, r);
}

void leg_sip_secure_described(struct leg_sip *l)
{
    if (l->secure && l->secure->security == SDP_DTLS)
        leg_sip_path_start(l);
}
