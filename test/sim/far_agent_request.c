/* What the agent asks a channel to tell, and to play, and whether it is told just that (RFC 3435
 * 2.3.3, 2.3.4, 4.4.1).
 *
 * What has to be so: a notification is of the request in force, one alone where that said "step";
 * it has what was asked for, and hooks, which are told unasked (persistent events).
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <stdio.h>
#include <stdlib.h>

#define TRUNK_EVENTS "MS/sup(N),MS/inf(N),MS/ans(N),MS/rel(N),MS/rlc(N)"
/** How signals end, where it is asked for. */
#define ENDS "L/oc(N),L/of(N),G/oc(N),G/of(N)"
/** Numbers as the gateway gives them: national, or international ones. */
#define NUMBERS "(3xxxxxxxx|00xxxxxxxxxxx)"

/** Between two looks at whether a command is answered. */
#define AGAIN (20 * RT_MS)

/** The request's own chance: two runs have the same. */
static unsigned chance(const struct far_agent_channel *ch, unsigned salt, unsigned n)
{
    uint64_t own = sim_mix(ch->own->far->variety, ch->own->lives);

    return (unsigned)(sim_mix(own, sim_mix(ch->requests * 100 + ch->timeslot, salt)) % n);
}

static struct far_agent_request *request_at(struct far_agent_channel *ch, unsigned n)
{
    return &ch->request[n % RT_COUNT(ch->request)];
}

static struct far_agent_request *request_of(struct far_agent_channel *ch, unsigned id)
{
    for (size_t i = 0; i < RT_COUNT(ch->request); i++)
        if (ch->request[i].id == id)
            return &ch->request[i];
    return NULL;
}

/* ---- asking ---- */

/** Digits of a telephone are told one by one, or by a map; the hook in words, or unasked. */
static void put_line_events(struct rt_buf *out, struct far_agent_channel *ch, bool plain)
{
    const char *map = "", *digits = far_agent_digits(ch, &map);

    if (!digits[0] && !ch->number[0] && chance(ch, 2, 2)) { /* a map has the whole number */
        digits = ",D/[0-9*#T](D)";
        map = "D: " NUMBERS "\r\n";
    }
    rt_buf_puts(out, "R: " ENDS);
    if (!plain && chance(ch, 3, 3) > 0)
        rt_buf_puts(out, ch->lifted ? ",L/hu(N),L/hf(N)" : ",L/hd(N)");
    rt_buf_printf(out, "%s\r\n%s", digits[0] ? digits : ",D/[0-9*#](N)", map);
}

static void put_trunk_events(struct rt_buf *out, const struct far_agent_channel *ch)
{
    const char *map = "", *digits = far_agent_digits(ch, &map);

    rt_buf_printf(out, "R: " TRUNK_EVENTS ",G/oc(N)%s\r\n%s", digits, map);
}

unsigned far_agent_request_id(struct far_agent_channel *ch)
{
    /* it says whose request it is */
    unsigned id = ++ch->requests * 100 + ch->timeslot;

    *request_at(ch, ch->requests) = (struct far_agent_request){.id = id};
    ch->asking = id;
    far_agent_tone_stopped(ch); /* what is not named again ends */
    return id;
}

void far_agent_put_request(struct rt_buf *out, struct far_agent_channel *ch, const char *signal,
                           bool plain)
{
    bool lines = far_agent_has_lines(ch->own);

    rt_buf_printf(out, "X: %x\r\n", far_agent_request_id(ch));
    bool step = lines && chance(ch, 1, 4) == 0;
    request_at(ch, ch->requests)->step = step;
    if (lines)
        put_line_events(out, ch, plain);
    else
        put_trunk_events(out, ch);
    rt_buf_printf(out, "Q: %s\r\n", step ? "step" : "loop");
    if (signal)
        rt_buf_printf(out, "S: %s\r\n", signal);
}

static void ask(struct far_agent_channel *ch, const char *signal, bool plain, far_agent_done *done)
{
    struct rt_buf lines = {0};

    far_agent_put_request(&lines, ch, signal, plain);
    far_agent_ask(ch, MGCP_RQNT, lines.p, NULL, done);
    rt_buf_release(&lines);
}

bool far_agent_glare(const struct far_agent_channel *ch, const struct mgcp_message *m)
{
    return m && far_agent_has_lines(ch->own) && (m->code == 401 || m->code == 402);
}

/** The hook has moved meanwhile: it is told of that all the same (4.4.2). */
static void on_asked(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (far_agent_glare(ch, m))
        ask(ch, NULL, true, NULL);
    else if (m && m->code >= 300 && far_agent_quiet(ch->own, 120 * RT_S))
        far_agent_wrong(ch->own, "channel %u: a request is refused: %.*s", ch->timeslot,
                        RT_STR(m->raw));
}

void far_agent_request(struct far_agent_channel *ch, const char *signal, far_agent_done *done)
{
    ask(ch, signal, false, done ? done : on_asked);
}

/* ---- being told ---- */

static unsigned read_id(struct rt_str text)
{
    char id[12];

    return rt_str_copy(id, sizeof id, text) ? (unsigned)strtoul(id, NULL, 16) : 0;
}

/** Nothing was lost, late or forgotten, so that both know of the same requests. */
static bool certain(const struct far_agent_channel *ch)
{
    return ch->starts == ch->own->far->sim->starts && ch->phase != FAR_AGENT_RESETS &&
           ch->phase != FAR_AGENT_OUT && far_agent_quiet(ch->own, 120 * RT_S) &&
           !far_agent_starved(ch->own);
}

/** Those before the one that was taken last are over. */
static bool is_over(const struct far_agent_channel *ch, unsigned id)
{
    return id < ch->in_force;
}

void far_agent_answered_request(struct far_agent_channel *ch, unsigned id, bool taken)
{
    if (taken && id > ch->in_force)
        ch->in_force = id;
    far_agent_go_on(ch);
}

void far_agent_check_told(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    unsigned id = read_id(mgcp_value(m, MGCP_P_X));
    struct far_agent_request *r = id ? request_of(ch, id) : NULL;

    ch->told++;
    ch->told_by = id;
    if (id != 0 && id % 100 != ch->timeslot) /* 0: what is told unasked */
        far_agent_wrong(ch->own, "channel %u is notified of a request that it never had: %.*s",
                        ch->timeslot, RT_STR(m->raw));
    if (r)
        r->told++;
    if (!certain(ch))
        return;
    if (is_over(ch, id))
        far_agent_wrong(ch->own, "channel %u has request %x, and is told of %x: %.*s", ch->timeslot,
                        ch->in_force, id, RT_STR(m->raw));
    else if (r && r->step && r->told > 1)
        far_agent_wrong(ch->own, "channel %u: step, and told again: %.*s", ch->timeslot,
                        RT_STR(m->raw));
}

/** The gateway waits for the next request: it has told of the one in force. */
static bool waits(struct far_agent_channel *ch)
{
    const struct far_agent_request *r = request_of(ch, ch->in_force);

    return r && r->step && r->told > 0;
}

void far_agent_on_go_on(void *arg)
{
    struct far_agent_channel *ch = arg;

    if (ch->asks) /* which may be that */
        rt_timer_start(&ch->go_on, AGAIN);
    else if (waits(ch))
        far_agent_request(ch, NULL, NULL);
}

void far_agent_go_on(struct far_agent_channel *ch)
{
    if (waits(ch))
        rt_timer_start(&ch->go_on, (rt_time)chance(ch, 4, 2) * chance(ch, 5, 300) * RT_MS);
}
