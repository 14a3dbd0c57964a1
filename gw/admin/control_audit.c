/* `show audit`: who did what. */
#include "gw/admin/control_priv.h"
#include "gw/audit.h"

#include <stdio.h>

int gw_show_audit(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_audit_entry *e;
    unsigned i;

    (void)args;
    for (i = 0; (e = gw_audit_at(a->gw->audit, i)) != NULL; i++) {
        struct rt_buf text = {0};
        gw_answer_begin(a, "audit");
        gw_audit_json(&text, e);
        gw_answer_members(a, rt_buf_str(&text));
        gw_answer_end(a);
        rt_buf_release(&text);
    }
    if (i == 0)
        snprintf(a->note, sizeof a->note, "nothing was done since the start");
    return GW_EXIT_OK;
}
