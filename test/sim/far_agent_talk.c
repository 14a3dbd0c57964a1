/* What the agent does with a call that is answered: it holds it by the mode of its connection (RFC
 * 3435 2.3.5), or digits pass: those that it signals sound on the line, of those that the line
 * dials it is told (package D of RFC 3660), of each at once or by a digit map.
 *
 * What has to be so: while a call is held sound comes where its mode lets it pass, and else none.
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"
#include "test/sim/far_voice.h"

#include <stdio.h>

/** From the answer to the first digit, and from each to the next. */
#define FIRST (1000 * RT_MS)
#define EACH  (400 * RT_MS)
/** A command is on its way: it is tried again. */
#define AGAIN (100 * RT_MS)
/** Packets of sound that are still on their way. */
#define LATE 8
/** Between two packets; half of them are enough. */
#define PACE (40 * RT_MS)

void far_agent_on_act(void *arg)
{
    struct far_agent_channel *ch = arg;

    if (ch->phase != FAR_AGENT_TALKS || !ch->c)
        return;
    if (ch->asks) /* an audit must not find what is just being changed */
        rt_timer_start(&ch->act, AGAIN);
    else
        ch->acts(ch);
}

void far_agent_act(struct far_agent_channel *ch, rt_time d,
                   void (*acts)(struct far_agent_channel *))
{
    ch->acts = acts;
    rt_timer_start(&ch->act, d);
}

static bool refused(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if ((m && m->code < 300) || far_agent_glare(ch, m))
        return false;
    if (far_agent_quiet(ch->own, 120 * RT_S))
        far_agent_wrong(ch->own, "channel %u: a digit is refused with %u", ch->timeslot,
                        m ? m->code : 0);
    return true;
}

/* ---- on hold ---- */

/** The gateway sends us what the line says. */
static bool we_hear(const char *mode)
{
    return strncmp(mode, "send", 4) == 0;
}

static void check_held(struct far_agent_channel *ch)
{
    rt_time d = rt_now() - ch->held;
    unsigned n = ch->heard - ch->heard_then, least = (unsigned)(d / PACE);

    if (ch->held == 0 || !far_agent_quiet(ch->own, d + 10 * RT_S))
        return;
    if (we_hear(ch->mode) ? n + LATE < least : n > LATE)
        far_agent_wrong(ch->own, "channel %u: %u packets came in %d ms of %s", ch->timeslot, n,
                        (int)(d / RT_MS), ch->mode);
}

static void on_retrieved(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (far_agent_modified(ch, m) && ch->phase == FAR_AGENT_TALKS)
        far_agent_speak(ch);
}

static void retrieve(struct far_agent_channel *ch)
{
    check_held(ch);
    ch->held = 0;
    rt_timer_stop(&ch->speaks);
    far_agent_set_mode(ch, "sendrecv", on_retrieved);
}

static void on_held(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (!far_agent_modified(ch, m))
        return;
    ch->held = rt_now();
    ch->heard_then = ch->heard;
}

static void hold(struct far_agent_channel *ch)
{
    static const char *const modes[] = {"inactive", "sendonly", "recvonly"};
    const char *mode = modes[sim_chance(ch->c, 43, RT_COUNT(modes))];

    ch->held = 0;
    if (strcmp(mode, "recvonly") != 0)
        rt_timer_stop(&ch->speaks); /* nobody would hear it */
    far_agent_set_mode(ch, mode, on_held);
    far_agent_act(ch, ch->c->op->call.hold * RT_MS, retrieve);
}

/* ---- digits ---- */

static void on_dialled(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    (void)refused(ch, m);
}

static void dial(struct far_agent_channel *ch)
{
    const struct sim_script *s = &ch->c->op->call;
    struct sim_seen *seen = far_agent_seen(ch);
    char digit = far_digit(ch->c->op->id, ch->ndigits), signal[] = {'D', '/', digit, '\0'};

    if (!seen)
        return;
    far_agent_request(ch, signal, on_dialled);
    far_digit_add(seen->digits, digit);
    seen->dialled = rt_now();
    if (++ch->ndigits < s->digits)
        far_agent_act(ch, EACH, dial);
}

const char *far_agent_digits(const struct far_agent_channel *ch, const char **map)
{
    if (!ch->c || ch->caller || ch->c->op->call.digits == 0)
        return "";
    if (sim_chance(ch->c, 44, 2) == 0)
        return ",D/[0-9*#](N)";
    *map = "D: ([0-9*#][0-9*#]|[0-9*#]T)\r\n";
    return ",D/[0-9*#T](D)";
}

void far_agent_heard(struct far_agent_channel *ch, char digit)
{
    struct sim_seen *seen = ch->caller ? NULL : far_agent_seen(ch);

    if (digit != 'T' && far_agent_has_lines(ch->own) && ch->phase != FAR_AGENT_RINGS &&
        ch->phase != FAR_AGENT_TALKS)
        far_agent_hook_dialled(ch, digit);
    else if (seen && digit != 'T')
        far_digit_add(seen->digits, digit);
}

void far_agent_talk(struct far_agent_channel *ch)
{
    const struct sim_script *s = &ch->c->op->call;

    ch->held = 0;
    ch->ndigits = 0;
    bool line_holds = far_agent_has_lines(ch->own) && !ch->caller;
    if (s->hold > 0 && !line_holds)
        far_agent_act(ch, s->hold * RT_MS, hold);
    else if (s->digits > 0 && ch->caller)
        far_agent_act(ch, FIRST, dial);
    else if (s->hold == 0 && s->digits == 0 && s->talk > 3000 && sim_chance(ch->c, 45, 3) == 0)
        far_agent_act(ch, FIRST, far_agent_tone_play);
}
