/* How the telephones of a trunk on an MGCP gateway behave: digits, caller's name, flash, tones. */
#include "gw/plan_mgcp_priv.h"

#define BUSY     (30 * RT_S)
#define HOWLER   (60 * RT_S)
#define TIME_MAX (3600 * RT_S)

static rt_time read_time(struct gw_compile *c, const struct conf_node *trunk, const char *word,
                         rt_time deflt)
{
    const struct conf_node *n = conf_child(trunk, word);
    rt_time value = n ? conf_duration(conf_arg(n, 0)) : deflt;

    if (n && (value < RT_S || value > TIME_MAX))
        conf_error(c->diag, conf_arg(n, 0)->pos, "\"%s\" is from 1s to 1h", word);
    return value;
}

/** A digit map or several in parentheses (RFC 3435 2.1.5): what it is made of, not what it means.
 */
static void read_map(struct gw_compile *c, struct gw_mgcp_trunk *m, const struct conf_node *trunk)
{
    static const char good[] = "0123456789*#ABCDTabcdtXxPpFfZz[]-().|, ";
    const struct conf_node *n = conf_child(trunk, "digit-map");
    const struct conf_token *t = n ? conf_arg(n, 0) : NULL;

    if (!t)
        return;
    m->digit_map = t->text;
    size_t length = strlen(t->text);
    bool list = length > 2 && t->text[0] == '(' && t->text[length - 1] == ')';
    bool bare = length > 0 && !strpbrk(t->text, "()|");
    if (t->text[strspn(t->text, good)] != '\0' || (!list && !bare))
        conf_error(c->diag, t->pos, "\"%s\" is no digit map like (0T|00T|[1-9]xxx)", t->text);
    if (m->digits == GW_LINE_SINGLE)
        conf_error(c->diag, n->pos, "\"digits single\" needs no digit map");
}

void gw_plan_compile_telephones(struct gw_compile *c, struct gw_mgcp_trunk *m,
                                const struct conf_node *trunk)
{
    static const char *const off_on[] = {"off", "on", NULL};
    static const char *const digits[] = {"map", "single", NULL};
    const struct {
        const char *word;
        bool *value;
        unsigned deflt;
    } rows[] = {/* RFC 3064 table 13 leaves circuits of package MS no room for who calls */
                {"caller-id", &m->caller_id, gw_mgcp_has_lines(m)},
                {"call-waiting", &m->waiting, 1},
                {"three-way", &m->three_way, 1},
                {"flash", &m->flash, 1},
                {"t38", &m->t38, 0}};

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        *rows[i].value = gw_plan_choice(conf_child(trunk, rows[i].word), 0, off_on, rows[i].deflt);
    m->transfer =
        conf_child(trunk, "transfer") && conf_has(conf_child(trunk, "transfer"), "accept");
    m->digits =
        (enum gw_line_digits)gw_plan_choice(conf_child(trunk, "digits"), 0, digits, GW_LINE_MAP);
    m->dial = read_time(c, trunk, "dial-timeout", 0);
    m->busy = read_time(c, trunk, "busy-timeout", BUSY);
    m->howler = read_time(c, trunk, "howler-timeout", HOWLER);
    read_map(c, m, trunk);
    for (size_t i = 0; i < 2; i++) { /* both are done by the hook flash */
        static const char *const words[] = {"call-waiting", "three-way"};
        const struct conf_node *n = conf_child(trunk, words[i]);
        if (n && !m->flash && conf_has(n, "on"))
            conf_error(c->diag, n->pos, "\"%s on\" is not possible with \"flash off\"", words[i]);
    }
    if (!m->flash)
        m->waiting = m->three_way = false;
}
