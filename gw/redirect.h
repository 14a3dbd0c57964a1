/* Why a call was redirected, and what each protocol calls it: Q.931's code point, the word
 * of Diversion, the cause of History-Info (RFC 5806 9.1, RFC 4458 2.3, RFC 7544 5 and 6). */
#ifndef GW_REDIRECT_H
#define GW_REDIRECT_H

#include <stdint.h>

enum gw_redirect {
    GW_REDIRECT_UNKNOWN,
    GW_REDIRECT_BUSY,
    GW_REDIRECT_NO_REPLY,
    GW_REDIRECT_UNCONDITIONAL,
    GW_REDIRECT_DEFLECTION,          /**< at once */
    GW_REDIRECT_DEFLECTION_ALERTING, /**< while it rang */
    GW_REDIRECT_UNAVAILABLE          /**< out of order, not reachable */
};

struct gw_redirect_row {
    uint8_t q931;     /**< reason for redirection of Q.931's Redirecting number */
    uint16_t cause;   /**< the `cause` parameter of RFC 4458 */
    const char *word; /**< Diversion's reason */
};

/** What the protocols call this reason; never NULL. */
const struct gw_redirect_row *gw_redirect_row(enum gw_redirect reason);
/* The reason for what a protocol says; what it does not know is GW_REDIRECT_UNKNOWN. */
enum gw_redirect gw_redirect_from_q931(unsigned code);
enum gw_redirect gw_redirect_from_cause(unsigned cause);

#endif
