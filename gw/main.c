/* tandem: the command line. `run` is the daemon, `check` and `route explain -c` read a plan
 * themselves, every other verb asks the daemon over its socket.
 */
#include "gw/admin/control.h"
#include "gw/check.h"
#include "gw/daemon.h"
#include "gw/edit_tool.h"
#include "gw/import.h"
#include "gw/replay.h"
#include "gw/table_tool.h"
#include "gw/users.h"
#include "gw/version.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 32

/** gw_client() says that there is no daemon. */
#define UNREACHABLE 4

static const char usage_text[] =
    "usage: tandem run -c FILE [--socket PATH]      the daemon\n"
    "       tandem check FILE [--strict]            read a plan and say what is wrong with it\n"
    "       tandem route explain NUMBER --from TRUNK [--caller NUMBER] [--at TIME] [--bearer B]\n"
    "                    [--source ADDRESS] [-c FILE]\n"
    "       tandem route test [-c FILE]             run the tests of a plan\n"
    "       tandem diff [FILE] | diff OLD NEW       what another plan changes\n"
    "       tandem replay CDRFILE -c FILE [--list]  past calls that would go another way\n"
    "       tandem explain cause N --to TRUNK [--location WORD] [-c FILE]\n"
    "       tandem explain sip STATUS --from TRUNK [-c FILE]\n"
    "       tandem edit FILE set PATH ARGUMENTS | add BLOCK STATEMENT [--after PATH] |\n"
    "                   delete PATH [--comments keep|all|drop]\n"
    "       tandem import FORMAT FILE... [--dialling TEXT] [--report FILE] [--tables FOLDER]\n"
    "                                               another system's dial plan as one of ours\n"
    "       tandem table compile lnp FILE.csv FILE.tdb [--country CODE] [--max-bad N] |\n"
    "                    check FILE.tdb | check deck FILE... [--columns TEXT] [--max-bad N]\n"
    "       tandem passwd USER REALM                lines for a users file; password on stdin\n"
    "       tandem show status | calls [--all] | call ID | trunks | trunk NAME | registrations |\n"
    "                   spans | span N | channels N | metrics | plan [--expanded] |\n"
    "                   routes [NUMBER] [--from TRUNK] [--all] | groups | classes | limits |\n"
    "                   carriers | emergency | decks | rates NUMBER | lists | lnp [NUMBER] |\n"
    "                   enum [NUMBER] | lines | endpoints\n"
    "       tandem limits lift KIND NAME            ends the block of a fraud rule\n"
    "       tandem trace call ID [--pcap FILE] | trace number PATTERN --pcap FILE |\n"
    "                    trace span N --pcap FILE | trace endpoint NAME --pcap FILE\n"
    "                    messages for Wireshark; NAME: aaln/1@iad, or a peer's\n"
    "       tandem release call ID [--cause N] | record call ID on|off | mcid ID\n"
    "       tandem mwi NUMBER on|off                messages wait for the user of a line of MGCP\n"
    "       tandem block TRUNK [--drain] | unblock TRUNK | restart SPAN[/CHANNEL]\n"
    "       tandem loopback SPAN local|remote|off\n"
    "       tandem diff [FILE]                      what applying it would change\n"
    "       tandem apply [FILE] [--confirm TIME] [--reason TEXT] | confirm | history |\n"
    "              rollback [N] [--confirm TIME]    another plan, without losing a call\n"
    "       tandem stop\n"
    "\n"
    "options: --socket PATH   where the daemon answers [" GW_DEFAULT_SOCKET "]\n"
    "         -c FILE         the plan: its daemon is asked; route, explain, replay read it\n"
    "         --json          one JSON object per line\n"
    "         --watch         repeat every second\n"
    "         --help, --version\n"
    "\n"
    "exit codes: 0 ok, 1 failed, 2 usage, 3 plan invalid, 4 daemon not reachable\n";

/** What the command line says: options of ours, and the words of the verb. */
struct command {
    const char *socket, *file;
    bool json, watch, help, version;
    char *word[WORDS_MAX];
    int words;
    char path[PATH_MAX]; /* of a file for the daemon */
};

static int complain(const char *what, const char *about)
{
    fprintf(stderr, "tandem: %s%s%s\n%s", what, about[0] ? ": " : "", about, usage_text);
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
        {"--json", &c->json, NULL},       {"--watch", &c->watch, NULL},
        {"--help", &c->help, NULL},       {"-h", &c->help, NULL},
        {"--version", &c->version, NULL}, {"--socket", NULL, &c->socket},
        {"-c", NULL, &c->file},
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
        code = gw_client(c->socket      ? c->socket
                         : plan->socket ? plan->socket
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

/** The lines of a users file for the password on the standard input: it is never an argument, which
 * others could see. */
static int passwd(const char *user, const char *realm)
{
    char password[256];
    struct rt_buf lines = {0};

    if (isatty(STDIN_FILENO))
        fputs("password: ", stderr);
    if (!fgets(password, sizeof password, stdin))
        return complain("passwd", "no password on the standard input");
    password[strcspn(password, "\r\n")] = '\0';
    int err = gw_users_passwd(&lines, user, realm, rt_str(password));
    explicit_bzero(password, sizeof password);
    if (err != 0)
        return complain("this cannot be a user and a realm", user);
    fputs(lines.p, stdout);
    rt_buf_release(&lines);
    return 0;
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

static int dispatch(struct command *c)
{
    if (c->words == 0)
        return complain("nothing to do", "");
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
        return c->words == 3 ? passwd(c->word[1], c->word[2])
                             : complain("passwd", "USER and REALM are wanted");
    return client(c);
}

int main(int argc, char **argv)
{
    struct command c = {.words = 0};
    int code = take_command(&c, argc, argv);

    if (code != 0)
        return code;
    if (c.version) {
        puts("tandem " GW_VERSION);
        return 0;
    }
    if (c.help) {
        fputs(usage_text, stdout);
        return 0;
    }
    return dispatch(&c);
}
