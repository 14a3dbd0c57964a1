/* Which header fields a rule may write, and which hold a number. */
#include "gw/header_rules.h"

/** SIP lives on these, or the gateway's own state does. */
static const char *const ours[] = {
    "Via",
    "Call-ID",
    "CSeq",
    "Max-Forwards",
    "Contact",
    "Route",
    "Record-Route",
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "MIME-Version",
    "Content-Disposition",
    "Require",
    "Proxy-Require",
    "Supported",
    "Unsupported",
    "Allow",
    "RSeq",
    "RAck",
    "Session-Expires",
    "Min-SE",
    "Expires",
    "Event",
    "Refer-To",
    "Referred-By",
    "Replaces",
    "Reason",
    "Timestamp",
    "Server",
    "User-Agent",
    "Authorization",
    "Proxy-Authorization",
    "Encryption",
    "WWW-Authenticate",
    "Authentication-Info",
    "Proxy-Authenticate",
    "Date",
    "Identity",
    "Accept",
    "Subscription-State",
    NULL,
};

static const char *const only_numbers[] = {"From", "To", NULL};

const char *const gw_header_number_names[] = {
    "From",
    "To",
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "P-Called-Party-ID",
    "P-Charge-Info",
    "Remote-Party-ID",
    "Diversion",
    "History-Info",
    NULL,
};

static bool is_among(const char *const *list, const char *name)
{
    for (; *list; list++)
        if (rt_str_caseeq(rt_str(name), *list))
            return true;
    return false;
}

const char *gw_header_protected(const char *name)
{
    if (is_among(only_numbers, name))
        return "can only have its number rewritten: number From +49* -> 0*";
    return is_among(ours, name) ? "is the gateway's own and cannot be changed" : NULL;
}

bool gw_header_has_number(const char *name)
{
    return is_among(gw_header_number_names, name);
}
