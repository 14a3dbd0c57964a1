/* What lines, endpoints and gateways of MGCP are doing, in words: for those who may not include the
 * stack (the control socket, routing).
 */
#ifndef GW_MGCP_STATUS_H
#define GW_MGCP_STATUS_H

#include "gw/rt/net.h"
#include "gw/rt/time.h"

#include <stdbool.h>
#include <stdint.h>

struct gw;
struct gw_trunk;

/** Endpoints of a trunk on a gateway that are in service and without a call. */
unsigned gw_mgcp_free(const struct gw *gw, const struct gw_trunk *t);
/** True while the trunk's gateway answers. */
bool gw_mgcp_up(const struct gw *gw, const struct gw_trunk *t);

/** A line as `show lines` prints it; a snapshot. Texts live as long as the plan, or for ever. */
struct gw_line_status {
    const char *gateway;
    const char *endpoint; /**< "aaln/1" */
    const char *number;   /**< empty: none */
    const char *trunk;    /**< empty: no trunk has it */
    const char *service;  /**< "in service", "restarting", "unknown", ... */
    const char *hook;     /**< "on", "off", "unknown" */
    const char *state; /**< "idle", "dialling", "ringing", "talking", "busy tone", "howler", ... */
    unsigned calls;
    bool messages; /**< messages wait for its user */
    rt_time since; /**< rt_now() when the state began; 0: not known */
};
/** The lines of all gateways, from 0 on. False: there is none with this index. */
bool gw_line_status(struct gw_line_status *out, const struct gw *gw, unsigned i);

/** Messages wait for the user of the lines with this number, in E.164 or as dialled there, or wait
 * no more. ENOENT: there is no such line. */
int gw_line_messages(struct gw *gw, const char *number, bool waiting);

/** Another endpoint: a channel of a gateway, or a channel of ours that an agent directs. */
struct gw_endpoint_status {
    const char *peer;    /**< the gateway's name, or the agent's address in force */
    char endpoint[64];   /**< "ds/e1-1/5" */
    const char *role;    /**< "ours to use", "exported" */
    const char *trunk;   /**< empty: no trunk has it */
    const char *service; /**< as of a line */
    const char *state;   /**< "idle", "busy", ... */
    unsigned connections;
    rt_time since; /**< rt_now() when the state began; 0: not known */
};
bool gw_endpoint_status(struct gw_endpoint_status *out, const struct gw *gw, unsigned i);

/** A gateway that we direct, or an agent that directs us, as the transport sees it. */
struct gw_mgcp_peer_status {
    const char *name;    /**< of a gateway; of an agent: its address in force */
    const char *role;    /**< "gateway", "agent" */
    const char *profile; /**< "rfc", "ncs", ...; NULL: it has left the plan */
    union rt_addr address;
    bool answers;    /**< it answered the last command */
    rt_time since;   /**< rt_now() when that began; 0: not known */
    rt_time rtt;     /**< smoothed round trip; 0: not known */
    unsigned queued; /**< commands that wait for the rate or for an answer */
    unsigned endpoints, in_service;
    uint64_t sent, received, repeated, lost; /**< commands; lost: without an answer */
};
bool gw_mgcp_peer_status(struct gw_mgcp_peer_status *out, const struct gw *gw, unsigned i);

#endif
