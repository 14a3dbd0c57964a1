/* What the tests of session timers share. */
#ifndef TEST_UNIT_EXPIRY_RIG_H
#define TEST_UNIT_EXPIRY_RIG_H

#include "test/unit/sip_rig.h"

#define UPDATES "Allow: INVITE, ACK, BYE, UPDATE\r\n"
#define TIMER   "Supported: timer\r\n"

/** We called, they answered with these lines; times count from there. */
static inline void call_them(const char *lines)
{
    char all[400];

    snprintf(all, sizeof all, "%s%s", RIG_CONTACT, lines);
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far", all, RIG_SDP);
    rig_expect("ACK ");
    rig_note_dialog("From");
    rig_told(" answered");
    rig_zero();
}

/** They called with these lines, we answered; our 200 is in rig.in. */
static inline void they_call(const char *lines)
{
    rig_ask(.body = RIG_SDP, .extra = lines);
    rig_expect("SIP/2.0 100 ");
    rig_zero();
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    const char *ours = rig_saved();
    rig_in_dialog(.method = "ACK");
    rig_told(" invite acked");
    strcpy(rig.in, ours);
}

/** Their re-INVITE, accepted; our 200 is in rig.in. */
static inline void they_refresh(unsigned cseq, const char *lines)
{
    rig_in_dialog(.cseq = cseq, .extra = lines, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    const char *ours = rig_saved();
    rig_in_dialog(.method = "ACK", .cseq = cseq);
    rig_told(" reinvited acked");
    strcpy(rig.in, ours);
}

/** The session ends by itself at that millisecond. */
static inline void expires_at(rt_time ms)
{
    rig_expect_at(ms, "BYE ");
    rig_told(" ended:expired");
    rig_ok();
    rig_silence_until(ms + 10000000);
}

/** Our UPDATE or re-INVITE is answered with these lines. */
static inline void refreshed(const char *lines)
{
    bool invite = strncmp(rig.in, "INVITE ", 7) == 0;
    char all[400];

    snprintf(all, sizeof all, "%s%s", RIG_CONTACT, lines);
    rig_answer(rig.in, "200 OK", NULL, all, invite ? RIG_SDP : NULL);
    if (invite)
        rig_expect("ACK ");
    rig_told("");
}

/** Their refusal of what came last; our ACK to it is read. */
static inline void refuse(const char *status, const char *lines)
{
    bool invite = strncmp(rig.in, "INVITE ", 7) == 0;

    rig_answer(rig.in, status, "far", lines, NULL);
    if (invite)
        rig_expect("ACK ");
}

#endif
