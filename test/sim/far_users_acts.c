/* What telephones do besides calling: they leave, are forgotten, move, are started anew, and are
 * given wrong passwords. */
#include "test/sim/far_users.h"

#include "test/fake/fake.h"

#define FEW   2  /* wrong passwords that have no consequence */
#define MANY  13 /* and that have one: ten are listened to */
#define PORTS 90

enum act { LEAVE, FORGET, MOVE, MOVE_SILENTLY, MISTYPE, GUESS, REBOOT, ACTS };

static struct far_user_place *free_place(struct far_user *u)
{
    for (unsigned i = 0; i < FAR_USER_PLACES; i++) {
        struct far_user_place *p = &u->place[i];
        if (p != u->here && (p->port == 0 || p->now.most < rt_now() - 5 * RT_S))
            return p;
    }
    return NULL;
}

bool far_user_moved(struct far_user *u)
{
    struct far_user_place *p;

    if (u->restless == 0)
        return true;
    if (u->sip.calls || u->pending)
        return false;
    u->restless--;
    p = free_place(u);
    if (!p)
        return true;
    *p = (struct far_user_place){.port =
                                     (uint16_t)(6000 + 100 * (u->number - 1) + ++u->moves % PORTS)};
    far_user_unsettle(u);
    u->here->leaves = !u->silent_move;
    u->here = p;
    if (far_sip_move(&u->sip, p->port) != 0)
        sim_fail(u->all->far->sim, "far end", "%s cannot listen at port %u", u->name, p->port);
    u->due = rt_now();
    return true;
}

static void leave(struct far_user *u, bool begins)
{
    u->away += begins ? 1 : -1u;
}

static void forget(struct far_user *u, bool begins)
{
    u->forgets += begins ? 1 : -1u;
}

static void move(struct far_user *u, bool begins)
{
    u->restless += begins;
    u->silent_move = false;
}

static void move_silently(struct far_user *u, bool begins)
{
    u->restless += begins;
    u->silent_move = true;
}

/** It is asked for its password again, and its user does not know it well. */
static void guess(struct far_user *u, unsigned times)
{
    if (u->guesses > 0 || u->pending || u->sip.calls)
        return;
    far_user_reboot(u);
    u->guesses = times;
}

static void mistype(struct far_user *u, bool begins)
{
    if (begins)
        guess(u, FEW);
}

static void guess_many(struct far_user *u, bool begins)
{
    if (begins)
        guess(u, MANY);
}

static void reboot(struct far_user *u, bool begins)
{
    if (begins && !u->pending)
        far_user_reboot(u);
}

void far_users_act(struct sim_far *f, const struct sim_op *op, bool begins)
{
    static void (*const acts[ACTS])(struct far_user * u, bool begins) = {
        [LEAVE] = leave,     [FORGET] = forget,
        [MOVE] = move,       [MOVE_SILENTLY] = move_silently,
        [MISTYPE] = mistype, [GUESS] = guess_many,
        [REBOOT] = reboot,
    };
    struct far_users *all = f->own;
    struct far_user *u = &all->user[op->a[0] % SIM_PHONES];

    if (op->kind != SIM_PHONE)
        return;
    unsigned before = far_sip_enter(f);
    acts[op->a[0] / SIM_PHONES % ACTS](u, begins);
    u->due = rt_now();
    far_user_next(u);
    fake_process(before);
}
