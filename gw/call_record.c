/* What is remembered of a call: its CDR at each step, one more per attempt, and the ladder of its
 * messages. */
#include "gw/alarm.h"
#include "gw/call_priv.h"
#include "gw/event.h"
#include "gw/explain.h"
#include "gw/gw.h"
#include "gw/rt/random.h"
#include "gw/series.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *presentation_name(enum dp_present p)
{
    static const char *const names[] = {"allowed", "restricted", "unavailable"};
    return names[p];
}

static int64_t ms_since(const struct gw_call *call, rt_time then)
{
    return then == 0 ? 0 : (rt_loop_now(call->gw->loop) - then) / RT_MS;
}

/** Now, by the wall clock as it was when the call began: a clock that is set while a call goes on
 * puts no answer before its ringing, and makes no wait of an hour. */
static rt_time stamp(const struct gw_call *call)
{
    return call->cdr.start_time + rt_loop_now(call->gw->loop) - call->started;
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
        r->srtp_a = call->a->srtp;
    }
    if (call->b) {
        call->b->ops->channel(call->b, r->to_channel, sizeof r->to_channel);
        r->codec_b = call->b->codec;
        r->srtp_b = call->b->srtp;
    }
}

void gw_record_call_start(struct gw_call *call)
{
    const struct gw_setup *setup = &call->dial->setup;
    struct gw_cdr *r = &call->cdr;

    rt_random_hex(r->call_id, GW_CALL_ID_LEN - 1);
    r->seq = gw_cdr_next_seq(call->gw->cdr);
    r->generation = call->plan->generation;
    r->start_time = rt_wall();
    copy_name(r->from_trunk, call->a->trunk->name);
    if (call->a->trunk->customer)
        copy_name(r->customer, call->a->trunk->customer->name);
    dp_text(r->called_in, &setup->called);
    dp_text(r->caller_in, &setup->calling);
    dp_text(r->redirecting, &setup->redirecting);
    dp_text(r->original, &setup->original);
    r->presentation = presentation_name(setup->calling.present);
    r->bearer = gw_bearer_name(setup->bearer);
    take_legs(r, call);
    gw_call_came(call);
    gw_cdr_open(call->gw->cdr, r);
}

void gw_record_numbers(struct gw_call *call)
{
    struct gw_cdr *r = &call->cdr;

    dp_text(r->called_in, &call->dial->setup.called);
    dp_text(r->called, &call->dial->decision.called);
    dp_text(r->caller, &call->dial->decision.calling);
}

void gw_record_route(struct gw_call *call)
{
    const struct gw_decision *d = &call->dial->decision;
    const struct gw_route *row = d->route;
    char room[RT_DECIMAL_LEN];

    call->cdr.npdi = d->dipped || d->carrier.npdi;
    if (!dp_number_equal(&d->key, &d->called))
        dp_text(call->cdr.route_key, &d->key);

    if (row)
        RT_JOIN(call->cdr.route_rule, sizeof call->cdr.route_rule, rt_str(row->pos.file),
                rt_str(":"), rt_decimal(room, row->pos.line), rt_str(" "), rt_str(row->pattern));
}

void gw_record_explain(struct gw_call *call, const struct gw_explain *why)
{
    struct rt_buf json = {0};

    gw_explain_json(&json, why);
    free(call->explain);
    call->explain = json.failed || why->json.failed ? NULL : strdup(json.p);
    call->cdr.explain = call->explain;
    rt_buf_release(&json);
}

/** The attempt's record: the call's own but for what the attempt has itself. */
static void attempt_record(struct gw_cdr *r, const struct gw_call *call)
{
    const struct gw_attempt *t = &call->attempt;

    *r = call->cdr;
    r->attempt = t->attempt;
    r->seq = t->seq;
    r->opening = t->opening;
    r->start_time = t->start_time;
    r->ring_time = t->ring_time;
    memset(&r->rtp, 0, sizeof r->rtp); /* the account is the call's */
    r->have_rtp = false;
    r->mos_a = r->mos_b = 0;
    r->dtmf_count = 0;
    r->recording[0] = '\0';
    r->explain = NULL;
    take_legs(r, call);
}

void gw_record_attempt_start(struct gw_call *call, const struct gw_hop *hop)
{
    struct gw_attempt *t = &call->attempt;
    struct gw_cdr r;

    gw_call_count_failover(call, hop->trunk);
    t->attempt++;
    t->seq = gw_cdr_next_seq(call->gw->cdr);
    t->start_time = stamp(call);
    t->ring_time = 0;
    t->started = rt_loop_now(call->gw->loop);
    copy_name(call->cdr.to_trunk, hop->trunk->name);
    copy_name(call->cdr.group, hop->group ? hop->group->name : "");
    copy_name(call->cdr.deck, hop->offer ? hop->offer : "");
    dp_text(call->cdr.called_out, &hop->called);
    dp_text(call->cdr.caller_out, &hop->calling);
    attempt_record(&r, call);
    gw_cdr_open(call->gw->cdr, &r);
    t->opening = r.opening;
    gw_event_call(call);
}

void gw_record_channel(struct gw_call *call)
{
    take_legs(&call->cdr, call);
}

void gw_record_ringing(struct gw_call *call)
{
    if (call->attempt.ring_time == 0)
        call->attempt.ring_time = stamp(call);
    if (call->cdr.ring_time == 0)
        call->cdr.ring_time = call->attempt.ring_time;
}

void gw_record_answer(struct gw_call *call)
{
    call->cdr.answer_time = stamp(call);
}

void gw_record_connected(struct gw_call *call, const struct dp_number *n)
{
    struct dp_number kept = *n;

    if (n->digits[0] == '\0')
        return;
    dp_normalise_calling(&kept, call->b->trunk->site);
    dp_text(call->cdr.connected, &kept);
    gw_event_call(call);
}

void gw_record_charge(struct gw_call *call, const struct isdn_aoc *aoc)
{
    char text[GW_CHARGE_LEN];

    gw_aoc_text(text, aoc);
    if (text[0])
        rt_str_copy(call->cdr.charge, sizeof call->cdr.charge, rt_str(text));
    gw_call_advised(call, aoc);
}

void gw_record_digits(struct gw_call *call, const struct gw_event *ev)
{
    call->cdr.dtmf_count += (unsigned)strlen(ev->digits);
}

/** The worse of two that are known: a side hears through both networks. */
static uint16_t worse(uint16_t a, uint16_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/** The RTP side is the one worth an account; with two of them the calling side's. */
void gw_record_media(struct gw_call *call)
{
    struct media_stats a = {0}, b = {0};
    bool rtp_a = call->a && call->a->ops->stats(call->a, &a);
    bool rtp_b = call->b && call->b->ops->stats(call->b, &b);
    struct gw_cdr *r = &call->cdr;

    take_legs(r, call);
    if (!r->have_rtp && (rtp_a || rtp_b))
        r->rtp = rtp_a ? a : b;
    r->have_rtp |= rtp_a || rtp_b;
    if (r->mos_a == 0)
        r->mos_a = worse(a.far.mos_cq_average, b.heard.mos_cq_average);
    if (r->mos_b == 0)
        r->mos_b = worse(b.far.mos_cq_average, a.heard.mos_cq_average);
}

static void close_record(struct gw_call *call, struct gw_cdr *r, rt_time since,
                         const struct gw_cause *cause)
{
    r->end_time = stamp(call);
    r->duration_ms = ms_since(call, since);
    r->talk_ms = r->answer_time ? ms_since(call, call->answered) : 0;
    r->cause = *cause;
    gw_cdr_close(call->gw->cdr, r);
}

void gw_record_attempt_end(struct gw_call *call, const struct gw_cause *cause)
{
    struct gw_cdr r;

    if (call->attempt.started == 0)
        return;
    attempt_record(&r, call);
    close_record(call, &r, call->attempt.started, cause);
    call->attempt.started = 0;
    call->attempt.opening = NULL;
}

void gw_record_call_end(struct gw_call *call, const struct gw_cause *cause)
{
    close_record(call, &call->cdr, call->started, cause);
    gw_series_record(call->gw->series, &call->cdr);
    gw_alarm_record(call->gw->alarms, &call->cdr);
}

/* ---- the ladder: lines of their true length, one after the other ---- */

/** Before each line's text. */
struct line_head {
    uint32_t ms;
    char side;
    bool sent;
    uint8_t len;
};

void gw_call_note_text(struct gw_leg *leg, bool sent, struct rt_str text)
{
    struct gw_call *call = leg->call;
    struct line_head h = {.side = leg->side, .sent = sent};
    size_t most = sizeof((struct gw_ladder_line *)0)->text - 1;

    if (!call)
        return;
    h.len = (uint8_t)(text.n < most ? text.n : most);
    h.ms = (uint32_t)ms_since(call, call->started);
    if (call->nladder == GW_LADDER_MAX || call->ladder.failed) {
        call->ladder_lost++;
        return;
    }
    call->nladder++;
    rt_buf_put(&call->ladder, &h, sizeof h);
    rt_buf_put(&call->ladder, text.p, h.len);
}

void gw_call_note(struct gw_leg *leg, bool sent, const char *fmt, ...)
{
    char text[sizeof((struct gw_ladder_line *)0)->text];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    gw_call_note_text(leg, sent, rt_str(text));
}

bool gw_call_ladder(const struct gw_call *call, size_t *at, struct gw_ladder_line *out)
{
    struct line_head h;

    if (*at + sizeof h > call->ladder.n)
        return false;
    memcpy(&h, call->ladder.p + *at, sizeof h);
    *at += sizeof h;
    if (*at + h.len > call->ladder.n)
        return false;
    out->ms = h.ms;
    out->side = h.side;
    out->sent = h.sent;
    rt_str_copy(out->text, sizeof out->text, (struct rt_str){call->ladder.p + *at, h.len});
    *at += h.len;
    return true;
}
