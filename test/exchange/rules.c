/* The file is read by conf/ with the schema below; the words of steps are step.c's. */
#include "test/exchange/rules.h"

#include "conf/conf.h"
#include "conf/span_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define STEP(word, help)                                                                           \
    {                                                                                              \
        "number", word, 0, {{.type = CONF_REST, .optional = true}}, help                           \
    }

static const struct conf_row rows[] = {
    {"",
     "span",
     CONF_BLOCK,
     {{.type = CONF_UINT, .min = 1, .max = 9999, .optional = true}},
     "A line, by its number."},
    {"span",
     "pseudowire",
     CONF_ONCE,
     {{.label = "local", .type = CONF_ADDRESS},
      {.label = "remote", .type = CONF_ADDRESS},
      {.label = "frames", .type = CONF_UINT, .min = 1, .max = 160, .deflt = "8"},
      {.label = "jitter", .type = CONF_DURATION, .deflt = "4ms"}},
     "The two ends, frames per packet, receive buffer."},
    {"span",
     "dahdi",
     CONF_ONCE,
     {{.type = CONF_UINT, .min = 1, .max = 128},
      {.label = "block", .type = CONF_UINT, .min = 16, .max = 160, .deflt = "80"}},
     "In place of the pseudowire: a span of a DAHDI interface card, octets of a block."},
    {"span",
     "timeslots",
     CONF_ONCE,
     {{.type = CONF_RANGES, .min = 1, .max = 31}},
     "Timeslots that the pseudowire carries; all of them when absent."},
    {"span", "e1", CONF_ONCE, {{.type = CONF_REST, .optional = true}}, "31 timeslots, A-law."},
    {"span", "t1", CONF_ONCE, {{.type = CONF_REST, .optional = true}}, "24 timeslots, mu-law."},
    {"span",
     "bri",
     CONF_ONCE,
     {{.type = CONF_KEYWORD, .words = "point-to-point|multipoint", .optional = true}},
     "2 B channels and the D channel in timeslot 3."},
    {"span",
     "isdn",
     CONF_ONCE,
     {{.type = CONF_NAME},
      {.type = CONF_KEYWORD, .words = "user|network"},
      {.label = "dchannel", .type = CONF_UINT, .min = 1, .max = 31, .optional = true}},
     "The ISDN variant, our side of the line, and the timeslot of the D channel."},
    CONF_SPAN_ROWS,
    {"span", "overlap", CONF_ONCE, {{0}}, "More digits may follow a SETUP."},
    {"span", "trace", CONF_ONCE, {{.type = CONF_PATH}}, "Frames of the D channel go to this file."},
    {"",
     "number",
     CONF_BLOCK,
     {{.type = CONF_WORD, .max = 1}},
     "What is done with calls to a number."},
    {"number", "digits", CONF_ONCE, {{.type = CONF_UINT, .min = 1, .max = 40}}, "Digits wanted."},
    {"number",
     "measure",
     CONF_ONCE,
     {{.type = CONF_KEYWORD, .words = "on|off"}},
     "Whether what is heard is measured."},
    {"number",
     "services",
     CONF_ONCE,
     {{.type = CONF_KEYWORD, .words = "accept|refuse"}},
     "What deflection and transfer are answered with."},
    STEP("proceeding", "Sends CALL PROCEEDING."),
    STEP("alerting", "Sends ALERTING."),
    STEP("ring", "Sends ALERTING."),
    STEP("progress", "Sends PROGRESS."),
    STEP("early", "Sends PROGRESS with in-band information and plays a file."),
    STEP("answer", "Sends CONNECT."),
    STEP("play", "Plays a file."),
    STEP("tone", "Sends a sine."),
    STEP("tones", "Sends a call progress tone."),
    STEP("dtmf", "Sends DTMF digits."),
    STEP("echo", "Sends back what is heard."),
    STEP("silence", "Sends silence."),
    STEP("marker", "Sends a marker each second and measures when it comes back."),
    STEP("record", "Records what is heard."),
    STEP("compare", "Compares the recording with a file in the end."),
    STEP("wait", "Waits."),
    STEP("hangup", "Clears the call."),
    STEP("busy", "Clears the call with cause 17."),
    STEP("cause", "Clears the call with a cause."),
    STEP("glare", "Calls back on the next channel at once."),
    STEP("notify", "Sends NOTIFY."),
    STEP("hold", "Holds the call."),
    STEP("retrieve", "Retrieves the call."),
    STEP("connected", "Tells the connected party."),
    STEP("display", "The name that goes with ALERTING or CONNECT."),
    STEP("uui", "User-to-user information with the next message."),
    STEP("aoc", "Advice of charge."),
    STEP("deflect", "Has the network call another number."),
    STEP("transfer", "Has the exchange join this call with the caller's other one."),
    STEP("mcid", "Has the network identify a malicious caller."),
    STEP("keypad", "Sends keypad information."),
    STEP("subaddress", "The connected subaddress."),
    STEP("channel", "Insists on another channel, or refuses the one offered."),
    STEP("raw", "Sends a message as it is."),
};

const struct conf_schema ex_rules_schema = {"exchange", rows, RT_COUNT(rows)};

/* ---- numbers ---- */

static bool pattern_right(const char *p)
{
    size_t n = strlen(p), fixed = strspn(p, "0123456789#x");

    return n > 0 && n < EX_PATTERN_MAX && (fixed == n || (fixed + 1 == n && p[fixed] == '*'));
}

static void read_step(struct ex_rule *r, const struct conf_node *n, struct conf_diag *diag)
{
    const char *word[64];
    struct ex_words w = {.word = word, .n = n->ntokens < 64 ? n->ntokens : 64};
    struct ex_step step;

    for (size_t i = 0; i < w.n; i++)
        word[i] = n->token[i].text;
    int err = ex_step_parse(&step, &w);
    size_t at = w.at > 0 ? w.at - 1 : 0;
    if (err != 0) {
        conf_error(diag, n->token[at].pos, "%s", w.error);
    } else if (w.at < w.n) {
        conf_error(diag, n->token[w.at].pos, "unknown word \"%s\"", word[w.at]);
    } else {
        struct ex_step *more = realloc(r->steps, (r->nsteps + 1) * sizeof *more);
        if (more) {
            r->steps = more;
            r->steps[r->nsteps++] = step;
        }
    }
}

static void read_number(struct ex_rules *rules, const struct conf_node *number,
                        struct conf_diag *diag)
{
    const char *pattern = conf_arg(number, 0)->text;
    struct ex_rule *r = calloc(1, sizeof *r);

    if (!r)
        return;
    LL_APPEND(rules->first, r);
    if (!pattern_right(pattern))
        conf_error(diag, number->token[1].pos, "\"%s\" is not digits, x and a * at the end",
                   pattern);
    rt_str_copy(r->pattern, sizeof r->pattern, rt_str(pattern));
    for (const struct conf_node *n = number->child; n; n = n->next) {
        const char *word = n->token[0].text;
        if (strcmp(word, "digits") == 0)
            r->digits = (unsigned)conf_uint(conf_arg(n, 0));
        else if (strcmp(word, "measure") == 0)
            r->deaf = strcmp(conf_arg(n, 0)->text, "off") == 0;
        else if (strcmp(word, "services") == 0)
            r->refuses = strcmp(conf_arg(n, 0)->text, "refuse") == 0;
        else
            read_step(r, n, diag);
    }
}

/* ---- the file ---- */

void ex_rules_init(struct ex_rules *out)
{
    memset(out, 0, sizeof *out);
    ex_rules_default(&out->span[0], 1);
    out->nspans = 1;
}

static void read_file(struct ex_rules *out, const struct conf_node *root, struct conf_diag *diag)
{
    const struct conf_node *n = conf_child(root, "span");

    if (n)
        out->nspans = 0; /* the default has been of use */
    for (; n; n = conf_again(n, "span"))
        ex_rules_span(out, n, diag);
    for (n = conf_child(root, "number"); n; n = conf_again(n, "number"))
        read_number(out, n, diag);
}

int ex_rules_read(struct ex_rules *out, const char *path, struct conf_diag *diag)
{
    struct conf *conf = NULL;
    int err = conf_load(&conf, &ex_rules_schema, path, diag);

    if (err != 0)
        return err;
    read_file(out, conf_root(conf), diag);
    conf_free(conf);
    return diag->errors > 0 ? EINVAL : 0;
}

int ex_rules_load(struct ex_rules *out, const char *path)
{
    struct conf_diag diag = {0};
    int err = ex_rules_read(out, path, &diag);

    if (diag.text.n > 0)
        fputs(diag.text.p, stderr);
    conf_diag_release(&diag);
    return err;
}

void ex_rules_release(struct ex_rules *r)
{
    struct ex_rule *rule, *tmp;

    LL_FOREACH_SAFE(r->first, rule, tmp)
    {
        free(rule->steps);
        free(rule);
    }
    r->first = NULL;
    for (unsigned i = 0; i < r->nspans; i++) {
        free(r->span[i].trace);
        r->span[i].trace = NULL;
    }
}

/* ---- matching ---- */

enum fit { NO, PARTIAL, FITS };

static enum fit fits(const char *pattern, const char *number)
{
    for (; *pattern && *pattern != '*'; pattern++, number++) {
        if (*number == '\0')
            return PARTIAL;
        if (*pattern != *number && *pattern != 'x')
            return NO;
    }
    return *pattern == '*' || *number == '\0' ? FITS : NO;
}

const struct ex_rule *ex_rules_find(const struct ex_rules *r, const char *number, bool *more)
{
    *more = false;
    for (const struct ex_rule *rule = r->first; rule; rule = rule->next) {
        enum fit f = fits(rule->pattern, number);
        if (f == FITS)
            return rule;
        if (f == PARTIAL)
            *more = true;
    }
    return NULL;
}
