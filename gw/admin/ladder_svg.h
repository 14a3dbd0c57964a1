/* A call's ladder as a picture: an SVG that stands by itself, in a page or as a file.
 *
 * It has no script and asks for no font or address, so that it may be shown under the strictest
 * content security policy. It takes the lines of `show call` and not the call: whoever has the
 * answer, of this daemon or out of a file, can draw it.
 */
#ifndef GW_ADMIN_LADDER_SVG_H
#define GW_ADMIN_LADDER_SVG_H

#include "gw/rt/buf.h"

/** Messages that are drawn; what is beyond is counted at the foot. */
#define GW_LADDER_SVG_MAX 500

/** Appends the picture. `lines`: JSON lines as `show call` answers them; those of type "ladder" and
 * "message" are drawn, others are skipped. Without any it is a picture that says so. */
void gw_ladder_svg(struct rt_buf *out, struct rt_str lines);

#endif
