/* What the files of the call share among themselves. */
#ifndef GW_CALL_PRIV_H
#define GW_CALL_PRIV_H

#include "gw/call.h"

/** Frees an ended call that no leg points to. */
void gw_call_free(struct gw_call *call);

/* call_record.c: the CDR at each step of the call, and the ladder */
void gw_record_call_start(struct gw_call *call);
/** The numbers and the rule that routing decided. */
void gw_record_numbers(struct gw_call *call);
void gw_record_route(struct gw_call *call);
void gw_record_attempt_start(struct gw_call *call, const struct gw_hop *hop);
void gw_record_channel(struct gw_call *call);
void gw_record_ringing(struct gw_call *call);
void gw_record_answer(struct gw_call *call);
/** Takes the media's account while both legs still have their ports. */
void gw_record_media(struct gw_call *call);
/** Closes the attempt in progress, if there is one. */
void gw_record_attempt_end(struct gw_call *call, const struct gw_cause *cause);
void gw_record_call_end(struct gw_call *call, const struct gw_cause *cause);

/* call_media.c */
void gw_call_tone_off(struct gw_call *call);

#endif
