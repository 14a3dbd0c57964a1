/* Q.931 from the far end. An input is a list of messages, each an octet with its length and the
 * octets from the protocol discriminator on. They are looked at and amended as octets; then a span
 * with calls in several states receives them as Q.921 would deliver them, so that libpri sees what
 * ours lets through. Afterwards the link is released and nothing may be left.
 */
#include "gw/rt/log.h"
#include "isdn/isdn_priv.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

#define LAPD    4
#define BEARERS 0xfffefffeu

static struct rt_loop *loop;
static struct isdn_span *span;
static uint8_t vs, vr; /* the far end's V(S) and V(R) */
static struct isdn_call *placed;

/* ---- the owner: answers in turn with one thing and another ---- */

static unsigned turn;

static void on_setup(void *arg, struct isdn_call *c, const struct isdn_setup *setup)
{
    (void)arg;
    fuzz_check(strnlen(setup->called.digits, sizeof setup->called.digits) <
               sizeof setup->called.digits);
    fuzz_check(isdn_call_channel(c) != 0);
    isdn_call_own(c, span);
    switch (turn++ % 6) {
    case 0:
        isdn_call_setup_ack(c, 8);
        break;
    case 1:
        isdn_call_proceeding(c, 0);
        break;
    case 2:
        isdn_call_alerting(c, 1);
        break;
    case 3:
        isdn_call_connect(c, NULL);
        break;
    case 4:
        isdn_call_disconnect_tones(c, 17, 2);
        break;
    default:
        break; /* silent */
    }
}

static void on_event(void *arg, struct isdn_call *c, void *call_arg, const struct isdn_event *ev)
{
    (void)arg;
    fuzz_check(call_arg == span);
    if (ev->type == ISDN_EV_RELEASED && c == placed)
        placed = NULL;
    if (ev->type == ISDN_EV_DISCONNECT && turn++ & 1)
        isdn_call_release(c, 16, 0);
    if (ev->type == ISDN_EV_SETUP_ACK)
        isdn_call_information(c, "12", false);
}

static void on_trace(void *arg, struct isdn_call *c, bool sent, const char *name,
                     const uint8_t *frame, size_t len)
{
    (void)arg;
    (void)c;
    fuzz_check((!name || name[0] != '\0') && len <= HDLC_FRAME_MAX);
    if (sent && name)
        vr = (uint8_t)((frame[2] >> 1) + 1) & 0x7f;
}

static const struct isdn_span_ops ops = {.setup = on_setup, .event = on_event, .trace = on_trace};

/* ---- the far end of Q.921: says what is to be said, and acknowledges everything ---- */

static void deliver(const uint8_t *octets, size_t len)
{
    struct isdn_frame f = {.len = (uint16_t)len};

    memcpy(f.octets, octets, len);
    isdn_dchan_frame(span->link, &f);
}

#define COMMAND  0x02 /* C/R of the network: 1 in commands, 0 in responses (Q.921 3.3.2) */
#define RESPONSE 0x00
#define SABME    0x7f
#define UA       0x73
#define DISC     0x53

static void deliver_control(uint8_t address, uint8_t control)
{
    deliver((const uint8_t[]){address, 0x01, control}, 3);
    fake_settle();
}

/** A message in the next I frame. One whose reference has the flag set is meant for our own call:
 * its number is put in. */
static void deliver_message(const uint8_t *message, size_t len)
{
    uint8_t f[HDLC_FRAME_MAX] = {0x02, 0x01, (uint8_t)(vs << 1), (uint8_t)(vr << 1)};

    memcpy(f + LAPD, message, len);
    vs = (vs + 1) & 0x7f;
    if (placed && len > 3 && message[1] == 2 && message[2] & 0x80) {
        f[LAPD + 2] = (uint8_t)(0x80 | placed->reference >> 8);
        f[LAPD + 3] = (uint8_t)placed->reference;
    }
    deliver(f, LAPD + len);
    fake_settle();
}

static void open_span(void)
{
    static const struct isdn_span_config cfg = {.line = ISDN_MEMORY,
                                                .frames = ISDN_BLOCK_MAX,
                                                .timeslots = 0xfffffffe,
                                                .variant = "euroisdn",
                                                .overlap = true,
                                                .timer[ISDN_T309] = RT_MS,
                                                .dchannel = 16};

    fake_reset();
    rt_log_set_all(RT_ERROR);
    rt_loop_new(&loop, "fuzz");
    fuzz_check(isdn_span_new(&span, &cfg, loop, loop, &ops, NULL) == 0);
    rt_timer_stop(&span->io.timer); /* no line: what is sent goes nowhere */
    fake_advance(2 * RT_S);
}

/** The link is up, nothing is restarting, and one call of ours waits for an answer. */
static void begin(void)
{
    struct isdn_setup in = {.called.digits = "0", .alaw = true};

    vs = vr = 0;
    deliver_control(COMMAND, SABME);
    if (!span->link->up) /* it was trying by itself */
        deliver_control(RESPONSE, UA);
    rt_timer_stop(&span->t316);
    span->to_restart = span->restarting = 0;
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if (span->channel[t].state != ISDN_CH_DCHAN)
            span->channel[t].state = ISDN_CH_IDLE;
    fuzz_check(isdn_call_setup(&placed, span, BEARERS, ISDN_ASCENDING, &in, span) == 0);
    fake_settle();
}

/** The far end goes; what it leaves behind is cleared. */
static void end(void)
{
    struct isdn_span_status st;

    deliver_control(COMMAND, DISC);
    fake_advance(10 * RT_S);
    isdn_span_status(span, &st);
    fuzz_check(st.calls == 0 && !span->group->calls && !st.dchannel_up);
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        fuzz_check(st.channel[t] != ISDN_CH_BUSY);
}

/* ---- octets ---- */

static void amend(const uint8_t *message, size_t len)
{
    uint8_t f[HDLC_FRAME_MAX] = {0x02, 0x01, 0, 0};
    struct q931_view before, after;
    size_t n = LAPD + len;

    memcpy(f + LAPD, message, len);
    bool readable = q931_look(&before, f, n);
    n = q931_set_progress(f, n, sizeof f, 8);
    q931_set_cause(f, n, 17, 2);
    fuzz_check(n <= sizeof f && q931_look(&after, f, n) == readable);
    if (!readable)
        return;
    fuzz_check(after.type == before.type && after.reference == before.reference);
    size_t m = q931_make_release(f, n, sizeof f, 31, 2);
    fuzz_check(m <= sizeof f && q931_look(&after, f, m));
    if (after.type == Q931_T_RELEASE && m != n)
        fuzz_check(after.cause == 31 && after.location == 2);
    struct isdn_ie ie;
    fuzz_check(q931_find(&ie, f, m, ISDN_IE_CAUSE, 0) == q931_has(&after, ISDN_IE_CAUSE));
    m = q931_set_type(f, m, Q931_T_STATUS_ENQUIRY);
    fuzz_check(q931_look(&after, f, m) && after.type == Q931_T_STATUS_ENQUIRY);
    fuzz_check(after.reference == before.reference && !q931_find(&ie, f, m, ISDN_IE_CAUSE, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!span)
        open_span();
    turn = 0;
    begin();
    while (size > 1) {
        size_t n = data[0] < size - 1 ? data[0] : size - 1;
        if (n == 0) {
            fake_advance(RT_S); /* time passes */
        } else {
            amend(data + 1, n);
            deliver_message(data + 1, n);
        }
        data += 1 + n;
        size -= 1 + n;
    }
    end();
    return 0;
}
