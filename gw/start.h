/* What of a gateway is made once and depends on the plan's trunks: a new plan may want more of it,
 * or other than there is. */
#ifndef GW_START_H
#define GW_START_H

#include "gw/gw.h"

/** True when a trunk on the span takes digits one by one. */
bool gw_span_overlaps(const struct gw_plan *plan, const struct gw_span_plan *span);
/** The country whose tones are listened for on a span: of a trunk there that asks for it; NULL:
 * none does, or it has no site. */
const char *gw_span_tones(const struct gw_plan *plan, const struct gw_span_plan *span);
/** The certificate that our fingerprint in SDP is of, if a trunk of the plan wants it and there is
 * none yet. */
int gw_start_identity(struct gw *gw, const struct gw_plan *plan, struct rt_buf *why);
/** The longest window of the plan's carriers: one store of figures serves them all. */
rt_time gw_plan_window(const struct gw_plan *plan);

#endif
