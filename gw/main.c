/* tandem: the command line. `run` is the daemon, `check` and `route explain -c` read a plan
 * themselves, every other verb asks the daemon over its socket.
 */
#include "gw/admin/accounts.h"
#include "gw/admin/control.h"
#include "gw/admin/pager.h"
#include "gw/admin/words.h"
#include "gw/check.h"
#include "gw/daemon.h"
#include "gw/edit_tool.h"
#include "gw/import.h"
#include "gw/records.h"
#include "gw/replay.h"
#include "gw/shell.h"
#include "gw/table_tool.h"
#include "gw/users.h"
#include "gw/version.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define WORDS_MAX 32

/** gw_client() says that there is no daemon. */
#define UNREACHABLE 4

/** What the command line says: options of ours, and the words of the verb. */
struct command {
    const char *socket, *file;
    bool json, watch, help, version, no_pager;
    char *word[WORDS_MAX];
    int words;
    char path[PATH_MAX];     /* of a file for the daemon */
    char verb[GW_WORDS_LEN]; /* of a command that was cut short */
};

/** Says how the command that begins with `verb` is used, or all of them. */
static void print_help(FILE *out, int argc, char **argv)
{
    struct rt_buf text = {0};

    if (!gw_help(&text, argc, argv)) {
        rt_buf_reset(&text);
        gw_help(&text, 0, NULL);
    }
    fputs(rt_buf_str(&text).p, out);
    rt_buf_release(&text);
}

static int complain(const char *what, const char *about)
{
    fprintf(stderr, "tandem: %s%s%s (tandem --help)\n", what, about[0] ? ": " : "", about);
    return 2;
}

/** Takes one of our options at argv[*i]. 0: it is the verb's; 1: taken; -1: its value is missing.
 */
static int take_option(struct command *c, int argc, char **argv, int *i)
{
    const struct {
        const char *name;
        bool *flag;
        const char **value;
    } options[] = {
        {"--json", &c->json, NULL},         {"--watch", &c->watch, NULL},
        {"--help", &c->help, NULL},         {"-h", &c->help, NULL},
        {"--version", &c->version, NULL},   {"--socket", NULL, &c->socket},
        {"--no-pager", &c->no_pager, NULL}, {"-c", NULL, &c->file},
    };

    for (size_t k = 0; k < RT_COUNT(options); k++) {
        if (strcmp(argv[*i], options[k].name) != 0)
            continue;
        if (options[k].flag) {
            *options[k].flag = true;
            return 1;
        }
        if (*i + 1 == argc)
            return -1;
        *options[k].value = argv[++*i];
        return 1;
    }
    return 0;
}

static int take_command(struct command *c, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int taken = take_option(c, argc, argv, &i);
        if (taken < 0)
            return complain("a value is missing", argv[i]);
        if (taken > 0)
            continue;
        if (c->words == WORDS_MAX)
            return complain("too many words", "");
        c->word[c->words++] = argv[i];
    }
    return 0;
}

static bool verb_is(const struct command *c, const char *verb)
{
    return strcmp(c->word[0], verb) == 0;
}

/** Loads a plan, or says what is wrong with it. `read` is gw_plan_load() or its like; `*warnings`,
 * or NULL: what looks wrong is said too. */
static struct gw_plan *load(const char *file,
                            int (*read)(struct gw_plan **, const char *, struct conf_diag *),
                            unsigned *warnings)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;

    if (read(&plan, file, &diag) != 0)
        fprintf(stderr, "%s", diag.text.n > 0 ? diag.text.p : "tandem: out of memory\n");
    if (warnings) {
        fputs(rt_buf_str(&diag.warned).p, stderr);
        *warnings = diag.warnings;
    }
    conf_diag_release(&diag);
    return plan;
}

static int check(const char *file, bool strict)
{
    unsigned warnings = 0;
    struct gw_plan *plan = load(file, gw_plan_load, &warnings);
    struct rt_buf text = {0};

    if (!plan)
        return 3;
    gw_check_print(&text, plan);
    if (warnings > 0)
        printf("%s: ok, %u warning%s\n%s", file, warnings, warnings == 1 ? "" : "s",
               rt_buf_str(&text).p);
    else
        printf("%s: ok\n%s", file, rt_buf_str(&text).p);
    rt_buf_release(&text);
    gw_plan_unref(plan);
    return strict && warnings > 0 ? 3 : 0;
}

/** `check FILE [--strict]` */
static int check_words(const struct command *c)
{
    const char *file = c->file;
    bool strict = false;

    for (int i = 1; i < c->words; i++) {
        if (strcmp(c->word[i], "--strict") == 0)
            strict = true;
        else if (strncmp(c->word[i], "--", 2) == 0)
            return complain("unknown option", c->word[i]);
        else if (file == c->file)
            file = c->word[i];
        else
            return complain("unknown argument", c->word[i]);
    }
    return file ? check(file, strict) : complain("check", "FILE is missing");
}

/** `replay CDRFILE -c FILE [--list]`: always here, so that the daemon has no work with it. */
static int replay(const struct command *c)
{
    const char *records = NULL;
    struct rt_buf text = {0};
    bool list = false;

    for (int i = 1; i < c->words; i++) {
        if (strcmp(c->word[i], "--list") == 0)
            list = true;
        else if (!records)
            records = c->word[i];
        else
            return complain("unknown argument", c->word[i]);
    }
    if (!records || !c->file)
        return complain("replay", "CDRFILE and -c FILE are wanted");
    struct gw_plan *plan = load(c->file, gw_plan_load_untested, NULL);
    if (!plan)
        return 3;
    int err = gw_replay(&text, plan, records, list);
    if (err != 0)
        fprintf(stderr, "tandem: %s: %s\n", records,
                err == EBADMSG ? "these are no call records" : strerror(err));
    fputs(rt_buf_str(&text).p, stdout);
    rt_buf_release(&text);
    gw_plan_unref(plan);
    return err == 0 ? 0 : 1;
}

/** `diff OLD NEW`: without the daemon. */
static int diff_files(struct command *c)
{
    struct gw_plan *plan = load(c->word[1], gw_plan_load_untested, NULL);
    char *argv[] = {c->word[0], c->word[2]};

    if (!plan)
        return 3;
    int code = gw_control_offline(plan, 2, argv, c->json);
    gw_plan_unref(plan);
    return code;
}

/** What a plan can say of itself where no daemon does. */
static bool is_listing(const struct command *c)
{
    return c->words > 1 && verb_is(c, "show") &&
           (strcmp(c->word[1], "lines") == 0 || strcmp(c->word[1], "endpoints") == 0);
}

/** With -c the plan answers itself where it can; else it says where its daemon is. */
static int with_plan(struct command *c)
{
    bool tests = c->words > 1 && verb_is(c, "route") && strcmp(c->word[1], "test") == 0;
    struct gw_plan *plan = load(c->file, tests ? gw_plan_load_untested : gw_plan_load, NULL);
    int code;

    if (!plan)
        return 3;
    if (verb_is(c, "route") || verb_is(c, "explain"))
        code = gw_control_offline(plan, c->words, c->word, c->json);
    else
        code = gw_client(c->socket            ? c->socket
                         : plan->admin.socket ? plan->admin.socket
                                              : GW_DEFAULT_SOCKET,
                         c->words, c->word, c->json, c->watch);
    if (code == UNREACHABLE && is_listing(c))
        code = gw_control_offline(plan, c->words, c->word, c->json);
    gw_plan_unref(plan);
    return code;
}

/** The daemon may be in another folder: a file that it is to read gets its whole path. */
static void complete_path(struct command *c)
{
    static const char *const valued[] = {"--confirm", "--reason"};

    for (int i = 1; i < c->words && (verb_is(c, "apply") || verb_is(c, "diff")); i++) {
        bool skip = false;
        for (size_t k = 0; k < RT_COUNT(valued); k++)
            skip = skip || strcmp(c->word[i], valued[k]) == 0;
        if (skip)
            i++;
        else if (strncmp(c->word[i], "--", 2) != 0 && realpath(c->word[i], c->path))
            c->word[i] = c->path;
    }
}

static int client(struct command *c)
{
    char why[256];
    int code = gw_control_check(c->words, c->word, why, sizeof why);

    if (code != 0) {
        fprintf(stderr, "tandem: %s\n", why);
        return code;
    }
    complete_path(c);
    if (c->file)
        return with_plan(c);
    return gw_client(c->socket ? c->socket : GW_DEFAULT_SOCKET, c->words, c->word, c->json,
                     c->watch);
}

/** The password on the standard input: it is never an argument, which others could see, nor on the
 * screen. */
static bool read_password(char *out, int cap)
{
    struct termios before;
    bool person = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;

    if (person) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        fputs("password: ", stderr);
    }
    bool got = fgets(out, cap, stdin) != NULL;
    if (person) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputs("\n", stderr);
    }
    out[got ? strcspn(out, "\r\n") : 0] = '\0';
    return got;
}

/** The lines of a users file. */
static int passwd(const char *user, const char *realm)
{
    char password[256];
    struct rt_buf lines = {0};

    if (!read_password(password, sizeof password))
        return complain("passwd", "no password on the standard input");
    int err = gw_users_passwd(&lines, user, realm, rt_str(password));
    explicit_bzero(password, sizeof password);
    if (err != 0)
        return complain("this cannot be a user and a realm", user);
    fputs(lines.p, stdout);
    rt_buf_release(&lines);
    return 0;
}

/** `passwd --admin NAME ROLE`, `passwd --key NAME ROLE`: the line of an account. */
static int passwd_account(const char *name, const char *role_name, bool key)
{
    char password[256] = "", token[65] = "";
    enum gw_role role = GW_ROLE_NONE;
    struct rt_buf line = {0};

    if (gw_role_parse(&role, rt_str(role_name)) != 0)
        return complain("not one of viewer, operator, planner, admin", role_name);
    if (!key && !read_password(password, sizeof password))
        return complain("passwd", "no password on the standard input");
    int err = key ? gw_accounts_key_line(&line, name, role, token)
                  : gw_accounts_line(&line, name, role, password);
    explicit_bzero(password, sizeof password);
    if (err == EINVAL)
        return complain("a name of letters, digits and .-_@, and a password of\n"
                        "at least 10 characters are wanted",
                        name);
    fputs(rt_buf_str(&line).p, stdout);
    if (key)
        fprintf(stderr, "%s\n", token);
    rt_buf_release(&line);
    return err == 0 ? 0 : 1;
}

/** What `passwd` makes lines of. */
static int passwd_words(const struct command *c)
{
    bool key = c->words > 1 && strcmp(c->word[1], "--key") == 0;
    bool admin = c->words > 1 && strcmp(c->word[1], "--admin") == 0;

    if (key || admin)
        return c->words == 4 ? passwd_account(c->word[2], c->word[3], key)
                             : complain("passwd", "NAME and ROLE are wanted");
    return c->words == 3 ? passwd(c->word[1], c->word[2])
                         : complain("passwd", "USER and REALM are wanted");
}

/** With -c the plan says where records are, without it the daemon does. */
static int records(struct command *c)
{
    struct gw_plan *plan = c->file ? load(c->file, gw_plan_load_untested, NULL) : NULL;
    const char *path = plan ? gw_records_path(&plan->cdr) : NULL;
    int code = 3;

    if (plan && !path)
        code = complain(GW_RECORDS_NONE, c->file);
    else if (plan || !c->file)
        code = gw_client_records(path, c->socket ? c->socket : GW_DEFAULT_SOCKET, c->words, c->word,
                                 c->json);
    gw_plan_unref(plan);
    return code;
}

static int import(const struct command *c)
{
    struct rt_buf plan = {0}, report = {0};
    int code = gw_import(&plan, &report, c->words - 1, c->word + 1);

    fputs(report.n > 0 ? report.p : "", stderr);
    fputs(plan.n > 0 ? plan.p : "", stdout);
    rt_buf_release(&plan);
    rt_buf_release(&report);
    return code;
}

static int table(const struct command *c)
{
    struct rt_buf out = {0}, err = {0};
    int code = gw_table_tool(&out, &err, c->json, c->words - 1, c->word + 1);

    fputs(out.n > 0 ? out.p : "", stdout);
    fputs(err.n > 0 ? err.p : "", stderr);
    rt_buf_release(&out);
    rt_buf_release(&err);
    return code;
}

static int edit(const struct command *c)
{
    struct rt_buf err = {0};
    int code = gw_edit_tool(&err, c->words - 1, c->word + 1);

    fputs(err.n > 0 ? err.p : "", stderr);
    rt_buf_release(&err);
    return code;
}

static int help(struct command *c)
{
    print_help(stdout, c->words - 1, c->word + 1);
    return 0;
}

static int dispatch(struct command *c)
{
    struct rt_buf why = {0};

    if (c->words == 0) {
        print_help(stderr, 0, NULL);
        return 2;
    }
    if (gw_words_expand(&c->words, c->word, WORDS_MAX, c->verb, &why) == EINVAL) {
        int code = complain(rt_buf_str(&why).p, "");
        rt_buf_release(&why);
        return code;
    }
    rt_buf_release(&why);
    if (verb_is(c, "help"))
        return help(c);
    if (verb_is(c, "completion"))
        return c->words == 2 && gw_shell_completion(c->word[1]) == 0
                   ? 0
                   : complain("completion", "bash, zsh or fish is wanted");
    if (verb_is(c, "manual"))
        return c->words == 2 && gw_shell_manual(c->word[1]) == 0
                   ? 0
                   : complain("manual", "tandem or tandem.conf is wanted");
    if (verb_is(c, "run")) {
        if (c->words > 1)
            return complain("unknown argument", c->word[1]);
        return c->file ? gw_daemon_run(c->file, c->socket) : complain("run", "-c FILE is missing");
    }
    if (verb_is(c, "check"))
        return check_words(c);
    if (verb_is(c, "replay"))
        return replay(c);
    if (verb_is(c, "diff") && c->words == 3)
        return diff_files(c);
    if (verb_is(c, "edit"))
        return edit(c);
    if (verb_is(c, "import"))
        return import(c);
    if (verb_is(c, "table"))
        return table(c);
    if (verb_is(c, "passwd"))
        return passwd_words(c);
    if (verb_is(c, "records"))
        return records(c);
    return client(c);
}

/** What may be long, and ends by itself. */
static bool may_be_long(const struct command *c)
{
    static const char *const verbs[] = {"show",    "sh",      "route", "help",
                                        "history", "records", "diff"};

    for (size_t i = 0; i < RT_COUNT(verbs) && c->words > 0; i++)
        if (verb_is(c, verbs[i]))
            return !c->watch && !c->no_pager;
    return c->help && !c->no_pager;
}

static int run(struct command *c)
{
    bool paged = may_be_long(c) && gw_pager_begin();
    int code = 0;

    if (c->help)
        print_help(stdout, c->words, c->word);
    else
        code = dispatch(c);
    if (paged)
        gw_pager_end();
    return code;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "complete") == 0 && strcmp(argv[2], "--") == 0)
        return gw_shell_complete(argc - 3, argv + 3);

    struct command c = {.words = 0};
    int code = take_command(&c, argc, argv);

    if (code != 0)
        return code;
    if (c.version) {
        puts("tandem " GW_VERSION);
        return 0;
    }
    return run(&c);
}
