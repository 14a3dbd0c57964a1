/* Registered users: the far end's life, its calls and its statements in the plan. */
#include "test/sim/far_users.h"

#include "gw/rt/file.h"
#include "gw/users.h"
#include "test/fake/fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define REALM "sim.test"
/** Nobody is called any more so long after the last operation. */
#define LAST_CALL (30 * RT_S)

rt_time far_users_end(const struct far_users *all)
{
    const struct sim *s = all->far->sim;
    return s->began + s->length + LAST_CALL;
}

bool far_users_closing(const struct far_users *all)
{
    return rt_now() >= far_users_end(all);
}

/* ---- whose call it is ---- */

/** Of a caller whose number says only which telephone it is. */
static struct sim_call *waiting(const struct far_sip *own, const struct sip_message *m)
{
    const struct far_user *u = (const struct far_user *)own;
    struct sim *s = own->far->sim;
    char shown[32], number[16];
    struct sim_call *c;

    if (!sip_uri_user(shown, sizeof shown, m->from_uri))
        return NULL;
    DL_FOREACH(s->calls, c)
    {
        sim_phone_number(number, &s->far[c->op->from], c->phone);
        if (c->phone > 0 && c->op->to == own->far->index && sim_phone_of(c) == u->number &&
            c->a.placed && c->a.state != SIM_ENDED && c->b.times == 0 && strcmp(shown, number) == 0)
            return c;
    }
    return NULL;
}

/** Who is away, moves or is known for wrong passwords calls nobody. */
static bool may_call(const struct far_user *u)
{
    return u->away == 0 && u->restless == 0 && u->guesses == 0 && u->guilt < rt_now();
}

static void users_call(struct sim_far *f, struct sim_call *c)
{
    struct far_users *all = f->own;
    unsigned first = sim_chance(c, 35, SIM_PHONES), i = 0;

    while (i < SIM_PHONES && !may_call(&all->user[(first + i) % SIM_PHONES]))
        i++;
    if (i == SIM_PHONES) {
        c->crowded = true;
        return;
    }
    struct far_user *u = &all->user[(first + i) % SIM_PHONES];
    c->phone = far_users_choice(f, FAR_USERS_NAMED, 1) ? u->number : 0;
    unsigned before = far_sip_enter(f);
    far_sip_place(&u->sip, c);
    fake_process(before);
}

/* ---- life ---- */

static int write_users(const struct far_users *all)
{
    struct rt_buf text = {0};
    int err = 0;

    for (unsigned i = 0; i < SIM_PHONES && err == 0; i++)
        err = gw_users_passwd(&text, all->user[i].name, REALM, rt_str(all->user[i].right.password));
    if (err == 0)
        err = rt_file_replace("/users", text.p, text.n, 0600);
    rt_buf_release(&text);
    return err;
}

static void on_timer(void *arg)
{
    far_user_next(arg);
}

/** Months are for few messages. */
static unsigned draw_expires(const struct sim_far *f, unsigned i)
{
    static const unsigned seconds[] = {60, 120, 300, 900};
    return f->sim->faults ? seconds[far_users_choice(f, FAR_USERS_EXPIRES + 2 * i, 2)] : 3600;
}

static int start_user(struct far_users *all, unsigned i)
{
    struct far_user *u = &all->user[i];
    struct sim_far *f = all->far;

    u->all = all;
    u->number = i + 1;
    u->expires = draw_expires(f, i);
    u->guilt_known = true;
    sim_phone_number(u->name, f, u->number);
    u->right = (struct sip_credentials){.user = u->name, .password = "secret"};
    u->wrong = (struct sip_credentials){.user = u->name, .password = "sceret"};
    u->sip.user = u->name;
    u->sip.waiting = waiting;
    u->sip.options.credentials = &u->right;
    u->here = &u->place[0];
    u->here->port = (uint16_t)(6000 + 100 * i);
    far_user_reboot(u);
    int err = far_sip_open(&u->sip, f, u->here->port, far_users_choice(f, FAR_USERS_TCP + i, 1));
    if (err != 0)
        return err;
    rt_timer_init(&u->timer, u->sip.loop, on_timer, u);
    u->due = rt_now() + (1 + i) * RT_S;
    rt_timer_start_at(&u->timer, u->due);
    return 0;
}

static void stop_user(struct far_user *u)
{
    if (!u->sip.ua)
        return;
    rt_timer_stop(&u->timer);
    sip_outside_cancel(u->pending);
    sip_auth_release(&u->auth);
    far_sip_close(&u->sip);
}

static void users_stop(struct sim_far *f)
{
    struct far_users *all = f->own;

    for (unsigned i = 0; all && i < SIM_PHONES; i++)
        stop_user(&all->user[i]);
    free(all);
    f->own = NULL;
}

static int users_start(struct sim_far *f)
{
    struct far_users *all = calloc(1, sizeof *all);
    int err = 0;

    if (!all)
        return ENOMEM;
    all->far = f;
    f->own = all;
    for (unsigned i = 0; i < SIM_PHONES && err == 0; i++)
        err = start_user(all, i);
    if (err == 0)
        err = write_users(all);
    if (err != 0)
        users_stop(f);
    return err;
}

/** At the end nothing may be left of registrations either. */
static bool users_idle(struct sim_far *f, struct rt_buf *why)
{
    struct far_users *all = f->own;
    size_t before = why->n;

    for (unsigned i = 0; i < SIM_PHONES; i++) {
        const struct far_user *u = &all->user[i];
        far_sip_holds(&u->sip, why);
        if (u->pending)
            rt_buf_printf(why, "%s: %s registers\n", f->trunk, u->name);
        if (far_users_closing(all) && far_user_maybe_bound(u))
            rt_buf_printf(why, "%s: %s may be registered still\n", f->trunk, u->name);
    }
    return why->n == before;
}

/* ---- the plan ---- */

static void users_plan(const struct sim_far *f, struct rt_buf *out)
{
    rt_buf_printf(out, "registrar {\n realm " REALM "\n users file:/users\n expires 60s-1h\n%s}\n",
                  far_users_choice(f, FAR_USERS_STATE, 1) ? " state /registrations\n" : "");
    rt_buf_printf(out, "trunk %s {\n" SIM_LIMIT " sip registered\n caller %s\n", f->trunk,
                  far_users_choice(f, FAR_USERS_NAMED, 1) ? "user" : "any");
    far_sip_put_manners(f, out);
    rt_buf_puts(out, "}\n");
}

const struct sim_far_ops sim_far_users = {.name = "users",
                                          .start = users_start,
                                          .stop = users_stop,
                                          .call = users_call,
                                          .idle = users_idle,
                                          .fault = far_users_act,
                                          .plan = users_plan,
                                          .presence = far_users_presence,
                                          .gateway = far_users_gateway,
                                          .check = far_users_check};
