/* A caller that is the gateway itself: the operator's test call. It has no port of its own; who
 * answers hears a sound file, its own voice, or a milliwatt, until the time is over.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/test_call.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct leg_test {
    struct gw_leg leg;
    struct gw_trunk trunk; /* what the call comes by: none of the plan's */
    rt_time lasts;
    struct rt_timer end;
    struct rt_defer reaper;
};

static struct leg_test *test_of(struct gw_leg *leg)
{
    return (struct leg_test *)leg;
}

static void leg_free(struct gw_leg *leg)
{
    struct leg_test *l = test_of(leg);

    rt_timer_stop(&l->end);
    rt_defer_stop(&l->reaper);
    gw_leg_end(leg);
    free(l);
}

static void reap(void *arg)
{
    struct leg_test *l = arg;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

static void release(struct leg_test *l, unsigned q850)
{
    struct gw_event ev = {
        .type = GW_EV_RELEASE,
        .cause = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_OPERATOR}};

    if (l->leg.done)
        return;
    rt_timer_stop(&l->end);
    gw_call_event(&l->leg, &ev);
    rt_defer_start(&l->reaper);
}

static void on_end(void *arg)
{
    struct leg_test *l = arg;
    bool answered = l->leg.call && l->leg.call->answered != 0;

    release(l, answered ? 16 : 19); /* normal call clearing; no answer from user */
}

static void leg_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    struct leg_test *l = test_of(leg);

    if (ev->type == GW_EV_CONNECT) {
        gw_call_note(leg, true, "%s for %lld s", l->trunk.name, (long long)(l->lasts / RT_S));
        bool heard = gw_local_begin(&l->trunk.local, leg->call, leg->call->b);
        rt_timer_start(&l->end, heard ? l->lasts : 0);
    } else if (ev->type == GW_EV_RELEASE || ev->type == GW_EV_DISCONNECT) {
        leg->done = true;
        rt_timer_stop(&l->end);
        rt_defer_start(&l->reaper);
    }
}

/** The file is over before the time is. */
static void leg_played(struct gw_leg *leg)
{
    release(test_of(leg), 16); /* normal call clearing */
}

static const struct gw_leg_ops test_ops = {
    .name = "test",
    .tell = leg_tell,
    .thread = gw_leg_any_thread,
    .media = gw_leg_no_media,
    .played = leg_played,
    .channel = gw_leg_no_channel,
    .stats = gw_leg_no_stats,
    .free = leg_free,
};

/** A sound file that the plan has, by its path or the last part of it. */
static struct clip *find_sound(const struct gw_plan *p, const char *name)
{
    for (const struct gw_sound *s = p->sounds; s; s = s->next) {
        const char *slash = strrchr(s->path, '/');
        if (strcmp(s->path, name) == 0 || (slash && strcmp(slash + 1, name) == 0))
            return s->clip;
    }
    return NULL;
}

static void make_trunk(struct leg_test *l, struct gw_plan *plan, const struct gw_test_call *t,
                       struct clip *clip)
{
    struct gw_trunk *trunk = &l->trunk;

    rt_str_copy(trunk->name, sizeof trunk->name, rt_str("test"));
    trunk->kind = GW_TRUNK_LOCAL;
    trunk->index = UINT_MAX;
    trunk->plan = plan;
    trunk->site = t->via->site; /* the number is read as it would be dialled there */
    trunk->numbers = DP_E164;
    trunk->local = (struct gw_local_plan){.what = t->what, .clip = clip};
}

int gw_test_call(struct gw *gw, const struct gw_test_call *t, unsigned *number)
{
    struct clip *clip = t->what == GW_LOCAL_PLAY ? find_sound(gw->plan, t->sound) : NULL;
    struct gw_setup setup = {.called = t->called,
                             .complete = true,
                             .bearer = GW_BEARER_AUDIO,
                             .via = t->via,
                             .opening = "test call"};

    if (t->what == GW_LOCAL_PLAY && !clip)
        return ENOENT;
    struct leg_test *l = calloc(1, sizeof *l);
    if (!l)
        return ENOMEM;
    make_trunk(l, gw->plan, t, clip);
    l->lasts = t->lasts;
    gw_leg_init(&l->leg, gw, &test_ops, &l->trunk);
    rt_timer_init(&l->end, gw->loop, on_end, l);
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    rt_timer_start(&l->end, GW_TEST_CALL_RINGS);
    int err = gw_call_new(gw, &l->leg, &setup);
    if (err != 0) {
        DL_DELETE(gw->legs, &l->leg);
        leg_free(&l->leg);
        return err;
    }
    *number = gw->next_number;
    return 0;
}
