/* Telephone numbers in URIs with all that is said beside them: RFC 3966 (tel), RFC 4694 (ported
 * numbers and carriers), RFC 4904 (trunk groups), RFC 4967 (dial strings), and RFC 3261 19.1.6 (the
 * same in the user part of SIP URIs).
 *
 * Values that mean nothing are absent: a trunk group without its context, a local routing number or
 * carrier without its own (RFC 4904 4, RFC 4694 4).
 */
#ifndef DIALPLAN_TEL_H
#define DIALPLAN_TEL_H

#include "dialplan/dialplan.h"

/** Room for a domain or a global number that gives other values their meaning, for a trunk group's
 * label, for dial digits, a subaddress, and for the parameters that have no field. */
#define DP_CONTEXT_LEN 128
#define DP_TGRP_LEN    64
#define DP_POSTD_LEN   48
#define DP_ISUB_LEN    128
#define DP_EXT_LEN     24
#define DP_OTHERS_LEN  256

/** A number of a URI. Numbers are without visual separators; words are as they came, in any case.
 * Empty: absent. */
struct dp_tel {
    char number[DP_TEXT_LEN]; /**< with "+" when global; else also `*`, `#` and A-F */
    bool dialstring;          /**< user=dialstring: keys to press, `postd` after the pause */
    char phone_context[DP_CONTEXT_LEN]; /**< of local numbers: a domain, or "+" and digits */
    char isub[DP_ISUB_LEN];             /**< escapes left as they are */
    char ext[DP_EXT_LEN];
    char postd[DP_POSTD_LEN]; /**< digits to send after the answer, `p` and `w` between them */
    char rn[DP_TEXT_LEN], rn_context[DP_CONTEXT_LEN];
    char cic[DP_TEXT_LEN], cic_context[DP_CONTEXT_LEN];
    char tgrp[DP_TGRP_LEN], trunk_context[DP_CONTEXT_LEN];
    bool npdi;                  /**< the number has been looked up already */
    char others[DP_OTHERS_LEN]; /**< the rest as text, sorted by name: ";isub-encoding=nsap;x=y" */
};

/** Reads a tel: URI or the user part of a sip: or sips: URI; of these also what stands behind the
 * host, where some write it. All of it has to be right. EINVAL: it is not, `why` (static) says
 * what; E2BIG: a value is longer than its room. What fails leaves nothing of use in `out`. */
int dp_tel_parse(struct dp_tel *out, struct rt_str uri, const char **why);
/** The same of a peer's URI, of which we use what we can: a local number may lack its context, and
 * of values that are wrong or there twice the first right one counts. What is no number, or demands
 * what we do not know (`m-`), is refused still. */
int dp_tel_read(struct dp_tel *out, struct rt_str uri, const char **why);
/** A parameter without a field of its own; `p` NULL: absent. Borrowed from `t`. */
struct rt_str dp_tel_other(const struct dp_tel *t, const char *name);

/** RFC 3966 4: the same number and the same parameters, whatever their order and case. */
bool dp_tel_equal(const struct dp_tel *a, const struct dp_tel *b);

/** What dp_tel_write() writes. */
enum dp_tel_form { DP_TEL_URI, DP_TEL_USER };
/** Appends the canonical form (RFC 3966 3): isub and ext, then phone-context, then all others by
 * name, in lower case; `postd` is not said any more. As a user part it has no scheme and `#` is
 * escaped; the caller adds user=phone, or user=dialstring when it is one. */
void dp_tel_write(struct rt_buf *out, const struct dp_tel *t, enum dp_tel_form form);

/* ---- by which of them a call is routed ---- */

/** What an INVITE says of ported numbers, carriers and trunk groups; empty: nothing. */
struct dp_carrier_out {
    bool set; /**< somebody decided: what is empty is to be absent */
    bool npdi;
    char rn[DP_TEXT_LEN], rn_context[DP_CONTEXT_LEN];
    char cic[DP_TEXT_LEN], cic_context[DP_CONTEXT_LEN];
    char tgrp[DP_TGRP_LEN], trunk_context[DP_CONTEXT_LEN];
};

/** Codes of our own: each a global one like `+16789`, or a local one that counts whatever its
 * context. */
struct dp_carrier_own {
    const char *const *cic;  /**< carrier codes of our network */
    const char *const *node; /**< routing numbers of this node */
    const char *const
        *net; /**< routing numbers of our network; each list NULL or NULL-terminated */
};

/** What a call is routed on. */
enum dp_key { DP_KEY_NUMBER, DP_KEY_RN, DP_KEY_CIC };

/** The rules of RFC 4694 5 applied to a call. */
struct dp_key_rule {
    enum dp_key key;
    bool may_dip;                         /**< the number may be looked up */
    bool drop_rn, drop_cic, drop_npdi;    /**< whoever is next: not to be said */
    bool foreign_rn_off, foreign_cic_off; /**< not to be said to another carrier */
    const char *why;                      /**< static, for explain */
};

/** Decides by what came in; `trusted`: from a node whose word counts. */
void dp_key_decide(struct dp_key_rule *out, const struct dp_carrier_out *in,
                   const struct dp_carrier_own *own, bool trusted);
/** What goes out after `rule`: `in` without what must not be said; `another`: the next node belongs
 * to another carrier. Trunk groups are the trunk's matter and are left out. */
void dp_key_pass(struct dp_carrier_out *out, const struct dp_carrier_out *in,
                 const struct dp_key_rule *rule, bool another);
/** After a look-up (RFC 4694 5.2.1): `rn` NULL or "": the number is not ported. A local `rn` is
 * given its context by whom it is told to. */
void dp_key_dipped(struct dp_carrier_out *c, const char *rn);

#endif
