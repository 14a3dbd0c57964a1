/* The plan: configuration and dial plan, compiled and immutable. Calls keep the generation they
 * started with.
 *
 * plan.c turns the checked tree of conf/ into these structures and reports what only the whole can
 * show: an unknown trunk, two equal patterns, a span used twice. Everything here is read-only once
 * gw_plan_load() has returned.
 */
#ifndef GW_PLAN_H
#define GW_PLAN_H

#include "codec/codec.h"
#include "codec/srtp.h"
#include "conf/conf.h"
#include "dialplan/dialplan.h"
#include "gw/bearer.h"
#include "gw/cause.h"
#include "gw/header_rules.h"
#include "gw/plan_admin.h"
#include "gw/plan_dial.h"
#include "gw/plan_mgcp.h"
#include "gw/recording.h"
#include "gw/rt/log.h"
#include "gw/rt/net.h"
#include "gw/rt/realtime.h"
#include "gw/rt/tls.h"
#include "isdn/config.h"
#include "sip/config.h"

#include <stdbool.h>
#include <stdint.h>

/** `listen udp:0.0.0.0:5060` */
struct gw_listen {
    enum sip_transport transport;
    union rt_addr addr;
};

/** Who is told how calls sounded (RFC 6035). */
struct gw_reports_plan {
    const char *uri;          /**< NULL: nobody */
    struct sip_target target; /**< of the URI */
    const char *domain;       /**< its host, for certificates */
    rt_time every;            /**< while a call lasts; 0: only after it */
};

/** Whether RTCP to a peer has reports on quality (RFC 3611). */
enum gw_xr { GW_XR_AUTO, GW_XR_ON, GW_XR_OFF };

/** What is done about the sound of a SIP trunk's calls. */
struct gw_quality_plan {
    enum gw_xr xr;
    struct gw_reports_plan reports;
    rt_time timeout; /**< without a packet before a call is released; 0: never */
};

struct gw_sip_plan {
    struct gw_listen listen[8];
    unsigned nlisten;
    union rt_addr advertise;   /**< none: the address of the interface towards the peer */
    union rt_addr resolver[4]; /**< name servers */
    unsigned nresolvers;       /**< 0: those of the system */
    struct rt_tls_config tls;  /**< cert NULL: no TLS, or `client` */
    bool client;               /**< TLS to peers, without a certificate */
    unsigned connections, per_source;
    rt_time idle, keepalive; /**< keepalive 0: none */
    unsigned max_udp;        /**< octets of a request */
    unsigned calls;          /**< at a time; 0: no limit */
    struct sip_limits limits;
};

/** When new calls are refused for want of time (gw/overload.h). */
struct gw_overload_plan {
    bool off;                   /**< never */
    unsigned cpu, cpu_until;    /**< of the signalling thread, in thousandths */
    rt_time queue, queue_until; /**< how late it is */
};

/** Codecs in order of preference. */
struct gw_codecs {
    enum codec_id id[CODEC_COUNT];
    unsigned n;
};

struct gw_media_plan {
    union rt_addr address; /**< where RTP is received; none: the interface towards the peer */
    uint16_t port_low, port_high;  /**< RTP takes the even ones */
    struct gw_codecs codecs;       /**< of trunks that name none themselves */
    unsigned echo_ms;              /**< tail of the lines' echo canceller; 0: none */
    unsigned digit_on, digit_off;  /**< ms: the shortest digit heard, and pause between two */
    unsigned threads;              /**< 1.. */
    struct rt_realtime realtime;   /**< of the threads */
    const char *g729;              /**< the program that codes G.729; NULL: there is none */
    const char *certificate, *key; /**< PEM files, for DTLS; NULL: one is made at each start */
};

enum gw_span_kind { GW_SPAN_PSEUDOWIRE, GW_SPAN_DAHDI };

/** How a PBX is told that there is nothing behind us. */
enum gw_busy_out { GW_BUSY_REFUSE, GW_BUSY_SERVICE, GW_BUSY_DCHANNEL, GW_BUSY_OUTS };
/** "refuse", "service", "dchannel" */
const char *gw_busy_out_name(enum gw_busy_out how);

struct gw_upkeep_plan {
    rt_time restart; /**< idle channels are restarted so often; 0: never */
    rt_time audit;   /**< the far end is asked so often about an active call; 0: never */
    /** While all of these SIP trunks are down no calls are taken. */
    const struct gw_trunk *behind[8];
    unsigned nbehind;
    enum gw_busy_out busy_out;
};

struct gw_span_plan {
    unsigned id; /**< the number after `span` */
    enum gw_span_kind kind;
    union rt_addr local, remote; /**< pseudowire */
    unsigned frames;             /**< per packet or block, 8 = 1 ms */
    uint32_t timeslots;          /**< bit n: timeslot n is carried (E1: 1..31, T1: 1..24) */
    rt_time jitter;              /**< pseudowire jitter buffer */
    unsigned dahdi;              /**< dahdi: the span's number there */
    unsigned framing;            /**< dahdi: what the card should have, enum rt_dahdi_framing */
    unsigned echo;               /**< dahdi: echo canceller in ms, 0: none */
    int gain_rx, gain_tx;        /**< dahdi: tenths of dB */
    enum isdn_rate rate;
    bool mulaw;
    bool multipoint; /**< BRI: several terminals on the bus */
    const struct isdn_variant *variant;
    bool network;      /**< we are the network side */
    unsigned dchannel; /**< timeslot of the D channel; 0: the span it is a member of has it */
    /** NFAS: the span with the first D channel of the group, NULL: itself, or no group. */
    const struct gw_span_plan *lead;
    unsigned interface;          /**< interface identifier in that group */
    rt_time timer[ISDN_NTIMERS]; /**< 0: the default */
    struct gw_upkeep_plan upkeep;
    const char *trace; /**< file of its D channel, or NULL */
    struct conf_pos pos;
};

/** Where a SIP peer is, and how it is noticed whether it lives (gw/peer.h). */
struct gw_peer_plan {
    struct sip_target target; /**< its `transport` is the trunk's */
    const char *domain;       /**< the URI's host, for certificates */
    const char *where;        /**< host and port as URIs have them: "sbc.example.com:5062" */
    rt_time health;           /**< between two OPTIONS; 0: none */
    unsigned down, up;        /**< checks in a row that change a target's state */
    rt_time probation;        /**< how long a target that failed is avoided at first */
    rt_time probation_max;    /**< and at most, as it doubles */
};

/** How digits go to a peer, and come from it. */
enum gw_dtmf {
    GW_DTMF_AUTO,       /**< telephone-event (RFC 4733) where it is agreed on; else as sound where
                           the codec carries it, else by INFO */
    GW_DTMF_RFC4733,    /**< the same, but sound is neither listened to nor given up */
    GW_DTMF_INBAND,     /**< as sound, whatever the peer can do */
    GW_DTMF_INFO_RELAY, /**< by INFO with application/dtmf-relay */
    GW_DTMF_INFO        /**< by INFO with application/dtmf */
};

/** How sessions with a trunk's peer are held. */
struct gw_session_plan {
    struct sip_session_options sip;
    enum gw_dtmf dtmf;
    bool aoc;          /**< advice of charge passes in both directions */
    bool follow;       /**< 3xx are followed */
    bool anywhere;     /**< to servers of other trunks too */
    bool direct;       /**< media may bypass the gateway */
    rt_time no_answer; /**< how long a called party may ring, from each 1xx on; 0: for ever */
    rt_time silence;   /**< how long a server may say nothing to an INVITE; 0: 32 s */
};

/** Whose order of codecs counts. */
enum gw_codec_choice { GW_CODEC_OFFER, GW_CODEC_OURS, GW_CODEC_CHEAPEST };

/** What a trunk's sound is made of. */
struct gw_trunk_media {
    /* SIP */
    struct gw_codecs codecs;
    enum gw_codec_choice choice;
    bool transcode;   /**< codecs that the other side of the call has are not preferred */
    unsigned ptime;   /**< ms that we ask for: 10..60 */
    bool insists;     /**< the plan says so: answers ask for it too, whatever was offered */
    bool noise;       /**< comfort noise (RFC 3389) is offered */
    bool fixed;       /**< its receiving buffer's delay stays as it is */
    bool passthrough; /**< G.711 is asked for when a fax or a modem is heard */
    /* span */
    bool echo; /**< we cancel it */
    /* both */
    int gain_in, gain_out; /**< tenths of a dB */
};

struct clip;
struct dp_zone;
struct gw_limit_scope;
struct gw_accepts;

/** What callers hear when a call comes to nothing. */
struct gw_announcements {
    struct clip *cause[128]; /**< NULL: none for this one */
    struct clip *other;      /**< for those; NULL: none */
};

/** A sound file of the plan: each is read once. */
struct gw_sound {
    const char *path;
    struct clip *clip;
    struct gw_sound *next;
};

/** Whether and how answered calls are recorded. */
struct gw_record_plan {
    bool on;
    const char *directory, *name; /**< of files: text with {call} and others */
    enum gw_record_format format;
};

/** What a trunk plays, keeps and listens for. */
struct gw_sound_plan {
    bool announce;                                /**< its callers hear announcements */
    const struct gw_announcements *announcements; /**< before the plan's; NULL: none */
    struct gw_record_plan record;
    bool detect; /**< span: busy tones end an answered call */
};

enum gw_srtp { GW_SRTP_OFF, GW_SRTP_OPTIONAL, GW_SRTP_REQUIRED };
/** RTCP on RTP's port: where the peer offers it, offered too, never. */
enum gw_mux { GW_MUX_ACCEPT, GW_MUX_ON, GW_MUX_OFF };

/** How a SIP trunk's media is protected, and which way it takes. */
struct gw_secure_plan {
    enum gw_srtp srtp;
    bool sdes, dtls; /**< where keys come from: the description (RFC 4568), a handshake */
    enum media_srtp_suite_id suite[MEDIA_SRTP_NSUITES]; /**< the preferred one first */
    unsigned nsuites;
    bool ice; /**< lite */
    enum gw_mux mux;
    bool strict; /**< media is taken from the described address alone */
};

/** The header field that says who calls. */
enum gw_identity_form { GW_IDENTITY_PAI, GW_IDENTITY_PPI, GW_IDENTITY_RPID, GW_IDENTITY_FROM };

/** How a peer is told that another party is connected. */
enum gw_updates { GW_UPDATES_UPDATE, GW_UPDATES_REINVITE, GW_UPDATES_OFF };

/** How an exchange is told that the other side holds the call. */
enum gw_hold { GW_HOLD_NOTIFY, GW_HOLD_SIGNAL, GW_HOLD_NONE };

/** Who calls whom, in a peer's words. */
struct gw_identity_plan {
    bool untrusted; /**< no member of our trust domain (RFC 3324, RFC 3325); of spans too */
    enum gw_updates updates;
    enum gw_identity_form form;
    bool both;             /**< asserted as sip: and as tel: */
    bool diversion;        /**< diversions are told in Diversion (RFC 5806) */
    bool history;          /**< and, or, in History-Info (RFC 7044) */
    unsigned redirections; /**< a call diverted more often is refused */
    bool early_media;      /**< P-Early-Media (RFC 5009) is spoken */
    char tgrp[GW_NAME_LEN], tgrp_context[GW_CONTEXT_LEN]; /**< RFC 4904; empty: none */
    char cic[GW_CIC_LEN], cic_context[GW_CONTEXT_LEN];    /**< RFC 4694; empty: none */
    char phone_context[GW_CONTEXT_LEN]; /**< of numbers that are not global; empty: not said */
};

/** Whom a user of the registrar may call as. */
enum gw_caller { GW_CALLER_USER, GW_CALLER_REFUSE, GW_CALLER_ANY };

/** Who proves what to whom, on a trunk with a SIP peer. */
struct gw_auth_plan {
    const struct sip_credentials *credentials; /**< ours, for the peer's challenges; NULL: none */
    const char *user;                          /**< to register as; NULL: we do not register */
    const char *domain;                        /**< of our address there; NULL: the peer's */
    rt_time expires;
    bool bulk;             /**< RFC 6140 */
    bool challenge;        /**< callers have to be users of the registrar: */
    const char *users[16]; /**< one of these; none: any */
    unsigned nusers;
    enum gw_caller caller;
};

struct gw_users;

/** `registrar { }` */
struct gw_registrar_plan {
    const char *realm; /**< NULL: there is none */
    const char *domains[8];
    unsigned ndomains;
    const char *users; /**< `file:PATH` or `sqlite:PATH` */
    struct conf_pos users_at;
    rt_time min_expires, max_expires, nonce;
    unsigned contacts;
    const char *state;      /**< file, or NULL */
    struct gw_users *known; /**< as they were when the plan was read, for whoever takes them
                               (gw/registrar.h); NULL: somebody has */
};

enum gw_trunk_kind {
    GW_TRUNK_SIP,
    GW_TRUNK_SPAN,
    GW_TRUNK_MGCP,  /**< endpoints of a gateway whose agent we are */
    GW_TRUNK_AGENT, /**< the side of calls that another's agent directs: none of the plan's trunks
                     */
    GW_TRUNK_LOCAL /**< the gateway answers itself: a target of routes, none of the plan's trunks */
};

/** What the gateway does with a call that it answers itself. */
enum gw_local { GW_LOCAL_PLAY, GW_LOCAL_ECHO, GW_LOCAL_MILLIWATT, GW_LOCALS };

/** "sip", "isdn", "mgcp", "agent", "local" */
const char *gw_trunk_kind_name(enum gw_trunk_kind kind);

struct gw_local_plan {
    enum gw_local what;
    struct clip *clip; /**< GW_LOCAL_PLAY */
    struct gw_trunk *next;
};

/** What becomes of a call that its called user deflects. */
enum gw_deflection {
    GW_DEFLECTION_MAP,    /**< the deflection is refused */
    GW_DEFLECTION_FOLLOW, /**< we call there */
    GW_DEFLECTION_PASS    /**< a SIP caller is told; others as FOLLOW */
};

struct gw_trunk {
    char name[GW_NAME_LEN];
    enum gw_trunk_kind kind;
    unsigned index;             /**< position in the plan: for tables beside it */
    struct gw_plan *plan;       /**< whose it is */
    const struct dp_site *site; /**< NULL: numbers stay as they are */
    enum dp_format numbers;
    const struct dp_rules *rules;       /**< NULL: `numbers` says how they are written */
    const struct gw_class *cls;         /**< NULL: routes alone decide what may be called */
    const struct gw_customer *customer; /**< NULL: nobody's */
    const struct gw_group *group;       /**< that it is hunted in; NULL: none */
    const struct gw_routes *routes;     /**< of calls that come by it; NULL: none */
    const struct conf_node *node;       /**< its statement */
    struct dp_table *own;               /**< what its callers may be; NULL: anything */
    struct gw_quota quota;
    struct gw_reserve reserve;
    const char *domains[8]; /**< that ENUM may lead to */
    unsigned ndomains;      /**< 0: any */
    bool own_carrier;       /**< behind it is our own network: it may hear our own codes */
    bool by_enum;           /**< there is no `peer`: ENUM says where calls go */
    /* SIP */
    union rt_addr peer; /**< where requests go; none when it has a name: ask gw_peer_hops() */
    enum sip_transport transport;
    struct rt_cidr accept[8]; /**< who may call us over this trunk; empty: the peer's own address */
    unsigned naccept;
    bool registered; /**< its peers are the registered users: there is no `peer` */
    struct gw_auth_plan auth;
    struct gw_peer_plan to;
    struct gw_session_plan session;
    struct gw_trunk_media media;
    struct gw_secure_plan secure;
    struct gw_sound_plan sound;
    struct gw_quality_plan quality;                 /**< SIP */
    struct gw_causes causes;                        /**< between Q.850 and the peer's statuses */
    struct gw_header_rules headers_in, headers_out; /**< what is changed in messages */
    struct gw_identity_plan identity;    /**< of spans: trust and the trunk group alone */
    struct gw_local_plan local;          /**< GW_TRUNK_LOCAL */
    const struct gw_mgcp_trunk *mgcp;    /**< GW_TRUNK_MGCP */
    const struct gw_mgcp_export *export; /**< GW_TRUNK_AGENT, and the span trunk beside it */
    /* span */
    const struct gw_span_plan *span;
    uint32_t channels; /**< bit n: timeslot n belongs to this trunk */
    enum isdn_hunt hunt;
    enum gw_hold hold;
    rt_time interworking;  /**< how long a SIP caller hears why it comes to nothing */
    enum gw_bearer bearer; /**< of calls from SIP; DATA64: only of those that can be data */
    uint16_t inband;       /**< progress indicators that open early media, bit n: description n */
    bool caller_network;   /**< of a caller's two numbers the network's counts, not the user's */
    bool origin_not_isdn;  /**< calls from SIP, and its answers, say that they come from no ISDN */
    uint8_t charges;       /**< span: asked for in SETUP: bit n: enum isdn_aoc_kind n */
    bool optimise;         /**< span: the exchange is asked to join calls that we have joined */
    bool deflects;         /**< span: callers are sent on by their network where it can */
    enum gw_deflection deflection; /**< span: of called users */
    bool overlap;                  /**< digits may come, or go, one by one */
    unsigned overlap_max;          /**< SIP: callers that are waited for at the same time */
    struct conf_pos pos;
};

struct gw_plan {
    uint64_t generation;
    rt_time loaded; /**< wall clock */
    rt_time since;  /**< rt_now(), likewise */
    char sha[65];   /**< SHA-256 of its sources, in hexadecimal; empty: of none */
    char who[32];   /**< who had it loaded */
    struct conf *conf;
    struct gw_sip_plan sip;
    struct gw_overload_plan overload;
    struct gw_media_plan media;
    struct gw_span_plan *spans;
    unsigned nspans;
    struct gw_trunk *trunks;
    unsigned ntrunks;
    struct gw_accepts *accepts; /**< which trunk takes requests from where (gw/plan_accepts.c) */
    struct gw_dial_plan dial;
    struct dp_site *sites;
    unsigned nsites;
    struct gw_cdr_plan cdr;
    struct gw_registrar_plan registrar;
    struct gw_mgcp_plan mgcp;
    struct gw_record_plan record;           /**< of trunks that say nothing else */
    struct gw_announcements *announcements; /**< for all; NULL: none */
    struct gw_trunk *locals;                /**< targets that are the gateway itself */
    struct gw_sound *sounds;                /**< each file that is played */
    struct gw_admin_plan admin;
    struct gw_process_plan process;
    struct gw_alarm_plan alarms;
    struct gw_auditor_plan auditor;
    struct gw_trace_plan traces;
    enum rt_level log;
    struct dp_zone **zones;         /**< of each site; NULL: UTC */
    struct gw_limit_scope **scopes; /**< of its quotas (gw/quota.h); NULL: not tied */
    bool explain;                   /**< why each call went where it went is kept with it */
    unsigned refs;                  /**< signalling thread only */
};

/** Reads, checks and compiles `path`. EINVAL: invalid, every error in `diag`. The plan returned has
 * one reference. */
int gw_plan_load(struct gw_plan **out, const char *path, struct conf_diag *diag);
/** The same from memory, for tests. */
int gw_plan_parse(struct gw_plan **out, const char *name, struct rt_str text,
                  struct conf_diag *diag);
/** Like gw_plan_load(), but its tests are not run: a plan that they would refuse is loaded too. */
int gw_plan_load_untested(struct gw_plan **out, const char *path, struct conf_diag *diag);

/** What became of a test of the plan. */
struct gw_plan_result {
    const struct gw_plan_test *test;
    const char *why; /**< it failed: "the trunk is voipco, not pri"; NULL: it did not */
};
typedef void gw_plan_result_fn(void *arg, const struct gw_plan_result *r);
/** Runs the tests of a plan, one after the other; how many failed. */
unsigned gw_plan_run_tests(const struct gw_plan *p, gw_plan_result_fn *fn, void *arg);
/** gw_plan_load() with the sources from `reader`. `previous`, or NULL: its tables stay where a new
 * one is refused, with a warning. May be called in another thread than that of the plans' users. */
int gw_plan_load_through(struct gw_plan **out, const char *path, const struct conf_reader *reader,
                         const struct gw_plan *previous, struct conf_diag *diag);
/** Plans in memory. */
unsigned gw_plans_alive(void);
struct gw_plan *gw_plan_ref(struct gw_plan *p);
void gw_plan_unref(struct gw_plan *p);

/** True when peers can be called over TLS. */
static inline bool gw_plan_speaks_tls(const struct gw_plan *p)
{
    return p->sip.tls.cert || p->sip.client;
}
const struct gw_trunk *gw_plan_trunk(const struct gw_plan *p, struct rt_str name);
/** A trunk of what is exported to an agent, which is none of the plan's; NULL: it has no such name.
 */
const struct gw_trunk *gw_plan_exported(const struct gw_plan *p, struct rt_str name);
/** The SIP trunk that accepts requests from `from`; the longest matching block wins. NULL: nobody
 * does. */
const struct gw_trunk *gw_plan_accepts(const struct gw_plan *p, const union rt_addr *from);
/** The trunk that owns this timeslot of a span, or NULL. */
const struct gw_trunk *gw_plan_channel(const struct gw_plan *p, unsigned span, unsigned timeslot);
/** What callers on the trunk hear when a call comes to nothing by this cause; NULL: nothing. */
struct clip *gw_plan_announcement(const struct gw_plan *p, const struct gw_trunk *t,
                                  unsigned cause);
const struct gw_group *gw_plan_group(const struct gw_plan *p, struct rt_str name);
const struct gw_customer *gw_plan_customer(const struct gw_plan *p, struct rt_str name);

#endif
