/* The file is read by conf/ with the schema below; the words of steps are step.c's. */
#include "test/exchange/rules.h"

#include "conf/conf.h"

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
     CONF_ONCE | CONF_BLOCK,
     {{.type = CONF_UINT, .min = 1, .max = 9999, .optional = true}},
     "The primary rate line."},
    {"span",
     "pseudowire",
     CONF_ONCE,
     {{.label = "local", .type = CONF_ADDRESS},
      {.label = "remote", .type = CONF_ADDRESS},
      {.label = "frames", .type = CONF_UINT, .min = 1, .max = 160, .deflt = "8"},
      {.label = "jitter", .type = CONF_DURATION, .deflt = "4ms"}},
     "The two ends, frames per packet, receive buffer."},
    {"span",
     "timeslots",
     CONF_ONCE,
     {{.type = CONF_RANGES, .min = 1, .max = 31}},
     "Timeslots that the pseudowire carries; all of them when absent."},
    {"span", "e1", CONF_ONCE, {{.type = CONF_REST, .optional = true}}, "31 timeslots, A-law."},
    {"span", "t1", CONF_ONCE, {{.type = CONF_REST, .optional = true}}, "24 timeslots, mu-law."},
    {"span",
     "isdn",
     CONF_ONCE,
     {{.type = CONF_NAME},
      {.type = CONF_KEYWORD, .words = "user|network"},
      {.label = "dchannel", .type = CONF_UINT, .min = 1, .max = 31, .optional = true}},
     "The ISDN variant, our side of the line, and the timeslot of the D channel."},
    {"span", "overlap", CONF_ONCE, {{0}}, "More digits may follow a SETUP."},
    {"span",
     "timer",
     0,
     {{.type = CONF_KEYWORD, .words = "t301|t302|t303|t304|t305|t308|t309|t310|t313|t316"},
      {.type = CONF_DURATION}},
     "A timer of Q.931 table 9-1."},
    {"",
     "number",
     CONF_BLOCK,
     {{.type = CONF_WORD, .max = 1}},
     "What is done with calls to a number."},
    {"number", "digits", CONF_ONCE, {{.type = CONF_UINT, .min = 1, .max = 40}}, "Digits wanted."},
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
};

static const struct conf_schema schema = {"exchange", rows, RT_COUNT(rows)};

#define E1_SLOTS 0xfffffffeu
#define T1_SLOTS 0x01fffffeu

/* ---- the span ---- */

static void read_timer(struct isdn_span_config *s, const struct conf_node *n)
{
    static const struct {
        const char *name;
        size_t offset;
    } timers[] = {{"t301", offsetof(struct isdn_span_config, t301)},
                  {"t302", offsetof(struct isdn_span_config, t302)},
                  {"t303", offsetof(struct isdn_span_config, t303)},
                  {"t304", offsetof(struct isdn_span_config, t304)},
                  {"t305", offsetof(struct isdn_span_config, t305)},
                  {"t308", offsetof(struct isdn_span_config, t308)},
                  {"t309", offsetof(struct isdn_span_config, t309)},
                  {"t310", offsetof(struct isdn_span_config, t310)},
                  {"t313", offsetof(struct isdn_span_config, t313)},
                  {"t316", offsetof(struct isdn_span_config, t316)}};

    for (size_t i = 0; i < RT_COUNT(timers); i++) {
        if (strcmp(conf_arg(n, 0)->text, timers[i].name) == 0)
            *(rt_time *)((char *)s + timers[i].offset) = conf_duration(conf_arg(n, 1));
    }
}

static void read_address(union rt_addr *out, const struct conf_node *n, const char *label,
                         struct conf_diag *diag)
{
    const struct conf_token *t = conf_labelled(n, label);

    if (t && (rt_addr_parse(out, t->text, strlen(t->text), 0) != 0 || rt_addr_port(out) == 0))
        conf_error(diag, t->pos, "\"%s\" is not an address with a port", t->text);
}

static void read_pseudowire(struct isdn_span_config *s, const struct conf_node *n,
                            struct conf_diag *diag)
{
    const struct conf_token *frames = conf_labelled(n, "frames");
    const struct conf_token *jitter = conf_labelled(n, "jitter");

    read_address(&s->local, n, "local", diag);
    read_address(&s->remote, n, "remote", diag);
    if (frames)
        s->frames = (unsigned)conf_uint(frames);
    if (jitter)
        s->jitter = conf_duration(jitter);
}

static void read_isdn(struct isdn_span_config *s, const struct conf_node *n)
{
    const struct conf_token *dchannel = conf_labelled(n, "dchannel");

    /* the tree is freed before the span: what is known by name is kept by name */
    s->variant = strcmp(conf_arg(n, 0)->text, "euroisdn") == 0 ? "euroisdn" : "";
    s->network = strcmp(conf_arg(n, 1)->text, "network") == 0;
    if (dchannel)
        s->dchannel = (unsigned)conf_uint(dchannel);
}

static uint32_t read_timeslots(const struct conf_node *n)
{
    uint32_t mask = 0;
    const struct conf_token *t;

    for (size_t i = 0; (t = conf_arg(n, i)) != NULL; i++) {
        struct rt_str rest = rt_str(t->text);
        while (rest.n > 0) {
            struct rt_str part = rt_str_cut(&rest, ','), low = rt_str_cut(&part, '-');
            uint64_t from = 0, to = 0;
            rt_str_u64(&from, low, 31);
            if (part.n == 0 || rt_str_u64(&to, part, 31) != 0)
                to = from;
            for (uint64_t k = from; k <= to; k++)
                mask |= 1u << k;
        }
    }
    return mask;
}

static void read_span(struct isdn_span_config *s, const struct conf_node *span,
                      struct conf_diag *diag)
{
    const struct conf_node *n;

    if (conf_arg(span, 0))
        s->id = (unsigned)conf_uint(conf_arg(span, 0));
    if (conf_child(span, "t1")) {
        s->t1 = true;
        s->timeslots = T1_SLOTS;
        s->dchannel = 24;
    }
    if ((n = conf_child(span, "pseudowire")))
        read_pseudowire(s, n, diag);
    if ((n = conf_child(span, "timeslots")))
        s->timeslots = read_timeslots(n);
    if ((n = conf_child(span, "isdn"))) {
        read_isdn(s, n);
        if (!*s->variant)
            conf_error(diag, n->pos, "the exchange speaks euroisdn only");
    }
    s->overlap = conf_child(span, "overlap") != NULL;
    for (n = conf_child(span, "timer"); n; n = conf_again(n, "timer"))
        read_timer(s, n);
}

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
        if (strcmp(n->token[0].text, "digits") == 0)
            r->digits = (unsigned)conf_uint(conf_arg(n, 0));
        else
            read_step(r, n, diag);
    }
}

void ex_rules_init(struct ex_rules *out)
{
    *out = (struct ex_rules){.span = {.id = 1,
                                      .line = ISDN_PSEUDOWIRE,
                                      .frames = 8,
                                      .timeslots = E1_SLOTS,
                                      .network = true,
                                      .variant = "euroisdn",
                                      .dchannel = 16}};
}

int ex_rules_load(struct ex_rules *out, const char *path)
{
    struct conf_diag diag = {0};
    struct conf *conf = NULL;
    int err = conf_load(&conf, &schema, path, &diag);

    if (err == 0) {
        const struct conf_node *root = conf_root(conf), *n = conf_child(root, "span");
        if (n)
            read_span(&out->span, n, &diag);
        for (n = conf_child(root, "number"); n; n = conf_again(n, "number"))
            read_number(out, n, &diag);
        if (diag.errors > 0)
            err = EINVAL;
        conf_free(conf);
    }
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
