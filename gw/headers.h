/* A message's header fields under a trunk's rules: what the SIP adapter reads, and what it sends.
 */
#ifndef GW_HEADERS_H
#define GW_HEADERS_H

#include "gw/header_rules.h"
#include "gw/rt/stats.h"
#include "sip/sip.h"

struct dp_site;
struct gw_trunk;

/** What `{called}` and the like stand for. */
struct gw_header_words {
    struct rt_str called, caller, trunk, call_id, user_uri;
};

#define GW_FIELDS_MAX 32

/** Header fields under rules: a list that owns its text. */
struct gw_headers {
    struct sip_message msg;           /**< in: the message as the adapter reads it */
    const struct sip_message *source; /**< in: as received; NULL: out */
    struct sip_header field[GW_FIELDS_MAX];
    unsigned n;
    struct rt_str loaded[2 * GW_HEADER_RULES_MAX]; /**< in: names whose fields are in the list */
    unsigned nloaded;
    size_t used;
    char text[4096];
};

/** Applies the trunk's `headers in` to a received INVITE or final response. Returns what is to be
 * read in its place, which is `msg` itself when there is no rule for it; `h` is room for it, and
 * has to live as long. `carried` (NULL: nowhere) gets the fields to pass on. */
const struct sip_message *gw_header_rules_in(struct gw_headers *h, const struct gw_trunk *t,
                                             const struct sip_message *msg,
                                             char carried[GW_CARRIED_LEN]);
/** The `i`-th header field of that name as the rules left it; for a message without rules the same
 * as sip_message_header(). */
struct rt_str gw_header(const struct sip_message *msg, const char *name, unsigned i);

/** What is about to be sent. */
struct gw_header_out {
    int on;                           /**< GW_ON_INVITE or the final status */
    const struct sip_header *headers; /**< those that the adapter has */
    unsigned nheaders;
    struct rt_str *from_uri, *to_uri; /**< of an INVITE; rewritten in place. NULL: none */
    struct gw_header_words words;     /**< `trunk` is filled in */
    const char *carried;              /**< what the other side passed; NULL: nothing */
    struct rt_buf *explain;           /**< gets one line for each rule; NULL: nobody asks */
};
/** Applies the trunk's `headers out`: the fields to send are then in `h->field`. */
void gw_header_rules_out(struct gw_headers *h, const struct gw_trunk *t,
                         const struct gw_header_out *out);

/* ---- values (header_number.c) ---- */

/** The URI inside `"Name" <uri>;params` or `uri;params`. */
struct rt_str gw_header_uri(struct rt_str value);
/** The user part of a sip: or sips: URI, or the number of a tel: URI, without what follows it;
 * empty: there is none. */
struct rt_str gw_header_number(struct rt_str uri);
/** Rewrites the number in the URI of `value` when the pattern matches it, into `out[cap]`. False:
 * it does not, or there is none. */
bool gw_header_rewrite(char *out, size_t cap, struct rt_str value, const struct gw_header_rule *r,
                       const struct dp_site *site);

enum gw_header_counter { GW_HEADER_DROPPED, GW_HEADER_NOT_CARRIED, GW_HEADER_NCOUNTERS };
extern struct rt_counter gw_header_counters[GW_HEADER_NCOUNTERS];

#endif
