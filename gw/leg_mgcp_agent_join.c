/* Who hears whom on a channel that an agent directs: the line, by the call's port or by one of its
 * own, and the connection that is heard, or loops (RFC 3435 2.3.5).
 */
#include "gw/leg_mgcp_agent.h"

#include <utlist.h>

/* ---- the line's side ---- */

const struct gw_span *leg_mgcp_agent_span(const struct leg_mgcp_channel *ch)
{
    const struct gw *gw = ch->role->mgcp->gw;

    for (unsigned i = 0; i < gw->nspans; i++)
        if (gw->plan->spans[i].id == ch->export->span->id)
            return &gw->spans[i];
    return NULL;
}

static void on_bare(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct leg_mgcp_channel *ch = arg;
    char digit[2] = {ev->digit, '\0'};

    (void)p;
    if (ev->type == MEDIA_DTMF)
        mgcp_gw_event(ch->endpoint, NULL, "D", digit, rt_str(""));
    else if (ev->type == MEDIA_PLAYED)
        leg_mgcp_agent_played(ch, NULL);
    else
        leg_mgcp_agent_fax(ch, ev->type);
}

/** Nothing special is done for a fax beyond what a modem's sound needs: FXR/nopfax (RFC 5347
 * 2.2.2). */
void leg_mgcp_agent_fax(struct leg_mgcp_channel *ch, enum media_event_type what)
{
    if (what != MEDIA_FAX_CALLING && what != MEDIA_ANSWER_TONE)
        return;
    mgcp_gw_event(ch->endpoint, NULL, "G", what == MEDIA_FAX_CALLING ? "ft" : "mt", rt_str(""));
    if (what == MEDIA_FAX_CALLING)
        mgcp_gw_event(ch->endpoint, NULL, "FXR", "nopfax", rt_str("start"));
}

static void open_bare(struct leg_mgcp_channel *ch)
{
    const struct gw_span *span = leg_mgcp_agent_span(ch);

    if (ch->bare || !span || media_tdm_open(&ch->bare, span->bank, ch->timeslot, on_bare, ch) != 0)
        return;
    media_tdm_set(ch->bare,
                  &(struct media_line){.echo = ch->export->outside->media.echo, .listen = true});
}

void leg_mgcp_agent_close_bare(struct leg_mgcp_channel *ch)
{
    media_abandon(ch->bare);
    ch->bare = NULL;
}

struct media_port *leg_mgcp_agent_line_port(const struct leg_mgcp_channel *ch)
{
    struct gw_leg *line = ch->leg ? gw_call_partner(&ch->leg->leg) : NULL;

    return ch->leg ? line ? line->port : NULL : ch->bare;
}

struct media_port *leg_mgcp_agent_open_line(struct leg_mgcp_channel *ch)
{
    struct gw_leg *line = ch->leg && !ch->leg->leg.done ? gw_call_partner(&ch->leg->leg) : NULL;

    if (!ch->leg)
        open_bare(ch);
    else if (line && !line->port && !line->done)
        line->ops->media(line, 0); /* a channel lives in its span's thread */
    return leg_mgcp_agent_line_port(ch);
}

/* ---- joined ---- */

enum media_flow leg_mgcp_agent_flow(enum mgcp_mode mode)
{
    static const enum media_flow flows[MGCP_MODES] = {
        [MGCP_SENDONLY] = MEDIA_A_TO_B, /* from the line to the network */
        [MGCP_RECVONLY] = MEDIA_B_TO_A,
        [MGCP_SENDRECV] = MEDIA_BOTH,
        [MGCP_CONFRNCE] = MEDIA_BOTH,
    };

    return flows[mode];
}

/** The connection that is joined with the line: the first that is not inactive. */
static struct leg_mgcp_agent_connection *heard(const struct leg_mgcp_channel *ch)
{
    struct leg_mgcp_agent_connection *c;

    for (c = ch->connections; c; c = c->after)
        if (leg_mgcp_agent_flow(c->mode) != MEDIA_FLOW_NONE && c->rtp.codec != CODEC_COUNT)
            return c;
    return NULL;
}

struct media_port *leg_mgcp_agent_port(const struct leg_mgcp_channel *ch)
{
    const struct leg_mgcp_agent_connection *c = heard(ch);

    return c ? c->port : NULL;
}

/** The line is looped back to itself: T/lb, or a connection's mode says so (loopback, conttest: the
 * channels are four-wire ones, whose far end sends its own tone and gets it back). */
static bool line_loops(const struct leg_mgcp_channel *ch)
{
    const struct leg_mgcp_agent_connection *c;

    for (c = ch->connections; c; c = c->after)
        if (c->mode == MGCP_LOOPBACK || c->mode == MGCP_CONTTEST)
            return true;
    return ch->looped;
}

/** Each connection but `heard` is looped back to the network (netwloop, netwtest), or on its own.
 */
static void rest(struct leg_mgcp_channel *ch, const struct leg_mgcp_agent_connection *heard)
{
    struct leg_mgcp_agent_connection *c;

    for (c = ch->connections; c; c = c->after) {
        if (c == heard)
            continue;
        if (c->mode == MGCP_NETWLOOP || c->mode == MGCP_NETWTEST)
            media_echo(c->port);
        else
            media_part(c->port);
    }
}

void leg_mgcp_agent_join(struct leg_mgcp_channel *ch)
{
    if (!ch->leg && ch->connections)
        open_bare(ch);
    else if (!ch->connections && !ch->looped && ch->sounding == 0)
        leg_mgcp_agent_close_bare(ch);
    struct leg_mgcp_agent_connection *c = heard(ch);
    struct media_port *line = leg_mgcp_agent_line_port(ch);
    bool loop = line_loops(ch);
    if (ch->leg && !ch->leg->leg.done)
        ch->leg->leg.port = c ? c->port : NULL;
    rest(ch, loop ? NULL : c);
    if (!line)
        return;
    if (loop)
        media_echo(line);
    else if (c)
        media_join(line, c->port, leg_mgcp_agent_flow(c->mode));
    else
        media_part(line);
}
