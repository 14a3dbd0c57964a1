/* Causes: Q.850's names, and the two tables between Q.850 and SIP, each read in one direction only.
 *
 * RFC 3398 7.2.4.1 and 8.2.6.1 give most rows, RFC 4497 the rest; causes that both leave to the
 * default have rows of our own where the default would hide what happened.
 */
#include "gw/cause.h"

/* ---- names ---- */

const char *gw_released_by_name(enum gw_released_by by)
{
    static const char *const names[] = {"", "caller", "called", "gateway", "operator", "restart"};
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

/* ---- Q.850 to SIP ---- */

/** Ascending by cause. */
static const struct gw_cause_row rows[] = {
    {.q850 = 1, .status = 404},
    {.q850 = 2, .status = 404, .advance = true},
    {.q850 = 3, .status = 404, .advance = true},
    {.q850 = 4, .status = 404},
    {.q850 = 5, .status = 404},
    {.q850 = 6, .status = 503, .advance = true, .retry_channel = true},
    {.q850 = 8, .status = 480},
    {.q850 = 9, .status = 480},
    {.q850 = 14, .status = 404},
    {.q850 = 16,
     .status = 480}, /* RFC 3398 has BYE or CANCEL in mind: before an answer neither fits */
    {.q850 = 17, .status = 486},
    {.q850 = 18, .status = 408},
    {.q850 = 19, .status = 480},
    {.q850 = 20, .status = 480},
    {.q850 = 21, .status = 403, .status_user = 603},
    {.q850 = 22, .status = 410, .status_diagnostic = 301},
    {.q850 = 23, .status = 410},
    {.q850 = 24, .status = 403},
    {.q850 = 25, .status = 483},
    {.q850 = 26, .status = 404},
    {.q850 = 27, .status = 502, .advance = true},
    {.q850 = 28, .status = 484},
    {.q850 = 29, .status = 501},
    {.q850 = 31, .status = 480},
    {.q850 = 34, .status = 503, .advance = true},
    {.q850 = 38, .status = 503, .advance = true},
    {.q850 = 41, .status = 503, .advance = true},
    {.q850 = 42, .status = 503, .advance = true},
    {.q850 = 43, .status = 503},
    {.q850 = 44, .status = 503, .advance = true, .retry_channel = true},
    {.q850 = 46, .status = 503},
    {.q850 = 47, .status = 503, .advance = true},
    {.q850 = 49, .status = 503, .advance = true},
    {.q850 = 50, .status = 403},
    {.q850 = 52, .status = 403},
    {.q850 = 53, .status = 403},
    {.q850 = 54, .status = 403},
    {.q850 = 55, .status = 403},
    {.q850 = 57, .status = 403},
    {.q850 = 58, .status = 503, .advance = true},
    {.q850 = 63, .status = 503, .advance = true},
    {.q850 = 65, .status = 488, .advance = true},
    {.q850 = 69, .status = 501},
    {.q850 = 70, .status = 488, .advance = true},
    {.q850 = 79, .status = 501},
    {.q850 = 87, .status = 403},
    {.q850 = 88, .status = 503},
    {.q850 = 102, .status = 504, .advance = true},
    {.q850 = 111, .status = 500, .advance = true},
    {.q850 = 127, .status = 500, .advance = true},
};

static const struct gw_cause_row default_row = {.status = 500, .advance = true};

const struct gw_cause_row *gw_cause_row(unsigned q850)
{
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        if (rows[i].q850 == q850)
            return &rows[i];
    return &default_row;
}

int gw_cause_to_sip(const struct gw_cause *c)
{
    const struct gw_cause_row *row = gw_cause_row(c->q850);

    if (row->status_diagnostic && c->diagnostic[0])
        return row->status_diagnostic;
    if (row->status_user && c->location == GW_LOC_USER)
        return row->status_user;
    return row->status;
}

/* ---- SIP to Q.850 ---- */

static const struct {
    uint16_t status;
    uint8_t q850;
} statuses[] = {
    {400, 41},  {401, 21}, {402, 21},  {403, 21},  {404, 1},   {405, 63},  {406, 79},  {407, 21},
    {408, 102}, {410, 22}, {413, 127}, {414, 127}, {415, 79},  {416, 127}, {420, 127}, {421, 127},
    {423, 127}, {428, 21}, {429, 21},  {433, 24},  {436, 21},  {437, 21},  {438, 21},  {480, 18},
    {481, 41},  {482, 25}, {483, 25},  {484, 28},  {485, 1},   {486, 17},  {488, 31},  {500, 41},
    {501, 79},  {502, 38}, {503, 41},  {504, 102}, {505, 127}, {513, 127}, {580, 47},  {600, 17},
    {603, 21},  {604, 1},  {606, 31},  {607, 21},  {608, 21},
};

static uint8_t cause_of_status(int status)
{
    for (size_t i = 0; i < RT_COUNT(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].q850;
    return 31; /* normal, unspecified: the default of RFC 3398 8.2.6.1 */
}

void gw_cause_from_sip(struct gw_cause *out, int status, int reason_q850, int reason_location)
{
    bool reason = reason_q850 > 0 && reason_q850 < 128;

    *out = (struct gw_cause){
        .q850 = reason ? (uint8_t)reason_q850 : cause_of_status(status),
        .location = status >= 600 ? GW_LOC_USER : GW_LOC_BEYOND,
        .sip_status = status,
    };
    if (reason && reason_location >= 0 && reason_location < 16)
        out->location = (uint8_t)reason_location;
}

bool gw_sip_advances(int status)
{
    static const int list[] = {408, 500, 502, 503, 504};

    for (size_t i = 0; i < RT_COUNT(list); i++)
        if (list[i] == status)
            return true;
    return false;
}
