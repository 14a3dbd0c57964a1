/* A table of commands, one function each. */
#include "test/exchange/commands.h"

#include "test/exchange/load.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <stdio.h>
#include <utlist.h>

static int call(struct exchange *ex, struct ex_words *w)
{
    struct ex_order order;
    int err = ex_order_parse(&order, w);

    if (err == 0)
        err = ex_load_start(ex, &order, order.count, order.rate);
    if (err != 0)
        ex_order_free(&order);
    return err;
}

static int release(struct exchange *ex, struct ex_words *w)
{
    struct ex_call *c, *tmp;
    unsigned cause = 16, id = 0;
    bool all = ex_word_is(w, "all");
    int err = all ? 0 : ex_word_uint(w, "a call or `all`", 0x7fffffff, &id);

    if (err == 0 && ex_word_is(w, "cause"))
        err = ex_word_uint(w, "a cause", 127, &cause);
    if (err == 0 && !all && !ex_call_find(ex, id)) {
        snprintf(w->error, sizeof w->error, "there is no call %u", id);
        return EINVAL;
    }
    if (err == 0 && all)
        ex_load_stop_all(ex);
    DL_FOREACH_SAFE(ex->calls, c, tmp)
    {
        if (err == 0 && (all || c->id == id))
            ex_call_release(c, cause, ex_span_location(c->span));
    }
    return err;
}

static int status(struct exchange *ex, struct ex_words *w)
{
    json_t *o = ex_event("totals"), *causes = json_object();
    struct ex_call *call;
    char name[8];

    (void)w;
    for (unsigned i = 0; i < ex->rules.nspans; i++)
        ex_span_report(&ex->spans[i], "status");
    DL_FOREACH(ex->calls, call)
    {
        ex_call_report(call, "call");
    }
    for (unsigned i = 0; i < RT_COUNT(ex->totals.cause); i++) {
        snprintf(name, sizeof name, "%u", i & 127u);
        if (ex->totals.cause[i])
            ex_put_int(causes, name, ex->totals.cause[i]);
    }
    ex_put_int(o, "incoming", ex->totals.incoming);
    ex_put_int(o, "outgoing", ex->totals.outgoing);
    ex_put_int(o, "answered", ex->totals.answered);
    ex_put_int(o, "released", ex->totals.released);
    ex_put(o, "causes", causes);
    ex_emit(o);
    return 0;
}

/* ---- lines ---- */

int ex_command_span(struct exchange *ex, struct ex_words *w, struct ex_span **out)
{
    unsigned id = ex->spans[0].rule->cfg.id;
    int err = ex_word_is(w, "span") ? ex_word_uint(w, "a span", 9999, &id) : 0;

    if (err == 0 && !ex_words_end(w)) {
        snprintf(w->error, sizeof w->error, "unknown word \"%.60s\"", w->word[w->at]);
        return EINVAL;
    }
    *out = ex_span_find(ex, id);
    if (err == 0 && !*out) {
        snprintf(w->error, sizeof w->error, "there is no span %u", id);
        return EINVAL;
    }
    return err;
}

/** `down [N]`: a span, or all of them. Who runs the loop closes and opens them while it stands. */
static int want(struct exchange *ex, struct ex_words *w, bool open)
{
    bool all = ex_words_end(w);
    unsigned id = 0;
    int err = all ? 0 : ex_word_uint(w, "a span", 9999, &id);

    if (err == 0 && !all && !ex_span_find(ex, id)) {
        snprintf(w->error, sizeof w->error, "there is no span %u", id);
        return EINVAL;
    }
    for (unsigned i = 0; i < ex->rules.nspans && err == 0; i++)
        if (all || ex->spans[i].rule->cfg.id == id)
            ex_span_want(&ex->spans[i], open);
    rt_loop_stop(ex->loop);
    return err;
}

static int down(struct exchange *ex, struct ex_words *w)
{
    return want(ex, w, false);
}

static int up(struct exchange *ex, struct ex_words *w)
{
    return want(ex, w, true);
}

/** `restart [N] [span N]`: a timeslot, or every B channel. */
static int restart(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned slot = 0;
    bool one = !ex_words_end(w) && strcmp(w->word[w->at], "span") != 0;
    int err = one ? ex_word_uint(w, "a timeslot", 31, &slot) : 0;

    if (err == 0)
        err = ex_command_span(ex, w, &s);
    if (err == 0 && !s->isdn)
        err = ENETDOWN;
    if (err == 0 && one)
        return isdn_channel_restart(s->isdn, slot);
    if (err == 0)
        isdn_span_restart(s->isdn);
    return err;
}

static int block_channel(struct exchange *ex, struct ex_words *w, bool blocked)
{
    struct ex_span *s;
    unsigned slot;
    int err = ex_word_uint(w, "a timeslot", 31, &slot);

    if (err == 0)
        err = ex_command_span(ex, w, &s);
    if (err == 0)
        err = s->isdn ? isdn_channel_block(s->isdn, slot, blocked) : ENETDOWN;
    return err;
}

static int block(struct exchange *ex, struct ex_words *w)
{
    return block_channel(ex, w, true);
}

static int unblock(struct exchange *ex, struct ex_words *w)
{
    return block_channel(ex, w, false);
}

/** The same by another name, and whole spans: `service busy-out|in-service [span N]`. */
static int service(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned what;
    int err = ex_word_one_of(w, "block|unblock|busy-out|in-service", &what);

    if (err != 0 || what < 2)
        return err != 0 ? err : block_channel(ex, w, what == 0);
    err = ex_command_span(ex, w, &s);
    if (err == 0 && !s->isdn)
        err = ENETDOWN;
    if (err == 0)
        isdn_span_busy_out(s->isdn, what == 2);
    return err;
}

static int quit(struct exchange *ex, struct ex_words *w)
{
    (void)w;
    ex_stop(ex);
    return 0;
}

int ex_command_wait(struct ex_words *w, enum ex_wait *what, rt_time *limit)
{
    *what = ex_word_is(w, "up")      ? EX_WAIT_UP
            : ex_word_is(w, "calls") ? EX_WAIT_CALLS
                                     : EX_WAIT_TIME;
    if (*what != EX_WAIT_TIME && ex_words_end(w))
        return 0;
    return ex_word_duration(w, "`up`, `calls` or a duration", limit);
}

static const struct {
    const char *word;
    int (*fn)(struct exchange *ex, struct ex_words *w);
} table[] = {{"call", call},
             {"release", release},
             {"status", status},
             {"down", down},
             {"up", up},
             {"restart", restart},
             {"block", block},
             {"unblock", unblock},
             {"service", service},
             {"fault", ex_command_fault},
             {"mute", ex_command_mute},
             {"storm", ex_command_storm},
             {"raw", ex_command_raw},
             {"quit", quit}};

int ex_command(struct exchange *ex, struct ex_words *w)
{
    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (strcmp(w->word[0], table[i].word) == 0)
            return table[i].fn(ex, w);
    return ENOENT;
}
