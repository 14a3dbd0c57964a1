/* What somebody may do: each role may do what those before it may. */
#ifndef GW_ADMIN_ROLE_H
#define GW_ADMIN_ROLE_H

#include "gw/rt/buf.h"

enum gw_role {
    GW_ROLE_NONE,     /**< nothing: not logged in */
    GW_ROLE_VIEWER,   /**< looks */
    GW_ROLE_OPERATOR, /**< ends calls, blocks trunks, traces, records */
    GW_ROLE_PLANNER,  /**< changes the plan and its tables */
    GW_ROLE_ADMIN     /**< accounts, stopping */
};
/** "viewer"; GW_ROLE_NONE: "none". */
const char *gw_role_name(enum gw_role role);
/** The role of that name, never GW_ROLE_NONE. EINVAL. */
int gw_role_parse(enum gw_role *out, struct rt_str name);

#endif
