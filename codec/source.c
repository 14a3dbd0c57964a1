/* What a port plays instead of what its peer sends, a tone or a clip; and the tape that it is
 * recorded on. Made by signalling, handed over, and given back when something else takes its place
 * or it is over.
 */
#include "codec/media_priv.h"

#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>

/* ---- tones ---- */

static bool play_tone(struct media_source *s, int16_t pcm[MEDIA_BLOCK])
{
    tone_play(&s->tone, pcm, MEDIA_BLOCK);
    return true;
}

static void free_source(struct media_loan *l)
{
    free(l);
}

static int new_tone(struct media_source **out, const struct tone_spec *spec)
{
    struct media_source *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->loan.give_back = free_source;
    s->play = play_tone;
    tone_start(&s->tone, spec);
    *out = s;
    return 0;
}

/* ---- clips ---- */

/** Fills the block from the clip, and from its beginning again while it is to be repeated. */
static bool play_clip(struct media_source *s, int16_t pcm[MEDIA_BLOCK])
{
    const struct clip *c = s->clip.clip;
    size_t done = 0;

    while (done < MEDIA_BLOCK) {
        size_t n = c->n - s->clip.at < MEDIA_BLOCK - done ? c->n - s->clip.at : MEDIA_BLOCK - done;
        memcpy(pcm + done, c->pcm + s->clip.at, n * sizeof *pcm);
        done += n;
        s->clip.at += n;
        if (s->clip.at < c->n)
            continue;
        if (s->clip.times == 1)
            break;
        s->clip.at = 0;
        s->clip.times -= s->clip.times > 0;
    }
    memset(pcm + done, 0, (MEDIA_BLOCK - done) * sizeof *pcm);
    return s->clip.at < c->n;
}

static void free_clip_source(struct media_loan *l)
{
    clip_drop(((struct media_source *)l)->clip.clip);
    free(l);
}

static int new_clip(struct media_source **out, struct clip *clip, unsigned times)
{
    struct media_source *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->loan.give_back = free_clip_source;
    s->play = play_clip;
    s->clip.clip = clip_hold(clip);
    s->clip.times = times;
    *out = s;
    return 0;
}

/* ---- tapes ---- */

static void end_reel(struct media_loan *l)
{
    struct media_reel *r = (struct media_reel *)l;

    tape_end(r->tape);
    tape_drop(r->tape);
    free(r);
}

static int new_reel(struct media_reel **out, struct tape *tape)
{
    struct media_reel *r = calloc(1, sizeof *r);

    if (!r)
        return ENOMEM;
    r->loan.give_back = end_reel;
    r->tape = tape;
    tape_hold(tape);
    *out = r;
    return 0;
}

/* ---- orders ---- */

/** Hands over what the port is to play; it goes back at once when it cannot. */
static int play(struct media_port *p, struct media_source *s)
{
    int err = media_order(&(struct media_order){.type = MEDIA_ORDER_PLAY, .port = p, .source = s});

    if (err != 0 && s)
        s->loan.give_back(&s->loan);
    return err;
}

void media_tone(struct media_port *p, const struct tone_spec *spec)
{
    struct media_source *s = NULL;

    if (p->closing)
        return;
    if (spec && new_tone(&s, spec) != 0)
        rt_log(RT_LOG_CALL, RT_ERROR, "media: no memory for a tone");
    else
        play(p, s);
}

int media_play(struct media_port *p, struct clip *clip, unsigned times)
{
    struct media_source *s;
    int err = p->closing ? EINVAL : new_clip(&s, clip, times);

    return err != 0 ? err : play(p, s);
}

int media_record(struct media_port *p, struct tape *tape)
{
    struct media_order o = {.type = MEDIA_ORDER_RECORD, .port = p};
    int err = p->closing ? EINVAL : 0;

    if (err == 0 && tape)
        err = new_reel(&o.reel, tape);
    if (err != 0)
        return err;
    err = media_order(&o);
    if (err != 0 && o.reel)
        o.reel->loan.give_back(&o.reel->loan);
    return err;
}
