/* ROSE components in a Facility element (Q.932 8.2, X.229): as much as is read and written without
 * libpri, which drops some requests in silence and tells no outcome of others. Pure.
 */
#ifndef ISDN_ROSE_H
#define ISDN_ROSE_H

#include "isdn/ie.h"

enum isdn_rose_kind {
    ISDN_ROSE_INVOKE = 0xa1,
    ISDN_ROSE_RESULT = 0xa2,
    ISDN_ROSE_ERROR = 0xa3,
    ISDN_ROSE_REJECT = 0xa4
};

/** Invoke problems of X.229. */
enum isdn_rose_problem {
    ISDN_ROSE_UNRECOGNISED = 1,
    ISDN_ROSE_MISTYPED = 2,
    ISDN_ROSE_RESOURCES = 3
};

struct isdn_rose {
    enum isdn_rose_kind kind;
    uint8_t profile;  /**< the protocol profile it came with */
    int invoke;       /**< invoke identifier; of a reject -1 when it names none */
    const uint8_t *p; /**< what follows it; borrowed */
    size_t len;
};

/** Reads the first component of the element. EINVAL: there is none that could be read. */
int isdn_rose_read(struct isdn_rose *out, const struct isdn_ie *facility);
/** Reads the arguments of an NI-2 InitiateTransfer (Telcordia GR-2865): the call reference that its
 * sender knows the second call by. EINVAL: it is another operation; EPROTO: it is that one, with
 * other arguments. */
int isdn_rose_initiate_transfer(const struct isdn_rose *r, unsigned *reference);
/** Answers to `r`: an empty return result, or a reject. */
int isdn_rose_result(struct isdn_ie_value *out, const struct isdn_rose *r);
int isdn_rose_reject(struct isdn_ie_value *out, const struct isdn_rose *r,
                     enum isdn_rose_problem problem);

#endif
