/* Conditions of a route: `when caller +4412*, time open -> a`. */
#include "dialplan/expr.h"
#include "gw/plan_priv.h"

static void if_caller(struct gw_words *w, struct gw_condition *out)
{
    if (gw_words_is(w, "unknown"))
        out->caller = GW_CALLER_UNKNOWN;
    else if (gw_words_is(w, "private"))
        out->caller = GW_CALLER_PRIVATE;
    else
        out->pattern = gw_plan_pattern(w->c, w);
}

static void if_from(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *t = gw_words_take(w, "a trunk or a group");

    if (t)
        gw_plan_way(w->c, &out->way, t);
}

static void if_time(struct gw_words *w, struct gw_condition *out)
{
    const struct gw_dial_plan *d = &w->c->plan->dial;
    const struct conf_token *t = gw_words_take(w, "the name of a time");

    if (t)
        out->time = gw_plan_named(w->c, t, "time", d->times, d->ntimes, sizeof *d->times);
}

static void choose(struct gw_words *w, struct gw_condition *out, const char *what,
                   const char *const *words)
{
    int i = gw_words_choice(w, what, words);

    out->value = i < 0 ? 0 : (unsigned)i;
}

static void if_bearer(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *t = gw_words_take(w, "a bearer");
    enum gw_bearer b;

    if (t && gw_bearer_parse(&b, rt_str(t->text)) == 0)
        out->value = b;
    else if (t)
        gw_words_wrong(w, t, "a bearer: audio, speech or data64");
}

static void if_codec(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *t = gw_words_take(w, "a codec");
    out->word = t ? t->text : "";
}

static void if_ton(struct gw_words *w, struct gw_condition *out)
{
    static const char *const words[] = {"unknown",    "international", "national", "network",
                                        "subscriber", "abbreviated",   NULL};
    choose(w, out, "a type of number", words);
}

const char *const gw_category_words[] = {"ordinary", "operator", "priority", "data",
                                         "test",     "payphone", NULL};

static void if_category(struct gw_words *w, struct gw_condition *out)
{
    choose(w, out, "a category", gw_category_words);
}

static void if_word(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *t = gw_words_take(w, "a value");
    out->word = t ? t->text : "";
}

/** `tgrp NAME context NAME` */
static void if_tgrp(struct gw_words *w, struct gw_condition *out)
{
    if_word(w, out);
    if (!gw_words_is(w, "context"))
        return;
    const struct conf_token *t = gw_words_take(w, "a context");
    out->word2 = t ? t->text : NULL;
}

/** `redirected`, `redirect reason busy` */
static void if_redirected(struct gw_words *w, struct gw_condition *out)
{
    (void)w;
    (void)out;
}

const char *const gw_reason_words[] = {"unknown",       "busy",        "no-reply",
                                       "unconditional", "unavailable", NULL};

static void if_reason(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *t = gw_words_peek(w);

    if (gw_words_is(w, "reason"))
        choose(w, out, "a reason", gw_reason_words);
    else
        conf_error(w->c->diag, t ? t->pos : w->pos, "\"redirect\" wants: redirect reason busy");
}

static void if_attest(struct gw_words *w, struct gw_condition *out)
{
    static const char *const words[] = {"A", "B", "C", NULL};
    choose(w, out, "an attestation level", words);
}

/** `header X-Name ~ /re/`: the expression may have spaces when it stands in quotes. */
static void if_header(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *name = gw_words_take(w, "the name of a header field");
    const char *why;

    if (!name)
        return;
    out->word = name->text;
    if (!gw_words_is(w, "~")) {
        conf_error(w->c->diag, name->pos, "\"header %s\" wants: ~ /expression/", name->text);
        w->t = w->end;
        return;
    }
    const struct conf_token *t = gw_words_take(w, "an expression");
    struct rt_str text = t ? rt_str(t->text) : rt_str("");
    if (t && (text.n < 2 || text.p[0] != '/' || text.p[text.n - 1] != '/'))
        gw_words_wrong(w, t, "an expression like /^a+$/");
    else if (t && dp_expr_new(&out->expr, (struct rt_str){text.p + 1, text.n - 2}, 0, &why) != 0)
        conf_error(w->c->diag, t->pos, "the expression \"%s\" %s", t->text, why);
}

/** `load GROUP > 80%` */
static void if_load(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *t = gw_words_take(w, "a trunk or a group");

    if (!t || !gw_plan_way(w->c, &out->way, t))
        return;
    out->below = gw_words_is(w, "<");
    if (!out->below && !gw_words_is(w, ">")) {
        conf_error(w->c->diag, t->pos, "\"load %s\" wants: > 80%%", t->text);
        w->t = w->end;
        return;
    }
    gw_words_percent(w, "a percentage", 100, &out->value);
}

static const struct {
    const char *word;
    enum gw_condition_kind kind;
    void (*read)(struct gw_words *w, struct gw_condition *out);
} kinds[] = {
    {"caller", GW_IF_CALLER, if_caller},
    {"from", GW_IF_FROM, if_from},
    {"time", GW_IF_TIME, if_time},
    {"bearer", GW_IF_BEARER, if_bearer},
    {"codec", GW_IF_CODEC, if_codec},
    {"ton", GW_IF_TON, if_ton},
    {"category", GW_IF_CATEGORY, if_category},
    {"cic", GW_IF_CIC, if_word},
    {"tgrp", GW_IF_TGRP, if_tgrp},
    {"context", GW_IF_CONTEXT, if_word},
    {"redirected", GW_IF_REDIRECTED, if_redirected},
    {"redirect", GW_IF_REASON, if_reason},
    {"attest", GW_IF_ATTEST, if_attest},
    {"header", GW_IF_HEADER, if_header},
    {"load", GW_IF_LOAD, if_load},
};

/** A name alone is a time: `when open`. */
static bool short_time(struct gw_words *w, struct gw_condition *out)
{
    const struct gw_dial_plan *d = &w->c->plan->dial;
    const struct conf_token *t = gw_words_peek(w);

    for (unsigned i = 0; t && i < d->ntimes; i++)
        if (strcmp(d->times[i].name, t->text) == 0) {
            out->kind = GW_IF_TIME;
            out->time = &d->times[i];
            w->t++;
            return true;
        }
    return false;
}

static void unknown_condition(struct gw_words *w, const struct conf_token *t)
{
    struct conf_suggest near = conf_suggest(t->text);

    for (size_t i = 0; i < RT_COUNT(kinds); i++)
        conf_suggest_offer(&near, kinds[i].word);
    for (unsigned i = 0; i < w->c->plan->dial.ntimes; i++)
        conf_suggest_offer(&near, w->c->plan->dial.times[i].name);
    conf_suggest_error(w->c->diag, t->pos, "unknown condition", &near);
    w->t = w->end;
}

static void read_condition(struct gw_words *w, struct gw_condition *out)
{
    const struct conf_token *t = gw_words_peek(w);

    for (size_t i = 0; t && i < RT_COUNT(kinds); i++)
        if (strcmp(t->text, kinds[i].word) == 0) {
            w->t++;
            out->kind = kinds[i].kind;
            kinds[i].read(w, out);
            return;
        }
    if (short_time(w, out))
        return;
    if (t && t->kind != CONF_TOKEN_ARROW)
        unknown_condition(w, t);
    else
        gw_words_take(w, "a condition");
}

void gw_plan_compile_when(struct gw_compile *c, struct gw_choice *out, struct gw_words *w)
{
    do {
        struct gw_condition *condition = conf_alloc(c->arena, sizeof *condition);
        const struct conf_token *start = w->t;
        if (!condition)
            return;
        if (out->nconditions == GW_CONDITIONS) {
            conf_error(c->diag, w->pos, "\"when\" has at most %d conditions", GW_CONDITIONS);
            w->t = w->end;
            return;
        }
        condition->negated = gw_words_is(w, "not");
        condition->pos = start < w->end ? start->pos : w->pos;
        read_condition(w, condition);
        condition->text = gw_plan_text(c, start, w->t);
        out->condition[out->nconditions++] = condition;
    } while (gw_words_comma(w));
}
