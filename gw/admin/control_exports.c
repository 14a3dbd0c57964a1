/* `show exports`: how far each database and server is with records. */
#include "gw/admin/control_priv.h"
#include "gw/export.h"

#include <stdio.h>

int gw_show_exports(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_export_status target[GW_TARGETS_MAX];
    unsigned n = gw_export_status(a->gw->exporter, target, RT_COUNT(target));

    (void)args;
    for (unsigned i = 0; i < n; i++) {
        gw_answer_begin(a, "exports");
        gw_answer_text(a, "target", target[i].name);
        gw_answer_number(a, "delivered", (int64_t)target[i].delivered);
        gw_answer_number(a, "failures", (int64_t)target[i].failures);
        gw_answer_number(a, "oldest_ms", target[i].oldest_ms);
        gw_answer_text(a, "error", target[i].error);
        gw_answer_end(a);
    }
    if (n == 0)
        snprintf(a->note, sizeof a->note, "the plan has no targets of records");
    return GW_EXIT_OK;
}
