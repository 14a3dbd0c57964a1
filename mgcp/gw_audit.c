/* AuditEndpoint and AuditConnection (RFC 3435 2.3.10, 2.3.11). What is asked for and not known is
 * left out without a word.
 */
#include "mgcp/gw_events.h"
#include "mgcp/gw_priv.h"
#include "mgcp/options.h"

#include <utlist.h>

/** The largest datagram over UDP and IPv4: all are taken. */
#define DATAGRAM_MAX 65507u

/* ---- endpoints ---- */

typedef void write_fn(const struct mgcp_gw_endpoint *e, struct rt_buf *out);

static void write_bearer(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    static const char *const text[] = {
        [MGCP_BEARER_UNSET] = "",
        [MGCP_BEARER_A] = "e:A",
        [MGCP_BEARER_MU] = "e:mu",
    };
    rt_buf_puts(out, text[e->bearer]);
}

static void write_connections(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    const struct mgcp_gw_connection *c;
    DL_FOREACH(e->connections, c)
    {
        rt_buf_printf(out, "%s%s", c->prev->next ? "," : "", c->id);
    }
}

static void write_capabilities(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    if (e->ops->capabilities)
        e->ops->capabilities(e->arg, out);
    rt_buf_puts(out, out->n > 0 ? ", v:" : "v:");
    mgcp_gw_write_packages(e, false, out);
}

static void write_package_list(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    mgcp_gw_write_packages(e, true, out);
}

/** By the table of 4.4.5. */
static void write_method(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    enum mgcp_gw_method m = MGCP_RM_RESTART;
    if (e->service == MGCP_GW_OUT)
        m = MGCP_RM_FORCED;
    else if (e->service == MGCP_GW_DISCONNECTED)
        m = MGCP_RM_DISCONNECTED;
    else if (e->graceful)
        m = MGCP_RM_GRACEFUL;
    rt_buf_puts(out, mgcp_gw_method_name(m));
}

static void write_delay(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    rt_buf_put_u64(out, mgcp_gw_restart_delay(e));
}

static void write_reason(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    rt_buf_printf(out, "%03u %s", (unsigned)e->reason, mgcp_reason_text(e->reason));
}

static void write_datagram(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    (void)e;
    rt_buf_put_u64(out, DATAGRAM_MAX);
}

/** Info codes; without a function it is the events' business. */
static const struct {
    const char *name;
    enum mgcp_param param;
    write_fn *write;
} infos[] = {
    {"R", MGCP_P_R, NULL},
    {"S", MGCP_P_S, NULL},
    {"D", MGCP_P_D, NULL},
    {"T", MGCP_P_T, NULL},
    {"Q", MGCP_P_Q, NULL},
    {"X", MGCP_P_X, NULL},
    {"O", MGCP_P_O, NULL},
    {"ES", MGCP_P_ES, NULL},
    {"N", MGCP_P_N, mgcp_gw_write_notified},
    {"I", MGCP_P_I, write_connections},
    {"B", MGCP_P_B, write_bearer},
    {"A", MGCP_P_A, write_capabilities},
    {"RM", MGCP_P_RM, write_method},
    {"RD", MGCP_P_RD, write_delay},
    {"E", MGCP_P_E, write_reason},
    {"PL", MGCP_P_PL, write_package_list},
    {"MD", MGCP_P_MD, write_datagram},
};

static void write_info(struct mgcp_gw_request *r, struct rt_str name)
{
    const struct mgcp_gw_endpoint *e = r->endpoint[0];
    const struct mgcp_peculiar *dialect = mgcp_peer_peculiar(r->gw->peer);
    struct rt_buf value = {0};
    if (memchr(name.p, '/', name.n)) {
        char text[32];
        if (mgcp_events_audit_base(e, name, &value) && rt_str_copy(text, sizeof(text), name))
            mgcp_write_line(&r->out, text, rt_buf_str(&value));
    }
    for (unsigned i = 0; i < RT_COUNT(infos); i++) {
        if (!rt_str_caseeq(name, infos[i].name))
            continue;
        if (infos[i].write)
            infos[i].write(e, &value);
        else
            mgcp_events_audit(e, infos[i].param, &value);
        bool in_l = infos[i].param == MGCP_P_A && dialect->capabilities_in_l;
        mgcp_write_line(&r->out, in_l ? "L" : infos[i].name, rt_buf_str(&value));
    }
    rt_buf_release(&value);
}

/** The names alone, whatever else is asked for. */
static unsigned write_names(struct mgcp_gw_request *r)
{
    unsigned most = mgcp_node_timers(r->gw->node)->datagram;
    struct rt_buf name = {0};
    if (most == 0)
        most = DATAGRAM_MAX;
    for (unsigned i = 0; i < r->n && r->out.n <= most; i++) {
        rt_buf_reset(&name);
        mgcp_gw_full_name(r->endpoint[i], &name);
        mgcp_write_line(&r->out, "Z", rt_buf_str(&name));
    }
    rt_buf_release(&name);
    return r->out.n <= most ? 200 : 533;
}

unsigned mgcp_gw_auep(struct mgcp_gw_request *r)
{
    struct rt_str list = mgcp_value(r->m, MGCP_P_F);
    if (mgcp_gw_package_line(r->m, "BA/F").p)
        return mgcp_gw_bulk(r);
    if (r->kind == MGCP_ALL)
        return write_names(r);
    while (list.n > 0)
        write_info(r, rt_str_trim(rt_str_cut(&list, ',')));
    return 200;
}

/* ---- connections ---- */

static void write_connection(struct mgcp_gw_request *r, struct mgcp_gw_connection *c,
                             struct rt_str name)
{
    struct mgcp_gw_endpoint *e = c->endpoint;
    struct rt_buf value = {0};
    struct mgcp_statistics stats = {0};
    if (rt_str_caseeq(name, "C")) {
        mgcp_write_line(&r->out, "C", rt_str(c->call));
    } else if (rt_str_caseeq(name, "N")) {
        mgcp_gw_write_notified(e, &value);
        mgcp_write_line(&r->out, "N", rt_buf_str(&value));
    } else if (rt_str_caseeq(name, "L")) {
        mgcp_write_line(&r->out, "L", rt_str(c->options ? c->options : ""));
    } else if (rt_str_caseeq(name, "M")) {
        mgcp_write_line(&r->out, "M", rt_str(mgcp_mode_name(c->mode)));
    } else if (rt_str_caseeq(name, "P")) { /* what has no value is there without one (3.3.7) */
        stats.present = e->ops->statistics(e->arg, c, &stats);
        if (stats.present)
            mgcp_statistics_write(&value, &stats);
        mgcp_write_line(&r->out, "P", rt_buf_str(&value));
    }
    rt_buf_release(&value);
}

static bool asks(struct rt_str list, const char *name)
{
    while (list.n > 0) {
        if (rt_str_caseeq(rt_str_trim(rt_str_cut(&list, ',')), name))
            return true;
    }
    return false;
}

/** The local description before the remote one; one that there is not is its version alone. */
static void write_descriptions(struct mgcp_gw_request *r, const struct mgcp_gw_connection *c,
                               struct rt_str list)
{
    if (asks(list, "LC"))
        mgcp_write_sdp(&r->out, rt_str(c->local ? c->local : "v=0\r\n"));
    if (asks(list, "RC"))
        mgcp_write_sdp(&r->out, rt_str(c->remote ? c->remote : "v=0\r\n"));
}

unsigned mgcp_gw_aucx(struct mgcp_gw_request *r)
{
    struct rt_str list = mgcp_value(r->m, MGCP_P_F), left = list;
    struct mgcp_gw_connection *c = mgcp_gw_connection(r->endpoint[0], mgcp_value(r->m, MGCP_P_I));
    if (!c)
        return 515;
    while (left.n > 0)
        write_connection(r, c, rt_str_trim(rt_str_cut(&left, ',')));
    write_descriptions(r, c, list);
    return 200;
}
