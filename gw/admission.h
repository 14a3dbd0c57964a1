/* Who is let in: which trunk a request belongs to, and which user has proved to have sent it.
 *
 * The source address decides first; for trunks that challenge, and for the registered users, digest
 * credentials do. The functions have the types of sip_ua_ops; their `gw` is the struct gw.
 */
#ifndef GW_ADMISSION_H
#define GW_ADMISSION_H

#include "gw/registrar.h"

struct gw_admission;

/** Made when there is a registrar. */
int gw_admission_new(struct gw_admission **out, const struct gw_registrar_plan *plan);
/** NULL is allowed. */
void gw_admission_free(struct gw_admission *a);

/** sip_ua_ops.accept: the trunk (struct gw_trunk) a request belongs to; for a REGISTER something
 * that is not NULL. NULL: `reply` says why not, 401 with challenges or 403. */
const void *gw_admit(void *gw, const struct sip_message *msg, struct sip_reply *reply);
/** sip_ua_ops.request: REGISTER to the registrar; all else gets 405. */
void gw_admission_request(void *gw, const void *owner, const struct sip_message *msg,
                          struct sip_reply *reply);

/** The user to assert as the caller of the INVITE just admitted, or NULL: the message says who
 * calls, as on any trunk. Valid while the user agent handles that request: for ops->invite. */
const char *gw_admitted_caller(const struct gw *gw, const struct gw_trunk *trunk);

enum gw_admission_counter {
    GW_ADMISSION_BY_ADDRESS,
    GW_ADMISSION_BY_USER,
    GW_ADMISSION_CHALLENGED,
    GW_ADMISSION_FORBIDDEN,
    GW_ADMISSION_OTHER_CALLER,
    GW_ADMISSION_GUESSES,
    GW_ADMISSION_NCOUNTERS
};
extern struct rt_counter gw_admission_counters[GW_ADMISSION_NCOUNTERS];

#endif
