/* The far end with telephones: a gateway of a few lines, made of our own mgcp/, which the gateway
 * under test is the call agent of. It keeps pointers to the calls of the ledger until it is
 * stopped.
 */
#ifndef TEST_SIM_FAR_LINES_H
#define TEST_SIM_FAR_LINES_H

#include "gw/rt/loop.h"
#include "mgcp/mgcp.h"
#include "test/sim/sim.h"

/** Telephones of one such far end. */
#define SIM_LINES_EACH SIM_PHONES

struct far_lines;

/** A telephone: its hook, and the call that it has. */
struct far_phone {
    struct far_lines *own;
    struct mgcp_gw_endpoint *e;
    unsigned number; /**< 1.. */
    bool off_hook, caller, rings;
    unsigned connections;
    enum mgcp_mode mode; /**< of the last one that was made or changed */
    struct sim_call *c;  /**< NULL: none */
    rt_time placed;      /**< as in the ledger: else that is of another telephone by now */
    size_t sent;         /**< digits */
    char shown[32];      /**< who calls */
    struct rt_timer step, give_up, bound, caller_id;
    void (*then)(struct far_phone *p); /**< what `step` does */
};

/** What `own` of the far end points to. */
struct far_lines {
    struct sim_far *far;
    struct mgcp_node *node;
    struct mgcp_gw *gw;
    struct far_phone phone[SIM_LINES_EACH];
};

/* far_phone.c */
extern const struct mgcp_gw_ops far_phone_ops;
void far_phone_init(struct far_phone *p, struct far_lines *own, unsigned number);
void far_phone_stop(struct far_phone *p);
/** True when it could make a call, or be called. */
bool far_phone_free(const struct far_phone *p);
void far_phone_call(struct far_phone *p, struct sim_call *c);

#endif
