/* What is done about the sound of calls with a SIP peer: reports in RTCP (RFC 3611) and to a
 * collector (RFC 6035), calls whose media has died. */
#include "gw/plan_priv.h"
#include "sip/sip.h"

#include <errno.h>

#define EVERY_MIN   (10 * RT_S) /* figures are made so often */
#define EVERY_MAX   (3600 * RT_S)
#define TIMEOUT_MIN (15 * RT_S) /* silence is noticed after 10 s */
#define TIMEOUT_MAX (24 * 3600 * RT_S)

static bool is_off(const struct conf_token *t)
{
    return strcmp(t->text, "off") == 0;
}

static const char *keep(struct gw_compile *c, struct rt_str s)
{
    char *copy = conf_alloc(c->arena, s.n + 1);

    if (copy)
        rt_str_copy(copy, s.n + 1, s);
    return copy;
}

static void read_reports(struct gw_compile *c, struct gw_reports_plan *r, const struct conf_node *n)
{
    const struct conf_token *uri = conf_arg(n, 0), *every = conf_labelled(n, "every");

    *r = (struct gw_reports_plan){.uri = NULL};
    if (is_off(uri)) {
        if (every)
            conf_error(c->diag, every->pos, "\"every\" needs a collector");
        return;
    }
    int err = sip_target_parse(&r->target, rt_str(uri->text));
    if (err != 0) {
        conf_error(c->diag, uri->pos,
                   err == ENOTSUP ? "\"%s\" names no transport that there is"
                                  : "\"%s\" is not a collector like sip:quality@10.1.0.20",
                   uri->text);
        return;
    }
    r->uri = uri->text;
    r->domain = keep(c, r->target.domain);
    r->every = every ? conf_duration(every) : 0;
    if (every && (r->every < EVERY_MIN || r->every > EVERY_MAX))
        conf_error(c->diag, every->pos, "reports come every 10s to 1h");
    if (r->target.transport == SIP_TLS && !gw_plan_speaks_tls(c->plan))
        conf_error(c->diag, uri->pos,
                   "this collector is reached over TLS, but \"sip\" has no \"tls\"");
}

static void read_timeout(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    const struct conf_token *value = n ? conf_arg(n, 0) : NULL;

    if (!value || is_off(value))
        return;
    t->quality.timeout = conf_duration(value);
    if (t->quality.timeout < TIMEOUT_MIN || t->quality.timeout > TIMEOUT_MAX)
        conf_error(c->diag, value->pos, "\"media-timeout\" is from 15s to 24h");
}

void gw_plan_compile_quality(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk)
{
    static const char *const levels[] = {
        [GW_XR_AUTO] = "auto", [GW_XR_ON] = "on", [GW_XR_OFF] = "off", NULL};
    const struct conf_node *sip = conf_child(c->root, "sip");
    const struct conf_node *all = sip ? conf_child(sip, "quality-reports") : NULL;
    const struct conf_node *own = conf_child(trunk, "quality-reports");

    t->quality.xr = (enum gw_xr)gw_plan_choice(conf_child(trunk, "rtcp-xr"), 0, levels, GW_XR_AUTO);
    if (own || all)
        read_reports(c, &t->quality.reports, own ? own : all);
    read_timeout(c, t, conf_child(trunk, "media-timeout"));
}
