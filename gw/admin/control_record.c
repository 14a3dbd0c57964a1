/* Recording of a call by the operator. */
#include "gw/admin/control_priv.h"
#include "gw/gw.h"

#include <errno.h>
#include <stdio.h>

int gw_verb_record(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_call *call = gw_control_call(a->gw, args->arg[0]);
    const char *how = args->arg[1];
    bool on = strcmp(how, "on") == 0;

    if (!on && strcmp(how, "off") != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: neither on nor off", how);
    if (!call || call->over)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no such call in progress", args->arg[0]);
    int err = gw_call_record(call, on);
    if (err == EALREADY)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%s is %s", call->name,
                              on ? "recorded already" : "not recorded");
    if (err == ENOTSUP)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%s has no sound here that could be recorded",
                              call->name);
    if (err != 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%s: %s", call->name, strerror(err));
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "%s: recording %s by the operator", call->name, how);
    snprintf(a->note, sizeof a->note, "%s: recording %s", call->name, how);
    return GW_EXIT_OK;
}
