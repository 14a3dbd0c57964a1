/* Sound on the channels of a span's far end: of calls that have digits in them, the caller's tones
 * and the called side's ear. All others cost nothing.
 */
#include "test/sim/far_span.h"

#include <stdlib.h>
#include <utlist.h>

/** From the answer to the first digit, and from each to the next. */
#define FIRST (1000 * RT_MS)
#define EACH  (400 * RT_MS)

static void dial(void *arg)
{
    struct far_span_leg *l = arg;
    const struct sim_script *s = &l->c->op->call;
    struct sim_seen *seen = far_span_seen(l);
    char digit = far_digit(l->c->op->id, l->ndigits);

    if (!seen || l->releasing || isdn_call_channel(l->call) == 0)
        return;
    far_voice_dial(l->voice, digit);
    far_digit_add(seen->digits, digit);
    seen->dialled = rt_now();
    if (++l->ndigits < s->digits)
        rt_timer_start(&l->dial, EACH);
}

void far_span_speak(struct far_span_leg *l)
{
    struct far_span_kind k;

    far_span_kind(&k, l->own->far);
    if (l->c->op->call.digits == 0 || l->voice)
        return;
    l->voice = far_voice_new(k.rate == ISDN_E1 ? G711_A : G711_MU);
    if (!l->voice || !l->caller)
        return;
    rt_timer_init(&l->dial, l->own->far->sim->loop, dial, l);
    rt_timer_start(&l->dial, FIRST);
}

void far_span_mute(struct far_span_leg *l)
{
    rt_timer_stop(&l->dial);
    far_voice_free(l->voice);
    l->voice = NULL;
}

static void take_heard(struct far_span_leg *l)
{
    struct sim_seen *seen = l->caller ? NULL : far_span_seen(l);

    for (const char *d = l->voice->heard; seen && *d; d++)
        far_digit_add(seen->digits, *d);
    l->voice->heard[0] = '\0';
}

void far_span_tdm(void *arg, struct isdn_block *b)
{
    struct far_span *own = arg;
    struct far_span_leg *l;

    b->used = 0;
    DL_FOREACH(own->legs, l)
    {
        unsigned ts = l->voice && !l->releasing ? isdn_call_channel(l->call) : 0;
        if (ts == 0)
            continue;
        b->used |= 1u << ts;
        far_voice_say(l->voice, b->tx[ts], b->frames);
        far_voice_hear(l->voice, b->rx[ts], b->frames);
        take_heard(l);
    }
}
