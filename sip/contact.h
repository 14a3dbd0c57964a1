/* What REGISTER is about: Contact values with their parameters, and URIs compared (RFC 3261 10,
 * 19.1.4, 20.10). */
#ifndef SIP_CONTACT_H
#define SIP_CONTACT_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct sip_message;

/** One value of Contact. */
struct sip_contact {
    struct rt_str uri; /**< `*` as well */
    unsigned q;        /**< thousandths; 1000 when there is none */
    bool has_expires;
    uint32_t expires; /**< seconds; 3600 for what is no number (RFC 3261 10.2.1.1) */
};

/** Where a reader of a message's Contact fields stands. Start zeroed. */
struct sip_contacts {
    struct rt_str rest;
    unsigned field;
};
/** The next Contact value of a message. False: there is no more. */
bool sip_contact_next(struct sip_contact *out, struct sip_contacts *at,
                      const struct sip_message *m);

/** Seconds as in Expires and Min-Expires; false: not there. What is no number is 3600, what is too
 * large the largest there is. */
bool sip_message_seconds(uint32_t *out, const struct sip_message *m, const char *name);
/** The sequence number of CSeq; the message has been judged before. */
uint32_t sip_message_cseq(const struct sip_message *m);
/** Every value of a field that may stand several times, with commas between them. */
void sip_message_list(struct rt_buf *out, const struct sip_message *m, const char *name);

/** `sip:user@host`'s user part with its escapes undone, cut at `cap`; without parameters of the
 * user part. False: there is none, or it does not fit. */
bool sip_uri_user(char *out, size_t cap, struct rt_str uri);
/** Its host without port and brackets. */
struct rt_str sip_uri_domain(struct rt_str uri);
/** Equivalent by RFC 3261 19.1.4. */
bool sip_uri_same(struct rt_str a, struct rt_str b);

#endif
