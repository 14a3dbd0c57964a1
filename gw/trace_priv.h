/* Inside traces: what trace.c, which makes the blocks, shares with who follows them. */
#ifndef GW_TRACE_PRIV_H
#define GW_TRACE_PRIV_H

#include "gw/hep.h"
#include "gw/trace.h"
#include "gw/trace_file.h"
#include "gw/trace_ring.h"

struct gw_trace_tap;

struct gw_trace {
    struct gw *gw;
    struct gw_trace_ring *ring;
    struct gw_hep *hep;               /* NULL: nobody gets copies */
    struct gw_trace_files *files;     /* NULL: no span has one */
    struct gw_trace_file **span_file; /* by index; NULL: none */
    struct rt_buf block, commented;   /* kept for the next message */
    uint64_t opening;                 /* the message received last, unless it belongs to a call */
    struct gw_trace_follower *followers;
    struct gw_trace_tap *taps; /* calls whose RTP somebody follows: a hash by their numbers */
    struct rt_timer over;      /* one of them has ended */
};

/** The block with the name of its call: "call 17 a". Valid until the next one. */
struct rt_str gw_trace_named(struct gw_trace *t, struct rt_str block, unsigned call, char side);
/** A datagram as the trace's block. False: no memory, which is counted. */
bool gw_trace_datagram(struct gw_trace *t, bool sent, rt_time wall, const union rt_addr *local,
                       const union rt_addr *peer, struct rt_str content);

/* ---- trace_follow.c ---- */

/** What somebody may follow a block by. */
struct gw_trace_about {
    const struct gw_span *span; /**< NULL: of no span */
    const struct gw_leg *leg;   /**< NULL: of no call */
    const char *endpoint;       /**< "": not of MGCP */
};
/** The block that was just made goes to who follows. */
void gw_trace_give(struct gw_trace *t, const struct gw_trace_about *about);

/* ---- trace_rtp.c ---- */

/** Whether RTP of a call is followed, and of its present ports, after what follows it may have
 * changed. */
void gw_trace_rtp_tap(struct gw_trace *t, const struct gw_call *call);
/** Somebody follows no more: ports that nobody follows are left alone. */
void gw_trace_rtp_untap(struct gw_trace *t, uint32_t bit);
/** rt_timer_fn: calls that have ended are through. */
void gw_trace_rtp_over(void *arg);
void gw_trace_rtp_free(struct gw_trace *t);

#endif
