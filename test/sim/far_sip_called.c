/* What a SIP far end does as the called side: silence, early media, ringing, a refusal or the
 * answer, a transfer, the end. */
#include "test/sim/far_sip.h"

#include <stdio.h>

/** So long after its time a call ends whose caller has vanished. */
#define LOST (10 * RT_S)

enum { STEP_PROGRESS, STEP_RING, STEP_FINAL };

struct sim_call *far_sip_whose(const struct far_sip *own, const struct sip_message *m)
{
    const struct rt_str uris[] = {m->request_uri, m->to_uri, m->from_uri};
    char user[32];

    for (size_t i = 0; i < RT_COUNT(uris); i++) {
        if (!sip_uri_user(user, sizeof user, uris[i]))
            continue;
        struct sim_call *c = sim_call_of(own->far->sim, rt_str(user));
        if (c)
            return c;
    }
    return own->waiting ? own->waiting(own, m) : NULL;
}

/* ---- up ---- */

static void on_bound(void *arg)
{
    struct far_sip_call *k = arg;

    if (k->up)
        far_sip_leave(k, 16);
    else
        far_sip_refuse(k, 480, 19);
}

/** The transferor leaves when who was sent on talks elsewhere; else the call goes on. */
static void on_transfer(void *arg, int status)
{
    struct far_sip_call *k = arg;
    struct sim_call *c = sim_call_of(k->own->far->sim, rt_str(k->caller));

    if (k->left || status < 200)
        return;
    if (status < 300) {
        rt_timer_start(&k->bound, 200 * RT_MS);
        if (c)
            c->moved.done = rt_now();
    }
}

static void on_extra(void *arg)
{
    struct far_sip_call *k = arg;
    char to[80];

    k->spoke = 0;
    snprintf(to, sizeof to, "sip:%s@%s", k->target, SIM_GATEWAY);
    sip_session_refer(k->s, rt_str(to), rt_str(""), on_transfer, k);
}

static void choose_target(struct far_sip_call *k, const struct sim_call *c)
{
    unsigned self = k->own->far->index, chosen = sim_target(k->own->far->sim, c, self);

    if (chosen == self || strlen(k->called) < 7)
        return;
    rt_str_copy(k->target, sizeof k->target, rt_str(k->called));
    k->target[strlen("+4930")] = (char)('0' + chosen);
}

static void answer(struct far_sip_call *k)
{
    rt_time talk = k->script.talk * RT_MS;
    struct sip_body body = k->agreed ? far_sip_answer(k) : far_sip_offer(k, "sendrecv");

    if (sip_session_accept(k->s, &body, NULL, 0, rt_str("")) != 0) {
        far_sip_refuse(k, 500, 127);
        return;
    }
    far_sip_talks(k);
    if (!k->script.called_ends) {
        talk = k->script.give_up > k->script.talk ? k->script.give_up * RT_MS : talk;
        talk += LOST;
    }
    if (k->target[0] != '\0') {
        rt_timer_start(&k->extra, k->script.transfer * RT_MS);
        talk += (k->script.transfer + k->script.ring + k->script.progress) * RT_MS + LOST;
    }
    rt_timer_start(&k->bound, talk);
}

/* ---- before ---- */

static void say(struct far_sip_call *k, int status, bool described)
{
    struct sip_body body = {{"", 0}, {"", 0}};

    if (described && k->agreed)
        body = far_sip_answer(k);
    sip_session_progress(k->s, status, body.data.n ? &body : NULL, NULL, rt_str(""));
}

static void ring(struct far_sip_call *k)
{
    struct sim_seen *seen = far_sip_seen(k);

    say(k, 180, k->script.progress != 0);
    if (!seen || seen->state != SIM_PLACED)
        return;
    seen->state = SIM_RINGS;
    seen->rang = rt_now();
}

static void act(struct far_sip_call *k)
{
    switch (k->step++) {
    case STEP_PROGRESS:
        far_sip_media_start(k);
        say(k, 183, true);
        rt_timer_start(&k->act, k->script.progress * RT_MS);
        return;
    case STEP_RING:
        ring(k);
        rt_timer_start(&k->act, k->script.ring * RT_MS);
        return;
    default:
        if (k->script.refuse != 0)
            far_sip_refuse(k, far_sip_status(k->script.refuse), k->script.refuse);
        else
            answer(k);
    }
}

static void on_act(void *arg)
{
    struct far_sip_call *k = arg;

    act(k);
}

/* ---- what comes ---- */

static void on_acked(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)s;
    if (m && m->body.data.n > 0)
        far_sip_take(arg, m->body.data);
}

static void on_reanswered(void *arg, struct sip_session *s, int status, const struct sip_message *m)
{
    (void)arg, (void)s, (void)status, (void)m;
}

static const struct sip_session_ops ops = {.acked = on_acked,
                                           .reinvited = far_sip_reinvited,
                                           .reanswered = on_reanswered,
                                           .describe = far_sip_describe,
                                           .info = far_sip_info,
                                           .ended = far_sip_ended,
                                           .gone = far_sip_gone};

static void note_arrival(struct far_sip_call *k, struct sim_call *c)
{
    unsigned late = c->b.late;

    k->nth = c->b.times + 1;
    c->b =
        (struct sim_seen){.state = SIM_PLACED, .placed = rt_now(), .times = k->nth, .late = late};
}

static void begin(struct far_sip_call *k)
{
    struct rt_loop *loop = k->own->loop;

    rt_timer_init(&k->act, loop, on_act, k);
    rt_timer_init(&k->extra, loop, on_extra, k);
    rt_timer_init(&k->bound, loop, on_bound, k);
    rt_timer_start(&k->bound, FAR_SIP_PATIENCE);
    if (k->script.silent)
        return;
    k->step = k->script.progress != 0 ? STEP_PROGRESS : STEP_RING;
    rt_timer_start(&k->act, 20 * RT_MS);
}

void far_sip_arrived(struct far_sip *own, struct sip_session *s, const struct sip_message *m)
{
    struct sim_call *c = far_sip_whose(own, m);
    struct far_sip_call *k = c ? far_sip_call_new(own, c, false) : NULL;
    char user[32] = "";

    if (!k) {
        own->strangers++;
        sip_session_refuse(s, 404, NULL, NULL, NULL, 0);
        sip_session_close(s, NULL);
        return;
    }
    k->s = s;
    k->cseq = sip_message_cseq(m);
    note_arrival(k, c);
    sip_session_own(s, &ops, k);
    sip_uri_user(user, sizeof user, m->request_uri);
    k->direct = strcmp(user, own->user ? own->user : k->called) == 0;
    if (k->direct && k->script.transfer != 0)
        choose_target(k, c);
    if (m->body.data.n > 0 && !far_sip_take(k, m->body.data))
        far_sip_refuse(k, 488, 65);
    else
        begin(k);
}
