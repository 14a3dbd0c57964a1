/* Calls of the agent, both ways: the connection, the signals of package MS, and the end; each by
 * its script, written down in the ledger.
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <stdio.h>
#include <utlist.h>

#pragma weak sim_channel_taken

#define UNANSWERED (240 * RT_S)
#define OVERDUE    (10 * RT_S)
#define CLEARING   (60 * RT_S)
/** Channels that a call is tried on. */
#define TRIES 3

static rt_time ms(unsigned n)
{
    return n * RT_MS;
}

struct sim_seen *far_agent_seen(const struct far_agent_channel *ch)
{
    struct sim_seen *seen = !ch->c ? NULL : ch->caller ? &ch->c->a : &ch->c->b;

    return seen && seen->placed == ch->placed ? seen : NULL;
}

void far_agent_on_step(void *arg)
{
    struct far_agent_channel *ch = arg;
    ch->then(ch);
}

static void later(struct far_agent_channel *ch, rt_time d, void (*then)(struct far_agent_channel *))
{
    ch->then = then;
    rt_timer_start(&ch->step, d);
}

static void take(struct far_agent_channel *ch, struct sim_call *c, bool caller)
{
    struct sim_seen *seen = caller ? &c->a : &c->b;

    ch->c = c;
    ch->caller = caller;
    ch->placed = rt_now();
    *seen = (struct sim_seen){
        .state = SIM_PLACED, .placed = ch->placed, .times = seen->times + !caller};
}

void far_agent_ended(struct far_agent_channel *ch, bool by_us, unsigned cause)
{
    struct sim_seen *seen = far_agent_seen(ch);

    if (seen && seen->state != SIM_ENDED) {
        seen->state = SIM_ENDED;
        seen->ended = rt_now();
        seen->by_us = by_us;
        seen->cause = cause;
    }
    rt_timer_stop(&ch->step);
    rt_timer_stop(&ch->give_up);
    rt_timer_stop(&ch->act);
    rt_timer_stop(&ch->speaks);
    ch->c = NULL;
}

/* ---- the end ---- */

static void on_deleted(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (!m || m->code != 250) {
        if (far_agent_quiet(ch->own, 120 * RT_S))
            far_agent_wrong(ch->own, "channel %u: connection %s is deleted with %u", ch->timeslot,
                            ch->connection, m ? m->code : 0);
        far_agent_reset(ch);
        return;
    }
    far_agent_count(ch, m);
    ch->connection[0] = '\0';
    ch->deleted = rt_now();
    if (ch->phase == FAR_AGENT_DELETES)
        far_agent_free(ch);
}

static void delete_connection(struct far_agent_channel *ch)
{
    char lines[128];

    snprintf(lines, sizeof lines, "C: %s\r\nI: %s\r\n", ch->call_id, ch->connection);
    far_agent_ask(ch, MGCP_DLCX, lines, NULL, on_deleted);
}

void far_agent_clear(struct far_agent_channel *ch)
{
    if (!ch->cleared) {
        if (ch->phase != FAR_AGENT_CLEARS)
            far_agent_phase(ch, FAR_AGENT_CLEARS, CLEARING);
        return;
    }
    if (ch->connection[0]) {
        far_agent_phase(ch, FAR_AGENT_DELETES, CLEARING);
        delete_connection(ch);
    } else if (ch->asks) { /* a connection may be on its way */
        far_agent_phase(ch, FAR_AGENT_CLEARS, CLEARING);
    } else {
        far_agent_free(ch);
    }
}

void far_agent_released(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (far_agent_glare(ch, m))
        return; /* it was put down just then */
    if (!m || m->code >= 300) {
        if (far_agent_quiet(ch->own, 120 * RT_S))
            far_agent_wrong(ch->own, "channel %u: its end is refused with %u", ch->timeslot,
                            m ? m->code : 0);
        far_agent_reset(ch);
        return;
    }
    if (far_agent_has_lines(ch->own) && !ch->lifted)
        ch->cleared = true; /* it rang, and nobody had lifted it */
    if (ch->phase == FAR_AGENT_CLEARS)
        far_agent_clear(ch);
}

/** We end it. Now and then the connection goes first. */
void far_agent_leave(struct far_agent_channel *ch, unsigned cause)
{
    char signal[24];
    const struct sim_call *c = ch->c;

    far_agent_ended(ch, true, cause);
    ch->released = true;
    far_agent_phase(ch, FAR_AGENT_CLEARS, CLEARING);
    if (c && ch->connection[0] && sim_chance(c, 41, 4) == 0)
        delete_connection(ch);
    if (far_agent_has_lines(ch->own)) {
        far_agent_hook_leave(ch);
        return;
    }
    snprintf(signal, sizeof signal, "MS/rel(%u)", cause == 16 ? 0 : cause);
    far_agent_request(ch, signal, far_agent_released);
}

static void end_of_talk(struct far_agent_channel *ch)
{
    far_agent_leave(ch, 16);
}

void far_agent_on_give_up(void *arg)
{
    struct far_agent_channel *ch = arg;

    if (ch->phase >= FAR_AGENT_CALLS && ch->phase <= FAR_AGENT_TALKS)
        far_agent_leave(ch, 16);
}

static void talks(struct far_agent_channel *ch)
{
    struct sim_seen *seen = far_agent_seen(ch);

    far_agent_phase(ch, FAR_AGENT_TALKS, ms(ch->c->op->call.talk) + 60 * RT_S);
    if (seen) {
        seen->state = SIM_TALKS;
        seen->answered = rt_now();
    }
    far_agent_speak(ch);
    far_agent_talk(ch);
    bool ends = ch->caller != ch->c->op->call.called_ends;
    later(ch, ms(ch->c->op->call.talk) + (ends ? 0 : OVERDUE), end_of_talk);
}

/* ---- connections ---- */

static void make_connection(struct far_agent_channel *ch, const char *mode, far_agent_done *done)
{
    struct rt_buf sdp = {0};
    char lines[160];

    ch->sent = ch->heard = 0;
    ch->made = rt_now();
    snprintf(ch->call_id, sizeof ch->call_id, "%x", ch->c->op->id + 1);
    ch->mode = mode;
    snprintf(lines, sizeof lines, "C: %s\r\nL: p:20, a:PCMA;PCMU\r\nM: %s\r\n", ch->call_id, mode);
    far_agent_describe(ch, &sdp);
    far_agent_ask(ch, MGCP_CRCX, lines, sdp.p, done);
    rt_buf_release(&sdp);
}

bool far_agent_modified(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (m && m->code < 300)
        return true;
    if (far_agent_quiet(ch->own, 120 * RT_S))
        far_agent_wrong(ch->own, "channel %u: MDCX is refused with %u", ch->timeslot,
                        m ? m->code : 0);
    far_agent_reset(ch);
    return false;
}

static void on_modified(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    (void)far_agent_modified(ch, m);
}

void far_agent_set_mode(struct far_agent_channel *ch, const char *mode, far_agent_done *done)
{
    struct rt_buf lines = {0};

    ch->mode = mode;
    rt_buf_printf(&lines, "C: %s\r\nI: %s\r\nM: %s\r\n", ch->call_id, ch->connection, mode);
    if (far_agent_has_lines(ch->own)) /* with a request in it: what rings ends */
        far_agent_put_request(&lines, ch, NULL, true);
    far_agent_ask(ch, MGCP_MDCX, lines.p, NULL, done);
    rt_buf_release(&lines);
}

/** The connection is there. False: it is not, or nobody wants it any more. */
static bool connected(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (!m || m->code >= 300) {
        bool full = m && m->code == 403 && ch->own->far->sim->harsh; /* RTP ports are few */
        if (!full && far_agent_quiet(ch->own, 120 * RT_S))
            far_agent_wrong(ch->own, "channel %u: CRCX is refused with %u", ch->timeslot,
                            m ? m->code : 0);
        far_agent_reset(ch);
        return false;
    }
    far_agent_connected(ch, m);
    if (ch->phase == FAR_AGENT_CLEARS)
        far_agent_clear(ch);
    return ch->phase >= FAR_AGENT_CALLS && ch->phase <= FAR_AGENT_TALKS;
}

/* ---- calling ---- */

/** "k0,0,3,0,s0" of the digits that people in the country dial. */
static void put_number(struct rt_buf *out, const char *group, const char *e164)
{
    rt_buf_printf(out, "%s(k0,0", group);
    for (const char *d = e164 + strlen("+49"); *d; d++)
        rt_buf_printf(out, ",%c", *d);
    rt_buf_puts(out, ",s0)");
}

/** 401: the line has seized it just now, of which we are told. */
void far_agent_seized(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (sim_channel_taken)
        sim_channel_taken(ch->own->far);
    if (m && m->code < 300)
        return;
    if (m && m->code == 401 && ch->phase == FAR_AGENT_CALLS) {
        far_agent_elsewhere(ch, 44);
        return;
    }
    if (ch->phase == FAR_AGENT_CALLS)
        far_agent_reset(ch);
}

static void seize(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    struct rt_buf signal = {0};

    if (!connected(ch, m) || ch->phase != FAR_AGENT_CALLS)
        return;
    if (far_agent_has_lines(ch->own)) {
        far_agent_hook_ring(ch);
        return;
    }
    rt_buf_puts(&signal, "MS/sup(");
    put_number(&signal, "addr", ch->c->called);
    rt_buf_puts(&signal, ",");
    put_number(&signal, "id", ch->c->caller);
    rt_buf_puts(&signal, ")");
    far_agent_request(ch, signal.p, far_agent_seized);
    rt_buf_release(&signal);
}

static struct far_agent_channel *choose(struct far_agent *own)
{
    for (unsigned i = FAR_AGENT_CHANNELS; i-- > 0;) {
        struct far_agent_channel *ch = &own->channel[i];
        if (ch->timeslot && ch->phase == FAR_AGENT_FREE && !ch->leaving && !ch->asks)
            return ch;
    }
    return NULL;
}

static void begin(struct far_agent_channel *ch)
{
    ch->cleared = ch->released = false;
    far_agent_phase(ch, FAR_AGENT_CALLS, UNANSWERED);
    make_connection(ch, "recvonly", seize);
}

void far_agent_call(struct far_agent *own, struct sim_call *c)
{
    struct far_agent_channel *ch = own->sock ? choose(own) : NULL;

    if (!ch)
        return; /* it is not placed */
    take(ch, c, true);
    ch->tries = 0;
    begin(ch);
    if (c->op->call.give_up > 0)
        rt_timer_start(&ch->give_up, ms(c->op->call.give_up));
}

/** The call goes on with the same times. */
static void move_call(struct far_agent_channel *to, struct far_agent_channel *from)
{
    rt_time left =
        from->c->op->call.give_up > 0 ? from->placed + ms(from->c->op->call.give_up) - rt_now() : 0;

    to->c = from->c;
    to->caller = true;
    to->placed = from->placed;
    to->tries = from->tries + 1;
    if (left > 0)
        rt_timer_start(&to->give_up, left);
    begin(to);
}

void far_agent_elsewhere(struct far_agent_channel *ch, unsigned cause)
{
    struct far_agent_channel *to = ch->tries < TRIES ? choose(ch->own) : NULL;

    if (to)
        move_call(to, ch);
    else
        far_agent_ended(ch, false, 44);
    ch->c = NULL;
    rt_timer_stop(&ch->step);
    rt_timer_stop(&ch->give_up);
    if (cause != 0 && far_agent_has_lines(ch->own)) {
        ch->cleared = true; /* no hook will say so */
        far_agent_clear(ch);
        return;
    }
    if (ch->connection[0])
        delete_connection(ch);
    if (cause == 0)
        return; /* the line's call takes the channel */
    far_agent_phase(ch, FAR_AGENT_CLEARS, CLEARING);
}

void far_agent_answered(struct far_agent_channel *ch)
{
    talks(ch);
    far_agent_set_mode(ch, "sendrecv", on_modified);
}

/* ---- being called ---- */

static void on_answered(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (!m || m->code >= 300)
        far_agent_reset(ch);
    else if (ch->phase == FAR_AGENT_RINGS)
        talks(ch);
}

static void respond(struct far_agent_channel *ch)
{
    const struct sim_script *s = &ch->c->op->call;
    bool lines = far_agent_has_lines(ch->own);

    if (s->refuse > 0 && lines)
        far_agent_hook_refuse(ch);
    else if (s->refuse > 0)
        far_agent_leave(ch, s->refuse);
    else if (lines)
        far_agent_set_mode(ch, "sendrecv", on_answered); /* which is the answer */
    else
        far_agent_request(ch, "MS/ans", on_answered);
}

static void ring(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    const struct sim_script *s = ch->c ? &ch->c->op->call : NULL;
    struct sim_seen *seen = far_agent_seen(ch);

    if (!connected(ch, m) || ch->phase != FAR_AGENT_RINGS || !s)
        return;
    if (seen) {
        seen->state = SIM_RINGS;
        seen->rang = rt_now();
    }
    if (s->ring > 0)
        far_agent_request(ch, far_agent_has_lines(ch->own) ? "G/rt" : "MS/rt", NULL);
    later(ch, ms(s->ring), respond);
}

void far_agent_offered(struct far_agent_channel *ch, struct rt_str number)
{
    struct sim_call *c = sim_call_of(ch->own->far->sim, number);

    if (!c) {
        if (!far_agent_starved(ch->own))
            far_agent_wrong(ch->own, "channel %u: a call to %.*s, which is none", ch->timeslot,
                            RT_STR(number));
        far_agent_leave(ch, 1);
        return;
    }
    take(ch, c, false);
    if (sim_channel_taken)
        sim_channel_taken(ch->own->far);
    far_agent_phase(ch, FAR_AGENT_RINGS, 300 * RT_S);
    if (!c->op->call.silent)
        make_connection(ch, far_agent_has_lines(ch->own) ? "recvonly" : "sendrecv", ring);
}
