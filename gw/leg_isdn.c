/* The ISDN adapter: Q.931 calls of isdn/ as legs (RFC 4497 8; RFC 3398 7.2 and 8.2 with Q.931
 * messages).
 *
 * Channel choice, Q.931 states and timers live in isdn/; here messages become neutral events and
 * back, and the B channel gets its media port.
 */
#include "gw/leg_isdn.h"
#include "gw/gw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Q.931 4.5.23: progress indicators that promise something to hear (RFC 4497 8.3.3 cuts through on
 * both) */
#define PI_NOT_END_TO_END 1
#define PI_INBAND         8

/* Q.931 4.5.22: notification indicators */
#define NOTIFY_SUSPENDED 0x00
#define NOTIFY_RESUMED   0x01
#define NOTIFY_HOLD      0x79
#define NOTIFY_RETRIEVAL 0x7a

struct leg_isdn {
    struct gw_leg leg;
    struct gw_span *span;
    struct isdn_call *call; /**< NULL before the setup and after RELEASED */
    unsigned channel;       /**< timeslot of the media port */
    bool alerted, told_progress, told_inband;
    struct rt_defer reaper;
};

static struct leg_isdn *isdn_of(struct gw_leg *leg)
{
    return (struct leg_isdn *)leg;
}

/* ---- numbers ---- */

/* Neutral and Q.931 code points agree by design but for the unknown ones; a table keeps it honest.
 */
static const uint8_t ton_code[] = {
    [DP_TON_UNKNOWN] = 0, [DP_TON_INTERNATIONAL] = 1, [DP_TON_NATIONAL] = 2,
    [DP_TON_NETWORK] = 3, [DP_TON_SUBSCRIBER] = 4,    [DP_TON_ABBREVIATED] = 6,
};
static const uint8_t npi_code[] = {[DP_NPI_UNKNOWN] = 0, [DP_NPI_ISDN] = 1, [DP_NPI_PRIVATE] = 9};

static void number_out(struct isdn_number *out, const struct dp_number *n)
{
    rt_str_copy(out->digits, sizeof out->digits, rt_str(n->digits));
    out->ton = ton_code[n->ton];
    out->npi = npi_code[n->npi];
    out->presentation = (uint8_t)n->present;
    out->screening = (uint8_t)n->screen;
}

static unsigned code_index(const uint8_t *codes, size_t n, uint8_t code)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i] == code)
            return (unsigned)i;
    return 0;
}

static void number_in(struct dp_number *out, const struct isdn_number *n)
{
    *out = (struct dp_number){
        .ton = (enum dp_ton)code_index(ton_code, RT_COUNT(ton_code), n->ton),
        .npi = (enum dp_npi)code_index(npi_code, RT_COUNT(npi_code), n->npi),
        .present =
            n->presentation <= DP_UNAVAILABLE ? (enum dp_present)n->presentation : DP_ALLOWED,
        .screen = (enum dp_screen)(n->screening & 3),
    };
    rt_str_copy(out->digits, sizeof out->digits, rt_str(n->digits));
}

/* ---- the leg's life ---- */

static void leg_free(struct gw_leg *leg)
{
    struct leg_isdn *l = isdn_of(leg);

    rt_defer_stop(&l->reaper);
    free(l);
}

static void reap(void *arg)
{
    struct leg_isdn *l = arg;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

static void close_port(struct leg_isdn *l)
{
    media_abandon(l->leg.port);
    l->leg.port = NULL;
}

static struct gw_span *span_of(struct gw *gw, unsigned id)
{
    for (unsigned i = 0; i < gw->nspans; i++)
        if (isdn_span_id(gw->spans[i].isdn) == id)
            return &gw->spans[i];
    return NULL;
}

static const struct gw_leg_ops isdn_leg_ops;

static struct leg_isdn *leg_new(struct gw *gw, struct gw_span *span, const struct gw_trunk *trunk)
{
    struct leg_isdn *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &isdn_leg_ops, trunk);
    /* A user's exchange plays ring-back itself on ALERTING; a PBX hears it from its network, which
     * is us. */
    l->leg.rings_audibly = trunk->span->network;
    l->span = span;
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    return l;
}

struct gw_leg *gw_leg_isdn_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    struct gw_span *span = span_of(gw, trunk->span->id);
    struct leg_isdn *l = span ? leg_new(gw, span, trunk) : NULL;

    if (!l)
        return NULL;
    l->leg.call = call;
    return &l->leg;
}

/* ---- media ---- */

static int leg_thread(const struct gw_leg *leg)
{
    return (int)((const struct leg_isdn *)leg)->span->thread;
}

static void on_media(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct leg_isdn *l = arg;

    (void)p;
    if (ev->type != MEDIA_DTMF || !l->leg.call)
        return;
    gw_call_note(&l->leg, false, "DTMF %c", ev->digit);
    gw_call_event(&l->leg,
                  &(struct gw_event){
                      .type = GW_EV_DTMF, .inband = true, .digits = {ev->digit}, .ms = ev->ms});
}

static unsigned leg_media(struct gw_leg *leg, unsigned thread)
{
    struct leg_isdn *l = isdn_of(leg);
    unsigned channel = l->call ? isdn_call_channel(l->call) : 0;

    (void)thread; /* a channel lives where its span lives */
    if (channel == 0)
        return 44; /* requested circuit/channel not available */
    if (leg->port && channel == l->channel)
        return 0;
    close_port(l);
    int err = media_tdm_open(&leg->port, l->span->bank, channel, on_media, l);
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR, "isdn: no media on %u/%u: %s", isdn_span_id(l->span->isdn),
               channel, strerror(err));
        return 47; /* resource unavailable, unspecified */
    }
    l->channel = channel;
    leg->codec = leg->trunk->span->t1 ? "PCMU" : "PCMA";
    return 0;
}

static void leg_channel(const struct gw_leg *leg, char *out, size_t cap)
{
    const struct leg_isdn *l = (const struct leg_isdn *)leg;
    unsigned channel = l->call ? isdn_call_channel(l->call) : l->channel;

    if (channel != 0)
        snprintf(out, cap, "%u/%u", isdn_span_id(l->span->isdn), channel);
    else
        out[0] = '\0';
}

static bool leg_stats(const struct gw_leg *leg, struct media_stats *out)
{
    (void)leg;
    (void)out;
    return false;
}

/* ---- outgoing: the call tells us ---- */

static unsigned leg_setup(struct gw_leg *leg, const struct gw_hop *hop,
                          const struct gw_setup *setup)
{
    struct leg_isdn *l = isdn_of(leg);
    struct isdn_setup s = {.bearer = ISDN_SPEECH,
                           .alaw = !leg->trunk->span->t1,
                           .complete = setup->complete,
                           .progress = setup->progress};

    number_out(&s.called, &hop->called);
    number_out(&s.calling, &hop->calling);
    number_out(&s.redirecting, &setup->redirecting);
    s.redirecting_reason = gw_redirect_row(setup->redirect_reason)->q931;
    if (hop->calling.present == DP_ALLOWED) /* a name says who calls as well as the number does */
        rt_str_copy(s.display, sizeof s.display, rt_str(setup->name));
    int err = isdn_call_setup(
        &l->call, l->span->isdn, leg->trunk->channels,
        leg->trunk->hunt == GW_HUNT_DESCENDING ? ISDN_DESCENDING : ISDN_ASCENDING, &s, l);
    switch (err) {
    case 0:
        l->channel = 0;
        return 0;
    case ENOSPC:
        return 34; /* no circuit/channel available */
    case ENETDOWN:
        return 38; /* network out of order */
    default:
        return 41; /* temporary failure */
    }
}

static uint8_t inband_pi(struct leg_isdn *l, const struct gw_event *ev)
{
    if (!ev->inband)
        return 0;
    l->told_inband = true;
    return PI_INBAND;
}

static void say_setup_ack(struct leg_isdn *l, const struct gw_event *ev)
{
    isdn_call_setup_ack(l->call, ev->inband ? PI_INBAND : 0); /* dial tone */
}

static void say_proceeding(struct leg_isdn *l, const struct gw_event *ev)
{
    isdn_call_proceeding(l->call, inband_pi(l, ev));
}

/** PROGRESS with indicator 8 when there is something to hear, before that once with indicator 1:
 * the exchange's T310 must not end a call that goes on (RFC 4497 8.2.1.3). What adds nothing is not
 * sent: Q.931 3.1.8 makes the indicator mandatory. */
static void say_progress(struct leg_isdn *l, const struct gw_event *ev)
{
    if (l->told_inband || (!ev->inband && (l->told_progress || l->alerted)))
        return;
    l->told_progress = true;
    isdn_call_progress(l->call, ev->inband ? inband_pi(l, ev) : PI_NOT_END_TO_END, ev->cause.q850);
}

/** ALERTING is sent once; what comes later can only be PROGRESS (Q.931 5.2.4). */
static void say_alerting(struct leg_isdn *l, const struct gw_event *ev)
{
    if (l->alerted) {
        say_progress(l, ev);
        return;
    }
    l->alerted = true;
    isdn_call_alerting(l->call, inband_pi(l, ev));
}

static void say_connect(struct leg_isdn *l, const struct gw_event *ev)
{
    struct isdn_number connected;

    memset(&connected, 0, sizeof connected);
    number_out(&connected, &ev->connected);
    isdn_call_connect(l->call, connected.digits[0] ? &connected : NULL);
}

static void say_information(struct leg_isdn *l, const struct gw_event *ev)
{
    isdn_call_information(l->call, ev->digits);
}

/** Digits are tones on the B channel: exchanges take keypad information for dialling. */
static void say_dtmf(struct leg_isdn *l, const struct gw_event *ev)
{
    if (!ev->inband && l->leg.port)
        media_digit(l->leg.port, ev->digits[0], ev->ms ? ev->ms : GW_DTMF_MS);
}

static void say_hold(struct leg_isdn *l, const struct gw_event *ev)
{
    (void)ev;
    isdn_call_notify(l->call, NOTIFY_HOLD);
}

static void say_retrieve(struct leg_isdn *l, const struct gw_event *ev)
{
    (void)ev;
    isdn_call_notify(l->call, NOTIFY_RETRIEVAL);
}

static void say_release(struct leg_isdn *l, const struct gw_event *ev)
{
    close_port(l);
    if (l->call)
        isdn_call_release(l->call, ev->cause.q850, ev->cause.location);
    else
        rt_defer_start(&l->reaper);
}

typedef void say_fn(struct leg_isdn *l, const struct gw_event *ev);

static say_fn *const sayings[GW_EV_TYPES] = {
    [GW_EV_SETUP_ACK] = say_setup_ack,
    [GW_EV_INFORMATION] = say_information,
    [GW_EV_PROCEEDING] = say_proceeding,
    [GW_EV_PROGRESS] = say_progress,
    [GW_EV_ALERTING] = say_alerting,
    [GW_EV_CONNECT] = say_connect,
    [GW_EV_HOLD] = say_hold,
    [GW_EV_RETRIEVE] = say_retrieve,
    [GW_EV_DTMF] = say_dtmf,
    [GW_EV_DISCONNECT] = say_release,
    [GW_EV_RELEASE] = say_release,
};

static void leg_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    struct leg_isdn *l = isdn_of(leg);

    if (sayings[ev->type] && (l->call || ev->type == GW_EV_RELEASE))
        sayings[ev->type](l, ev);
}

static const struct gw_leg_ops isdn_leg_ops = {
    .name = "isdn",
    .setup = leg_setup,
    .tell = leg_tell,
    .thread = leg_thread,
    .media = leg_media,
    .channel = leg_channel,
    .stats = leg_stats,
    .free = leg_free,
};

/* ---- incoming: the span tells us ---- */

static void cause_in(struct gw_cause *out, const struct isdn_cause *c)
{
    *out = (struct gw_cause){.q850 = c->value, .location = c->location};
    if (!c->local)
        return;
    out->by = GW_BY_GATEWAY;
    if (c->timer)
        snprintf(out->text, sizeof out->text, "%s expired", c->timer);
}

static void refuse(struct isdn_call *call, uint8_t q850)
{
    isdn_call_release(call, q850, GW_LOC_PUBLIC_LOCAL);
}

/** The ISDN says who diverted the call last, and does not count (RFC 5806 9.3.2). */
static void redirection_in(struct gw_setup *out, const struct isdn_setup *s)
{
    number_in(&out->redirecting, &s->redirecting);
    if (s->redirecting.digits[0] == '\0')
        return;
    out->redirect_reason = gw_redirect_from_q931(s->redirecting_reason);
    out->redirections = 1;
}

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *s)
{
    struct gw_span *span = arg;
    struct gw *gw = span->gw;
    const struct gw_trunk *trunk =
        gw_plan_channel(gw->plan, isdn_span_id(span->isdn), isdn_call_channel(call));
    struct gw_setup setup = {.complete = s->complete, .progress = s->progress};

    if (!trunk) {
        refuse(call, 3); /* no route: the channel belongs to no trunk */
        return;
    }
    if (s->bearer == ISDN_DATA64) {
        refuse(call, 65); /* bearer capability not implemented */
        return;
    }
    struct leg_isdn *l = leg_new(gw, span, trunk);
    if (!l) {
        refuse(call, 41);
        return;
    }
    number_in(&setup.called, &s->called);
    number_in(&setup.calling, &s->calling);
    redirection_in(&setup, s);
    gw_carrier_came(&setup.carrier, trunk);
    rt_str_copy(setup.name, sizeof setup.name, rt_str(s->display));
    setup.complete = s->complete || !trunk->overlap;
    snprintf(setup.opening, sizeof setup.opening, "SETUP %s", s->called.digits);
    l->call = call;
    isdn_call_own(call, l);
    int err = gw_call_new(gw, &l->leg, &setup);
    if (err != 0)
        refuse(call, err == EBUSY ? 42 : 41); /* RELEASED comes and reaps the leg */
}

static bool has_inband(uint8_t progress)
{
    return progress == PI_INBAND || progress == PI_NOT_END_TO_END;
}

static void on_notify(struct leg_isdn *l, uint8_t notify)
{
    static const struct {
        uint8_t code;
        enum gw_event_type type;
    } table[] = {
        {NOTIFY_HOLD, GW_EV_HOLD},
        {NOTIFY_RETRIEVAL, GW_EV_RETRIEVE},
        {NOTIFY_SUSPENDED, GW_EV_HOLD},
        {NOTIFY_RESUMED, GW_EV_RETRIEVE},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (table[i].code == notify)
            gw_call_event(&l->leg, &(struct gw_event){.type = table[i].type});
}

static void on_released(struct leg_isdn *l, const struct gw_event *ev)
{
    l->channel = isdn_call_channel(l->call);
    l->call = NULL;
    close_port(l);
    gw_call_event(&l->leg, ev);
    rt_defer_start(&l->reaper);
}

/** The far end clears. With tones (indicator 8 and no other) it is heard out; without, the release
 * is answered at once (Q.931 5.3.3, 5.4.1). */
static void on_disconnect(struct leg_isdn *l, const struct gw_event *ev, bool tones)
{
    struct gw_event out = *ev;

    if (!tones) {
        out.type = GW_EV_RELEASE;
        isdn_call_release(l->call, ev->cause.q850, GW_LOC_PUBLIC_LOCAL);
    }
    gw_call_event(&l->leg, &out);
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *in)
{
    static const struct {
        bool known;
        enum gw_event_type type;
    } plain[] = {
        [ISDN_EV_SETUP_ACK] = {true, GW_EV_SETUP_ACK},
        [ISDN_EV_INFORMATION] = {true, GW_EV_INFORMATION},
        [ISDN_EV_COMPLETE] = {true, GW_EV_COMPLETE},
        [ISDN_EV_PROCEEDING] = {true, GW_EV_PROCEEDING},
        [ISDN_EV_ALERTING] = {true, GW_EV_ALERTING},
        [ISDN_EV_PROGRESS] = {true, GW_EV_PROGRESS},
        [ISDN_EV_CONNECT] = {true, GW_EV_CONNECT},
        [ISDN_EV_DISCONNECT] = {true, GW_EV_DISCONNECT},
        [ISDN_EV_RELEASED] = {true, GW_EV_RELEASE},
    };
    struct leg_isdn *l = call_arg;
    struct gw_event ev = {.inband = has_inband(in->progress)};

    (void)arg;
    (void)call;
    if (!l)
        return; /* refused before it had an owner */
    if (in->type == ISDN_EV_NOTIFY) {
        on_notify(l, in->notify);
        return;
    }
    if ((size_t)in->type >= RT_COUNT(plain) || !plain[in->type].known)
        return; /* CONNECT ACK says nothing to the other side */
    ev.type = plain[in->type].type;
    rt_str_copy(ev.digits, sizeof ev.digits, rt_str(in->digits));
    cause_in(&ev.cause, &in->cause);
    number_in(&ev.connected, &in->connected);
    if (in->type == ISDN_EV_RELEASED)
        on_released(l, &ev);
    else if (in->type == ISDN_EV_DISCONNECT)
        on_disconnect(l, &ev, in->progress == PI_INBAND);
    else
        gw_call_event(&l->leg, &ev);
}

/** The ladder's line. An incoming SETUP is traced before the call has an owner: its line is the
 * setup's `opening`. */
static void on_trace(void *arg, struct isdn_call *call, bool sent, const char *name,
                     const uint8_t *frame, size_t len)
{
    struct leg_isdn *l = call ? isdn_call_owner(call) : NULL;

    (void)arg;
    (void)frame;
    (void)len;
    if (l)
        gw_call_note(&l->leg, sent, "%s", name);
}

const struct isdn_span_ops gw_leg_isdn_span_ops = {
    .setup = on_setup,
    .event = on_event,
    .trace = on_trace,
};
