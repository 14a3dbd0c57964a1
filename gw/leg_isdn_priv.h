/* What the files of the ISDN adapter share among themselves. */
#ifndef GW_LEG_ISDN_PRIV_H
#define GW_LEG_ISDN_PRIV_H

#include "gw/gw.h"
#include "gw/leg_isdn.h"

struct leg_isdn {
    struct gw_leg leg;
    struct gw_span *span;
    struct isdn_call *call; /**< NULL before the setup and after RELEASED */
    unsigned channel;       /**< timeslot of the media port */
    /** What the line was told: ALERTING, PROGRESS, indicator 8. */
    bool alerted, told_progress, told_inband;
    bool asked;      /**< we asked for more digits, and keypad gives them too */
    uint16_t told;   /**< progress indicators, bit n: description n */
    bool wants_hold; /**< the other side holds, and the line is to know by HOLD */
    struct rt_defer reaper;
};

static inline struct leg_isdn *isdn_of(struct gw_leg *leg)
{
    return (struct leg_isdn *)leg;
}

/* leg_isdn.c */
/** The call of any leg; NULL: it is none of ours, or has none. */
struct isdn_call *leg_isdn_call(const struct gw_leg *leg);
/** A leg of a call that came in. NULL: out of memory. */
struct leg_isdn *leg_isdn_new(struct gw *gw, struct gw_span *span, const struct gw_trunk *trunk);
/** Gives the media port back; without one nothing happens. */
void leg_isdn_close_port(struct leg_isdn *l);

/* leg_isdn_number.c: neutral words and Q.931's */
void leg_isdn_number_out(struct isdn_number *out, const struct dp_number *n);
void leg_isdn_number_in(struct dp_number *out, const struct isdn_number *n);
void leg_isdn_bearer_out(struct isdn_setup *out, enum gw_bearer bearer, const struct gw_setup *s);
void leg_isdn_bearer_in(struct gw_setup *out, const struct isdn_setup *s);

/* leg_isdn_hold.c: hold, and who the parties are */
/** True: the event was one of these. */
bool leg_isdn_heard(struct leg_isdn *l, const struct isdn_event *in);
/** The other side holds, or does no more. */
void leg_isdn_say_hold(struct leg_isdn *l, bool held);
/** The other side's party: with CONNECT, or at once after it. */
void leg_isdn_say_identity(struct leg_isdn *l, const struct gw_event *ev);

/* leg_isdn_carry.c: what else SETUP and its answers carry */
/** All of SETUP but the bearer. */
void leg_isdn_carried_in(struct gw_setup *out, const struct isdn_setup *s,
                         const struct gw_trunk *trunk);
/** After the numbers. */
void leg_isdn_carried_out(struct isdn_setup *out, const struct gw_setup *s,
                          const struct gw_leg *leg);
void leg_isdn_uui_in(struct gw_uui *out, const struct isdn_uui *in);
void leg_isdn_sub_in(struct gw_subaddress *out, const struct isdn_subaddress *in);
/** Between ISO 8859-1 and UTF-8. */
void leg_isdn_name_in(char out[GW_PARTY_NAME_LEN], const char *name);
void leg_isdn_name_out(char out[GW_PARTY_NAME_LEN], const char *name);
/** User-user information and progress indicators, to go with the message about to be said. */
void leg_isdn_with(struct leg_isdn *l, const struct gw_event *ev);
/** The indicators among them that are not told yet, but for 8. */
uint16_t leg_isdn_news(const struct leg_isdn *l, const struct gw_event *ev);
void leg_isdn_connected_sub(struct leg_isdn *l, const struct gw_event *ev);
/** The call's other leg is a SIP session, not a line or a joint. */
bool leg_isdn_partner_is_sip(const struct gw_leg *leg);

/* leg_isdn_service.c: supplementary services */
/** True: the event was one of these. */
bool leg_isdn_service_heard(struct leg_isdn *l, const struct isdn_event *in);
void leg_isdn_say_aoc(struct leg_isdn *l, const struct gw_event *ev);
void leg_isdn_say_mcid(struct leg_isdn *l, const struct gw_event *ev);
void leg_isdn_say_deflect(struct leg_isdn *l, const struct gw_event *ev);
void leg_isdn_say_transfer(struct leg_isdn *l, const struct gw_event *ev);
/** As the operations of gw_leg_ops. */
int leg_isdn_deflect(struct gw_leg *leg, const struct dp_number *from, const struct dp_number *to,
                     enum gw_redirect reason);
int leg_isdn_merge(struct gw_leg *leg, struct gw_leg *other);

/* leg_isdn_say.c */
/** The leg's tell(): an event of the other side in Q.931's words. */
void leg_isdn_tell(struct gw_leg *leg, const struct gw_event *ev);

#endif
