/* Asterisk's extensions.conf: contexts become routes. What a context includes is merged into it;
 * where Asterisk would have looked into the context before its includes, and so taken a row that is
 * less specific, the report says so.
 */
#include "dialplan/import/asterisk_priv.h"

#define CONTEXTS_MAX   1000
#define EXTENSIONS_MAX 10000 /* in a context */
#define STEPS_MAX      64    /* looked at of an extension: more than any that only routes */

bool dp_im_ast_same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

struct ast_context *dp_im_ast_context(const struct ast_plan *p, struct rt_str name)
{
    for (struct ast_context *c = p->contexts; c; c = c->next)
        if (dp_im_ast_same(c->name, name))
            return c;
    return NULL;
}

/* ---- reading ---- */

struct reader {
    struct dp_im *im;
    struct ast_plan *plan;
    struct ast_context *context; /**< the one that lines belong to */
    bool globals;                /**< or the variables for all */
    unsigned ncontexts;
    struct dp_im_pos pos;
};

static void open_context(struct reader *r, struct rt_str line)
{
    struct ast_context **at = &r->plan->contexts;

    line.p++;
    line.n--;
    struct rt_str name = rt_str_trim(rt_str_cut(&line, ']'));
    r->globals = rt_str_caseeq(name, "globals");
    r->context = NULL;
    if (r->globals || rt_str_caseeq(name, "general"))
        return;
    r->context = dp_im_ast_context(r->plan, name);
    if (r->context)
        return;
    if (r->ncontexts++ >= CONTEXTS_MAX) {
        dp_im_report(r->im, r->pos, "context: there are too many");
        return;
    }
    r->context = dp_im_alloc(r->im, sizeof *r->context);
    if (!r->context)
        return;
    r->context->name = name;
    while (*at)
        at = &(*at)->next;
    *at = r->context;
}

static struct ast_extension *find_extension(const struct ast_context *c, struct rt_str name)
{
    if (c->last && dp_im_ast_same(c->last->name, name))
        return c->last;
    for (struct ast_extension *e = c->extensions; e; e = e->next)
        if (dp_im_ast_same(e->name, name))
            return e;
    return NULL;
}

/** The extension `name` of the context, made when it is not there. */
static struct ast_extension *extension(struct reader *r, struct rt_str name)
{
    struct ast_context *c = r->context;
    struct ast_extension *e = find_extension(c, name), **at = &c->extensions;

    if (e) {
        c->last = e;
        return e;
    }
    if (c->count == EXTENSIONS_MAX) {
        dp_im_report(r->im, r->pos, "exten: the context has %u already", EXTENSIONS_MAX);
        return NULL;
    }
    e = dp_im_alloc(r->im, sizeof *e);
    if (!e)
        return NULL;
    e->name = name;
    e->pos = r->pos;
    while (*at)
        at = &(*at)->next;
    *at = e;
    c->last = e;
    c->count++;
    return e;
}

/** `priority,App(args)` of an extension. */
static void add_step(struct reader *r, struct ast_extension *e, struct rt_str rest)
{
    struct rt_str priority = dp_im_field(&rest, ','), label = priority;
    struct ast_step *s, **at = &e->steps;
    unsigned last = 0, count = 0;

    priority = rt_str_trim(rt_str_cut(&label, '('));
    if (rt_str_caseeq(priority, "hint"))
        return;
    for (; *at; at = &(*at)->next) {
        last = (*at)->priority;
        count++;
    }
    if (count == STEPS_MAX) {
        dp_im_report(r->im, r->pos, "exten: has more than %u priorities", STEPS_MAX);
        return;
    }
    s = dp_im_alloc(r->im, sizeof *s);
    if (!s)
        return;
    s->priority = dp_im_digits(priority) ? dp_im_number(priority, 100000) : last + 1;
    s->pos = r->pos;
    rest = rt_str_trim(rest);
    s->app = rt_str_trim(rt_str_cut(&rest, '('));
    if (rest.n > 0 && rest.p[rest.n - 1] == ')')
        rest.n--;
    s->args = rt_str_trim(rest);
    for (at = &e->steps; *at && (*at)->priority <= s->priority;)
        at = &(*at)->next;
    s->next = *at;
    *at = s;
}

static void add_include(struct reader *r, struct rt_str value)
{
    struct ast_include *i, **at = &r->context->includes;
    struct rt_str name = dp_im_field(&value, ',');
    unsigned count = 0;

    if (value.n > 0) {
        dp_im_report(r->im, r->pos, "include: at certain times: is not carried over");
        return;
    }
    for (; *at; at = &(*at)->next)
        count++;
    i = count < 100 ? dp_im_alloc(r->im, sizeof *i) : NULL;
    if (!i)
        return;
    i->name = name;
    i->pos = r->pos;
    *at = i;
}

static void add_global(struct reader *r, struct rt_str name, struct rt_str value)
{
    struct ast_global *g = dp_im_alloc(r->im, sizeof *g);

    if (!g)
        return;
    g->name = name;
    g->value = value;
    g->next = r->plan->globals;
    r->plan->globals = g;
}

static void read_statement(struct reader *r, struct rt_str key, struct rt_str value)
{
    if (rt_str_caseeq(key, "exten")) {
        struct rt_str name = dp_im_field(&value, ',');
        if (memchr(name.p ? name.p : "", '/', name.n)) {
            dp_im_report(r->im, r->pos, "exten %.*s: certain callers: is not carried over",
                         RT_STR(name));
            return;
        }
        struct ast_extension *e = name.n > 0 ? extension(r, name) : NULL;
        if (e)
            add_step(r, e, value);
    } else if (rt_str_caseeq(key, "same")) {
        if (r->context->last)
            add_step(r, r->context->last, value);
    } else if (rt_str_caseeq(key, "include")) {
        add_include(r, value);
    } else if (!rt_str_caseeq(key, "ignorepat")) {
        dp_im_report(r->im, r->pos, "%.*s: is not carried over", RT_STR(key));
    }
}

static void read_line(struct reader *r, struct rt_str line)
{
    if (line.n > 0 && line.p[0] == '[') {
        open_context(r, line);
        return;
    }
    if (line.n > 0 && line.p[0] == '#') {
        dp_im_report(r->im, r->pos, "#include: give that file as well");
        return;
    }
    struct rt_str key = rt_str_trim(rt_str_cut(&line, '='));
    if (line.n > 0 && line.p[0] == '>') {
        line.p++;
        line.n--;
    }
    if (key.n == 0 || line.n == 0)
        return;
    if (r->globals)
        add_global(r, key, rt_str_trim(line));
    else if (r->context)
        read_statement(r, key, rt_str_trim(line));
}

static void read_plan(struct dp_im *im, struct ast_plan *plan, const struct dp_import_source *s)
{
    struct reader r = {.im = im, .plan = plan};
    struct dp_im_lines l = dp_im_lines(s);
    struct rt_str line;
    bool block = false;

    for (const struct ast_context *c = plan->contexts; c; c = c->next)
        r.ncontexts++;
    while (dp_im_line(&l, &line)) {
        r.pos = l.pos;
        read_line(&r, dp_im_asterisk_text(line, &block));
    }
}

/* ---- patterns ---- */

struct rt_str dp_im_asterisk_pattern(struct dp_im *im, struct rt_str name)
{
    bool pattern = name.n > 0 && name.p[0] == '_', in_class = false;
    struct rt_buf b = {0};

    for (size_t i = pattern; i < name.n; i++) {
        char c = name.p[i], up = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        bool last = i + 1 == name.n;
        if (c == '[' || c == ']')
            in_class = c == '[';
        if (pattern && !in_class && up == 'X')
            rt_buf_puts(&b, "x");
        else if (pattern && !in_class && (up == 'Z' || up == 'N'))
            rt_buf_puts(&b, up == 'Z' ? "[1-9]" : "[2-9]");
        else if (pattern && c == '.' && last)
            rt_buf_puts(&b, "x*");
        else if (pattern && c == '!' && last)
            rt_buf_puts(&b, "*");
        else if (c == '*' && last)
            rt_buf_puts(&b, "\\*");
        else if (c != '-' || in_class)
            rt_buf_put(&b, &c, 1);
    }
    im->failed |= b.failed;
    struct rt_str text = rt_str(dp_im_keep(im, rt_buf_str(&b)));
    rt_buf_release(&b);
    return text;
}

/** Digits that fit at a position, as Asterisk weighs it: `.` and `!` come after any. */
static unsigned weight(const struct dp_pattern *p, unsigned at)
{
    if (at >= p->shape.n)
        return p->shape.prefix ? 12 : 0;
    if (p->shape.prefix && at + 1 == p->shape.n && p->shape.mask[at] == 0x3ff)
        return 11;
    return (unsigned)__builtin_popcount(p->shape.mask[at]);
}

/** A context comes before what it includes; within one, from left to right, the position that fewer
 * digits fit decides. */
static int first(const struct dp_im_row *a, const struct dp_im_row *b)
{
    unsigned n =
        a->pattern->shape.n > b->pattern->shape.n ? a->pattern->shape.n : b->pattern->shape.n;

    if (a->rank != b->rank)
        return a->rank - b->rank;
    for (unsigned i = 0; i <= n; i++) {
        int more = (int)weight(a->pattern, i) - (int)weight(b->pattern, i);
        if (more != 0)
            return more;
    }
    return 0;
}

/* ---- routes ---- */

static bool special(struct rt_str name)
{
    static const char *const names[] = {"s", "i", "t",      "h",   "o", "a",
                                        "e", "T", "failed", "fax", NULL};

    for (size_t i = 0; names[i]; i++)
        if (rt_str_eq(name, names[i]))
            return true;
    return false;
}

struct walk {
    struct dp_im *im;
    struct ast_plan *plan;
    struct dp_im_routes *routes;
    unsigned number; /**< of this walk: a context is visited once in each */
    int rank;        /**< contexts before this one */
};

static bool already(const struct dp_im_routes *r, const struct dp_im_row *row)
{
    for (size_t i = 0; i < r->nrows; i++)
        if (dp_pattern_equal(r->row[i]->pattern, row->pattern))
            return true;
    return false;
}

static void add_extension(struct walk *w, const struct ast_context *c,
                          const struct ast_extension *e)
{
    if (special(e->name)) {
        dp_im_report(w->im, e->pos, "exten %.*s: is no number: is not carried over",
                     RT_STR(e->name));
        return;
    }
    struct dp_im_row *row = dp_im_asterisk_row(w->im, w->plan, c, e);
    if (!row)
        return;
    row->rank = w->rank;
    if (already(w->routes, row)) /* Asterisk never comes to this one */
        dp_pattern_free(row->pattern);
    else
        dp_im_row_add(w->im, w->routes, row);
}

static void visit(struct walk *w, struct ast_context *c, unsigned depth)
{
    if (c->seen == w->number || depth > 32)
        return;
    c->seen = w->number;
    w->rank++;
    for (const struct ast_extension *e = c->extensions; e; e = e->next)
        if (w->routes->nrows < DP_IM_ROWS)
            add_extension(w, c, e);
    for (const struct ast_include *i = c->includes; i; i = i->next) {
        struct ast_context *other = dp_im_ast_context(w->plan, i->name);
        if (other)
            visit(w, other, depth + 1);
        else
            dp_im_report(w->im, i->pos, "include: there is no context %.*s", RT_STR(i->name));
    }
}

/** The trunks whose calls the context routes; false: the source names none. */
static bool add_sources(struct dp_im *im, struct dp_im_routes *r, const struct ast_context *c)
{
    for (struct dp_im_way *w = im->ways; w; w = w->next)
        if (w->context && rt_str_caseeq(c->name, w->context))
            dp_im_from(im, r, w);
    return r->nfrom > 0;
}

static void route_context(struct walk *w, struct ast_context *c)
{
    struct dp_im_pos pos = c->extensions ? c->extensions->pos
                           : c->includes ? c->includes->pos
                                         : (struct dp_im_pos){w->im->source[0].name, 1};

    w->routes = dp_im_routes_add(w->im, dp_im_print(w->im, "context %.*s", RT_STR(c->name)));
    if (!w->routes)
        return;
    bool named = add_sources(w->im, w->routes, c);
    if (!named && c->included)
        return; /* it is part of others alone */
    w->number++;
    w->rank = 0;
    visit(w, c, 0);
    if (w->routes->nrows == 0)
        return;
    if (!named) {
        struct rt_str source = rt_str(dp_im_print(w->im, "from %.*s", RT_STR(c->name)));
        dp_im_from(w->im, w->routes, dp_im_way(w->im, DP_IM_SIP, source, pos));
        dp_im_report(w->im, pos,
                     "context %.*s: which calls it routes is not in these files: set the trunk",
                     RT_STR(c->name));
    }
    dp_im_check_order(w->im, w->routes, first);
}

static void mark_included(struct ast_plan *p)
{
    for (const struct ast_context *c = p->contexts; c; c = c->next)
        for (const struct ast_include *i = c->includes; i; i = i->next) {
            struct ast_context *other = dp_im_ast_context(p, i->name);
            if (other && other != c)
                other->included = true;
        }
}

/** Contexts that include each other, and that no trunk's calls come to. */
static void report_unseen(struct dp_im *im, const struct ast_plan *plan)
{
    for (const struct ast_context *c = plan->contexts; c; c = c->next)
        if (c->seen == 0 && c->extensions && !dp_im_starts(c->name, "macro-"))
            dp_im_report(im, c->extensions->pos, "context %.*s: no calls come to it in these files",
                         RT_STR(c->name));
}

static void report_unrouted(struct dp_im *im, const struct ast_plan *plan)
{
    for (const struct dp_im_way *w = im->ways; w; w = w->next)
        if (w->context && w->context[0] && !dp_im_ast_context(plan, rt_str(w->context)))
            dp_im_report(im, w->pos, "context %s: is not in these files", w->context);
}

void dp_im_asterisk(struct dp_im *im)
{
    struct ast_plan plan = {NULL, NULL};
    struct walk w = {.im = im, .plan = &plan};

    for (size_t i = 0; i < im->nsources; i++) {
        const struct dp_import_source *s = &im->source[i];
        struct rt_str name = rt_str(s->name);
        if (memmem(name.p, name.n, "dahdi", 5) || memmem(name.p, name.n, "zap", 3))
            dp_im_dahdi(im, s);
        else if (memmem(name.p, name.n, "pjsip", 5))
            dp_im_pjsip_conf(im, s);
        else if (memmem(name.p, name.n, "sip", 3))
            dp_im_sip_conf(im, s);
        else
            read_plan(im, &plan, s);
    }
    mark_included(&plan);
    report_unrouted(im, &plan);
    for (struct ast_context *c = plan.contexts; c; c = c->next) {
        if (dp_im_starts(c->name, "macro-"))
            dp_im_report(im, c->extensions ? c->extensions->pos : (struct dp_im_pos){"-", 0},
                         "macro: is not carried over");
        else
            route_context(&w, c);
    }
    report_unseen(im, &plan);
}
