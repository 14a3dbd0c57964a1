/* Which packages an endpoint of ours has, and in which order what is not there is refused. */
#include "mgcp/gw_priv.h"

static const char *const trunk_packages[] = {
    "G", "D", "T", "R", "A", "FXR", "FM", "BA", "MS", "B", NULL,
};
static const char *const line_packages[] = {
    "L", "G", "D", "R", "A", "FXR", "FM", "BA", "B", NULL,
};

const char *const *mgcp_gw_packages(enum mgcp_endpoint_kind kind)
{
    return kind == MGCP_LINE_ENDPOINT ? line_packages : trunk_packages;
}

const struct mgcp_package *mgcp_gw_package(const struct mgcp_gw_endpoint *e, struct rt_str name)
{
    const char *const *p = mgcp_gw_packages((enum mgcp_endpoint_kind)e->kind);
    if (name.n == 0)
        return mgcp_package(rt_str(*p));
    for (; *p; p++) {
        if (rt_str_caseeq(name, *p))
            return mgcp_package(rt_str(*p));
    }
    return NULL;
}

void mgcp_gw_write_packages(const struct mgcp_gw_endpoint *e, bool versions, struct rt_buf *out)
{
    const char *between = "";
    for (const char *const *p = mgcp_gw_packages((enum mgcp_endpoint_kind)e->kind); *p; p++) {
        const struct mgcp_package *known = mgcp_package(rt_str(*p));
        if (!known)
            continue;
        rt_buf_puts(out, between);
        rt_buf_puts(out, *p);
        if (versions)
            rt_buf_printf(out, ":%u", known->version);
        between = versions ? "," : ";";
    }
}

static unsigned check_symbol(const struct mgcp_symbol *s, bool signal, bool connection,
                             bool with_params)
{
    if (signal) {
        if (s->signal == MGCP_NO_SIGNAL || (connection && !(s->flags & MGCP_SYM_SIGNAL_CONN)))
            return 513;
    } else if (!(s->flags & MGCP_SYM_EVENT) || (connection && !(s->flags & MGCP_SYM_EVENT_CONN))) {
        return 512;
    }
    return (s->flags & MGCP_SYM_PARAMS) && !with_params ? 538 : 200;
}

unsigned mgcp_gw_symbol(const struct mgcp_gw_endpoint *e, struct rt_str package, struct rt_str name,
                        bool signal, bool connection, bool with_params,
                        const struct mgcp_package **pkg, const struct mgcp_symbol **sym)
{
    *sym = NULL;
    *pkg = mgcp_gw_package(e, package);
    if (!*pkg)
        return 518;
    *sym = mgcp_symbol(*pkg, name);
    return *sym ? check_symbol(*sym, signal, connection, with_params) : 522;
}
