/* The gateway: what main.c wires together and everything in gw/ shares. One per process; signalling
 * thread only. */
#ifndef GW_GW_H
#define GW_GW_H

#include "gw/call.h"

struct dtls_identity;
struct gw_alarms;
struct gw_apply;
struct gw_audit;
struct gw_auditor;
struct gw_call_stats;
struct gw_drain;
struct gw_emergency_note;
struct gw_enum;
struct gw_events;
struct gw_exporter;
struct gw_g729;
struct gw_hits;
struct gw_limits;
struct gw_loop_guard;
struct gw_mail;
struct gw_mgcp;
struct gw_notice;
struct gw_overload;
struct gw_peer;
struct gw_performance;
struct gw_recorder;
struct gw_reload;
struct gw_series;
struct gw_sounds;
struct gw_trace;
struct gw_usage;
struct isdn_span;
struct rt_dns;
struct sip_ua;

struct gw_span {
    struct isdn_span *isdn;
    struct media_bank *bank;
    unsigned thread;
    unsigned index; /**< in gw->spans and gw->plan->spans */
    struct gw *gw;
};

struct gw {
    struct rt_loop *loop;
    struct gw_plan *plan; /**< the present generation */
    struct media *media;
    struct gw_g729 *g729; /**< NULL: no codecs of the plan need it */
    struct rt_dns *dns;
    struct sip_ua *sip;
    struct gw_mgcp *mgcp;              /**< NULL: none */
    struct gw_registrar *registrar;    /**< NULL: none */
    struct gw_admission *admission;    /**< NULL: nobody can prove anything */
    struct gw_register *registrations; /**< ours, with peers */
    struct gw_reload *reload;          /**< NULL: no certificates, no users (gw/reload.h) */
    struct gw_peer **peers;            /**< of each trunk, by its index; NULL: it has none */
    unsigned npeers;
    struct rt_tls *tls;             /**< NULL: none */
    struct dtls_identity *identity; /**< of our media's DTLS; NULL: no trunk wants it */
    struct gw_span *spans;
    unsigned nspans;
    struct leg_sip_overlap *overlapping; /**< SIP callers that may dial more */
    struct gw_cdr_writer *cdr;
    struct gw_recorder *recorder;      /**< NULL: nothing was recorded yet */
    struct gw_trace *trace;            /**< gw/trace.h */
    struct gw_quality_report *reports; /**< on quality, on their way (gw/quality.h) */
    unsigned nreports;
    bool reports_failing;               /**< the last one was not taken */
    struct gw_upkeep *upkeep;           /**< what is out of service (gw/upkeep.h) */
    struct gw_apply *apply;             /**< change of the plan (gw/apply.h); NULL: there is none */
    struct gw_limits *limits;           /**< what has been used (gw/limits.h) */
    struct gw_usage *usage;             /**< what of it is kept over a restart (gw/usage.h) */
    struct gw_performance *performance; /**< how well trunks complete calls */
    struct gw_call_stats *stats;        /**< what calls did (gw/trunk_stats.h) */
    struct gw_enum *enums;              /**< ENUM's questions and answers (gw/enum.h) */
    struct gw_loop_guard *loops;        /**< calls that come back */
    struct gw_emergency_note *emergencies; /**< who called the emergency service */
    struct gw_notice *notices;             /**< to people, on their way (gw/notify.h) */
    unsigned nnotices;
    struct gw_mail *mail;         /**< NULL: none was sent (gw/mail.h) */
    struct rt_timer counting;     /**< running calls may pass a limit */
    struct gw_hits *hits;         /**< how often each row of the routes counted (gw/hits.h) */
    unsigned *turns;              /**< of each group: whose turn it is */
    struct gw_alarms *alarms;     /**< what is wrong (gw/alarm.h) */
    struct gw_series *series;     /**< the last day, for plots (gw/series.h) */
    struct gw_overload *overload; /**< whether there is time for a call (gw/overload.h) */
    struct gw_events *events;     /**< what changes, for the page (gw/event.h) */
    struct gw_audit *audit;       /**< who did what (gw/audit.h) */
    struct gw_exporter *exporter; /**< records to databases; NULL: none (gw/export.h) */
    struct gw_sounds *sounds;     /**< how calls sound as they go on (gw/call_sound.h) */
    struct gw_auditor *auditor;   /**< compares all of this (gw/auditor.h) */
    struct gw_leg *legs;          /**< every leg, those still clearing too */
    uint64_t last_leg;            /**< serial of the last one made */
    struct gw_call *calls;        /**< live ones */
    struct gw_call *clearing;     /**< over, but a leg still says goodbye */
    struct gw_call *ended;        /**< the last GW_ENDED_MAX, newest first, for `show call` */
    unsigned nended, ncalls, next_number;
    uint64_t total_calls, answered_calls;
    rt_time started;
    struct gw_drain *drain; /**< gw/drain.h */
    bool draining;          /**< no new calls */
};

#define GW_ENDED_MAX 200

/** Builds everything a plan asks for: media, spans, SIP. The loop is the caller's. On failure
 * nothing stays; `why` has a message for the operator. */
int gw_start(struct gw **out, struct rt_loop *loop, struct gw_plan *plan, struct rt_buf *why);
/** Refuses new calls and releases every call with cause 41; the loop still has to run until
 * gw_idle(). */
void gw_release_all(struct gw *gw);
/** True when no leg is left: both sides of every call have cleared. */
bool gw_idle(const struct gw *gw);
/** Frees everything; waits for nothing. NULL is allowed. */
void gw_stop(struct gw *gw);

#endif
