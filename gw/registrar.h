/* The registrar (RFC 3261 10.3, RFC 3327): where our users are to be found.
 *
 * Bindings live in memory, each with a timer of its own; a file beside keeps them over a restart.
 * Who a message is from has been proved before it comes here (admission.h).
 */
#ifndef GW_REGISTRAR_H
#define GW_REGISTRAR_H

#include "gw/plan.h"
#include "gw/users.h"

struct gw;
struct gw_registrar;

/** Room for a contact's URI and for its path, with the NUL; longer ones are refused. */
#define GW_CONTACT_LEN 512
#define GW_PATH_LEN    1024

/** One contact of a user. The texts are the registrar's, valid until the callback returns. */
struct gw_binding {
    const char *user;
    const char *uri;     /**< what becomes the Request-URI */
    const char *path;    /**< becomes Route, in this order; empty: none */
    const char *call_id; /**< of the REGISTER that made it */
    const char *agent;   /**< User-Agent, or empty */
    unsigned q;          /**< thousandths */
    uint32_t cseq;
    rt_time expires;        /**< by rt_now() */
    union rt_addr received; /**< where the REGISTER came from: where requests go (RFC 3581),
                               unless `path` says otherwise */
    enum sip_transport transport;
    uint64_t conn; /**< the connection it came over; 0: UDP, or of before a restart */
};

/** Takes the users that were read with the plan, or reads them; reads the file of bindings. On
 * failure `why` has a message for the operator. */
int gw_registrar_new(struct gw_registrar **out, struct rt_loop *loop,
                     struct gw_registrar_plan *plan, struct rt_buf *why);
/** Writes the file of bindings. NULL is allowed. */
void gw_registrar_free(struct gw_registrar *r);
/** Reads the users of a plan, in any thread. On failure `why` has a message for the operator;
 * empty: out of memory. */
int gw_registrar_read(struct gw_users **out, const struct gw_registrar_plan *plan,
                      struct rt_buf *why);
/** Takes these users instead; bindings of those that are gone go too. */
void gw_registrar_take(struct gw_registrar *r, struct gw_users *users);
/** Goes by another plan from now on, with the users that were read with it, unless those there are
 * were read later from the same source. Users of another source are given to the plan before, which
 * may come back. No disk is asked. */
void gw_registrar_adopt(struct gw_registrar *r, struct gw_registrar_plan *plan);

const struct gw_users *gw_registrar_users(const struct gw_registrar *r);
/** Answers a REGISTER of `user`, who has proved who he is. */
void gw_registrar_request(struct gw_registrar *r, const char *user, const struct sip_message *m,
                          struct sip_reply *reply);

/** The contacts of a user by q, the newest first among equals; at most `max`. Returns how many were
 * written. */
unsigned gw_registrar_contacts(const struct gw *gw, struct rt_str user, struct gw_binding *out,
                               unsigned max);
/** The same for one registrar; NULL is allowed: there is none. */
unsigned gw_registrar_find(const struct gw_registrar *r, struct rt_str user, struct gw_binding *out,
                           unsigned max);
/** Calls `fn` for every binding. */
void gw_registrar_each(const struct gw_registrar *r,
                       void (*fn)(void *arg, const struct gw_binding *b), void *arg);
unsigned gw_registrar_count(const struct gw_registrar *r);

enum gw_registrar_counter {
    GW_REGISTRAR_REQUESTS,
    GW_REGISTRAR_REFUSED,
    GW_REGISTRAR_BRIEF,
    GW_REGISTRAR_OUT_OF_ORDER,
    GW_REGISTRAR_FULL,
    GW_REGISTRAR_EXPIRED,
    GW_REGISTRAR_STATE_FAILURES,
    GW_REGISTRAR_STATE_UNREADABLE,
    GW_REGISTRAR_NCOUNTERS
};
extern struct rt_counter gw_registrar_counters[GW_REGISTRAR_NCOUNTERS];

#endif
