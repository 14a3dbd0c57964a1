/* Q.931 from the far end. An input begins with an octet that chooses the line: its variant, its
 * side, its rate. Then come messages, each an octet with its length and the octets from the
 * protocol discriminator on; 0 lets a second pass; from 0xf0 on the owner of the calls does
 * something, which a second octet says to which of them and how. Messages are looked at and amended
 * as octets; then a span with calls in several states receives them as Q.921 would deliver them, so
 * that libpri sees what ours lets through. Afterwards the link is released and nothing may be left.
 */
#include "gw/rt/log.h"
#include "isdn/aoc.h"
#include "isdn/isdn_priv.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define LAPD 4
#define OWN  0xf0 /* first of the octets that are the owner's */

static const struct line {
    const char *variant;
    bool network, multipoint;
    enum isdn_rate rate;
} lines[] = {{"euroisdn", false, false, ISDN_E1},  {"euroisdn", true, false, ISDN_E1},
             {"qsig", false, false, ISDN_E1},      {"qsig", true, false, ISDN_E1},
             {"ni2", false, false, ISDN_T1},       {"ni2", true, false, ISDN_T1},
             {"dms100", false, false, ISDN_T1},    {"5ess", true, false, ISDN_T1},
             {"4ess", false, false, ISDN_T1},      {"ni1", true, false, ISDN_T1},
             {"euroisdn", false, false, ISDN_BRI}, {"euroisdn", true, false, ISDN_BRI},
             {"euroisdn", true, true, ISDN_BRI},   {"euroisdn", false, true, ISDN_BRI}};

static struct rt_loop *loop;
static struct isdn_span *spans[RT_COUNT(lines)], *span;
static uint8_t vs, vr;      /* the far end's V(S) and V(R) */
static uint8_t tei;         /* second octet of the address */
static uint8_t ri[2];       /* a terminal's request for a TEI (Q.921 5.3) */
static bool polled, wanted; /* it waits for an answer to RR; for a TEI */
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
    isdn_call_advises(c, turn & 1);
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
    fuzz_check(call_arg == span && isdn_event_name(ev->type));
    if (ev->type == ISDN_EV_RELEASED && c == placed)
        placed = NULL;
    if (ev->type == ISDN_EV_DISCONNECT && turn++ & 1)
        isdn_call_release(c, 16, 0);
    if (ev->type == ISDN_EV_SETUP_ACK)
        isdn_call_information(c, "12", false);
    if (ev->type == ISDN_EV_DEFLECT && c->outgoing && turn++ % 3)
        isdn_call_deflected(c, turn & 1);
    if (ev->type == ISDN_EV_TRANSFER && ev->other)
        isdn_call_transferred(c, turn++ & 1);
}

static void on_trace(void *arg, struct isdn_call *c, bool sent, const char *name,
                     const uint8_t *frame, size_t len)
{
    (void)arg;
    (void)c;
    fuzz_check((!name || name[0] != '\0') && len <= HDLC_FRAME_MAX);
    if (!sent || len < 3)
        return;
    if ((frame[2] & 1) == 0 && len > 3)
        vr = (uint8_t)((frame[2] >> 1) + 1) & 0x7f;
    polled |= (frame[2] & 0x0f) == 1 && len > 3 && frame[3] & 1;
    if (len >= 8 && (frame[0] & 0xfc) == 0xfc && frame[3] == 0x0f && frame[6] == 1) {
        memcpy(ri, frame + 4, 2);
        wanted = true;
    }
}

static const struct isdn_span_ops ops = {.setup = on_setup, .event = on_event, .trace = on_trace};

/* ---- what the owner does by itself ---- */

static struct isdn_call *nth(unsigned n)
{
    struct isdn_call *c = span->group->calls;

    while (c && (c->state == CALL_GONE || n-- > 0))
        c = c->next;
    return c;
}

static void set_up(unsigned how)
{
    struct isdn_setup in = {.called.digits = "0", .alaw = true, .complete = how & 1};
    struct isdn_call *c;

    in.charges = how & 2 ? 7 : 0;
    in.calling_sub.len = how & 4 ? 20 : 0;
    in.diversion.count = how & 8 ? 2 : 0;
    isdn_call_setup(&c, span, span->cfg.timeslots, ISDN_ROUND_ROBIN, &in, span);
}

static void say_uui(struct isdn_call *c, unsigned how)
{
    struct isdn_uui u = {.present = true, .protocol = 4, .len = (uint8_t)(how * 8)};

    isdn_call_uui(c, &u);
}

static void say_charges(struct isdn_call *c, unsigned how)
{
    struct isdn_aoc aoc = {.kind = (enum isdn_aoc_kind)(how % 3)};

    if (how & 4)
        aoc.de.charge = ISDN_AOC_FREE;
    isdn_call_aoc(c, &aoc);
}

static const struct isdn_number somebody = {.digits = "030123456", .ton = 2, .npi = 1};

static void say_more(struct isdn_call *c, unsigned how)
{
    static const uint8_t notices[] = {0, 1, 2, 0x79, 0x7a, 0x60, 0x7b, 0x69};

    if (how & 8)
        isdn_call_notify(c, notices[how & 7]);
    else if (how & 4)
        isdn_call_keypad(c, "*21#");
    else
        isdn_call_information(c, how & 1 ? "345" : "", how & 2);
}

static void serve(struct isdn_call *c, unsigned how)
{
    switch (how % 4) {
    case 0:
        isdn_call_mcid(c);
        break;
    case 1:
        isdn_call_deflect(c, &somebody, &somebody, 2);
        break;
    case 2:
        if (c->next && c->next->state != CALL_GONE)
            isdn_call_join(c, c->next);
        break;
    default:
        isdn_call_identity(c, &somebody, how & 4 ? "Nobody" : NULL);
        break;
    }
}

static void maintain(unsigned how)
{
    unsigned t = how % 3 + 1;

    switch (how / 3) {
    case 0:
        isdn_channel_block(span, t, true);
        break;
    case 1:
        isdn_channel_drain(span, t);
        break;
    case 2:
        isdn_channel_restart(span, t);
        break;
    default:
        isdn_channel_block(span, t, false);
        break;
    }
}

static void act(unsigned what, struct isdn_call *c, unsigned how)
{
    switch (what) {
    case 0:
        isdn_call_setup_ack(c, (uint8_t)how);
        break;
    case 1:
        isdn_call_proceeding(c, (uint8_t)how);
        break;
    case 2:
        isdn_call_alerting(c, (uint8_t)how);
        break;
    case 3:
        isdn_call_connect(c, how & 1 ? &somebody : NULL);
        break;
    case 4:
        isdn_call_progress(c, 8, how & 1 ? 17 : 0);
        break;
    case 5:
        isdn_call_hold(c);
        break;
    case 6:
        isdn_call_retrieve(c);
        break;
    case 7:
        isdn_call_disconnect_tones(c, 17, 2);
        break;
    case 8:
        say_uui(c, how);
        break;
    case 9:
        say_charges(c, how);
        break;
    case 10:
        say_more(c, how);
        break;
    case 11:
        serve(c, how);
        break;
    default:
        isdn_call_release(c, (uint8_t)(how * 8), 0);
        break;
    }
}

static void own(unsigned what, uint8_t arg)
{
    struct isdn_call *c = nth(arg >> 4);

    if (what == 15)
        set_up(arg);
    else if (what == 14)
        maintain(arg & 15);
    else if (c)
        act(what, c, arg & 15);
    fake_settle();
}

/* ---- the far end of Q.921: says what is to be said, and acknowledges everything ---- */

static void deliver(const uint8_t *octets, size_t len)
{
    struct isdn_frame f = {.len = (uint16_t)len};

    memcpy(f.octets, octets, len);
    isdn_dchan_frame(span->link, &f);
}

#define SABME 0x7f
#define UA    0x73
#define DISC  0x53

/** C/R: the network's 1 in commands, 0 in responses; the user's the other way (Q.921 3.3.2). */
static uint8_t address(bool command)
{
    return command == !span->cfg.network ? 0x02 : 0x00;
}

static void deliver_control(bool command, uint8_t control)
{
    deliver((const uint8_t[]){address(command), tei, control}, 3);
    fake_settle();
}

static void answer_poll(void)
{
    if (!polled)
        return;
    polled = false;
    deliver((const uint8_t[]){address(false), tei, 0x01, (uint8_t)(vr << 1 | 1)}, 4);
    fake_settle();
}

static void pass(void)
{
    for (unsigned i = 0; i < 4; i++) {
        fake_advance(RT_S / 4);
        answer_poll();
    }
}

/** A message in the next I frame. One whose reference has the flag set is meant for our own call:
 * its number is put in. */
static void deliver_message(const uint8_t *message, size_t len)
{
    uint8_t f[HDLC_FRAME_MAX] = {address(true), tei, (uint8_t)(vs << 1), (uint8_t)(vr << 1)};

    memcpy(f + LAPD, message, len);
    vs = (vs + 1) & 0x7f;
    if (placed && len > 3 && message[1] == 2 && message[2] & 0x80) {
        f[LAPD + 2] = (uint8_t)(0x80 | placed->reference >> 8);
        f[LAPD + 3] = (uint8_t)placed->reference;
    } else if (placed && len > 2 && message[1] == 1 && message[2] & 0x80) {
        f[LAPD + 2] = (uint8_t)(0x80 | placed->reference);
    }
    deliver(f, LAPD + len);
    fake_settle();
    answer_poll();
}

/** The TEI: 0, or on a bus what the network gives, which is us or the far end (Q.921 5.3.2). */
static void assign(void)
{
    tei = 0x01;
    if (!span->cfg.multipoint)
        return;
    tei = 64 << 1 | 1;
    if (span->cfg.network) {
        deliver((const uint8_t[]){0xfc, 0xff, 0x03, 0x0f, 0x12, 0x34, 0x01, 0xff}, 8);
    } else {
        for (unsigned i = 0; i < 8 && !wanted; i++)
            fake_advance(RT_S);
        deliver((const uint8_t[]){0xfe, 0xff, 0x03, 0x0f, ri[0], ri[1], 0x02, tei}, 8);
        wanted = false;
    }
    fake_settle();
}

/* ---- the span ---- */

static void open_span(unsigned i)
{
    const struct line *line = &lines[i];
    struct isdn_span_config cfg = {.line = ISDN_MEMORY,
                                   .frames = ISDN_BLOCK_MAX,
                                   .timeslots = isdn_rate_timeslots(line->rate),
                                   .rate = line->rate,
                                   .network = line->network,
                                   .multipoint = line->multipoint,
                                   .variant = line->variant,
                                   .overlap = true,
                                   .timer[ISDN_T309] = RT_MS,
                                   .dchannel = isdn_rate_dchannel(line->rate)};

    if (!loop) {
        fake_reset();
        rt_log_set_all(RT_ERROR);
        rt_loop_new(&loop, "fuzz");
    }
    fuzz_check(isdn_span_new(&spans[i], &cfg, loop, loop, &ops, NULL) == 0);
    rt_timer_stop(&spans[i]->io.timer); /* no line: what is sent goes nowhere */
}

/** The link is up, nothing is restarting, and one call of ours waits for an answer. */
static void begin(void)
{
    struct isdn_setup in = {.called.digits = "0", .alaw = true};

    vs = vr = 0;
    polled = false;
    assign();
    deliver_control(true, SABME);
    if (!span->link->up) /* it was trying by itself */
        deliver_control(false, UA);
    rt_timer_stop(&span->t316);
    rt_timer_stop(&span->service);
    span->to_restart = span->restarting = span->to_tell = span->telling = span->to_refresh = 0;
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if (isdn_channel_is_bearer(span, t)) {
            span->channel[t].state = ISDN_CH_IDLE;
            span->channel[t].blocked = 0;
        }
    if (isdn_call_setup(&placed, span, span->cfg.timeslots, ISDN_ASCENDING, &in, span) != 0)
        placed = NULL;
    fuzz_check(placed || span->cfg.multipoint);
    fake_settle();
}

static void expect_no_records(void)
{
    char *text = pri_dump_info_str(span->link->pri);

    fuzz_check(strstr(text, "Total active-calls:0 ") != NULL);
    free(text);
}

/** The far end goes; what it leaves behind is cleared. */
static void end(void)
{
    struct isdn_span_status st;

    deliver_control(true, DISC);
    fake_advance((span->cfg.multipoint ? 100 : 10) * RT_S); /* on a bus it may be T305 and T308 */
    isdn_span_status(span, &st);
    fuzz_check(st.calls == 0 && !span->group->calls);
    fuzz_check(!st.dchannel_up || span->cfg.multipoint);
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        fuzz_check(st.channel[t] != ISDN_CH_BUSY);
    expect_no_records();
}

/* ---- octets ---- */

static void amend(const uint8_t *message, size_t len)
{
    uint8_t f[HDLC_FRAME_MAX] = {0x02, 0x01, 0, 0};
    struct q931_view before, after;
    size_t n = LAPD + len;

    memcpy(f + LAPD, message, len);
    bool readable = q931_look(&before, f, n);
    q931_set_cause(f, n, 17, 2);
    fuzz_check(n <= sizeof f && q931_look(&after, f, n) == readable);
    if (!readable)
        return;
    fuzz_check(after.type == before.type && after.reference == before.reference);
    struct isdn_ie ie;
    fuzz_check(q931_find(&ie, f, n, ISDN_IE_CAUSE, 0) == q931_has(&after, ISDN_IE_CAUSE));
    size_t m = q931_set_type(f, n, Q931_T_STATUS_ENQUIRY);
    fuzz_check(q931_look(&after, f, m) && after.type == Q931_T_STATUS_ENQUIRY);
    fuzz_check(after.reference == before.reference && !q931_find(&ie, f, m, ISDN_IE_CAUSE, 0));
}

/** One step of the input; returns its octets. */
static size_t step(const uint8_t *data, size_t size)
{
    size_t n = data[0] < size - 1 ? data[0] : size - 1;

    if (data[0] >= OWN) {
        own(data[0] - OWN, data[1]);
        return 2;
    }
    if (n == 0) {
        pass();
        return 1;
    }
    amend(data + 1, n);
    deliver_message(data + 1, n);
    return 1 + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    unsigned i = data[0] % RT_COUNT(lines);
    if (!spans[i])
        open_span(i);
    span = spans[i];
    turn = data[0] / RT_COUNT(lines);
    begin();
    for (size_t at = 1; at + 1 < size;)
        at += step(data + at, size - at);
    end();
    return 0;
}
