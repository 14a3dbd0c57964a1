/* Sample by sample for gaps and repeats; in windows of half a second for level and tone. */
#include <inttypes.h>
#include <stdbool.h>
#include <tiffio.h>

#include <spandsp.h>

#include "test/exchange/meter.h"

#include "gw/rt/buf.h"
#include "test/audio/fft.h"
#include "test/audio/wav.h"
#include "test/exchange/gen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUIET      16  /* both laws' smallest steps are within +-8 */
#define GAP_MIN    80  /* samples: 10 ms */
#define REPEAT_MAX 800 /* samples: a longer one is a periodic signal, not a packet played again */
#define HEARD      -50 /* dBm0: a quieter window holds no tone worth naming */
#define STRENGTH   0.5 /* correlation that proves a marker */
#define PAST       ((size_t)160)

static void on_digits(void *arg, const char *digits, int len)
{
    struct ex_meter *m = arg;

    for (int i = 0; i < len && m->ndigits + 1 < sizeof m->digits; i++)
        m->digits[m->ndigits++] = digits[i];
    m->digits[m->ndigits] = '\0';
}

int ex_meter_init(struct ex_meter *m)
{
    memset(m, 0, sizeof *m);
    m->level_last = m->level_max = AUDIO_FLOOR;
    m->dtmf = dtmf_rx_init(NULL, on_digits, m);
    return m->dtmf ? 0 : ENOMEM;
}

void ex_meter_release(struct ex_meter *m)
{
    if (m->dtmf)
        dtmf_rx_free(m->dtmf);
    free(m->back);
    m->dtmf = NULL;
    m->back = NULL;
}

int ex_meter_marker(struct ex_meter *m)
{
    if (!m->back)
        m->back = calloc(EX_MARKER_STEP, sizeof *m->back);
    m->nback = 0;
    return m->back ? 0 : ENOMEM;
}

static void look_for_marker(struct ex_meter *m)
{
    double strength;
    long lag;

    m->nback = 0;
    if (audio_find(ex_marker(), EX_MARKER_LEN, m->back, EX_MARKER_STEP, &lag, &strength) != 0 ||
        lag < 0 || strength < STRENGTH)
        return;
    double ms = (double)lag * 1000.0 / AUDIO_RATE;
    if (m->delays == 0 || ms < m->delay_min)
        m->delay_min = ms;
    if (m->delays == 0 || ms > m->delay_max)
        m->delay_max = ms;
    m->delay_last = ms;
    m->delays++;
    m->marker = m->samples - EX_MARKER_STEP + (uint64_t)lag;
}

static void judge_window(struct ex_meter *m)
{
    struct audio_tone t;

    m->filled = 0;
    m->windows++;
    m->level_last = audio_level(m->window, AUDIO_TONE_WINDOW);
    if (m->level_last > m->level_max)
        m->level_max = m->level_last;
    if (m->level_last < HEARD || !audio_tone(&t, m->window))
        return;
    m->hz_last = t.hz;
    if (m->tone_windows++ == 0 || t.snr > m->best.snr)
        m->best = t;
}

static void end_of_quiet(struct ex_meter *m)
{
    if (m->heard && m->quiet >= GAP_MIN) {
        m->gaps++;
        m->gap_samples += m->quiet;
        if (m->quiet > m->gap_longest)
            m->gap_longest = m->quiet;
    }
    m->quiet = 0;
    m->heard = true;
}

static void end_of_same(struct ex_meter *m)
{
    if (m->same >= PAST && m->same <= REPEAT_MAX && m->same_loud >= m->same / 2)
        m->repeats++;
    m->same = m->same_loud = 0;
}

static void feed_sample(struct ex_meter *m, int16_t x)
{
    int16_t *past = &m->past[m->samples % PAST];
    bool loud = x > QUIET || x < -QUIET;

    m->squares += (double)x * x;
    if (loud)
        end_of_quiet(m);
    else
        m->quiet++;
    if (m->samples >= PAST && x == *past) {
        m->same++;
        m->same_loud += loud;
    } else {
        end_of_same(m);
    }
    *past = x;
    m->samples++;
    m->window[m->filled++] = x;
    if (m->filled == AUDIO_TONE_WINDOW)
        judge_window(m);
    if (m->back) {
        m->back[m->nback++] = x;
        if (m->nback == EX_MARKER_STEP)
            look_for_marker(m);
    }
}

void ex_meter_feed(struct ex_meter *m, const int16_t *pcm, size_t n)
{
    dtmf_rx(m->dtmf, pcm, (int)n);
    for (size_t i = 0; i < n; i++)
        feed_sample(m, pcm[i]);
}

static double round1(double v)
{
    return (double)(long)(v * 10.0 + (v < 0 ? -0.5 : 0.5)) / 10.0;
}

static double ms(uint64_t samples)
{
    return round1((double)samples * 1000.0 / AUDIO_RATE);
}

static void put_real(json_t *o, const char *name, double v)
{
    json_object_set_new(o, name, json_real(round1(v)));
}

json_t *ex_meter_json(const struct ex_meter *m)
{
    json_t *o = json_pack("{s:f, s:f, s:f, s:f, s:i, s:f, s:f, s:i, s:s}", "seconds",
                          round1((double)m->samples / AUDIO_RATE), "level_dbm0",
                          round1(audio_level_of(m->squares, m->samples)), "level_last_dbm0",
                          round1(m->level_last), "level_max_dbm0", round1(m->level_max), "gaps",
                          (int)m->gaps, "gap_ms", ms(m->gap_samples), "gap_longest_ms",
                          ms(m->gap_longest), "repeats", (int)m->repeats, "dtmf", m->digits);

    if (o && m->tone_windows > 0) {
        put_real(o, "tone_hz", m->best.hz);
        put_real(o, "tone_last_hz", m->hz_last);
        put_real(o, "tone_dbm0", m->best.dbm0);
        put_real(o, "tone_snr_db", m->best.snr);
        put_real(o, "tone_share", (double)m->tone_windows / m->windows);
    }
    if (o && m->delays > 0) {
        json_object_set_new(o, "markers", json_integer(m->delays));
        put_real(o, "delay_ms", m->delay_last);
        put_real(o, "delay_min_ms", m->delay_min);
        put_real(o, "delay_max_ms", m->delay_max);
    }
    return o;
}
