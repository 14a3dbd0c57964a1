/* What is certain of a telephone's bindings, whatever becomes of its REGISTERs and of the gateway:
 * until when each is there, and from when on it is not. The gateway's registrar is held against
 * that, and calls to the telephone.
 *
 * A change reaches the gateway's file a second later (docs/configuration.md, `state`). Until then a
 * process that is killed comes back with the binding as it was, or as it is.
 */
#include "test/sim/far_users.h"

#include "gw/gw.h"
#include "gw/registrar.h"

#include <utlist.h>

/** A request that was not answered may still arrive: late by so much, with a process that stood
 * still. */
#define ARRIVES (40 * RT_S)
/** One that is answered took effect at last so long after it was begun: with two challenges. */
#define UNDER_WAY (120 * RT_S)
/** A change is in the file: the delay, and that of a disk that is slow. */
#define FILED (10 * RT_S)
/** Clocks of both sides agree so well. */
#define SLACK (3 * RT_S)
/** A call takes so long to its INVITE, with digits that come one by one. */
#define ON_ITS_WAY (25 * RT_S)

static rt_time lesser(rt_time a, rt_time b)
{
    return a < b ? a : b;
}

static rt_time greater(rt_time a, rt_time b)
{
    return a > b ? a : b;
}

/* ---- the file ---- */

static bool has_file(const struct sim_far *f)
{
    return far_users_choice(f, FAR_USERS_STATE, 1) != 0;
}

/** Nothing has kept the gateway from writing since then, and it had the time. */
static bool could_write(const struct far_users *all, rt_time since)
{
    static const enum sim_op_kind faults[] = {SIM_DISK_SLOW, SIM_DISK_BAD, SIM_MEMORY, SIM_STALL};
    rt_time now = rt_now();

    for (size_t i = 0; i < RT_COUNT(faults); i++)
        if (sim_fault_between(all->far->sim, faults[i], since, now))
            return false;
    return since <= now - FILED;
}

/** The file says of this address what is so now. */
static bool is_filed(const struct far_user *u, const struct far_user_place *p)
{
    rt_time settled = rt_now() - FILED;
    return p->changed < settled && could_write(u->all, settled);
}

static void change(struct far_user *u, struct far_user_place *p, struct far_user_bounds to)
{
    if (is_filed(u, p))
        p->filed = p->now;
    p->filed.least = lesser(p->filed.least, to.least);
    p->filed.most = greater(p->filed.most, to.most);
    p->now = to;
    p->changed = rt_now();
}

/* ---- requests ---- */

void far_user_unsettle(const struct far_user *u)
{
    const struct sim_far *f = u->all->far;
    struct sim_call *c;

    DL_FOREACH(f->sim->calls, c)
    if (c->op->to == f->index && sim_phone_of(c) == u->number && c->b.times == 0 &&
        c->a.state != SIM_ENDED)
        c->presence = SIM_MAYBE;
}

void far_user_asks(struct far_user *u, struct far_user_place *p, unsigned seconds)
{
    p->before = p->now;
    p->asked = true;
    if (seconds == 0 || p->now.least < rt_now())
        far_user_unsettle(u);
    change(u, p,
           seconds > 0 ? (struct far_user_bounds){p->now.least,
                                                  greater(p->now.most,
                                                          rt_now() + seconds * RT_S + UNDER_WAY)}
                       : (struct far_user_bounds){0, p->now.most});
}

void far_user_granted(struct far_user *u, struct far_user_place *p, unsigned seconds)
{
    struct far_user_bounds b = {0, 0};

    if (seconds > 0)
        b = (struct far_user_bounds){u->sent + seconds * RT_S, rt_now() + seconds * RT_S};
    if (u->torn)
        b.least = 0;
    p->asked = false;
    change(u, p, b);
}

void far_user_refused(struct far_user *u, struct far_user_place *p)
{
    p->asked = false;
    change(u, p, p->before);
}

void far_user_unsure(struct far_user *u, struct far_user_place *p, unsigned seconds)
{
    struct far_user_bounds b = p->before;

    if (seconds > 0)
        b.most = greater(b.most, rt_now() + seconds * RT_S + ARRIVES);
    else
        b.least = 0;
    p->asked = false;
    change(u, p, b);
}

/* ---- the gateway's process ---- */

/** It has ended: what it comes back with is in the file, if there is one. */
static void end(struct far_user *u, struct far_user_place *p, bool killed)
{
    bool filed = is_filed(u, p);

    if (!has_file(u->all->far))
        p->now = p->filed = (struct far_user_bounds){0, 0};
    else if (!filed &&
             (killed || p->changed >= rt_now() - FILED ||
              sim_fault_between(u->all->far->sim, SIM_DISK_BAD, rt_now() - FILED, rt_now())))
        p->now = p->filed;
    if (!p->asked)
        return;
    p->before.least = 0;
    p->before.most = greater(p->before.most, rt_now() + u->expires * RT_S + UNDER_WAY);
    p->now = p->filed = p->before;
}

static void ended(struct far_user *u, bool killed)
{
    for (unsigned i = 0; i < FAR_USER_PLACES; i++)
        if (u->place[i].port != 0)
            end(u, &u->place[i], killed);
    u->torn = u->pending != NULL;
    u->guilt = 0;
    u->guilt_known = !u->pending;
}

/** The file goes by the wall clock, as the machine was started anew since, and somebody has set it:
 * nobody knows how much has run off. */
static bool is_adrift(const struct far_users *all)
{
    const struct sim *s = all->far->sim;
    rt_time now = rt_now();
    return sim_fault_between(s, SIM_CLOCK, all->stamped, now) &&
           sim_fault_between(s, SIM_POWER, all->stamped + 1, now);
}

/** Without memory a binding may not be read; and with the clock set it may be gone, or last as long
 * as it was to when it was written. */
static void started(struct far_user *u)
{
    const struct far_users *all = u->all;
    rt_time now = rt_now(), whole = now + u->expires * RT_S;
    bool adrift = is_adrift(all);

    if (!adrift && !sim_fault_between(all->far->sim, SIM_MEMORY, now - 2 * FILED, now))
        return;
    for (unsigned i = 0; i < FAR_USER_PLACES; i++) {
        struct far_user_place *p = &u->place[i];
        p->now.least = p->before.least = p->filed.least = 0;
        if (adrift && p->now.most > all->stamped)
            p->now.most = p->before.most = p->filed.most = greater(p->now.most, whole);
    }
}

void far_users_gateway(struct sim_far *f, enum sim_gateway_event what)
{
    struct far_users *all = f->own;

    if (!all)
        return;
    if (what == SIM_STARTED)
        all->started = rt_now();
    else if (could_write(all, all->started))
        all->stamped = all->started;
    for (unsigned i = 0; i < SIM_PHONES; i++)
        if (what == SIM_STARTED)
            started(&all->user[i]);
        else
            ended(&all->user[i], what == SIM_KILLED);
}

/* ---- held against it ---- */

bool far_user_bound_long(const struct far_user *u)
{
    for (unsigned i = 0; i < FAR_USER_PLACES; i++)
        if (u->place[i].now.most > rt_now() + 120 * RT_S)
            return true;
    return false;
}

bool far_user_maybe_bound(const struct far_user *u)
{
    for (unsigned i = 0; i < FAR_USER_PLACES; i++)
        if (u->place[i].now.most > rt_now() - SLACK)
            return true;
    return false;
}

enum sim_presence far_users_presence(const struct sim_far *f, const struct sim_call *c)
{
    const struct far_users *all = f->own;
    const struct far_user *u = &all->user[sim_phone_of(c) - 1];

    if (!far_user_maybe_bound(u))
        return SIM_ABSENT;
    return u->here->now.least > rt_now() + ON_ITS_WAY ? SIM_PRESENT : SIM_MAYBE;
}

static const struct far_user_place *place_of(const struct far_user *u, struct rt_str uri)
{
    char own[96];

    for (unsigned i = 0; i < FAR_USER_PLACES; i++) {
        far_user_contact(own, u, &u->place[i]);
        if (u->place[i].port != 0 && sip_uri_same(uri, rt_str(own)))
            return &u->place[i];
    }
    return NULL;
}

/** A binding as the gateway has or tells it; `expires` by rt_now(). Returns the address's bit. */
static unsigned hold(const struct far_user *u, struct rt_str uri, rt_time expires)
{
    struct sim *s = u->all->far->sim;
    const struct far_user_place *p = place_of(u, uri);

    if (!p || p->now.most < rt_now() - SLACK) {
        sim_fail(s, "users", "%s has a binding %.*s that is no more", u->name, RT_STR(uri));
        return 0;
    }
    if (expires < p->now.least - SLACK || expires > p->now.most + SLACK)
        sim_fail(s, "users", "%s: %.*s expires in %d s, but in %d to %d by its telephone", u->name,
                 RT_STR(uri), (int)((expires - rt_now()) / RT_S),
                 (int)((p->now.least - rt_now()) / RT_S), (int)((p->now.most - rt_now()) / RT_S));
    return 1u << (unsigned)(p - u->place);
}

static void check_missing(const struct far_user *u, unsigned seen)
{
    for (unsigned i = 0; i < FAR_USER_PLACES; i++)
        if (u->place[i].now.least > rt_now() + SLACK && (seen >> i & 1) == 0)
            sim_fail(u->all->far->sim, "users", "%s is bound to port %u for %d s, but is not there",
                     u->name, u->place[i].port, (int)((u->place[i].now.least - rt_now()) / RT_S));
}

void far_user_listed(const struct far_user *u, const struct sip_message *m)
{
    struct sip_contacts at = {.field = 0};
    struct sip_contact c;
    unsigned seen = 0;

    while (sip_contact_next(&c, &at, m))
        seen |= hold(u, c.uri, rt_now() + c.expires * RT_S);
    check_missing(u, seen);
}

struct looking {
    struct far_users *all;
    unsigned seen[SIM_PHONES];
};

static void look(void *arg, const struct gw_binding *b)
{
    struct looking *l = arg;

    for (unsigned i = 0; i < SIM_PHONES; i++)
        if (strcmp(b->user, l->all->user[i].name) == 0) {
            l->seen[i] |= hold(&l->all->user[i], rt_str(b->uri), b->expires);
            return;
        }
    sim_fail(l->all->far->sim, "users", "a binding of \"%s\", who is nobody", b->user);
}

void far_users_check(struct sim_far *f)
{
    struct looking l = {.all = f->own};
    rt_time now = rt_now();

    if (sim_fault_between(f->sim, SIM_STALL, now - 30 * RT_S, now))
        return; /* nothing expires meanwhile */
    gw_registrar_each(f->sim->gw->registrar, look, &l);
    for (unsigned i = 0; i < SIM_PHONES; i++)
        check_missing(&l.all->user[i], l.seen[i]);
}
