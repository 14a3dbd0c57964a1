/* How SIP sessions with a trunk's peer are held: which extensions are used, and how. */
#include "gw/plan_priv.h"

/* Timer C is above 3 min (RFC 3261 16.6 step 11), and each 1xx begins it anew. */
#define NO_ANSWER     (300 * RT_S)
#define NO_ANSWER_MIN (10 * RT_S)
#define NO_ANSWER_MAX (24 * 3600 * RT_S)

#define SILENCE_MIN (500 * RT_MS) /* T1: before it nothing is even repeated (RFC 3261 17.1.1.2) */
#define SILENCE_MAX (32 * RT_S)   /* 64*T1 */

/* types of bodies */
#define DIGITS "application/dtmf-relay, application/dtmf"
#define AOC    "application/vnd.etsi.aoc+xml"

/** The keyword after `word` as an index into `values`; `deflt` when the statement is absent. */
static unsigned choice(const struct conf_node *trunk, const char *word, const char *const *values,
                       unsigned deflt)
{
    const struct conf_node *n = conf_child(trunk, word);

    for (unsigned i = 0; n && values[i]; i++)
        if (strcmp(conf_arg(n, 0)->text, values[i]) == 0)
            return i;
    return deflt;
}

static void read_timer(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "session-timer");
    const struct conf_token *min = n ? conf_labelled(n, "min") : NULL;

    t->session.sip.interval = 1800 * RT_S;
    t->session.sip.min_interval = min ? conf_duration(min) : 90 * RT_S;
    if (!n)
        return;
    const struct conf_token *value = conf_arg(n, 0);
    t->session.sip.interval = strcmp(value->text, "off") == 0 ? 0 : conf_duration(value);
    if (t->session.sip.interval != 0 && t->session.sip.interval < t->session.sip.min_interval)
        conf_error(c->diag, value->pos, "the session interval is shorter than its minimum");
    if (t->session.sip.min_interval < 90 * RT_S)
        conf_error(c->diag, min->pos, "RFC 4028 allows no session interval below 90s");
}

rt_time gw_plan_silence(struct gw_compile *c, const struct conf_node *block, rt_time otherwise)
{
    const struct conf_node *n = conf_child(block, "silence");

    if (!n)
        return otherwise;
    const struct conf_token *value = conf_arg(n, 0);
    rt_time silence = conf_duration(value);
    if (silence < SILENCE_MIN || silence > SILENCE_MAX)
        conf_error(c->diag, value->pos, "\"silence\" is from 500ms to 32s");
    return silence;
}

static void read_no_answer(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "no-answer");
    const struct conf_token *value = n ? conf_arg(n, 0) : NULL;

    t->session.no_answer = NO_ANSWER;
    if (!value)
        return;
    t->session.no_answer = strcmp(value->text, "never") == 0 ? 0 : conf_duration(value);
    if (t->session.no_answer != 0 &&
        (t->session.no_answer < NO_ANSWER_MIN || t->session.no_answer > NO_ANSWER_MAX))
        conf_error(c->diag, value->pos, "\"no-answer\" is from 10s to 24h, or never");
}

void gw_plan_compile_session(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk)
{
    static const char *const levels[] = {"off", "supported", "required", NULL};
    static const char *const transfers[] = {"refuse", "accept", NULL};
    static const char *const redirects[] = {"map", "follow", "anywhere", NULL};
    static const char *const medias[] = {"relay", "direct", NULL};
    static const char *const digits[] = {"auto", "rfc4733", "inband", "info", "info-dtmf", NULL};
    static const char *const advices[] = {"off", "pass", NULL};

    t->session.sip.reliable = choice(trunk, "100rel", levels, SIP_SUPPORTED);
    t->session.sip.refer = choice(trunk, "transfer", transfers, 1) == 1;
    t->session.follow = choice(trunk, "redirects", redirects, 0) != 0;
    t->session.anywhere = choice(trunk, "redirects", redirects, 0) == 2;
    t->session.direct = choice(trunk, "media", medias, t->kind == GW_TRUNK_MGCP) == 1;
    t->session.dtmf = choice(trunk, "dtmf", digits, GW_DTMF_AUTO);
    t->session.aoc = choice(trunk, "aoc", advices, 0) == 1;
    t->session.sip.accept = t->session.aoc ? AOC : NULL;
    t->session.sip.info = t->session.aoc ? DIGITS ", " AOC : DIGITS;
    t->session.silence = gw_plan_silence(c, trunk, 0);
    read_no_answer(c, t, trunk);
    read_timer(c, t, trunk);
}

void gw_plan_compile_overlap(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "overlap");
    const struct conf_token *max = n ? conf_labelled(n, "max") : NULL;

    t->overlap_max = max ? (unsigned)conf_uint(max) : 100;
    t->overlap = t->session.sip.overlap = n != NULL;
    if (t->overlap && t->session.direct)
        conf_error(c->diag, n->pos, "\"overlap\" is not possible with \"media direct\"");
    if (t->overlap && t->session.sip.reliable == SIP_REQUIRED)
        conf_error(c->diag, n->pos, "\"overlap\" is not possible with \"100rel required\"");
}
