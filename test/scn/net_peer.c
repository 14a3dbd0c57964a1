/* The ISDN network: isdn/ on the network side of the same pseudowire, with its events queued for
 * the script. */
#include "net_words.h"
#include "scn.h"

#include "isdn/aoc.h"
#include "isdn/ie_call.h"
#include "isdn/isdn.h"
#include "isdn/q931.h"
#include "test/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct net_event {
    char name[24];
    unsigned cause, progress, notify, present;
    char digits[48], called[48], calling[48], display[64], connected[48], redirecting[48];
    unsigned reason, screening, charges;
    enum isdn_bearer bearer;
    char carried[NET_WORDS_LEN];
    struct net_event *prev, *next;
};

static const char kinds[] = {[ISDN_AOC_S] = 's', [ISDN_AOC_D] = 'd', [ISDN_AOC_E] = 'e'};

static struct isdn_span *span;
static struct net_event *events;
static struct isdn_call *current, *former;
static bool accepts; /* deflections and transfers that the gateway asks for */
static unsigned disconnect_cause;
static bool released_by_us, cut, silent;
static struct isdn_event disconnected;

static const char *const bearers[] = {
    [ISDN_SPEECH] = "speech", [ISDN_AUDIO_31] = "audio", [ISDN_DATA64] = "data"};

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
    former = current;
    current = call;
    disconnect_cause = 0;
    released_by_us = false;
    struct net_event *e = queue("SETUP");
    rt_str_copy(e->called, sizeof e->called, rt_str(s->called.digits));
    rt_str_copy(e->calling, sizeof e->calling, rt_str(s->calling.digits));
    rt_str_copy(e->display, sizeof e->display, rt_str(s->display));
    e->present = s->calling.presentation;
    e->screening = s->calling.screening;
    rt_str_copy(e->redirecting, sizeof e->redirecting, rt_str(s->diversion.last.digits));
    e->reason = s->diversion.last_reason;
    e->bearer = s->bearer;
    net_words_of_setup(e->carried, s);
    e->charges = s->charges;
    isdn_call_advises(call, true);
}

static void on_released(struct isdn_call *call, const struct isdn_event *ev)
{
    if (call == former)
        former = NULL;
    if (call == current) {
        current = former;
        former = NULL;
    }
    if (released_by_us)
        return; /* the script did it and knows */
    struct net_event *e = queue("RELEASED");
    e->cause = disconnect_cause ? disconnect_cause : ev->cause.value;
    net_words_of_event(e->carried, disconnect_cause ? &disconnected : ev);
}

/** What the gateway asks for is done at once: the calls are released. */
static void on_request(struct isdn_call *call, const struct isdn_event *ev)
{
    if (!accepts)
        return;
    if (ev->type == ISDN_EV_DEFLECT && isdn_call_deflected(call, true) == 0)
        isdn_call_release(call, 16, 2);
    if (ev->type != ISDN_EV_TRANSFER || isdn_call_transferred(call, true) != 0)
        return;
    isdn_call_release(call, 16, 2);
    isdn_call_release(ev->other, 16, 2);
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    static const char *const names[ISDN_EV_RELEASED + 1] = {
        [ISDN_EV_SETUP_ACK] = "SETUP-ACK", [ISDN_EV_INFORMATION] = "INFORMATION",
        [ISDN_EV_COMPLETE] = NULL,         [ISDN_EV_PROCEEDING] = "PROCEEDING",
        [ISDN_EV_ALERTING] = "ALERTING",   [ISDN_EV_PROGRESS] = "PROGRESS",
        [ISDN_EV_CONNECT] = "CONNECT",     [ISDN_EV_CONNECT_ACK] = NULL,
        [ISDN_EV_NOTIFY] = "NOTIFY",       [ISDN_EV_HOLD] = "HOLD",
        [ISDN_EV_RETRIEVE] = "RETRIEVE",   [ISDN_EV_HELD] = "HELD",
        [ISDN_EV_IDENTITY] = "IDENTITY",   [ISDN_EV_AOC] = "AOC",
        [ISDN_EV_MCID] = "MCID",           [ISDN_EV_DEFLECT] = "DEFLECT",
        [ISDN_EV_TRANSFER] = "TRANSFER",   [ISDN_EV_KEYPAD] = "KEYPAD",
    };

    (void)arg;
    (void)call_arg;
    if (ev->type == ISDN_EV_DISCONNECT) {
        disconnect_cause = ev->cause.value;
        disconnected = *ev;
        isdn_call_release(call, ev->cause.value, 2);
    } else if (ev->type == ISDN_EV_RELEASED) {
        on_released(call, ev);
    } else if (names[ev->type]) {
        struct net_event *e = queue(names[ev->type]);
        e->progress = ev->progress;
        net_words_of_event(e->carried, ev);
        e->notify = ev->notify;
        e->cause = ev->cause.value;
        e->present = ev->connected.presentation;
        rt_str_copy(e->digits, sizeof e->digits, rt_str(ev->digits));
        rt_str_copy(e->connected, sizeof e->connected, rt_str(ev->connected.digits));
        if (ev->aoc)
            snprintf(e->digits, sizeof e->digits, "%c%u", kinds[ev->aoc->kind],
                     ev->aoc->kind == ISDN_AOC_S ? ev->aoc->s.n : ev->aoc->de.money.cost);
        on_request(call, ev);
    }
}

static const struct isdn_span_ops ops = {.tdm = voice_tdm, .setup = on_setup, .event = on_event};

void net_peer_start(struct rt_loop *loop, bool user, const char *variant, uint32_t timeslots)
{
    struct isdn_span_config cfg = {.id = 9,
                                   .line = ISDN_PSEUDOWIRE,
                                   .frames = 8,
                                   .timeslots = timeslots,
                                   .network = !user,
                                   .variant = variant,
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
    struct rt_str display = option_word(w, "display"), bearer = option_word(w, "bearer");

    s.calling.presentation = flag(w, "restricted");
    rt_str_copy(s.display, sizeof s.display, display);
    rt_str_copy(s.diversion.last.digits, sizeof s.diversion.last.digits,
                option_word(w, "redirecting"));
    s.diversion.last.ton = 2;
    s.diversion.last.npi = 1;
    s.diversion.last_reason = (uint8_t)option(w, "why", 0);
    for (unsigned i = 0; i < RT_COUNT(bearers); i++)
        if (rt_str_eq(bearer, bearers[i]))
            s.bearer = (enum isdn_bearer)i;
    net_words_setup(&s, w);
    bool dialled = flag(w, "dialled");
    struct rt_str number = word(w);

    if (!rt_str_eq(number, "-"))
        rt_str_copy(s.called.digits, sizeof s.called.digits, number);
    s.called.ton = dialled ? 0 : 2;
    s.called.npi = 1;
    rt_str_copy(s.calling.digits, sizeof s.calling.digits, rt_str("301111"));
    s.calling.ton = 2;
    s.calling.npi = 1;
    if (channel)
        channels = 1u << channel;
    released_by_us = false;
    disconnect_cause = 0;
    former = current;
    s.charges = (uint8_t)option(w, "charges", 0);
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
    uint8_t cause = (uint8_t)option(w, "cause", 0);

    isdn_call_progress(current, number_of(w), cause);
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
    isdn_call_information(current, digits, flag(w, "complete"));
}
static void say_tones(struct words *w)
{
    isdn_call_disconnect_tones(current, number_of(w), 2);
}
/** DISCONNECT with cause 22 and its diagnostic, which isdn/ does not write. */
static void say_changed(struct words *w)
{
    struct isdn_ie_number n = {.ton = 2, .npi = 1}; /* national, ISDN */
    struct isdn_ie_cause c = {.location = 2};
    struct isdn_ie_value v;
    uint8_t body[3 + sizeof v.p] = {Q931_T_DISCONNECT, ISDN_IE_CAUSE};

    rt_str_copy(n.digits, sizeof n.digits, word(w));
    isdn_ie_cause_set_number(&c, &n);
    isdn_ie_write_cause(&v, &c);
    body[2] = v.len;
    memcpy(body + 3, v.p, v.len);
    released_by_us = true;
    isdn_call_say_raw(current, body, 3u + v.len);
}

static void say_release(struct words *w)
{
    released_by_us = true;
    isdn_call_release(current, number_of(w), (uint8_t)option(w, "location", 2));
}
/** `AOC d|e N`: hundredths of a euro. */
static void say_aoc(struct words *w)
{
    bool total = rt_str_eq(word(w), "e");
    struct isdn_aoc aoc = {.kind = total ? ISDN_AOC_E : ISDN_AOC_D};

    aoc.de.charge = ISDN_AOC_MONEY;
    aoc.de.money = (struct isdn_aoc_money){number_of(w), ISDN_AOC_HUNDREDTH, "EUR"};
    if (isdn_call_aoc(current, &aoc) != 0)
        scn_fail("the network cannot tell charges");
}
static void say_mcid(struct words *w)
{
    (void)w;
    if (isdn_call_mcid(current) != 0)
        scn_fail("the caller cannot be identified");
}
static void say_deflect(struct words *w)
{
    struct isdn_number from = {.digits = "30901821", .ton = 2, .npi = 1}, to = {.ton = 2, .npi = 1};

    rt_str_copy(to.digits, sizeof to.digits, word(w));
    if (isdn_call_deflect(current, &from, &to, 10) != 0)
        scn_fail("it cannot be deflected");
}
static void say_join(struct words *w)
{
    (void)w;
    if (!former || isdn_call_join(current, former) != 0)
        scn_fail("the two calls cannot be joined");
}
static void dial(struct words *w)
{
    voice_line(isdn_call_channel(current));
    voice_line_dial(w);
}
static void hum(struct words *w)
{
    (void)w;
    voice_line(isdn_call_channel(current));
    voice_line_hum();
}
static void hear(struct words *w)
{
    voice_line(isdn_call_channel(current));
    voice_line_hear(w);
}
static void pick_up(struct words *w)
{
    (void)w;
    voice_line(isdn_call_channel(current));
}
static void turn_to_other(struct words *w)
{
    struct isdn_call *c = former;

    (void)w;
    if (!c) {
        scn_fail("there is no other call");
        return;
    }
    former = current;
    current = c;
}
static void be_obliging(struct words *w)
{
    (void)w;
    accepts = true;
}
static void say_keypad(struct words *w)
{
    char digits[41];
    rt_str_copy(digits, sizeof digits, word(w));
    isdn_call_keypad(current, digits);
}
static void say_notify(struct words *w)
{
    isdn_call_notify(current, number_of(w));
}
static void say_hold(struct words *w)
{
    (void)w;
    if (isdn_call_hold(current) != 0)
        scn_fail("the network cannot hold");
}
static void say_retrieve(struct words *w)
{
    (void)w;
    if (isdn_call_retrieve(current) != 0)
        scn_fail("the network cannot retrieve");
}
static void say_identity(struct words *w)
{
    struct isdn_number n = {
        .ton = 2, .npi = 1, .screening = 3, .presentation = flag(w, "restricted")};

    rt_str_copy(n.digits, sizeof n.digits, word(w));
    if (isdn_call_identity(current, &n, NULL) != 0)
        scn_fail("the network cannot say who it is");
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

    net_words_expect(e->carried, &(struct words){w->rest});
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
    struct rt_str bearer = option_word(w, "bearer");
    if (bearer.n > 0 && !rt_str_eq(bearer, bearers[e->bearer]))
        scn_fail("it asks for %s", bearers[e->bearer]);
    long charges = option(w, "charges", -1);
    if (charges >= 0 && charges != (long)e->charges)
        scn_fail("it asks for charges %u", e->charges);
    struct rt_str digits = option_word(w, "digits");
    if (digits.n > 0 && !rt_str_eq(digits, e->digits))
        scn_fail("its digits are %s", e->digits);
    if (connected.n > 0 && !rt_str_eq(connected, e->connected[0] ? e->connected : "-"))
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

/** Says something of the call, with what goes along. */
static void answer(void (*fn)(struct words *w), struct words *w)
{
    if (current && fn != expect && fn != expect_either && fn != place_call)
        net_words_answer(current, w);
    fn(w);
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
        {"CHANGED", say_changed, true},
        {"NOTIFY", say_notify, true},
        {"KEYPAD", say_keypad, true},
        {"HOLD", say_hold, true},
        {"RETRIEVE", say_retrieve, true},
        {"IDENTITY", say_identity, true},
        {"AOC", say_aoc, true},
        {"MCID", say_mcid, true},
        {"DEFLECT", say_deflect, true},
        {"JOIN", say_join, true},
        {"TALK", pick_up, true},
        {"DIAL", dial, true},
        {"HEAR", hear, true},
        {"HUM", hum, true},
        {"OTHER", turn_to_other, true},
        {"ACCEPTS", be_obliging, false},
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
                answer(table[i].fn, w);
            if (table[i].fn != expect && table[i].fn != expect_either)
                fake_advance(20 * RT_MS); /* what it says reaches the gateway */
            return;
        }
    scn_fail("the network does not know \"%.*s\"", RT_STR(what));
}
