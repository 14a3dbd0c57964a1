/* Lists between commas as MGCP has them: parentheses nest, and within double quotes nothing counts
 * (RFC 3435 appendix A). */
#ifndef MGCP_TEXT_H
#define MGCP_TEXT_H

#include "gw/rt/buf.h"

/** Takes what stands before the first `sep` outside quotes and parentheses off the front of
 * `*list`, without blanks around it. 0; ENOENT: the end, or nothing but blanks; EBADMSG: a quote or
 * a parenthesis has no other, and all of `*list` is taken. */
int mgcp_text_cut(struct rt_str *list, char sep, struct rt_str *out);
/** Takes a group "(...)" off the front: what is inside, without blanks around it. ENOENT: there is
 * none; EBADMSG: it has no end. Blanks before and behind it are taken as well. */
int mgcp_text_group(struct rt_str *s, struct rt_str *inside);

#endif
