/* Traces: every SIP message and every frame of a D channel as pcapng, for whoever wants it.
 *
 * Three are served: the file of a span (`trace FILE` in its block), clients that follow a span, a
 * call or the calls of a number, and the ring of the last messages, out of which `trace call` is
 * answered. Who follows calls gets their RTP too, where the plan allows it. A Homer server gets a
 * copy of each SIP and MGCP message, where the plan names one.
 * Signalling thread only; NULL as `struct gw_trace *` is allowed everywhere and traces nothing.
 */
#ifndef GW_TRACE_H
#define GW_TRACE_H

#include "gw/gw.h"

struct gw_trace;

/** Opens the files that the plan names. On failure `why` has a message for the operator. */
int gw_trace_new(struct gw_trace **out, struct gw *gw, struct rt_buf *why);
/** Writes what is left; clients follow nothing any more. */
void gw_trace_free(struct gw_trace *t);

/* ---- what there is to trace; `leg` NULL: it belongs to no call, or to none yet ---- */

/** A frame of a D channel without its FCS; `message`: it carries Q.931. */
void gw_trace_lapd(struct gw_trace *t, const struct gw_span *span, const struct gw_leg *leg,
                   bool sent, bool message, struct rt_str frame);
/** A SIP message. `local` may be NULL. */
void gw_trace_sip(struct gw_trace *t, const struct gw_leg *leg, bool sent, struct rt_str wire,
                  const union rt_addr *local, const union rt_addr *peer);
/** A datagram of MGCP about an endpoint, "aaln/1@iad"; empty: about several, or none of ours.
 * `local` may be NULL. */
void gw_trace_mgcp(struct gw_trace *t, const struct gw_leg *leg, const char *endpoint, bool sent,
                   struct rt_str wire, const union rt_addr *local, const union rt_addr *peer);
/** RTP of followed calls is traced from now on, where the plan allows it; before media_start().
 * ENOMEM. */
int gw_trace_media(struct gw_trace *t, struct media *m);
/** All is said of this call. */
void gw_trace_over(struct gw_trace *t, const struct gw_call *call);
/** The message received last has begun this call. */
void gw_trace_opened(struct gw_trace *t, const struct gw_call *call);

/* ---- who wants it ---- */

/** Takes a pcapng block, borrowed for the time of the call. It must not stop following from inside.
 * An empty one: the call that is followed is over; following may end then. */
typedef void gw_trace_sink_fn(void *arg, struct rt_str block);

/** How full the ring is. */
struct gw_trace_ring_state {
    size_t octets; /**< that it has room for */
    rt_time age;   /**< of its oldest message, 0: it is empty */
};
void gw_trace_ring_is(const struct gw_trace *t, struct gw_trace_ring_state *out);

/** What every trace of this gateway begins with: section and interfaces. */
void gw_trace_head(const struct gw *gw, struct rt_buf *out);
/** Gives what the ring still has of a call; returns how many messages. */
unsigned gw_trace_call(struct gw_trace *t, unsigned call, gw_trace_sink_fn *fn, void *arg);

enum gw_trace_kind {
    GW_TRACE_NOTHING,
    GW_TRACE_SPAN,
    GW_TRACE_NUMBER,
    GW_TRACE_ENDPOINT,
    GW_TRACE_CALL
};

/** What somebody follows. */
struct gw_trace_filter {
    enum gw_trace_kind kind;
    unsigned span;              /**< index in gw->spans */
    unsigned call;              /**< its number */
    struct dp_pattern *pattern; /**< of the calling or the called number; owned */
    char endpoint[96];          /**< "aaln/1@iad", or a gateway's name: all of its endpoints */
};

/** Embedded in its owner; zeroed: follows nothing. */
struct gw_trace_follower {
    struct gw_trace *trace;
    struct gw_trace_filter filter;
    gw_trace_sink_fn *fn;
    void *arg;
    uint32_t bit; /**< in call->followed */
    struct gw_trace_follower *prev, *next;
};

/** Follows from now on; of a call of that number also what came before. Takes the filter's pattern.
 * EAGAIN: too many follow already. */
int gw_trace_follow(struct gw_trace_follower *f, struct gw_trace *t,
                    const struct gw_trace_filter *filter, gw_trace_sink_fn *fn, void *arg);
/** Stops; does nothing when it follows nothing. */
void gw_trace_unfollow(struct gw_trace_follower *f);

#endif
