/* `show call`: how it sounds, a line for each direction of each leg with RTP. */
#include "gw/admin/control_priv.h"
#include "gw/call_sound.h"
#include "gw/quality.h"

#include <stdio.h>

/** What is not known is left out. */
static void hundredths(struct gw_answer *a, const char *name, unsigned v)
{
    if (v > 0)
        gw_answer_decimal(a, name, v / 100.0);
}

static void known(struct gw_answer *a, const char *name, int v)
{
    if (v != QUALITY_UNKNOWN)
        gw_answer_number(a, name, v);
}

static void figures(struct gw_answer *a, const struct media_quality *q)
{
    if (q->r == 0)
        return;
    hundredths(a, "mos", q->mos_cq);
    hundredths(a, "mos_worst", q->mos_cq_worst);
    hundredths(a, "mos_average", q->mos_cq_average);
    hundredths(a, "mos_listening", q->mos_lq);
    hundredths(a, "mos_listening_worst", q->mos_lq_worst);
    hundredths(a, "mos_listening_average", q->mos_lq_average);
    hundredths(a, "r", q->r);
    hundredths(a, "r_worst", q->r_worst);
    gw_answer_decimal(a, "loss_percent", q->loss / 100.0);
    gw_answer_decimal(a, "discard_percent", q->discard / 100.0);
    gw_answer_number(a, "burst_ms", q->burst_ms);
    gw_answer_number(a, "gap_ms", q->gap_ms);
    known(a, "level_dbm0", q->level_dbm0);
    known(a, "noise_dbm0", q->noise_dbm0);
    known(a, "echo_db", q->echo_db);
}

static void begin(struct gw_answer *a, char leg, const char *direction, const char *codec)
{
    const char name[] = {leg, '\0'};

    gw_answer_begin(a, "sound");
    gw_answer_text(a, "leg", name);
    gw_answer_text(a, "direction", direction);
    gw_answer_text(a, "codec", codec);
}

static void answer_faults(struct gw_answer *a, uint32_t faults)
{
    struct rt_buf text = {0};

    for (unsigned i = 0; i < QUALITY_EVENTS; i++)
        if (faults & QUALITY_BIT(i))
            rt_buf_printf(&text, "%s%s", text.n > 0 ? " " : "", quality_event_names[i]);
    gw_answer_text(a, "faults", text.n > 0 ? text.p : "");
    rt_buf_release(&text);
}

/** From the leg's far end to us, then from us to it. */
static void answer_leg(struct gw_answer *a, char leg, const char *codec,
                       const struct media_stats *s)
{
    begin(a, leg, "from", codec);
    figures(a, &s->heard);
    gw_answer_decimal(a, "jitter_ms", s->jitter_us / 1000.0);
    gw_answer_number(a, "delay_ms", s->delay_in_ms);
    gw_answer_number(a, "one_way_ms", s->one_way_ms);
    gw_answer_number(a, "round_trip_ms", s->rtt_us / 1000);
    answer_faults(a, s->faults);
    gw_answer_end(a);
    begin(a, leg, "to", codec);
    figures(a, &s->far);
    if (s->reports > 0)
        gw_answer_decimal(a, "jitter_ms", s->remote_jitter_us / 1000.0);
    gw_answer_number(a, "delay_ms", s->delay_out_ms);
    gw_answer_number(a, "one_way_ms", s->one_way_ms);
    if (s->erl > 0) {
        gw_answer_decimal(a, "line_echo_db", s->erl / 10.0);
        gw_answer_decimal(a, "cancelled_db", s->erle / 10.0);
    }
    gw_answer_end(a);
}

/** Of a call that is over, the leg whose account its record has. */
static void answer_record(struct gw_answer *a, const struct gw_call *call)
{
    const struct gw_cdr *r = &call->cdr;
    bool calling = strcmp(gw_call_kind(call, 'a'), "sip") == 0;

    if (r->have_rtp)
        answer_leg(a, calling ? 'a' : 'b', calling ? r->codec_a : r->codec_b, &r->rtp);
}

/** What came from a side as the call went on. A type of its own: "sound" lines are of the whole
 * call. */
static void answer_steps(struct gw_answer *a, const struct gw_call *call, unsigned side)
{
    const struct gw_sound_series *s = &call->sound->from[side];
    int64_t step = gw_sound_step(s) / RT_MS;
    int64_t begun = (call->sound->begun - call->started) / RT_MS;

    for (unsigned i = 0; i < s->n; i++) {
        const struct gw_sound_point *p = &s->point[i];
        gw_answer_begin(a, "sound_step");
        gw_answer_text(a, "direction", side == 0 ? "a" : "b");
        gw_answer_number(a, "at_ms", begun + i * step);
        gw_answer_number(a, "step_ms", step);
        hundredths(a, "mos", p->mos);
        gw_answer_number(a, "loss_permille", p->loss);
        if (p->packets > 0)
            gw_answer_decimal(a, "jitter_ms", p->jitter / 100.0);
        gw_answer_end(a);
    }
}

void gw_answer_quality(struct gw_answer *a, const struct gw_call *call)
{
    const struct gw_leg *legs[] = {call->a, call->b};
    bool live = call->fsm.state != GW_CALL_OVER;
    struct media_stats s;

    for (size_t i = 0; live && i < RT_COUNT(legs); i++)
        if (legs[i] && legs[i]->ops->stats(legs[i], &s))
            answer_leg(a, legs[i]->side, legs[i]->codec, &s);
    if (!live)
        answer_record(a, call);
    for (unsigned side = 0; call->sound && side < 2; side++)
        answer_steps(a, call, side);
}
