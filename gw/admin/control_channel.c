/* `show channel SPAN/TIMESLOT`: everything about one circuit on one page: how it is, what that
 * means, what it waits for and what ends that, whose it is and what is on the other side.
 */
#include "gw/admin/control_priv.h"
#include "gw/span_status.h"

#include <stdio.h>

/* ---- sentences ---- */

struct sentence {
    const char *state, *means;
};

static const struct sentence channels[] = {
    {"idle", "No call is on it; the next one may take it."},
    {"busy", "A call has it."},
    {"signalling", "It is the D channel, which carries the signalling of the others."},
    {"restarting", "RESTART is sent; it is idle again when the far end acknowledges it."},
    {"out of service", "The far end did not acknowledge RESTART; it is restarted again when the "
                       "D channel comes up anew, or by `tandem restart`."},
    {"blocked", "No call is on it, and none may take it until it is unblocked."},
    {"draining", "A call has it and goes on; no other may take it afterwards."},
};

/* Q.931's states, as isdn/audit.c names them. */
static const struct sentence calls[] = {
    {"present",
     "SETUP came; the call is being routed, and the far end waits for our first answer."},
    {"overlap receiving", "The far end was asked for more digits and sends them as they are "
                          "dialled."},
    {"incoming proceeding", "The far end knows that its call proceeds, or rings; it waits for the "
                            "called side's answer."},
    {"setup", "SETUP is sent and the far end has said nothing yet."},
    {"overlap sending", "The far end wants more digits; they go out as they are dialled."},
    {"outgoing proceeding", "The far end has taken the call and looks for the subscriber, or rings "
                            "there; its answer is waited for."},
    {"connect request", "CONNECT is sent; the far end's acknowledgement is waited for."},
    {"active", "Both sides talk; it lasts until one of them releases."},
    {"disconnect indication", "The far end clears and lets its tones be heard; our release, or its "
                              "own, ends that."},
    {"disconnect request", "We clear and let tones be heard; the far end's release ends that."},
    {"release request", "We clear; the far end's acknowledgement is waited for."},
    {"null", "The call is over."},
};

static const char *means(const struct sentence *rows, size_t n, const char *state)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].state, state) == 0)
            return rows[i].means;
    return "";
}

/** What a timer does when it runs out. */
static const struct {
    const char *timer, *does;
} timers[] = {
    {"t301", "ends it, cause 19"},
    {"t302", "takes the digits so far for the whole number"},
    {"t303", "repeats SETUP, then ends it, cause 102"},
    {"t304", "ends it, cause 102"},
    {"t305", "goes on to RELEASE"},
    {"t306", "goes on to RELEASE"},
    {"t310", "ends it, cause 102"},
    {"t313", "ends it, cause 102"},
    {"t322", "asks again, then ends it, cause 41"},
    {"supervision", "ends it, cause 102"},
};

/** "T310 ends it in 12 s, cause 102" */
static void say_end(char *out, size_t cap, const char *timer, rt_time due)
{
    const char *does = "ends it";
    char name[16], when[32] = "";
    rt_time now = rt_now();

    for (size_t i = 0; i < RT_COUNT(timers); i++)
        if (strcmp(timers[i].timer, timer) == 0)
            does = timers[i].does;
    snprintf(name, sizeof name, "%.15s", timer);
    if (name[0] == 't')
        name[0] = 'T';
    if (due > now)
        snprintf(when, sizeof when, " in %lld s", (long long)((due - now + RT_S - 1) / RT_S));
    const char *comma = strchr(does, ',');
    int head = comma && strncmp(does, "ends it", 7) == 0 ? (int)(comma - does) : (int)strlen(does);
    snprintf(out, cap, "%s %.*s%s%s", name, head, does, when, does + head);
}

/* ---- the answer ---- */

/** The leg that holds the channel: names are compared, as the records have them. */
static const struct gw_leg *leg_on(const struct gw *gw, const char *channel)
{
    for (const struct gw_leg *leg = gw->legs; leg; leg = leg->next) {
        char name[64] = "";
        leg->ops->channel(leg, name, sizeof name);
        if (leg->call && !leg->away && strcmp(name, channel) == 0)
            return leg;
    }
    return NULL;
}

static void other_side(struct gw_answer *a, const struct gw_leg *leg)
{
    const struct gw_leg *other = gw_call_partner(leg);
    char channel[64] = "", text[320];

    if (!other)
        return;
    other->ops->channel(other, channel, sizeof channel);
    snprintf(text, sizeof text, "%s %s%s%s%s", other->ops->name,
             other->trunk ? other->trunk->name : "", channel[0] || other->call_id[0] ? ", " : "",
             channel, channel[0] ? "" : other->call_id);
    gw_answer_text(a, "other", text);
    gw_answer_text(a, "other_codec", other->codec);
}

static void whose(struct gw_answer *a, const struct gw_leg *leg)
{
    const struct gw_call *call = leg->call;
    char owner[48];

    snprintf(owner, sizeof owner, "side %c of %s", leg->side, call->name);
    gw_answer_number(a, "call", call->number);
    gw_answer_text(a, "caller", call->cdr.caller);
    gw_answer_text(a, "called", call->cdr.called);
    gw_answer_text(a, "leg", owner);
    gw_answer_text(a, "leg_state",
                   leg->done ? "released"
                             : gw_call_state_name((enum gw_call_state)call->fsm.state));
    gw_answer_text(a, "media", leg->port ? "joined to the call" : "none");
    gw_answer_text(a, "codec", leg->codec);
    other_side(a, leg);
}

static void state_of(struct gw_answer *a, const struct gw_channel_status *c)
{
    char ends[120];
    rt_time now = rt_now();

    gw_answer_text(a, "state", c->state);
    gw_answer_text(a, "means", means(channels, RT_COUNT(channels), c->state));
    gw_answer_text(a, "blocked", c->blocked);
    if (c->since > 0)
        gw_answer_number(a, "since_ms", (now - c->since) / RT_MS);
    if (!c->call_state)
        return;
    gw_answer_text(a, "call_state", c->call_state);
    gw_answer_text(a, "waits", means(calls, RT_COUNT(calls), c->call_state));
    if (!c->timer)
        return;
    say_end(ends, sizeof ends, c->timer, c->due);
    gw_answer_text(a, "timer", c->timer);
    if (c->due > now)
        gw_answer_number(a, "timer_ms", (c->due - now) / RT_MS);
    gw_answer_text(a, "ends", ends);
}

/** "1/17": its span; NULL: it has said so. */
static const struct gw_span *parse(struct gw_answer *a, const char *text, unsigned *timeslot)
{
    struct rt_str rest = rt_str(text), head = rt_str_cut(&rest, '/');
    const struct gw_span *span;
    uint64_t ts;
    char id[24];

    if (rest.n == 0 || rt_str_u64(&ts, rest, GW_TIMESLOTS - 1) != 0) {
        gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: not a channel like 1/17", text);
        return NULL;
    }
    rt_str_copy(id, sizeof id, head);
    span = gw_control_span(a, id);
    *timeslot = (unsigned)ts;
    return span;
}

int gw_show_channel(struct gw_answer *a, const struct gw_args *args)
{
    unsigned timeslot = 0;
    const struct gw_span *span = parse(a, args->arg[0], &timeslot);
    struct gw_channel_status c;
    char name[32];

    if (!span)
        return strchr(args->arg[0], '/') ? GW_EXIT_FAILED : GW_EXIT_USAGE;
    unsigned id = a->plan->spans[span->index].id;
    if (!gw_channel_status(&c, span->isdn, timeslot))
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.20s: no such channel", args->arg[0]);
    const struct gw_trunk *trunk = gw_plan_channel(a->plan, id, timeslot);
    snprintf(name, sizeof name, "%u/%u", id, timeslot);
    const struct gw_leg *leg = leg_on(a->gw, name);
    gw_answer_begin(a, "circuit");
    gw_answer_text(a, "channel", name);
    gw_answer_text(a, "trunk", trunk ? trunk->name : "");
    state_of(a, &c);
    if (leg)
        whose(a, leg);
    gw_answer_end(a);
    return GW_EXIT_OK;
}
