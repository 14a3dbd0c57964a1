/* The body of a notification that messages wait: application/simple-message-summary (RFC 3842 5.2).
 */
#ifndef GW_MESSAGE_SUMMARY_H
#define GW_MESSAGE_SUMMARY_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define GW_MESSAGE_SUMMARY_TYPE "application/simple-message-summary"

struct gw_message_summary {
    bool waiting;          /**< Messages-Waiting */
    struct rt_str account; /**< Message-Account, without angle brackets; empty: not said */
    uint32_t fresh, old;   /**< Voice-Message; 0: not said */
};

/** Reads it; slices point into `body`. What follows the first empty line, header fields of the
 * messages themselves, is passed over. EINVAL: no Messages-Waiting, one said twice, a line that is
 * none, or a count that is none. */
int gw_message_summary_read(struct gw_message_summary *out, struct rt_str body);

#endif
