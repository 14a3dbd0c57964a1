/* Which line of a trunk a number is. Numbers are written in the plan, and called, in E.164 or as
 * they are dialled at the trunk's site: both are brought to one form, and looked up in order. */
#include "gw/plan_mgcp_priv.h"

#include <stdlib.h>

/** One form of the number, whether it stands for an extension or for a number of the network. */
static void one_form(char out[DP_TEXT_LEN], const struct dp_number *n, const struct dp_site *site,
                     bool own)
{
    struct dp_number whole = *n;

    if (own)
        dp_normalise_calling(&whole, site);
    else
        dp_normalise_called(&whole, site);
    dp_text(out, &whole);
}

static const struct gw_line *find(const struct gw_mgcp_trunk *m, const char *text)
{
    unsigned low = 0, high = m->nnumbers;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        int d = strcmp(text, m->number[middle].text);
        if (d == 0)
            return m->number[middle].line;
        if (d < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct gw_line *gw_mgcp_called_line(const struct gw_trunk *t, const struct dp_number *called)
{
    const struct gw_mgcp_trunk *m = t->mgcp;
    const struct gw_line *line;
    char text[DP_TEXT_LEN];

    one_form(text, called, t->site, true);
    line = find(m, text);
    if (line)
        return line;
    one_form(text, called, t->site, false);
    line = find(m, text);
    return line ? line : find(m, called->digits);
}

static int by_text(const void *a, const void *b)
{
    const struct gw_line_number *x = a, *y = b;
    int d = strcmp(x->text, y->text);

    return d != 0 ? d : x->line < y->line ? -1 : x->line > y->line;
}

/** A number is that of one line. */
static void check_numbers(struct gw_compile *c, const struct gw_mgcp_trunk *m)
{
    for (unsigned i = 1; i < m->nnumbers; i++) {
        const struct gw_line *line = m->number[i].line, *first = m->number[i - 1].line;
        if (strcmp(m->number[i].text, m->number[i - 1].text) == 0)
            conf_error(c->diag, line->pos, "number %s is that of line %u at %s:%u:%u already",
                       line->number, first->endpoint->number, first->pos.file, first->pos.line,
                       first->pos.column);
    }
}

static char *form_of(struct gw_compile *c, const struct gw_trunk *t, const struct gw_line *line)
{
    char text[DP_TEXT_LEN] = "";
    struct dp_number n;

    if (dp_number_parse(&n, rt_str(line->number)) == 0)
        one_form(text, &n, t->site, true);
    return conf_text(c->arena, rt_str(text));
}

void gw_plan_index_lines(struct gw_compile *c, const struct gw_trunk *t, struct gw_mgcp_trunk *m)
{
    m->number = conf_alloc(c->arena, (m->nendpoints + 1) * sizeof *m->number);
    m->unnumbered = conf_alloc(c->arena, (m->nendpoints + 1) * sizeof(void *));
    if (!m->number || !m->unnumbered)
        return; /* said by the arena */
    for (unsigned i = 0; i < m->nendpoints; i++) {
        const struct gw_line *line = &m->line[i];
        char *text = NULL;

        if (line->number[0] == '\0')
            m->unnumbered[m->nunnumbered++] = m->endpoint[i];
        else if ((text = form_of(c, t, line)) != NULL)
            m->number[m->nnumbers++] = (struct gw_line_number){text, line};
    }
    qsort(m->number, m->nnumbers, sizeof *m->number, by_text);
    check_numbers(c, m);
}
