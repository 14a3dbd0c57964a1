/* What an agent may not ask for: now and then it does, of a channel that is free or in a talk.
 *
 * What has to be so: the answer has the code of RFC 3435 2.4.1 (401 and 402: 4.4.2), with 518 the
 * packages that there are (3.2.2.25), and nothing of the command is done (4.4.3): what is asked
 * for, what plays, the digit map and the request in force are as before.
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <stdio.h>

/** Where a command is wrong. */
enum where {
    ANYWHERE,
    TRUNKS,   /**< on channels without telephones */
    LINES,    /**< on channels with telephones */
    ON_HOOK,  /**< likewise, while they are down */
    OFF_HOOK, /**< likewise, lifted */
};

static const struct wrong {
    enum where where;
    unsigned code;
    const char *lines; /**< beside X */
} wrongs[] = {
    /* a package that is not there, behind what is */
    {TRUNKS, 518, "R: L/hd(N)\r\n"},
    {TRUNKS, 518, "R: MS/sup(N),L/hu(N),L/hf(N)\r\n"},
    {TRUNKS, 518, "R: G/ft(N)\r\nS: L/rg\r\n"},
    {TRUNKS, 518, "R: MS/rel(N)\r\nS: G/cg,L/bz\r\nD: (xx)\r\n"},
    {TRUNKS, 518, "S: L/ci(11/22/20/00,\"030\",\"Anna\")\r\n"},
    {LINES, 518, "R: MS/sup(N)\r\n"},
    {LINES, 518, "R: L/oc(N)\r\nS: G/cg,MS/rel(16)\r\n"},
    {LINES, 518, "S: T/lb(+)\r\nD: (xxx)\r\n"},
    {ANYWHERE, 518, "R: H/hd(N)\r\n"},
    {ANYWHERE, 518, "R: G/ft(N)\r\nS: G/cg,SST/cd\r\nQ: step,discard\r\n"},
    {ANYWHERE, 518, "R: XYZZY/a(N)\r\n"},
    /* a name that the package does not have */
    {ANYWHERE, 522, "R: G/xyzzy(N)\r\n"},
    {ANYWHERE, 522, "R: G/ft(N)\r\nS: G/cg,G/xyzzy\r\nD: (x)\r\n"},
    {TRUNKS, 522, "S: MS/hd\r\n"},
    {LINES, 522, "R: L/sup(N)\r\n"},
    {LINES, 522, "S: L/xyzzy(to=100)\r\n"},
    /* signals are no events, and those are no signals */
    {ANYWHERE, 512, "R: G/mt(N),G/cg(N)\r\n"},
    {ANYWHERE, 513, "S: G/cg,G/ft\r\n"},
    {LINES, 513, "S: L/hf\r\nQ: step,discard\r\n"},
    {LINES, 512, "R: L/oc(N),L/rg(N)\r\n"},
    /* what nobody can detect or make here */
    {LINES, 512, "R: L/aw(N)\r\n"},
    {LINES, 513, "S: L/wt\r\n"},
    {LINES, 513, "S: L/vmwi(+)\r\nD: (xx)\r\n"},
    {ANYWHERE, 513, "S: G/pt\r\n"},
    /* the rest of the command */
    {ANYWHERE, 508, "R: G/ft(N)\r\nQ: xyzzy\r\nS: G/cg\r\n"},
    {ANYWHERE, 510, "R: G/ft(N),G/ft(N)\r\n"},
    {ANYWHERE, 510, "S: G/cg,G/cg\r\n"},
    {ANYWHERE, 523, "R: G/ft(S)\r\n"},
    {ANYWHERE, 523, "R: G/ft(N,D)\r\nS: G/cg\r\n"},
    {ANYWHERE, 511, "R: G/ft(N)\r\nS: G/cg\r\nX+TANDEM: 1\r\n"},
    {ANYWHERE, 515, "R: G/ft(N),R/ma@FFFFFFFE(N)\r\n"},
    /* the hook */
    {ON_HOOK, 402, "R: L/hu(N)\r\n"},
    {ON_HOOK, 402, "R: L/oc(N),L/hf(N)\r\nS: G/cg\r\n"},
    {ON_HOOK, 402, "S: G/cg,L/bz\r\nD: (xx)\r\n"},
    {ON_HOOK, 402, "S: D/5\r\n"},
    {OFF_HOOK, 401, "R: L/hd(N)\r\nS: G/cg\r\n"},
    {OFF_HOOK, 401, "R: L/oc(N)\r\nS: L/rg,L/ci(11/22/20/00,O,O)\r\n"},
    {OFF_HOOK, 401, "S: L/r4(to=1000)\r\nQ: step\r\n"},
};

static bool fits(const struct far_agent_channel *ch, const struct wrong *w)
{
    bool lines = far_agent_has_lines(ch->own);
    bool lifted = ch->phase == FAR_AGENT_TALKS;

    return w->where == ANYWHERE || (lines ? w->where == LINES : w->where == TRUNKS) ||
           (lines && w->where == (lifted ? OFF_HOOK : ON_HOOK));
}

/** Each question has its own chance. */
static const struct wrong *choose(const struct far_agent_channel *ch)
{
    uint64_t own = sim_mix(ch->own->far->variety, ch->own->lives), n = ch->own->questions;

    for (uint64_t salt = 100;; salt++) {
        const struct wrong *w = &wrongs[sim_mix(own, sim_mix(n, salt)) % RT_COUNT(wrongs)];
        if (fits(ch, w))
            return w;
    }
}

/** What happened meanwhile, or is not known for sure, may have changed what is compared. */
static bool comparable(const struct far_agent_channel *ch)
{
    return ch->starts == ch->own->far->sim->starts && ch->told == ch->refused.told &&
           ch->phase == ch->refused.phase && far_agent_quiet(ch->own, 60 * RT_S) &&
           !far_agent_starved(ch->own);
}

/* Each value by itself: the answer's first line has the transaction. */
static uint64_t state_of(const struct mgcp_message *m)
{
    static const enum mgcp_param params[] = {MGCP_P_R, MGCP_P_S, MGCP_P_D, MGCP_P_Q,
                                             MGCP_P_X, MGCP_P_T, MGCP_P_I};
    uint64_t sofar = 1;

    for (size_t i = 0; i < RT_COUNT(params); i++) {
        struct rt_str value = mgcp_value(m, params[i]);
        sofar = sim_mix(sim_hash(sofar, value.p, value.n), i);
    }
    return sofar;
}

static void on_before(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    ch->refused.told = ch->told;
    ch->refused.phase = ch->phase;
    ch->refused.before = m && m->code == 200 ? state_of(m) : 0;
}

static void on_refused(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    const struct wrong *w = &wrongs[ch->refused.which];

    if (!m || !comparable(ch))
        return;
    if (m->code != w->code)
        far_agent_wrong(ch->own, "channel %u, %s: %u was to refuse %s, and the answer is %.*s",
                        ch->timeslot, far_agent_phase_name[ch->phase], w->code, w->lines,
                        RT_STR(m->raw));
    else if (m->code == 518 && mgcp_value(m, MGCP_P_PL).n == 0)
        far_agent_wrong(ch->own, "channel %u: 518 does not say which packages there are: %.*s",
                        ch->timeslot, RT_STR(m->raw));
}

static void on_after(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    const struct wrong *w = &wrongs[ch->refused.which];

    if (m && m->code == 200 && ch->refused.before != 0 && comparable(ch) &&
        state_of(m) != ch->refused.before)
        far_agent_wrong(ch->own, "channel %u, %s: %s was refused, and has changed it to %.*s",
                        ch->timeslot, far_agent_phase_name[ch->phase], w->lines, RT_STR(m->raw));
}

void far_agent_ask_wrong(struct far_agent_channel *ch)
{
    static const char questions[] = "F: R,S,D,Q,X,T,I\r\n";
    const struct wrong *w = choose(ch);
    char lines[160];

    ch->refused.which = (unsigned)(w - wrongs);
    /* an id that the agent never has for a request that holds */
    snprintf(lines, sizeof lines, "X: FFFF%04X\r\n%s", ++ch->own->questions & 0xffff, w->lines);
    far_agent_ask(ch, MGCP_AUEP, questions, NULL, on_before);
    far_agent_ask(ch, MGCP_RQNT, lines, NULL, on_refused);
    far_agent_ask(ch, MGCP_AUEP, questions, NULL, on_after);
}
