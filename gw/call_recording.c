/* Recording of answered calls: where the plan says so, or the operator. One file for a call: of the
 * calling leg when its trunk is recorded, else of the called one; left what that side says, right
 * what it hears. It lasts as long as that leg has its port. */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/recorder.h"

#include <ctype.h>
#include <errno.h>

/* ---- names ---- */

/** What others have said becomes part of a file's name: nothing in it leads elsewhere. */
static void put_safe(struct rt_buf *out, const char *text)
{
    for (; *text; text++) {
        bool safe = isalnum((unsigned char)*text) || strchr("+-_*#", *text);
        rt_buf_put(out, safe ? text : "_", 1);
    }
}

static void put_word(struct rt_buf *out, struct rt_str word, const struct gw_call *call)
{
    char now[RT_RFC3339_LEN]; /* 2026-03-01T08:00:00.123Z */

    rt_rfc3339(now, call->cdr.start_time);
    if (rt_str_eq(word, "call"))
        put_safe(out, call->cdr.call_id);
    else if (rt_str_eq(word, "date"))
        rt_buf_printf(out, "%.10s", now);
    else if (rt_str_eq(word, "time"))
        rt_buf_printf(out, "%.2s%.2s%.2s", now + 11, now + 14, now + 17);
    else if (rt_str_eq(word, "caller"))
        put_safe(out, call->cdr.caller[0] ? call->cdr.caller : "anonymous");
    else if (rt_str_eq(word, "called"))
        put_safe(out, call->cdr.called);
    else if (rt_str_eq(word, "trunk"))
        put_safe(out, call->cdr.from_trunk);
}

/** The path, as the plan wants it; a second recording of a call has a number. */
static int make_path(struct gw_call *call, const struct gw_record_plan *plan)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b, "%s/", plan->directory);
    for (struct rt_str rest = rt_str(plan->name); rest.n > 0;) {
        struct rt_str text = rt_str_cut(&rest, '{');
        rt_buf_put(&b, text.p, text.n);
        if (rest.n > 0)
            put_word(&b, rt_str_cut(&rest, '}'), call);
    }
    if (call->recordings > 0)
        rt_buf_printf(&b, "-%u", call->recordings + 1);
    rt_buf_printf(&b, ".%s", gw_record_format_name(plan->format));
    int err = b.failed ? ENOMEM : 0;
    if (err == 0 && !rt_str_copy(call->cdr.recording, sizeof call->cdr.recording, rt_buf_str(&b)))
        err = ENAMETOOLONG;
    rt_buf_release(&b);
    return err;
}

/* ---- beginning and ending ---- */

static int begin(struct gw_call *call, struct gw_leg *leg)
{
    const struct gw_record_plan *plan = &leg->trunk->sound.record;
    struct tape *tape = NULL;

    int err = call->gw->recorder ? 0 : gw_recorder_new(&call->gw->recorder);
    if (err == 0)
        err = make_path(call, plan);
    if (err == 0)
        err = tape_new(&tape);
    if (err == 0)
        err = media_record(leg->port, tape);
    if (err == 0)
        err = gw_recorder_add(call->gw->recorder, tape, call->cdr.recording, plan->format);
    else
        tape_drop(tape);
    if (err == 0)
        call->recordings++;
    return err;
}

/** The side that is recorded when somebody wants it. */
static struct gw_leg *side(const struct gw_call *call)
{
    const struct gw_leg *a = call->a, *b = call->b;
    bool called = b && b->port &&
                  (!a || !a->port || (b->trunk->sound.record.on && !a->trunk->sound.record.on));

    return called ? call->b : a && a->port ? call->a : NULL;
}

static struct gw_leg *recorded(const struct gw_call *call)
{
    return call->a && call->a->recorded ? call->a : call->b && call->b->recorded ? call->b : NULL;
}

static bool possible(const struct gw_leg *leg)
{
    return leg && leg->bearer != GW_BEARER_DATA64 && !leg->done;
}

int gw_call_record(struct gw_call *call, bool on)
{
    struct gw_leg *now = recorded(call), *leg = now ? now : side(call);

    if (call->direct || call->answered == 0 || call->over || !possible(leg))
        return ENOTSUP;
    if (on == (now != NULL))
        return EALREADY;
    int err = on ? begin(call, leg) : media_record(leg->port, NULL);
    if (err == 0) {
        leg->recorded = on;
        gw_call_note(leg, true, on ? "recording begins" : "recording ends");
        return 0;
    }
    call->cdr.recording[0] = '\0';
    rt_count(&gw_recorder_counters[GW_RECORDER_FAILED]);
    rt_log(RT_LOG_CALL, RT_ERROR, "%s: not recorded: %s", call->name, strerror(err));
    return err;
}

void gw_call_record_answered(struct gw_call *call)
{
    const struct gw_leg *leg = side(call);

    if (leg && leg->trunk->sound.record.on && possible(leg))
        (void)gw_call_record(call, true);
}
