/* What the parts of the plan's compiler that know MGCP share. */
#ifndef GW_PLAN_MGCP_PRIV_H
#define GW_PLAN_MGCP_PRIV_H

#include "gw/plan_priv.h"

/** A profile by name. */
void gw_plan_profile(struct gw_words *w, enum mgcp_profile *out);
/** `1-24` or `7`, from 1 to `most`; false: reported. */
bool gw_plan_range(struct gw_words *w, const struct conf_token **at, uint64_t most, uint64_t *low,
                   uint64_t *high);
/** What endpoints' names have before their numbers: "ds/e1-1". NULL: reported. */
const char *gw_plan_prefix(struct gw_words *w);
/** Puts the numbers of the trunk's lines in order (plan_line_numbers.c). */
void gw_plan_index_lines(struct gw_compile *c, const struct gw_trunk *t, struct gw_mgcp_trunk *m);
/** What a trunk's telephones do (plan_telephones.c). */
void gw_plan_compile_telephones(struct gw_compile *c, struct gw_mgcp_trunk *m,
                                const struct conf_node *trunk);
/** The agents of the block `mgcp` (plan_agent.c). */
void gw_plan_compile_agents(struct gw_compile *c, const struct conf_node *block);

#endif
