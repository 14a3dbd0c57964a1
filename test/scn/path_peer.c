/* What the far end sends beside its media: checks of the path (ICE, RFC 8445), as the full agent to
 * our lite one, and handshakes for keys (RFC 5763). */
#include "scn.h"

#include "codec/demux.h"
#include "codec/dtls.h"
#include "codec/stun.h"
#include "test/fake/fake.h"

#include <stdio.h>

#define THEIRS "8hhY" /* the name that scripts give the peer */

/* What the gateway said last, and before it changed. */
static struct credentials {
    char ufrag[64], pwd[64];
} now, former;

static bool attribute(char *out, size_t cap, struct rt_str text, const char *name)
{
    const char *at = memmem(text.p, text.n, name, strlen(name));

    if (!at)
        return false;
    struct rt_str rest = {at + strlen(name), text.n - (size_t)(at - text.p) - strlen(name)};
    rt_str_copy(out, cap, rt_str_cut(&rest, '\r'));
    return true;
}

static bool learn(void)
{
    struct rt_str text = sip_peer_said();
    struct credentials c;

    if (!attribute(c.ufrag, sizeof c.ufrag, text, "a=ice-ufrag:") ||
        !attribute(c.pwd, sizeof c.pwd, text, "a=ice-pwd:"))
        return now.ufrag[0] != '\0';
    if (strcmp(c.ufrag, now.ufrag) != 0)
        former = now;
    now = c;
    return true;
}

static size_t write_check(uint8_t *out, size_t cap, const struct credentials *c)
{
    static const uint8_t id[STUN_ID] = {1, 2, 3};
    struct rt_writer w = rt_writer(out, cap);
    char name[80];

    snprintf(name, sizeof name, "%s:" THEIRS, c->ufrag);
    stun_begin(&w, STUN_REQUEST, STUN_BINDING, id);
    stun_put_text(&w, STUN_USERNAME, rt_str(name));
    stun_put_u32(&w, STUN_PRIORITY, 2130706431);
    stun_put_u64(&w, STUN_ICE_CONTROLLING, 7);
    stun_put_flag(&w, STUN_USE_CANDIDATE);
    stun_put_integrity(&w, c->pwd, strlen(c->pwd));
    stun_put_fingerprint(&w);
    return rt_written(&w);
}

/** Whether a success is among what came; RTP may be there too. */
static bool succeeded(struct rt_udp *u, const struct credentials *c)
{
    struct stun_message m;
    uint8_t buf[600];
    size_t n;

    while (rt_udp_recv(u, buf, sizeof buf, &n, NULL) == 0)
        if (stun_parse(&m, buf, n) == 0 && m.class == STUN_SUCCESS &&
            stun_authentic(&m, c->pwd, strlen(c->pwd)))
            return true;
    return false;
}

void path_check(struct words *w)
{
    const struct credentials *c = flag(w, "former") ? &former : &now;
    union rt_addr me, to;
    struct rt_udp *u;
    uint8_t out[300];

    rt_addr_parse(&me, "10.0.0.2:30000", 14, 0);
    if (!learn() || !sip_peer_media(0, &to) || rt_udp_open(&u, NULL, &me, NULL, NULL) != 0) {
        scn_fail("there is nothing to check");
        return;
    }
    size_t n = write_check(out, sizeof out, c);
    rt_udp_send(u, out, n, &to);
    fake_advance(100 * RT_MS);
    if (succeeded(u, c) == flag(w, "refused"))
        scn_fail("the check was %s", flag(w, "refused") ? "answered" : "not answered");
    rt_udp_close(u);
}

/* ---- DTLS ---- */

static struct dtls_identity *identity;

const char *path_print(void)
{
    if (!identity && dtls_identity_new(&identity) != 0) {
        scn_fail("no certificate can be made");
        return "";
    }
    return dtls_identity_fingerprint(identity);
}

void path_stop(void)
{
    dtls_identity_free(identity);
}

/** Both sides say what they have to; 20 ms pass. */
static void exchange(struct dtls *d, struct rt_udp *u, const union rt_addr *to)
{
    uint8_t buf[DTLS_MTU + 300];
    size_t n;

    while ((n = dtls_output(d, buf)) > 0)
        rt_udp_send(u, buf, n, to);
    fake_advance(20 * RT_MS);
    while (rt_udp_recv(u, buf, sizeof buf, &n, NULL) == 0)
        if (demux_kind(buf, n) == DEMUX_DTLS)
            dtls_input(d, buf, n, rt_now());
    if (dtls_next(d) <= rt_now())
        dtls_timeout(d, rt_now());
}

static void shake_hands(struct dtls *d, const union rt_addr *to, bool refused)
{
    struct dtls_fingerprint print;
    struct rt_udp *u;
    union rt_addr me;
    char text[200];

    rt_addr_parse(&me, "10.0.0.2:30000", 14, 0);
    if (!attribute(text, sizeof text, sip_peer_said(), "a=fingerprint:") ||
        dtls_fingerprint_parse(&print, rt_str(text)) != 0 ||
        rt_udp_open(&u, NULL, &me, NULL, NULL) != 0) {
        scn_fail("there is no fingerprint");
        return;
    }
    dtls_set_fingerprints(d, &print, 1);
    dtls_start(d, rt_now());
    for (unsigned i = 0; i < 100 && dtls_state(d) < DTLS_UNVERIFIED; i++)
        exchange(d, u, to);
    exchange(d, u, to);
    if ((dtls_state(d) == DTLS_UP) == refused)
        scn_fail("%s", refused ? "it was taken" : dtls_failure(d));
    rt_udp_close(u);
}

void path_shake(struct words *w)
{
    struct dtls_config config = {.active = flag(w, "active"), .suites = MEDIA_SRTP_ALL};
    union rt_addr to;
    struct dtls *d;

    path_print();
    config.identity = identity;
    if (!sip_peer_media(0, &to) || dtls_new(&d, &config) != 0) {
        scn_fail("there is nobody to shake hands with");
        return;
    }
    shake_hands(d, &to, flag(w, "refused"));
    dtls_free(d);
}
