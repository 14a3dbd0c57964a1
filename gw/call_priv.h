/* What the files of the call share among themselves. */
#ifndef GW_CALL_PRIV_H
#define GW_CALL_PRIV_H

#include "gw/call.h"

struct gw_explain;

/* call.c */
/** Says an event to a leg; nothing to one that is done, or missing. */
void gw_call_tell(struct gw_leg *leg, const struct gw_event *ev);

/* call_end.c. The machine's actions take the call and its gw_event. */
/** Says the release to a leg and forgets it: what it does afterwards is its own affair. */
void gw_call_dismiss(struct gw_leg *leg, const struct gw_cause *cause);
/** So many legs point to the call: without any a call that is over is done with. */
void gw_call_recount(struct gw_call *call, unsigned legs);
/** Releases both legs and closes the record. */
void gw_call_end(struct gw_call *call, const struct gw_cause *cause);
/** The same with a cause of our own. */
void gw_call_end_with(struct gw_call *call, unsigned q850, enum gw_released_by by);
/** What was needed to dial is needed no more. */
void gw_call_dialled(struct gw_call *call);
/** Frees an ended call that no leg points to. */
void gw_call_free(struct gw_call *call);
/** A leg released, or the operator releases the call. */
void gw_call_leg_released(void *obj, const void *arg);
/** A side clears and can be heard saying why. */
void gw_call_a_tones(void *obj, const void *arg);
void gw_call_b_tones(void *obj, const void *arg);
/** It has been heard long enough. */
void gw_call_tones_over(void *obj, const void *arg);
/** A side releases while it is heard. */
void gw_call_tones_released(void *obj, const void *arg);

/* call_progress.c. The machine's actions take the call and its gw_event. */
void gw_call_b_progress(void *obj, const void *arg);
void gw_call_b_proceeding(void *obj, const void *arg);
void gw_call_b_alerting(void *obj, const void *arg);
void gw_call_b_connected(void *obj, const void *arg);
/** Passes progress on to the caller, who hears the called side from now on if there is sound. */
void gw_call_show_progress(struct gw_call *call, const struct gw_event *ev);

/* call_dial.c: what number is called, and where. The machine's actions take the call and its
 * gw_event. */
/** Routes a call that has just come in; dials, or asks for more digits. */
void gw_call_begin(struct gw_call *call);
/** More digits came. */
void gw_call_collect(void *obj, const void *arg);
/** No more digits will come. */
void gw_call_complete(void *obj, const void *arg);
/** Adds digits to the number, and routes it anew. */
void gw_call_append(struct gw_call *call, const char *more);
void gw_call_route(struct gw_call *call);
/** Dials when nothing more can come or need come, else asks for more. */
void gw_call_consider(struct gw_call *call);
/** The attempt is over before anyone heard of it: notes why, and drops its leg. */
void gw_call_drop_attempt(struct gw_call *call, const struct gw_cause *cause);
/** The target failed: another channel, the next target, or the end. */
void gw_call_b_released(void *obj, const void *arg);
/** Something is left to try instead of the target that failed with `cause`. */
bool gw_call_has_alternative(const struct gw_call *call, const struct gw_cause *cause);
/** A number that is no part of routing, said by `from`, as `to` wants its numbers. */
void gw_call_reformat(struct dp_number *n, const struct gw_trunk *from, const struct gw_trunk *to);

/** Tries the target at hand, and those after it; `cause` as it is before. */
void gw_call_try(struct gw_call *call, struct gw_cause *cause);

/** Whether the hop at hand can be tried. */
enum gw_ready {
    GW_READY,
    GW_WAIT, /**< gw_call_go_on() is called later */
    GW_SKIP  /**< never */
};
/** The timer of gw_dialling. */
void gw_call_impatient(void *arg);
/** What was waited for is there: tries the hop at hand, and those after it. */
void gw_call_go_on(struct gw_call *call);

/* call_limits.c: loops, limits, prices, and how well trunks complete calls */

/** Before the first target is tried. False: the call is refused by `cause`. */
bool gw_call_screen(struct gw_call *call, struct gw_cause *cause);
/** Takes what a call of that trunk's own to where it is sent on would use up. False: it has no
 * more. */
bool gw_call_diverts(struct gw_call *call, const struct gw_trunk *by, const struct gw_decision *d);
/** Takes what an attempt at the hop uses up. 0, or a Q.850 cause. */
unsigned gw_call_take(struct gw_call *call, const struct gw_hop *hop);
/** The attempt has left. */
void gw_call_left(struct gw_call *call);
/** The target has said something; `rings`: that it rings, or more. */
void gw_call_sign(struct gw_call *call, bool rings);
/** It is answered: minutes and money run. */
void gw_call_charged(struct gw_call *call);
/** The attempt is over: gives back what it took. */
void gw_call_attempt_over(struct gw_call *call, const struct gw_cause *cause);
/** The call is over: the same for the caller's side. */
void gw_call_account_over(struct gw_call *call, const struct gw_cause *cause);
/** The network says what the call costs so far: the limits of the caller's side count it where the
 * plan has no price for the call. */
void gw_call_advised(struct gw_call *call, const struct isdn_aoc *aoc);

void gw_call_unpriced(struct gw_account *a);

/* call_count.c: the same for metrics, of the caller's side too */

/** A call has come by its trunk, is heard to ring, is answered. */
struct gw_performance_event;
void gw_call_came(struct gw_call *call);
void gw_call_rings(struct gw_call *call);
void gw_call_count_answer(struct gw_call *call);
/** An event of the attempt. */
void gw_call_count_attempt(struct gw_call *call, const struct gw_performance_event *e);
/** It is over: what the caller's trunk saw of it. */
void gw_call_count_end(struct gw_call *call, const struct gw_cause *cause);
/** How its media was, while both legs still have their ports. */
void gw_call_count_media(struct gw_call *call);
/** The attempt that begins goes to this trunk since another one could not take the call. */
void gw_call_count_failover(struct gw_call *call, const struct gw_trunk *to);

/* call_enum.c: where ENUM says that a number is */

/** Asks when it is the hop's turn. */
enum gw_ready gw_call_resolve(struct gw_call *call, const struct gw_hop *hop);
/** Forgets what was asked and answered. */
void gw_call_unresolve(struct gw_dialling *dial);

/* call_emergency.c: calls to the emergency service, and those that make way for them */

/** A call to the emergency service is about to be placed: it is remembered and told. */
void gw_call_emergency(struct gw_call *call);
/** Drops another call where the hop's trunk is full. */
enum gw_ready gw_call_make_room(struct gw_call *call, const struct gw_hop *hop);
/** The attempt lost its channel to a call of the far end, the hop at hand is full now, and no call
 * was dropped for it yet. */
bool gw_call_may_make_room(const struct gw_call *call);
/** The leg is gone, and with it the channel that somebody may wait for. */
void gw_call_made_room(const struct gw_leg *leg);
/** The room was waited for. False: it did not come in time. */
bool gw_call_has_room(struct gw_call *call);

/* call_service.c. The machine's actions as above. */
void gw_call_mcid_from_b(void *obj, const void *arg);
/** The target sends the call on. */
void gw_call_deflected(void *obj, const void *arg);
/** The caller's network does not. */
void gw_call_not_deflected(void *obj, const void *arg);
/** The target is released and says where to call: true when the caller's network is asked to. */
bool gw_call_hand_back(struct gw_call *call, const struct gw_event *ev);

/* call_overlap.c: a target that is called before the number is complete. The machine's actions as
 * above. */
/** True when the number is enough to begin with, and each target takes the rest digit by digit. */
bool gw_call_may_open(const struct gw_call *call);
/** More digits came while a target is tried. */
void gw_call_more(void *obj, const void *arg);
/** None will come. */
void gw_call_no_more(void *obj, const void *arg);
/** The target asks for digits. */
void gw_call_asked(struct gw_call *call);
/** The target knows that the number is complete, whatever the plan says. */
void gw_call_number_done(struct gw_call *call);

/* call_record.c: the CDR at each step of the call, and the ladder */
void gw_record_call_start(struct gw_call *call);
/** The numbers and the rule that routing decided. */
void gw_record_numbers(struct gw_call *call);
void gw_record_route(struct gw_call *call);
void gw_record_attempt_start(struct gw_call *call, const struct gw_hop *hop);
void gw_record_channel(struct gw_call *call);
void gw_record_ringing(struct gw_call *call);
void gw_record_answer(struct gw_call *call);
/** Who is connected, when it is said; the last one counts. */
void gw_record_connected(struct gw_call *call, const struct dp_number *n);
/** What the call costs, as far as it is said. */
void gw_record_charge(struct gw_call *call, const struct isdn_aoc *aoc);
/** Why it goes where it goes: what was kept before is replaced. */
void gw_record_explain(struct gw_call *call, const struct gw_explain *why);
/** Counts digits that a leg told. */
void gw_record_digits(struct gw_call *call, const struct gw_event *ev);
/** Takes the media's account while both legs still have their ports. */
void gw_record_media(struct gw_call *call);
/** Closes the attempt in progress, if there is one. */
void gw_record_attempt_end(struct gw_call *call, const struct gw_cause *cause);
void gw_record_call_end(struct gw_call *call, const struct gw_cause *cause);

/* call_media.c */
/** Decides whether the media of this attempt bypasses the gateway: both peers must allow it, and
 * the caller must not have an RTP port of ours from an earlier target. */
void gw_call_choose_media(struct gw_call *call, const struct gw_trunk *to);
/** An answer passed between the legs: what it says of the codec, for the record. */
void gw_call_described(struct gw_call *call, struct rt_str sdp);
/** Takes the RTP port of a caller with a description and reads its offer before the called side
 * hears of the call (RFC 3398 7.2.1.1: nothing rings that could not be connected). 0 or a Q.850
 * cause. */
unsigned gw_call_reserve(struct gw_call *call);
void gw_call_tone_off(struct gw_call *call);
/** Has a leg and its partner make the best of each other: they have not met before. */
void gw_call_suit(struct gw_leg *leg);
/** Joins the ports of two answered legs, of whatever calls, in a thread that suits both. 0 or a
 * Q.850 cause: all is as before. */
unsigned gw_call_connect_media(struct gw_leg *x, struct gw_leg *y);

/* call_announce.c */
/** The call comes to nothing: the caller hears why where the plan has something to say to him.
 * False: it has not. */
bool gw_call_announce(struct gw_call *call, const struct gw_cause *cause);
/** The same, or else it ends at once. */
void gw_call_fail(struct gw_call *call, const struct gw_cause *cause);

/* call_recording.c */
/** It is answered: it is recorded where the plan says so. */
void gw_call_record_answered(struct gw_call *call);

/* call_party.c: hold, and parties that change. The machine's actions as above. */
/** What was held before the answer is told now. */
void gw_call_early_holds(struct gw_call *call);
void gw_call_identity_to_a(void *obj, const void *arg);
void gw_call_identity_to_b(void *obj, const void *arg);

/* call_transfer.c */
/** A leg is released. True: it had asked for a transfer that goes on without it. */
bool gw_transfer_left(struct gw_leg *leg);
/** The call is over, and with it what was called for a leg of it. */
void gw_transfer_abandon(struct gw_call *call);

/* leg_local.c */
/** Has one side of an answered call hear a sound file, itself, or a milliwatt. False: it cannot. */
bool gw_local_begin(const struct gw_local_plan *what, struct gw_call *call, struct gw_leg *to);

#endif
