/* The neutral plan as text in tandem's language, each line with the place it comes from. */
#include "dialplan/import/import_priv.h"

#define COMMENT_COLUMN 52

/** The rules of trunks whose numbers stay as they are dialled. */
static const char as_dialled[] = "dialled";

struct writer {
    struct dp_im *im;
    struct rt_buf *b;
    size_t line; /**< where the line that is being written begins */
};

static void put(struct writer *w, const char *fmt, ...) RT_PRINTF(2, 3);

static void put(struct writer *w, const char *fmt, ...)
{
    va_list ap;

    size_t start = w->b->n;
    va_start(ap, fmt);
    rt_buf_vprintf(w->b, fmt, ap);
    va_end(ap);
    for (size_t i = start; i < w->b->n; i++)
        if (w->b->p[i] == '\n')
            w->line = i + 1;
}

/** Ends the line with a comment: the source's place, what has to be set, or nothing. */
static void end(struct writer *w, const struct dp_im_pos *pos, const char *set)
{
    size_t width = w->b->n - w->line;

    if (pos || set)
        rt_buf_printf(w->b, "%*s# ", width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 1,
                      "");
    if (set)
        rt_buf_printf(w->b, "SET: %s", set);
    if (pos)
        rt_buf_printf(w->b, "%s%s:%u", set ? "; " : "", pos->file, pos->line);
    rt_buf_puts(w->b, "\n");
    w->line = w->b->n;
}

static void put_head(struct writer *w)
{
    put(w, "# Carried over from");
    for (size_t i = 0; i < w->im->nsources; i++)
        put(w, "%s %s", i > 0 ? "," : "", w->im->source[i].name);
    put(w, " (%s).", w->im->format);
    end(w, NULL, NULL);
    put(w, "# A line with \"SET\" needs a fact that is not in the source; what could not be "
           "carried over");
    end(w, NULL, NULL);
    put(w, "# is in the report.");
    end(w, NULL, NULL);
    put(w, "version 1");
    end(w, NULL, NULL);
}

static bool has_sip(const struct dp_im *im)
{
    for (const struct dp_im_way *w = im->ways; w; w = w->next)
        if (w->kind == DP_IM_SIP)
            return true;
    return false;
}

static void put_place(struct writer *w)
{
    const char *numbers = w->im->numbers;

    if (has_sip(w->im)) {
        put(w, "\nsip {\n");
        put(w, "    listen    udp:0.0.0.0:5060");
        end(w, NULL, "where peers reach this gateway");
        put(w, "}\n");
    }
    put(w, "\nsite here {\n");
    put(w, "    dialling  %s", w->im->dialling ? w->im->dialling : "us");
    end(w, NULL, w->im->dialling ? NULL : "the country, as \"de area 30\"");
    put(w, "}\n");
    put(w, "\n# %s\nnormalise %s {\n    %s\n    any +x* => +&\n}\n",
        numbers ? "Numbers are international ones without \"+\"."
                : "Numbers are routed as they are dialled, as the source does.",
        as_dialled, numbers ? numbers : "any * => *");
}

static bool has_rule(const struct dp_im_way *t, const char *from)
{
    for (const struct dp_im_rule *r = t->rules; r; r = r->next)
        if (strcmp(r->from, from) == 0)
            return true;
    return false;
}

static void put_rules(struct writer *w, const struct dp_im_way *t)
{
    put(w, "\nnormalise %s-numbers {\n", t->name);
    for (const struct dp_im_rule *r = t->rules; r; r = r->next) {
        put(w, "    %s => %s", r->from, r->to);
        end(w, &r->pos, NULL);
    }
    if (!has_rule(t, "*"))
        put(w, "    any * => %s*\n", w->im->numbers ? "+" : "");
    if (!has_rule(t, "+x*"))
        put(w, "    any +x* => +&\n");
    put(w, "}\n");
}

static void put_span(struct writer *w, const struct dp_im_span *s)
{
    put(w, "\nspan %u {", s->n);
    end(w, &s->pos, NULL);
    put(w, "    dahdi     %u", s->n);
    end(w, NULL, s->card ? NULL : "the span number of the card");
    put(w, "    %s", s->kind);
    end(w, NULL, NULL);
    put(w, "    isdn      %s %s", s->variant ? s->variant : "euroisdn",
        s->network ? "network" : "user");
    end(w, NULL, s->variant ? NULL : "variant and side");
    put(w, "}\n");
}

static void put_accept(struct writer *w, const struct dp_im_way *t)
{
    if (!t->accept)
        return;
    put(w, "    accept    from %s", t->from);
    end(w, NULL,
        dp_im_print(w->im, "a placeholder: calls from that host are those of trunk %s", t->accept));
}

static void put_trunk(struct writer *w, const struct dp_im_way *t)
{
    put(w, "\ntrunk %s {", t->name);
    end(w, &t->pos, NULL);
    if (t->kind == DP_IM_SPAN) {
        put(w, "    span      %u\n", t->span ? t->span->n : 1);
        if (t->channels)
            put(w, "    channels  %s%s%s\n", t->channels, t->hunt ? " " : "",
                t->hunt ? t->hunt : "");
    } else {
        put(w, "    sip       %s", t->host);
        end(w, NULL, t->placeholder ? "the peer's address" : NULL);
        put_accept(w, t);
    }
    put(w, "    numbers   %s%s\n}\n", t->rules ? t->name : as_dialled, t->rules ? "-numbers" : "");
}

static void put_group(struct writer *w, const struct dp_im_way *g)
{
    put(w, "\ngroup %s {", g->name);
    end(w, &g->pos, NULL);
    put(w, "    trunks    ");
    for (unsigned i = 0; i < g->nmembers; i++)
        put(w, "%s%s", i > 0 ? ", " : "", g->member[i]->name);
    put(w, "\n");
    if (g->hunt)
        put(w, "    hunt      %s\n", g->hunt);
    put(w, "}\n");
}

static void put_ways(struct writer *w)
{
    for (const struct dp_im_span *s = w->im->spans; s; s = s->next)
        put_span(w, s);
    for (const struct dp_im_way *t = w->im->ways; t; t = t->next) {
        if (t->kind == DP_IM_GROUP)
            continue;
        if (t->rules)
            put_rules(w, t);
        put_trunk(w, t);
    }
    for (const struct dp_im_way *g = w->im->ways; g; g = g->next)
        if (g->kind == DP_IM_GROUP && g->nmembers > 0)
            put_group(w, g);
}

/* ---- addresses ---- */

/** The host of `sip:HOST[:PORT]`. */
static struct rt_str host_of(const char *uri)
{
    struct rt_str s = rt_str(uri + 4);
    const char *close = memchr(s.p, ']', s.n);

    if (close)
        s.n = (size_t)(close + 1 - s.p);
    else
        s = rt_str_cut(&s, ':');
    return s;
}

/** The trunk before `end` that has this host. */
static const struct dp_im_way *find_host(const struct dp_im *im, struct rt_str host,
                                         const struct dp_im_way *end)
{
    for (const struct dp_im_way *t = im->ways; t && t != end; t = t->next) {
        struct rt_str other = t->kind == DP_IM_SIP && t->host ? host_of(t->host) : host;
        if (t->kind == DP_IM_SIP && t->host && other.n == host.n &&
            strncasecmp(other.p, host.p, host.n) == 0)
            return t;
    }
    return NULL;
}

/** An address of RFC 5737 that no trunk has, so that the plan loads before it is set. */
static const char *placeholder(struct dp_im *im, unsigned *n)
{
    const char *text;

    do {
        unsigned k = ++*n;
        text = k < 255 ? dp_im_print(im, "198.51.100.%u", k)
                       : dp_im_print(im, "198.18.%u.%u", k >> 8, k & 255);
    } while (!im->failed && find_host(im, rt_str(text), NULL));
    return text;
}

/** Each SIP trunk gets an address, and calls from one address belong to one trunk. */
static void place_ways(struct dp_im *im)
{
    unsigned n = 0;

    for (struct dp_im_way *t = im->ways; t; t = t->next) {
        if (t->kind != DP_IM_SIP)
            continue;
        const struct dp_im_way *other = t->host ? find_host(im, host_of(t->host), t) : NULL;
        if (other) {
            t->accept = other->name;
            t->from = placeholder(im, &n);
            dp_im_report(im, t->pos,
                         "trunk %s: has the host of trunk %s, whose calls are all that "
                         "come from there",
                         t->name, other->name);
        } else if (!t->host) {
            t->placeholder = true;
            t->host = dp_im_print(im, "sip:%s", placeholder(im, &n));
        }
    }
}

/* ---- routes ---- */

static void put_targets(struct writer *w, const struct dp_im_row *row)
{
    put(w, "->");
    for (unsigned i = 0; i < row->ntargets; i++)
        put(w, "%s %s", i > 0 ? "," : "", row->target[i]);
    end(w, &row->pos, row->set);
}

static void put_text(struct writer *w, const char *keyword, const char *value, const char *quote)
{
    if (!value)
        return;
    put(w, "        %-9s %s%s%s", keyword, quote, value, quote);
    end(w, NULL, NULL);
}

static void put_actions(struct writer *w, const struct dp_im_row *row)
{
    if (row->strip > 0) {
        put(w, "        strip     %u", row->strip);
        end(w, NULL, NULL);
    }
    put_text(w, "prepend", row->prepend, "");
    put_text(w, "rewrite", row->rewrite, "");
    put_text(w, "called", row->called, "");
    put_text(w, "caller", row->caller, "");
    put_text(w, "name", row->name, "\"");
}

static bool has_actions(const struct dp_im_row *row)
{
    return row->strip || row->prepend || row->rewrite || row->called || row->caller || row->name;
}

static void put_pattern(struct writer *w, const struct dp_im_row *row)
{
    const char *text = dp_pattern_text(row->pattern);

    if (text[0] == '#') { /* else a comment; in a string a backslash is doubled */
        put(w, "    \"");
        for (const char *c = text; *c; c++)
            put(w, "%s%c", *c == '\\' ? "\\" : "", *c);
        put(w, "\" ");
    } else {
        put(w, "    %s ", text);
    }
    for (size_t n = w->b->n - w->line; n < 24; n++)
        put(w, " ");
}

/** The targets of `other` after those of `row`, when it is the next choice for the same numbers. */
static void append_targets(struct dp_im *im, struct dp_im_row *row, const struct dp_im_row *other)
{
    for (unsigned i = 0; i < other->ntargets; i++)
        dp_im_target(im, row, other->target[i]);
}

static bool same_when(const struct dp_im_row *a, const struct dp_im_row *b)
{
    return a->when == b->when || (a->when && b->when && strcmp(a->when, b->when) == 0);
}

/** Makes rows of one pattern and condition one, and takes those out that say other digits: the
 * language changes numbers once for a pattern. */
static void merge(struct dp_im *im, struct dp_im_row **row, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct dp_im_row *extra = row[i];
        size_t k = 0;

        while (k < i && (!row[k] || !same_when(row[k], extra)))
            k++;
        if (!dp_im_same_digits(row[0], extra)) {
            dp_im_report(im, extra->pos,
                         "%s: changes the number otherwise than line %u, which is for the same "
                         "numbers: this choice is not carried over",
                         dp_pattern_text(extra->pattern), row[0]->pos.line);
            row[i] = NULL;
        } else if (k < i) {
            append_targets(im, row[k], extra);
            row[i] = NULL;
        }
    }
}

/** Rows of one pattern, as one statement. */
static void put_rows(struct writer *w, struct dp_im_row **row, size_t n)
{
    bool block = has_actions(row[0]) || row[0]->when;

    merge(w->im, row, n);
    for (size_t i = 1; i < n; i++)
        block |= row[i] != NULL;
    put_pattern(w, row[0]);
    if (!block) {
        put_targets(w, row[0]);
        return;
    }
    put(w, "{");
    end(w, NULL, NULL);
    put_actions(w, row[0]);
    for (size_t i = 0; i < n; i++)
        if (row[i] && row[i]->when) {
            put(w, "        when %s ", row[i]->when);
            put_targets(w, row[i]);
        }
    for (size_t i = 0; i < n; i++)
        if (row[i] && !row[i]->when) {
            put(w, "        otherwise ");
            put_targets(w, row[i]);
        }
    put(w, "    }");
    end(w, NULL, NULL);
}

/** Collects the rows that have the pattern of row `i`, and takes them out of the block's list. */
static size_t take_equal(struct dp_im_row **out, struct dp_im_row **row, size_t nrows, size_t i)
{
    size_t n = 0;

    for (size_t k = i + 1; k < nrows; k++)
        if (row[k] && dp_pattern_equal(row[i]->pattern, row[k]->pattern)) {
            out[++n] = row[k];
            row[k] = NULL;
        }
    out[0] = row[i];
    row[i] = NULL;
    return n + 1;
}

static void put_routes(struct writer *w, const struct dp_im_routes *r)
{
    struct dp_im_row **row = dp_im_alloc(w->im, (r->nrows + 1) * sizeof(struct dp_im_row *));
    struct dp_im_row **equal = dp_im_alloc(w->im, (r->nrows + 1) * sizeof(struct dp_im_row *));

    if (!row || !equal)
        return;
    memcpy(row, r->row, r->nrows * sizeof(struct dp_im_row *));
    put(w, "\n# %s\nroutes from ", r->title);
    for (unsigned i = 0; i < r->nfrom; i++)
        put(w, "%s%s", i > 0 ? ", " : "", r->from[i]->name);
    put(w, " {\n");
    for (size_t i = 0; i < r->nrows; i++)
        if (row[i])
            put_rows(w, equal, take_equal(equal, row, r->nrows, i));
    put(w, "}\n");
}

void dp_im_write(struct dp_im *im)
{
    struct writer w = {.im = im, .b = &im->out->plan};

    place_ways(im);
    if (im->failed)
        return;
    put_head(&w);
    put_place(&w);
    put_ways(&w);
    rt_buf_put(w.b, im->extra.p, im->extra.n);
    w.line = w.b->n;
    for (const struct dp_im_routes *r = im->routes; r; r = r->next)
        if (r->nrows > 0 && r->nfrom > 0)
            put_routes(&w, r);
}
