/* Reasons of redirection: one table for every protocol. */
#include "gw/redirect.h"
#include "gw/rt/buf.h"

static const struct gw_redirect_row rows[] = {
    [GW_REDIRECT_UNKNOWN] = {0, 404, "unknown"},
    [GW_REDIRECT_BUSY] = {1, 486, "user-busy"},
    [GW_REDIRECT_NO_REPLY] = {2, 408, "no-answer"},
    [GW_REDIRECT_UNCONDITIONAL] = {15, 302, "unconditional"},
    [GW_REDIRECT_DEFLECTION] = {10, 480, "deflection"},
    [GW_REDIRECT_DEFLECTION_ALERTING] = {10, 487, "deflection"},
    [GW_REDIRECT_UNAVAILABLE] = {9, 503, "unavailable"},
};

const struct gw_redirect_row *gw_redirect_row(enum gw_redirect reason)
{
    return &rows[(size_t)reason < RT_COUNT(rows) ? reason : GW_REDIRECT_UNKNOWN];
}

enum gw_redirect gw_redirect_from_q931(unsigned code)
{
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        if (rows[i].q931 == code)
            return (enum gw_redirect)i;
    return GW_REDIRECT_UNKNOWN;
}

enum gw_redirect gw_redirect_from_cause(unsigned cause)
{
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        if (rows[i].cause == cause)
            return (enum gw_redirect)i;
    return GW_REDIRECT_UNKNOWN;
}
