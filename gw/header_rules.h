/* Header rules: what a trunk changes in the header fields of messages, typed and checked when the
 * plan is read (docs/configuration.md).
 *
 * The same five operations work on two lists: on the way in, on the fields of a received message as
 * the adapter is about to read them; on the way out, on the fields that the adapter is about to
 * send. What SIP itself lives on (Via, Call-ID, CSeq, ...) cannot be touched.
 */
#ifndef GW_HEADER_RULES_H
#define GW_HEADER_RULES_H

#include "gw/rt/buf.h"

#include <stdbool.h>

enum gw_header_op {
    GW_HEADER_SET,    /**< `set NAME "value"` */
    GW_HEADER_REMOVE, /**< `remove NAME` */
    GW_HEADER_COPY,   /**< `copy NAME to NAME` */
    GW_HEADER_NUMBER, /**< `number NAME PATTERN -> REPLACEMENT` */
    GW_HEADER_PASS    /**< `pass NAME`: keeps it with the call, or takes it from there */
};

/** An INVITE among what a rule is for; else a final status, 200..699. */
#define GW_ON_INVITE 0
#define GW_ON_MAX    8

struct gw_header_rule {
    enum gw_header_op op;
    const char *name;
    const char *value;   /**< of `set`; the new name of `copy`; the replacement of `number` */
    const char *pattern; /**< of `number` */
    int on[GW_ON_MAX];   /**< what it is for */
    unsigned non;
    const char *at; /**< "office.conf:40" */
};

/** The rules of one direction, in the order of the plan. */
struct gw_header_rules {
    const struct gw_header_rule *rule;
    unsigned n;
};
#define GW_HEADER_RULES_MAX 64

/** Why a rule must not write this header field: "is written by the gateway itself"; NULL: it may.
 */
const char *gw_header_protected(const char *name);
/** True when `name` is a header field that holds a number in a URI: From, To, P-Asserted-Identity,
 * ... */
bool gw_header_has_number(const char *name);
/** The names of those, for messages: NULL-terminated. */
extern const char *const gw_header_number_names[];
/** The first `{word}` of a value that is none of ours: a slice of it, empty when all is well. */
struct rt_str gw_header_unknown_word(const char *value);
/** Why `replacement` does not fit `pattern`, or NULL. */
const char *gw_header_number_error(const char *pattern, const char *replacement);

/** Room for header fields that pass from one side of a call to the other, as lines
 * "Name: value\r\n". */
#define GW_CARRIED_LEN 512

#endif
