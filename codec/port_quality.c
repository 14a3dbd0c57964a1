/* How an RTP port sounds, in the media thread: each interval the figures of both directions go
 * through the E-model and are published; each second faults are looked for. Loudness is measured on
 * every fourth block, which costs next to nothing and misses no speech.
 *
 * What we hear is counted by the receiving buffer, or by sequence numbers where packets pass
 * through; what the far end hears comes with its RTCP.
 */
#include "codec/echo.h"
#include "codec/media_priv.h"

#include <math.h>

#define EVERY 4u /* blocks, of which one is measured */

/** dBm0 of a mean square of 1: a sine at the coders' limit (32768 here) has 3.14 dBm0 (G.711). */
#define UNIT_DBM0 -84.16

#define ACTIVE_DB   15.9 /* speech is what lies less below its own mean (ITU-T P.56) */
#define NOISE_DB    12   /* and rises so far above what lies between */
#define SPEECH_DBM0 -50
#define SPEECH_PART 20 /* of the blocks measured, one in so many */

/** The line's part of the way that the receiving buffer is told, ms: packets and blocks. */
#define LINE_MS 30

/* ---- loudness ---- */

/** Steps of a quarter octave of power: a float's exponent and two bits of its mantissa. */
static unsigned step_of(uint32_t sum)
{
    float f = (float)sum;
    uint32_t bits;

    memcpy(&bits, &f, sizeof bits);
    return sum == 0 ? 0 : (bits >> 21) - (127u << 2);
}

/** Mean square of the middle of a step; 0 is silence, or near it. */
static double step_power(unsigned step)
{
    double sum = ldexp(1 + (step % 4 + 0.5) / 4, (int)(step / 4));
    return step == 0 ? 0 : sum * 32 / MEDIA_BLOCK;
}

static double dbm0(double power)
{
    return power > 1e-3 ? 10 * log10(power) + UNIT_DBM0 : -99;
}

static void measure(struct media_levels *l, const int16_t *pcm)
{
    uint32_t sum = 0, clipped = 0;

    for (unsigned i = 0; i < MEDIA_BLOCK; i++) {
        int32_t x = pcm[i];
        sum += (uint32_t)(x * x) >> 5;
        clipped += x >= MEDIA_LIMIT || x <= -MEDIA_LIMIT;
    }
    unsigned step = step_of(sum);
    l->steps[step] = (uint8_t)(l->steps[step] + (l->steps[step] < UINT8_MAX));
    l->blocks++;
    l->clipped += clipped;
}

/** Mean power of the steps from `from` up to before `to`, and how many blocks these are. */
static double mean_power(const struct media_levels *l, unsigned from, unsigned to, unsigned *blocks)
{
    double sum = 0;

    *blocks = 0;
    for (unsigned i = from; i < to; i++) {
        sum += l->steps[i] * step_power(i);
        *blocks += l->steps[i];
    }
    return *blocks > 0 ? sum / *blocks : 0;
}

/** The first step of what lies less than 15.9 dB below the mean of all that does. */
static unsigned threshold(const struct media_levels *l)
{
    double down = pow(10, -ACTIVE_DB / 10);
    unsigned at = 0, blocks;

    for (unsigned round = 0; round < 8; round++) {
        double limit = mean_power(l, at, MEDIA_STEPS, &blocks) * down;
        unsigned next = at;
        while (next < MEDIA_STEPS && step_power(next) < limit)
            next++;
        if (next == at)
            break;
        at = next;
    }
    return at;
}

/** Levels of speech and of what lies between; QUALITY_UNKNOWN: there was none. */
static void level_figures(const struct media_levels *l, int *speech, int *noise)
{
    unsigned at = threshold(l), active, rest;
    double loud = dbm0(mean_power(l, at, MEDIA_STEPS, &active));
    double soft = dbm0(mean_power(l, 0, at, &rest));
    bool steady = rest > 0 && loud - soft < NOISE_DB;

    *speech = *noise = QUALITY_UNKNOWN;
    if (l->blocks == 0)
        return;
    if (loud >= SPEECH_DBM0 && active * SPEECH_PART >= l->blocks && !steady)
        *speech = (int)lround(loud);
    else
        soft = dbm0(mean_power(l, 0, MEDIA_STEPS, &rest));
    if (rest * SPEECH_PART >= l->blocks)
        *noise = (int)lround(soft);
}

/* ---- what is known of a direction ---- */

/** Echo that the far end gets back from our line, canceller included, dB. */
static int residual_echo(struct media_port *p)
{
    struct echo_stats echo;

    p->stats.erl = p->stats.erle = 0;
    if (!p->peer || p->peer->kind != MEDIA_TDM || !media_dsp_echo(p->peer, &echo) || echo.erl == 0)
        return QUALITY_UNKNOWN;
    p->stats.erl = (uint16_t)(echo.erl > 0 ? echo.erl : 0);
    p->stats.erle = (uint16_t)(echo.erle > 0 ? echo.erle : 0);
    int db = (p->stats.erl + p->stats.erle) / 10;
    return db < QUALITY_UNKNOWN ? db : QUALITY_UNKNOWN - 1;
}

/** Delay that we add, ms: a packet is filled before it goes; what comes waits in the buffer, in
 * this second on average; both pass in blocks. */
static void add_delays(struct media_port *p)
{
    const struct media_rtp_side *r = &p->rtp;
    struct media_rating *g = &p->rtp.rating;
    bool passed_out = p->peer && p->peer->kind == MEDIA_RTP && p->peer->rtp.relaying;
    uint32_t waits = g->depths > 0 && !r->relaying ? g->depth / g->depths : 0;

    g->depth = g->depths = 0;
    p->stats.delay_in_ms = (uint16_t)(MEDIA_BLOCK_MS + waits);
    p->stats.delay_out_ms = (uint16_t)(MEDIA_BLOCK_MS + (passed_out ? 0 : r->kit->conf.ptime));
}

static const struct codec *heard_codec(const struct media_rtp_side *r)
{
    enum codec_id id = r->kit->conf.codec;

    if (!r->relaying && r->playout.primed && r->playout.playing < CODEC_COUNT)
        id = (enum codec_id)r->playout.playing;
    return &codec_table[id];
}

/** Packets that were expected and what became of them. */
static void count_packets(struct quality_sample *s, const struct media_port *p)
{
    const struct media_rtp_side *r = &p->rtp;
    const struct burst *b = &r->playout.burst;

    if (r->relaying) {
        s->lost = rtp_source_lost(&r->source);
        s->expected = r->source.received + s->lost;
        return;
    }
    s->expected = b->expected;
    s->lost = b->lost;
    s->discarded = b->discarded;
    s->runs = b->runs;
}

static struct quality_sample sample_heard(const struct media_port *p, int echo_db)
{
    const struct media_rtp_side *r = &p->rtp;
    const struct codec *c = heard_codec(r);
    struct quality_sample s = {
        .jitter_us = p->stats.jitter_us,
        .round_trip_ms = p->stats.rtt_us / 1000,
        .near_ms = p->stats.delay_in_ms + p->stats.delay_out_ms,
        .far_ms = r->rating.far_sample.far_ms,
        .ie = c->ie,
        .bpl = c->bpl,
        .echo_db = echo_db,
    };

    count_packets(&s, p);
    level_figures(&r->rating.levels, &s.signal_dbm0, &s.noise_dbm0);
    return s;
}

static struct quality_sample sample_far(const struct media_port *p, int echo_db)
{
    const struct media_rtp_side *r = &p->rtp;
    const struct codec *c = &codec_table[r->kit->conf.codec];
    struct quality_sample s = r->rating.far_sample;

    s.round_trip_ms = p->stats.rtt_us / 1000;
    s.near_ms = p->stats.delay_in_ms + p->stats.delay_out_ms;
    s.ie = c->ie;
    s.bpl = c->bpl;
    s.echo_db = echo_db;
    return s;
}

/* ---- publishing ---- */

static uint16_t hundredths(double v)
{
    return (uint16_t)lround(100 * v);
}

static void fill(struct media_quality *out, const struct quality *q)
{
    struct quality_score average = quality_average(q);
    const struct quality_sample *s = &q->last;

    out->level_dbm0 = (int8_t)s->signal_dbm0;
    out->noise_dbm0 = (int8_t)s->noise_dbm0;
    out->echo_db = (uint8_t)s->echo_db;
    if (q->intervals == 0)
        return;
    out->r = hundredths(q->now.r);
    out->r_worst = hundredths(q->worst.r);
    out->r_average = hundredths(average.r);
    out->mos_lq = hundredths(q->now.mos_lq);
    out->mos_lq_worst = hundredths(q->worst.mos_lq);
    out->mos_lq_average = hundredths(average.mos_lq);
    out->mos_cq = hundredths(q->now.mos_cq);
    out->mos_cq_worst = hundredths(q->worst.mos_cq);
    out->mos_cq_average = hundredths(average.mos_cq);
    if (s->expected == 0)
        return;
    double lost = (double)s->lost / (double)s->expected;
    double discarded = (double)s->discarded / (double)s->expected;
    out->loss = hundredths(100 * (lost < 1 ? lost : 1));
    out->discard = hundredths(100 * (discarded < 1 ? discarded : 1));
}

static void fill_bursts(struct media_quality *out, const struct media_port *p)
{
    struct burst_figures f;

    if (p->rtp.relaying)
        return;
    burst_figures(&f, &p->rtp.playout.burst, p->rtp.kit->conf.ptime);
    out->burst_ms = f.burst_ms;
    out->gap_ms = f.gap_ms;
    out->burst_density = f.burst_density;
    out->gap_density = f.gap_density;
}

static void publish_voip(struct media_port *p, const struct media_voip *v)
{
    uint64_t words[MEDIA_VOIP_WORDS];

    memcpy(words, v, sizeof words);
    for (size_t i = 0; i < MEDIA_VOIP_WORDS; i++)
        atomic_store_explicit(&p->rtp.voip[i], words[i], memory_order_relaxed);
}

void media_port_voip(const struct media_port *p, struct media_voip *out)
{
    uint64_t words[MEDIA_VOIP_WORDS];

    for (size_t i = 0; i < MEDIA_VOIP_WORDS; i++)
        words[i] = atomic_load_explicit(&p->rtp.voip[i], memory_order_relaxed);
    memcpy(out, words, sizeof *out);
}

bool media_rate_voip(const struct media_port *p, struct rtcp_voip *out)
{
    const struct media_rtp_side *r = &p->rtp;
    bool fixed = r->playout.mode != PLAYOUT_VOICE;
    struct quality_local local = {
        .ssrc = r->source.ssrc,
        .burst = &r->playout.burst,
        .packet_ms = r->kit->conf.ptime,
        .rerl_db = r->rating.echo_db,
        .plc = r->playout.mode == PLAYOUT_CLEAR ? RTCP_PLC_NONE : RTCP_PLC_ENHANCED,
        .jba = fixed ? RTCP_JBA_FIXED : RTCP_JBA_ADAPTIVE,
        .jb_nominal_ms = playout_target_ms(&r->playout),
        .jb_max_ms = (unsigned)r->playout.max / 8,
        .jb_abs_max_ms = (unsigned)r->playout.max / 8,
    };

    if (r->rating.heard.intervals == 0 || p->clear || r->relaying)
        return false;
    quality_voip(out, &r->rating.heard, &local);
    return true;
}

/* ---- each interval ---- */

/** Bits of what began or ended. */
static uint32_t judge_levels(struct media_rating *g)
{
    const struct media_levels *l = &g->levels;
    struct quality_levels levels = {
        .signal_dbm0 = g->heard.last.signal_dbm0,
        .echo_db = g->intervals > MEDIA_EARLY ? g->echo_db : QUALITY_UNKNOWN,
        .clipped = l->blocks > 0 ? l->clipped / ((double)l->blocks * MEDIA_BLOCK) : 0,
    };

    return quality_watch_levels(&g->watch, &levels, &quality_limits_default);
}

static uint32_t end_interval(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;
    struct media_rating *g = &r->rating;
    struct media_voip voip = {.ssrc = r->ssrc, .far_ssrc = r->source.ssrc};

    g->echo_db = residual_echo(p);
    struct quality_sample heard =
        sample_heard(p, g->have_far_voip ? g->far_voip.rerl_db : QUALITY_UNKNOWN);
    struct quality_sample far = sample_far(p, g->echo_db);
    if (r->relaying != g->relayed) { /* counted elsewhere from now on */
        g->heard.last = heard;
        g->relayed = r->relaying;
    }
    quality_interval(&g->heard, &heard);
    quality_interval(&g->far, &far);
    fill(&p->stats.heard, &g->heard);
    fill_bursts(&p->stats.heard, p);
    fill(&p->stats.far, &g->far);
    p->stats.one_way_ms = (uint16_t)quality_delay_ms(&heard);
    voip.have_heard = media_rate_voip(p, &voip.heard);
    voip.have_far = g->have_far_voip;
    voip.far = g->far_voip;
    voip.packet_ms = r->kit->conf.ptime;
    publish_voip(p, &voip);
    uint32_t changed = judge_levels(g);
    g->levels = (struct media_levels){.blocks = 0};
    return changed;
}

/* ---- each second ---- */

static uint32_t watch(struct media_port *p, rt_time now)
{
    struct media_rating *g = &p->rtp.rating;
    const struct media_rtp *c = &p->rtp.kit->conf;
    struct quality_facts facts = {
        .answered = p->peer && p->hears && p->peer->hears,
        .may_send = c->send && !rt_addr_is_any(&p->rtp.target),
        .may_receive = c->receive,
        .may_pause = c->noise_payload > 0 || c->params.dtx || c->codec == CODEC_OPUS,
        .sent = p->stats.tx_packets,
        .received = p->stats.rx_packets,
        .reports = g->far_reports,
        .far_highest = g->far_highest,
    };

    return quality_watch(&g->watch, &facts, &quality_limits_default, now);
}

static void tell(struct media_port *p, uint32_t changed)
{
    uint32_t on = p->rtp.rating.watch.on;

    p->stats.faults = on;
    if (changed)
        media_tell(p, &(struct media_event){
                          .type = MEDIA_QUALITY, .begun = changed & on, .ended = changed & ~on});
}

/** The first intervals are short, so that a short call too has something to show. */
static rt_time interval(unsigned n)
{
    static const rt_time early[MEDIA_EARLY] = {2 * RT_S, 3 * RT_S, 5 * RT_S};
    return n < MEDIA_EARLY ? early[n] : MEDIA_INTERVAL;
}

static void each_second(struct media_port *p, rt_time now)
{
    struct media_rating *g = &p->rtp.rating;
    uint32_t changed = watch(p, now);

    add_delays(p);
    p->stats.discarded = p->rtp.playout.stats.discarded;
    p->stats.reports = g->far_reports;
    if (!p->clear && now >= g->interval_at) {
        changed |= end_interval(p);
        g->interval_at = now + interval(++g->intervals);
    }
    tell(p, changed);
    media_publish_all(p);
}

void media_rate(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    struct media_rating *g = &r->rating;

    if (!r->kit)
        return;
    if (g->second_at == 0) { /* the first that is heard of it */
        g->echo_db = QUALITY_UNKNOWN;
        g->far_sample.signal_dbm0 = g->far_sample.noise_dbm0 = QUALITY_UNKNOWN;
        g->second_at = now + RT_S;
        g->interval_at = now + interval(0);
    }
    if (r->services % EVERY == 0 && sound_is(&p->heard.sound))
        measure(&g->levels, sound_pcm(&p->heard.sound));
    g->depth += p->stats.playout_ms;
    g->depths++;
    if (now < g->second_at)
        return;
    g->second_at = now + RT_S;
    each_second(p, now);
}

/* ---- what the far end says ---- */

/** Packets lost on the way to it, for an encoder that can protect itself. */
static void tell_encoder(const struct media_kit *k, unsigned percent)
{
    if (k->codec && k->encoder && k->codec->ops->loss)
        k->codec->ops->loss(k->encoder, percent);
}

void media_rate_news(struct media_port *p, const struct rtcp_news *news, unsigned clock)
{
    struct media_rtp_side *r = &p->rtp;
    struct media_rating *g = &r->rating;
    uint64_t sent = p->stats.tx_packets - r->packets_before;

    g->far_reports++;
    quality_remote(&g->far_sample, news, sent, clock);
    if (news->have_block) {
        g->far_highest = news->highest;
        tell_encoder(r->kit, news->fraction * 100u / 256);
    }
    if (news->have_voip) {
        g->far_voip = news->voip;
        g->have_far_voip = true;
    }
    if (p->stats.rtt_us > 0)
        playout_set_path(&r->playout, p->stats.rtt_us / 2000 + LINE_MS);
}
