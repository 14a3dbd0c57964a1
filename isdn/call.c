/* A call's life, its timers (Q.931 table 9-1: those libpri declares and does not run), and its end.
 */
#include "isdn/isdn_priv.h"

#include <stdlib.h>
#include <utlist.h>

const char *isdn_event_name(enum isdn_event_type t)
{
    static const char *const names[] = {
        [ISDN_EV_SETUP_ACK] = "setup-ack", [ISDN_EV_INFORMATION] = "information",
        [ISDN_EV_COMPLETE] = "complete",   [ISDN_EV_PROCEEDING] = "proceeding",
        [ISDN_EV_ALERTING] = "alerting",   [ISDN_EV_PROGRESS] = "progress",
        [ISDN_EV_CONNECT] = "connect",     [ISDN_EV_CONNECT_ACK] = "connect-ack",
        [ISDN_EV_NOTIFY] = "notify",       [ISDN_EV_DISCONNECT] = "disconnect",
        [ISDN_EV_RELEASED] = "released",   [ISDN_EV_HOLD] = "hold",
        [ISDN_EV_RETRIEVE] = "retrieve",   [ISDN_EV_HELD] = "held",
        [ISDN_EV_IDENTITY] = "identity",   [ISDN_EV_DIVERTED] = "diverted",
        [ISDN_EV_KEYPAD] = "keypad",       [ISDN_EV_AOC] = "aoc",
        [ISDN_EV_MCID] = "mcid",           [ISDN_EV_DEFLECT] = "deflect",
        [ISDN_EV_TRANSFER] = "transfer",
    };
    return names[t];
}

/* ---- made, found, freed ---- */

static void on_timer(void *arg);
static void on_gone(void *arg);

/** Fifteen bits of call reference; libpri gives them in two parts. */
static unsigned reference_of(struct isdn_link *l, q931_call *q931)
{
    int mode = 0;
    int value = pri_get_crv(l->pri, q931, &mode);

    return (unsigned)value << 3 | (unsigned)mode;
}

static struct isdn_call **place_of(const struct isdn_link *l, unsigned reference)
{
    return &l->group->by_reference[reference % ISDN_REFERENCES];
}

struct isdn_call *isdn_call_new(struct isdn_link *l, q931_call *q931, bool outgoing)
{
    struct isdn_call *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->span = l->span;
    c->link = l;
    c->q931 = q931;
    c->outgoing = outgoing;
    c->reference = reference_of(l, q931);
    c->state = outgoing ? CALL_SETUP : CALL_PRESENT;
    c->known = outgoing;
    rt_timer_init(&c->timer, l->span->loop, on_timer, c);
    rt_defer_init(&c->gone, l->span->loop, on_gone, c);
    isdn_service_init(c);
    isdn_audit_init(c);
    DL_APPEND(l->group->calls, c);
    LL_APPEND2(*place_of(l, c->reference), c, beside);
    l->group->ncalls++;
    isdn_watch_start(l->group);
    return c;
}

void isdn_call_free(struct isdn_call *c)
{
    rt_timer_stop(&c->timer);
    isdn_audit_stop(c);
    isdn_crowded_stop(c);
    rt_defer_stop(&c->gone);
    isdn_service_free(c);
    isdn_puts_free(&c->puts);
    free(c->due);
    DL_DELETE(c->link->group->calls, c);
    LL_DELETE2(*place_of(c->link, c->reference), c, beside);
    c->link->group->ncalls--;
    free(c);
}

struct isdn_call *isdn_call_find(const struct isdn_link *l, const q931_call *q931)
{
    struct isdn_call *c = l->group->calls;

    while (c && c->q931 != q931)
        c = c->next;
    return c;
}

/** `tei` 0: of any terminal. */
static struct isdn_call *find(const struct isdn_link *l, unsigned reference, bool outgoing,
                              uint8_t tei)
{
    struct isdn_call *c = *place_of(l, reference);

    while (c && (c->reference != reference || c->outgoing != outgoing || c->state == CALL_GONE ||
                 (tei && c->tei && c->tei != tei)))
        c = c->beside;
    return c;
}

struct isdn_call *isdn_call_by_reference(const struct isdn_link *l, unsigned reference,
                                         bool outgoing)
{
    return find(l, reference, outgoing, 0);
}

struct isdn_call *isdn_call_of(const struct isdn_link *l, const struct q931_view *v, bool sent)
{
    return find(l, v->reference, v->from_origin == sent, v->tei);
}

bool isdn_call_alive(const struct isdn_call *c)
{
    return c->q931 && pri_get_crv(c->link->pri, c->q931, NULL) >= 0;
}

void isdn_call_own(struct isdn_call *c, void *call_arg)
{
    c->arg = call_arg;
}

void *isdn_call_owner(const struct isdn_call *c)
{
    return c->arg;
}

unsigned isdn_call_channel(const struct isdn_call *c)
{
    return c->channel;
}

struct isdn_span *isdn_call_span(const struct isdn_call *c)
{
    return c->span;
}

/* ---- timers ---- */

void isdn_call_start_timer(struct isdn_call *c, enum isdn_timer t)
{
    c->running = t;
    rt_timer_start(&c->timer, c->span->timers[t]);
}

void isdn_call_stop_timer(struct isdn_call *c)
{
    rt_timer_stop(&c->timer);
}

/** T302: no more digits for now; what it means is the owner's to decide. */
static void t302(struct isdn_call *c)
{
    isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_COMPLETE});
}

/** T306: the tones have been heard long enough, on whichever side of them we are. */
static void t306(struct isdn_call *c)
{
    if (c->state == CALL_TONES) {
        c->heard = (struct isdn_cause){c->cause, c->location, true, "T306"};
        isdn_call_release(c, c->cause, c->location);
    } else {
        isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_DISCONNECT, .cause = c->heard});
    }
}

static const struct {
    const char *name;
    uint8_t cause;                   /**< ends the call */
    void (*act)(struct isdn_call *); /**< or does this */
} timers[ISDN_T313 + 1] = {
    [ISDN_T301] = {"T301", PRI_CAUSE_NO_ANSWER, NULL},
    [ISDN_T302] = {"T302", 0, t302},
    [ISDN_T304] = {"T304", PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE, NULL},
    [ISDN_T306] = {"T306", 0, t306},
    [ISDN_T310] = {"T310", PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE, NULL},
    [ISDN_T313] = {"T313", PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE, NULL},
};

static void on_timer(void *arg)
{
    struct isdn_call *c = arg;

    rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    rt_log(RT_LOG_ISDN, RT_INFO, "%s/%u: %s expired", c->span->name, c->channel,
           timers[c->running].name);
    if (timers[c->running].act)
        timers[c->running].act(c);
    else
        isdn_call_fail(c, timers[c->running].cause, timers[c->running].name);
}

/* ---- telling ---- */

void isdn_call_tell(struct isdn_call *c, const struct isdn_event *ev)
{
    c->span->ops.event(c->span->arg, c, c->arg, ev);
}

void isdn_call_fail(struct isdn_call *c, uint8_t cause, const char *timer)
{
    struct isdn_event ev = {.type = ISDN_EV_DISCONNECT,
                            .channel = c->channel,
                            .cause = {.value = cause, .local = true, .timer = timer}};

    isdn_call_stop_timer(c);
    c->heard = ev.cause;
    isdn_call_tell(c, &ev);
    isdn_call_release(c, cause, 0); /* the owner has; if not, it is done here */
}

static void on_gone(void *arg)
{
    struct isdn_call *c = arg;
    struct isdn_event ev = c->last;

    if (c->known)
        isdn_call_tell(c, &ev);
    isdn_call_free(c);
}

/** What its last message says outlives it: the message may have to be repeated. */
static void say_farewell(struct isdn_call *c)
{
    struct isdn_link *l = c->link;
    struct isdn_farewell *bye = &l->farewell[l->nfarewells++ % ISDN_FAREWELLS];

    isdn_puts_free(&bye->puts);
    *bye = (struct isdn_farewell){c->reference, c->outgoing, c->cause, c->location, c->puts};
    c->puts = NULL;
}

void isdn_call_over(struct isdn_call *c, const struct isdn_cause *cause)
{
    if (c->state == CALL_GONE)
        return;
    isdn_call_stop_timer(c);
    isdn_audit_stop(c);
    isdn_crowded_stop(c);
    if (c->cause)
        say_farewell(c);
    c->state = CALL_GONE;
    c->q931 = NULL;
    c->last.type = ISDN_EV_RELEASED;
    c->last.channel = c->channel;
    c->last.cause = *cause;
    rt_defer_start(&c->gone);
}

void isdn_call_lost(struct isdn_call *c, const struct isdn_cause *cause)
{
    isdn_channel_give(c, false);
    isdn_call_over(c, cause);
}
