/* What reading and writing the numbers of URIs share: the table of parameters. */
#ifndef DIALPLAN_TEL_PRIV_H
#define DIALPLAN_TEL_PRIV_H

#include "dialplan/tel.h"

/** A parameter with a place of its own in struct dp_tel. */
struct dp_tel_field {
    const char *name;
    size_t len; /**< of the name */
    size_t at, cap;
    /** NULL, or why the value is wrong. */
    const char *(*take)(char *out, size_t cap, struct rt_str v);
    bool context; /**< a domain or a global number */
};

/** In the order in which they are written (RFC 3966 3): the leading ones, then by name. */
#define DP_TEL_FIELDS  10
#define DP_TEL_LEADING 3
extern const struct dp_tel_field dp_tel_fields[DP_TEL_FIELDS];

static inline char *dp_tel_slot(const struct dp_tel *t, const struct dp_tel_field *f)
{
    return (char *)(uintptr_t)t + f->at;
}

/** RFC 3966 3: visual-separator. */
static inline bool dp_tel_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')';
}

static inline bool dp_tel_same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

/** Of `name=value`. */
static inline struct rt_str dp_tel_name(struct rt_str param)
{
    return rt_str_cut(&param, '=');
}

/** For qsort(): parameters in the order of their names. */
int dp_tel_by_name(const void *a, const void *b);

#endif
