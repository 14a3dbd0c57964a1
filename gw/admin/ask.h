/* The way from the HTTP thread to the signalling thread and back: commands go one way, their
 * answers the other, both copied. Nothing of the gateway is touched in the HTTP thread.
 */
#ifndef GW_ADMIN_ASK_H
#define GW_ADMIN_ASK_H

#include "gw/admin/role.h"
#include "gw/rt/buf.h"
#include "gw/rt/loop.h"

struct gw;
struct gw_ask;

enum gw_ask_kind {
    GW_ASK_COMMAND, /**< the words of a command: lines of JSON and its closing line */
    GW_ASK_METRICS, /**< Prometheus text */
    GW_ASK_EVENTS,  /**< events after `since`, as server-sent events */
    GW_ASK_NOTE, /**< a line for the audit log: words[0] what was done, words[1] what came of it */
    GW_ASK_PCAPNG, /**< what the ring has of a call (words[0]), as pcapng octets */
};

#define GW_ASK_WORDS 16

struct gw_ask_request {
    enum gw_ask_kind kind;
    const char *word[GW_ASK_WORDS];
    unsigned words;
    struct rt_str body;           /**< for commands that take a text: the JSON that came */
    const char *who, *from, *why; /**< for the audit log; `why` may be NULL */
    uint64_t since;
};

/** Borrowed for the callback, in the HTTP thread. */
struct gw_ask_answer {
    int code;        /**< enum gw_exit */
    unsigned status; /**< of HTTP, where it says more than the code; 0: it does not */
    struct rt_str text;
    uint64_t last; /**< of events */
    bool lost;
};
typedef void gw_ask_fn(void *arg, const struct gw_ask_answer *a);

/** `gw` is read at each request, and NULL before the gateway has started. `stop` is called in the
 * signalling thread for the verb `stop`. */
int gw_ask_new(struct gw_ask **out, struct rt_loop *signalling, struct rt_loop *http,
               struct gw *const *gw, void (*stop)(void *arg), void *arg);
/** Both threads have stopped using it; before gw_apply_free(), and with the gateway still there.
 * NULL is allowed. */
void gw_ask_free(struct gw_ask *a);

/** A request on its way. */
struct gw_asked;
/** Asks; `fn` is called once, later. NULL: too many are on their way, or no memory. */
struct gw_asked *gw_ask(struct gw_ask *a, const struct gw_ask_request *r, gw_ask_fn *fn, void *arg);
/** Nobody is told any more; what was asked is done all the same. NULL is allowed. */
void gw_ask_forget(struct gw_asked *q);

#endif
