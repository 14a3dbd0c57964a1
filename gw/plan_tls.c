/* Certificates and connections: `tls`, `connections` and `max-udp` of the sip block. The files are
 * read here once, so that a plan that could not start is refused. */
#include "gw/plan_priv.h"

#include <errno.h>

#define KEEPALIVE_MIN (20 * RT_S)

/** How long before its end a certificate is worth a warning. */
#define SOON (14 * 86400 * RT_S)

static void warn_of_end(const struct rt_tls *tls, const struct conf_token *cert)
{
    rt_time end = rt_tls_expiry(tls);
    char text[RT_RFC3339_LEN];

    if (end < rt_wall() + SOON)
        rt_log(RT_LOG_PLAN, RT_WARN, "%s:%u:%u: certificate %s %s at %s", cert->pos.file,
               cert->pos.line, cert->pos.column, cert->text, end < rt_wall() ? "ended" : "ends",
               rt_rfc3339(text, end));
}

/** Whether a context can be made of the files; the error stands at the one that is wrong. */
static void try_files(struct gw_compile *c, const struct conf_node *n)
{
    static const char *const labels[] = {
        [RT_TLS_CERT] = "cert", [RT_TLS_KEY] = "key", [RT_TLS_CA] = "ca"};
    const struct conf_token *at;
    enum rt_tls_file which = RT_TLS_CERT;
    struct rt_buf why = {0};
    struct rt_tls *tls;
    int err = rt_tls_new(&tls, &c->plan->sip.tls, &why, &which);

    if (err == 0) {
        warn_of_end(tls, conf_labelled(n, "cert"));
        rt_tls_free(tls);
    } else {
        at = conf_labelled(n, labels[which]);
        conf_error(c->diag, at ? at->pos : n->pos, "%s", why.n > 0 ? why.p : strerror(err));
    }
    rt_buf_release(&why);
}

static void read_tls(struct gw_compile *c, const struct conf_node *n)
{
    static const char *const words[] = {
        [RT_TLS_OFF] = "off", [RT_TLS_OPTIONAL] = "optional", [RT_TLS_REQUIRED] = "required"};
    const struct conf_token *cert = conf_labelled(n, "cert"), *key = conf_labelled(n, "key");
    const struct conf_token *ca = conf_labelled(n, "ca"), *verify = conf_labelled(n, "verify");
    struct rt_tls_config *tls = &c->plan->sip.tls;

    if (!cert || !key)
        return; /* the schema has said so */
    tls->cert = cert->text;
    tls->key = key->text;
    tls->ca = ca ? ca->text : NULL;
    for (unsigned i = 0; verify && i < RT_COUNT(words); i++)
        if (strcmp(verify->text, words[i]) == 0)
            tls->verify = (enum rt_tls_verify)i;
    if (tls->verify != RT_TLS_OFF && !ca)
        conf_error(c->diag, verify->pos,
                   "\"verify %s\" needs \"ca\": whose certificates may connect?", verify->text);
    else
        try_files(c, n);
}

/** A statement of the sip block, or NULL. */
static const struct conf_node *statement(const struct gw_compile *c, const char *keyword)
{
    const struct conf_node *block = conf_child(c->root, "sip");
    return block ? conf_child(block, keyword) : NULL;
}

static void check_listeners(struct gw_compile *c)
{
    const struct conf_token *t;

    if (statement(c, "tls"))
        return;
    for (const struct conf_node *n = statement(c, "listen"); n; n = conf_again(n, "listen"))
        for (size_t i = 0; (t = conf_arg(n, i)); i++)
            if (strncmp(t->text, "tls:", 4) == 0)
                conf_error(c->diag, t->pos, "\"%s\" needs \"tls cert FILE key FILE\"", t->text);
}

static void read_connections(struct gw_compile *c, const struct conf_node *n)
{
    struct gw_sip_plan *sip = &c->plan->sip;
    const struct conf_token *t;

    if ((t = conf_arg(n, 0)))
        sip->connections = (unsigned)conf_uint(t);
    if ((t = conf_labelled(n, "per-source")))
        sip->per_source = (unsigned)conf_uint(t);
    if ((t = conf_labelled(n, "idle")))
        sip->idle = conf_duration(t);
    if (t && sip->idle < RT_S)
        conf_error(c->diag, t->pos, "\"idle\" is at least 1s");
    t = conf_labelled(n, "keepalive");
    if (!t || strcmp(t->text, "off") == 0)
        return;
    sip->keepalive = conf_duration(t);
    if (sip->keepalive < KEEPALIVE_MIN)
        conf_error(c->diag, t->pos, "\"keepalive\" is at least 20s, or off");
}

void gw_plan_compile_tls(struct gw_compile *c)
{
    struct gw_sip_plan *sip = &c->plan->sip;
    const struct conf_node *tls = statement(c, "tls"), *conns = statement(c, "connections");
    const struct conf_node *max_udp = statement(c, "max-udp");

    sip->connections = 1024;
    sip->per_source = 64;
    sip->idle = 900 * RT_S;
    sip->max_udp = 1300;
    if (tls)
        read_tls(c, tls);
    check_listeners(c);
    if (conns)
        read_connections(c, conns);
    if (max_udp && conf_arg(max_udp, 0))
        sip->max_udp = (unsigned)conf_uint(conf_arg(max_udp, 0));
}
