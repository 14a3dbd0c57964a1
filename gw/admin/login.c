/* Tries to log in, one after the other: hashed in a thread, counted and judged in the HTTP thread.
 */
#include "gw/admin/login.h"

#include "gw/admin/accounts_priv.h"
#include "gw/aside.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct gw_login {
    struct gw_aside_job aside;
    struct gw_logins *all;
    union rt_addr from;
    char name[GW_ACCOUNT_NAME_LEN];
    char *password;
    char hash[GW_HASH_LEN]; /* what the account's was when it was this one's turn */
    bool known, good;
    gw_login_fn *fn;
    void *arg;
    struct gw_login *prev, *next;
};

struct gw_logins {
    struct gw_aside *aside;
    struct gw_sessions *sessions;
    struct gw_accounts *const *accounts;
    struct gw_login *queue;
    unsigned n;
    bool busy;
};

static void login_free(struct gw_login *t)
{
    if (t->password) {
        explicit_bzero(t->password, strlen(t->password));
        free(t->password);
    }
    explicit_bzero(t->hash, sizeof t->hash);
    free(t);
}

/** The account's line, when it is one that logs in with a password. */
static const struct gw_account_line *line_of(const struct gw_login *t)
{
    const struct gw_accounts *accounts = t->all->accounts ? *t->all->accounts : NULL;
    const struct gw_account_line *l = accounts ? gw_account_line(accounts, t->name) : NULL;

    return l && !l->account.key ? l : NULL;
}

/* ---- in the thread ---- */

static void work(struct gw_aside_job *j)
{
    struct gw_login *t = (struct gw_login *)j;

    t->good = gw_hash_is_password(t->known ? t->hash : NULL, t->password);
}

/* ---- in the HTTP thread ---- */

/** It is its turn: the thread is given what the account's hash is now. */
static void hand_out(struct gw_login *t)
{
    const struct gw_account_line *l = line_of(t);

    t->known = l != NULL;
    if (l)
        rt_str_copy(t->hash, sizeof t->hash, rt_str(l->hash));
    t->all->busy = true;
    gw_aside_do(t->all->aside, &t->aside);
}

/** Those whose turn it is; who has failed too often since he came is told so without a hash. */
static void next(struct gw_logins *l)
{
    while (!l->busy && l->queue) {
        struct gw_login *t = l->queue;
        rt_time wait = gw_login_wait(l->sessions, &t->from, t->name, rt_now());
        DL_DELETE(l->queue, t);
        l->n--;
        if (wait == 0) {
            hand_out(t);
            continue;
        }
        t->fn(t->arg, EAGAIN, NULL, wait);
        login_free(t);
    }
}

/** The account may have gone in between, or have another password. */
static void done(struct gw_aside_job *j)
{
    struct gw_login *t = (struct gw_login *)j;
    struct gw_logins *l = t->all;
    const struct gw_account_line *line = line_of(t);
    bool good = t->good && line && strcmp(line->hash, t->hash) == 0;

    l->busy = false;
    gw_login_tried(l->sessions, &t->from, t->name, good, rt_now());
    t->fn(t->arg, good ? 0 : EACCES, good ? &line->account : NULL, 0);
    login_free(t);
    next(l);
}

static void drop(struct gw_aside_job *j)
{
    struct gw_login *t = (struct gw_login *)j;

    t->fn(t->arg, ECANCELED, NULL, 0);
    login_free(t);
}

int gw_login_begin(struct gw_login **out, struct gw_logins *l, const union rt_addr *from,
                   const char *name, const char *password, gw_login_fn *fn, void *arg,
                   rt_time *wait)
{
    *wait = gw_login_wait(l->sessions, from, name, rt_now());
    if (*wait > 0)
        return EAGAIN;
    if (l->n >= GW_LOGINS_MAX)
        return EBUSY;
    struct gw_login *t = calloc(1, sizeof *t);
    if (!t)
        return ENOMEM;
    *t = (struct gw_login){.aside = {.work = work, .done = done, .drop = drop},
                           .all = l,
                           .from = *from,
                           .fn = fn,
                           .arg = arg};
    rt_str_copy(t->name, sizeof t->name,
                rt_str(name)); /* cut: it is wrong, or needs the password as well */
    t->password = rt_str_dup(rt_str(password));
    if (!t->password) {
        login_free(t);
        return ENOMEM;
    }
    DL_APPEND(l->queue, t);
    l->n++;
    *out = t;
    next(l);
    return 0;
}

bool gw_login_cancel(struct gw_login *t)
{
    const struct gw_login *q;

    DL_FOREACH(t->all->queue, q)
    if (q == t)
        break;
    if (!q)
        return false;
    DL_DELETE(t->all->queue, t);
    t->all->n--;
    login_free(t);
    return true;
}

/* ---- life ---- */

int gw_logins_new(struct gw_logins **out, struct rt_loop *loop, struct gw_sessions *sessions,
                  struct gw_accounts *const *accounts)
{
    struct gw_logins *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    l->sessions = sessions;
    l->accounts = accounts;
    int err = gw_aside_new(&l->aside, loop);
    if (err != 0)
        free(l);
    else
        *out = l;
    return err;
}

void gw_logins_free(struct gw_logins *l)
{
    if (!l)
        return;
    gw_aside_free(l->aside);
    while (l->queue) {
        struct gw_login *t = l->queue;
        DL_DELETE(l->queue, t);
        drop(&t->aside);
    }
    free(l);
}
