/* Return codes (RFC 3435 2.4) and reason codes (2.5): what they say, what RFC 3661 has an agent do,
 * and which Q.850 cause a call ends with.
 */
#include "mgcp/mgcp.h"

#include <stdlib.h>

#define TEMPORARY_FAILURE 41 /**< the cause where no other fits */

struct code {
    unsigned short code;
    unsigned char category, cause;
    const char *text;
};

/* Ordered by code. Categories are those of RFC 3661 2.2 where the summary in its 2.3 names two. */
static const struct code codes[] = {
    {0, MGCP_NORMAL, 41, "Response acknowledgement"},
    {100, MGCP_NORMAL, 41, "The transaction is currently being executed"},
    {101, MGCP_NORMAL, 41, "The transaction has been queued for execution"},
    {200, MGCP_NORMAL, 41, "OK"},
    {250, MGCP_NORMAL, 41, "The connection was deleted"},
    {400, MGCP_TEMPORARY, 41, "Unspecified transient error"},
    {401, MGCP_STATE, 17, "The phone is already off hook"},
    {402, MGCP_STATE, 41, "The phone is already on hook"},
    {403, MGCP_TEMPORARY, 47, "The endpoint does not have sufficient resources at this time"},
    {404, MGCP_TEMPORARY, 47, "Insufficient bandwidth at this time"},
    {405, MGCP_TEMPORARY, 41, "The endpoint is restarting"},
    {406, MGCP_TEMPORARY, 102, "Transaction time-out"},
    {407, MGCP_NO_CATEGORY, 31, "Transaction aborted"},
    {409, MGCP_TEMPORARY, 42, "Internal overload"},
    {410, MGCP_NO_CATEGORY, 34, "No endpoint available"},
    {500, MGCP_PROVISIONING, 1, "The endpoint is unknown"},
    {501, MGCP_SERVICE, 27, "The endpoint is not ready"},
    {502, MGCP_SERVICE, 38, "The endpoint does not have sufficient resources"},
    {503, MGCP_PROVISIONING, 111, "\"All of\" wildcard too complicated"},
    {504, MGCP_PROVISIONING, 97, "Unknown or unsupported command"},
    {505, MGCP_REMOTE, 88, "Unsupported RemoteConnectionDescriptor"},
    {506, MGCP_REMOTE, 88,
     "Unable to satisfy both LocalConnectionOptions and RemoteConnectionDescriptor"},
    {507, MGCP_PROVISIONING, 79, "Unsupported functionality"},
    {508, MGCP_PROVISIONING, 79, "Unknown or unsupported quarantine handling"},
    {509, MGCP_REMOTE, 88, "Error in RemoteConnectionDescriptor"},
    {510, MGCP_PROVISIONING, 111, "Unspecified protocol error"},
    {511, MGCP_PROVISIONING, 111, "Unrecognized extension"},
    {512, MGCP_PROVISIONING, 79,
     "The gateway is not equipped to detect one of the requested events"},
    {513, MGCP_PROVISIONING, 79,
     "The gateway is not equipped to generate one of the requested signals"},
    {514, MGCP_PROVISIONING, 79, "The gateway cannot send the specified announcement"},
    {515, MGCP_STATE, 31, "Incorrect connection-id"},
    {516, MGCP_STATE, 31, "Unknown or incorrect call-id"},
    {517, MGCP_PROVISIONING, 79, "Unsupported or invalid mode"},
    {518, MGCP_PROVISIONING, 79, "Unsupported or unknown package"},
    {519, MGCP_STATE, 41, "Endpoint does not have a digit map"},
    {520, MGCP_SERVICE, 27, "The endpoint is restarting"},
    {521, MGCP_NO_CATEGORY, 41, "Endpoint redirected to another Call Agent"},
    {522, MGCP_PROVISIONING, 79, "No such event or signal"},
    {523, MGCP_PROVISIONING, 79, "Unknown action or illegal combination of actions"},
    {524, MGCP_PROVISIONING, 65, "Internal inconsistency in LocalConnectionOptions"},
    {525, MGCP_PROVISIONING, 65, "Unknown extension in LocalConnectionOptions"},
    {526, MGCP_PROVISIONING, 58, "Insufficient bandwidth"},
    {527, MGCP_REMOTE, 41, "Missing RemoteConnectionDescriptor"},
    {528, MGCP_PROVISIONING, 41, "Incompatible protocol version"},
    {529, MGCP_SERVICE, 27, "Internal hardware failure"},
    {530, MGCP_NO_CATEGORY, 102, "CAS signaling protocol error"},
    {531, MGCP_SERVICE, 27, "Failure of a grouping of trunks"},
    {532, MGCP_PROVISIONING, 65, "Unsupported value(s) in LocalConnectionOptions"},
    {533, MGCP_NO_CATEGORY, 41, "Response too large"},
    {534, MGCP_PROVISIONING, 65, "Codec negotiation failure"},
    {535, MGCP_NO_CATEGORY, 65, "Packetization period not supported"},
    {536, MGCP_PROVISIONING, 41, "Unknown or unsupported RestartMethod"},
    {537, MGCP_PROVISIONING, 41, "Unknown or unsupported digit map extension"},
    {538, MGCP_PROVISIONING, 41, "Event/signal parameter error"},
    {539, MGCP_PROVISIONING, 41, "Invalid or unsupported command parameter"},
    {540, MGCP_STATE, 44, "Per endpoint connection limit exceeded"},
    {541, MGCP_PROVISIONING, 65, "Invalid or unsupported LocalConnectionOptions"},
};

/** By the hundreds of a code: what an unknown one counts as, and what its class is called. */
static const struct {
    unsigned known;
    const char *text;
} classes[] = {
    {0, "Response acknowledgement"}, {100, "Provisional response"},
    {200, "Successful completion"},  {521, "Redirection"},
    {400, "Transient error"},        {510, "Permanent error"},
    {510, "Permanent error"},        {510, "Permanent error"},
    {510, "Package specific error"}, {510, "Permanent error"},
};

static unsigned class_of(unsigned code)
{
    return code / 100 < RT_COUNT(classes) ? code / 100 : RT_COUNT(classes) - 1;
}

static int order(const void *key, const void *row)
{
    unsigned a = *(const unsigned *)key, b = ((const struct code *)row)->code;

    return (a > b) - (a < b);
}

static const struct code *find(unsigned code)
{
    return bsearch(&code, codes, RT_COUNT(codes), sizeof codes[0], order);
}

unsigned mgcp_code_known(unsigned code)
{
    return find(code) ? code : classes[class_of(code)].known;
}

const char *mgcp_code_text(unsigned code)
{
    const struct code *c = find(code);

    return c ? c->text : classes[class_of(code)].text;
}

enum mgcp_category mgcp_code_category(unsigned code)
{
    return (enum mgcp_category)find(mgcp_code_known(code))->category;
}

unsigned mgcp_code_cause(unsigned code)
{
    return find(mgcp_code_known(code))->cause;
}

struct reason {
    unsigned short reason;
    unsigned char cause;
    const char *text;
};

static const struct reason reasons[] = {
    {0, 16, "Endpoint state is normal"},
    {900, 27, "Endpoint malfunctioning"},
    {901, 27, "Endpoint taken out-of-service"},
    {902, 27, "Loss of lower layer connectivity"},
    {903, 49, "QoS resource reservation was lost"},
    {904, 41, "Manual intervention"},
    {905, 27, "Facility failure"},
};

static const struct reason *find_reason(unsigned reason)
{
    for (size_t i = 0; i < RT_COUNT(reasons); i++)
        if (reasons[i].reason == reason)
            return &reasons[i];
    return NULL;
}

const char *mgcp_reason_text(unsigned reason)
{
    const struct reason *r = find_reason(reason);

    if (r)
        return r->text;
    return reason >= 800 && reason <= 899 ? "Package specific reason" : "Unknown reason";
}

unsigned mgcp_reason_cause(unsigned reason)
{
    const struct reason *r = find_reason(reason);

    return r ? r->cause : TEMPORARY_FAILURE;
}

unsigned mgcp_reason_of_cause(unsigned q850)
{
    static const struct {
        unsigned char cause;
        unsigned short reason;
    } causes[] = {{27, 902}, {34, 905}, {38, 902}, {39, 902}, {44, 905},
                  {47, 903}, {49, 903}, {57, 903}, {58, 903}};

    for (size_t i = 0; i < RT_COUNT(causes); i++)
        if (causes[i].cause == q850)
            return causes[i].reason;
    /* somebody ended the call, which the standard's reasons do not provide for; or we failed */
    return q850 < 32 ? 904 : 900;
}

const char *mgcp_service_name(enum mgcp_service s)
{
    static const char *const names[] = {[MGCP_UNKNOWN] = "unknown",
                                        [MGCP_IN_SERVICE] = "in service",
                                        [MGCP_GRACEFUL] = "graceful",
                                        [MGCP_OUT_OF_SERVICE] = "out of service",
                                        [MGCP_LOST] = "lost"};

    return names[(unsigned)s < RT_COUNT(names) ? s : MGCP_UNKNOWN];
}
