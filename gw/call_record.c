/* What is remembered of a call: its CDR at each step, one more per attempt, and the ladder of its
 * messages. */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/rt/random.h"

#include <stdarg.h>
#include <stdio.h>

static const char *presentation_name(enum dp_present p)
{
    static const char *const names[] = {"allowed", "restricted", "unavailable"};
    return names[p];
}

static int64_t ms_since(const struct gw_call *call, rt_time then)
{
    return then == 0 ? 0 : (rt_loop_now(call->gw->loop) - then) / RT_MS;
}

static void copy_name(char out[GW_NAME_LEN], const char *name)
{
    rt_str_copy(out, GW_NAME_LEN, rt_str(name));
}

/** The calling side's, or else that of the target tried last. */
static void take_call_id(struct gw_cdr *r, const struct gw_call *call)
{
    const struct gw_leg *leg = call->a && call->a->call_id[0] ? call->a : call->b;

    if (leg)
        rt_str_copy(r->sip_call_id, sizeof r->sip_call_id, rt_str(leg->call_id));
}

static void take_legs(struct gw_cdr *r, const struct gw_call *call)
{
    take_call_id(r, call);
    if (call->a) {
        call->a->ops->channel(call->a, r->from_channel, sizeof r->from_channel);
        r->codec_a = call->a->codec;
    }
    if (call->b) {
        call->b->ops->channel(call->b, r->to_channel, sizeof r->to_channel);
        r->codec_b = call->b->codec;
    }
}

void gw_record_call_start(struct gw_call *call)
{
    struct gw_cdr *r = &call->cdr;

    rt_random_hex(r->call_id, GW_CALL_ID_LEN - 1);
    r->seq = gw_cdr_next_seq(call->gw->cdr);
    r->generation = call->plan->generation;
    r->start_time = rt_wall();
    copy_name(r->from_trunk, call->a->trunk->name);
    dp_text(r->called_in, &call->setup.called);
    dp_text(r->caller_in, &call->setup.calling);
    dp_text(r->redirecting, &call->setup.redirecting);
    r->presentation = presentation_name(call->setup.calling.present);
    take_legs(r, call);
    gw_cdr_open(call->gw->cdr, r);
}

void gw_record_numbers(struct gw_call *call)
{
    struct gw_cdr *r = &call->cdr;

    dp_text(r->called_in, &call->setup.called);
    dp_text(r->called, &call->decision.called);
    dp_text(r->caller, &call->decision.calling);
}

void gw_record_route(struct gw_call *call)
{
    const struct gw_route *row = call->decision.route;

    if (row)
        snprintf(call->cdr.route_rule, sizeof call->cdr.route_rule, "%s:%u %s", row->pos.file,
                 row->pos.line, row->pattern);
}

void gw_record_attempt_start(struct gw_call *call, const struct gw_hop *hop)
{
    struct gw_cdr *r = &call->attempt;
    unsigned attempt = r->attempt + 1;

    *r = call->cdr;
    r->attempt = attempt;
    r->seq = gw_cdr_next_seq(call->gw->cdr);
    r->start_time = rt_wall();
    r->ring_time = 0;
    take_legs(r, call);
    copy_name(r->to_trunk, hop->trunk->name);
    dp_text(r->called_out, &hop->called);
    dp_text(r->caller_out, &hop->calling);
    call->attempt_started = rt_loop_now(call->gw->loop);
    gw_cdr_open(call->gw->cdr, r);
}

void gw_record_channel(struct gw_call *call)
{
    take_legs(&call->cdr, call);
    take_legs(&call->attempt, call);
}

void gw_record_ringing(struct gw_call *call)
{
    if (call->attempt.ring_time == 0)
        call->attempt.ring_time = rt_wall();
    if (call->cdr.ring_time == 0)
        call->cdr.ring_time = call->attempt.ring_time;
}

void gw_record_answer(struct gw_call *call)
{
    call->attempt.answer_time = call->cdr.answer_time = rt_wall();
}

/** The RTP side is the one worth an account; with two of them the calling side's. */
void gw_record_media(struct gw_call *call)
{
    struct gw_leg *const legs[] = {call->a, call->b};
    struct gw_cdr *r = &call->cdr;

    take_legs(r, call);
    for (size_t i = 0; i < RT_COUNT(legs) && !r->have_rtp; i++)
        r->have_rtp = legs[i] && legs[i]->ops->stats(legs[i], &r->rtp);
    r->dtmf_count = r->have_rtp ? r->rtp.digits : 0;
}

static void close_record(struct gw_call *call, struct gw_cdr *r, rt_time since,
                         const struct gw_cause *cause)
{
    r->end_time = rt_wall();
    r->duration_ms = ms_since(call, since);
    r->talk_ms = r->answer_time ? ms_since(call, call->answered) : 0;
    r->cause = *cause;
    gw_cdr_close(call->gw->cdr, r);
}

void gw_record_attempt_end(struct gw_call *call, const struct gw_cause *cause)
{
    if (call->attempt_started == 0)
        return;
    take_legs(&call->attempt, call);
    close_record(call, &call->attempt, call->attempt_started, cause);
    call->attempt_started = 0;
}

void gw_record_call_end(struct gw_call *call, const struct gw_cause *cause)
{
    struct gw_cdr *r = &call->cdr;

    copy_name(r->to_trunk, call->attempt.to_trunk);
    dp_text(r->called, &call->decision.called);
    rt_str_copy(r->called_out, sizeof r->called_out, rt_str(call->attempt.called_out));
    rt_str_copy(r->caller_out, sizeof r->caller_out, rt_str(call->attempt.caller_out));
    close_record(call, r, call->started, cause);
}

void gw_call_note(struct gw_leg *leg, bool sent, const char *fmt, ...)
{
    struct gw_call *call = leg->call;
    va_list ap;

    if (!call)
        return;
    if (call->nladder == GW_LADDER_MAX) {
        call->ladder_lost++;
        return;
    }
    struct gw_ladder_line *l = &call->ladder[call->nladder++];
    l->at = rt_loop_now(call->gw->loop);
    l->side = leg->side;
    l->sent = sent;
    va_start(ap, fmt);
    vsnprintf(l->text, sizeof l->text, fmt, ap);
    va_end(ap);
}
