/* Targets of routes: `-> a, b`, `-> a 70%, b 30%`, `-> lcr NAME`, `-> reject 21 "why"`. */
#include "gw/plan_priv.h"

static void read_reject(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    const struct conf_token *keyword = w->t - 1, *t = gw_words_peek(w);
    uint64_t cause;

    (void)c;
    out->kind = GW_TO_REJECT;
    if (!t || rt_str_u64(&cause, rt_str(t->text), 127) != 0 || cause == 0) {
        conf_error(w->c->diag, t ? t->pos : keyword->pos,
                   "\"reject\" lacks a cause from 1 to 127, like: reject 21");
        w->t = w->end;
        return;
    }
    w->t++;
    out->cause = (unsigned)cause;
    t = gw_words_peek(w);
    if (t && t->kind != CONF_TOKEN_STRING)
        conf_error(w->c->diag, t->pos, "a text after the cause stands in quotes");
    if (t) {
        out->text = t->text;
        w->t++;
    }
}

/** `busy`: what `reject 17` does. */
static void read_busy(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    (void)c;
    (void)w;
    out->kind = GW_TO_REJECT;
    out->cause = 17; /* user busy */
}

static void read_play(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    const struct conf_token *keyword = w->t - 1, *file = gw_words_peek(w);

    out->kind = GW_TO_TRUNK;
    if (!file) {
        conf_error(c->diag, keyword->pos,
                   "\"play\" lacks a sound file, like: play /srv/closed.wav");
        return;
    }
    w->t++;
    out->trunk = gw_plan_local(c, GW_LOCAL_PLAY, file);
}

static void read_echo(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    (void)w;
    out->kind = GW_TO_TRUNK;
    out->trunk = gw_plan_local(c, GW_LOCAL_ECHO, NULL);
}

static void read_milliwatt(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    (void)w;
    out->kind = GW_TO_TRUNK;
    out->trunk = gw_plan_local(c, GW_LOCAL_MILLIWATT, NULL);
}

/** `lcr NAME [only quality > 50%]` */
static void read_lcr(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_token *name = gw_words_take(w, "the name of an \"lcr\"");

    out->kind = GW_TO_LCR;
    if (name)
        out->lcr = gw_plan_named(c, name, "lcr", d->lcrs, d->nlcrs, sizeof *d->lcrs);
    if (!gw_words_is(w, "only"))
        return;
    if (!gw_words_is(w, "quality") || !gw_words_is(w, ">")) {
        const struct conf_token *t = gw_words_peek(w);
        conf_error(c->diag, t ? t->pos : w->pos, "\"only\" wants: quality > 50%%");
        w->t = w->end;
        return;
    }
    gw_words_percent(w, "a percentage", 1000, &out->quality);
}

static void read_enum(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_token *name = gw_words_take(w, "the name of an \"enum\"");

    out->kind = GW_TO_ENUM;
    if (name)
        out->resolve = gw_plan_named(c, name, "enum", d->enums, d->nenums, sizeof *d->enums);
}

static void read_customer(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_token *name = gw_words_take(w, "the name of a customer");

    out->kind = GW_TO_CUSTOMER;
    if (name)
        out->customer =
            gw_plan_named(c, name, "customer", d->customers, d->ncustomers, sizeof *d->customers);
}

static void read_emergency(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    out->kind = GW_TO_CALLBACK;
    if (!gw_words_is(w, "callback"))
        conf_error(c->diag, w->t[-1].pos, "\"emergency\" wants: emergency callback");
    else if (!c->plan->dial.emergency.callback)
        conf_error(c->diag, w->t[-1].pos, "\"emergency\" has no \"callback\"");
}

static const struct {
    const char *word;
    void (*read)(struct gw_compile *c, struct gw_target *out, struct gw_words *w);
} kinds[] = {
    {"reject", read_reject}, {"busy", read_busy},           {"play", read_play},
    {"echo", read_echo},     {"milliwatt", read_milliwatt}, {"lcr", read_lcr},
    {"enum", read_enum},     {"customer", read_customer},   {"emergency", read_emergency},
};

static void unknown_target(struct gw_compile *c, const struct conf_token *t)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    struct conf_suggest near = conf_suggest(t->text);

    for (unsigned i = 0; i < c->plan->ntrunks; i++)
        conf_suggest_offer(&near, c->plan->trunks[i].name);
    for (unsigned i = 0; i < d->ngroups; i++)
        conf_suggest_offer(&near, d->groups[i].name);
    for (size_t i = 0; i < RT_COUNT(kinds); i++)
        conf_suggest_offer(&near, kinds[i].word);
    conf_suggest_error(c->diag, t->pos, "unknown trunk", &near);
}

static void read_way(struct gw_compile *c, struct gw_target *out, const struct conf_token *t)
{
    out->trunk = gw_plan_trunk(c->plan, rt_str(t->text));
    out->group = out->trunk ? NULL : gw_plan_group(c->plan, rt_str(t->text));
    out->kind = out->group ? GW_TO_GROUP : GW_TO_TRUNK;
    if (!out->trunk && !out->group)
        unknown_target(c, t);
}

static void read_kind(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    const struct conf_token *t = gw_words_take(w, "a target");

    if (!t)
        return;
    for (size_t i = 0; i < RT_COUNT(kinds); i++)
        if (strcmp(t->text, kinds[i].word) == 0) {
            kinds[i].read(c, out, w);
            return;
        }
    read_way(c, out, t);
}

/** `called 199`, `70%` */
static void read_rest(struct gw_compile *c, struct gw_target *out, struct gw_words *w)
{
    static const struct conf_arg_spec number = {.type = CONF_NUMBER};
    const struct conf_token *t;

    while ((t = gw_words_peek(w)) != NULL) {
        size_t len = strlen(t->text);
        if (gw_words_is(w, "called")) {
            t = gw_words_take(w, "a number");
            if (t && conf_value_error(&number, t))
                conf_error(c->diag, t->pos, "\"%s\" %s", t->text, conf_value_error(&number, t));
            out->called = t ? t->text : NULL;
        } else if (len > 1 && t->text[len - 1] == '%') {
            if (out->weight > 0)
                conf_error(c->diag, t->pos, "\"%s\": the target has a share already", t->text);
            if (gw_words_percent(w, "a share", 100, &out->weight) && out->weight > 100)
                gw_words_wrong(w, t, "a share of at most 100%");
        } else {
            conf_error(c->diag, t->pos, "unexpected \"%s\": targets are parted by commas", t->text);
            w->t = w->end;
        }
    }
}

static void add_target(struct gw_compile *c, struct gw_choice *to, struct gw_words *w)
{
    const struct gw_target *last = to->ntargets > 0 ? &to->target[to->ntargets - 1] : NULL;
    const struct conf_token *start = w->t;

    if (last && last->kind == GW_TO_REJECT) {
        conf_error(c->diag, start->pos, "\"%s\" is never reached: a refusal ends the list",
                   start->text);
        w->t = w->end;
        return;
    }
    if (to->ntargets == GW_TARGETS) {
        conf_error(c->diag, start->pos, "a route has at most %d targets", GW_TARGETS);
        w->t = w->end;
        return;
    }
    struct gw_target *out = &to->target[to->ntargets++];
    out->pos = start->pos;
    read_kind(c, out, w);
    out->name = gw_plan_text(c, start, w->t);
    read_rest(c, out, w);
    to->weighted |= out->weight > 0;
}

void gw_plan_compile_targets(struct gw_compile *c, struct gw_choice *out, struct gw_words *w)
{
    do {
        if (!gw_words_peek(w)) {
            conf_error(c->diag, w->t < w->end ? w->t->pos : w->end[-1].pos,
                       "a target is missing here");
            return;
        }
        add_target(c, out, w);
    } while (gw_words_comma(w));
    gw_words_end(w);
    for (unsigned i = 0; out->weighted && i < out->ntargets; i++)
        if (out->target[i].weight == 0 && out->target[i].kind != GW_TO_REJECT)
            conf_error(c->diag, out->target[i].pos, "\"%s\" has no share, others have",
                       out->target[i].name);
}
