/* The Reason header field (RFC 3326; in responses RFC 6432; location RFC 8606). */
#ifndef SIP_REASON_H
#define SIP_REASON_H

#include "sip/message.h"

/** Reads every Reason value of a message; the first of each protocol counts. */
void sip_reason_read(struct sip_reason *out, const struct sip_scan *s);
/** Appends the header lines for `r`; nothing when it is NULL or empty. */
void sip_reason_write(struct rt_buf *out, const struct sip_reason *r);

#endif
