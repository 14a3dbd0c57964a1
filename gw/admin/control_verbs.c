/* The verbs: one table says what each is called, what it takes and who does it. */
#include "gw/admin/control_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct gw_verb verbs[] = {
#define VERB(where, kind, words, args, options, run, help)                                         \
    {words, args, options, GW_VERB_##where, GW_VERB_##kind == GW_VERB_WRITE, run, help},
#include "gw/admin/verbs.def"
#undef VERB
};

const struct gw_verb *gw_verb_at(size_t i)
{
    return i < RT_COUNT(verbs) ? &verbs[i] : NULL;
}

/* ---- taking a request apart ---- */

const char *gw_args_option(const struct gw_args *args, const char *name)
{
    for (unsigned i = 0; i < args->noptions; i++)
        if (strcmp(args->option[i].name, name) == 0)
            return args->option[i].value;
    return NULL;
}

/** How many words of the request are the verb's; 0: it is another. */
static size_t matches(const struct gw_verb *v, size_t argc, const char *const *argv)
{
    struct rt_str rest = rt_str(v->words);
    size_t n = 0;

    for (; rest.n > 0; n++) {
        struct rt_str word = rt_str_cut(&rest, ' ');
        if (n == argc || !rt_str_eq(word, argv[n]))
            return 0;
    }
    return n;
}

const struct gw_verb *gw_verb_find(size_t argc, const char *const *argv, size_t *words)
{
    for (size_t i = 0; i < RT_COUNT(verbs); i++) {
        *words = matches(&verbs[i], argc, argv);
        if (*words > 0)
            return &verbs[i];
    }
    return NULL;
}

/** True when the verb knows the option; `*value` when it wants one. Every write takes a reason. */
static bool known_option(const struct gw_verb *v, const char *name, bool *value)
{
    struct rt_str rest = rt_str(v->options);

    if (v->writes && strcmp(name, "--reason") == 0) {
        *value = true;
        return true;
    }

    while (rest.n > 0) {
        struct rt_str takes = rt_str_cut(&rest, ' '), word = rt_str_cut(&takes, '=');
        if (word.p[0] == '[')
            word = (struct rt_str){word.p + 1, word.n - 1};
        *value = takes.n > 0;
        if (word.n > 0 && word.p[word.n - 1] == ']')
            word.n--;
        if (rt_str_eq(word, name))
            return true;
    }
    return false;
}

static unsigned wanted(const struct gw_verb *v)
{
    unsigned n = v->args[0] != '\0';

    for (const char *p = v->args; *p; p++)
        n += *p == ' ';
    return n;
}

/** Those that may not be left out. */
static unsigned needed(const struct gw_verb *v)
{
    unsigned n = wanted(v);

    for (const char *p = v->args; *p; p++)
        n -= *p == '[';
    return n;
}

static int usage(struct gw_answer *a, const struct gw_verb *v)
{
    char options[128];

    rt_str_copy(options, sizeof options, rt_str(v->options));
    for (char *equals = options; (equals = strchr(equals, '=')) != NULL;)
        *equals = ' ';
    return gw_answer_fail(a, GW_EXIT_USAGE, "usage: tandem %s%s%s%s%s", v->words,
                          v->args[0] ? " " : "", v->args, options[0] ? " " : "", options);
}

static int take_args(struct gw_answer *a, const struct gw_verb *v, struct gw_args *out, size_t argc,
                     const char *const *argv)
{
    *out = (struct gw_args){.n = 0};
    for (size_t i = 0; i < argc; i++) {
        bool value = false;
        if (strncmp(argv[i], "--", 2) != 0) {
            if (out->n == wanted(v) || out->n == RT_COUNT(out->arg))
                return usage(a, v);
            out->arg[out->n++] = argv[i];
            continue;
        }
        if (!known_option(v, argv[i], &value) || (value && i + 1 == argc) ||
            out->noptions == RT_COUNT(out->option))
            return usage(a, v);
        out->option[out->noptions].name = argv[i];
        out->option[out->noptions++].value = value ? argv[++i] : "";
    }
    return out->n >= needed(v) ? GW_EXIT_OK : usage(a, v);
}

/** Finds the verb and sorts what follows it. */
static int look_up(struct gw_answer *a, const struct gw_verb **out, struct gw_args *args,
                   size_t argc, const char *const *argv)
{
    size_t words = 0;
    const struct gw_verb *v = gw_verb_find(argc, argv, &words);

    if (!v)
        return gw_answer_fail(
            a, GW_EXIT_USAGE, "unknown command: %.60s%s%.60s (tandem --help lists them)",
            argc > 0 ? argv[0] : "", argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
    if (!v->run)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%s: no command for the daemon", v->words);
    *out = v;
    return take_args(a, v, args, argc - words, argv + words);
}

int gw_control_check(int argc, char **argv, char *why, size_t cap)
{
    struct gw_answer a = {.gw = NULL};
    const struct gw_verb *v;
    struct gw_args args;
    int code = look_up(&a, &v, &args, (size_t)argc, (const char *const *)argv);

    rt_str_copy(why, cap, rt_str(a.error));
    return code;
}

bool gw_control_writes(size_t argc, const char *const *argv)
{
    size_t words = 0;
    const struct gw_verb *v = gw_verb_find(argc, argv, &words);
    return v && v->writes;
}

int gw_control_run(struct gw_answer *a, size_t argc, const char *const *argv)
{
    struct gw_args args;
    const struct gw_verb *v;
    int code = look_up(a, &v, &args, argc, argv);

    if (code != GW_EXIT_OK)
        return code;
    if (!a->plan || (v->where == GW_VERB_GATEWAY && !a->gw))
        return gw_answer_fail(a, GW_EXIT_FAILED, "%s: needs a running gateway", v->words);
    return v->run(a, &args);
}

/* ---- verbs that do something ---- */

int gw_control_number(struct gw_answer *a, struct dp_number *out, const char *text)
{
    if (dp_number_parse(out, rt_str(text)) == 0)
        return GW_EXIT_OK;
    return gw_answer_fail(a, GW_EXIT_USAGE, "%.60s: not a number", text);
}

bool gw_control_duration(rt_time *out, const char *text)
{
    static const struct conf_arg_spec spec = {.type = CONF_DURATION};
    const struct conf_token token = {.kind = CONF_TOKEN_WORD, .text = text};

    if (conf_value_error(&spec, &token))
        return false;
    *out = conf_duration(&token);
    return true;
}

static bool all_digits(const char *s)
{
    for (; *s; s++)
        if (!isdigit((unsigned char)*s))
            return false;
    return true;
}

static struct gw_call *among(struct gw_call *list, const char *id)
{
    uint64_t number = 0;
    bool by_number = all_digits(id) && rt_str_u64(&number, rt_str(id), UINT32_MAX) == 0;

    for (struct gw_call *call = list; call; call = call->next) {
        if (by_number && call->number == number)
            return call;
        if (strlen(id) >= 6 && strncmp(call->cdr.call_id, id, strlen(id)) == 0)
            return call;
    }
    return NULL;
}

struct gw_call *gw_control_call(struct gw *gw, const char *id)
{
    struct gw_call *live = among(gw->calls, id);
    struct gw_call *clearing = live ? live : among(gw->clearing, id);
    return clearing ? clearing : among(gw->ended, id);
}

int gw_release_call(struct gw_answer *a, const struct gw_args *args)
{
    const char *text = gw_args_option(args, "--cause");
    struct gw_call *call = among(a->gw->calls, args->arg[0]);
    uint64_t cause = 31; /* normal, unspecified */

    if (text && (rt_str_u64(&cause, rt_str(text), 127) != 0 || cause == 0))
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: not a cause (1 to 127)", text);
    if (!call)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no such call in progress", args->arg[0]);
    snprintf(a->note, sizeof a->note, "%s released with cause %u", call->name, (unsigned)cause);
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "%s: released by the operator with cause %u", call->name,
           (unsigned)cause);
    gw_call_release(call, (unsigned)cause, GW_BY_OPERATOR);
    return GW_EXIT_OK;
}

int gw_verb_mcid(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_call *call = among(a->gw->calls, args->arg[0]);

    if (!call || !call->answered)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no such call in progress", args->arg[0]);
    if (!call->a || call->a->trunk->kind != GW_TRUNK_SPAN ||
        !(call->a->trunk->span->variant->features & ISDN_F_MCID))
        return gw_answer_fail(a, GW_EXIT_FAILED, "%s: its caller came by no line that can do it",
                              call->name);
    gw_call_identify(call);
    snprintf(a->note, sizeof a->note, "%s: the exchange is asked to identify its caller",
             call->name);
    return GW_EXIT_OK;
}

int gw_verb_stop(struct gw_answer *a, const struct gw_args *args)
{
    (void)args;
    a->stop = true;
    snprintf(a->note, sizeof a->note, "stopping");
    return GW_EXIT_OK;
}
