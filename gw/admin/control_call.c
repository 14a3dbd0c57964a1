/* `call`: the operator has a call placed. `drain`: no more of them, and then the end. */
#include "gw/admin/control_priv.h"
#include "gw/drain.h"
#include "gw/test_call.h"

#include <errno.h>
#include <stdio.h>

/** What follows the trunk: `play FILE`, `echo`, `milliwatt`; nothing: milliwatt. */
static int take_what(struct gw_answer *a, const struct gw_args *args, struct gw_test_call *t)
{
    static const char *const words[GW_LOCALS] = {"play", "echo", "milliwatt"};

    t->what = GW_LOCAL_MILLIWATT;
    if (args->n == 3)
        return GW_EXIT_OK;
    for (unsigned i = 0; i < GW_LOCALS; i++) {
        if (strcmp(args->arg[3], words[i]) != 0)
            continue;
        t->what = (enum gw_local)i;
        t->sound = args->n > 4 ? args->arg[4] : NULL;
        if ((t->what == GW_LOCAL_PLAY) != (t->sound != NULL))
            break;
        return GW_EXIT_OK;
    }
    return gw_answer_fail(a, GW_EXIT_USAGE, "play FILE, echo or milliwatt is wanted");
}

static int take_time(struct gw_answer *a, const struct gw_args *args, struct gw_test_call *t)
{
    const char *text = gw_args_option(args, "--for");

    t->lasts = GW_TEST_CALL_LASTS;
    if (text && (!gw_control_duration(&t->lasts, text) || t->lasts > 3600 * RT_S))
        return gw_answer_fail(a, GW_EXIT_USAGE, "--for: \"%.20s\" is not a time up to 1h", text);
    return GW_EXIT_OK;
}

static int place(struct gw_answer *a, const struct gw_args *args, const struct gw_test_call *t)
{
    unsigned number = 0;
    int err = gw_test_call(a->gw, t, &number);

    if (err == ENOENT)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.80s: no such sound file in the plan", t->sound);
    if (err != 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: %s", args->arg[0],
                              err == ECANCELED ? "the gateway drains"
                              : err == EBUSY   ? "the gateway has as many calls as it may"
                                               : strerror(err));
    gw_answer_begin(a, "placed");
    gw_answer_number(a, "call", number);
    gw_answer_end(a);
    snprintf(a->note, sizeof a->note, "call %u is being placed: tandem show call %u", number,
             number);
    return GW_EXIT_OK;
}

int gw_verb_call(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_test_call t = {.via = NULL};
    int code = gw_control_number(a, &t.called, args->arg[0]);

    if (code != GW_EXIT_OK)
        return code;
    if (t.called.digits[strspn(t.called.digits, "0123456789*#")] != '\0')
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.60s: not a number that can be called",
                              args->arg[0]);
    if (strcmp(args->arg[1], "via") != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "usage: tandem call NUMBER via TRUNK");
    t.via = gw_plan_trunk(a->gw->plan, rt_str(args->arg[2]));
    if (!t.via)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no such trunk", args->arg[2]);
    code = take_what(a, args, &t);
    if (code == GW_EXIT_OK)
        code = take_time(a, args, &t);
    return code == GW_EXIT_OK ? place(a, args, &t) : code;
}

int gw_verb_drain(struct gw_answer *a, const struct gw_args *args)
{
    (void)args;
    gw_drain(a->gw);
    snprintf(a->note, sizeof a->note,
             "draining: %u calls in progress, the gateway stops after them", a->gw->ncalls);
    return GW_EXIT_OK;
}
