/* Signals that end by themselves (RFC 3435 2.1.7, 3.2.2.4): for as long as `to` says, and then an
 * event says so, unless an event or another request has ended them before.
 *
 * What has to be so: oc comes once, of the signal that was asked for, when its time is over.
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <stdio.h>

/** Between the end and the word of it, at the most. */
#define SLACK (500 * RT_MS)

static bool certain(const struct far_agent_channel *ch, rt_time back)
{
    return ch->starts == ch->own->far->sim->starts && far_agent_quiet(ch->own, back + 10 * RT_S) &&
           !far_agent_starved(ch->own);
}

void far_agent_tone_begins(struct far_agent_channel *ch, const char *name, unsigned ms)
{
    rt_str_copy(ch->tone.name, sizeof ch->tone.name, rt_str(name));
    ch->tone.began = rt_now();
    ch->tone.lasts = ms * RT_MS;
    ch->tone.stopped = 0;
    rt_timer_start(&ch->tone.overdue, ch->tone.lasts + SLACK);
}

void far_agent_tone_stopped(struct far_agent_channel *ch)
{
    if (ch->tone.name[0] && !ch->tone.stopped)
        ch->tone.stopped = rt_now();
    rt_timer_stop(&ch->tone.overdue);
}

void far_agent_on_overdue(void *arg)
{
    struct far_agent_channel *ch = arg;

    if (certain(ch, ch->tone.lasts))
        far_agent_wrong(ch->own, "channel %u: %s was to end after %d ms, and nothing says so",
                        ch->timeslot, ch->tone.name, (int)(ch->tone.lasts / RT_MS));
    ch->tone.name[0] = '\0';
}

/** NULL, or what is wrong with its end just now. */
static const char *wrong_end(const struct far_agent_channel *ch, struct rt_str name)
{
    rt_time late = rt_now() - ch->tone.began - ch->tone.lasts;

    if (!ch->tone.name[0] || !rt_str_caseeq(name, ch->tone.name))
        return "which nobody waits for";
    if (late > SLACK || late < -SLACK)
        return "at another time than was asked for";
    if (ch->tone.stopped && rt_now() > ch->tone.stopped + SLACK)
        return "though it was stopped";
    return NULL;
}

void far_agent_tone_ended(struct far_agent_channel *ch, struct rt_str name)
{
    const char *wrong = wrong_end(ch, name);

    if (wrong && certain(ch, ch->tone.lasts + 60 * RT_S))
        far_agent_wrong(ch->own, "channel %u: %.*s ends, %s: %d ms of %d", ch->timeslot,
                        RT_STR(name), wrong, (int)((rt_now() - ch->tone.began) / RT_MS),
                        (int)(ch->tone.lasts / RT_MS));
    rt_timer_stop(&ch->tone.overdue);
    ch->tone.name[0] = '\0';
}

/* ---- in a talk ---- */

static void on_plays(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (m && m->code < 300)
        far_agent_tone_begins(ch, "G/cg", ch->tone_lasts);
    else if (m && m->code >= 300 && !far_agent_glare(ch, m) && far_agent_quiet(ch->own, 120 * RT_S))
        far_agent_wrong(ch->own, "channel %u: a tone is refused: %.*s", ch->timeslot,
                        RT_STR(m->raw));
}

static void stop(struct far_agent_channel *ch)
{
    far_agent_request(ch, NULL, NULL);
}

void far_agent_tone_play(struct far_agent_channel *ch)
{
    char signal[32];

    ch->tone_lasts = 300 + sim_chance(ch->c, 47, 5000);
    snprintf(signal, sizeof signal, "G/cg(to=%u)", ch->tone_lasts);
    far_agent_request(ch, signal, on_plays);
    if (sim_chance(ch->c, 48, 3) == 0) /* some are stopped before, and say nothing */
        far_agent_act(ch, (rt_time)(ch->tone_lasts / 2) * RT_MS, stop);
}
