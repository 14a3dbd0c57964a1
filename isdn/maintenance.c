/* Channels out of service: who blocked them, and the SERVICE messages of the variants that tell the
 * far end so (one at a time, as its answer names nothing but the channel).
 *
 * libpri acknowledges what comes and keeps no state of channels; it repeats nothing. A far end that
 * does not answer is not asked on: it does not speak SERVICE.
 */
#include "isdn/ie_channel.h"
#include "isdn/isdn_priv.h"

#include <errno.h>

#define IN_SERVICE     0
#define MAINTENANCE    1
#define OUT_OF_SERVICE 2

#define ANSWER (4 * RT_S)
#define TRIES  2

/* Discriminators of the messages, and where they stand in an I frame */
#define MAINTENANCE_ATT 0x03
#define MAINTENANCE_NI2 0x43
#define I_HEADER        4
#define SERVICE_A       0x07 /* NI-2: SERVICE; others: its acknowledgement */
#define SERVICE_B       0x0f

static bool speaks(const struct isdn_span *s)
{
    return s->variant->features & ISDN_F_SERVICE;
}

/* ---- telling ---- */

static int status_of(const struct isdn_channel *ch)
{
    bool near = ch->blocked & (ISDN_BY_OPERATOR | ISDN_BY_BUSY_OUT);

    return near && !(ch->draining && ch->call) ? OUT_OF_SERVICE : IN_SERVICE;
}

static void send_service(struct isdn_span *s, struct isdn_link *l)
{
    rt_count(&isdn_counters[ISDN_SERVICES]);
    rt_timer_start(&s->service, ANSWER);
    pri_maintenance_service(l->pri, (int)s->cfg.interface, (int)s->telling,
                            status_of(&s->channel[s->telling]));
    isdn_dchan_poke(l);
}

/** libpri leaves interface 0 out, and so means the one with the D channel. */
static bool can_name(const struct isdn_span *s, const struct isdn_link *l)
{
    return s->cfg.interface > 0 || l->span == s;
}

static void next(struct isdn_span *s)
{
    struct isdn_link *l = isdn_group_link(s->group);

    if (s->telling || s->to_tell == 0 || !l || !can_name(s, l))
        return;
    s->telling = (unsigned)__builtin_ctz(s->to_tell);
    s->to_tell &= s->to_tell - 1;
    s->tell_tries = 1;
    send_service(s, l);
}

void isdn_maint_tell(struct isdn_span *s, unsigned t)
{
    if (!speaks(s))
        return;
    s->to_tell |= 1u << t;
    next(s);
}

static void stop(struct isdn_span *s)
{
    rt_timer_stop(&s->service);
    s->telling = 0;
}

void isdn_maint_resume(struct isdn_span *s, bool first)
{
    if (!speaks(s))
        return;
    if (s->telling)
        s->to_tell |= 1u << s->telling;
    stop(s);
    for (unsigned t = 1; first && t < ISDN_TIMESLOTS; t++)
        if (isdn_channel_is_bearer(s, t))
            s->to_tell |= 1u << t;
    next(s);
}

void isdn_maint_acked(struct isdn_link *l, int code)
{
    unsigned t;
    struct isdn_span *s = isdn_channel_span(l, code, &t);

    if (!s || t != s->telling)
        return;
    stop(s);
    next(s);
}

void isdn_maint_timeout(void *arg)
{
    struct isdn_span *s = arg;
    struct isdn_link *l = isdn_group_link(s->group);

    rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    if (l && s->tell_tries++ < TRIES) {
        send_service(s, l);
        return;
    }
    if (l) {
        rt_count(&isdn_counters[ISDN_SERVICES_UNANSWERED]);
        rt_log(RT_LOG_ISDN, RT_WARN, "%s: channel %u: no answer to SERVICE", s->name, s->telling);
        s->to_tell = 0;
    }
    stop(s);
}

/* ---- hearing ---- */

static void far(struct isdn_span *s, unsigned t, int status)
{
    struct isdn_channel *ch = &s->channel[t];
    uint8_t before = ch->blocked;

    if (status == IN_SERVICE)
        ch->blocked &= (uint8_t)~ISDN_BY_FAR_END;
    else if (status == OUT_OF_SERVICE || status == MAINTENANCE)
        ch->blocked |= ISDN_BY_FAR_END;
    if (ch->blocked != before)
        rt_log(RT_LOG_ISDN, RT_NOTICE, "%s: channel %u %s by the far end", s->name, t,
               status == IN_SERVICE ? "freed" : "blocked");
}

void isdn_maint_received(struct isdn_link *l, int code, int status)
{
    unsigned t;
    struct isdn_span *s = isdn_channel_span(l, code, &t);

    rt_count(&isdn_counters[ISDN_SERVICES]);
    if (s && isdn_channel_is_bearer(s, t))
        far(s, t, status);
}

/** Where the elements of SERVICE or of its acknowledgement begin; 0: it is neither, or it has a
 * call reference of its own, of which libpri would make a call. */
static size_t elements_of(const uint8_t *frame, size_t len)
{
    const uint8_t *p = frame + I_HEADER; /* discriminator, length of the reference, reference */

    if (len < I_HEADER + 5 || (frame[2] & 1) ||
        (p[0] != MAINTENANCE_ATT && p[0] != MAINTENANCE_NI2) || p[1] < 1 || p[1] > 2)
        return 0;
    uint8_t type = p[2 + p[1]];
    if ((p[2] & 0x7f) != 0 || (p[1] == 2 && p[3] != 0) || (type != SERVICE_A && type != SERVICE_B))
        return 0;
    return I_HEADER + 3u + p[1];
}

/** libpri reads elements further than they go. */
static bool sound(const struct isdn_ie *ie)
{
    struct isdn_ie_channel c;

    return ie->key == ISDN_IE_CHANNEL ? isdn_ie_read_channel(&c, ie) == 0 : ie->len > 0;
}

bool isdn_maint_frame(const uint8_t *frame, size_t len)
{
    size_t first = elements_of(frame, len);
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    if (first == 0)
        return false;
    isdn_ie_begin_bare(&it, frame + first, len - first);
    while (isdn_ie_next(&it, &ie))
        if (!sound(&ie))
            return false;
    return !it.broken;
}

/** The interface that the message names, or the one with the D channel. */
static struct isdn_span *interface_of(const struct isdn_link *l, const struct isdn_frame *f)
{
    size_t first = elements_of(f->octets, f->len);
    struct isdn_ie_channel c = {.interface_len = 0};
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    isdn_ie_begin_bare(&it, f->octets + first, f->len - first);
    while (isdn_ie_next(&it, &ie))
        if (ie.key == ISDN_IE_CHANNEL && isdn_ie_read_channel(&c, &ie) != 0)
            c.interface_len = 0;
    return isdn_channel_interface(l, &c);
}

bool isdn_maint_interface(struct isdn_link *l, bool in_service)
{
    if (!l->frame || !isdn_maint_frame(l->frame->octets, l->frame->len))
        return false;
    struct isdn_span *s = interface_of(l, l->frame);

    rt_count(&isdn_counters[ISDN_SERVICES]);
    for (unsigned t = 1; s && t < ISDN_TIMESLOTS; t++)
        if (isdn_channel_is_bearer(s, t))
            far(s, t, in_service ? IN_SERVICE : OUT_OF_SERVICE);
    return true;
}

/* ---- blocking ---- */

static void set(struct isdn_span *s, unsigned t, enum isdn_blocking who, bool on, bool drain)
{
    struct isdn_channel *ch = &s->channel[t];
    int before = status_of(ch);

    ch->blocked = (uint8_t)(on ? ch->blocked | who : ch->blocked & ~(unsigned)who);
    ch->draining = on && drain && ch->call;
    if (status_of(ch) != before)
        isdn_maint_tell(s, t);
}

int isdn_channel_block(struct isdn_span *s, unsigned t, bool blocked)
{
    if (!isdn_channel_is_bearer(s, t))
        return EINVAL;
    set(s, t, ISDN_BY_OPERATOR, blocked, false);
    return 0;
}

int isdn_channel_drain(struct isdn_span *s, unsigned t)
{
    if (!isdn_channel_is_bearer(s, t))
        return EINVAL;
    set(s, t, ISDN_BY_OPERATOR, true, true);
    return 0;
}

void isdn_span_busy_out(struct isdn_span *s, bool out)
{
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if (isdn_channel_is_bearer(s, t))
            set(s, t, ISDN_BY_BUSY_OUT, out, false);
}

/* ---- for the operator ---- */

int isdn_channel_status(const struct isdn_span *s, unsigned t, struct isdn_channel_status *out)
{
    if (t >= ISDN_TIMESLOTS || s->channel[t].state == ISDN_CH_NONE)
        return EINVAL;
    const struct isdn_channel *ch = &s->channel[t];

    *out = (struct isdn_channel_status){.state = ch->state,
                                        .blocked = ch->blocked,
                                        .draining = ch->draining && ch->call,
                                        .since = ch->since};
    if (ch->call)
        out->call_state = isdn_call_deadline(ch->call, &out->timer, &out->due);
    if (s->restarting == t && t != 0) {
        out->timer = "t316";
        out->due = s->t316.due;
    }
    return 0;
}
