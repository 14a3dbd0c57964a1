/* A called side that is the gateway itself: answers, then plays a sound file and releases, or sends
 * the caller's voice back, or a milliwatt until the caller releases. It has no port of its own:
 * what there is to hear goes out of the caller's. */
#include "gw/call_priv.h"
#include "gw/gw.h"

#include <stdlib.h>

struct leg_local {
    struct gw_leg leg;
    struct rt_defer answer, reaper;
};

/** ITU-T G.711 clause 5: 1 kHz at 0 dBm0. */
static const struct tone_spec milliwatt = {.step = {{.hz = {1000, 0}}}, .nsteps = 1, .dbm0 = 0};

static struct leg_local *local_of(struct gw_leg *leg)
{
    return (struct leg_local *)leg;
}

static void leg_free(struct gw_leg *leg)
{
    struct leg_local *l = local_of(leg);

    rt_defer_stop(&l->answer);
    rt_defer_stop(&l->reaper);
    gw_leg_end(leg);
    free(l);
}

static void reap(void *arg)
{
    struct leg_local *l = arg;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

static void release(struct leg_local *l, unsigned q850)
{
    struct gw_event ev = {
        .type = GW_EV_RELEASE,
        .cause = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY}};

    if (l->leg.done)
        return;
    gw_call_event(&l->leg, &ev);
    rt_defer_start(&l->reaper);
}

/* ---- what the other side hears ---- */

static bool play(struct gw_call *call, struct gw_leg *to, struct clip *clip)
{
    return gw_call_play(call, to, clip, 1);
}

static bool echo(struct gw_call *call, struct gw_leg *to, struct clip *clip)
{
    (void)call;
    (void)clip;
    return to->port && media_echo(to->port) == 0;
}

static bool tone(struct gw_call *call, struct gw_leg *to, struct clip *clip)
{
    (void)call;
    (void)clip;
    if (to->port)
        media_tone(to->port, &milliwatt);
    return to->port != NULL;
}

bool gw_local_begin(const struct gw_local_plan *what, struct gw_call *call, struct gw_leg *to)
{
    static bool (*const doing[GW_LOCALS])(struct gw_call *, struct gw_leg *, struct clip *) = {
        [GW_LOCAL_PLAY] = play, [GW_LOCAL_ECHO] = echo, [GW_LOCAL_MILLIWATT] = tone};

    return to && !to->done && doing[what->what](call, to, what->clip);
}

static void answer(void *arg)
{
    struct leg_local *l = arg;
    struct gw_call *call = l->leg.call;

    gw_call_note(&l->leg, true, "%s", l->leg.trunk->name);
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_CONNECT});
    if (l->leg.done || !call->a || call->a->done)
        return;
    if (!gw_local_begin(&l->leg.trunk->local, call, call->a))
        release(l, 47); /* resource unavailable, unspecified */
}

/* ---- the call tells us ---- */

static unsigned leg_setup(struct gw_leg *leg, const struct gw_hop *hop,
                          const struct gw_setup *setup)
{
    (void)hop;
    (void)setup;
    if (leg->bearer == GW_BEARER_DATA64)
        return 65; /* bearer capability not implemented */
    rt_defer_start(&local_of(leg)->answer);
    return 0;
}

static void leg_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    struct leg_local *l = local_of(leg);

    if (ev->type != GW_EV_RELEASE && ev->type != GW_EV_DISCONNECT)
        return;
    rt_defer_stop(&l->answer);
    rt_defer_start(&l->reaper);
}

static void leg_played(struct gw_leg *leg)
{
    release(local_of(leg), 16); /* normal call clearing */
}

static const struct gw_leg_ops local_ops = {
    .name = "local",
    .setup = leg_setup,
    .tell = leg_tell,
    .thread = gw_leg_any_thread,
    .media = gw_leg_no_media,
    .played = leg_played,
    .channel = gw_leg_no_channel,
    .stats = gw_leg_no_stats,
    .free = leg_free,
};

struct gw_leg *gw_leg_local_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    struct leg_local *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &local_ops, trunk);
    l->leg.call = call;
    rt_defer_init(&l->answer, gw->loop, answer, l);
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    return &l->leg;
}
