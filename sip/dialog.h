/* Dialogs (RFC 3261 12): who talks to whom, in which order, over which way. */
#ifndef SIP_DIALOG_H
#define SIP_DIALOG_H

#include "sip/build.h"

/** Owns its strings. Start zeroed. */
struct sip_dialog {
    char local_tag[SIP_TAG_LEN];
    char *call_id;
    char *local, *remote; /**< From and To values of requests we send, tags included */
    char *remote_tag;     /**< "" until known */
    char *target;         /**< remote target: Request-URI of what we send */
    char *routes;         /**< "Route: ...\r\n" lines */
    char *contact;        /**< ours */
    uint32_t local_cseq, remote_cseq;
    struct sip_flow flow;
    bool symmetric; /**< the flow stays: the peer is behind a NAT */
    bool caller;    /**< we made the Call-ID (RFC 3261 14.1) */
};

/** For an INVITE that we send. ENOMEM. */
int sip_dialog_calling(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_invite *inv);
/** For an INVITE that came. ENOMEM. */
int sip_dialog_called(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m,
                      const struct sip_flow *flow, bool symmetric);
/** What the 2xx to our INVITE says about the far end (12.1.2). ENOMEM. */
int sip_dialog_confirm(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m);
/** The dialog that a response to an INVITE of ours makes, sent over `flow`: a fork's. ENOMEM. */
int sip_dialog_fork(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m,
                    const struct sip_flow *flow, bool symmetric);
/** Requests go to `hop` from now on, and our Contact is what it sees. */
void sip_dialog_redirect(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_hop *hop);
/** A target refresh: the Contact of a re-INVITE or of its 2xx (12.2). */
void sip_dialog_refresh(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m);
/** The URI that says where its requests go: the first route, else the target. Borrowed. */
struct rt_str sip_dialog_next_hop(const struct sip_dialog *d);
void sip_dialog_release(struct sip_dialog *d);

/** Extras of a request; all may be empty. */
struct sip_extras {
    const struct sip_reason *reason;
    const struct sip_header *headers;
    unsigned nheaders;
    struct rt_str lines; /**< further header fields, each "Name: value\r\n" */
    const struct sip_body *body;
    const char *supported; /**< as in sip_request */
    unsigned hops_used;    /**< Max-Forwards is 70 less that */
};
/** Writes a request of the dialog. `cseq` 0: the next one. `branch` gets a new one. */
void sip_dialog_request(struct sip_dialog *d, const struct sip_ua *ua, const char *method,
                        uint32_t cseq, const struct sip_extras *x, char branch[SIP_BRANCH_LEN],
                        struct rt_buf *out);

#endif
