/* Causes: Q.850's names, and what a cause means for the call whatever protocol it came from: is
 * the next target tried, or another channel?
 */
#include "gw/cause.h"

#include <errno.h>

/* ---- names ---- */

const char *gw_released_by_name(enum gw_released_by by)
{
    static const char *const names[] = {"",         "caller",   "called", "gateway",
                                        "operator", "transfer", "restart"};
    return (size_t)by < RT_COUNT(names) ? names[by] : "";
}

/** Q.850 table 1 and 2.2.7. */
static const char *const cause_names[128] = {
    [1] = "unallocated number",
    [2] = "no route to specified transit network",
    [3] = "no route to destination",
    [4] = "send special information tone",
    [5] = "misdialled trunk prefix",
    [6] = "channel unacceptable",
    [7] = "call awarded and being delivered in an established channel",
    [8] = "preemption",
    [9] = "preemption, circuit reserved for reuse",
    [14] = "QoR: ported number",
    [16] = "normal call clearing",
    [17] = "user busy",
    [18] = "no user responding",
    [19] = "no answer from user",
    [20] = "subscriber absent",
    [21] = "call rejected",
    [22] = "number changed",
    [23] = "redirection to new destination",
    [24] = "call rejected due to feature at the destination",
    [25] = "exchange routing error",
    [26] = "non-selected user clearing",
    [27] = "destination out of order",
    [28] = "invalid number format",
    [29] = "facility rejected",
    [30] = "response to status enquiry",
    [31] = "normal, unspecified",
    [34] = "no circuit/channel available",
    [38] = "network out of order",
    [39] = "permanent frame mode connection out of service",
    [40] = "permanent frame mode connection operational",
    [41] = "temporary failure",
    [42] = "switching equipment congestion",
    [43] = "access information discarded",
    [44] = "requested circuit/channel not available",
    [46] = "precedence call blocked",
    [47] = "resource unavailable, unspecified",
    [49] = "quality of service not available",
    [50] = "requested facility not subscribed",
    [53] = "outgoing calls barred within CUG",
    [55] = "incoming calls barred within CUG",
    [57] = "bearer capability not authorized",
    [58] = "bearer capability not presently available",
    [62] = "inconsistency in designated outgoing access information and subscriber class",
    [63] = "service or option not available, unspecified",
    [65] = "bearer capability not implemented",
    [66] = "channel type not implemented",
    [69] = "requested facility not implemented",
    [70] = "only restricted digital information bearer capability is available",
    [79] = "service or option not implemented, unspecified",
    [81] = "invalid call reference value",
    [82] = "identified channel does not exist",
    [83] = "a suspended call exists, but this call identity does not",
    [84] = "call identity in use",
    [85] = "no call suspended",
    [86] = "call having the requested call identity has been cleared",
    [87] = "user not member of CUG",
    [88] = "incompatible destination",
    [90] = "non-existent CUG",
    [91] = "invalid transit network selection",
    [95] = "invalid message, unspecified",
    [96] = "mandatory information element is missing",
    [97] = "message type non-existent or not implemented",
    [98] = "message not compatible with call state or message type non-existent",
    [99] = "information element non-existent or not implemented",
    [100] = "invalid information element contents",
    [101] = "message not compatible with call state",
    [102] = "recovery on timer expiry",
    [103] = "parameter non-existent or not implemented, passed on",
    [110] = "message with unrecognized parameter, discarded",
    [111] = "protocol error, unspecified",
    [127] = "interworking, unspecified",
};

const char *gw_cause_name(unsigned q850)
{
    const char *name = q850 < RT_COUNT(cause_names) ? cause_names[q850] : NULL;
    return name ? name : "unknown";
}

const char *gw_location_name(unsigned location)
{
    static const char *const names[16] = {
        [GW_LOC_USER] = "user",
        [GW_LOC_PRIVATE_LOCAL] = "private network serving the local user",
        [GW_LOC_PUBLIC_LOCAL] = "local public network",
        [GW_LOC_TRANSIT] = "transit network",
        [GW_LOC_PUBLIC_REMOTE] = "remote public network",
        [GW_LOC_PRIVATE_REMOTE] = "private network serving the remote user",
        [GW_LOC_INTERNATIONAL] = "international network",
        [GW_LOC_BEYOND] = "network beyond interworking point",
    };
    const char *name = location < RT_COUNT(names) ? names[location] : NULL;
    return name ? name : "unknown";
}

static const char *const location_words[16] = {
    [GW_LOC_USER] = "user",
    [GW_LOC_PRIVATE_LOCAL] = "private-local",
    [GW_LOC_PUBLIC_LOCAL] = "local",
    [GW_LOC_TRANSIT] = "transit",
    [GW_LOC_PUBLIC_REMOTE] = "remote",
    [GW_LOC_PRIVATE_REMOTE] = "private-remote",
    [GW_LOC_INTERNATIONAL] = "international",
    [GW_LOC_BEYOND] = "beyond",
};

const char *gw_location_word(unsigned location)
{
    return location < RT_COUNT(location_words) ? location_words[location] : NULL;
}

int gw_location_parse(uint8_t *out, struct rt_str word)
{
    for (uint8_t i = 0; i < RT_COUNT(location_words); i++)
        if (location_words[i] && rt_str_eq(word, location_words[i])) {
            *out = i;
            return 0;
        }
    return EINVAL;
}

/* ---- what becomes of the call ---- */

/** Causes after which nothing else is tried. 1 to 5 and the like are about the number, 17 to 31
 * about the user, 43 to 57 and 87 about rights: another way there would change nothing. */
static const uint8_t final_causes[] = {1,  4,  5,  8,  9,  14, 16, 17, 18, 19, 20,
                                       21, 22, 23, 24, 25, 26, 28, 29, 31, 46, 50,
                                       52, 53, 54, 55, 57, 69, 79, 87, 88};

/** Causes that are about the way there: another one may do better. */
static const uint8_t way_causes[] = {2, 3, 27, 34, 38, 41, 42, 47, 58, 65, 70, 102};

static const struct gw_cause_row default_row = {.advance = true, .once = true};
static const struct gw_cause_row way_row = {.advance = true};
static const struct gw_cause_row final_row = {.advance = false};
static const struct gw_cause_row channel_row = {.advance = true, .retry_channel = true};

static bool among(const uint8_t *list, size_t n, unsigned q850)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == q850)
            return true;
    return false;
}

const struct gw_cause_row *gw_cause_row(unsigned q850)
{
    if (q850 == 6 || q850 == 44) /* channel unacceptable, channel not available */
        return &channel_row;
    if (among(final_causes, RT_COUNT(final_causes), q850))
        return &final_row;
    return among(way_causes, RT_COUNT(way_causes), q850) ? &way_row : &default_row;
}

/** SIP final statuses after which another target may do better. */
static bool status_advances(int status)
{
    static const int list[] = {408, 500, 502, 503, 504};

    for (size_t i = 0; i < RT_COUNT(list); i++)
        if (list[i] == status)
            return true;
    return false;
}

/** SIP final statuses after which none may, whatever cause came with them. */
static bool status_stops(int status)
{
    return status == 486 || status >= 600;
}

bool gw_cause_advances(const struct gw_cause *c)
{
    if (c->advance != GW_ADVANCE_BY_TABLE)
        return c->advance == GW_ADVANCE_YES;
    if (status_stops(c->sip_status))
        return false;
    return gw_cause_row(c->q850)->advance || status_advances(c->sip_status);
}

bool gw_cause_advances_once(const struct gw_cause *c)
{
    return c->advance == GW_ADVANCE_BY_TABLE && !status_advances(c->sip_status) &&
           gw_cause_advances(c) && gw_cause_row(c->q850)->once;
}
