/* Roles and their names. */
#include "gw/admin/role.h"

#include <errno.h>

static const char *const names[] = {[GW_ROLE_NONE] = "none",
                                    [GW_ROLE_VIEWER] = "viewer",
                                    [GW_ROLE_OPERATOR] = "operator",
                                    [GW_ROLE_PLANNER] = "planner",
                                    [GW_ROLE_ADMIN] = "admin"};

const char *gw_role_name(enum gw_role role)
{
    return (size_t)role < RT_COUNT(names) ? names[role] : names[GW_ROLE_NONE];
}

int gw_role_parse(enum gw_role *out, struct rt_str name)
{
    for (enum gw_role role = GW_ROLE_VIEWER; role <= GW_ROLE_ADMIN; role++)
        if (rt_str_eq(name, names[role])) {
            *out = role;
            return 0;
        }
    return EINVAL;
}
