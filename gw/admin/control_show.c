/* `show`: the gateway, its calls, its counters, its plan. */
#include "gw/admin/control_priv.h"
#include "gw/apply.h"
#include "gw/bans.h"
#include "gw/g729.h"
#include "gw/overload.h"
#include "gw/span_status.h"
#include "gw/version.h"

#include <stdio.h>

/** Calls listed without --all: writing the list stops signalling for as long as it takes. */
#define CALLS_MAX 1000

/* ---- status ---- */

static void g729_status(struct gw_answer *a)
{
    struct gw_g729_status s;

    gw_g729_status(&s, a->gw->g729);
    gw_answer_text(a, "g729", s.state);
    gw_answer_number(a, "g729_streams", s.streams);
    gw_answer_number(a, "g729_restarts", s.restarts);
}

static void media_status(struct gw_answer *a)
{
    unsigned threads = media_threads(a->gw->media);
    rt_time cpu = 0;

    for (unsigned i = 0; i < threads; i++)
        cpu += media_thread_cpu(a->gw->media, i);
    gw_answer_number(a, "media_threads", threads);
    gw_answer_number(a, "media_cpu_ms", cpu / RT_MS);
    gw_answer_number(a, "signalling_cpu_ms", rt_thread_cpu() / RT_MS);
}

static void trace_status(struct gw_answer *a)
{
    struct gw_trace_ring_state ring;

    gw_trace_ring_is(a->gw->trace, &ring);
    gw_answer_number(a, "trace_ring_mib", (int64_t)(ring.octets >> 20));
    gw_answer_number(a, "trace_ring_s", ring.age / RT_S);
}

static void load_status(struct gw_answer *a)
{
    struct gw_overload_status s;
    struct gw_siege siege;

    gw_overload_status(a->gw->overload, &s);
    gw_siege_status(a->gw->sip, &siege);
    gw_answer_text(a, "overload", s.over ? "yes" : "no");
    gw_answer_number(a, "lateness_ms", s.queue / RT_MS);
    gw_answer_number(a, "bans", siege.bans);
}

int gw_show_status(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw *gw = a->gw;
    struct gw_sip_status sip;

    (void)args;
    gw_sip_status(&sip, gw->sip);
    gw_answer_begin(a, "status");
    gw_answer_text(a, "version", GW_VERSION);
    gw_answer_text(a, "state", gw->draining ? "draining" : "running");
    load_status(a);
    gw_answer_number(a, "generation", (int64_t)gw->plan->generation);
    gw_answer_number(a, "uptime_ms", (rt_now() - gw->started) / RT_MS);
    gw_answer_number(a, "calls", gw->ncalls);
    gw_answer_number(a, "calls_total", (int64_t)gw->total_calls);
    gw_answer_number(a, "answers_total", (int64_t)gw->answered_calls);
    gw_answer_number(a, "trunks", gw->plan->ntrunks);
    gw_answer_number(a, "spans", gw->nspans);
    gw_answer_number(a, "sip_sessions", sip.sessions);
    gw_answer_number(a, "sip_dialogs", sip.dialogs);
    gw_answer_number(a, "sip_client_transactions", sip.client);
    gw_answer_number(a, "sip_server_transactions", sip.server);
    gw_answer_number(a, "sip_streams", sip.streams);
    media_status(a);
    g729_status(a);
    trace_status(a);
    gw_answer_number(a, "cdr_recovered", gw_cdr_recovered(gw->cdr));
    gw_answer_end(a);
    return GW_EXIT_OK;
}

/* ---- calls ---- */

static const char *state_of(const struct gw_call *call)
{
    return gw_call_state_name((enum gw_call_state)call->fsm.state);
}

void gw_answer_call(struct gw_answer *a, const struct gw_call *call)
{
    const struct gw_cdr *r = &call->cdr;
    char start[RT_RFC3339_LEN];
    rt_time now = rt_now();

    gw_answer_begin(a, "calls");
    gw_answer_number(a, "call", call->number);
    gw_answer_text(a, "call_id", r->call_id);
    gw_answer_text(a, "state", state_of(call));
    gw_answer_text(a, "start_time", rt_rfc3339(start, r->start_time));
    gw_answer_number(a, "duration_ms", (now - call->started) / RT_MS);
    gw_answer_number(a, "talk_ms", call->answered ? (now - call->answered) / RT_MS : 0);
    gw_answer_text(a, "from_trunk", r->from_trunk);
    gw_answer_text(a, "from_channel", r->from_channel);
    gw_answer_text(a, "to_trunk", call->b ? call->b->trunk->name : r->to_trunk);
    gw_answer_text(a, "to_channel", r->to_channel);
    gw_answer_text(a, "caller", r->caller);
    gw_answer_text(a, "called", r->called);
    gw_answer_text(a, "codec_a", r->codec_a);
    gw_answer_text(a, "codec_b", r->codec_b);
    gw_answer_end(a);
}

/** Which calls are wanted. */
struct wanted {
    const char *trunk; /* NULL: of all */
    rt_time older;     /* begun before this instant; INT64_MAX: any */
};

static int take_wanted(struct gw_answer *a, const struct gw_args *args, struct wanted *out)
{
    const char *older = gw_args_option(args, "--older");
    rt_time age = 0;

    *out = (struct wanted){gw_args_option(args, "--trunk"), INT64_MAX};
    if (out->trunk && !gw_plan_trunk(a->gw->plan, rt_str(out->trunk)))
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no such trunk", out->trunk);
    if (older && !gw_control_duration(&age, older))
        return gw_answer_fail(a, GW_EXIT_USAGE, "--older: \"%.20s\" is not a time like 30s or 5min",
                              older);
    if (older)
        out->older = rt_now() - age;
    return GW_EXIT_OK;
}

static bool is_wanted(const struct wanted *w, const struct gw_call *call)
{
    if (call->started > w->older)
        return false;
    return !w->trunk || (call->a && strcmp(call->a->trunk->name, w->trunk) == 0) ||
           (call->b && strcmp(call->b->trunk->name, w->trunk) == 0);
}

int gw_show_calls(struct gw_answer *a, const struct gw_args *args)
{
    unsigned limit = gw_args_option(args, "--all") ? UINT32_MAX : CALLS_MAX, n = 0, left = 0;
    struct wanted wanted;
    int code = take_wanted(a, args, &wanted);

    if (code != GW_EXIT_OK)
        return code;
    for (struct gw_call *call = a->gw->calls; call; call = call->next) {
        if (!is_wanted(&wanted, call))
            continue;
        if (n++ < limit)
            gw_answer_call(a, call);
        else
            left++;
    }
    if (left > 0)
        snprintf(a->note, sizeof a->note, "and %u more: --all lists them", left);
    else if (n == 0)
        snprintf(a->note, sizeof a->note, "no calls");
    return GW_EXIT_OK;
}

/** Where a side's keys come from, and how far ICE is: when there is something to say. */
static void path(struct gw_answer *a, const char *keying, const char *ice, const struct gw_leg *leg)
{
    if (leg && leg->keying[0])
        gw_answer_text(a, keying, leg->keying);
    if (leg && leg->ice[0])
        gw_answer_text(a, ice, leg->ice);
}

/** What a side's session waits for. */
static void waits(struct gw_answer *a, const char *name, const struct gw_leg *leg)
{
    char text[120];

    if (!leg || !leg->trunk || leg->trunk->kind != GW_TRUNK_SIP || !leg->ops->handle ||
        !leg->ops->handle(leg))
        return;
    gw_sip_waits(text, sizeof text, leg->ops->handle(leg));
    gw_answer_text(a, name, text);
}

/** The record, with what a live one does not have yet filled in. */
static void call_record(struct gw_answer *a, const struct gw_call *call)
{
    struct gw_cdr r = call->cdr;
    struct rt_buf text = {0};
    bool live = call->fsm.state != GW_CALL_OVER;

    if (live) {
        r.duration_ms = (rt_now() - call->started) / RT_MS;
        r.talk_ms = call->answered ? (rt_now() - call->answered) / RT_MS : 0;
        if (call->b && call->b->trunk)
            rt_str_copy(r.to_trunk, sizeof r.to_trunk, rt_str(call->b->trunk->name));
    }
    if (live && call->a)
        r.srtp_a = call->a->srtp;
    if (live && call->b)
        r.srtp_b = call->b->srtp;
    gw_cdr_json(&text, &r);
    gw_answer_begin(a, "call");
    gw_answer_number(a, "call", call->number);
    gw_answer_text(a, "state", state_of(call));
    gw_answer_number(a, "attempts", call->attempt.attempt);
    gw_answer_text(a, "media", call->direct ? "direct" : "relay");
    path(a, "keying_a", "ice_a", live ? call->a : NULL);
    path(a, "keying_b", "ice_b", live ? call->b : NULL);
    waits(a, "waits_a", live ? call->a : NULL);
    waits(a, "waits_b", live ? call->b : NULL);
    if (r.cause.q850) {
        gw_answer_text(a, "cause", gw_cause_name(r.cause.q850));
        gw_answer_text(a, "location", gw_location_name(r.cause.location));
        gw_answer_text(a, "cause_text", r.cause.text);
    }
    gw_answer_members(a, rt_buf_str(&text));
    gw_answer_end(a);
    rt_buf_release(&text);
}

static void ladder(struct gw_answer *a, const struct gw_call *call)
{
    const char *to = call->cdr.to_trunk;
    struct gw_ladder_line l;
    size_t at = 0;

    gw_answer_begin(a, "ladder");
    gw_answer_text(a, "kind_a", gw_call_kind(call, 'a'));
    gw_answer_text(a, "trunk_a", call->cdr.from_trunk);
    gw_answer_text(a, "kind_b", gw_call_kind(call, 'b'));
    gw_answer_text(a, "trunk_b", to);
    gw_answer_number(a, "lost", call->ladder_lost);
    gw_answer_end(a);
    while (gw_call_ladder(call, &at, &l)) {
        gw_answer_begin(a, "message");
        gw_answer_number(a, "at_ms", l.ms);
        gw_answer_text(a, "side", l.side == 'a' ? "a" : "b");
        gw_answer_flag(a, "sent", l.sent);
        gw_answer_text(a, "text", l.text);
        gw_answer_end(a);
    }
}

int gw_show_call(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_call *call = gw_control_call(a->gw, args->arg[0]);

    if (!call)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no such call", args->arg[0]);
    call_record(a, call);
    gw_answer_quality(a, call);
    ladder(a, call);
    return GW_EXIT_OK;
}

/* ---- plan ---- */

int gw_show_plan(struct gw_answer *a, const struct gw_args *args)
{
    struct rt_buf text = {0};

    if (gw_args_option(args, "--expanded"))
        conf_print_expanded(a->plan->conf, &text);
    else
        conf_print_source(a->plan->conf, &text);
    gw_answer_lines(a, rt_buf_str(&text));
    rt_buf_release(&text);
    return GW_EXIT_OK;
}
