/* The ISDN network: isdn/ on the network side of the same pseudowire, with its events queued for
 * the script. */
#include "scn.h"

#include "isdn/isdn.h"
#include "test/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct net_event {
    char name[24];
    unsigned cause, progress, notify, present;
    char digits[48], called[48], calling[48], display[64], connected[48], redirecting[48];
    unsigned reason, screening;
    struct net_event *prev, *next;
};

static struct isdn_span *span;
static struct net_event *events;
static struct isdn_call *current;
static unsigned disconnect_cause;
static bool released_by_us, cut, silent;

static struct net_event *queue(const char *name)
{
    struct net_event *e = calloc(1, sizeof *e);

    snprintf(e->name, sizeof e->name, "%s", name);
    DL_APPEND(events, e);
    return e;
}

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *s)
{
    (void)arg;
    isdn_call_own(call, NULL);
    if (silent)
        return;
    current = call;
    disconnect_cause = 0;
    released_by_us = false;
    struct net_event *e = queue("SETUP");
    rt_str_copy(e->called, sizeof e->called, rt_str(s->called.digits));
    rt_str_copy(e->calling, sizeof e->calling, rt_str(s->calling.digits));
    rt_str_copy(e->display, sizeof e->display, rt_str(s->display));
    e->present = s->calling.presentation;
    e->screening = s->calling.screening;
    rt_str_copy(e->redirecting, sizeof e->redirecting, rt_str(s->redirecting.digits));
    e->reason = s->redirecting_reason;
}

static void on_released(struct isdn_call *call, const struct isdn_event *ev)
{
    if (call == current)
        current = NULL;
    if (released_by_us)
        return; /* the script did it and knows */
    queue("RELEASED")->cause = disconnect_cause ? disconnect_cause : ev->cause.value;
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    static const char *const names[] = {
        [ISDN_EV_SETUP_ACK] = "SETUP-ACK", [ISDN_EV_INFORMATION] = "INFORMATION",
        [ISDN_EV_COMPLETE] = NULL,         [ISDN_EV_PROCEEDING] = "PROCEEDING",
        [ISDN_EV_ALERTING] = "ALERTING",   [ISDN_EV_PROGRESS] = "PROGRESS",
        [ISDN_EV_CONNECT] = "CONNECT",     [ISDN_EV_CONNECT_ACK] = NULL,
        [ISDN_EV_NOTIFY] = "NOTIFY",
    };

    (void)arg;
    (void)call_arg;
    if (ev->type == ISDN_EV_DISCONNECT) {
        disconnect_cause = ev->cause.value;
        isdn_call_release(call, ev->cause.value, 2);
    } else if (ev->type == ISDN_EV_RELEASED) {
        on_released(call, ev);
    } else if (names[ev->type]) {
        struct net_event *e = queue(names[ev->type]);
        e->progress = ev->progress;
        e->notify = ev->notify;
        rt_str_copy(e->digits, sizeof e->digits, rt_str(ev->digits));
        rt_str_copy(e->connected, sizeof e->connected, rt_str(ev->connected.digits));
    }
}

static const struct isdn_span_ops ops = {.setup = on_setup, .event = on_event};

void net_peer_start(struct rt_loop *loop, bool user)
{
    struct isdn_span_config cfg = {.id = 9,
                                   .line = ISDN_PSEUDOWIRE,
                                   .frames = 8,
                                   .timeslots = 0xfffffffe,
                                   .network = !user,
                                   .variant = "euroisdn",
                                   .dchannel = 16};

    rt_addr_parse(&cfg.local, SCN_NETWORK, strlen(SCN_NETWORK), 0);
    rt_addr_parse(&cfg.remote, SCN_GATEWAY, strlen(SCN_GATEWAY), 7001);
    if (isdn_span_new(&span, &cfg, loop, loop, &ops, NULL) != 0)
        scn_fail("no span for the network");
}

void net_peer_stop(void)
{
    isdn_span_free(span);
    while (events) {
        struct net_event *e = events;
        DL_DELETE(events, e);
        free(e);
    }
}

struct isdn_span *net_peer_span(void)
{
    return span;
}

bool net_peer_cut(const union rt_addr *to)
{
    return cut && (rt_addr_port(to) == 7001 || rt_addr_port(to) == 7002);
}

/* ---- commands ---- */

static void place_call(struct words *w)
{
    struct isdn_setup s = {.bearer = ISDN_SPEECH, .alaw = true, .complete = !flag(w, "overlap")};
    uint32_t channels = 0xfffefffe;
    long channel = option(w, "channel", 0);
    struct rt_str display = option_word(w, "display");

    s.calling.presentation = flag(w, "restricted");
    rt_str_copy(s.display, sizeof s.display, display);
    rt_str_copy(s.redirecting.digits, sizeof s.redirecting.digits, option_word(w, "redirecting"));
    s.redirecting.ton = 2;
    s.redirecting.npi = 1;
    s.redirecting_reason = (uint8_t)option(w, "why", 0);
    struct rt_str number = word(w);

    if (!rt_str_eq(number, "-"))
        rt_str_copy(s.called.digits, sizeof s.called.digits, number);
    s.called.ton = 2;
    s.called.npi = 1;
    rt_str_copy(s.calling.digits, sizeof s.calling.digits, rt_str("301111"));
    s.calling.ton = 2;
    s.calling.npi = 1;
    if (channel)
        channels = 1u << channel;
    released_by_us = false;
    disconnect_cause = 0;
    int err = isdn_call_setup(&current, span, channels, ISDN_ASCENDING, &s, NULL);
    if (err != 0)
        scn_fail("the network cannot call: %s", strerror(err));
}

static uint8_t number_of(struct words *w)
{
    uint64_t v = 0;
    rt_str_u64(&v, word(w), 255);
    return (uint8_t)v;
}

static void say_proceeding(struct words *w)
{
    isdn_call_proceeding(current, number_of(w));
}
static void say_alerting(struct words *w)
{
    isdn_call_alerting(current, number_of(w));
}
static void say_progress(struct words *w)
{
    isdn_call_progress(current, number_of(w), 0);
}
static void say_connect(struct words *w)
{
    struct isdn_number n = {.ton = 2, .npi = 1};

    rt_str_copy(n.digits, sizeof n.digits, option_word(w, "number"));
    isdn_call_connect(current, n.digits[0] ? &n : NULL);
}
static void say_setup_ack(struct words *w)
{
    isdn_call_setup_ack(current, number_of(w));
}
static void say_digits(struct words *w)
{
    char digits[41];
    rt_str_copy(digits, sizeof digits, word(w));
    isdn_call_information(current, digits);
}
static void say_tones(struct words *w)
{
    isdn_call_disconnect_tones(current, number_of(w), 2);
}
static void say_release(struct words *w)
{
    released_by_us = true;
    isdn_call_release(current, number_of(w), (uint8_t)option(w, "location", 2));
}
static void say_notify(struct words *w)
{
    isdn_call_notify(current, number_of(w));
}
static void line_down(struct words *w)
{
    (void)w;
    cut = true;
}
static void line_up(struct words *w)
{
    (void)w;
    cut = false;
}
static void fall_silent(struct words *w)
{
    (void)w;
    silent = true;
}

static void check_event(const struct net_event *e, const struct words *w)
{
    struct rt_str called = option_word(w, "called"), caller = option_word(w, "caller");
    long cause = option(w, "cause", -1), pi = option(w, "pi", -1);

    struct rt_str display = option_word(w, "display"), connected = option_word(w, "connected");
    long notify = option(w, "notify", -1), present = option(w, "present", -1);

    struct rt_str redirecting = option_word(w, "redirecting");
    long why = option(w, "why", -1), screen = option(w, "screen", -1);

    if (redirecting.n > 0 && !rt_str_eq(redirecting, e->redirecting[0] ? e->redirecting : "-"))
        scn_fail("%s redirected it", e->redirecting);
    if (why >= 0 && why != (long)e->reason)
        scn_fail("it was redirected for reason %u", e->reason);
    if (screen >= 0 && screen != (long)e->screening)
        scn_fail("its caller is screened %u", e->screening);
    if (display.n > 0 && !rt_str_eq(display, e->display[0] ? e->display : "-"))
        scn_fail("its display is %s", e->display);
    struct rt_str digits = option_word(w, "digits");
    if (digits.n > 0 && !rt_str_eq(digits, e->digits))
        scn_fail("its digits are %s", e->digits);
    if (connected.n > 0 && !rt_str_eq(connected, e->connected))
        scn_fail("%s is connected", e->connected);
    if (notify >= 0 && notify != (long)e->notify)
        scn_fail("it notifies %u", e->notify);
    if (present >= 0 && present != (long)e->present)
        scn_fail("its presentation is %u", e->present);
    if (called.n > 0 && !rt_str_eq(called, e->called))
        scn_fail("it calls %s", e->called);
    if (caller.n > 0 && !rt_str_eq(caller, e->calling))
        scn_fail("it comes from %s", e->calling);
    if (cause >= 0 && cause != (long)e->cause)
        scn_fail("its cause is %u", e->cause);
    if (pi >= 0 && pi != (long)e->progress)
        scn_fail("its progress indicator is %u", e->progress);
}

/** Messages cross a pseudowire whose buffer takes milliseconds: the network is given a moment. */
#define MOMENT (200 * RT_MS)

static struct net_event *next_event(void)
{
    for (rt_time t = 0; t < MOMENT && !events; t += RT_MS)
        fake_advance(RT_MS);
    return events;
}

static void expect(struct words *w)
{
    struct rt_str what = word(w);
    struct net_event *e = next_event();

    if (rt_str_eq(what, "NOTHING")) {
        if (e)
            scn_fail("the network got %s", e->name);
        return;
    }
    if (!e) {
        scn_fail("the network got nothing");
        return;
    }
    DL_DELETE(events, e);
    if (!rt_str_eq(what, e->name))
        scn_fail("the network got %s", e->name);
    check_event(e, w);
    free(e);
}

static void expect_either(struct words *w)
{
    struct rt_str a = word(w), b = word(w);

    for (unsigned i = 0; i < 2; i++) {
        struct net_event *e = next_event();
        if (!e) {
            scn_fail("the network got nothing");
            return;
        }
        DL_DELETE(events, e);
        if (!rt_str_eq(a, e->name) && !rt_str_eq(b, e->name))
            scn_fail("the network got %s", e->name);
        free(e);
    }
}

void net_peer_command(struct words *w)
{
    static const struct {
        const char *name;
        void (*fn)(struct words *w);
        bool needs_call;
    } table[] = {
        {"CALL", place_call, false},
        {"PROCEEDING", say_proceeding, true},
        {"ALERTING", say_alerting, true},
        {"PROGRESS", say_progress, true},
        {"CONNECT", say_connect, true},
        {"DIGITS", say_digits, true},
        {"SETUP-ACK", say_setup_ack, true},
        {"TONES", say_tones, true},
        {"RELEASE", say_release, true},
        {"NOTIFY", say_notify, true},
        {"DOWN", line_down, false},
        {"UP", line_up, false},
        {"SILENT", fall_silent, false},
        {"EXPECT", expect, false},
        {"EXPECT-EITHER", expect_either, false},
    };
    struct rt_str what = word(w);

    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (rt_str_eq(what, table[i].name)) {
            if (table[i].needs_call && !current)
                scn_fail("the network has no call");
            else
                table[i].fn(w);
            if (table[i].fn != expect && table[i].fn != expect_either)
                fake_advance(20 * RT_MS); /* what it says reaches the gateway */
            return;
        }
    scn_fail("the network does not know \"%.*s\"", RT_STR(what));
}
