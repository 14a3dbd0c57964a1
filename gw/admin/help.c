/* Help and the manual page, made of the table of commands. */
#include "gw/admin/control_priv.h"
#include "gw/admin/words.h"
#include "gw/daemon.h"
#include "gw/version.h"

#include "conf/manual.h"

#define COLUMN 34 /* of the help */
#define WIDTH  80

/** The options of every command. */
static const struct {
    const char *option, *help;
} common[] = {
    {"--socket PATH", "where the daemon answers [" GW_DEFAULT_SOCKET "]"},
    {"-c FILE", "the plan: its daemon is asked; route, explain, replay read it"},
    {"--json", "one JSON object per line, with the field names of the HTTP interface"},
    {"--watch", "repeat every second"},
    {"--no-pager", "never through a pager"},
    {"--help, --version", ""},
};

static const struct {
    int code;
    const char *means;
} codes[] = {
    {0, "done"},
    {1, "failed"},
    {2, "used wrongly"},
    {3, "the plan is invalid"},
    {4, "no daemon there"},
};

/** What everybody should know and no table has. */
static const char intro[] =
    ".Nm\n"
    "joins telephone networks: it takes calls from SIP, from ISDN trunks on interface cards or\n"
    "pseudowires, and from MGCP gateways, routes them by a dial plan, and accounts for them.\n"
    ".Nm Cm run\n"
    "is the daemon; every other command asks it over a UNIX socket, or works on files.\n"
    "Words may be cut short as long as they are clear:\n"
    ".Ql tandem sh tr pri .\n";

/** The usage line of one command: "show trunk TRUNK". */
static void put_usage(struct rt_buf *out, const char *words, const char *args, const char *options)
{
    rt_buf_printf(out, "%s%s%s", words, args[0] ? " " : "", args);
    for (const char *p = options; *p; p++) {
        rt_buf_puts(out, p == options ? " " : "");
        rt_buf_put(out, *p == '=' ? " " : p, 1);
    }
}

/** Words from the column `indent` on, broken before WIDTH; what is there already ends at `at`. */
static void wrapped(struct rt_buf *out, const char *text, size_t at, size_t indent)
{
    struct rt_str rest = rt_str(text);
    bool first = true;

    while (rest.n > 0) {
        struct rt_str word = rt_str_cut(&rest, ' ');
        if (!first && at + 1 + word.n > WIDTH) {
            rt_buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            rt_buf_puts(out, " ");
            at++;
        }
        rt_buf_put(out, word.p, word.n);
        at += word.n;
        first = false;
    }
    rt_buf_puts(out, "\n");
}

static void line(struct rt_buf *out, const char *left, const char *help)
{
    rt_buf_puts(out, "  ");
    if (strlen(left) > COLUMN - 2) {
        wrapped(out, left, 2, 6);
        rt_buf_printf(out, "  %*s", COLUMN, "");
    } else if (help[0]) {
        rt_buf_printf(out, "%-*s", COLUMN, left);
    } else {
        rt_buf_puts(out, left);
    }
    wrapped(out, help, COLUMN + 2, COLUMN + 2);
}

/** Whether the command begins with these words, whole or cut short. */
static bool begins(const struct gw_verb *v, int argc, char **argv)
{
    struct rt_str rest = rt_str(v->words);

    for (int i = 0; i < argc; i++) {
        struct rt_str word = rt_str_cut(&rest, ' ');
        size_t n = strlen(argv[i]);
        if (n == 0 || n > word.n || memcmp(word.p, argv[i], n) != 0)
            return false;
    }
    return true;
}

bool gw_help(struct rt_buf *out, int argc, char **argv)
{
    const struct gw_verb *v;
    bool any = false;

    rt_buf_puts(out, "usage: tandem COMMAND [ARGUMENTS] [OPTIONS]\n\n");
    for (size_t i = 0; (v = gw_verb_at(i)); i++) {
        struct rt_buf left = {0};
        if (!begins(v, argc, argv) || v->help[0] == '\0')
            continue;
        any = true;
        put_usage(&left, v->words, v->args, v->options);
        line(out, rt_buf_str(&left).p, v->help);
        rt_buf_release(&left);
    }
    rt_buf_puts(out, "\noptions:\n");
    for (size_t i = 0; i < RT_COUNT(common); i++)
        line(out, common[i].option, common[i].help);
    line(out, "--reason TEXT", "of what changes something: for the audit log");
    rt_buf_puts(out, "\nexit codes:\n ");
    for (size_t i = 0; i < RT_COUNT(codes); i++)
        rt_buf_printf(out, "%s %d %s", i > 0 ? "," : "", codes[i].code, codes[i].means);
    rt_buf_puts(out, "\nManual: tandem(1), tandem.conf(5).\n");
    return any;
}

/* ---- manual pages ---- */

static void head(struct rt_buf *out, const char *name, const char *section, const char *what)
{
    conf_manual_head(out, name, section, what, "tandem " GW_VERSION, GW_VERSION_DATE);
}

static void put_command(struct rt_buf *out, const struct gw_verb *v)
{
    struct rt_str args = rt_str(v->args), options = rt_str(v->options);

    rt_buf_printf(out, ".It Ic %s", v->words);
    while (args.n > 0) {
        struct rt_str word = rt_str_cut(&args, ' ');
        rt_buf_printf(out, " Ar %.*s", (int)word.n, word.p);
    }
    while (options.n > 0) {
        struct rt_str value = rt_str_cut(&options, ' '), name = rt_str_cut(&value, '=');
        bool optional = name.p[0] == '[';
        if (optional)
            name = (struct rt_str){name.p + 1, name.n - 1};
        if (optional && value.n == 0)
            name.n--;
        if (optional && value.n > 0)
            value.n--;
        rt_buf_printf(out, "%s Fl %.*s", optional ? " Oo" : "", (int)name.n - 1, name.p + 1);
        if (value.n > 0)
            rt_buf_printf(out, " Ar %.*s", (int)value.n, value.p);
        rt_buf_puts(out, optional ? " Oc" : "");
    }
    rt_buf_puts(out, "\n");
    conf_manual_text(out, v->help);
    rt_buf_puts(out, "\n");
}

void gw_manual_commands(struct rt_buf *out)
{
    const struct gw_verb *v;

    head(out, "tandem", "1", "gateway between SIP and the telephone network");
    rt_buf_puts(out, ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar arguments\n.Op Ar options\n"
                     ".Sh DESCRIPTION\n");
    rt_buf_puts(out, intro);
    rt_buf_puts(out, ".Sh COMMANDS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; (v = gw_verb_at(i)); i++)
        if (v->help[0])
            put_command(out, v);
    rt_buf_puts(out, ".El\n.Sh OPTIONS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < RT_COUNT(common); i++) {
        rt_buf_puts(out, ".It ");
        conf_manual_text(out, common[i].option);
        rt_buf_puts(out, "\n");
        conf_manual_text(out, common[i].help);
        rt_buf_puts(out, common[i].help[0] ? "\n" : "");
    }
    rt_buf_puts(out, ".El\n.Sh EXIT STATUS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < RT_COUNT(codes); i++)
        rt_buf_printf(out, ".It %d\n%s\n", codes[i].code, codes[i].means);
    rt_buf_puts(out, ".El\n.Sh SEE ALSO\n.Xr tandem-exchange 1 ,\n.Xr tandem.conf 5\n");
}

void gw_manual_language(struct rt_buf *out)
{
    head(out, "tandem.conf", "5", "configuration and dial plan of tandem");
    rt_buf_puts(out,
                ".Sh DESCRIPTION\n"
                "One statement a line: a keyword and its arguments, some with a block in braces.\n"
                "A line may break after a comma and after an arrow.\n"
                "A comment goes from # at the beginning of a line or after a space to its end.\n"
                "Words need no quotes unless they have spaces, commas or braces.\n"
                ".Ql tandem check\n"
                "reads a file and says what is wrong with it, with file, line and column.\n"
                ".Sh STATEMENTS\n");
    conf_manual(out, &conf_tandem);
    rt_buf_puts(out, ".Sh SEE ALSO\n.Xr tandem 1\n");
}
