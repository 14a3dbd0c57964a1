/* What was understood of a plan, in a few lines: listeners, spans, trunks, routes, records. */
#include "gw/check.h"

static void sip(struct rt_buf *out, const struct gw_plan *p)
{
    char addr[RT_ADDR_LEN];

    for (unsigned i = 0; i < p->sip.nlisten; i++)
        rt_buf_printf(out, "  sip      %s:%s\n", sip_transport_word(p->sip.listen[i].transport),
                      rt_addr_format(addr, &p->sip.listen[i].addr));
}

static void media(struct rt_buf *out, const struct gw_media_plan *m)
{
    rt_buf_printf(out, "  media    ports %u-%u, %u thread%s, codecs", m->port_low, m->port_high,
                  m->threads, m->threads == 1 ? "" : "s");
    for (unsigned i = 0; i < m->codecs.n; i++)
        rt_buf_printf(out, "%s %s", i > 0 ? "," : "", codec_table[m->codecs.id[i]].word);
    rt_buf_puts(out, "\n");
}

static void span(struct rt_buf *out, const struct gw_span_plan *s)
{
    char local[RT_ADDR_LEN], remote[RT_ADDR_LEN];

    rt_buf_printf(out, "  span %-3u %s %s %s, D channel %u", s->id, isdn_rate_name(s->rate),
                  s->variant->name, s->network ? "network" : "user", s->dchannel);
    if (s->kind == GW_SPAN_PSEUDOWIRE)
        rt_buf_printf(out, ", pseudowire %s to %s", rt_addr_format(local, &s->local),
                      rt_addr_format(remote, &s->remote));
    else
        rt_buf_printf(out, ", dahdi span %u", s->dahdi);
    rt_buf_puts(out, "\n");
}

static void gateway(struct rt_buf *out, const struct gw_mgcp_gateway *g)
{
    char addr[RT_ADDR_LEN];
    unsigned lines = 0;

    for (unsigned i = 0; i < g->nendpoints; i++)
        lines += g->endpoint[i].line;
    rt_buf_printf(out, "  gateway  %s: %s, %u lines, %u channels, profile %s\n", g->name,
                  rt_addr_format(addr, &g->address), lines, g->nendpoints - lines,
                  mgcp_profile_name(g->profile));
}

static void agent(struct rt_buf *out, const struct gw_mgcp_agent *a)
{
    rt_buf_puts(out, "  agent   ");
    for (unsigned i = 0; i < a->n; i++)
        rt_buf_printf(out, "%s %s", i > 0 ? "," : "", a->address[i]);
    for (unsigned i = 0; i < a->nexports; i++)
        rt_buf_printf(out, "%s span %u, %d channels as %s", i > 0 ? ";" : ":",
                      a->export[i].span->id, __builtin_popcount(a->export[i].channels),
                      a->export[i].prefix);
    rt_buf_puts(out, "\n");
}

static void mgcp(struct rt_buf *out, const struct gw_mgcp_plan *m)
{
    char addr[RT_ADDR_LEN];

    for (unsigned i = 0; i < m->nlisten; i++)
        rt_buf_printf(out, "  mgcp     udp:%s\n", rt_addr_format(addr, &m->listen[i]));
    for (unsigned i = 0; i < m->ngateways; i++)
        gateway(out, &m->gateways[i]);
    for (unsigned i = 0; i < m->nagents; i++)
        agent(out, &m->agents[i]);
}

static void trunk(struct rt_buf *out, const struct gw_trunk *t)
{
    char addr[RT_ADDR_LEN];

    rt_buf_printf(out, "  trunk    %s: ", t->name);
    if (t->registered || t->by_enum)
        rt_buf_puts(out, t->by_enum ? "sip enum" : "sip registered");
    else if (t->kind == GW_TRUNK_SIP && t->peer.sa.sa_family == AF_UNSPEC)
        rt_buf_printf(out, "%s:%s", t->to.target.sips ? "sips" : "sip", t->to.where);
    else if (t->kind == GW_TRUNK_SIP)
        rt_buf_printf(out, "sip %s:%s", sip_transport_word(t->transport),
                      rt_addr_format(addr, &t->peer));
    else if (t->kind == GW_TRUNK_MGCP)
        rt_buf_printf(out, "mgcp %s, %u %s", t->mgcp->gateway->name, t->mgcp->nendpoints,
                      gw_mgcp_has_lines(t->mgcp) ? "lines" : "channels");
    else
        rt_buf_printf(out, "span %u, %d channels%s", t->span->id, __builtin_popcount(t->channels),
                      t->overlap ? ", overlap" : "");
    rt_buf_printf(out, ", numbers %s\n", dp_format_name(t->numbers));
}

static void routes(struct rt_buf *out, const struct gw_routes *r)
{
    rt_buf_puts(out, "  routes   from");
    for (unsigned i = 0; i < r->nfrom; i++)
        rt_buf_printf(out, "%s %s", i > 0 ? "," : "", r->from[i]->name);
    rt_buf_printf(out, "  %s:%u\n", r->pos.file ? r->pos.file : "-", r->pos.line);
}

static void records(struct rt_buf *out, const struct gw_cdr_plan *cdr)
{
    const struct {
        const char *what, *where;
    } files[] = {{"journal", cdr->journal}, {"csv", cdr->csv}, {"json", cdr->json}};

    for (size_t i = 0; i < RT_COUNT(files); i++)
        if (files[i].where)
            rt_buf_printf(out, "  cdr      %s %s\n", files[i].what, files[i].where);
    for (unsigned i = 0; i < cdr->ntargets; i++) /* where a database is may have its password */
        rt_buf_printf(out, "  cdr      %s%s%s\n", gw_target_name(cdr->target[i].kind),
                      cdr->target[i].kind == GW_TARGET_POSTGRES ? "" : " ",
                      cdr->target[i].kind == GW_TARGET_POSTGRES ? "" : cdr->target[i].where);
}

static void admin(struct rt_buf *out, const struct gw_admin_plan *a)
{
    char text[RT_ADDR_LEN];

    rt_buf_printf(out, "  admin    socket %s\n", a->socket);
    for (unsigned i = 0; i < a->nhttp; i++)
        rt_buf_printf(out, "  admin    %s %s\n",
                      a->cert && a->http[i].sa.sa_family != AF_UNIX ? "https" : "http",
                      rt_addr_format(text, &a->http[i]));
}

void gw_check_print(struct rt_buf *out, const struct gw_plan *p)
{
    sip(out, p);
    media(out, &p->media);
    for (unsigned i = 0; i < p->nspans; i++)
        span(out, &p->spans[i]);
    mgcp(out, &p->mgcp);
    for (unsigned i = 0; i < p->ntrunks; i++)
        trunk(out, &p->trunks[i]);
    for (unsigned i = 0; i < p->dial.nroutes; i++)
        routes(out, &p->dial.routes[i]);
    records(out, &p->cdr);
    admin(out, &p->admin);
}
