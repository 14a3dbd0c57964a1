/* What the files of the auditor share. */
#ifndef GW_AUDITOR_PRIV_H
#define GW_AUDITOR_PRIV_H

#include "gw/auditor.h"
#include "gw/gw.h"

#include <uthash.h>

/* ---- auditor_claims.c: a set of what legs, calls and channels say that they hold ---- */

enum gw_claim_kind {
    GW_CLAIM_LEG = 1, /**< a leg itself */
    GW_CLAIM_CALL,    /**< a call that a leg points to */
    GW_CLAIM_SESSION, /**< a leg's SIP session */
    GW_CLAIM_Q931,    /**< a leg's Q.931 call */
    GW_CLAIM_PORT,    /**< a media port */
    GW_CLAIM_TOKEN,   /**< a place in limits */
};

/** `serial`: of the leg that says so; 0: none. */
struct gw_claim {
    const void *what;
    uint64_t serial;
    uint32_t n; /**< how often it was said */
    uint8_t kind;
    bool met; /**< it is there */
};
struct gw_claims {
    struct gw_claim *row;
    size_t size, used; /**< size: a power of two, or 0 */
    bool failed;       /**< memory ran out: nothing can be said about what is missing */
};
void gw_claims_add(struct gw_claims *c, enum gw_claim_kind kind, const void *what, uint64_t serial);
/** NULL: nobody has it. */
struct gw_claim *gw_claims_find(const struct gw_claims *c, enum gw_claim_kind kind,
                                const void *what);
void gw_claims_release(struct gw_claims *c);

/* ---- auditor.c: suspects ---- */

/** What a suspect is known by from one pass to the next. */
struct gw_suspect_key {
    const void *what;
    uint64_t mark; /**< tells apart two that had the same place in memory */
    uint64_t kind; /**< enum gw_finding */
};
struct gw_suspect {
    struct gw_suspect_key key;
    rt_time since;
    unsigned pass; /**< that saw it last */
    UT_hash_handle hh;
};

struct gw_auditor {
    struct gw *gw;
    struct rt_timer timer; /**< of the next pass, or of the next slice */
    unsigned pass;         /**< number of the present or last one */
    unsigned stage;        /**< of the present one; none: its number is that of all */
    bool entered;          /**< the stage has begun */
    bool running;
    rt_time begun; /**< of the present pass */
    unsigned objects, slices, asked, last_objects, last_slices;
    struct gw_leg *leg;   /**< the next one */
    struct gw_call *call; /**< likewise, of the list that is gone over */
    unsigned span;
    size_t row; /**< of the claims */
    struct gw_claims claims;
    struct gw_suspect *suspects;
    rt_time patience; /**< added to what a call may take: the plan's own timers */
    rt_time repaired; /**< rt_now() of the last one */
    unsigned nrepaired;
};

/** Notes that it looks wrong. True: it is a finding by now, is counted, and has to be repaired.
 * `least`: how long it has to have been so; `*lasted`: how long it has. */
bool gw_auditor_suspect(struct gw_auditor *a, enum gw_finding kind, const void *what, uint64_t mark,
                        rt_time least, rt_time *lasted);
/** It was repaired: a line in the log, the alarm. `text` says what and whose. */
void gw_auditor_repaired(struct gw_auditor *a, enum gw_finding kind, rt_time lasted,
                         const char *fmt, ...) RT_PRINTF(4, 5);

/** A stage: looks at up to `*budget` objects and counts it down. True: it is through. `fresh`: it
 * begins. */
typedef bool gw_auditor_stage(struct gw_auditor *a, bool fresh, unsigned *budget);

/* auditor_legs.c */
bool gw_audit_legs(struct gw_auditor *a, bool fresh, unsigned *budget);
bool gw_audit_calls(struct gw_auditor *a, bool fresh, unsigned *budget);
bool gw_audit_clearing(struct gw_auditor *a, bool fresh, unsigned *budget);
/** Legs that hold what was not met. */
bool gw_audit_unmet(struct gw_auditor *a, bool fresh, unsigned *budget);

/* leg_isdn_audit.c, leg_sip_audit.c, leg_mgcp_audit.c, auditor_stacks.c */
/** Notes that it is there. False: nobody holds it. */
bool gw_auditor_meets(struct gw_auditor *a, enum gw_claim_kind kind, const void *what);
bool gw_audit_spans(struct gw_auditor *a, bool fresh, unsigned *budget);
bool gw_audit_sessions(struct gw_auditor *a, bool fresh, unsigned *budget);
bool gw_audit_ports(struct gw_auditor *a, bool fresh, unsigned *budget);
bool gw_audit_mgcp(struct gw_auditor *a, bool fresh, unsigned *budget);
bool gw_audit_limits(struct gw_auditor *a, bool fresh, unsigned *budget);
/** How long a span's clearing takes at most. */
rt_time gw_audit_clearing_time(const struct isdn_span *span);

#endif
