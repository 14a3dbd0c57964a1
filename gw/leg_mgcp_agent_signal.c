/* What an agent signals on channels of ours becomes events of calls, and the other way round: in
 * the words of package MS (RFC 3064), or of L (RFC 3660 2.4) where telephones are behind the span.
 * Tones are played towards the line, or into the connection that they are asked for on.
 */
#include "gw/leg_mgcp_agent.h"

#include <stdio.h>
#include <utlist.h>

/* ---- tones ---- */

static const struct {
    const char *package, *symbol;
    enum tone_kind tone;
} tones[] = {
    {"G", "rt", TONE_RINGBACK},    {"G", "rbk", TONE_RINGBACK},  {"G", "cg", TONE_CONGESTION},
    {"G", "it", TONE_SIT},         {"L", "dl", TONE_DIAL},       {"L", "sl", TONE_DIAL},
    {"L", "bz", TONE_BUSY},        {"L", "ro", TONE_CONGESTION}, {"L", "nbz", TONE_CONGESTION},
    {"L", "sit", TONE_SIT},        {"MS", "bz", TONE_BUSY},      {"MS", "ro", TONE_CONGESTION},
    {"MS", "rt", TONE_RINGBACK},   {"BL", "dl", TONE_DIAL},      {"BL", "bz", TONE_BUSY},
    {"BL", "ro", TONE_CONGESTION}, {"BL", "rt", TONE_RINGBACK},  {"DT", "bz", TONE_BUSY},
    {"DT", "ro", TONE_CONGESTION}, {"DT", "rt", TONE_RINGBACK},  {"T", "ro", TONE_CONGESTION},
    {"T", "bz", TONE_BUSY},
};

/** Tones of tests (RFC 3660 2.3; the levels are those of the line, 0 dBm0). */
static const struct {
    const char *symbol;
    struct tone_spec spec;
} test_tones[] = {
    {"co1", {.step = {{.hz = {2010, 0}}}, .nsteps = 1, .dbm0 = -13}},
    {"co2", {.step = {{.hz = {1780, 0}}}, .nsteps = 1, .dbm0 = -13}},
    {"nm", {.step = {{.hz = {1004, 0}}}, .nsteps = 1, .dbm0 = 0}},
    {"mm", {.step = {{.hz = {1013.8F, 0}}}, .nsteps = 1, .dbm0 = 0}},
    {"om", {.step = {{.hz = {1000, 0}}}, .nsteps = 1, .dbm0 = 0}},
    {"tl", {.step = {{.hz = {2225, 0}}}, .nsteps = 1, .dbm0 = -13}},
};

static const struct tone_spec *tone_of(const struct leg_mgcp_channel *ch, const char *package,
                                       const char *symbol)
{
    const struct dp_site *site = ch->export->outside->site;

    for (size_t i = 0; i < RT_COUNT(tones); i++)
        if (strcasecmp(package, tones[i].package) == 0 && strcasecmp(symbol, tones[i].symbol) == 0)
            return tone_country(site ? dp_country_code(site->country) : NULL, tones[i].tone);
    for (size_t i = 0; strcasecmp(package, "T") == 0 && i < RT_COUNT(test_tones); i++)
        if (strcasecmp(symbol, test_tones[i].symbol) == 0)
            return &test_tones[i].spec;
    return NULL;
}

static struct media_port *port_for(const struct leg_mgcp_channel *ch, struct mgcp_gw_connection *c)
{
    const struct leg_mgcp_agent_connection *own = c ? mgcp_gw_connection_owned(c) : NULL;

    return c ? own ? own->port : NULL : leg_mgcp_agent_line_port(ch);
}

/* ---- lists in parentheses ---- */

/** The digits of "addr(k0,5,5,5,s0)"; without such a group, of "k0,5,5,5,s0". */
static void read_digits(char *out, size_t cap, struct rt_str params, const char *group)
{
    size_t len = strlen(group), n = 0;

    for (size_t i = 0; i + len < params.n; i++)
        if (strncasecmp(params.p + i, group, len) == 0 && params.p[i + len] == '(') {
            params = (struct rt_str){params.p + i + len + 1, params.n - i - len - 1};
            params = rt_str_cut(&params, ')');
            break;
        }
    while (params.n > 0) {
        struct rt_str d = rt_str_trim(rt_str_cut(&params, ','));
        if (d.n == 1 && strchr("0123456789*#", d.p[0]) && n + 1 < cap)
            out[n++] = d.p[0];
    }
    out[n] = '\0';
}

/* ---- signals that are calls ---- */

static void start_call(struct leg_mgcp_channel *ch, const char *digits, const char *caller)
{
    unsigned cause = ch->leg ? 44 : leg_mgcp_agent_call(ch, digits, caller);
    char text[16];

    if (cause == 0)
        return;
    snprintf(text, sizeof text, "%u", cause & 127);
    mgcp_gw_event(ch->endpoint, NULL, "MS", "rel", rt_str(text));
    leg_mgcp_agent_cleared(ch);
}

static void on_sup(struct leg_mgcp_channel *ch, struct rt_str params, bool start)
{
    char digits[DP_DIGITS_MAX + 1], caller[DP_DIGITS_MAX + 1] = "";

    if (!start)
        return;
    read_digits(digits, sizeof digits, params, "addr");
    if (memmem(params.p, params.n, "id(", 3))
        read_digits(caller, sizeof caller, params, "id");
    start_call(ch, digits, caller);
    mgcp_gw_played(ch->endpoint, NULL, "MS", "sup", false); /* the digits are out */
}

/** The agent's side answers a call from the line. */
static void answer(struct leg_mgcp_channel *ch)
{
    struct leg_mgcp_agent *l = ch->leg;

    if (!l || l->incoming || l->answered || l->leg.done)
        return;
    l->answered = true;
    leg_mgcp_agent_join(ch);
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_CONNECT});
}

static void on_ans(struct leg_mgcp_channel *ch, struct rt_str params, bool start)
{
    (void)params;
    if (start)
        answer(ch);
}

static void on_rel(struct leg_mgcp_channel *ch, struct rt_str params, bool start)
{
    uint64_t cause = 0;

    if (!start)
        return;
    rt_str_u64(&cause, rt_str_trim(params), 127);
    if (ch->leg)
        leg_mgcp_agent_release(ch->leg, cause ? (unsigned)cause : 16);
    else
        leg_mgcp_agent_cleared(ch); /* nothing to release: it is free */
}

static void on_rt(struct leg_mgcp_channel *ch, struct rt_str params, bool start)
{
    struct leg_mgcp_agent *l = ch->leg;

    (void)params;
    if (start && l && !l->incoming && !l->answered)
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_ALERTING});
}

/** A telephone is rung: the call goes to the channel, by its number. */
static void on_rg(struct leg_mgcp_channel *ch, struct rt_str params, bool start)
{
    char digits[8];

    (void)params;
    snprintf(digits, sizeof digits, "%u", ch->timeslot);
    if (start && !ch->leg)
        leg_mgcp_agent_call(ch, digits, "");
    else if (!start && ch->leg && ch->leg->incoming && !ch->leg->answered)
        leg_mgcp_agent_release(ch->leg, 16);
}

/** A circuit that is blocked takes no calls; our line decides that itself. */
static void on_nothing(struct leg_mgcp_channel *ch, struct rt_str params, bool start)
{
    (void)ch;
    (void)params;
    (void)start;
}

static const struct {
    const char *package, *symbol;
    void (*fn)(struct leg_mgcp_channel *ch, struct rt_str params, bool start);
} acts[] = {
    {"MS", "sup", on_sup},     {"MS", "ans", on_ans},    {"MS", "rel", on_rel},
    {"MS", "rlc", on_rel},     {"MS", "rt", on_rt},      {"MS", "sus", on_nothing},
    {"MS", "res", on_nothing}, {"L", "rg", on_rg},       {"L", "r0", on_rg},
    {"L", "r1", on_rg},        {"L", "r2", on_rg},       {"L", "r3", on_rg},
    {"L", "r4", on_rg},        {"L", "r5", on_rg},       {"L", "r6", on_rg},
    {"L", "r7", on_rg},        {"BL", "rg", on_rg},      {"L", "ci", on_nothing},
    {"L", "vmwi", on_nothing}, {"L", "osi", on_nothing}, {"L", "rs", on_nothing},
    {"L", "wt", on_nothing},   {"L", "ot", on_nothing},  {"BL", "rel", on_nothing},
};

static int act_of(const char *package, const char *symbol)
{
    for (size_t i = 0; i < RT_COUNT(acts); i++)
        if (strcasecmp(package, acts[i].package) == 0 && strcasecmp(symbol, acts[i].symbol) == 0)
            return (int)i;
    return -1;
}

unsigned leg_mgcp_agent_check(void *arg, struct mgcp_gw_connection *c, const char *package,
                              const char *symbol, struct rt_str params)
{
    const struct leg_mgcp_channel *ch = arg;
    bool ring = strcasecmp(package, "L") == 0 && symbol[0] == 'r' &&
                (symbol[1] == 'g' || (symbol[1] >= '0' && symbol[1] <= '7'));

    (void)params;
    if (ring && ch->off_hook)
        return 401;
    if (strcasecmp(package, "D") == 0 && symbol[0] != '\0' && symbol[1] == '\0')
        return 200;
    if (strcasecmp(package, "T") == 0 && strcasecmp(symbol, "lb") == 0)
        return 200;
    if (act_of(package, symbol) >= 0 && !c)
        return 200;
    return tone_of(ch, package, symbol) ? 200 : 513;
}

static void play_digit(struct leg_mgcp_channel *ch, struct mgcp_gw_connection *c,
                       const char *symbol)
{
    struct media_port *port = port_for(ch, c);

    if (port)
        media_digit(port, symbol[0], 100);
    mgcp_gw_played(ch->endpoint, c, "D", symbol, port == NULL);
}

static void loop_back(struct leg_mgcp_channel *ch, bool start)
{
    struct media_port *line = leg_mgcp_agent_line_port(ch);

    if (start && line)
        media_echo(line);
    else
        leg_mgcp_agent_join(ch);
}

void leg_mgcp_agent_signal(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                           const char *package, const char *symbol, struct rt_str params)
{
    struct leg_mgcp_channel *ch = arg;
    bool start = what == MGCP_SIGNAL_START;
    int act = c ? -1 : act_of(package, symbol);
    const struct tone_spec *tone = tone_of(ch, package, symbol);
    struct media_port *port = port_for(ch, c);

    if (act >= 0)
        acts[act].fn(ch, params, start);
    if (strcasecmp(package, "D") == 0 && start)
        play_digit(ch, c, symbol);
    else if (strcasecmp(package, "T") == 0 && strcasecmp(symbol, "lb") == 0)
        loop_back(ch, start);
    else if (tone && port)
        media_tone(port, start ? tone : NULL);
}

/* ---- what the call says ---- */

void leg_mgcp_agent_digits(struct leg_mgcp_channel *ch, const char *digits)
{
    char symbol[2] = "";

    for (; *digits; digits++) {
        symbol[0] = *digits;
        mgcp_gw_event(ch->endpoint, NULL, "D", symbol, rt_str(""));
    }
}

void leg_mgcp_agent_seized(struct leg_mgcp_channel *ch, const char *digits)
{
    struct rt_buf text = {0};

    if (ch->export->lines) {
        ch->off_hook = true;
        mgcp_gw_event(ch->endpoint, NULL, "L", "hd", rt_str(""));
        leg_mgcp_agent_digits(ch, digits);
        return;
    }
    rt_buf_puts(&text, "k0");
    for (const char *d = digits; *d; d++)
        rt_buf_printf(&text, ",%c", *d);
    rt_buf_puts(&text, ",s0");
    mgcp_gw_event(ch->endpoint, NULL, "MS", "sup", rt_str(""));
    mgcp_gw_event(ch->endpoint, NULL, "MS", "inf", rt_buf_str(&text));
    rt_buf_release(&text);
}

void leg_mgcp_agent_heard(struct leg_mgcp_channel *ch)
{
    struct leg_mgcp_agent *l = ch->leg;
    struct leg_mgcp_agent_connection *c = ch->connections;

    if (!l || l->leg.done || l->incoming || !c || c->rtp.codec == CODEC_COUNT)
        return;
    if (ch->export->lines && c->mode == MGCP_SENDRECV)
        answer(ch); /* who dialled is heard: an analogue line knows no other answer */
    else if (!l->answered)
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_PROGRESS, .inband = true});
}

static void said_connect(struct leg_mgcp_agent *l)
{
    struct leg_mgcp_channel *ch = l->channel;

    l->answered = true;
    if (ch->export->lines)
        ch->off_hook = true;
    mgcp_gw_event(ch->endpoint, NULL, ch->export->lines ? "L" : "MS",
                  ch->export->lines ? "hd" : "ans", rt_str(""));
}

static void said_release(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    struct leg_mgcp_channel *ch = l->channel;
    char text[16];

    if (ch->export->lines) {
        if (ch->off_hook)
            mgcp_gw_event(ch->endpoint, NULL, "L", "hu", rt_str(""));
        ch->off_hook = false;
        return;
    }
    snprintf(text, sizeof text, "%u", ev->cause.q850 == 16 ? 0 : ev->cause.q850);
    mgcp_gw_event(ch->endpoint, NULL, "MS", "rel", rt_str(text));
}

void leg_mgcp_agent_said(struct leg_mgcp_agent *l, const struct gw_event *ev)
{
    char digit[2] = {ev->digits[0], '\0'};

    if (ev->type == GW_EV_CONNECT)
        said_connect(l);
    else if (ev->type == GW_EV_RELEASE)
        said_release(l, ev);
    else if (ev->type == GW_EV_DTMF || ev->type == GW_EV_INFORMATION)
        mgcp_gw_event(l->channel->endpoint, NULL, "D", digit, rt_str(""));
    if (ev->type == GW_EV_CONNECT || (ev->type == GW_EV_ALERTING && ev->inband))
        leg_mgcp_agent_join(l->channel);
}

void leg_mgcp_agent_cleared(struct leg_mgcp_channel *ch)
{
    if (!ch->export->lines)
        mgcp_gw_event(ch->endpoint, NULL, "MS", "rlc", rt_str(""));
}
