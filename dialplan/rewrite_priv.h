/* The inside of a rewrite, for rewrite.c and rules.c. */
#ifndef DIALPLAN_REWRITE_PRIV_H
#define DIALPLAN_REWRITE_PRIV_H

#include "dialplan/pattern.h"
#include "dialplan/rewrite.h"

/* What a template does besides writing a key. No key has these codes. */
enum { OP_GROUP = 1, OP_TAIL = OP_GROUP + DP_GROUPS_MAX, OP_ALL };

struct dp_rewrite {
    char *text;
    struct dp_pattern *pattern;
    struct {
        unsigned from, to; /**< positions; DP_DIGITS_MAX: to the end */
    } group[DP_GROUPS_MAX];
    unsigned ngroups;
    bool plus; /**< makes an E.164 number */
    char op[DP_DIGITS_MAX];
    unsigned nops;
};

#endif
