/* The compiler of `admin`, `alarms`, `auditor`, `traces` and `log`; `cdr` is plan_cdr.c. */
#include "gw/plan_cdr.h"
#include "gw/plan_priv.h"

#include <stdlib.h>
#include <syslog.h>

/* ---- what they share ---- */

/** A duration, or its default; a word that stands for none is 0. */
static rt_time duration_of(const struct conf_node *block, const char *keyword, rt_time deflt,
                           const char *none)
{
    const struct conf_token *t = conf_child_arg(block, keyword);

    if (!t)
        return deflt;
    return none && conf_is(t, none) ? 0 : conf_duration(t);
}

/** `30%` in thousandths, up to 100 %; `off` is 0. */
static unsigned share_of(struct gw_compile *c, const struct conf_node *block, const char *keyword,
                         unsigned deflt)
{
    const struct conf_node *n = block ? conf_child(block, keyword) : NULL;
    struct gw_words w;
    unsigned out = deflt;

    if (!n || conf_is(conf_arg(n, 0), "off"))
        return n ? 0 : deflt;
    w = gw_words(c, n, 1);
    if (gw_words_percent(&w, "a share", 1000, &out) && (out == 0 || out > 1000))
        conf_error(c->diag, conf_arg(n, 0)->pos, "\"%s\" is not from 0.1%% to 100%%",
                   conf_arg(n, 0)->text);
    return out;
}

/** The number after `label` of a statement, or its default. */
static unsigned number_after(const struct conf_node *block, const char *keyword, const char *label,
                             unsigned deflt)
{
    const struct conf_node *n = block ? conf_child(block, keyword) : NULL;
    const struct conf_token *t = n ? conf_labelled(n, label) : NULL;

    return t ? (unsigned)conf_uint(t) : deflt;
}

/* ---- admin ---- */

static bool is_loopback(const union rt_addr *a)
{
    uint8_t octet[16];

    if (a->sa.sa_family == AF_UNIX)
        return true;
    if (!rt_addr_octets(octet, a))
        return false;
    return a->sa.sa_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr) : octet[12] == 127;
}

static void add_http(struct gw_compile *c, struct gw_admin_plan *admin,
                     const struct conf_node *block, const struct conf_token *t)
{
    bool cleartext = conf_is(conf_child_arg(block, "cleartext"), "anywhere");
    union rt_addr addr;
    int err;

    if (strncmp(t->text, "unix:", 5) == 0)
        err = rt_addr_unix(&addr, t->text + 5);
    else
        err = rt_addr_parse(&addr, t->text, strlen(t->text), 8080);
    if (err != 0) {
        conf_error(c->diag, t->pos, "\"%s\" is not an address like 127.0.0.1:8080 or unix:/path",
                   t->text);
        return;
    }
    if (!is_loopback(&addr) && !admin->users)
        conf_error(c->diag, t->pos, "\"%s\" can be reached by others: \"users\" is missing",
                   t->text);
    else if (!is_loopback(&addr) && !admin->cert && !cleartext)
        conf_error(
            c->diag, t->pos,
            "\"%s\" can be reached by others: \"tls\" is missing (or \"cleartext anywhere\")",
            t->text);
    if (admin->nhttp == GW_HTTP_LISTEN_MAX)
        conf_error(c->diag, t->pos, "there may be %u addresses for HTTP", GW_HTTP_LISTEN_MAX);
    else
        admin->http[admin->nhttp++] = addr;
}

static void add_hosts(struct gw_compile *c, struct gw_admin_plan *admin, const struct conf_node *n)
{
    const struct conf_token *t;

    for (size_t i = 0; n && (t = conf_arg(n, i)); i++) {
        if (admin->nhosts == GW_HTTP_HOSTS_MAX)
            conf_error(c->diag, t->pos, "there may be %u names", GW_HTTP_HOSTS_MAX);
        else
            admin->host[admin->nhosts++] = t->text;
    }
}

static void compile_admin(struct gw_compile *c)
{
    const struct conf_node *n = conf_child(c->root, "admin");
    const struct conf_node *tls = n ? conf_child(n, "tls") : NULL;
    struct gw_admin_plan *admin = &c->plan->admin;
    const struct conf_token *t;
    union rt_addr path;

    admin->socket = "/run/tandem/tandem.sock";
    admin->session = duration_of(n, "session", 8 * 3600 * RT_S, NULL);
    if (!n)
        return;
    if ((t = conf_labelled(n, "socket"))) {
        admin->socket = t->text;
        if (rt_addr_unix(&path, t->text) != 0)
            conf_error(c->diag, t->pos, "this path is too long for a socket");
    }
    if (tls) {
        admin->cert = conf_labelled(tls, "cert")->text;
        admin->key = conf_labelled(tls, "key")->text;
    }
    admin->users = conf_token_text(conf_child_arg(n, "users"));
    admin->audit = conf_token_text(conf_child_arg(n, "audit"));
    add_hosts(c, admin, conf_child(n, "host"));
    if ((t = conf_labelled(n, "http")))
        add_http(c, admin, n, t);
    for (const struct conf_node *h = conf_child(n, "http"); h; h = conf_again(h, "http"))
        for (size_t i = 0; (t = conf_arg(h, i)); i++)
            add_http(c, admin, n, t);
}

/* ---- alarms ---- */

static int facility(const struct conf_token *t)
{
    static const int local[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};

    if (!t || conf_is(t, "off"))
        return -1;
    return conf_is(t, "daemon") ? LOG_DAEMON : local[t->text[5] - '0'];
}

/** 3.1 as 310; `off` is 0. */
static unsigned mos_of(struct gw_compile *c, const struct conf_node *block)
{
    const struct conf_token *t = conf_child_arg(block, "mos");
    char *end;

    if (!t || conf_is(t, "off"))
        return t ? 0 : 310;
    double value = strtod(t->text, &end);
    if (end == t->text || *end || value < 1 || value > 4.5) {
        conf_error(c->diag, t->pos, "\"%s\" is not a MOS from 1.0 to 4.5", t->text);
        return 0;
    }
    return (unsigned)(value * 100 + 0.5);
}

static void compile_alarms(struct gw_compile *c)
{
    const struct conf_node *n = conf_child(c->root, "alarms");
    const struct conf_node *webhook = n ? conf_child(n, "webhook") : NULL;

    c->plan->alarms = (struct gw_alarm_plan){
        .syslog = facility(conf_child_arg(n, "syslog")),
        .notify = conf_token_text(conf_child_arg(n, "notify")),
        .asr_drop = share_of(c, n, "asr-drop", 300),
        .asr_samples = number_after(n, "asr-drop", "samples", 50),
        .channels = share_of(c, n, "channels", 900),
        .disk = share_of(c, n, "disk", 900),
        .certificate = duration_of(n, "certificate", 14 * 24 * 3600 * RT_S, "off"),
        .mos = mos_of(c, n),
        .mos_samples = number_after(n, "mos", "samples", 20),
        .short_calls = share_of(c, n, "short-calls", 500),
        .short_samples = number_after(n, "short-calls", "samples", 50),
    };
    if (!webhook)
        return;
    const struct conf_token *url = conf_arg(webhook, 0);
    c->plan->alarms.webhook = url->text;
    c->plan->alarms.token = conf_token_text(conf_labelled(webhook, "token"));
    c->plan->alarms.ca = conf_token_text(conf_labelled(webhook, "ca"));
    if (strncmp(url->text, "https://", 8) != 0 && strncmp(url->text, "http://", 7) != 0)
        conf_error(c->diag, url->pos, "\"%s\" is not a URL like https://example.com/alarms",
                   url->text);
}

/* ---- traces ---- */

static void compile_traces(struct gw_compile *c)
{
    const struct conf_node *n = conf_child(c->root, "traces");
    const struct conf_node *homer = n ? conf_child(n, "homer") : NULL;
    struct gw_trace_plan *out = &c->plan->traces;

    out->ring = (conf_child_arg(n, "ring") ? conf_uint(conf_child_arg(n, "ring")) : 16) << 20;
    out->rtp = !conf_is(conf_child_arg(n, "rtp"), "off");
    if (!homer)
        return;
    const struct conf_token *t = conf_arg(homer, 0);
    if (strncmp(t->text, "udp:", 4) != 0 ||
        rt_addr_parse(&out->homer, t->text + 4, strlen(t->text + 4), 9060) != 0)
        conf_error(c->diag, t->pos, "\"%s\" is not an address like udp:192.0.2.9:9060", t->text);
    out->homer_id = number_after(n, "homer", "id", 2001);
    out->homer_key = conf_token_text(conf_labelled(homer, "key"));
}

/* ---- auditor ---- */

#define AUDIT_EVERY   (10 * RT_S)
#define FAR_END       (600 * RT_S)
#define EVERY_MIN     RT_S
#define FAR_END_MIN   (30 * RT_S)
#define AUDIT_LONGEST (24 * 3600 * RT_S)

static void audit_time(struct gw_compile *c, rt_time *out, const struct conf_node *n,
                       const char *label, const char *none, rt_time least)
{
    const struct conf_token *t = n ? conf_labelled(n, label) : NULL;

    if (!t)
        return;
    *out = strcmp(t->text, none) == 0 ? 0 : conf_duration(t);
    if (*out != 0 && (*out < least || *out > AUDIT_LONGEST))
        conf_error(c->diag, t->pos, "\"%s\" may be %lld s to 24 h", label,
                   (long long)(least / RT_S));
}

static void compile_auditor(struct gw_compile *c)
{
    const struct conf_node *n = conf_child(c->root, "auditor");
    struct gw_auditor_plan *p = &c->plan->auditor;

    *p = (struct gw_auditor_plan){.every = AUDIT_EVERY, .far_end = FAR_END};
    audit_time(c, &p->every, n, "every", "never", EVERY_MIN);
    audit_time(c, &p->far_end, n, "far-end", "off", FAR_END_MIN);
}

void gw_plan_compile_records(struct gw_compile *c)
{
    const struct conf_node *log = conf_child(c->root, "log");

    (void)gw_cdr_plan_read(&c->plan->cdr, c->root, c->diag);
    c->plan->explain = c->plan->cdr.explain;
    compile_admin(c);
    compile_alarms(c);
    compile_auditor(c);
    compile_traces(c);
    c->plan->log = RT_INFO;
    if (log && conf_arg(log, 0))
        rt_log_level_parse(&c->plan->log, rt_str(conf_arg(log, 0)->text));
}
