/* The gateway's role: channels of our spans that another's call agent directs.
 *
 * A *channel* is an endpoint of ours. A call on it has the line's leg on one side and the agent's
 * on the other (struct leg_mgcp_agent), so that Q.931 stays ours: what the agent signals (package
 * MS, or L where telephones are behind the span) becomes neutral events, and the other way round. A
 * connection is an RTP port; it is the agent's port in the call, or joined with the bare channel
 * when there is no call.
 */
#ifndef GW_LEG_MGCP_AGENT_H
#define GW_LEG_MGCP_AGENT_H

#include "codec/sdp.h"
#include "gw/leg_mgcp_priv.h"

struct leg_mgcp_agent;
struct leg_mgcp_channel;

/** A connection that the agent has made. */
struct leg_mgcp_agent_connection {
    struct leg_mgcp_channel *channel;
    struct mgcp_gw_connection *mgcp;
    struct media_port *port;
    struct sdp_origin origin;
    enum mgcp_mode mode;
    struct media_rtp rtp;    /**< agreed; its codec CODEC_COUNT: nothing is yet */
    struct gw_codecs codecs; /**< that the agent allows */
    unsigned ptime;
    /** Between prepare and commit. */
    struct {
        enum mgcp_mode mode;
        struct media_rtp rtp;
        struct gw_codecs codecs;
        unsigned ptime;
        bool fresh; /**< the port is new */
    } next;
    struct leg_mgcp_agent_connection *prev, *after;
};

struct leg_mgcp_channel {
    struct leg_mgcp_traced traced;
    struct leg_mgcp_role *role;
    const struct gw_mgcp_export *export;
    unsigned timeslot;
    struct mgcp_gw_endpoint *endpoint;
    struct leg_mgcp_agent *leg; /**< of the call; NULL: none */
    struct leg_mgcp_agent_connection *connections;
    struct media_port *bare; /**< the channel without a call */
    bool off_hook;           /**< lines: its telephone is lifted */
    bool in_service;
    rt_time since;
};

struct leg_mgcp_role {
    struct gw_mgcp *mgcp;
    const struct gw_mgcp_agent *plan;
    struct mgcp_gw *gw;
    struct leg_mgcp_channel *channel;
    unsigned nchannels;
    struct rt_timer watch; /**< alarms of spans take their channels out of service */
    struct leg_mgcp_role *prev, *next;
};

/** The agent's side of a call. */
struct leg_mgcp_agent {
    struct gw_leg leg;
    struct leg_mgcp_channel *channel;
    bool incoming; /**< the agent calls */
    bool answered;
    struct rt_defer reaper;
};

static inline struct leg_mgcp_agent *agent_of(struct gw_leg *leg)
{
    return (struct leg_mgcp_agent *)leg;
}

/* leg_mgcp_agent.c */
/** Begins a call of the agent on the channel: with these digits. 0 or a Q.850 cause. */
unsigned leg_mgcp_agent_call(struct leg_mgcp_channel *ch, const char *digits, const char *caller);
/** The agent releases the call. */
void leg_mgcp_agent_release(struct leg_mgcp_agent *l, unsigned q850);

/* leg_mgcp_agent_media.c */
extern const struct mgcp_gw_ops leg_mgcp_agent_ops;
/** Joins what is to be heard on the channel now. */
void leg_mgcp_agent_join(struct leg_mgcp_channel *ch);
/** The channel gets a call, or has none any more: a bare port is closed. */
void leg_mgcp_agent_close_bare(struct leg_mgcp_channel *ch);
/** The port that leads to the line: of the call, or the bare one; NULL: none. */
struct media_port *leg_mgcp_agent_line_port(const struct leg_mgcp_channel *ch);

/* leg_mgcp_agent_signal.c */
unsigned leg_mgcp_agent_check(void *arg, struct mgcp_gw_connection *c, const char *package,
                              const char *symbol, struct rt_str params);
void leg_mgcp_agent_signal(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                           const char *package, const char *symbol, struct rt_str params);
/** Digits that were dialled on the line, one event each. */
void leg_mgcp_agent_digits(struct leg_mgcp_channel *ch, const char *digits);
/** Tells the agent of a seizure with its digits. */
void leg_mgcp_agent_seized(struct leg_mgcp_channel *ch, const char *digits);
void leg_mgcp_agent_said(struct leg_mgcp_agent *l, const struct gw_event *ev);
/** Descriptions and modes have changed: the caller may hear the agent's side by now. */
void leg_mgcp_agent_heard(struct leg_mgcp_channel *ch);
/** The channel is free again. */
void leg_mgcp_agent_cleared(struct leg_mgcp_channel *ch);

#endif
