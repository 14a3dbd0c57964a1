/* How a SIP trunk's media is protected, and which way it takes: SRTP and where its keys come from,
 * ICE, RTCP's port; and the certificate of the media's own handshakes. */
#include "gw/plan_priv.h"

#include "codec/dtls.h"

#include <errno.h>

/** In the order that we offer. AES-CM with the long tag first: every peer has it (RFC 4568 6.2.1);
 * AEAD_AES_128_GCM is the cheapest. */
static const enum media_srtp_suite_id usual[] = {MEDIA_SRTP_AES_128_SHA1_80, MEDIA_SRTP_GCM_128,
                                                 MEDIA_SRTP_GCM_256, MEDIA_SRTP_AES_256_SHA1_80,
                                                 MEDIA_SRTP_AES_128_SHA1_32};

/* ---- the certificate ---- */

void gw_plan_compile_certificate(struct gw_compile *c)
{
    const struct conf_node *block = conf_child(c->root, "media");
    const struct conf_node *n = block ? conf_child(block, "certificate") : NULL;
    const struct conf_token *cert = n ? conf_arg(n, 0) : NULL;
    const struct conf_token *key = n ? conf_labelled(n, "key") : NULL;
    struct dtls_identity *id;
    struct rt_buf why = {0};

    if (!cert || !key)
        return; /* none, or the schema has said so */
    c->plan->media.certificate = cert->text;
    c->plan->media.key = key->text;
    int err = dtls_identity_load(&id, cert->text, key->text, &why);
    if (err == 0)
        dtls_identity_free(id);
    else
        conf_error(c->diag, cert->pos, "%s", why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
}

/* ---- suites ---- */

static void unknown_suite(struct gw_compile *c, const struct conf_token *t)
{
    struct conf_suggest near = conf_suggest(t->text);

    for (unsigned i = 0; i < MEDIA_SRTP_NSUITES; i++)
        conf_suggest_offer(&near, media_srtp_suites[i].name);
    conf_suggest_error(c->diag, t->pos, "unknown SRTP suite", &near);
}

static void add_suite(struct gw_compile *c, struct gw_secure_plan *s, const struct conf_token *t)
{
    const struct media_srtp_suite *suite = media_srtp_by_name(rt_str(t->text));

    if (!suite) {
        unknown_suite(c, t);
        return;
    }
    for (unsigned i = 0; i < s->nsuites; i++)
        if (s->suite[i] == media_srtp_id(suite)) {
            conf_error(c->diag, t->pos, "suite \"%s\" stands twice", t->text);
            return;
        }
    s->suite[s->nsuites++] = media_srtp_id(suite);
}

static void read_suites(struct gw_compile *c, struct gw_secure_plan *s, const struct conf_node *n)
{
    const struct conf_token *t;
    bool handshake = false;

    for (size_t i = 0; n && (t = conf_arg(n, i)); i++)
        add_suite(c, s, t);
    for (size_t i = 0; !n && i < RT_COUNT(usual); i++)
        s->suite[s->nsuites++] = usual[i];
    for (unsigned i = 0; i < s->nsuites; i++)
        handshake |= media_srtp_suites[s->suite[i]].profile != 0;
    if (n && s->dtls && !handshake)
        conf_error(c->diag, n->pos, "\"dtls\" has no profile for any of these suites");
}

/* ---- trunks ---- */

/** Keys in a description are as secret as the description (RFC 4568 5.1.1): worth a word, since
 * nothing else would show it. */
static void warn_of_clear_keys(const struct gw_compile *c, const struct gw_trunk *t,
                               const struct conf_node *n)
{
    bool tls = t->transport == SIP_TLS || t->to.target.sips;

    for (unsigned i = 0; t->registered && i < c->plan->sip.nlisten; i++)
        tls |= c->plan->sip.listen[i].transport == SIP_TLS;
    if (t->secure.srtp != GW_SRTP_OFF && t->secure.sdes && !tls)
        rt_log(RT_LOG_PLAN, RT_WARN,
               "%s:%u:%u: trunk \"%s\" sends the keys of SRTP without TLS: whoever reads its "
               "signalling hears its calls",
               n->pos.file, n->pos.line, n->pos.column, t->name);
}

static void read_srtp(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const words[] = {[GW_SRTP_OFF] = "off",
                                        [GW_SRTP_OPTIONAL] = "optional",
                                        [GW_SRTP_REQUIRED] = "required",
                                        NULL};
    const struct conf_node *n = conf_child(trunk, "srtp");
    const struct conf_node *suites = conf_child(trunk, "srtp-suites");
    struct gw_secure_plan *s = &t->secure;
    const struct conf_token *how;

    s->srtp = (enum gw_srtp)gw_plan_choice(n, 0, words, GW_SRTP_OFF);
    for (size_t i = 1; n && (how = conf_arg(n, i)); i++) {
        bool *keys = strcmp(how->text, "sdes") == 0 ? &s->sdes : &s->dtls;
        if (*keys)
            conf_error(c->diag, how->pos, "\"%s\" stands twice", how->text);
        *keys = true;
    }
    if (s->srtp == GW_SRTP_OFF && (s->sdes || s->dtls))
        conf_error(c->diag, n->pos, "\"srtp off\" needs no keys");
    if (s->srtp == GW_SRTP_OFF && suites)
        conf_error(c->diag, suites->pos, "\"srtp-suites\" needs \"srtp\"");
    s->sdes = s->srtp != GW_SRTP_OFF && (s->sdes || !s->dtls);
    if (s->srtp == GW_SRTP_OFF)
        return;
    read_suites(c, s, suites);
    warn_of_clear_keys(c, t, n);
}

void gw_plan_compile_secure(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const ice[] = {"off", "lite", NULL};
    static const char *const muxes[] = {
        [GW_MUX_ACCEPT] = "accept", [GW_MUX_ON] = "on", [GW_MUX_OFF] = "off", NULL};
    static const char *const symmetric[] = {"on", "off", NULL};
    const struct conf_node *mux = conf_child(trunk, "rtcp-mux");
    struct gw_secure_plan *s = &t->secure;

    read_srtp(c, t, trunk);
    s->ice = gw_plan_choice(conf_child(trunk, "ice"), 0, ice, 0) == 1;
    s->mux = (enum gw_mux)gw_plan_choice(mux, 0, muxes, GW_MUX_ACCEPT);
    s->strict = gw_plan_choice(conf_child(trunk, "symmetric"), 0, symmetric, 0) == 1;
    if (mux && s->mux == GW_MUX_OFF && (s->ice || s->dtls))
        conf_error(c->diag, mux->pos, "\"%s\" needs \"rtcp-mux\"",
                   s->ice ? "ice lite" : "srtp dtls");
}
