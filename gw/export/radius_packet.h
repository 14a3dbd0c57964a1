/* RADIUS accounting as octets (RFC 2866): a record as an Accounting-Request, and whether a datagram
 * is the answer to it.
 */
#ifndef GW_EXPORT_RADIUS_PACKET_H
#define GW_EXPORT_RADIUS_PACKET_H

#include "gw/cdr.h"

#define EXPORT_RADIUS_MAX 4096 /* RFC 2865 3 */

/** Writes the Accounting-Request (Stop) for a record at the wall time `now`; its octets. */
size_t export_radius_request(uint8_t out[EXPORT_RADIUS_MAX], uint8_t identifier,
                             const struct gw_cdr *r, const char *nas, struct rt_str secret,
                             rt_time now);
/** Whether `answer` is the Accounting-Response to `request`, by one who knows the secret. */
bool export_radius_answers(const uint8_t *answer, size_t len, const uint8_t *request,
                           struct rt_str secret);
/** Acct-Terminate-Cause of a record (RFC 2866 5.10). */
unsigned export_radius_terminate_cause(const struct gw_cdr *r);

#endif
