/* Lists of events and signals: RequestedEvents, SignalRequests, ObservedEvents, DetectEvents
 * (RFC 3435 2.1.7, 2.3.3, 3.2.2). Read item by item, in place. */
#ifndef MGCP_EVENT_H
#define MGCP_EVENT_H

#include "gw/rt/buf.h"

#include <stdbool.h>

/** Actions (2.3.3), or-ed. */
enum mgcp_action {
    MGCP_NOTIFY = 1,     /**< N */
    MGCP_ACCUMULATE = 2, /**< A */
    MGCP_BY_MAP = 4,     /**< D */
    MGCP_SWAP = 8,       /**< S */
    MGCP_IGNORE = 16,    /**< I */
    MGCP_KEEP = 32,      /**< K */
    MGCP_EMBEDDED = 64   /**< E */
};

/** What stands in such a list. */
enum mgcp_list { MGCP_LIST_R, MGCP_LIST_S, MGCP_LIST_O, MGCP_LIST_T };

struct mgcp_item {
    struct rt_str package;    /**< empty: the default package; "*": all */
    struct rt_str name;       /**< "hd", "all", "*", "[0-9#T]", "X" */
    struct rt_str connection; /**< after "@": an id, "*", "$"; empty: none */
    unsigned actions;         /**< enum mgcp_action; 0: none said, which is N */
    struct rt_str r, s, d;    /**< of E(R(...),S(...),D(...)); empty: none */
    struct rt_str params;     /**< inside the last parentheses */
    char sign; /**< '+', '-' as the only parameter of a signal that is on or off; 0 */
};

/** Takes the next item off the front. 0; ENOENT: the end; EBADMSG: a syntax error (510, or 538
 * where
 * `*refusal` says so; 523: actions that do not go together or are none). An embedded request within
 * an embedded one is refused. `refusal` may be NULL. */
int mgcp_item_next(struct rt_str *list, enum mgcp_list kind, struct mgcp_item *out,
                   unsigned *refusal);
/** True when a name with a range, "all" or "X" covers `symbol`: "[0-9#T]" covers "5", "X" a digit.
 */
bool mgcp_item_covers(struct rt_str name, struct rt_str symbol);
/** The next parameter of "a=1,b(c,d),e" off the front; `*value` is what follows "=" or stands in
 * its parentheses. False: no more. Strings in quotes are kept whole, with their quotes; an empty
 * parameter before a comma has no name, one at the end is not told. */
bool mgcp_param_next(struct rt_str *params, struct rt_str *name, struct rt_str *value);

#endif
