/* The way of a SIP leg's media: datagrams beside it, which tell the path (ICE: STUN) and the keys
 * (DTLS).
 *
 * We are lite: the far end checks and nominates, we answer. A handshake that fails, or a
 * fingerprint that is another, ends the leg, since nothing can be heard any more.
 */
#include "codec/demux.h"
#include "gw/leg_sip_secure_priv.h"
#include "gw/rt/stats.h"

#include <errno.h>

/** How long a handshake may take. While the far end has not answered it may not be listening at
 * all: then it begins again. */
#define HANDSHAKE_LIMIT (15 * RT_S)

/** Our first flight may be there before the SIP message that tells the far end of it, and nothing
 * is heard until it is repeated: sooner than RFC 6347 4.2.4.1's second, which is for data that can
 * wait. */
#define RETRY (100 * RT_MS)

/* ---- the handshake ---- */

static void set_timer(struct leg_sip_secure *s)
{
    rt_time next = s->iced ? ice_next(&s->ice) : INT64_MAX;
    rt_time shake = s->dtls ? dtls_next(s->dtls) : INT64_MAX;

    if (shake < next)
        next = shake;
    if (s->path_due && s->path_due < next)
        next = s->path_due;
    if (s->failed)
        next = rt_now();
    if (next == INT64_MAX)
        rt_timer_stop(&s->timer);
    else
        rt_timer_start_at(&s->timer, next);
}

/** Where its datagrams go: the path that ICE found, else where theirs come from, else where the
 * description says. False: nowhere yet. */
static bool destination(const struct leg_sip_secure *s, union rt_addr *out)
{
    const union rt_addr *path = s->iced ? ice_address(&s->ice, 1) : NULL;

    *out = path ? *path : s->from.sa.sa_family != AF_UNSPEC ? s->from : s->described;
    return (path || !s->iced || s->from.sa.sa_family != AF_UNSPEC) &&
           out->sa.sa_family != AF_UNSPEC && !rt_addr_is_any(out);
}

static void take_keys(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;
    struct media_srtp_keys tx, rx;

    if (s->keyed || dtls_keys(s->dtls, &tx, &rx) != 0)
        return;
    int err = media_rtp_secure(l->leg.port, &tx, &rx);
    s->keyed = err == 0;
    s->failed = err != 0;
    rt_count(&gw_secure_counters[err == 0 ? GW_SECURE_DTLS_UP : GW_SECURE_DTLS_FAILED]);
    l->leg.keying = err == 0 ? "dtls" : "dtls failed";
    l->leg.srtp = err == 0 ? media_srtp_suites[tx.suite].name : "";
    if (err == 0)
        gw_call_note(&l->leg, false, "DTLS up: %s", l->leg.srtp);
    else
        gw_call_note(&l->leg, false, "DTLS: %s", strerror(err));
    explicit_bzero(&tx, sizeof tx);
    explicit_bzero(&rx, sizeof rx);
}

/** Not before the timer's next turn: what ends the leg must not do so under its callers' feet. */
static void fail(struct leg_sip *l, const char *why)
{
    struct leg_sip_secure *s = l->secure;

    if (s->failed)
        return;
    s->failed = true;
    if (!l->answered && s->from.sa.sa_family == AF_UNSPEC)
        return; /* the timer makes it begin again */
    l->leg.keying = "dtls failed";
    rt_count(&gw_secure_counters[GW_SECURE_DTLS_FAILED]);
    gw_call_note(&l->leg, false, "DTLS: %s", why);
    if (l->leg.call)
        rt_log(RT_LOG_CALL, RT_WARN, "%s: trunk %s: DTLS: %s", l->leg.call->name,
               l->leg.trunk->name, why);
}

/** What it has to say. */
static void send_out(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;
    uint8_t out[DTLS_MTU];
    union rt_addr to;
    size_t n;
    bool known = destination(s, &to);

    while ((n = dtls_output(s->dtls, out)) > 0)
        if (known)
            media_rtp_datagram(l->leg.port, 1, &to, out, n);
}

/** After every call of the handshake's. */
static void go_on(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;

    send_out(l);
    if (dtls_state(s->dtls) == DTLS_UP)
        take_keys(l);
    else if (dtls_state(s->dtls) == DTLS_FAILED)
        fail(l, dtls_failure(s->dtls));
    set_timer(s);
}

/** False: there is no memory for it. */
static bool make_handshake(struct leg_sip *l, bool active)
{
    struct leg_sip_secure *s = l->secure;
    const struct gw_secure_plan *t = &l->leg.trunk->secure;
    struct dtls_config config = {.identity = l->leg.gw->identity,
                                 .active = active,
                                 .retry = RETRY,
                                 .limit = HANDSHAKE_LIMIT};

    for (unsigned i = 0; i < t->nsuites; i++)
        config.suites |= MEDIA_SRTP_BIT(t->suite[i]);
    dtls_free(s->dtls);
    s->dtls = NULL;
    s->active = active;
    s->started = s->keyed = s->failed = false;
    s->path_due = 0;
    s->nprints = 0;
    s->from = (union rt_addr){0};
    if (dtls_new(&s->dtls, &config) == 0)
        return true;
    s->failed = true;
    l->leg.keying = "dtls failed";
    return false;
}

/** With the same roles and certificates. */
static void begin_again(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;
    unsigned n = s->nprints;

    if (make_handshake(l, s->active)) {
        s->nprints = n;
        dtls_set_fingerprints(s->dtls, s->print, n);
    }
}

void leg_sip_path_start(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;
    bool lost = s->iced && !ice_address(&s->ice, 1);

    /* who has answered listens now, and is not to wait for the next retransmission */
    if (s->dtls && s->started && s->active && l->answered && s->from.sa.sa_family == AF_UNSPEC)
        begin_again(l);
    if (!s->dtls || s->started)
        return;
    if (s->active && lost) { /* it has nowhere to say it to before ICE has found a way */
        s->path_due = rt_now() + HANDSHAKE_LIMIT;
        set_timer(s);
        return;
    }
    s->started = true;
    s->path_due = 0;
    dtls_start(s->dtls, rt_now());
    go_on(l);
}

static unsigned read_prints(struct dtls_fingerprint out[DTLS_FINGERPRINTS],
                            const struct sdp_audio *r)
{
    unsigned n = 0;
    struct rt_buf text = {0};

    memset(out, 0, DTLS_FINGERPRINTS * sizeof *out);
    for (unsigned i = 0; i < r->nfingerprints && n < DTLS_FINGERPRINTS; i++) {
        rt_buf_reset(&text);
        rt_buf_printf(&text, "%.*s %.*s", RT_STR(r->fingerprint[i].hash),
                      RT_STR(r->fingerprint[i].value));
        n += !text.failed && dtls_fingerprint_parse(&out[n], rt_buf_str(&text)) == 0;
    }
    rt_buf_release(&text);
    return n;
}

/** A handshake lasts as long as both certificates and roles stay (RFC 8842 5.1 without tls-id). One
 * that began before the answer has learned no fingerprint yet. */
static bool still_good(const struct leg_sip_secure *s, bool active,
                       const struct dtls_fingerprint *print, unsigned n)
{
    bool same = s->nprints == n && memcmp(s->print, print, n * sizeof *print) == 0;

    return s->dtls && s->active == active && !s->failed && dtls_state(s->dtls) < DTLS_FAILED &&
           (same || s->nprints == 0);
}

void leg_sip_path_shake(struct leg_sip *l, const struct sdp_audio *r)
{
    struct leg_sip_secure *s = l->secure;
    struct dtls_fingerprint print[DTLS_FINGERPRINTS];
    bool due = !l->incoming || l->offer.n == 0 || l->described || l->answered;

    if (r->security != SDP_DTLS) {
        dtls_free(s->dtls);
        s->dtls = NULL;
        s->path_due = 0;
        set_timer(s);
        return;
    }
    unsigned n = read_prints(print, r);
    if (!still_good(s, r->dtls_active, print, n) && !make_handshake(l, r->dtls_active)) {
        set_timer(s);
        return;
    }
    s->nprints = n;
    memcpy(s->print, print, sizeof print);
    dtls_set_fingerprints(s->dtls, print, n);
    if (!s->keyed)
        l->leg.keying = "dtls handshake";
    if (s->started)
        go_on(l);
    else if (due)
        leg_sip_path_start(l);
}

/** A far end that is active may begin before its answer is here; it gets the keys when its
 * fingerprint has come too. */
static void take_dtls(struct leg_sip *l, const struct media_datagram *d)
{
    struct leg_sip_secure *s = l->secure;
    bool early = !s->dtls && !l->agreed && l->leg.trunk->secure.dtls &&
                 l->leg.trunk->secure.srtp != GW_SRTP_OFF && make_handshake(l, false);

    if (early) {
        s->started = true;
        dtls_start(s->dtls, rt_now());
    }
    if (!s->dtls || !s->started || d->component != 1) {
        rt_count(&gw_secure_counters[GW_SECURE_STRAY]);
        return;
    }
    s->from = d->from;
    dtls_input(s->dtls, d->data, d->len, rt_now());
    go_on(l);
}

/* ---- ICE ---- */

static void say_path(struct leg_sip *l, const char *state)
{
    char text[RT_ADDR_LEN];
    const union rt_addr *a = ice_address(&l->secure->ice, 1);

    l->leg.ice = state;
    if (a)
        gw_call_note(&l->leg, false, "ICE: %s %s", state, rt_addr_format(text, a));
    else
        gw_call_note(&l->leg, false, "ICE: %s", state);
}

/** Where media goes by now: a path nominated; one from before a restart, until then; else nowhere,
 * as nobody has agreed to hear it there. */
static void aim(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;
    union rt_addr to[ICE_COMPONENTS];

    for (unsigned i = 0; i < ICE_COMPONENTS; i++) {
        const union rt_addr *a = ice_address(&s->ice, s->mux ? 1 : i + 1);
        bool waits = s->ice.pair[s->mux ? 0 : i].addr.sa.sa_family == AF_UNSPEC;
        to[i] = leg_sip_nowhere();
        if (a)
            to[i] = *a;
        else if (waits && s->last[i].sa.sa_family != AF_UNSPEC)
            to[i] = s->last[i];
        if (a)
            s->last[i] = *a;
    }
    media_rtp_aim(l->leg.port, &to[0], &to[1]);
}

static void know_far_end(struct leg_sip_secure *s, const struct sdp_ice *theirs)
{
    struct ice_candidate list[SDP_CANDIDATES];
    size_t n = 0;

    for (unsigned i = 0; i < theirs->ncandidates; i++)
        n += ice_candidate_parse(&list[n], theirs->candidate[i]) == 0;
    ice_set_remote(&s->ice, list, n, theirs->lite);
    rt_str_copy(s->ufrag, sizeof s->ufrag, theirs->ufrag);
    rt_str_copy(s->pwd, sizeof s->pwd, theirs->pwd);
}

void leg_sip_path_ice(struct leg_sip *l, const struct sdp_audio *r)
{
    struct leg_sip_secure *s = l->secure;
    bool before = s->iced;

    if (s->restarts)
        s->ice = s->fresh;
    s->restarts = false;
    s->iced = r->ice.ufrag.n > 0;
    if (!s->iced) {
        l->leg.ice = "";
        if (before)
            media_rtp_aim(l->leg.port, &r->addr, &r->rtcp);
        return;
    }
    know_far_end(s, &r->ice);
    aim(l);
    if (ice_address(&s->ice, 1))
        l->leg.ice = "nominated";
    else
        l->leg.ice = "checking";
    set_timer(s);
}

static void count_check(const struct ice *before, const struct ice *now)
{
    rt_count_n(&gw_secure_counters[GW_SECURE_ICE_MALFORMED], now->malformed - before->malformed);
    rt_count_n(&gw_secure_counters[GW_SECURE_ICE_UNAUTHENTIC],
               now->unauthentic - before->unauthentic);
}

static void take_check(struct leg_sip *l, const struct media_datagram *d)
{
    struct leg_sip_secure *s = l->secure;
    struct ice before = s->ice;
    uint8_t answer[ICE_ANSWER];
    size_t n = 0;

    if (!l->leg.trunk->secure.ice) {
        rt_count(&gw_secure_counters[GW_SECURE_STRAY]);
        return;
    }
    enum ice_event ev =
        ice_input(&s->ice, d->component, d->data, d->len, &d->from, rt_now(), answer, &n);
    count_check(&before, &s->ice);
    if (n > 0)
        media_rtp_datagram(l->leg.port, d->component, &d->from, answer, n);
    if (ev == ICE_NOMINATED) {
        rt_count(&gw_secure_counters[GW_SECURE_ICE_NOMINATED]);
        if (s->iced)
            aim(l);
        if (d->component == 1)
            say_path(l, "nominated");
        if (s->security == SDP_DTLS && (l->described || l->answered || !l->incoming))
            leg_sip_path_start(l);
    }
    set_timer(s);
}

/** RFC 7675 5.1: nothing is sent to who does not want it any more. The call goes on: its path may
 * come back, and signalling knows better whether the far end lives. */
static void expire(struct leg_sip *l, rt_time now)
{
    struct leg_sip_secure *s = l->secure;
    bool lost = false;

    for (unsigned i = 1; i <= ICE_COMPONENTS; i++)
        lost |= ice_expire(&s->ice, i, now) && i == 1;
    if (!lost)
        return;
    rt_count(&gw_secure_counters[GW_SECURE_ICE_LOST]);
    say_path(l, "lost");
    aim(l);
}

/* ---- what comes ---- */

void leg_sip_secure_datagram(struct leg_sip *l, const struct media_datagram *d)
{
    if (!l->secure)
        return;
    if (demux_kind(d->data, d->len) == DEMUX_STUN)
        take_check(l, d);
    else
        take_dtls(l, d);
}

static void end_leg(struct leg_sip *l)
{
    struct gw_cause cause = {.q850 = 111, /* protocol error, unspecified */
                             .location = GW_LOC_PUBLIC_LOCAL,
                             .by = GW_BY_GATEWAY};
    struct sip_reason reason;

    rt_str_copy(cause.text, sizeof cause.text, rt_str("no keys for SRTP"));
    leg_sip_reason(&reason, &cause);
    leg_sip_end(l, &cause, &reason);
}

void leg_sip_path_due(void *arg)
{
    struct leg_sip *l = arg;
    struct leg_sip_secure *s = l->secure;
    rt_time now = rt_now();

    if (s->failed && s->dtls && !l->answered && s->from.sa.sa_family == AF_UNSPEC) {
        begin_again(l);
        leg_sip_path_start(l);
        return;
    }
    if (s->failed) {
        if (!l->leg.done)
            end_leg(l);
        return;
    }
    if (s->iced)
        expire(l, now);
    if (s->path_due && s->path_due <= now)
        fail(l, "ICE has found no path");
    if (s->dtls && s->started && dtls_next(s->dtls) <= now) {
        dtls_timeout(s->dtls, now);
        go_on(l);
        return;
    }
    set_timer(s);
}

void leg_sip_path_close(struct leg_sip *l)
{
    struct leg_sip_secure *s = l->secure;

    if (!s->dtls || !s->keyed || !l->leg.port)
        return;
    dtls_close(s->dtls);
    send_out(l);
}
