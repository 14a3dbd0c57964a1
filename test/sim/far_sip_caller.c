/* What a SIP far end does as the caller: its INVITE, its patience, hold, digits, the end. */
#include "test/sim/far_sip.h"

#include <errno.h>
#include <stdio.h>

/** The called side ends the call; when it does not, it has vanished. */
#define LOST (30 * RT_S)

static void on_bound(void *arg)
{
    struct far_sip_call *k = arg;

    far_sip_leave(k, 16);
}

/* ---- hold, and digits ---- */

/** Holds, takes back. While another change is under way it waits. */
static void on_extra(void *arg)
{
    static const char *const directions[] = {"sendonly", "sendrecv"};
    struct far_sip_call *k = arg;

    k->spoke = 0;
    struct sip_body body = far_sip_offer(k, directions[k->step]);
    int err = sip_session_reinvite(k->s, &body);
    if (err == EALREADY)
        rt_timer_start(&k->extra, 500 * RT_MS);
    else if (err == 0 && ++k->step < RT_COUNT(directions))
        rt_timer_start(&k->extra, k->script.hold * RT_MS);
}

static void on_digit(void *arg)
{
    struct far_sip_call *k = arg;

    far_sip_dial(k);
}

/* ---- what comes ---- */

/** Answers an offer, where the message has one; else reads the answer to ours. */
static void take(struct far_sip_call *k, const struct sip_message *m)
{
    if (m->body.data.n == 0)
        return;
    bool good = far_sip_take(k, m->body.data);
    if (m->offer) {
        struct sip_body body = far_sip_answer(k);
        sip_session_answer(k->s, &body);
    }
    if (good)
        far_sip_media_start(k);
}

static void on_provisional(void *arg, struct sip_session *s, const struct sip_message *m)
{
    struct far_sip_call *k = arg;
    struct sim_seen *seen = far_sip_seen(k);

    (void)s;
    take(k, m);
    if (m->status != 180 || !seen || seen->state != SIM_PLACED)
        return;
    seen->state = SIM_RINGS;
    seen->rang = rt_now();
}

/** The caller who ends leaves after its talk; the other one when the called side should have long
 * left. Who gives up leaves when it said it would. */
static void on_answered(void *arg, struct sip_session *s, const struct sip_message *m)
{
    struct far_sip_call *k = arg;
    rt_time talk = k->script.talk * RT_MS;

    (void)s;
    take(k, m);
    far_sip_talks(k);
    if (k->script.called_ends || k->script.transfer != 0)
        talk += LOST + (k->script.transfer + k->script.ring + k->script.progress) * RT_MS;
    if (k->script.give_up == 0)
        rt_timer_start(&k->bound, talk);
    if (k->script.hold != 0)
        rt_timer_start(&k->extra, k->script.hold * RT_MS);
    if (k->script.digits != 0)
        rt_timer_start(&k->act, RT_S);
}

/** Our change was refused, or nobody answered it: the call goes on as it was. */
static void on_reanswered(void *arg, struct sip_session *s, int status, const struct sip_message *m)
{
    struct far_sip_call *k = arg;

    (void)s;
    if (status / 100 == 2 && m && m->body.data.n > 0)
        far_sip_take(k, m->body.data);
}

static const struct sip_session_ops ops = {.provisional = on_provisional,
                                           .answered = on_answered,
                                           .reinvited = far_sip_reinvited,
                                           .reanswered = on_reanswered,
                                           .describe = far_sip_describe,
                                           .info = far_sip_info,
                                           .ended = far_sip_ended,
                                           .gone = far_sip_gone};

/* ---- the INVITE ---- */

static int invite(struct far_sip_call *k, bool offers)
{
    struct far_sip *own = k->own;
    struct sip_hop hop = {.transport = own->tcp ? SIP_TCP : SIP_UDP, .addr = own->gateway};
    char uri[80], from[80], asserted[80];
    struct sip_header pai = {rt_str("P-Asserted-Identity"), {asserted, 0}};

    snprintf(uri, sizeof uri, "sip:%s@%s%s", k->script.emergency ? "112" : k->called, SIM_GATEWAY,
             own->tcp ? ";transport=tcp" : "");
    snprintf(from, sizeof from, "sip:%s@%s", k->caller, own->far->host);
    pai.value.n = (size_t)snprintf(asserted, sizeof asserted, "<%s>", from);
    struct sip_invite inv = {.hops = &hop,
                             .nhops = 1,
                             .options = &own->options,
                             .peer = own,
                             .request_uri = rt_str(uri),
                             .to_uri = rt_str(uri),
                             .from_uri = rt_str(from),
                             .from_name = rt_str("Simulated"),
                             .contact_user = rt_str(k->caller),
                             .headers = &pai,
                             .nheaders = far_sip_choice(own->far, FAR_SIP_UNTRUSTED, 1) ? 0 : 1};
    if (offers)
        inv.body = far_sip_offer(k, "sendrecv");
    return sip_session_invite(&k->s, own->ua, &inv, &ops, k);
}

void far_sip_place(struct far_sip *own, const struct sim_call *c)
{
    struct sim *sim = own->far->sim;
    struct far_sip_call *k = far_sip_call_new(own, c, true);
    struct sim_seen *seen = k ? far_sip_seen(k) : NULL;

    if (!seen) {
        sim_fail(sim, "far end", "%s: no call of the number %s", own->far->trunk, c->caller);
        return;
    }
    *seen = (struct sim_seen){.state = SIM_PLACED, .placed = rt_now()};
    rt_timer_init(&k->bound, own->loop, on_bound, k);
    rt_timer_init(&k->extra, own->loop, on_extra, k);
    rt_timer_init(&k->act, own->loop, on_digit, k);
    rt_timer_start(&k->bound, k->script.give_up ? k->script.give_up * RT_MS : FAR_SIP_PATIENCE);
    int err = invite(k, sim_chance(c, 33, 10) != 0);
    if (err == 0)
        return;
    sim_fail(sim, "far end", "%s: INVITE: %s", own->far->trunk, strerror(err));
    far_sip_call_free(k);
}
