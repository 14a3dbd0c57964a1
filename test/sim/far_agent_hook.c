/* Calls of an agent whose line has telephones (RFC 3660 2.4, package L): the hook says when one
 * begins and ends, digits follow it, ringing calls it, and a connection that is heard both ways is
 * the answer. A hook has no causes: who refuses hangs up.
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <stdio.h>

#define OFFERED (60 * RT_S)
/** Time that L/osi takes from the line (RFC 3660 2.4). */
#define OSI 900

bool far_agent_has_lines(const struct far_agent *own)
{
    return sim_far_has_lines(own->far);
}

/** An event that was lost for want of memory is missed when the next one comes. */
#define MISSED (300 * RT_S)

/** What both know is not short of anything that faults cost. */
static bool certain(const struct far_agent_channel *ch)
{
    return ch->phase != FAR_AGENT_RESETS && ch->phase != FAR_AGENT_OUT &&
           ch->starts == ch->own->far->sim->starts && far_agent_quiet(ch->own, MISSED);
}

/* ---- the line calls ---- */

/** Nine digits, or eleven with the country's code; zeros before them are left out. */
static bool is_whole(const char *digits)
{
    return strlen(digits) >= (strncmp(digits, "49", 2) == 0 ? 11u : 9u);
}

static void look_at_number(struct far_agent_channel *ch)
{
    char number[32];

    if (ch->phase != FAR_AGENT_OFFERED || !is_whole(ch->number))
        return;
    snprintf(number, sizeof number, "%s%s", strncmp(ch->number, "49", 2) == 0 ? "+" : "+49",
             ch->number);
    ch->number[0] = '\0';
    far_agent_offered(ch, rt_str(number));
}

void far_agent_hook_dialled(struct far_agent_channel *ch, char digit)
{
    size_t n = strlen(ch->number);

    if (n + 1 < sizeof ch->number && (n > 0 || digit != '0')) {
        ch->number[n] = digit;
        ch->number[n + 1] = '\0';
    }
    look_at_number(ch);
}

static void offered(struct far_agent_channel *ch)
{
    ch->cleared = ch->released = false;
    far_agent_phase(ch, FAR_AGENT_OFFERED, OFFERED);
    look_at_number(ch);
}

void far_agent_hook_free(struct far_agent_channel *ch)
{
    if (ch->lifted)
        offered(ch); /* it called while the last call was put away */
    else
        far_agent_request(ch, NULL, NULL);
}

/* ---- the agent calls ---- */

static void on_rings(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (m && m->code < 300 && ch->ring_lasts > 0 && ch->phase == FAR_AGENT_CALLS && !ch->lifted)
        far_agent_tone_begins(ch, "L/rg", ch->ring_lasts);
    far_agent_seized(ch, m);
}

/** Who gives up after a while may have the ringing end by itself. */
static unsigned ring_time(const struct far_agent_channel *ch)
{
    unsigned most = ch->c->op->call.give_up, past = (unsigned)((rt_now() - ch->placed) / RT_MS);

    return most > past + 200 && sim_chance(ch->c, 46, 2) ? most - past - 100 : 0;
}

void far_agent_hook_ring(struct far_agent_channel *ch)
{
    char signal[96], to[24] = "";

    ch->ring_lasts = ring_time(ch);
    if (ch->ring_lasts > 0)
        snprintf(to, sizeof to, "(to=%u)", ch->ring_lasts);
    snprintf(signal, sizeof signal, "L/rg%s,L/ci(11/22/20/00,\"0%s\",\"Anna\")", to,
             ch->c->caller + strlen("+49"));
    far_agent_request(ch, signal, on_rings);
    ch->ring_id = ch->requests * 100 + ch->timeslot;
}

/* ---- the end ---- */

static void on_osi(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (m && m->code < 300 && ch->lifted)
        far_agent_tone_begins(ch, "L/osi", OSI);
    far_agent_released(ch, m);
}

void far_agent_hook_leave(struct far_agent_channel *ch)
{
    ch->ring_id = 0;
    far_agent_request(ch, ch->lifted ? "L/osi" : NULL, ch->lifted ? on_osi : far_agent_released);
}

static void on_busy(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (m && m->code < 300 && ch->lifted)
        far_agent_tone_begins(ch, "L/bz", ch->busy_lasts);
}

void far_agent_hook_refuse(struct far_agent_channel *ch)
{
    char signal[24];

    ch->busy_lasts = 500 + sim_chance(ch->c, 49, 4000);
    snprintf(signal, sizeof signal, "L/bz(to=%u)", ch->busy_lasts);
    far_agent_request(ch, signal, on_busy);
}

/* ---- what is told ---- */

static void on_hd(struct far_agent_channel *ch, struct rt_str params)
{
    bool answers = ch->ring_id != 0 && ch->told_by >= ch->ring_id;

    (void)params;
    if (ch->lifted && certain(ch))
        far_agent_wrong(ch->own, "channel %u is lifted twice", ch->timeslot);
    ch->lifted = true;
    ch->number[0] = '\0';
    if (ch->phase == FAR_AGENT_CALLS && answers) {
        far_agent_answered(ch);
        return;
    }
    if (ch->phase == FAR_AGENT_CLEARS && !ch->cleared && ch->released) {
        far_agent_hook_leave(ch); /* it was answered as we gave up */
        return;
    }
    if (ch->phase == FAR_AGENT_CALLS)
        far_agent_elsewhere(ch, 0);
    else if (ch->phase != FAR_AGENT_FREE)
        return;
    offered(ch);
}

static void on_hu(struct far_agent_channel *ch, struct rt_str params)
{
    (void)params;
    if (!ch->lifted && certain(ch))
        far_agent_wrong(ch->own, "channel %u is put down twice", ch->timeslot);
    ch->lifted = false;
    ch->number[0] = '\0';
    ch->ring_id = 0;
    if (ch->phase >= FAR_AGENT_CALLS && ch->phase <= FAR_AGENT_TALKS)
        far_agent_ended(ch, false, 16);
    else if (ch->phase != FAR_AGENT_CLEARS && ch->phase != FAR_AGENT_RESETS)
        return;
    ch->cleared = true;
    if (ch->phase != FAR_AGENT_RESETS)
        far_agent_clear(ch);
    else if (!ch->asks)
        far_agent_free(ch);
}

static void on_hf(struct far_agent_channel *ch, struct rt_str params)
{
    struct sim_seen *seen = far_agent_seen(ch);

    (void)params;
    if (seen)
        seen->flashes++;
}

static void on_oc(struct far_agent_channel *ch, struct rt_str params)
{
    far_agent_tone_ended(ch, params);
    if (ch->phase == FAR_AGENT_CALLS && rt_str_caseeq(params, "L/rg")) {
        ch->ring_id = 0;
        far_agent_ended(ch, true, 16);
        ch->cleared = true;
        far_agent_clear(ch);
    } else if (ch->phase == FAR_AGENT_RINGS && rt_str_caseeq(params, "L/bz")) {
        far_agent_leave(ch, 16);
    }
}

/** It does not ring any more: refused, or the channel was taken just then. */
static void on_of(struct far_agent_channel *ch, struct rt_str params)
{
    far_agent_tone_stopped(ch);
    if (ch->phase != FAR_AGENT_CALLS || !rt_str_caseeq(params, "L/rg"))
        return;
    ch->ring_id = 0;
    if (ch->c && ch->c->op->call.refuse == 0) {
        far_agent_elsewhere(ch, 44);
        return;
    }
    far_agent_ended(ch, false, 17);
    ch->cleared = true;
    far_agent_clear(ch);
}

bool far_agent_hook_event(struct far_agent_channel *ch, struct rt_str name, struct rt_str params)
{
    static const struct {
        const char *name;
        void (*act)(struct far_agent_channel *ch, struct rt_str params);
        bool hook; /**< told unasked */
    } table[] = {{"L/hd", on_hd, true},  {"L/hu", on_hu, true},  {"L/hf", on_hf, true},
                 {"L/oc", on_oc, false}, {"L/of", on_of, false}, {"G/oc", on_oc, false},
                 {"G/of", on_of, false}};

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        if (!rt_str_caseeq(name, table[i].name))
            continue;
        if (table[i].hook)
            far_agent_tone_stopped(ch);
        table[i].act(ch, params);
        return true;
    }
    return false;
}

/* ---- into the first state ---- */

static void on_down(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (m && m->code == 402)
        ch->lifted = false;
    if (!ch->lifted && ch->phase == FAR_AGENT_RESETS)
        far_agent_free(ch);
}

/** The hook is asked for after all that was told before is discarded. */
static void on_hook(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (!m || m->code >= 300) {
        far_agent_not_there(ch);
        return;
    }
    ch->lifted = rt_str_caseeq(mgcp_value(m, MGCP_P_ES), "L/hd");
    if (ch->lifted)
        far_agent_request(ch, "L/osi", on_down);
    else
        far_agent_free(ch);
}

static void on_silent(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (!m || m->code >= 300)
        far_agent_not_there(ch);
    else
        far_agent_ask(ch, MGCP_AUEP, "F: ES\r\n", NULL, on_hook);
}

void far_agent_hook_reset(struct far_agent_channel *ch)
{
    char lines[64];

    ch->ring_id = 0;
    ch->number[0] = '\0';
    snprintf(lines, sizeof lines, "X: %x\r\nQ: discard,loop\r\n", far_agent_request_id(ch));
    far_agent_ask(ch, MGCP_RQNT, lines, NULL, on_silent);
}
