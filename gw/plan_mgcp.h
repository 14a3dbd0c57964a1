/* MGCP in the plan: gateways whose lines and trunks are ours to use, and agents that direct
 * channels of ours. Part of the plan (gw/plan.h): read-only, and lives as long as it.
 */
#ifndef GW_PLAN_MGCP_H
#define GW_PLAN_MGCP_H

#include "gw/plan_dial.h"
#include "mgcp/config.h"

struct gw_span_plan;
struct gw_mgcp_gateway;

/** An endpoint of a gateway: `lines 1-24` are aaln/1 to aaln/24, `channels 1-31 as ds/e1-1` are
 * ds/e1-1/1 to ds/e1-1/31. */
struct gw_mgcp_endpoint {
    const char *local; /**< "aaln/1" */
    bool line;         /**< a telephone is there: it has a hook and rings */
    unsigned number;   /**< 1 of "aaln/1" */
    const struct gw_mgcp_gateway *gateway;
    const struct gw_trunk *trunk; /**< NULL: no trunk has it */
    const struct gw_line *as;     /**< what the trunk says of it; NULL: nothing of its own */
};

/** `gateway NAME` */
struct gw_mgcp_gateway {
    const char *name; /**< the domain of its endpoints */
    unsigned index;
    union rt_addr address;
    enum mgcp_profile profile;
    rt_time audit; /**< between two audits; 0: at the start alone */
    unsigned rate; /**< endpoints a second that are looked after while many come back */
    struct gw_mgcp_endpoint *endpoint;
    unsigned nendpoints;
    struct conf_pos pos;
};

/** What a trunk says of one line: `line 3 number 103 name "Reception" ring 2`. */
struct gw_line {
    const struct gw_mgcp_endpoint *endpoint;
    char number[DP_DIGITS_MAX + 1]; /**< it is called by this, and calls as it; empty: none */
    const char *name;               /**< shown to who is called; NULL: none */
    unsigned ring;                  /**< distinctive ringing 0..7 (RFC 3660 2.4: L/r0 to L/r7); of
                                         callers; 0: L/rg */
    bool waiting;                   /**< a second caller is offered */
    struct conf_pos pos;
};

/** The number of a line in the form that it is looked up by. */
struct gw_line_number {
    const char *text; /**< "+4930777101" where the site makes it so, else as it is written */
    const struct gw_line *line;
};

/** How the digits of a line arrive. */
enum gw_line_digits {
    GW_LINE_MAP,   /**< together, by a digit map made of the plan's patterns */
    GW_LINE_SINGLE /**< one by one: the plan says when they are enough */
};

/** A trunk that is endpoints of a gateway: `mgcp NAME [lines 1-24|channels 1-31]`. */
struct gw_mgcp_trunk {
    const struct gw_mgcp_gateway *gateway;
    const struct gw_mgcp_endpoint **endpoint;
    unsigned nendpoints;
    struct gw_line *line; /**< of each endpoint: what it is called by; `number` may be empty */
    struct gw_line_number *number; /**< of those lines that have one, in the order of the texts */
    unsigned nnumbers;
    const struct gw_mgcp_endpoint **unnumbered; /**< the other endpoints: they are hunted */
    unsigned nunnumbered;
    enum gw_line_digits digits;
    const char *digit_map; /**< the plan's own text; NULL: it is made of the routes */
    bool caller_id, waiting, three_way;
    bool transfer;  /**< who hangs up with two calls joins them; else the held one rings back */
    bool flash;     /**< the hook flash holds; else it does nothing */
    rt_time dial;   /**< dial tone without a digit; 0: the gateway's 16 s */
    rt_time busy;   /**< busy or congestion tone before the howler */
    rt_time howler; /**< howler before the line counts as out of order */
    bool t38;       /**< FXR is offered */
};

/** True when telephones are among the trunk's endpoints; those are the first ones. */
static inline bool gw_mgcp_has_lines(const struct gw_mgcp_trunk *t)
{
    return t->nendpoints > 0 && t->endpoint[0]->line;
}

/** The line of the trunk that has the number, in the trunk's format; NULL: none. */
const struct gw_line *gw_mgcp_called_line(const struct gw_trunk *t, const struct dp_number *called);

/** Channels of a span that an agent directs: `exports span 1 as ds/e1-1`. */
struct gw_mgcp_export {
    const struct gw_span_plan *span;
    const char *prefix; /**< "ds/e1-1" */
    uint32_t channels;  /**< bit n: timeslot n */
    bool lines;         /**< telephones of a PBX behind the span: they have hooks (package L) */
    struct gw_trunk *outside; /**< the span's side of such a call */
    struct gw_trunk *inside;  /**< the agent's side */
};

#define GW_MGCP_EXPORTS 16

/** `agent ADDRESS` */
struct gw_mgcp_agent {
    const char *address[MGCP_AGENTS_MAX]; /**< host or address, with port */
    unsigned n;
    enum mgcp_profile profile;
    struct mgcp_restart restart;
    bool foreign;              /**< it may name other agents as notified entity */
    const char *announcements; /**< folder of sound files that it may have played; NULL: none */
    struct gw_mgcp_export export[GW_MGCP_EXPORTS];
    unsigned nexports;
    struct conf_pos pos;
};

/** `mgcp { }` */
struct gw_mgcp_plan {
    bool on;
    union rt_addr listen[MGCP_LISTEN_MAX];
    unsigned nlisten;
    const char *domain; /**< NULL: our address */
    struct mgcp_timers timers;
    struct gw_mgcp_gateway *gateways;
    unsigned ngateways;
    struct gw_mgcp_agent *agents;
    unsigned nagents;
};

#endif
