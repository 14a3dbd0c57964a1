/* The process that codes G.729 (codec/g729/worker.c): started when a plan's codecs need it,
 * watched, started again when it ends, ended with the gateway. Signalling thread only.
 */
#ifndef GW_G729_H
#define GW_G729_H

#include "gw/plan.h"

struct gw_g729;

/** Prepares it if a trunk of the plan, or `media`, has G.729 among its codecs; else *out is NULL.
 * On failure `why` has a message for the operator. */
int gw_g729_new(struct gw_g729 **out, struct rt_loop *loop, const struct gw_plan *plan,
                struct rt_buf *why);
/** Starts it, once we have given up what it is not to have either: before the first stream. NULL is
 * allowed. */
int gw_g729_start(struct gw_g729 *g, struct rt_buf *why);
/** After the last stream. NULL is allowed. */
void gw_g729_free(struct gw_g729 *g);
/** The plan is another now, and says the same of it. NULL is allowed. */
void gw_g729_adopt(struct gw_g729 *g, const struct gw_plan *plan);

struct gw_g729_status {
    const char *state; /**< "off", "running", "down": it will be started again */
    unsigned streams;  /**< encoders and decoders */
    unsigned restarts;
    int pid; /**< 0: none */
};
/** NULL is allowed: off. */
void gw_g729_status(struct gw_g729_status *out, const struct gw_g729 *g);

#endif
