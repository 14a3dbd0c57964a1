/* Bodies of several parts. */
#ifndef SIP_BODY_H
#define SIP_BODY_H

#include "sip/message.h"

/** Makes the description in a body that may hold one, of INVITE, ACK, PRACK, UPDATE and their
 * responses, the message's body (RFC 5621): the SDP part of a multipart body, nothing when all that
 * is there may be ignored. Other bodies stay as they are. 0; 400: malformed; 415: there is
 * something that must be understood, and is not. Failures are counted. */
int sip_body_read(struct sip_msg *m);

#endif
