/* What the agent knows of its channels: it asks for what it does not know, puts away what is left
 * there, and does what restarts tell it (RFC 3435 4.4.5 to 4.4.7).
 */
#include "mgcp/name.h"
#include "test/sim/far_agent.h"

#include <stdio.h>

/** Between two questions to a channel that is not there. */
#define AGAIN (15 * RT_S)
/** Everything that a channel is asked to do at once has to be over by then. */
#define PATIENCE (60 * RT_S)

void far_agent_phase(struct far_agent_channel *ch, enum far_agent_phase p, rt_time bound)
{
    ch->phase = p;
    rt_timer_stop(&ch->bound);
    if (bound > 0)
        rt_timer_start(&ch->bound, bound);
}

/* ---- into the first state ---- */

void far_agent_free(struct far_agent_channel *ch)
{
    far_agent_ended(ch, true, 0);
    ch->connection[0] = '\0';
    far_agent_phase(ch, FAR_AGENT_FREE, 0);
    if (far_agent_has_lines(ch->own))
        far_agent_hook_free(ch);
}

void far_agent_not_there(struct far_agent_channel *ch)
{
    far_agent_forget(ch);
    far_agent_phase(ch, FAR_AGENT_OUT, AGAIN);
}

static bool refused(const struct mgcp_message *m)
{
    return !m || m->code >= 300;
}

static void on_released(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (refused(m))
        far_agent_not_there(ch);
    else if (ch->cleared)
        far_agent_free(ch);
}

/** Whatever call it has ends; without one MS/rlc comes at once. */
static void release(struct far_agent_channel *ch)
{
    ch->cleared = false;
    far_agent_phase(ch, FAR_AGENT_RESETS, PATIENCE);
    if (far_agent_has_lines(ch->own))
        far_agent_hook_reset(ch);
    else
        far_agent_request(ch, "MS/rel(41)", on_released);
}

static void on_deleted(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (refused(m))
        far_agent_not_there(ch);
    else
        release(ch);
}

static void on_audited(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (refused(m))
        far_agent_not_there(ch);
    else if (mgcp_value(m, MGCP_P_I).n > 0)
        far_agent_ask(ch, MGCP_DLCX, "", NULL, on_deleted);
    else
        release(ch);
}

void far_agent_reset(struct far_agent_channel *ch)
{
    far_agent_ended(ch, true, 0);
    far_agent_forget(ch);
    far_agent_tone_stopped(ch);
    ch->connection[0] = '\0';
    ch->starts = ch->own->far->sim->starts;
    ch->agreed = rt_now();
    far_agent_phase(ch, FAR_AGENT_RESETS, PATIENCE);
    far_agent_ask(ch, MGCP_AUEP, "F: I,X,ES,RM\r\n", NULL, on_audited);
}

/** Nothing has ended the phase: where no fault is the cause, something is wrong. */
void far_agent_on_bound(void *arg)
{
    struct far_agent_channel *ch = arg;

    if (ch->phase != FAR_AGENT_OUT && far_agent_quiet(ch->own, 4 * PATIENCE))
        far_agent_wrong(ch->own, "channel %u is %s for too long", ch->timeslot,
                        far_agent_phase_name[ch->phase]);
    far_agent_reset(ch);
}

/* ---- restarts ---- */

static void forced(struct far_agent_channel *ch)
{
    far_agent_ended(ch, true, 0);
    ch->connection[0] = '\0';
    far_agent_not_there(ch);
}

/** What the channel had is gone: a restart does not say so of what is there (2.3.12). */
static void come_back(struct far_agent_channel *ch)
{
    ch->leaving = false;
    far_agent_reset(ch);
}

static void leave(struct far_agent_channel *ch)
{
    ch->leaving = true;
}

static void stay(struct far_agent_channel *ch)
{
    ch->leaving = false;
    if (ch->phase == FAR_AGENT_OUT)
        far_agent_reset(ch);
}

void far_agent_restarted(struct far_agent *own, const struct mgcp_message *m)
{
    static const struct {
        const char *method;
        void (*act)(struct far_agent_channel *ch);
    } methods[] = {{"restart", come_back},
                   {"forced", forced},
                   {"graceful", leave},
                   {"cancel-graceful", stay},
                   {"disconnected", stay}};
    char name[24];

    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++) {
        struct far_agent_channel *ch = &own->channel[i];
        snprintf(name, sizeof name, "ds/a%u/%u", own->far->index, i);
        if (ch->timeslot == 0 || !mgcp_name_matches(m->local, rt_str(name)))
            continue;
        for (size_t k = 0; k < RT_COUNT(methods); k++)
            if (rt_str_caseeq(mgcp_value(m, MGCP_P_RM), methods[k].method))
                methods[k].act(ch);
    }
}
