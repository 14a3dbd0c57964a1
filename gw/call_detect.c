/* Call-progress tones heard on a line. A trunk that says nothing when its far end hangs up, such as
 * one that ends in analogue lines, is heard to be over: after the answer a busy or congestion tone
 * ends the call. */
#include "gw/call_priv.h"
#include "gw/gw.h"

static const struct {
    const char *name;
    unsigned cause; /**< that ends an answered call; 0: it does not */
} tones[TONE_KINDS] = {
    [TONE_NONE] = {"no tone", 0},
    [TONE_DIAL] = {"dial tone", 0},
    [TONE_RINGBACK] = {"ring-back", 0},
    [TONE_BUSY] = {"busy tone", 17},
    [TONE_CONGESTION] = {"congestion tone", 34},
    [TONE_SIT] = {"special information tone", 0},
};

void gw_call_tone_heard(struct gw_leg *leg, enum tone_kind kind)
{
    struct gw_call *call = leg->call;

    if (!call || leg->done)
        return;
    gw_call_note(leg, false, "%s heard", tones[kind].name);
    if (call->over || call->answered == 0 || tones[kind].cause == 0)
        return;
    gw_call_release(call, tones[kind].cause, leg->side == 'a' ? GW_BY_CALLER : GW_BY_CALLED);
}
