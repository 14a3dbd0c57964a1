/* What the steps of routing share. */
#ifndef GW_ROUTE_PRIV_H
#define GW_ROUTE_PRIV_H

#include "gw/route.h"

/** What a pass through the pipeline carries. */
struct gw_pass {
    struct gw_decision *out;
    const struct gw_plan *plan;
    const struct gw_route_query *q;
    struct gw_explain *explain;   /**< NULL: nobody asks */
    int64_t when;                 /**< UTC seconds */
    const struct gw_actions *ton; /**< of the row that says a type of number; NULL: none does */
    bool replaced; /**< the number is another than the caller's: what he says of its carrier is void
                    */
};

/** Refuses the call. */
void gw_pass_refuse(struct gw_pass *p, unsigned cause, const char *text);

/* The steps, each in its file. True: the decision is made, what follows but egress is skipped. */
void gw_pass_normalise(struct gw_pass *p);
bool gw_pass_emergency(struct gw_pass *p);
/** A row has made an emergency number of the one dialled. */
bool gw_pass_became_emergency(struct gw_pass *p);
/** With more digits it could become one: an overlap caller is waited for. */
void gw_pass_await_emergency(struct gw_pass *p);
bool gw_pass_class(struct gw_pass *p);
/** The class denies the number that a row has made of the one dialled. */
bool gw_pass_denied(struct gw_pass *p);
bool gw_pass_limits(struct gw_pass *p);
bool gw_pass_key(struct gw_pass *p);
void gw_pass_table(struct gw_pass *p);
/** Makes hops of the targets of a choice. */
void gw_pass_targets(struct gw_pass *p, const struct gw_choice *choice);
void gw_pass_lcr(struct gw_pass *p, const struct gw_target *t);
/** The numbers of every hop in the form of its trunk. */
void gw_pass_egress(struct gw_pass *p);

/** Adds a hop; NULL: there are enough. */
struct gw_hop *gw_pass_hop(struct gw_pass *p, const struct gw_trunk *trunk,
                           const struct gw_group *group, const char *target);
/** Adds hops for a trunk or a group, those that can take the call; the number of them. */
unsigned gw_pass_way(struct gw_pass *p, const struct gw_way *way, const char *target);
/** Why a trunk cannot take the call now, NULL: it can. `full`: for lack of a channel. */
const char *gw_pass_unavailable(struct gw_pass *p, const struct gw_trunk *t, bool *full);
/** "up, 12/30 channels busy": for explain. */
void gw_pass_health(struct rt_buf *out, const struct gw_pass *p, const struct gw_trunk *t);
/** Makes a number that a row has changed what it is: `made` of what was dialled, else as the plan
 * says it. */
void gw_pass_renormalise(struct gw_pass *p, bool made);
/** Calls up, and how many there can be; 0: no limit is known. */
unsigned gw_pass_load(const struct gw_pass *p, const struct gw_trunk *t, unsigned *most);
/** The same of a group: of its members together, at most as many as its own limit. */
unsigned gw_pass_group_load(const struct gw_pass *p, const struct gw_group *g, unsigned *most);
/** Whether a condition holds; `why` gets a short reason for explain. */
bool gw_pass_holds(struct gw_pass *p, const struct gw_condition *c, const char **why);
struct gw_limit_call;
struct gw_limit_clock;
struct gw_quota_uses;
/** A call is refused for its limits: they count that, and say so. */
void gw_pass_refused(const struct gw_pass *p, const struct gw_quota_uses *uses,
                     const struct gw_limit_call *call, const struct gw_limit_clock *clock);
/** Applies a row's actions to the numbers. True: the number called has changed. */
bool gw_pass_act(struct gw_pass *p, const struct gw_actions *a);
/** Where the site of a trunk says `keyword`, for explain; NULL: nowhere. */
const struct conf_pos *gw_pass_site_pos(const struct gw_pass *p, const char *keyword,
                                        const struct dp_number *n);

#endif
