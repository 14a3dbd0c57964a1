/* What is done to a span's channels and D channel to keep it in order, without the stack's types.
 */
#include "gw/span_status.h"
#include "isdn/isdn.h"

#include <errno.h>

int gw_span_block(struct isdn_span *span, uint32_t channels, bool block, bool drain)
{
    int err = EINVAL;

    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if ((channels >> t & 1) && (block && drain ? isdn_channel_drain(span, t)
                                                   : isdn_channel_block(span, t, block)) == 0)
            err = 0;
    return err;
}

int gw_span_restart(struct isdn_span *span, unsigned timeslot)
{
    if (timeslot == 0)
        return (int)isdn_span_restart_idle(span);
    int err = isdn_channel_restart(span, timeslot);
    return err == 0 ? 1 : -err;
}

void gw_span_busy_out(struct isdn_span *span, bool out)
{
    isdn_span_busy_out(span, out);
}

void gw_span_silence(struct isdn_span *span, bool silent)
{
    isdn_span_silence(span, silent);
}
