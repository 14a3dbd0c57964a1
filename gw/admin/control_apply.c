/* `diff`, `apply`, `confirm`, `history`, `rollback`: another plan in the running gateway. The
 * answer of those that read one comes when it has been read (control.c).
 */
#include "gw/admin/control_priv.h"
#include "gw/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** A time to confirm in; 0: none is asked for. */
static int take_confirm(struct gw_answer *a, rt_time *out, const char *text)
{
    const struct conf_arg_spec spec = {.type = CONF_DURATION};
    struct conf_token t = {.kind = CONF_TOKEN_WORD, .text = text};

    *out = 0;
    if (!text)
        return GW_EXIT_OK;
    if (conf_value_error(&spec, &t))
        return gw_answer_fail(a, GW_EXIT_USAGE, "--confirm: \"%.20s\" is not a time like 5min",
                              text);
    *out = conf_duration(&t);
    return *out > 0 ? GW_EXIT_OK
                    : gw_answer_fail(a, GW_EXIT_USAGE, "--confirm: 0 is no time to confirm in");
}

int gw_control_apply(struct gw_answer *a, struct gw_apply_request *r, const struct gw_args *args)
{
    int code = take_confirm(a, &r->confirm, gw_args_option(args, "--confirm"));

    if (code != GW_EXIT_OK)
        return code;
    if (!a->gw->apply)
        return gw_answer_fail(a, GW_EXIT_FAILED, "this gateway has no plan of its own");
    r->uid = a->uid;
    r->who = a->who;
    r->why = gw_args_option(args, "--reason");
    if (!r->why)
        r->why = a->why;
    a->job = gw_apply_submit(a->gw->apply, r);
    return a->job ? GW_EXIT_OK : gw_answer_fail(a, GW_EXIT_FAILED, "out of memory");
}

int gw_verb_diff_aside(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_apply_request r = {.kind = GW_APPLY_DIFF, .file = args->arg[0]};
    return gw_control_apply(a, &r, args);
}

int gw_verb_apply(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_apply_request r = {.kind = GW_APPLY_FILE, .file = args->arg[0]};
    return gw_control_apply(a, &r, args);
}

int gw_verb_rollback(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_apply_request r = {.kind = GW_APPLY_ROLLBACK};

    if (args->n > 0 &&
        (rt_str_u64(&r.generation, rt_str(args->arg[0]), INT64_MAX) != 0 || r.generation == 0))
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: not a generation", args->arg[0]);
    return gw_control_apply(a, &r, args);
}

int gw_verb_confirm(struct gw_answer *a, const struct gw_args *args)
{
    uint64_t generation = a->gw->apply ? gw_apply_confirm(a->gw->apply) : 0;

    (void)args;
    if (generation == 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "no plan waits to be confirmed");
    snprintf(a->note, sizeof a->note, "generation %llu is confirmed",
             (unsigned long long)generation);
    return GW_EXIT_OK;
}

/** "in force", "confirmed", "unconfirmed", "waits 120 s". */
static void state_of(char *out, size_t cap, const struct gw_answer *a,
                     const struct gw_history_entry *e)
{
    rt_time until;
    bool waits = gw_apply_waiting(a->gw->apply, &until) == e->generation;
    bool present = a->plan->generation == e->generation;

    if (waits)
        snprintf(out, cap, "waits %lld s", (long long)((until - rt_now()) / RT_S));
    else
        snprintf(out, cap, "%s",
                 present                            ? "in force"
                 : e->state == GW_HISTORY_CONFIRMED ? "confirmed"
                                                    : "unconfirmed");
}

int gw_verb_history(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_history *h = a->gw->apply ? gw_apply_history(a->gw->apply) : NULL;
    char when[RT_RFC3339_LEN], state[32], sha[13];

    (void)args;
    for (const struct gw_history_entry *e = h ? gw_history_last(h) : NULL; e;
         e = gw_history_before(h, e)) {
        state_of(state, sizeof state, a, e);
        rt_str_copy(sha, sizeof sha, rt_str(e->sha));
        gw_answer_begin(a, "generation");
        gw_answer_number(a, "generation", (int64_t)e->generation);
        gw_answer_text(a, "when", rt_rfc3339(when, e->when));
        gw_answer_text(a, "who", e->who);
        gw_answer_text(a, "state", state);
        gw_answer_text(a, "sha256", sha);
        gw_answer_text(a, "file", e->file);
        gw_answer_text(a, "why", e->why);
        gw_answer_end(a);
    }
    return GW_EXIT_OK;
}

/* ---- what came of it ---- */

static void complaints(struct gw_answer *a, struct rt_str text)
{
    while (text.n > 0) {
        char *line = rt_str_dup(rt_str_cut(&text, '\n'));
        gw_answer_begin(a, "complaint");
        gw_answer_text(a, "text", line);
        gw_answer_end(a);
        free(line);
    }
}

/** Files that came with the request are edited somewhere: what is said of them has its place. */
static void said(struct gw_answer *a, const char *type, struct rt_str text)
{
    if (a->body.n > 0)
        gw_answer_places(a, type, text);
    else
        complaints(a, text);
}

static int refused(struct gw_answer *a, const struct gw_apply_result *r)
{
    said(a, "error", r->errors);
    return gw_answer_fail(a, r->err == ENOENT ? GW_EXIT_FAILED : GW_EXIT_PLAN,
                          "generation %llu stays in force", (unsigned long long)r->generation);
}

/** `plan check`: how the tests of the other plan end. */
static int tested(struct gw_answer *a, const struct gw_apply_result *r)
{
    const struct gw_plan *present = a->plan;
    const struct gw_args none = {.n = 0};

    a->plan = r->plan;
    int code = gw_route_test(a, &none);
    a->plan = present;
    return code;
}

static int compared(struct gw_answer *a, const struct gw_apply_result *r)
{
    if (a->tests)
        return tested(a, r);
    if (r->changes.n > 0) /* as diff(1) says that there is a difference */
        return a->body.n > 0 ? GW_EXIT_OK : GW_EXIT_FAILED;
    snprintf(a->note, sizeof a->note, "no difference");
    a->done = true;
    return GW_EXIT_OK;
}

int gw_answer_applied(struct gw_answer *a, const struct gw_apply_result *r)
{
    said(a, "warning", r->warnings);
    if (!a->tests)
        gw_answer_lines(a, r->changes);
    if (r->err != 0)
        return refused(a, r);
    if (r->note[0])
        gw_answer_lines(a, rt_str(r->note));
    if (r->kind == GW_APPLY_DIFF)
        return compared(a, r);
    if (r->confirm)
        snprintf(a->note, sizeof a->note,
                 "generation %llu is in force; tandem confirm within %lld s keeps it",
                 (unsigned long long)r->generation, (long long)(r->confirm / RT_S));
    else
        snprintf(a->note, sizeof a->note, "generation %llu is in force",
                 (unsigned long long)r->generation);
    a->done = true;
    return GW_EXIT_OK;
}
