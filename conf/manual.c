/* The language as a manual page: every statement of a schema with its arguments, default and help,
 * in mdoc(7). */
#include "conf/manual.h"

#include "conf/conf_priv.h"

#include <inttypes.h>

void conf_manual_head(struct rt_buf *out, const char *name, const char *section, const char *what,
                      const char *version, const char *date)
{
    rt_buf_printf(out,
                  ".\\\" Made of the program's own tables.\n"
                  ".Dd %s\n.Dt %s %s\n.Os %s\n.Sh NAME\n.Nm %s\n.Nd %s\n",
                  date, name, section, version, name, what);
}

void conf_manual_text(struct rt_buf *out, const char *text)
{
    bool begins = true;

    for (const char *p = text; *p; p++) {
        if (begins && (*p == '.' || *p == '\''))
            rt_buf_puts(out, "\\&");
        if (*p == '\\')
            rt_buf_puts(out, "\\e");
        else if (*p == '-' || *p == '~' || *p == '^' || *p == '`')
            rt_buf_printf(out, "%s",
                          *p == '-'   ? "\\-"
                          : *p == '~' ? "\\(ti"
                          : *p == '^' ? "\\(ha"
                                      : "\\(ga");
        else
            rt_buf_put(out, p, 1);
        begins = *p == '\n';
    }
}

/** What an argument is called where its value stands. */
static const char *placeholder(enum conf_type type)
{
    static const char *const names[] = {
        [CONF_WORD] = "WORD",     [CONF_NAME] = "NAME",       [CONF_UINT] = "N",
        [CONF_DURATION] = "TIME", [CONF_ADDRESS] = "ADDRESS", [CONF_CIDR] = "BLOCK",
        [CONF_LISTEN] = "LISTEN", [CONF_RANGE] = "RANGE",     [CONF_RANGES] = "RANGES",
        [CONF_NUMBER] = "NUMBER", [CONF_PATTERN] = "PATTERN", [CONF_URI] = "URI",
        [CONF_PATH] = "FILE",     [CONF_KEYWORD] = "WORD",    [CONF_ARROW] = "\\->",
        [CONF_REST] = "...",
    };
    return names[type];
}

static void put_words(struct rt_buf *out, const char *words)
{
    struct rt_str rest = rt_str(words);

    for (bool first = true; rest.n > 0; first = false) {
        struct rt_str word = rt_str_cut(&rest, '|');
        rt_buf_puts(out, first ? " Cm " : " | Cm ");
        for (size_t i = 0; i < word.n; i++)
            rt_buf_puts(out, (const char[2]){word.p[i], '\0'});
    }
}

static void put_arg(struct rt_buf *out, const struct conf_arg_spec *a)
{
    bool optional = a->optional || a->deflt;

    if (optional)
        rt_buf_puts(out, " Oo");
    if (a->label)
        rt_buf_printf(out, " Cm %s", a->label);
    if (a->type == CONF_KEYWORD && a->words)
        put_words(out, a->words);
    else if (a->words) {
        rt_buf_printf(out, " Ar %s |", placeholder(a->type));
        put_words(out, a->words);
    } else
        rt_buf_printf(out, " Ar %s", placeholder(a->type));
    if (a->list)
        rt_buf_puts(out, " , ...");
    if (optional)
        rt_buf_puts(out, " Oc");
}

static void put_limits(struct rt_buf *out, const struct conf_arg_spec *a)
{
    if (a->type == CONF_UINT && a->max > 0) {
        rt_buf_printf(out, "\n%s from %" PRIu64 " to %" PRIu64 ".", a->label ? a->label : "N",
                      a->min, a->max);
    }
    if (a->deflt) {
        rt_buf_printf(out, "\nDefault%s%s:\n.Ql ", a->label ? " of " : "",
                      a->label ? a->label : "");
        conf_manual_text(out, a->deflt[0] ? a->deflt : "\"\"");
    }
}

static void put_row(struct rt_buf *out, const struct conf_row *r)
{
    rt_buf_puts(out, ".It Ic ");
    if (r->flags & CONF_ANY_KEYWORD)
        rt_buf_puts(out, "PATTERN");
    else
        conf_manual_text(out, r->keyword);
    for (size_t i = 0; i < conf_nargs(r); i++)
        put_arg(out, &r->args[i]);
    rt_buf_puts(out, r->flags & CONF_BLOCK ? " Brq ...\n" : "\n");
    conf_manual_text(out, r->help);
    for (size_t i = 0; i < conf_nargs(r); i++)
        put_limits(out, &r->args[i]);
    if (r->flags & CONF_REQUIRED)
        rt_buf_puts(out, "\nIt must be there.");
    else if (!(r->flags & CONF_ONCE))
        rt_buf_puts(out, "\nThere may be several.");
    rt_buf_puts(out, "\n");
}

static bool has_block(const struct conf_schema *s, const char *in)
{
    for (size_t i = 0; i < s->nrows; i++)
        if (strcmp(s->rows[i].in, in) == 0)
            return true;
    return false;
}

static void put_block(struct rt_buf *out, const struct conf_schema *s, const char *in)
{
    rt_buf_puts(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < s->nrows; i++)
        if (strcmp(s->rows[i].in, in) == 0 && !(s->rows[i].flags & CONF_NOT_YET))
            put_row(out, &s->rows[i]);
    rt_buf_puts(out, ".El\n");
}

/** True when an earlier row begins a block of the same name: it is told once. */
static bool told(const struct conf_schema *s, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if ((s->rows[k].flags & CONF_BLOCK) && strcmp(s->rows[k].keyword, s->rows[i].keyword) == 0)
            return true;
    return false;
}

void conf_manual(struct rt_buf *out, const struct conf_schema *s)
{
    rt_buf_puts(out, ".Ss Top level\n");
    put_block(out, s, "");
    for (size_t i = 0; i < s->nrows; i++) {
        const struct conf_row *r = &s->rows[i];
        if (!(r->flags & CONF_BLOCK) || told(s, i) || !has_block(s, r->keyword))
            continue;
        rt_buf_printf(out, ".Ss Block \\&%s\n", r->keyword);
        put_block(out, s, r->keyword);
    }
}
