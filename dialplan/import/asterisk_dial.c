/* What an extension of Asterisk's does, step by step, as a row of routes: Dial becomes targets,
 * ${EXTEN:n} what is stripped and prepended, the rest is told.
 */
#include "dialplan/import/asterisk_priv.h"

#define TEXT_MAX  1024 /* of a step's arguments once variables are filled in */
#define GOTOS_MAX 8

/** What is done to the number called. */
struct digits {
    unsigned strip;
    const char *prepend, *called;
};

struct work {
    struct dp_im *im;
    const struct ast_plan *plan;
    const struct ast_context *context;
    struct dp_im_row *row;
    struct dp_im_pos pos;
    struct rt_str literal; /**< the number that a Goto made it; empty: the one called */
    bool dialled, ended;
    unsigned gotos;
};

/* ---- variables ---- */

static const struct ast_global *find_global(const struct ast_plan *p, struct rt_str name)
{
    for (const struct ast_global *g = p->globals; g; g = g->next)
        if (dp_im_ast_same(g->name, name))
            return g;
    return NULL;
}

/** Fills variables of [globals] in, once. */
static struct rt_str fill_in(struct work *w, struct rt_str text)
{
    struct rt_buf b = {0};

    while (text.n > 0 && b.n < TEXT_MAX) {
        const char *open = memmem(text.p, text.n, "${", 2);
        const char *close = open ? memchr(open, '}', text.n - (size_t)(open - text.p)) : NULL;
        if (!close) {
            rt_buf_put(&b, text.p, text.n);
            break;
        }
        struct rt_str name = {open + 2, (size_t)(close - open) - 2};
        const struct ast_global *g = find_global(w->plan, name);
        rt_buf_put(&b, text.p, (size_t)(open - text.p));
        if (g)
            rt_buf_put(&b, g->value.p, g->value.n);
        else
            rt_buf_put(&b, open, (size_t)(close - open) + 1);
        text.n -= (size_t)(close + 1 - text.p);
        text.p = close + 1;
    }
    w->im->failed |= b.failed;
    struct rt_str kept = rt_str(dp_im_keep(w->im, rt_buf_str(&b)));
    rt_buf_release(&b);
    return kept;
}

/** Reads `:from[:count]`; false: it is neither. */
static bool read_part(struct rt_str s, int *from, int *count)
{
    struct rt_str a = rt_str_cut(&s, ':');
    bool minus = a.n > 0 && a.p[0] == '-';

    if (minus) {
        a.p++;
        a.n--;
    }
    if (!dp_im_digits(a) || (s.n > 0 && !dp_im_digits(s)))
        return false;
    *from = (int)dp_im_number(a, DP_DIGITS_MAX) * (minus ? -1 : 1);
    *count = s.n > 0 ? (int)dp_im_number(s, DP_DIGITS_MAX) : -1;
    return true;
}

/** `${EXTEN:from:count}` of a number that a Goto has set: it is known. */
static bool part_of_literal(struct work *w, struct digits *d, struct rt_str before, int from,
                            int count)
{
    struct rt_str n = w->literal;

    if (from < 0)
        from = (int)n.n + from > 0 ? (int)n.n + from : 0;
    if ((size_t)from >= n.n)
        return false;
    n.p += from;
    n.n -= (size_t)from;
    if (count >= 0 && (size_t)count < n.n)
        n.n = (size_t)count;
    d->called = dp_im_print(w->im, "%.*s%.*s", RT_STR(before), RT_STR(n));
    return dp_im_dialable(rt_str(d->called));
}

/** The same of what was dialled: digits off the front. */
static bool part_of_dialled(struct work *w, struct digits *d, struct rt_str before, int from,
                            int count)
{
    const struct dp_pattern *p = w->row->pattern;
    int length = p->shape.prefix ? -1 : (int)(p->shape.n + p->shape.plus);

    if (from < 0) {
        if (length < 0)
            return false;
        from = length + from > 0 ? length + from : 0;
    }
    if (count >= 0 && (length < 0 || from + count < length))
        return false; /* digits off the end */
    if (p->shape.plus && from > 0) {
        dp_im_report(w->im, w->pos, "%s: the + is stripped: see that the number is what it was",
                     dp_pattern_text(p));
        from--;
    }
    if (length >= 0 && from >= length)
        return false;
    d->strip = (unsigned)from;
    d->prepend = before.n > 0 ? dp_im_keep(w->im, before) : NULL;
    return true;
}

/** Reads a number to dial: digits, `${EXTEN}`, `${EXTEN:1}`, `00${EXTEN:1}`. */
static bool read_number(struct work *w, struct digits *d, struct rt_str text)
{
    const char *open = memmem(text.p ? text.p : "", text.n, "${", 2);
    int from = 0, count = -1;

    *d = (struct digits){0};
    if (!open) {
        d->called = dp_im_keep(w->im, text);
        return dp_im_dialable(text);
    }
    struct rt_str before = {text.p, (size_t)(open - text.p)};
    struct rt_str variable = {open + 2, text.n - before.n - 2};
    if (variable.n < 6 || variable.p[variable.n - 1] != '}' || !dp_im_starts(variable, "EXTEN") ||
        (before.n > 0 && !dp_im_dialable(before)))
        return false;
    variable.n--;
    variable.p += 5;
    variable.n -= 5;
    if (variable.n > 0) {
        if (variable.p[0] != ':')
            return false;
        variable.p++;
        variable.n--;
        if (!read_part(variable, &from, &count))
            return false;
    }
    return w->literal.n > 0 ? part_of_literal(w, d, before, from, count)
                            : part_of_dialled(w, d, before, from, count);
}

/* ---- targets ---- */

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/** A target with the number that it gets. Numbers are changed once for a row. */
static void add_target(struct work *w, const struct dp_im_way *way, const struct digits *d)
{
    struct dp_im_row *row = w->row;
    bool as_is = d->called && strcmp(d->called, dp_pattern_text(row->pattern)) == 0;
    const char *called = as_is ? NULL : d->called;

    if (!way)
        return;
    if (row->ntargets > 0 &&
        (row->strip != d->strip || !same(row->prepend, d->prepend) || !same(row->called, called))) {
        dp_im_report(w->im, w->pos,
                     "Dial: %s would get another number than the target before it: "
                     "it is not carried over",
                     way->name);
        return;
    }
    row->strip = d->strip;
    row->prepend = d->prepend;
    row->called = called;
    dp_im_target(w->im, row, way->name);
}

/** A group of channels that no chan_dahdi.conf told of. */
static struct dp_im_way *unknown_group(struct work *w, struct rt_str source)
{
    struct dp_im_way *way = dp_im_way(w->im, DP_IM_SPAN, source, w->pos);

    if (way && way->kind == DP_IM_SPAN && !way->span) {
        way->span = dp_im_span_add(w->im, dp_im_keep(w->im, source), w->pos);
        dp_im_report(w->im, w->pos, "Dial: %s: chan_dahdi.conf is missing: set the span",
                     way->source);
    }
    return way;
}

/** `g` from the lowest channel, `G` from the highest, `r` and `R` each in turn: here a property of
 * the group. */
static void set_hunt(struct work *w, struct dp_im_way *group, char how)
{
    if (group->said && group->said != how)
        dp_im_report(w->im, w->pos, "Dial: %c: %s is hunted otherwise, as the first Dial says", how,
                     group->name);
    if (group->said)
        return;
    group->said = how;
    if (strchr("rR", how) && group->kind == DP_IM_GROUP)
        group->hunt = "round-robin trunk";
    for (unsigned i = 0; how == 'G' && i < group->nmembers; i++)
        group->member[i]->hunt = "descending";
}

/** `g1/${EXTEN}` */
static void dial_dahdi(struct work *w, struct rt_str rest)
{
    struct rt_str group = rt_str_cut(&rest, '/');
    char how = group.n > 0 ? group.p[0] : '\0';
    struct digits d;

    if (group.n < 2 || !strchr("gGrR", how) ||
        !dp_im_digits((struct rt_str){group.p + 1, group.n - 1})) {
        dp_im_report(w->im, w->pos, "Dial: DAHDI/%.*s: one channel is not carried over",
                     RT_STR(group));
        return;
    }
    if (!read_number(w, &d, rest)) {
        dp_im_report(w->im, w->pos, "Dial: the number \"%.*s\" is not carried over", RT_STR(rest));
        return;
    }
    struct rt_str source =
        rt_str(dp_im_print(w->im, "DAHDI/g%.*s", (int)(group.n - 1), group.p + 1));
    struct dp_im_way *way = dp_im_way_find(w->im, source);
    if (!way)
        way = unknown_group(w, source);
    if (way && way->kind == DP_IM_GROUP && way->nmembers == 0) {
        dp_im_report(w->im, w->pos, "Dial: %s: has no channels", way->source);
        return;
    }
    if (way)
        set_hunt(w, way, how);
    add_target(w, way, &d);
}

/** A telephone, which registers: the number called is its user. */
static void dial_phone(struct work *w, struct rt_str user)
{
    struct digits d = {0};

    if (!dp_im_dialable(user)) {
        dp_im_report(w->im, w->pos, "Dial: %.*s: is a telephone without a number", RT_STR(user));
        return;
    }
    d.called = dp_im_keep(w->im, user);
    struct dp_im_way *way = dp_im_way_find(w->im, rt_str("phones"));
    if (!way) {
        way = dp_im_way(w->im, DP_IM_SIP, rt_str("phones"), w->pos);
        dp_im_report(w->im, w->pos,
                     "Dial: telephones: make them users of \"registrar\", or set the trunk");
    }
    add_target(w, way, &d);
}

/** `number@peer`, `peer/number`, `peer` of SIP and PJSIP. */
static void dial_sip(struct work *w, const char *technology, struct rt_str rest)
{
    struct rt_str number = {"", 0}, peer = rest, whole = rest;
    struct digits d = {0};

    if (memchr(rest.p ? rest.p : "", '@', rest.n)) {
        number = rt_str_cut(&peer, '@');
    } else if (memchr(rest.p ? rest.p : "", '/', rest.n)) {
        peer = rt_str_cut(&whole, '/');
        number = whole;
    }
    struct rt_str source = rt_str(dp_im_print(w->im, "%s/%.*s", technology, RT_STR(peer)));
    struct dp_im_way *way = dp_im_way_find(w->im, source);
    if (!way && number.n == 0) {
        dial_phone(w, peer);
        return;
    }
    if (number.n > 0 && !read_number(w, &d, number)) {
        dp_im_report(w->im, w->pos, "Dial: the number \"%.*s\" is not carried over",
                     RT_STR(number));
        return;
    }
    if (!way) {
        way = dp_im_way(w->im, DP_IM_SIP, source, w->pos);
        if (!way)
            return;
        if (!memchr(peer.p, '.', peer.n) || !dp_im_host(w->im, way, peer))
            dp_im_report(w->im, w->pos, "Dial: %s: where it is is not in these files", way->source);
    }
    add_target(w, way, &d);
}

static void dial_one(struct work *w, struct rt_str to)
{
    struct rt_str technology = rt_str_cut(&to, '/');

    if (rt_str_caseeq(technology, "DAHDI") || rt_str_caseeq(technology, "Zap"))
        dial_dahdi(w, to);
    else if (rt_str_caseeq(technology, "SIP"))
        dial_sip(w, "SIP", to);
    else if (rt_str_caseeq(technology, "PJSIP"))
        dial_sip(w, "PJSIP", to);
    else
        dp_im_report(w->im, w->pos, "Dial: %.*s: is not carried over", RT_STR(technology));
}

static void do_dial(struct work *w, struct rt_str args)
{
    char separator = memchr(args.p ? args.p : "", '|', args.n) ? '|' : ',';
    struct rt_str where = dp_im_field(&args, separator), timeout = dp_im_field(&args, separator);
    struct rt_str options = dp_im_field(&args, separator);
    bool many = memchr(where.p ? where.p : "", '&', where.n) != NULL;

    while (where.n > 0)
        dial_one(w, dp_im_field(&where, '&'));
    w->dialled = true;
    if (many)
        dp_im_report(w->im, w->pos, "Dial: rings several at once: here they are tried in turn");
    if (timeout.n > 0)
        dp_im_report(w->im, w->pos, "Dial: the limit of %.*s s is not carried over",
                     RT_STR(timeout));
    for (size_t i = 0; i < options.n; i++)
        if (!strchr("tTrRwWkKxX", options.p[i])) {
            dp_im_report(w->im, w->pos, "Dial: options %.*s: are not carried over",
                         RT_STR(options));
            break;
        }
}

/* ---- the other applications ---- */

static void ignore(struct work *w, struct rt_str args)
{
    (void)w;
    (void)args;
}

static void end_with(struct work *w, const char *target)
{
    dp_im_target(w->im, w->row, target);
    w->ended = true;
}

static void do_hangup(struct work *w, struct rt_str args)
{
    unsigned cause = dp_im_number(args, 127);

    if (cause > 0)
        end_with(w, dp_im_print(w->im, "reject %u", cause));
    else if (w->row->ntargets == 0 && !w->dialled)
        end_with(w, "reject 16");
    w->ended = true;
}

static void do_busy(struct work *w, struct rt_str args)
{
    (void)args;
    end_with(w, "busy");
}

static void do_congestion(struct work *w, struct rt_str args)
{
    (void)args;
    end_with(w, "reject 34");
}

/** The name of a sound, as a plan may hold it. */
static bool is_sound(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr(",{}\"\\$&#", s.p[i]))
            return false;
    return s.n > 0 && s.n < 200;
}

static void do_playback(struct work *w, struct rt_str args)
{
    struct rt_str file = dp_im_field(&args, ',');

    if (w->row->ntargets > 0 || !is_sound(file)) {
        dp_im_report(w->im, w->pos, "Playback: is not carried over");
        return;
    }
    /* Its folder, language and format are in other files of Asterisk's: no path that is sure. */
    end_with(w, dp_im_print(w->im, "reject 31 \"%.*s\"", RT_STR(file)));
    w->row->set = "-> play FILE";
    dp_im_report(w->im, w->pos, "Playback: say \"-> play FILE\" where the sound %.*s is",
                 RT_STR(file));
}

static void do_set(struct work *w, struct rt_str args)
{
    struct rt_str variable = rt_str_trim(rt_str_cut(&args, '=')), value = rt_str_trim(args);

    if (rt_str_caseeq(variable, "CALLERID(num)") || rt_str_caseeq(variable, "CALLERID(number)")) {
        if (dp_im_dialable(value)) {
            w->row->caller = dp_im_keep(w->im, value);
            return;
        }
    } else if (rt_str_caseeq(variable, "CALLERID(name)")) {
        while (value.n > 0 && value.p[0] == '"') {
            value.p++;
            value.n--;
        }
        while (value.n > 0 && value.p[value.n - 1] == '"')
            value.n--;
        bool plain = value.n > 0 && value.n < 60;
        for (size_t i = 0; i < value.n; i++)
            plain &= value.p[i] >= ' ' && value.p[i] < 0x7f && !strchr("\"\\$", value.p[i]);
        if (plain) {
            w->row->name = dp_im_keep(w->im, value);
            return;
        }
    }
    dp_im_report(w->im, w->pos, "Set: %.*s: is not carried over",
                 (int)(variable.n < 60 ? variable.n : 60), variable.p);
}

static void run(struct work *w, const struct ast_step *s);

/** Finds the extension that a Goto leads to: by its very name. */
static const struct ast_extension *aim(const struct ast_context *c, struct rt_str name)
{
    for (const struct ast_extension *e = c ? c->extensions : NULL; e; e = e->next)
        if (dp_im_ast_same(e->name, name))
            return e;
    return NULL;
}

static void do_goto(struct work *w, struct rt_str args)
{
    struct rt_str part[3] = {dp_im_field(&args, ','), dp_im_field(&args, ','),
                             dp_im_field(&args, ',')};
    const struct ast_context *c = w->context;
    unsigned n = part[2].n > 0 ? 2 : part[1].n > 0 ? 1 : 0;

    if (n == 2)
        c = dp_im_ast_context(w->plan, part[0]);
    bool same_number = n > 0 && rt_str_caseeq(part[n - 1], "${EXTEN}");
    struct rt_str name = same_number && w->literal.n > 0 ? w->literal : part[n ? n - 1 : 0];
    const struct ast_extension *e = n > 0 && rt_str_eq(part[n], "1") ? aim(c, name) : NULL;
    if (!e || !dp_im_dialable(name) || w->gotos++ == GOTOS_MAX) {
        dp_im_report(w->im, w->pos, "Goto: this one is not carried over");
        return;
    }
    w->literal = name;
    w->context = c;
    run(w, e->steps);
    w->ended = true;
}

static const struct {
    const char *name;
    void (*fn)(struct work *w, struct rt_str args);
} applications[] = {
    {"Dial", do_dial},
    {"Hangup", do_hangup},
    {"Busy", do_busy},
    {"Goto", do_goto},
    {"Congestion", do_congestion},
    {"Playback", do_playback},
    {"Set", do_set},
    {"NoOp", ignore},
    {"Verbose", ignore},
    {"Log", ignore},
    {"Ringing", ignore},
    {"Progress", ignore},
    {"Proceeding", ignore},
    {"ResetCDR", ignore},
    {"NoCDR", ignore},
    {"Answer", ignore},
    {"Wait", ignore},
};

static void do_step(struct work *w, const struct ast_step *s)
{
    w->pos = s->pos;
    for (size_t i = 0; i < RT_COUNT(applications); i++)
        if (rt_str_caseeq(s->app, applications[i].name)) {
            applications[i].fn(w, fill_in(w, fill_in(w, s->args)));
            return;
        }
    bool condition = dp_im_starts(s->app, "GotoIf") || dp_im_starts(s->app, "ExecIf");
    dp_im_report(w->im, s->pos, "%.*s: %s", (int)(s->app.n < 40 ? s->app.n : 40), s->app.p,
                 condition ? "conditions are not carried over" : "is not carried over");
}

static void run(struct work *w, const struct ast_step *s)
{
    for (; s && !w->ended; s = s->next)
        do_step(w, s);
}

struct dp_im_row *dp_im_asterisk_row(struct dp_im *im, const struct ast_plan *p,
                                     const struct ast_context *c, const struct ast_extension *e)
{
    struct dp_im_row *row = dp_im_row(im, dp_im_asterisk_pattern(im, e->name), e->pos);
    struct work w = {.im = im, .plan = p, .context = c, .row = row, .pos = e->pos};

    if (!row)
        return NULL;
    run(&w, e->steps);
    if (row->ntargets > 0)
        return row;
    dp_im_report(im, e->pos, "exten %.*s: leads nowhere that could be carried over",
                 (int)(e->name.n < 60 ? e->name.n : 60), e->name.p);
    dp_pattern_free(row->pattern);
    return NULL;
}
