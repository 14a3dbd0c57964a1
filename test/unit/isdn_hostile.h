/* What the tests of bad input on a D channel share: two sides of each variant, of which one is the
 * victim and the other says what it likes; an answered call between them that has to live on; and
 * what has to hold when the far end has been quiet for three minutes.
 */
#ifndef TEST_UNIT_ISDN_HOSTILE_H
#define TEST_UNIT_ISDN_HOSTILE_H

#include "gw/rt/random.h"
#include "test/unit/isdn_rig.h"

#include <stdio.h>

#define HOSTILE_LINES 6
#define STRANGE       0x5555 /* a call reference that nobody has */

static const struct {
    const char *variant;
    unsigned victim;
} hostile_lines[HOSTILE_LINES] = {{"euroisdn", USER}, {"euroisdn", NET}, {"ni2", USER},
                                  {"ni2", NET},       {"qsig", USER},    {"qsig", NET}};

static struct {
    const char *variant;
    unsigned victim, attacker;
    struct isdn_call *far, *near; /* ends of the call beside: the attacker's, the victim's */
    unsigned lost;                /* of these ends */
    uint64_t repairs;
} hostile;

static inline void hostile_config(struct isdn_span_config *cfg)
{
    cfg->variant = hostile.variant;
    cfg->frames = 160; /* a tick of 20 ms: these tests let hours pass */
}

static inline void hostile_mourn(struct isdn_call *c, const struct isdn_event *ev)
{
    hostile.lost += ev->type == ISDN_EV_RELEASED && (c == hostile.far || c == hostile.near);
}

static inline void hostile_watch(struct isdn_call *far)
{
    hostile.far = far;
    hostile.near = rig.side[hostile.victim].in;
    hostile.lost = 0;
}

/** Both sides up, and a call between them if `beside`. */
static inline void hostile_begin(unsigned line, bool beside)
{
    memset(&hostile, 0, sizeof hostile);
    hostile.variant = hostile_lines[line].variant;
    hostile.victim = hostile_lines[line].victim;
    hostile.attacker = !hostile.victim;
    rig_open(hostile_config);
    rig_up();
    rig.side[NET].hook = rig.side[USER].hook = hostile_mourn;
    hostile.repairs = isdn_counters[ISDN_AUDIT_REPAIRS].value;
    if (beside)
        hostile_watch(rig_active(hostile.attacker));
}

static inline void hostile_expect_alive(const char *after)
{
    ck_assert_msg(hostile.lost == 0, "the call beside is lost after %s", after);
    ck_assert_msg(hostile.far->state == CALL_ACTIVE && hostile.near->state == CALL_ACTIVE,
                  "the call beside is in states %d and %d after %s", hostile.far->state,
                  hostile.near->state, after);
}

/** libpri's count of call records. */
static inline unsigned hostile_records(unsigned side)
{
    char *text = pri_dump_info_str(rig.side[side].span->link->pri);
    const char *at = strstr(text, "Total active-calls:");
    unsigned n = at ? (unsigned)atoi(at + strlen("Total active-calls:")) : 999;

    free(text);
    return n;
}

/** Owners let go of every call. */
static inline void hostile_release_all(unsigned side)
{
    struct isdn_call *c, *next;

    for (c = rig.side[side].span->group->calls; c; c = next) {
        next = c->next;
        isdn_call_release(c, 16, 0);
    }
}

/** The far end is quiet: every call ends, and the next one is like the first. */
static inline void hostile_end(void)
{
    for (unsigned i = 0; i < 2; i++) {
        memset(rig.side[i].deaf, 0, sizeof rig.side[i].deaf);
        rig.side[i].waits = false;
        rig.side[i].hook = NULL;
        hostile_release_all(i);
    }
    fake_advance(180 * RT_S);
    rig_expect_idle();
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(rig_status(i).dchannel_up);
        struct isdn_call *c = rig_active(i);
        isdn_call_release(c, 16, 0);
        fake_advance(2 * RT_S);
        rig_expect_idle();
    }
    rig_close();
}

static inline void hostile_expect_no_repairs(void)
{
    ck_assert_uint_eq(isdn_counters[ISDN_AUDIT_REPAIRS].value, hostile.repairs);
}

/* ---- saying ---- */

/** Octets written as hex digits, with or without spaces. */
static inline size_t hostile_hex(uint8_t *out, const char *hex)
{
    size_t n = 0;
    unsigned octet;

    while (sscanf(hex, " %2x", &octet) == 1) {
        out[n++] = (uint8_t)octet;
        hex += strspn(hex, " ") + 2;
    }
    return n;
}

/** As many as the window takes (Q.921 5.9.5); each needs its time on the line. */
static inline void hostile_pace(void)
{
    static unsigned said;

    if (++said % 4 == 0)
        fake_advance(60 * RT_MS);
}

static inline void hostile_say(const void *message, size_t len)
{
    int err = isdn_span_say(rig.side[hostile.attacker].span, message, len);

    ck_assert_msg(err == 0 || err == ENETDOWN, "said: %d", err);
    hostile_pace();
}

/** A message with a reference of two octets; `flag`: to the side that made it. */
static inline void hostile_message(unsigned reference, bool flag, uint8_t type, const void *body,
                                   size_t len)
{
    uint8_t m[HDLC_FRAME_MAX] = {0x08, 0x02, (uint8_t)((flag ? 0x80 : 0) | reference >> 8),
                                 (uint8_t)reference, type};

    if (len > 260 - 5)
        len = 260 - 5;
    if (len > 0)
        memcpy(m + 5, body, len);
    hostile_say(m, 5 + len);
}

/** A message of the attacker's call. */
static inline void hostile_say_of(struct isdn_call *c, uint8_t type, const void *body, size_t len)
{
    uint8_t m[HDLC_FRAME_MAX] = {type};

    if (len > 260 - 5)
        len = 260 - 5;
    if (len > 0)
        memcpy(m + 1, body, len);
    isdn_call_say_raw(c, m, 1 + len);
    hostile_pace();
}

static inline void hostile_frame(const void *frame, size_t len)
{
    isdn_span_send_frame(rig.side[hostile.attacker].span, frame, len);
}

#endif
