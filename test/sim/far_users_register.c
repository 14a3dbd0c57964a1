/* REGISTER of a telephone (RFC 3261 10.2): what it sends when, and what it makes of the answers. */
#include "test/sim/far_users.h"

#include "test/fake/fake.h"

#include <stdio.h>

#define AGAIN      (10 * RT_S) /* after a failure */
#define BANNED     (15 * RT_S) /* after a 403 */
#define BETWEEN    RT_S        /* two wrong passwords */
#define LOOK_AGAIN RT_S        /* it has a call still */
#define ANSWERS    3           /* to challenges of one request: a nonce may be stale */

/** What a wrong password costs and how many seconds there are, as gw/guess.h says. */
#define GUESS_COST (30 * RT_S)
#define GUESS_ROOM (300 * RT_S)

void far_user_contact(char out[96], const struct far_user *u, const struct far_user_place *p)
{
    snprintf(out, 96, "sip:%s@%s:%u%s", u->name, u->all->far->host, p->port,
             u->sip.tcp ? ";transport=tcp" : "");
}

void far_user_reboot(struct far_user *u)
{
    static const char format[] = "%u-%u-%u@%s";

    snprintf(u->call_id, sizeof u->call_id, format, u->number, u->moves, u->cseq,
             u->all->far->host);
    u->cseq = 0;
    sip_auth_release(&u->auth);
    u->auth = (struct sip_auth_state){0};
}

/* ---- the request ---- */

static bool leaves_by_star(const struct far_user *u)
{
    return far_users_choice(u->all->far, FAR_USERS_STAR + u->number - 1, 1) != 0;
}

/** Seconds that the request at hand asks for at that address. */
static unsigned asked(const struct far_user *u, const struct far_user_place *p)
{
    return u->request == FAR_USER_UNBIND || p->leaves ? 0 : u->expires;
}

/** The addresses that the request at hand is about. */
static bool concerns(const struct far_user *u, const struct far_user_place *p)
{
    if (p->port == 0 || u->request == FAR_USER_GUESS)
        return false;
    return u->request == FAR_USER_UNBIND || p == u->here || p->leaves;
}

static void put_contacts(const struct far_user *u, struct rt_buf *lines)
{
    char uri[96];

    if (u->request == FAR_USER_UNBIND && leaves_by_star(u)) {
        rt_buf_puts(lines, "Contact: *\r\nExpires: 0\r\n");
        return;
    }
    for (unsigned i = 0; i < FAR_USER_PLACES; i++) {
        const struct far_user_place *p = &u->place[i];
        if (!concerns(u, p))
            continue;
        far_user_contact(uri, u, p);
        rt_buf_printf(lines, "Contact: <%s>;expires=%u\r\n", uri, asked(u, p));
    }
}

static const struct sip_credentials *credentials(const struct far_user *u)
{
    return u->request == FAR_USER_GUESS ? &u->wrong : &u->right;
}

static void on_answer(void *arg, const struct sip_message *m);
static void conclude(struct far_user *u, const struct sip_message *m);

static const struct rt_str request_uri = {"sip:sim.test", 12}, method = {"REGISTER", 8};

static void transmit(struct far_user *u, struct rt_str authorization)
{
    char aor[64];
    struct rt_buf lines = {0};

    snprintf(aor, sizeof aor, "sip:%s@sim.test", u->name);
    put_contacts(u, &lines);
    rt_buf_put(&lines, authorization.p, authorization.n);
    struct sip_outside_request r = {
        .hop = {.transport = u->sip.tcp ? SIP_TCP : SIP_UDP, .addr = u->sip.gateway},
        .method = "REGISTER",
        .request_uri = request_uri,
        .from_uri = rt_str(aor),
        .to_uri = rt_str(aor),
        .call_id = rt_str(u->call_id),
        .cseq = ++u->cseq,
        .lines = rt_buf_str(&lines)};
    if (sip_outside(&u->pending, u->sip.ua, &r, on_answer, u) != 0)
        sim_fail(u->all->far->sim, "far end", "%s: REGISTER cannot be sent", u->name);
    u->sent = rt_now();
    rt_buf_release(&lines);
}

static void begin(struct far_user *u, enum far_user_request what)
{
    struct rt_buf lines = {0};

    u->request = what;
    u->answers = 0;
    u->torn = false;
    for (unsigned i = 0; i < FAR_USER_PLACES; i++)
        if (concerns(u, &u->place[i]))
            far_user_asks(u, &u->place[i], asked(u, &u->place[i]));
    sip_digest_repeat(&u->auth, credentials(u), method, request_uri, rt_str(""), &lines);
    transmit(u, rt_buf_str(&lines));
    rt_buf_release(&lines);
}

static bool answer_challenge(struct far_user *u, const struct sip_message *m)
{
    struct rt_buf lines = {0};
    bool good = u->answers++ < ANSWERS && sip_digest_answer(&u->auth, credentials(u), m, method,
                                                            request_uri, rt_str(""), &lines);
    if (good)
        transmit(u, rt_buf_str(&lines));
    rt_buf_release(&lines);
    return good;
}

static void on_answer(void *arg, const struct sip_message *m)
{
    struct far_user *u = arg;

    u->pending = NULL;
    if (m && m->status == 401 && answer_challenge(u, m))
        return;
    if (m && m->status != 401)
        sip_digest_believed(&u->auth);
    conclude(u, m);
    rt_timer_start(&u->timer, 0); /* its user agent, which calls, may be another one after that */
}

/* ---- wrong passwords ---- */

/** Whether the gateway listens to credentials, held against what it must do; a second either way
 * is nobody's fault. */
static void judge_guilt(struct far_user *u, bool listened)
{
    rt_time left = u->guilt - rt_now(), full = GUESS_ROOM - GUESS_COST;

    if (!u->guilt_known || u->torn)
        return;
    if (listened && left > full + RT_S)
        sim_fail(u->all->far->sim, "guesses", "%s is listened to after too many wrong passwords",
                 u->name);
    else if (!listened && left < full - RT_S)
        sim_fail(u->all->far->sim, "guesses",
                 "%s is not listened to, %d s before its wrong passwords are forgotten", u->name,
                 (int)(left / RT_S));
}

static void guessed(struct far_user *u, const struct sip_message *m)
{
    rt_time now = rt_now();
    bool listened = m && m->status == 401;

    if (listened || (m && m->status == 403))
        judge_guilt(u, listened);
    else
        u->guilt_known = false;
    if (listened)
        u->guilt = (u->guilt > now ? u->guilt : now) + GUESS_COST;
    if (--u->guesses == 0)
        far_user_reboot(u); /* the right password from now on */
    u->due = now + BETWEEN;
}

/* ---- answers ---- */

static unsigned granted(const struct far_user *u, const struct sip_message *m,
                        const struct far_user_place *p)
{
    struct sip_contacts at = {.field = 0};
    struct sip_contact c;
    char uri[96];

    far_user_contact(uri, u, p);
    while (sip_contact_next(&c, &at, m))
        if (sip_uri_same(c.uri, rt_str(uri)))
            return c.has_expires ? c.expires : 0;
    return 0;
}

static void succeed(struct far_user *u, const struct sip_message *m)
{
    unsigned shortest = u->expires;

    judge_guilt(u, true);
    u->guilt = 0;
    u->guilt_known = !u->torn;
    for (unsigned i = 0; i < FAR_USER_PLACES; i++) {
        struct far_user_place *p = &u->place[i];
        if (!concerns(u, p))
            continue;
        unsigned want = asked(u, p), s = granted(u, m, p);
        if (s != want && !u->torn)
            sim_fail(u->all->far->sim, "users", "%s at port %u asked for %u s and got %u", u->name,
                     p->port, want, s);
        far_user_granted(u, p, s);
        shortest = want > 0 && s < shortest ? s : shortest;
        p->leaves = false;
    }
    if (!u->torn)
        far_user_listed(u, m);
    u->due = rt_now() + shortest * RT_S / 2;
}

/** 5xx may have done something; below that all is as before. */
static void fail(struct far_user *u, const struct sip_message *m)
{
    bool refused = m && m->status < 500;

    if (m && m->status == 403)
        judge_guilt(u, false);
    for (unsigned i = 0; i < FAR_USER_PLACES; i++) {
        struct far_user_place *p = &u->place[i];
        if (concerns(u, p) && refused)
            far_user_refused(u, p);
        else if (concerns(u, p))
            far_user_unsure(u, p, asked(u, p));
    }
    u->due = rt_now() + (m && m->status == 403 ? BANNED : AGAIN);
}

static void conclude(struct far_user *u, const struct sip_message *m)
{
    if (u->request == FAR_USER_GUESS)
        guessed(u, m);
    else if (m && m->status / 100 == 2)
        succeed(u, m);
    else
        fail(u, m);
}

/* ---- what is next ---- */

/** A telephone that is put away leaves politely, or is forgotten. */
static bool wants_out(const struct far_user *u)
{
    bool polite = u->number % 2 == 1 || far_user_bound_long(u);
    return u->away > 0 || (far_users_closing(u->all) && polite);
}

/** When telephones are put away it does not wait. */
static void put_away(struct far_user *u)
{
    if (!far_users_closing(u->all) || u->put_away)
        return;
    u->put_away = true;
    u->due = rt_now();
}

static rt_time next_time(const struct far_user *u)
{
    rt_time end = far_users_end(u->all);
    return !u->put_away && end < u->due ? end : u->due;
}

void far_user_next(struct far_user *u)
{
    rt_time now = rt_now();

    put_away(u);
    bool out = wants_out(u), rests = u->forgets > 0 || far_users_closing(u->all);

    if (u->pending)
        return;
    if (!far_user_moved(u))
        rt_timer_start(&u->timer, LOOK_AGAIN);
    else if (now < u->due)
        rt_timer_start_at(&u->timer, next_time(u));
    else if (u->guesses > 0)
        begin(u, FAR_USER_GUESS);
    else if (out && far_user_maybe_bound(u))
        begin(u, FAR_USER_UNBIND);
    else if (!out && !rests)
        begin(u, FAR_USER_BIND);
}
