/* Both sides have to say the same of connections: while all goes well, one channel after the other
 * is asked what it has (AUEP, AUCX).
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <stdio.h>

#define PACE (7 * RT_S)

/** True where it was put right since the gateway began, so that both have to agree. */
static bool comparable(const struct far_agent_channel *ch)
{
    const struct sim *s = ch->own->far->sim;

    /* what was late may have been done since both agreed last */
    rt_time back = rt_now() - ch->agreed + 60 * RT_S;
    return s->gw && ch->starts == s->starts && far_agent_quiet(ch->own, back);
}

/** The two sides disagree: something is wrong, or the channel is put right. */
static void disagree(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (comparable(ch))
        far_agent_wrong(
            ch->own,
            "channel %u is %s with connection %s (%s) of call %s, and the gateway says %.*s",
            ch->timeslot, far_agent_phase_name[ch->phase],
            ch->connection[0] ? ch->connection : "none", ch->mode ? ch->mode : "", ch->call_id,
            RT_STR(m->raw));
    far_agent_reset(ch);
}

/** Commands of a channel are one after the other: what it has is what it was made to have. */
static void on_endpoint(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    char id[12];

    snprintf(id, sizeof id, "%x", ch->in_force);
    if (m && (m->code != 200 || !rt_str_caseeq(mgcp_value(m, MGCP_P_I), ch->connection) ||
              !rt_str_caseeq(mgcp_value(m, MGCP_P_X), id)))
        disagree(ch, m);
    else if (m)
        ch->agreed = rt_now();
}

static void on_connection(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (m && (m->code != 200 || !rt_str_caseeq(mgcp_value(m, MGCP_P_C), ch->call_id) ||
              !rt_str_caseeq(mgcp_value(m, MGCP_P_M), ch->mode) || m->nsdp == 0))
        disagree(ch, m);
}

static void ask(struct far_agent_channel *ch)
{
    char lines[96];

    far_agent_ask(ch, MGCP_AUEP, "F: I,X,ES\r\n", NULL, on_endpoint);
    if (ch->phase != FAR_AGENT_TALKS)
        return;
    snprintf(lines, sizeof lines, "I: %s\r\nF: C,M,P,LC\r\n", ch->connection);
    far_agent_ask(ch, MGCP_AUCX, lines, NULL, on_connection);
}

void far_agent_on_audit(void *arg)
{
    struct far_agent *own = arg;

    rt_timer_start(&own->audit, PACE);
    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++) {
        struct far_agent_channel *ch = &own->channel[own->next++ % FAR_AGENT_CHANNELS];
        bool settled =
            ch->phase == FAR_AGENT_FREE || (ch->phase == FAR_AGENT_TALKS && ch->connection[0]);
        if (ch->timeslot && settled && !ch->asks) {
            ask(ch);
            if (sim_mix(own->far->variety, own->next) % 2)
                far_agent_ask_wrong(ch);
            return;
        }
    }
}
