/* The statement `process`; the secrets of a plan, which a user has to be able to read; and a
 * warning of those that stand in the plan itself. */
#include "gw/plan_priv.h"

#define SECRETS_MAX 64
#define FINISH      (10 * RT_S)

/* ---- secrets ---- */

/** Statements that name a file with a secret in it: `label` before it, NULL: the first argument. A
 * `prefix` is not the file's. */
static const struct {
    const char *in, *keyword, *label, *prefix;
} secrets[] = {
    {"sip", "tls", "key", ""},
    {"media", "certificate", "key", ""},
    {"admin", "tls", "key", ""},
    {"admin", "users", NULL, ""},
    {"cdr", "radius-secret", NULL, ""},
    {"cdr", "webhook-token", NULL, ""},
    {"alarms", "webhook", "token", ""},
    {"traces", "homer", "key", ""},
    {"registrar", "users", NULL, "file:"},
    {"registrar", "users", NULL, "sqlite:"},
    {"trunk", "register", "secret", "file:"},
    {"trunk", "auth", "secret", "file:"},
};

static void add_secret(struct gw_process_plan *p, const char **list, const struct conf_token *t,
                       const char *prefix)
{
    if (t && strncmp(t->text, prefix, strlen(prefix)) == 0 && p->nsecrets < SECRETS_MAX &&
        strncmp(t->text, "credential:", 11) != 0)
        list[p->nsecrets++] = t->text + strlen(prefix);
}

static void find_secrets(struct gw_compile *c, struct gw_process_plan *p)
{
    const char **list = conf_alloc(c->arena, SECRETS_MAX * sizeof *list);

    for (size_t i = 0; list && i < RT_COUNT(secrets); i++)
        for (const struct conf_node *b = conf_child(c->root, secrets[i].in); b;
             b = conf_again(b, secrets[i].in))
            for (const struct conf_node *n = conf_child(b, secrets[i].keyword); n;
                 n = conf_again(n, secrets[i].keyword))
                add_secret(p, list,
                           secrets[i].label ? conf_labelled(n, secrets[i].label) : conf_arg(n, 0),
                           secrets[i].prefix);
    p->secret = list;
}

/** `password=...` of libpq, or `//user:password@` of a URL. */
static bool has_password(const char *where)
{
    const char *host = strstr(where, "//");
    const char *at = host ? strchr(host, '@') : NULL;
    const char *colon = host ? strchr(host, ':') : NULL;

    return strstr(where, "password=") != NULL || (at && colon && colon < at);
}

/** A plan is read by more people than a secret is for, and is kept in the history. */
static void warn_of_passwords(struct gw_compile *c)
{
    const struct gw_cdr_plan *cdr = &c->plan->cdr;
    const struct conf_node *n = conf_child(c->root, "cdr");

    for (unsigned i = 0; n && i < cdr->ntargets; i++)
        if (has_password(cdr->target[i].where))
            conf_warn(c->diag, n->pos, "the password of target \"%s\" stands in the plan: %s",
                      gw_target_name(cdr->target[i].kind),
                      cdr->target[i].kind == GW_TARGET_POSTGRES
                          ? "passfile=FILE keeps it in a file"
                          : "webhook-token FILE keeps it in a file");
}

/* ---- the statement ---- */

void gw_plan_compile_process(struct gw_compile *c)
{
    static const char *const seccomp[] = {"on", "off", "log", NULL};
    static const char *const core[] = {"registers", "off", "full", NULL};
    const struct conf_node *n = conf_child(c->root, "process");
    struct gw_process_plan *p = &c->plan->process;

    find_secrets(c, p);
    warn_of_passwords(c);
    p->finish = FINISH;
    if (!n)
        return;
    const struct conf_token *finish = conf_child_arg(n, "finish");
    if (finish)
        p->finish = conf_duration(finish);
    p->user = conf_token_text(conf_child_arg(n, "user"));
    p->group = conf_token_text(conf_child_arg(n, "group"));
    p->crash = conf_token_text(conf_child_arg(n, "crash"));
    p->seccomp =
        (enum rt_seccomp)gw_plan_choice(conf_child(n, "seccomp"), 0, seccomp, RT_SECCOMP_ON);
    p->core = (enum rt_core)gw_plan_choice(conf_child(n, "core"), 0, core, RT_CORE_REGISTERS);
}
