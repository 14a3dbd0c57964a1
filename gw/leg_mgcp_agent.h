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
    /** R/rto (RFC 3660 2.10): since when nothing came, by what had come until then. */
    struct {
        bool armed, waits, told; /**< `waits`: for RTCP, which the clock begins with */
        unsigned serial;         /**< of the request */
        rt_time since;
        uint64_t packets;
        uint32_t reports;
    } silence;
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
    bool looped;             /**< T/lb is on */
    uint8_t told;            /**< enum leg_mgcp_told */
    unsigned sounding;       /**< signals that keep the bare port open */
    struct rt_defer ring;    /**< the telephone is rung once all signals of a command are known */
    char *caller;            /**< of L/ci; NULL: none */
    rt_time since;
};

/** What the agent knows of a channel's service. */
enum leg_mgcp_told { LEG_MGCP_IN, LEG_MGCP_LEAVING, LEG_MGCP_OUT };

struct leg_mgcp_role {
    struct gw_mgcp *mgcp;
    const struct gw_mgcp_agent *plan;
    struct mgcp_gw *gw;
    struct leg_mgcp_channel *channel;
    unsigned nchannels;
    struct rt_timer watch;         /**< alarms of spans take their channels out of service */
    struct leg_mgcp_sound *sounds; /**< announcements that were played */
    struct leg_mgcp_role *prev, *next;
};

/** The agent's side of a call. */
struct leg_mgcp_agent {
    struct gw_leg leg;
    struct leg_mgcp_channel *channel;
    bool incoming; /**< the agent calls */
    bool answered;
    bool overlap; /**< more digits may come */
    bool heard;   /**< the caller was told that there is something to hear */
    struct rt_defer reaper;
    struct rt_timer drained; /**< until the line's side is gone */
    struct rt_defer ready;   /**< the channel had its connection before the call */
};

static inline struct leg_mgcp_agent *agent_of(struct gw_leg *leg)
{
    return (struct leg_mgcp_agent *)leg;
}

/** The agent is told of events; one that only connects answers by that, and releases. */
static inline bool leg_mgcp_agent_listens(const struct leg_mgcp_channel *ch)
{
    return mgcp_peculiar(ch->role->plan->profile)->events;
}

/* leg_mgcp_agent.c */
/** Begins a call of the agent on the channel: with these digits. 0 or a Q.850 cause. */
unsigned leg_mgcp_agent_call(struct leg_mgcp_channel *ch, const char *digits, const char *caller,
                             const char *name);
/** The agent releases the call. */
void leg_mgcp_agent_release(struct leg_mgcp_agent *l, unsigned q850);

/** The call's line is free again although the leg is not gone yet. */
void leg_mgcp_agent_finish(struct leg_mgcp_agent *l);
/** The caller, who is not answered yet, gets something to hear. */
void leg_mgcp_agent_sounds(struct leg_mgcp_agent *l);

/* leg_mgcp_agent_role.c: roles_start(), roles_adopt(), roles_stop() and status */

/* leg_mgcp_agent_media.c */
extern const struct mgcp_gw_ops leg_mgcp_agent_ops;
/** A second has passed: R/rto of the channel's connections. */
void leg_mgcp_agent_listen(struct leg_mgcp_channel *ch);

/* leg_mgcp_agent_join.c */
/** Its span; NULL: it is not open. */
const struct gw_span *leg_mgcp_agent_span(const struct leg_mgcp_channel *ch);
/** Which way sound passes from the line to the network. */
enum media_flow leg_mgcp_agent_flow(enum mgcp_mode mode);
/** The port of the connection that is heard; NULL: none is. */
struct media_port *leg_mgcp_agent_port(const struct leg_mgcp_channel *ch);
/** Joins what is to be heard on the channel now. */
void leg_mgcp_agent_join(struct leg_mgcp_channel *ch);
/** The channel gets a call, or has none any more: a bare port is closed. */
void leg_mgcp_agent_close_bare(struct leg_mgcp_channel *ch);
/** The port that leads to the line: of the call, or the bare one; NULL: none. */
struct media_port *leg_mgcp_agent_line_port(const struct leg_mgcp_channel *ch);
/** The same, opened if need be. */
struct media_port *leg_mgcp_agent_open_line(struct leg_mgcp_channel *ch);
/** A fax or modem is heard on the line. */
void leg_mgcp_agent_fax(struct leg_mgcp_channel *ch, enum media_event_type what);

/* leg_mgcp_agent_sound.c */
/** The tone that a signal is; NULL: it is none. */
const struct tone_spec *leg_mgcp_agent_tone(const struct leg_mgcp_channel *ch, const char *package,
                                            const char *symbol);
/** The announcement that A/ann names; NULL: there is none of that name. */
struct clip *leg_mgcp_agent_announcement(struct leg_mgcp_channel *ch, struct rt_str params);
void leg_mgcp_agent_forget_sounds(struct leg_mgcp_role *r);
/** Number and name of L/ci: `10/14/17/26,"5551212","Name"`. */
void leg_mgcp_agent_read_caller(char *number, size_t cap, char *name, size_t name_cap,
                                struct rt_str params);

/* leg_mgcp_agent_signal.c */
void leg_mgcp_agent_init(struct leg_mgcp_channel *ch);
void leg_mgcp_agent_fini(struct leg_mgcp_channel *ch);
unsigned leg_mgcp_agent_requested(void *arg, struct mgcp_gw_connection *c, const char *package,
                                  const char *symbol, struct rt_str params);
unsigned leg_mgcp_agent_check(void *arg, struct mgcp_gw_connection *c, const char *package,
                              const char *symbol, struct rt_str params);
void leg_mgcp_agent_signal(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                           const char *package, const char *symbol, struct rt_str params);
/** The agent's side answers a call from the line. */
void leg_mgcp_agent_answer(struct leg_mgcp_channel *ch);
/** It does not ring, whichever way it was to. */
void leg_mgcp_agent_ring_failed(struct leg_mgcp_channel *ch);

/* leg_mgcp_agent_say.c */
/** Digits that were dialled on the line, one event each. */
void leg_mgcp_agent_digits(struct leg_mgcp_channel *ch, const char *digits);
/** Tells the agent of a seizure with its digits. */
void leg_mgcp_agent_seized(struct leg_mgcp_channel *ch, const char *digits);
void leg_mgcp_agent_said(struct leg_mgcp_agent *l, const struct gw_event *ev);
/** Descriptions and modes have changed: the caller may hear the agent's side by now. */
void leg_mgcp_agent_heard(struct leg_mgcp_channel *ch);
/** An announcement is through; `c` NULL: towards the line. */
void leg_mgcp_agent_played(struct leg_mgcp_channel *ch, struct mgcp_gw_connection *c);
/** The channel is free again. */
void leg_mgcp_agent_cleared(struct leg_mgcp_channel *ch);

#endif
