/* ENUM (RFC 6116): from an E.164 number to the URIs that the DNS has for it. A machine without a
 * resolver: it says which name's NAPTR records it needs, takes them, and says what to do next.
 *
 * Records are untrusted: whatever they hold ends in a URI that is well-formed or in the next record
 * being tried. Never more than DP_ENUM_ASKS_MAX names are asked for one number.
 */
#ifndef DIALPLAN_ENUM_H
#define DIALPLAN_ENUM_H

#include "dialplan/dialplan.h"
#include "gw/rt/dns.h"

/** References that follow one another; one more is taken for a loop (RFC 6116 5.2.1). */
#define DP_ENUM_CHAIN_MAX 5
/** Names asked for one number, however many references its records hold. */
#define DP_ENUM_ASKS_MAX 16
#define DP_ENUM_URI_LEN  512
#define DP_ENUM_URIS_MAX 8
/** Room for the number as `+` and at most 15 digits. */
#define DP_ENUM_AUS_LEN 17

enum dp_enum_scheme { DP_ENUM_SIP = 1, DP_ENUM_SIPS = 2, DP_ENUM_TEL = 4 };

/** What a plan's `enum` says. Borrowed; must outlive the machine. */
struct dp_enum_config {
    const char *suffix;         /**< "e164.arpa"; a final dot is ignored */
    const char *const *service; /**< wanted, "sip", "pstn:sip"; a type alone has all its subtypes */
    unsigned nservices;         /**< 0: "sip" alone */
    unsigned schemes;           /**< of enum dp_enum_scheme; 0: all three */
    bool private_net;           /**< the zone is of our own network: services `P-...` may be used */
};

struct dp_enum_uri {
    char text[DP_ENUM_URI_LEN];
    enum dp_enum_scheme scheme;
    uint16_t order, preference;
};

/** What becomes of a record. */
enum dp_enum_verdict {
    DP_ENUM_URI,           /**< a URI */
    DP_ENUM_REFERENCE,     /**< the name of other records */
    DP_ENUM_OTHER_FLAG,    /**< a flag that is not ours */
    DP_ENUM_OTHER_APP,     /**< not for E2U */
    DP_ENUM_OTHER_SERVICE, /**< none of the services wanted */
    DP_ENUM_PRIVATE,       /**< a service of a private network */
    DP_ENUM_NO_MATCH,      /**< the expression is for other numbers */
    DP_ENUM_BAD_SERVICE,   /**< services by no syntax */
    DP_ENUM_BAD_REGEXP,    /**< no substitution, or an expression that is refused */
    DP_ENUM_BAD_NAME,      /**< replacement missing, no name, or beside a regexp */
    DP_ENUM_BAD_URI,       /**< the result is no absolute URI, or too long */
    DP_ENUM_OTHER_SCHEME,  /**< a URI that cannot be called */
    DP_ENUM_NVERDICTS
};
/** Static text for explain: "another service". */
const char *dp_enum_verdict_text(enum dp_enum_verdict v);
/** True for what breaks the rules, not merely is of no use here. */
bool dp_enum_malformed(enum dp_enum_verdict v);

/** Judges one record for the number `aus` ("+441632960083"); `out` is filled with DP_ENUM_URI. */
enum dp_enum_verdict dp_enum_judge(struct dp_enum_uri *out, const struct dp_enum_config *cfg,
                                   const char *aus, const struct rt_dns_naptr *record);

/** `+441632960083`, what every rule is applied to. EINVAL: not an E.164 number, and never to be
 * asked for (RFC 6116 3.7). */
int dp_enum_aus(char out[DP_ENUM_AUS_LEN], const struct dp_number *n);
/** `3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa` of an AUS. EINVAL: together with the suffix it is no name.
 */
int dp_enum_domain(char out[RT_DNS_NAME_LEN], const char *aus, const char *suffix);

enum dp_enum_step {
    DP_ENUM_ASK,    /**< ask for dp_enum_name() and come back */
    DP_ENUM_FOUND,  /**< dp_enum_uri() */
    DP_ENUM_NOTHING /**< over: missing, or unknown when dp_enum_failed() */
};

/** What the machine met on its way. */
struct dp_enum_notes {
    unsigned chained;   /**< references followed */
    unsigned loops;     /**< references that were not, as they led back or too far */
    unsigned malformed; /**< records */
};

struct dp_enum;
/** The first step is to ask for dp_enum_name(). EINVAL: the number is not E.164, or the suffix no
 * name; ENOMEM. */
int dp_enum_new(struct dp_enum **out, const struct dp_enum_config *cfg, const struct dp_number *n);
/** NULL is allowed. */
void dp_enum_free(struct dp_enum *m);
/** The name whose NAPTR records are wanted now. */
const char *dp_enum_name(const struct dp_enum *m);
/** Takes the records of that name in the order received; none: there are none, or no such name.
 * Without memory they are taken as dp_enum_fail(). */
enum dp_enum_step dp_enum_take(struct dp_enum *m, const union rt_dns_record *record, unsigned n);
/** That name could not be asked for: goes on with the records that referred to it. */
enum dp_enum_step dp_enum_fail(struct dp_enum *m);
/** True when a name could not be asked for: then nothing found is not a denial. */
bool dp_enum_failed(const struct dp_enum *m);
/** The URI of the record that was accepted, then those of the same ORDER beside it (RFC 3403 4.1),
 * to be tried one after the other. */
const struct dp_enum_uri *dp_enum_uris(const struct dp_enum *m, unsigned *n);
const struct dp_enum_notes *dp_enum_notes(const struct dp_enum *m);

/** The host that a sip: or sips: URI names, without its brackets; empty: none. */
struct rt_str dp_enum_host(struct rt_str uri);
/** True when `host` is one of the names of `list`: `peer2.example`, or `*.peer1.example` for every
 * name below it, but not itself. An empty list has nobody. */
bool dp_enum_domain_ok(struct rt_str host, const char *const *list, unsigned n);
/** True when a sip: or sips: URI leads to the names of `list` only: its host, and its maddr, which
 * would be called instead (RFC 3263 4). */
bool dp_enum_uri_ok(struct rt_str uri, const char *const *list, unsigned n);

#endif
