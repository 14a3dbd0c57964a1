/* Explicit call transfer: two calls of one user are joined in the exchange, which releases both to
 * the user. EuroISDN has ECT (EN 300 369-1), NI-2 and its kin TBCT (GR-2865), DMS-100 RLT, QSIG
 * path replacement (EN 300 259).
 *
 * Asked by us, libpri sends the request and never says what came of it: isdn_service_heard() looks.
 * Asked by the user, libpri knows EuroISDN's operations alone; TBCT's is read and answered here.
 */
#include "isdn/isdn_priv.h"
#include "isdn/rose.h"

#include <errno.h>
#include <string.h>

static bool variant_is(const struct isdn_call *c, const char *transfer)
{
    const char *name = c->span->variant->transfer;

    return name && strcmp(name, transfer) == 0;
}

/* ---- asked by us ---- */

int isdn_call_join(struct isdn_call *c, struct isdn_call *other)
{
    if (!c->span->variant->transfer)
        return ENOTSUP;
    if (c == other || c->link != other->link)
        return EXDEV;
    if (c->state != CALL_ACTIVE || other->state != CALL_ACTIVE || c->service.doing ||
        other->service.doing)
        return EAGAIN;
    if (pri_channel_bridge(c->q931, other->q931) != 0)
        return EPROTO;
    isdn_service_begin(c, ISDN_DOING_JOIN);
    other->service.doing = ISDN_DOING_JOIN;
    c->service.first = true;
    other->service.first = false;
    c->service.mate = other;
    other->service.mate = c;
    c->service.related = other->service.related = variant_is(c, "path replacement");
    isdn_dchan_poke(c->link);
    return 0;
}

bool isdn_call_joined(const struct isdn_call *c)
{
    return c->service.joined ||
           (c->service.doing == ISDN_DOING_JOIN && variant_is(c, "path replacement"));
}

/** The second call of ECT brings the result; that of the first is its link identifier. */
void isdn_transfer_result(struct isdn_call *c)
{
    struct isdn_call *mate = c->service.mate;

    if (!mate || (variant_is(c, "ECT") && c->service.first))
        return;
    c->service.joined = mate->service.joined = true;
}

/** libpri relays path replacement to the other call even when it has forgotten that one. */
bool isdn_transfer_dangles(const struct isdn_call *c)
{
    return c->service.related && (!c->service.mate || c->service.mate->state == CALL_GONE);
}

/* ---- asked by the user ---- */

static void ask(struct isdn_call *c, struct isdn_call *other, enum isdn_asked what)
{
    c->service.asked = what;
    isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_TRANSFER, .other = other});
    isdn_call_transferred(c, false); /* the owner has answered; if not, it is done here */
}

void isdn_transfer_asked(struct isdn_call *c, const struct pri_subcommand *sub)
{
    const struct pri_subcmd_transfer *t = &sub->u.transfer;
    struct isdn_call *first = isdn_call_find(c->link, t->call_1);
    struct isdn_call *second = isdn_call_find(c->link, t->call_2);

    c->service.invoke = t->invoke_id;
    if (!c->span->cfg.network || !first || !second || first == second ||
        (first != c && second != c)) {
        pri_transfer_rsp(c->link->pri, isdn_service_target(c), t->invoke_id, 0);
        return;
    }
    ask(c, first == c ? second : first, ISDN_ASKED_ECT);
}

static void reject(struct isdn_call *c, const struct isdn_rose *r, enum isdn_rose_problem problem)
{
    struct isdn_ie_value v;

    if (isdn_rose_reject(&v, r, problem) == 0)
        isdn_call_say(c, Q931_T_FACILITY, &v, 1);
}

/** TBCT answers by hand; its reference is one of the sender's side: bit 16 for calls it did not
 * begin. */
void isdn_transfer_invoked(struct isdn_call *c, const struct isdn_rose *r)
{
    unsigned reference = 0;

    if (!c->span->cfg.network)
        return;
    if (variant_is(c, "RLT")) {
        reject(c, r, ISDN_ROSE_UNRECOGNISED);
        return;
    }
    int err = variant_is(c, "TBCT") ? isdn_rose_initiate_transfer(r, &reference) : EINVAL;
    if (err == EINVAL)
        return; /* libpri's */
    struct isdn_call *other =
        isdn_call_by_reference(c->link, reference & 0x7fff, reference >> 15 & 1);
    if (err != 0 || !other || other == c) {
        reject(c, r, ISDN_ROSE_MISTYPED);
        return;
    }
    c->service.invoke = r->invoke;
    c->service.profile = r->profile;
    ask(c, other, ISDN_ASKED_TBCT);
}

static int answer_tbct(struct isdn_call *c, bool ok)
{
    const struct isdn_rose r = {.profile = c->service.profile, .invoke = c->service.invoke};
    struct isdn_ie_value v;
    int err = ok ? isdn_rose_result(&v, &r) : isdn_rose_reject(&v, &r, ISDN_ROSE_RESOURCES);

    return err ? err : isdn_call_say(c, Q931_T_FACILITY, &v, 1);
}

int isdn_call_transferred(struct isdn_call *c, bool ok)
{
    enum isdn_asked asked = c->service.asked;

    if (asked != ISDN_ASKED_ECT && asked != ISDN_ASKED_TBCT)
        return EPROTO;
    c->service.asked = ISDN_ASKED_NOTHING;
    if (asked == ISDN_ASKED_TBCT)
        return answer_tbct(c, ok);
    int rc = pri_transfer_rsp(c->link->pri, isdn_service_target(c), c->service.invoke, ok ? 1 : 0);
    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EPROTO;
}
