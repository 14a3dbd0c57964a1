/* What the plan says of MGCP: one block for all far ends that speak it. */
#include "test/sim/sim.h"

void sim_plan_mgcp(const struct sim *s, struct rt_buf *out)
{
    bool any = false;

    for (unsigned i = 0; i < s->nfars; i++) {
        const struct sim_far *f = &s->far[i];
        if (!f->ops->mgcp)
            continue;
        if (!any) /* agents call at 2427, which is there when they are */
            rt_buf_puts(out, "mgcp {\n listen udp:" SIM_GATEWAY ":2727\n");
        any = true;
        f->ops->mgcp(f, out);
    }
    if (any)
        rt_buf_puts(out, "}\n");
}
