/* What the agent is told of its channels: events of package MS (RFC 3064), and digits. */
#include "mgcp/text.h"
#include "test/sim/far_agent.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>

/** The line seizes the channel. Where the agent was about to, the line goes first. */
static void on_sup(struct far_agent_channel *ch, struct rt_str params)
{
    (void)params;
    if (ch->phase == FAR_AGENT_CALLS)
        far_agent_elsewhere(ch, 0);
    else if (ch->phase != FAR_AGENT_FREE)
        return;
    ch->cleared = ch->released = false;
    far_agent_phase(ch, FAR_AGENT_OFFERED, 60 * RT_S);
}

/** "k0,3,0,1,s0" in E.164: the line says numbers without the country's code. */
static void read_number(char out[32], struct rt_str params)
{
    char digits[24];
    size_t n = 0;

    while (params.n > 0) {
        struct rt_str d = rt_str_trim(rt_str_cut(&params, ','));
        if (d.n == 1 && n + 1 < sizeof digits && (n > 0 || d.p[0] != '0'))
            digits[n++] = d.p[0];
    }
    digits[n] = '\0';
    snprintf(out, 32, "%s%s", strncmp(digits, "49", 2) == 0 ? "+" : "+49", digits);
}

static void on_inf(struct far_agent_channel *ch, struct rt_str params)
{
    char number[32];

    read_number(number, params);
    if (ch->phase == FAR_AGENT_OFFERED)
        far_agent_offered(ch, rt_str(number));
}

static void on_ans(struct far_agent_channel *ch, struct rt_str params)
{
    (void)params;
    if (ch->phase == FAR_AGENT_CALLS)
        far_agent_answered(ch);
}

static void on_rel(struct far_agent_channel *ch, struct rt_str params)
{
    uint64_t cause = 0;

    rt_str_u64(&cause, rt_str_trim(params), 127);
    if (ch->phase == FAR_AGENT_CALLS && cause == 44) {
        far_agent_elsewhere(ch, 44);
        return;
    }
    if (ch->phase >= FAR_AGENT_CALLS && ch->phase <= FAR_AGENT_TALKS) {
        far_agent_ended(ch, false, cause ? (unsigned)cause : 16);
        far_agent_clear(ch);
    }
}

static void on_rlc(struct far_agent_channel *ch, struct rt_str params)
{
    (void)params;
    if (ch->phase != FAR_AGENT_CLEARS && ch->phase != FAR_AGENT_RESETS)
        return; /* of a release that crossed ours */
    if (ch->cleared && ch->phase == FAR_AGENT_CLEARS && !ch->released)
        far_agent_wrong(ch->own, "channel %u is free twice", ch->timeslot);
    ch->cleared = true;
    if (ch->phase == FAR_AGENT_RESETS && !ch->asks)
        far_agent_free(ch);
    else if (ch->phase == FAR_AGENT_CLEARS)
        far_agent_clear(ch);
}

static void on_oc(struct far_agent_channel *ch, struct rt_str params)
{
    if (params.n > 3 && strncasecmp(params.p, "MS/", 3) != 0) /* calls, which have no time */
        far_agent_tone_ended(ch, params);
}

static void on_event(struct far_agent_channel *ch, struct rt_str name, struct rt_str params)
{
    static const struct {
        const char *name;
        void (*act)(struct far_agent_channel *ch, struct rt_str params);
    } table[] = {{"MS/sup", on_sup}, {"MS/inf", on_inf}, {"MS/ans", on_ans},
                 {"MS/rel", on_rel}, {"MS/rlc", on_rlc}, {"G/oc", on_oc}};

    if (name.n == 3 && memcmp(name.p, "D/", 2) == 0) {
        far_agent_heard(ch, name.p[2]);
        return;
    }
    if (far_agent_has_lines(ch->own)) {
        if (far_agent_hook_event(ch, name, params))
            return;
    } else {
        for (size_t i = 0; i < RT_COUNT(table); i++)
            if (rt_str_caseeq(name, table[i].name)) {
                if (table[i].act != on_oc)
                    far_agent_tone_stopped(ch);
                table[i].act(ch, params);
                return;
            }
    }
    far_agent_wrong(ch->own, "channel %u: nobody asked for %.*s", ch->timeslot, RT_STR(name));
}

void far_agent_notified(struct far_agent_channel *ch, struct rt_str events)
{
    struct rt_str one, inside = {0};

    while (mgcp_text_cut(&events, ',', &one) == 0) {
        struct rt_str rest = one, name = rt_str_cut(&rest, '(');
        inside =
            name.n < one.n ? (struct rt_str){one.p + name.n, one.n - name.n} : (struct rt_str){0};
        struct rt_str params = {0};
        if (inside.n > 0)
            mgcp_text_group(&inside, &params);
        on_event(ch, name, params);
    }
}
