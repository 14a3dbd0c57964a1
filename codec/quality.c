/* Scores of one direction of a call. */
#include "codec/quality.h"

#include "codec/emodel.h"

/** Counters of one interval, or of the call. */
struct counts {
    uint64_t expected, bad, runs;
};

unsigned quality_delay_ms(const struct quality_sample *s)
{
    unsigned far = s->far_ms > 0 ? s->far_ms : s->near_ms;
    return (unsigned)(((uint64_t)s->round_trip_ms + s->near_ms + far) / 2);
}

static struct quality_score score(const struct counts *c, const struct quality_sample *s)
{
    struct emodel m = emodel_defaults;
    struct emodel_rating rating;
    double bad = (double)c->bad / (double)c->expected;

    bad = bad < 1 ? bad : 1;
    m.ie = s->ie;
    m.bpl = s->bpl > 0 ? s->bpl : emodel_defaults.bpl;
    m.ppl = 100 * bad;
    m.burst_r = burst_ratio(c->expected, c->bad, c->runs);
    emodel_set_delay(&m, quality_delay_ms(s));
    if (s->echo_db != QUALITY_UNKNOWN)
        emodel_set_echo(&m, s->echo_db);
    emodel_rate(&rating, &m);
    return (struct quality_score){
        .r = rating.r,
        .r_lq = rating.r_lq,
        .mos_cq = emodel_mos(rating.r),
        .mos_lq = emodel_mos(rating.r_lq),
    };
}

static uint64_t growth(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

static double lower(double a, double b)
{
    return a < b ? a : b;
}

static void take(struct quality *q, const struct quality_score *s)
{
    q->now = *s;
    if (q->intervals++ == 0)
        q->worst = *s;
    q->worst.r = lower(q->worst.r, s->r);
    q->worst.r_lq = lower(q->worst.r_lq, s->r_lq);
    q->worst.mos_cq = lower(q->worst.mos_cq, s->mos_cq);
    q->worst.mos_lq = lower(q->worst.mos_lq, s->mos_lq);
    q->sum.r += s->r;
    q->sum.r_lq += s->r_lq;
    q->sum.mos_cq += s->mos_cq;
    q->sum.mos_lq += s->mos_lq;
}

bool quality_interval(struct quality *q, const struct quality_sample *s)
{
    struct quality_sample before = q->last;

    if (s->expected < before.expected)
        before = (struct quality_sample){.expected = 0}; /* another stream */
    struct counts c = {
        .expected = growth(s->expected, before.expected),
        .bad = growth(s->lost, before.lost) + growth(s->discarded, before.discarded),
        .runs = growth(s->runs, before.runs),
    };
    struct counts all = {s->expected, s->lost + s->discarded, s->runs};

    q->last = *s;
    if (s->jitter_us > q->jitter_max_us)
        q->jitter_max_us = s->jitter_us;
    if (c.expected == 0)
        return false;
    struct quality_score now = score(&c, s);
    take(q, &now);
    q->call = score(&all, s);
    return true;
}

struct quality_score quality_average(const struct quality *q)
{
    double n = q->intervals > 0 ? (double)q->intervals : 1;
    return (struct quality_score){
        .r = q->sum.r / n,
        .r_lq = q->sum.r_lq / n,
        .mos_cq = q->sum.mos_cq / n,
        .mos_lq = q->sum.mos_lq / n,
    };
}

void quality_remote(struct quality_sample *s, const struct rtcp_news *news, uint64_t sent,
                    unsigned clock)
{
    if (news->have_block) {
        s->expected = sent;
        s->lost = news->lost;
        s->jitter_us = rtcp_jitter_us(news->jitter, clock);
    }
    if (!news->have_voip)
        return;
    s->discarded = sent * news->voip.discard_rate / 256;
    s->far_ms = news->voip.end_system_ms;
    s->signal_dbm0 = news->voip.signal_dbm0;
    s->noise_dbm0 = news->voip.noise_dbm0;
}

/* ---- the VoIP metrics block ---- */

static uint16_t u16(unsigned v)
{
    return (uint16_t)(v < 65535 ? v : 65535);
}

static int8_t level(int dbm0)
{
    return (int8_t)(dbm0 < -127 ? -127 : dbm0 > QUALITY_UNKNOWN ? QUALITY_UNKNOWN : dbm0);
}

static uint8_t rounded(const struct quality *q, double v)
{
    return q->intervals > 0 ? (uint8_t)(v + 0.5) : RTCP_UNKNOWN;
}

void quality_voip(struct rtcp_voip *out, const struct quality *q, const struct quality_local *l)
{
    const struct quality_sample *s = &q->last;
    struct burst_figures f;

    burst_figures(&f, l->burst, l->packet_ms);
    *out = (struct rtcp_voip){
        .ssrc = l->ssrc,
        .loss_rate = f.loss_rate,
        .discard_rate = f.discard_rate,
        .burst_density = f.burst_density,
        .gap_density = f.gap_density,
        .burst_ms = f.burst_ms,
        .gap_ms = f.gap_ms,
        .round_trip_ms = u16(s->round_trip_ms),
        .end_system_ms = u16(s->near_ms),
        .signal_dbm0 = level(s->signal_dbm0),
        .noise_dbm0 = level(s->noise_dbm0),
        .rerl_db = (uint8_t)(l->rerl_db < 0                 ? 0
                             : l->rerl_db > QUALITY_UNKNOWN ? QUALITY_UNKNOWN
                                                            : l->rerl_db),
        .gmin = BURST_GMIN,
        .r = rounded(q, q->call.r),
        .ext_r = RTCP_UNKNOWN,
        .mos_lq = rounded(q, 10 * q->call.mos_lq),
        .mos_cq = rounded(q, 10 * q->call.mos_cq),
        .plc = l->plc,
        .jba = l->jba,
        .jb_rate = l->jb_rate,
        .jb_nominal_ms = u16(l->jb_nominal_ms),
        .jb_max_ms = u16(l->jb_max_ms),
        .jb_abs_max_ms = u16(l->jb_abs_max_ms),
    };
}
