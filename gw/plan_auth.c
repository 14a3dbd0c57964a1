/* Who proves who they are: our credentials with a peer, the users that register here. */
#include "gw/plan_priv.h"
#include "gw/rt/file.h"
#include "gw/users.h"

#include <string.h>

#define SECRET_MAX ((size_t)4096)
#define DOMAIN_MAX 253 /* RFC 1035 2.3.4, as text */
#define HOUR       (3600 * RT_S)

/* ---- the registrar ---- */

/** `60s-1h` */
static void read_expires(struct gw_compile *c, struct gw_registrar_plan *r,
                         const struct conf_token *t)
{
    struct rt_str rest = rt_str(t ? t->text : "60s-1h"), low = rt_str_cut(&rest, '-');
    char text[2][24] = {""};
    struct conf_token ends[2] = {{.text = text[0]}, {.text = text[1]}};

    if (rt_str_copy(text[0], sizeof text[0], low) && rt_str_copy(text[1], sizeof text[1], rest)) {
        r->min_expires = conf_duration(&ends[0]);
        r->max_expires = conf_duration(&ends[1]);
    }
    if (r->min_expires < RT_S || r->max_expires < r->min_expires)
        conf_error(c->diag, t->pos, "\"%s\" is not a range of durations like 60s-1h", t->text);
    else if (r->min_expires > HOUR)
        conf_error(c->diag, t->pos, "RFC 3261 10.3 lets nobody be refused for an hour or more");
}

static bool good_domain(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s <= ' ' || strchr("\"\\:;<>@", *s))
            return false;
    return true;
}

static void read_domains(struct gw_compile *c, struct gw_registrar_plan *r,
                         const struct conf_node *n)
{
    const struct conf_token *t;

    for (size_t i = 0; n && (t = conf_arg(n, i)); i++) {
        if (r->ndomains == RT_COUNT(r->domains)) {
            conf_error(c->diag, t->pos, "there are more than %zu domains", RT_COUNT(r->domains));
            return;
        }
        if (!good_domain(t->text))
            conf_error(c->diag, t->pos, "\"%s\" is not a domain", t->text);
        r->domains[r->ndomains++] = t->text;
    }
}

/** They are read here, so that what is wrong with them is told with everything else, and no disk is
 * asked when the plan comes into force. */
static void read_users(struct gw_compile *c, struct gw_registrar_plan *r)
{
    (void)gw_users_load(&r->known, r->users, r->realm, r->users_at, c->diag);
}

void gw_plan_compile_registrar(struct gw_compile *c)
{
    const struct conf_node *block = conf_child(c->root, "registrar"), *n;
    struct gw_registrar_plan *r = &c->plan->registrar;

    if (!block)
        return;
    const struct conf_token *realm = conf_arg(conf_child(block, "realm"), 0);
    const struct conf_token *users = conf_arg(conf_child(block, "users"), 0);
    r->realm = realm->text;
    r->users = users->text;
    r->users_at = users->pos;
    r->contacts = (n = conf_child(block, "contacts")) ? (unsigned)conf_uint(conf_arg(n, 0)) : 10;
    r->nonce = (n = conf_child(block, "nonce")) ? conf_duration(conf_arg(n, 0)) : 300 * RT_S;
    r->state = (n = conf_child(block, "state")) ? conf_arg(n, 0)->text : NULL;
    if (r->nonce < RT_S)
        conf_error(c->diag, conf_arg(conf_child(block, "nonce"), 0)->pos,
                   "\"nonce\" is at least 1s");
    if (!good_domain(r->realm))
        conf_error(c->diag, realm->pos, "\"%s\" is not a realm like example.com", r->realm);
    n = conf_child(block, "expires");
    read_expires(c, r, n ? conf_arg(n, 0) : NULL);
    read_domains(c, r, conf_child(block, "domains"));
    read_users(c, r);
}

/* ---- our credentials ---- */

/** The first line of `file:PATH`. Neither it nor its length is ever printed. */
static const char *read_secret(struct gw_compile *c, const struct conf_token *t)
{
    struct rt_str path = rt_str(t->text), kind = rt_str_cut(&path, ':');
    struct rt_buf text = {0};
    const char *secret = NULL;

    if (rt_str_eq(kind, "credential"))
        path = rt_str(t->text); /* gw/rt/file.h knows where it is */
    else if (!rt_str_eq(kind, "file"))
        path.n = 0;
    if (path.n == 0) {
        conf_error(c->diag, t->pos, "a secret is kept in a file: file:PATH or credential:NAME");
        return NULL;
    }
    int err = rt_file_read(&text, path.p, SECRET_MAX);
    struct rt_str rest = rt_buf_str(&text), line = rt_str_cut(&rest, '\n');
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    if (err != 0)
        conf_error(c->diag, t->pos, "%s: %s", path.p, strerror(err));
    else if (line.n == 0 || rest.n > 0)
        conf_error(c->diag, t->pos, "%s: a secret is one line", path.p);
    else
        secret = conf_text(c->arena, line);
    if (text.p)
        explicit_bzero(text.p, text.n);
    rt_buf_release(&text);
    return secret;
}

static void add_credentials(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    const struct conf_token *user = conf_labelled(n, "user"), *realm = conf_labelled(n, "realm");
    struct sip_credentials *k = conf_alloc(c->arena, sizeof *k);

    if (!k)
        return;
    for (const struct sip_credentials *o = t->auth.credentials; o; o = o->next)
        if (!o->realm ? !realm : realm && strcmp(o->realm, realm->text) == 0)
            conf_error(c->diag, n->pos, "trunk \"%s\" has credentials for this realm already",
                       t->name);
    k->user = user->text;
    k->realm = realm ? realm->text : NULL;
    k->password = read_secret(c, conf_labelled(n, "secret"));
    k->next = t->auth.credentials;
    t->auth.credentials = k;
}

static void read_register(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    const struct conf_token *expires = conf_labelled(n, "expires");
    const struct conf_token *domain = conf_labelled(n, "domain");

    if (t->registered) {
        conf_error(c->diag, n->pos, "\"register\" needs a peer to register with");
        return;
    }
    t->auth.user = conf_labelled(n, "user")->text;
    t->auth.domain = domain ? domain->text : NULL;
    t->auth.expires = expires ? conf_duration(expires) : HOUR;
    t->auth.bulk = conf_has(n, "bulk");
    if (!good_domain(t->auth.user) || strlen(t->auth.user) >= GW_USER_LEN)
        conf_error(c->diag, conf_labelled(n, "user")->pos, "\"%s\" cannot be a user", t->auth.user);
    if (domain && (!good_domain(domain->text) || strlen(domain->text) > DOMAIN_MAX))
        conf_error(c->diag, domain->pos, "\"%s\" is not a domain", domain->text);
    if (t->auth.expires < 10 * RT_S || t->auth.expires > 24 * 7 * HOUR)
        conf_error(c->diag, expires->pos, "a registration lasts from 10s to 7d");
    add_credentials(c, t, n);
}

/* ---- challenged callers ---- */

static void read_challenge(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    const struct conf_token *user;

    t->auth.challenge = true;
    for (size_t i = 0; (user = conf_arg(n, i)); i++) {
        if (t->auth.nusers == RT_COUNT(t->auth.users)) {
            conf_error(c->diag, user->pos, "a trunk names at most %zu users",
                       RT_COUNT(t->auth.users));
            return;
        }
        t->auth.users[t->auth.nusers++] = user->text;
    }
}

static void check_alone(struct gw_compile *c, const struct gw_trunk *t,
                        const struct conf_node *trunk)
{
    for (unsigned i = 0; t->registered && i < t->index; i++)
        if (c->plan->trunks[i].registered)
            conf_error(c->diag, trunk->pos,
                       "trunks \"%s\" and \"%s\" both lead to the registered users", t->name,
                       c->plan->trunks[i].name);
    if ((t->registered || t->auth.challenge) && !conf_child(c->root, "registrar"))
        conf_error(c->diag, trunk->pos, "trunk \"%s\" needs a \"registrar\"", t->name);
}

void gw_plan_compile_auth(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const callers[] = {"user", "refuse", "any"};
    const struct conf_node *n = conf_child(trunk, "caller");

    if (t->registered)
        t->to.where = t->to.domain = c->plan->registrar.realm; /* the domain of its users */
    for (unsigned i = 0; n && i < RT_COUNT(callers); i++)
        if (strcmp(conf_arg(n, 0)->text, callers[i]) == 0)
            t->auth.caller = (enum gw_caller)i;
    if ((n = conf_child(trunk, "register")))
        read_register(c, t, n);
    for (n = conf_child(trunk, "auth"); n; n = conf_again(n, "auth"))
        add_credentials(c, t, n);
    if ((n = conf_child(trunk, "challenge")))
        read_challenge(c, t, n);
    if ((n = conf_child(trunk, "caller")) && strcmp(conf_arg(n, 0)->text, "network") == 0)
        conf_error(c->diag, n->pos, "\"caller network\" is for trunks on a span");
    else if (n && !t->registered && !t->auth.challenge)
        conf_error(c->diag, n->pos, "\"caller\" is for users: \"challenge\" is missing");
    check_alone(c, t, trunk);
}
