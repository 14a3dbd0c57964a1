/* The law is undone and applied here, and nowhere else in the exchange. */
#include "test/exchange/media.h"

#include <errno.h>
#include <string.h>

int ex_media_init(struct ex_media *m, enum g711_law law, bool measure)
{
    memset(m, 0, sizeof *m);
    m->law = law;
    m->measure = measure;
    ex_gen_silence(&m->gen);
    return measure ? ex_meter_init(&m->meter) : 0;
}

void ex_media_deafen(struct ex_media *m)
{
    ex_meter_release(&m->meter);
    m->measure = false;
}

void ex_media_release(struct ex_media *m)
{
    ex_meter_release(&m->meter);
    audio_pcm_release(&m->heard);
}

static int play(struct ex_media *m, struct ex_files *files, const struct ex_step *s)
{
    const struct audio_pcm *pcm;
    int err = ex_files_get(files, s->text, &pcm);

    if (err == 0)
        ex_gen_file(&m->gen, pcm, s->loop);
    return err;
}

int ex_media_step(struct ex_media *m, struct ex_files *files, const struct ex_step *s)
{
    bool echo = s->op == EX_ECHO;

    if (s->op == EX_RECORD || s->op == EX_COMPARE) {
        rt_str_copy(s->op == EX_RECORD ? m->record : m->compare, EX_TEXT_MAX, rt_str(s->text));
        m->recording = true;
        return 0;
    }
    m->echo = false;
    if (s->op == EX_PLAY || s->op == EX_EARLY)
        return play(m, files, s);
    if (s->op == EX_TONES)
        return ex_gen_country(&m->gen, s->country, s->text);
    if (s->op == EX_DTMF)
        return ex_gen_dtmf(&m->gen, s->text, (unsigned)(s->on / RT_MS), (unsigned)(s->off / RT_MS),
                           s->level);
    if (s->op == EX_MARKER) {
        if (!m->measure)
            return ENOTSUP;
        ex_gen_marker(&m->gen, s->level);
        return ex_meter_marker(&m->meter);
    }
    if (s->op == EX_TONE) {
        ex_gen_tone(&m->gen, s->hz, s->level);
        return 0;
    }
    ex_gen_silence(&m->gen);
    m->echo = echo;
    return echo || s->op == EX_SILENCE ? 0 : ENOENT;
}

void ex_media_tick(struct ex_media *m, const uint8_t *rx, uint8_t *tx, unsigned frames)
{
    int16_t pcm[ISDN_BLOCK_MAX];

    m->marked = m->echo ? -1 : ex_gen_marked(&m->gen, frames);
    /* what is sent is made before what came is looked at: a marker sent in this tick may at the
     * earliest come back in it */
    if (m->echo) {
        memcpy(tx, rx, frames);
    } else {
        ex_gen_fill(&m->gen, pcm, frames);
        g711_compress(tx, pcm, frames, m->law);
    }
    if (!m->measure && !m->recording)
        return;
    g711_expand(pcm, rx, frames, m->law);
    if (m->measure)
        ex_meter_feed(&m->meter, pcm, frames);
    if (m->recording && m->heard.n < EX_RECORD_MAX)
        audio_pcm_put(&m->heard, pcm, frames);
}

bool ex_media_idle(const struct ex_media *m)
{
    return !m->measure && !m->recording && !m->echo && m->gen.kind == EX_GEN_SILENCE;
}

bool ex_media_played(const struct ex_media *m)
{
    return !m->echo && ex_gen_done(&m->gen);
}
