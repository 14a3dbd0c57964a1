/* Messages written: responses from the request they answer, requests from a dialog's state. */
#ifndef SIP_BUILD_H
#define SIP_BUILD_H

#include "sip/ua.h"

#define SIP_ALLOW "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY"
/** Extensions that need no consent of the owner. */
#define SIP_SUPPORTED_ALWAYS "timer, replaces, norefersub"

/** What every response to a request repeats (RFC 3261 8.2.6.2), kept as one text. */
struct sip_echo {
    struct rt_buf text; /**< `head`, then the others, in the order of the lengths below */
    size_t head;        /**< Via lines (received and rport filled in), From, Call-ID, CSeq */
    size_t to;          /**< "To: ..." without the end of the line */
    size_t record_route;
    size_t timestamp; /**< only for 100 (8.2.6.1) */
    bool tagged;      /**< the request's To had a tag */
};
void sip_echo_take(struct sip_echo *out, const struct sip_msg *m, const struct sip_flow *flow);
void sip_echo_release(struct sip_echo *e);
/** Where a response goes (RFC 3261 18.2.2, RFC 3581 4). */
void sip_echo_flow(struct sip_flow *out, const struct sip_msg *m, const struct sip_flow *flow);

/** A response. Everything but `status` may be empty. */
struct sip_response {
    int status;
    const char *phrase;  /**< NULL: the standard one */
    const char *tag;     /**< our To tag */
    const char *contact; /**< inside the brackets */
    const struct sip_reason *reason;
    const struct sip_header *headers;
    unsigned nheaders;
    struct rt_str lines; /**< further header fields, each "Name: value\r\n" */
    const struct sip_body *body;
    const char *supported; /**< with Allow and this Supported; NULL: neither */
    bool terse;            /**< no word more than must be: for strangers */
};
void sip_build_response(struct rt_buf *out, const struct sip_ua *ua, const struct sip_echo *echo,
                        const struct sip_response *r);

/** A request's start and the fields that every one has. */
struct sip_request {
    const char *method;
    const char *uri;
    const char *branch;
    const char *from, *to; /**< whole values with their tags */
    const char *call_id;
    uint32_t cseq;
    const char *routes; /**< "Route: ...\r\n" lines, may be "" */
    const char *contact;
    const struct sip_reason *reason;
    const struct sip_header *headers;
    unsigned nheaders;
    struct rt_str lines; /**< further header fields, each "Name: value\r\n" */
    const struct sip_body *body;
    const char *supported;
    unsigned hops_used; /**< Max-Forwards is 70 less that */
};
void sip_build_request(struct rt_buf *out, const struct sip_ua *ua, const struct sip_flow *flow,
                       const struct sip_request *r);
/** ACK to a non-2xx final response, or CANCEL: from the INVITE as it was sent (RFC 3261 17.1.1.3,
 * 9.1). `to` is the response's To, or empty to repeat the INVITE's. */
void sip_build_from_invite(struct rt_buf *out, struct rt_str invite, const char *method,
                           struct rt_str to, const struct sip_reason *reason);

/** A new branch: magic cookie and 64 random bits. Returns `out`. */
char *sip_new_branch(char out[SIP_BRANCH_LEN]);

#endif
