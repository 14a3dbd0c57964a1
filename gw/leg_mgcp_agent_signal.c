/* What an agent signals on channels of ours becomes events of calls: in the words of package MS
 * (RFC 3064), or of L (RFC 3660 2.4) where telephones are behind the span. Tones are played towards
 * the line, or into the connection that they are asked for on.
 */
#include "gw/leg_mgcp_agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- signals that are calls ---- */

/** It came to nothing before the line heard of it. */
static void tell_refused(struct leg_mgcp_channel *ch, unsigned cause)
{
    char text[16];

    snprintf(text, sizeof text, "%u", cause & 127);
    mgcp_gw_event(ch->endpoint, NULL, "MS", "rel", rt_str(text));
    leg_mgcp_agent_cleared(ch);
}

static void on_sup(struct leg_mgcp_channel *ch, struct rt_str params)
{
    char digits[DP_DIGITS_MAX + 1], caller[DP_DIGITS_MAX + 1] = "";

    leg_mgcp_check_address(digits, sizeof digits, params, "addr");
    if (memmem(params.p, params.n, "id(", 3))
        leg_mgcp_check_address(caller, sizeof caller, params, "id");
    unsigned cause = ch->leg ? 44 : leg_mgcp_agent_call(ch, digits, caller, "");
    if (cause != 0)
        tell_refused(ch, cause);
}

void leg_mgcp_agent_answer(struct leg_mgcp_channel *ch)
{
    struct leg_mgcp_agent *l = ch->leg;

    if (!l || l->incoming || l->answered || l->leg.done)
        return;
    l->answered = true;
    l->overlap = false;
    leg_mgcp_agent_join(ch);
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_CONNECT});
}

static void on_ans(struct leg_mgcp_channel *ch, struct rt_str params)
{
    (void)params;
    leg_mgcp_agent_answer(ch);
}

static void on_rel(struct leg_mgcp_channel *ch, struct rt_str params)
{
    uint64_t cause = 0;

    rt_str_u64(&cause, rt_str_trim(params), 127);
    if (!ch->leg)
        leg_mgcp_agent_cleared(ch); /* nothing to release: it is free */
    else
        leg_mgcp_agent_release(ch->leg, cause ? (unsigned)cause : 16);
}

/** The agent confirms what was released: it is told no more. */
static void on_rlc(struct leg_mgcp_channel *ch, struct rt_str params)
{
    (void)params;
    if (ch->leg)
        leg_mgcp_agent_release(ch->leg, 16);
}

/** It rings there: the caller hears it from us, by this signal. */
static void on_rt(struct leg_mgcp_channel *ch, struct rt_str params)
{
    struct leg_mgcp_agent *l = ch->leg;

    (void)params;
    if (!l || l->incoming || l->answered || l->leg.done)
        return;
    l->heard = true;
    l->overlap = false;
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_ALERTING, .inband = true});
}

static void on_rg(struct leg_mgcp_channel *ch, struct rt_str params)
{
    (void)params;
    rt_defer_start(&ch->ring);
}

void leg_mgcp_agent_ring_failed(struct leg_mgcp_channel *ch)
{
    static const char *const ways[] = {"rg", "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"};

    for (size_t i = 0; i < RT_COUNT(ways); i++)
        mgcp_gw_played(ch->endpoint, NULL, "L", ways[i], true);
}

/** The telephone is called by its number on the span. */
static void ring(void *arg)
{
    struct leg_mgcp_channel *ch = arg;
    char digits[8], number[DP_DIGITS_MAX + 1] = "", name[GW_PARTY_NAME_LEN] = "";

    if (ch->leg)
        return;
    if (ch->caller)
        leg_mgcp_agent_read_caller(number, sizeof number, name, sizeof name, rt_str(ch->caller));
    free(ch->caller);
    ch->caller = NULL;
    snprintf(digits, sizeof digits, "%u", ch->timeslot);
    if (leg_mgcp_agent_call(ch, digits, number, name) != 0)
        leg_mgcp_agent_ring_failed(ch);
}

static void stop_ringing(struct leg_mgcp_channel *ch)
{
    rt_defer_stop(&ch->ring);
    if (ch->leg && ch->leg->incoming && !ch->leg->answered)
        leg_mgcp_agent_release(ch->leg, 16);
}

static void on_ci(struct leg_mgcp_channel *ch, struct rt_str params)
{
    free(ch->caller);
    ch->caller = rt_str_dup(params);
}

static void on_lb(struct leg_mgcp_channel *ch, struct rt_str params)
{
    (void)params;
    ch->looped = true;
    leg_mgcp_agent_open_line(ch);
    leg_mgcp_agent_join(ch);
}

static void stop_lb(struct leg_mgcp_channel *ch)
{
    ch->looped = false;
    leg_mgcp_agent_join(ch);
}

/** ISDN knows no such thing on the way to us, and needs nothing done. */
static void on_nothing(struct leg_mgcp_channel *ch, struct rt_str params)
{
    (void)ch;
    (void)params;
}

/** How a signal may be asked for. */
enum when {
    ANY_TIME,
    FREE,     /**< 401 while the channel is in a call */
    ON_HOOK,  /**< 401 while off-hook, or in a call */
    OFF_HOOK, /**< 402 while on-hook */
};

static const struct act {
    const char *package, *symbol;
    void (*start)(struct leg_mgcp_channel *ch, struct rt_str params);
    void (*stop)(struct leg_mgcp_channel *ch);
    enum when when;
    bool brief; /**< it is through at once */
} acts[] = {
    {"MS", "sup", on_sup, NULL, FREE, true},
    {"MS", "ans", on_ans, NULL, ANY_TIME, true},
    {"MS", "rel", on_rel, NULL, ANY_TIME, true},
    {"MS", "rlc", on_rlc, NULL, ANY_TIME, true},
    {"MS", "sus", on_nothing, NULL, ANY_TIME, true},
    {"MS", "res", on_nothing, NULL, ANY_TIME, true},
    {"MS", "rt", on_rt, NULL, ANY_TIME, false},
    {"G", "rt", on_rt, NULL, ANY_TIME, false},
    {"L", "rg", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r0", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r1", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r2", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r3", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r4", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r5", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r6", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "r7", on_rg, stop_ringing, ON_HOOK, false},
    {"L", "ci", on_ci, NULL, ANY_TIME, true},
    {"L", "osi", on_rel, NULL, OFF_HOOK, false},
    {"L", "dl", NULL, NULL, OFF_HOOK, false},
    {"L", "sl", NULL, NULL, OFF_HOOK, false},
    {"L", "bz", NULL, NULL, OFF_HOOK, false},
    {"T", "lb", on_lb, stop_lb, ANY_TIME, false},
};

static const struct act *act_of(const char *package, const char *symbol)
{
    for (size_t i = 0; i < RT_COUNT(acts); i++)
        if (strcasecmp(package, acts[i].package) == 0 && strcasecmp(symbol, acts[i].symbol) == 0)
            return &acts[i];
    return NULL;
}

/* ---- what can be asked for ---- */

/** Events that we detect. Of the others' kinds there is no detector: 512. */
static const struct {
    const char *package, *symbol; /**< NULL: all of the package's */
} detected[] = {{"MS", NULL}, {"B", NULL}, {"L", "hd"},  {"L", "hu"}, {"L", "hf"},
                {"G", "ft"},  {"G", "mt"}, {"R", "rto"}, {"R", "ma"}, {"FXR", "nopfax"}};

static bool is_end(const char *symbol)
{
    return strcasecmp(symbol, "oc") == 0 || strcasecmp(symbol, "of") == 0;
}

/** `rto(120,st=ra)` (RFC 3660 2.10) */
static unsigned check_silence(struct rt_str params)
{
    unsigned refusal = 200;

    while (params.n > 0 && refusal == 200) {
        struct rt_str one = rt_str_trim(rt_str_cut(&params, ','));
        uint64_t seconds = 0;
        if (!rt_str_caseeq(one, "st=im") && !rt_str_caseeq(one, "st=ra") &&
            (rt_str_u64(&seconds, one, 65535) != 0 || seconds == 0))
            refusal = 538;
    }
    return refusal;
}

unsigned leg_mgcp_agent_requested(void *arg, struct mgcp_gw_connection *c, const char *package,
                                  const char *symbol, struct rt_str params)
{
    (void)arg;
    (void)c;
    if (is_end(symbol))
        return 200;
    for (size_t i = 0; i < RT_COUNT(detected); i++) {
        if (strcasecmp(package, detected[i].package) != 0 ||
            (detected[i].symbol && strcasecmp(symbol, detected[i].symbol) != 0))
            continue;
        if (strcasecmp(symbol, "rto") == 0)
            return check_silence(params);
        return params.n > 0 && detected[i].symbol ? 538 : 200;
    }
    return 512;
}

static unsigned check_when(const struct leg_mgcp_channel *ch, enum when when)
{
    if ((when == FREE && ch->leg) || (when == ON_HOOK && (ch->off_hook || ch->leg)))
        return 401;
    return when == OFF_HOOK && !ch->off_hook ? 402 : 200;
}

static bool is_digit(const char *package, const char *symbol)
{
    return strcasecmp(package, "D") == 0 && symbol[0] != '\0' && symbol[1] == '\0';
}

static bool is_announcement(const char *package, const char *symbol)
{
    return strcasecmp(package, "A") == 0 && strcasecmp(symbol, "ann") == 0;
}

unsigned leg_mgcp_agent_check(void *arg, struct mgcp_gw_connection *c, const char *package,
                              const char *symbol, struct rt_str params)
{
    struct leg_mgcp_channel *ch = arg;
    const struct act *act = c ? NULL : act_of(package, symbol);
    char digits[DP_DIGITS_MAX + 1];

    if (is_announcement(package, symbol))
        return leg_mgcp_agent_announcement(ch, params) ? 200 : 514;
    if (is_digit(package, symbol) && symbol[0] != 'T' && symbol[0] != 'X' && symbol[0] != 'L')
        return c || !ch->export->lines ? 200 : check_when(ch, OFF_HOOK);
    if (act && act->start == on_sup &&
        !leg_mgcp_check_address(digits, sizeof digits, params, "addr"))
        return 538;
    if (act)
        return check_when(ch, act->when);
    return leg_mgcp_agent_tone(ch, package, symbol) ? 200 : 513;
}

/* ---- playing ---- */

/** Where a signal sounds: into its connection, or towards the line. */
static struct media_port *port_for(struct leg_mgcp_channel *ch, struct mgcp_gw_connection *c,
                                   bool start)
{
    const struct leg_mgcp_agent_connection *own = c ? mgcp_gw_connection_owned(c) : NULL;

    if (c)
        return own ? own->port : NULL;
    return start ? leg_mgcp_agent_open_line(ch) : leg_mgcp_agent_line_port(ch);
}

static void play_digit(struct leg_mgcp_channel *ch, struct mgcp_gw_connection *c,
                       const char *symbol)
{
    struct media_port *port = port_for(ch, c, true);

    if (port)
        media_digit(port, symbol[0], 100);
    mgcp_gw_played(ch->endpoint, c, "D", symbol, port == NULL);
}

static bool play(struct leg_mgcp_channel *ch, struct media_port *port, const char *package,
                 const char *symbol, struct rt_str params)
{
    struct clip *clip;

    if (!port)
        return false;
    if (!is_announcement(package, symbol)) {
        media_tone(port, leg_mgcp_agent_tone(ch, package, symbol));
        return true;
    }
    clip = leg_mgcp_agent_announcement(ch, params);
    return clip && media_play(port, clip, 1) == 0;
}

/** On the endpoint: who calls hears it before the answer, but for dial tone while he dials. */
static void sound(struct leg_mgcp_channel *ch, struct mgcp_gw_connection *c, bool start,
                  const char *package, const char *symbol, struct rt_str params)
{
    if (!c && start)
        ch->sounding++;
    else if (!c && ch->sounding > 0)
        ch->sounding--;
    if (!c && start && ch->leg)
        leg_mgcp_agent_sounds(ch->leg); /* which ends whatever is played */
    struct media_port *port = port_for(ch, c, start);
    if (!start) {
        if (port)
            media_tone(port, NULL);
        if (!c)
            leg_mgcp_agent_join(ch);
        return;
    }
    if (!play(ch, port, package, symbol, params)) {
        ch->sounding -= !c;
        mgcp_gw_played(ch->endpoint, c, package, symbol, true);
    }
}

void leg_mgcp_agent_signal(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                           const char *package, const char *symbol, struct rt_str params)
{
    struct leg_mgcp_channel *ch = arg;
    bool start = what == MGCP_SIGNAL_START;
    const struct act *act = c ? NULL : act_of(package, symbol);

    if (act && start && act->start)
        act->start(ch, params);
    if (act && !start && act->stop)
        act->stop(ch);
    if (act && act->brief && start)
        mgcp_gw_played(ch->endpoint, NULL, act->package, act->symbol, false);
    if (is_digit(package, symbol) && start)
        play_digit(ch, c, symbol);
    else if (is_announcement(package, symbol) || leg_mgcp_agent_tone(ch, package, symbol))
        sound(ch, c, start, package, symbol, params);
}

/* ---- life ---- */

void leg_mgcp_agent_init(struct leg_mgcp_channel *ch)
{
    rt_defer_init(&ch->ring, ch->role->mgcp->gw->loop, ring, ch);
}

void leg_mgcp_agent_fini(struct leg_mgcp_channel *ch)
{
    rt_defer_stop(&ch->ring);
    free(ch->caller);
    ch->caller = NULL;
}
