/* What an offer and its answer agreed on, in the media engine's words: for legs with a description.
 */
#ifndef GW_AGREED_H
#define GW_AGREED_H

#include "codec/media.h"
#include "codec/sdp.h"
#include "gw/plan.h"

/** Fills in all but what only the leg knows: it receives what it is sent, nothing is secure. `r` is
 * the far end's view as sdp_answer() and sdp_accept() give it. */
void gw_agreed_rtp(struct media_rtp *out, const struct sdp_audio *r,
                   const struct gw_trunk_media *t);

#endif
