/* The plan: configuration and dial plan, compiled and immutable. Calls keep the generation they
 * started with.
 *
 * plan.c turns the checked tree of conf/ into these structures and reports what only the whole can
 * show: an unknown trunk, two equal patterns, a span used twice. Everything here is read-only once
 * gw_plan_load() has returned.
 */
#ifndef GW_PLAN_H
#define GW_PLAN_H

#include "conf/conf.h"
#include "dialplan/dialplan.h"
#include "gw/rt/log.h"
#include "gw/rt/net.h"
#include "sip/sip.h"

#include <stdbool.h>
#include <stdint.h>

#define GW_NAME_LEN 32

/** `listen udp:0.0.0.0:5060` */
struct gw_listen {
    enum sip_transport transport;
    union rt_addr addr;
};

struct gw_sip_plan {
    struct gw_listen listen[8];
    unsigned nlisten;
    union rt_addr advertise; /**< none: the address of the interface towards the peer */
};

struct gw_media_plan {
    union rt_addr address; /**< where RTP is received; none: the interface towards the peer */
    uint16_t port_low, port_high; /**< RTP takes the even ones */
    const char *codecs[8];        /**< in order of preference: "pcma", "pcmu" */
    unsigned ncodecs;
    unsigned threads; /**< 1.. */
};

enum gw_span_kind { GW_SPAN_PSEUDOWIRE, GW_SPAN_DAHDI };

struct gw_span_plan {
    unsigned id; /**< the number after `span` */
    enum gw_span_kind kind;
    union rt_addr local, remote; /**< pseudowire */
    unsigned frames;             /**< per packet, 8 = 1 ms */
    uint32_t timeslots;          /**< bit n: timeslot n is carried (E1: 1..31, T1: 1..24) */
    rt_time jitter;              /**< pseudowire jitter buffer */
    bool t1;
    char variant[16];  /**< "euroisdn" */
    bool network;      /**< we are the network side */
    unsigned dchannel; /**< timeslot of the D channel */
    struct conf_pos pos;
};

/** How far an extension is used with a peer. */
enum gw_level { GW_OFF, GW_SUPPORTED, GW_REQUIRED };

/** How sessions with a trunk's peer are held. */
struct gw_session_plan {
    enum gw_level reliable;         /**< 100rel, RFC 3262 */
    rt_time interval, min_interval; /**< RFC 4028; interval 0: no session timer */
    bool transfer;                  /**< REFER is served */
    bool follow;                    /**< 3xx are followed */
    bool direct;                    /**< media may bypass the gateway */
};

enum gw_trunk_kind { GW_TRUNK_SIP, GW_TRUNK_SPAN };
enum gw_hunt { GW_HUNT_ASCENDING, GW_HUNT_DESCENDING };

struct gw_trunk {
    char name[GW_NAME_LEN];
    enum gw_trunk_kind kind;
    unsigned index;             /**< position in the plan: for tables beside it */
    const struct dp_site *site; /**< NULL: numbers stay as they are */
    enum dp_format numbers;
    /* SIP */
    union rt_addr peer; /**< where requests go */
    enum sip_transport transport;
    struct rt_cidr accept[8]; /**< who may call us over this trunk; empty: the peer's own address */
    unsigned naccept;
    struct gw_session_plan session;
    /* span */
    const struct gw_span_plan *span;
    uint32_t channels; /**< bit n: timeslot n belongs to this trunk */
    enum gw_hunt hunt;
    bool overlap; /**< digits may come one by one (receiving) */
    struct conf_pos pos;
};

enum gw_action_kind { GW_TO_TRUNK, GW_TO_REJECT };

/** One target after `->`. */
struct gw_target {
    enum gw_action_kind kind;
    const struct gw_trunk *trunk; /**< GW_TO_TRUNK */
    unsigned cause;               /**< GW_TO_REJECT: Q.850 value */
    const char *text;             /**< GW_TO_REJECT, or NULL */
};

/** A row of `routes`: pattern -> targets in order. */
struct gw_route {
    const char *pattern;
    struct gw_target target[8];
    unsigned ntargets;
    struct conf_pos pos;
};

/** `routes from a, b { ... }`: one table serves each trunk named. */
struct gw_routes {
    const struct gw_trunk *from[16];
    unsigned nfrom;
    struct dp_table *table; /**< values are struct gw_route */
    struct conf_pos pos;
};

struct gw_cdr_plan {
    const char *journal; /**< directory, or NULL */
    const char *csv;     /**< file, or NULL */
};

struct gw_plan {
    uint64_t generation;
    rt_time loaded; /**< wall clock */
    struct conf *conf;
    struct gw_sip_plan sip;
    struct gw_media_plan media;
    struct gw_span_plan *spans;
    unsigned nspans;
    struct gw_trunk *trunks;
    unsigned ntrunks;
    struct gw_routes *routes;
    unsigned nroutes;
    struct dp_site *sites;
    unsigned nsites;
    struct gw_cdr_plan cdr;
    const char *socket; /**< control socket's path */
    enum rt_level log;
    unsigned refs; /**< signalling thread only */
};

/** Reads, checks and compiles `path`. EINVAL: invalid, every error in `diag`. The plan returned has
 * one reference. */
int gw_plan_load(struct gw_plan **out, const char *path, struct conf_diag *diag);
/** The same from memory, for tests. */
int gw_plan_parse(struct gw_plan **out, const char *name, struct rt_str text,
                  struct conf_diag *diag);
struct gw_plan *gw_plan_ref(struct gw_plan *p);
void gw_plan_unref(struct gw_plan *p);

const struct gw_trunk *gw_plan_trunk(const struct gw_plan *p, struct rt_str name);
/** The SIP trunk that accepts requests from `from`; the longest matching block wins. NULL: nobody
 * does. */
const struct gw_trunk *gw_plan_accepts(const struct gw_plan *p, const union rt_addr *from);
/** The trunk that owns this timeslot of a span, or NULL. */
const struct gw_trunk *gw_plan_channel(const struct gw_plan *p, unsigned span, unsigned timeslot);
/** The route table for calls that come from `trunk`, or NULL. */
const struct gw_routes *gw_plan_routes(const struct gw_plan *p, const struct gw_trunk *trunk);

#endif
