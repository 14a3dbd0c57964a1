/* DeleteConnection in its forms: one connection, those of a call, all (RFC 3435 2.3.7, 2.3.9), and
 * ours to the agent (2.3.8).
 */
#include "mgcp/gw_events.h"
#include "mgcp/gw_priv.h"
#include "mgcp/options.h"

#include <utlist.h>

void mgcp_gw_delete(struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    struct mgcp_gw_endpoint *e = c->endpoint;
    struct mgcp_statistics unused = {0};
    struct mgcp_statistics *s = out ? out : &unused;
    mgcp_events_connection_gone(e, c);
    s->present = e->ops->remove(e->arg, c, s);
    mgcp_gw_connection_free(c);
}

static void write_statistics(const struct mgcp_statistics *s, struct rt_buf *out)
{
    struct rt_buf text = {0};
    if (!s->present)
        return;
    mgcp_statistics_write(&text, s);
    mgcp_write_line(out, "P", rt_buf_str(&text));
    rt_buf_release(&text);
}

/** C and I: events first, so that what they start on the connection ends with it. */
static unsigned delete_one(struct mgcp_gw_request *r)
{
    struct mgcp_gw_endpoint *e = r->endpoint[0];
    struct mgcp_gw_connection *c = mgcp_gw_connection(e, mgcp_value(r->m, MGCP_P_I));
    struct mgcp_statistics stats = {0};
    struct mgcp_gw_also also;
    if (r->kind != MGCP_ONE || !mgcp_has(r->m, MGCP_P_C))
        return 510;
    if (!c)
        return 515;
    if (!rt_str_caseeq(mgcp_value(r->m, MGCP_P_C), c->call))
        return 516;
    unsigned code = mgcp_gw_also_check(r, e, NULL, &also);
    if (code != 200) {
        mgcp_gw_also_drop(&also);
        return code;
    }
    mgcp_gw_also_commit(r, e, &also);
    mgcp_gw_delete(c, &stats);
    write_statistics(&stats, &r->out);
    return 250;
}

static void delete_matching(struct mgcp_gw_endpoint *e, struct rt_str call)
{
    struct mgcp_gw_connection *c, *tmp;
    DL_FOREACH_SAFE(e->connections, c, tmp)
    {
        if (call.n == 0 || rt_str_caseeq(call, c->call))
            mgcp_gw_delete(c, NULL);
    }
}

/** Many at once: nothing is encapsulated in it, but that N may be there. It succeeds when there is
 * nothing to delete. */
static unsigned delete_many(struct mgcp_gw_request *r)
{
    struct mgcp_gw_also also;
    unsigned code = mgcp_gw_also_check(r, r->endpoint[0], NULL, &also);
    bool more = also.with_events || also.with_bearer;
    mgcp_gw_also_drop(&also);
    if (more)
        return 510;
    if (code != 200)
        return code;
    for (unsigned i = 0; i < r->n; i++) {
        mgcp_gw_also_commit(r, r->endpoint[i], &also);
        delete_matching(r->endpoint[i], mgcp_value(r->m, MGCP_P_C));
    }
    return 250;
}

unsigned mgcp_gw_dlcx(struct mgcp_gw_request *r)
{
    unsigned code = mgcp_has(r->m, MGCP_P_I) ? delete_one(r) : delete_many(r);
    for (unsigned i = 0; i < r->n && code == 250; i++)
        mgcp_gw_idle(r->endpoint[i]);
    return code;
}

void mgcp_gw_connection_lost(struct mgcp_gw_connection *c, unsigned reason)
{
    struct mgcp_gw_endpoint *e = c->endpoint;
    struct mgcp_statistics stats = {0};
    struct rt_buf lines = {0};
    stats.present = e->ops->statistics(e->arg, c, &stats);
    mgcp_write_line(&lines, "C", rt_str(c->call));
    mgcp_write_line(&lines, "I", rt_str(c->id));
    write_statistics(&stats, &lines);
    mgcp_write_linef(&lines, "E", "%03u %s", reason, mgcp_reason_text(reason));
    mgcp_events_connection_gone(e, c);
    mgcp_gw_connection_free(c);
    if (!lines.failed)
        mgcp_gw_command(e, MGCP_DLCX, rt_buf_str(&lines), true);
    rt_buf_release(&lines);
    mgcp_gw_idle(e);
}
