/* What a call says to the agent that directs its channel: events of package MS (RFC 3064), or of L
 * (RFC 3660 2.4) where telephones are behind the span.
 */
#include "gw/leg_mgcp_agent.h"

#include <stdio.h>

static void event(struct leg_mgcp_channel *ch, const char *package, const char *symbol,
                  const char *params)
{
    mgcp_gw_event(ch->endpoint, NULL, package, symbol, rt_str(params));
}

void leg_mgcp_agent_digits(struct leg_mgcp_channel *ch, const char *digits)
{
    char symbol[2] = "";

    for (; *digits; digits++) {
        symbol[0] = *digits;
        event(ch, "D", symbol, "");
    }
}

void leg_mgcp_agent_seized(struct leg_mgcp_channel *ch, const char *digits)
{
    struct rt_buf text = {0};

    if (ch->export->lines) {
        ch->off_hook = true;
        event(ch, "L", "hd", "");
        leg_mgcp_agent_digits(ch, digits);
        return;
    }
    leg_mgcp_write_address(&text, digits);
    event(ch, "MS", "sup", "");
    mgcp_gw_event(ch->endpoint, NULL, "MS", "inf", rt_buf_str(&text));
    rt_buf_release(&text);
}

void leg_mgcp_agent_heard(struct leg_mgcp_channel *ch)
{
    struct leg_mgcp_agent *l = ch->leg;
    struct leg_mgcp_agent_connection *c = ch->connections;

    if (!l || l->leg.done || l->incoming || !c || c->rtp.codec == CODEC_COUNT)
        return;
    if ((ch->export->lines || !leg_mgcp_agent_listens(ch)) && c->mode == MGCP_SENDRECV)
        leg_mgcp_agent_answer(
            ch); /* who dialled is heard: an analogue line knows no other answer */
    else if (leg_mgcp_agent_port(ch) && c->mode != MGCP_SENDONLY)
        leg_mgcp_agent_sounds(l);
}

static void said_connect(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    struct leg_mgcp_channel *ch = l->channel;

    (void)ev;
    l->answered = true;
    ch->off_hook = ch->export->lines;
    leg_mgcp_agent_join(ch);
    event(ch, ch->export->lines ? "L" : "MS", ch->export->lines ? "hd" : "ans", "");
}

/** Of a call that goes to nothing: the cause is told now, and the tones are heard. */
static void said_heard(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    if (ev->inband || ev->type == GW_EV_DISCONNECT)
        leg_mgcp_agent_join(l->channel);
}

static void said_release(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    struct leg_mgcp_channel *ch = l->channel;
    char text[16];

    if (ch->export->lines) {
        if (ch->off_hook)
            event(ch, "L", "hu", "");
        else if (l->incoming) /* it rings no more; the agent may try again */
            leg_mgcp_agent_ring_failed(ch);
        ch->off_hook = false;
        return;
    }
    snprintf(text, sizeof text, "%u", ev->cause.q850 == 16 ? 0 : ev->cause.q850);
    event(ch, "MS", "rel", text);
}

static void said_digits(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    leg_mgcp_agent_digits(l->channel, ev->digits);
}

/** A telephone's inquiry key is what a hook flash is on an analogue line. */
static void said_flash(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    (void)ev;
    if (l->channel->export->lines)
        event(l->channel, "L", "hf", "");
}

void leg_mgcp_agent_said(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    static void (*const said[GW_EV_TYPES])(struct leg_mgcp_agent *, const struct gw_event *) = {
        [GW_EV_CONNECT] = said_connect,  [GW_EV_RELEASE] = said_release,
        [GW_EV_DTMF] = said_digits,      [GW_EV_INFORMATION] = said_digits,
        [GW_EV_PROGRESS] = said_heard,   [GW_EV_ALERTING] = said_heard,
        [GW_EV_DISCONNECT] = said_heard, [GW_EV_HOLD] = said_flash,
        [GW_EV_RETRIEVE] = said_flash,
    };

    if (said[ev->type])
        said[ev->type](l, ev);
}

void leg_mgcp_agent_cleared(struct leg_mgcp_channel *ch)
{
    if (!ch->export->lines)
        event(ch, "MS", "rlc", "");
    else if (ch->off_hook)
        event(ch, "L", "hu", "");
    ch->off_hook = false;
}

void leg_mgcp_agent_played(struct leg_mgcp_channel *ch, struct mgcp_gw_connection *c)
{
    if (!c && ch->sounding > 0)
        ch->sounding--;
    mgcp_gw_played(ch->endpoint, c, "A", "ann", false);
}
