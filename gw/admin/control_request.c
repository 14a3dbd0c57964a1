/* Commands that end at once or later, and the line that those which change something leave behind.
 */
#include "gw/admin/control_request.h"

#include "gw/alarm.h"
#include "gw/apply.h"

#include <stdio.h>
#include <stdlib.h>

/** The words as somebody would type them, without the reason, which has a place of its own. */
static void words(char *out, size_t cap, size_t argc, const char *const *argv)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < argc && n + 1 < cap; i++) {
        if (strcmp(argv[i], "--reason") == 0) {
            i++;
            continue;
        }
        bool quote = argv[i][0] == '\0' || strchr(argv[i], ' ') != NULL;
        int len =
            snprintf(out + n, cap - n, quote ? "%s\"%s\"" : "%s%s", i > 0 ? " " : "", argv[i]);
        n += len > 0 ? (size_t)len : 0;
    }
}

/** A reason may come as an option too. */
static const char *reason(const struct gw_request *q, size_t argc, const char *const *argv)
{
    for (size_t i = 0; !q->why && i + 1 < argc; i++)
        if (strcmp(argv[i], "--reason") == 0)
            return argv[i + 1];
    return q->why;
}

static void prepare_note(struct gw_request *q, size_t argc, const char *const *argv)
{
    struct gw_audit_entry *e = &q->entry;

    *e = (struct gw_audit_entry){.at = 0};
    q->write = gw_control_writes(argc, argv);
    if (!q->write)
        return;
    rt_str_copy(e->who, sizeof e->who, rt_str(q->who));
    if (!q->who)
        snprintf(e->who, sizeof e->who, "uid %u", q->uid);
    rt_str_copy(e->from, sizeof e->from, rt_str(q->from));
    rt_str_copy(e->why, sizeof e->why, rt_str(reason(q, argc, argv)));
    words(e->what, sizeof e->what, argc, argv);
}

void gw_request_note(struct gw *gw, const struct gw_audit_entry *e, uint64_t seen)
{
    gw_audit_note(gw ? gw->audit : NULL, e);
    if (gw && seen != 0)
        (void)gw_alarm_acknowledge(gw->alarms, seen, e->who);
}

/** A wrong command did nothing. */
static void note(struct gw_request *q, int code)
{
    const struct gw_answer *a = &q->answer;
    const char *outcome = a->error[0] ? a->error : code == GW_EXIT_OK ? "ok" : "failed";

    if (!q->write || code == GW_EXIT_USAGE)
        return;
    rt_str_copy(q->entry.outcome, sizeof q->entry.outcome, rt_str(outcome));
    if (q->note)
        q->note(q->arg, &q->entry, a->seen);
    else
        gw_request_note(*q->gw, &q->entry, a->seen);
}

static void finish(struct gw_request *q, int code)
{
    note(q, code);
    gw_answer_close(&q->answer, code);
}

static void on_applied(void *arg, const struct gw_apply_result *r)
{
    struct gw_request *q = arg;

    q->job = NULL;
    q->answer.plan = (*q->gw)->plan;
    int code = gw_answer_applied(&q->answer, r);
    finish(q, code);
    q->done(q->arg, code);
}

int gw_request_begin(struct gw_request *q, size_t argc, const char *const *argv)
{
    struct gw *gw = *q->gw;

    q->answer = (struct gw_answer){.gw = gw,
                                   .plan = gw ? gw->plan : NULL,
                                   .out = q->out,
                                   .uid = q->uid,
                                   .who = q->who,
                                   .why = q->why,
                                   .body = q->body};
    prepare_note(q, argc, argv);
    int code = gw_control_run(&q->answer, argc, argv);

    if (q->answer.job) {
        q->job = q->answer.job;
        gw_apply_await(q->job, on_applied, q);
        return GW_REQUEST_LATER;
    }
    if (q->answer.follow.kind == GW_TRACE_NOTHING || code != GW_EXIT_OK)
        finish(q, code);
    return code;
}

/* ---- nobody waits any more ---- */

/** What is left of a request whose owner has gone: its line in the audit log. */
struct orphan {
    struct gw_request request;
    struct rt_buf out;
};

static void on_orphan_done(void *arg, int code)
{
    struct orphan *o = arg;

    (void)code;
    rt_buf_release(&o->out);
    free(o);
}

void gw_request_forget(struct gw_request *q)
{
    struct orphan *o = q->job && q->write ? calloc(1, sizeof *o) : NULL;

    if (!o) {
        gw_apply_forget(q->job);
        q->job = NULL;
        return;
    }
    o->request = *q;
    o->request.out = o->request.answer.out = &o->out;
    o->request.done = on_orphan_done;
    o->request.note = NULL;
    o->request.arg = o;
    o->request.who = o->request.from = o->request.why = NULL;
    o->request.answer.who = o->request.answer.why = NULL;
    o->request.body = o->request.answer.body = (struct rt_str){"", q->body.n};
    gw_apply_await(q->job, on_applied, &o->request);
    q->job = NULL;
}
