/* Requests let in, challenged or refused. */
#include "gw/admission.h"

#include "gw/guess.h"
#include "gw/gw.h"
#include "gw/peer.h"

#include <errno.h>
#include <stdlib.h>

/** Nonces in use that are remembered; some 200 octets each. */
#define NONCES_MAX 16384

struct rt_counter gw_admission_counters[GW_ADMISSION_NCOUNTERS] = {
    [GW_ADMISSION_BY_ADDRESS] = {"admitted_by_address_total", "requests let in by address", 0},
    [GW_ADMISSION_BY_USER] = {"admitted_by_user_total", "requests let in by credentials", 0},
    [GW_ADMISSION_CHALLENGED] = {"admission_challenged_total", "requests answered 401", 0},
    [GW_ADMISSION_FORBIDDEN] = {"admission_forbidden_total", "requests answered 403", 0},
    [GW_ADMISSION_OTHER_CALLER] = {"admission_other_caller_total",
                                   "calls of users who claim to be somebody else", 0},
    [GW_ADMISSION_GUESSES] = {"admission_guesses_total",
                              "credentials not looked at after too many wrong ones", 0},
};

struct gw_admission {
    struct sip_digest_server *digest;
    struct gw_guesses *guesses;
    char user[GW_USER_LEN]; /* of the request being handled */
};

int gw_admission_new(struct gw_admission **out, const struct gw_registrar_plan *plan)
{
    struct gw_admission *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    int err = sip_digest_server_new(&a->digest, plan->realm, plan->nonce, NONCES_MAX);
    if (err == 0)
        err = gw_guesses_new(&a->guesses);
    if (err != 0) {
        sip_digest_server_free(a->digest);
        free(a);
        return err;
    }
    *out = a;
    return 0;
}

void gw_admission_free(struct gw_admission *a)
{
    if (!a)
        return;
    sip_digest_server_free(a->digest);
    gw_guesses_free(a->guesses);
    free(a);
}

/* ---- which trunk ---- */

static bool challenges(const struct gw_trunk *t)
{
    return t->registered || t->auth.challenge;
}

/** Requests that nobody can be asked about (RFC 3261 22.1). Those of a dialog come from where the
 * dialog is, or have to be proved like any other. */
static bool unchallenged(const struct sip_message *m)
{
    return rt_str_eq(m->method, "ACK") || rt_str_eq(m->method, "CANCEL");
}

/** The first trunk that knows its callers by their credentials. */
static const struct gw_trunk *any_challenging(const struct gw_plan *p)
{
    for (unsigned i = 0; i < p->ntrunks; i++)
        if (challenges(&p->trunks[i]))
            return &p->trunks[i];
    return NULL;
}

static bool names(const struct gw_trunk *t, const char *user)
{
    for (unsigned i = 0; i < t->auth.nusers; i++)
        if (strcmp(t->auth.users[i], user) == 0)
            return true;
    return false;
}

/** The trunk of a user: the one that names him, else that of the registered users, else one that
 * takes any user. */
static const struct gw_trunk *trunk_of(const struct gw_plan *p, const char *user)
{
    const struct gw_trunk *best = NULL;

    for (unsigned i = 0; i < p->ntrunks; i++) {
        const struct gw_trunk *t = &p->trunks[i];
        if (names(t, user))
            return t;
        if (t->registered || (!best && t->auth.challenge && t->auth.nusers == 0))
            best = t;
    }
    return best;
}

/** Whether a trunk that the address has led to is that user's as well. */
static bool may_use(const struct gw_trunk *t, const char *user)
{
    return t->registered || (t->auth.challenge && (t->auth.nusers == 0 || names(t, user)));
}

/* ---- who ---- */

static const char *ha1_of(void *arg, struct rt_str user, enum sip_hash hash)
{
    return gw_users_ha1(arg, user, hash);
}

/** Challenges with the algorithms of the user in From: nobody is asked for what he cannot give. */
static void challenge(struct gw *gw, const struct sip_message *m, struct sip_reply *reply,
                      bool stale)
{
    const struct gw_users *users = gw_registrar_users(gw->registrar);
    char name[GW_USER_LEN];

    sip_uri_user(name, sizeof name, m->from_uri);
    reply->status = 401;
    sip_digest_challenge(gw->admission->digest, &reply->lines, &m->from_addr, false,
                         gw_users_hashes(users, rt_str(name)), stale);
    rt_count(&gw_admission_counters[GW_ADMISSION_CHALLENGED]);
}

static const void *forbid(struct sip_reply *reply)
{
    reply->status = 403;
    rt_count(&gw_admission_counters[GW_ADMISSION_FORBIDDEN]);
    return NULL;
}

/** All credentials of a request, one after the other. */
static void note_wrong(struct gw_admission *a, const struct sip_message *m, struct rt_str user)
{
    struct rt_buf all = {0};
    struct rt_str one;

    for (unsigned i = 0; (one = sip_message_header(m, "Authorization", i)).n > 0; i++)
        rt_buf_put(&all, one.p, one.n);
    gw_guesses_wrong(a->guesses, &m->from_addr, user, rt_buf_str(&all), rt_now());
    rt_buf_release(&all);
}

/** Whether this verdict may count; else whoever guesses learns nothing any more. */
static bool may_guess(struct gw_admission *a, const struct sip_message *m, struct rt_str user,
                      enum sip_digest_verdict verdict)
{
    rt_time now = rt_now();

    if (verdict == SIP_DIGEST_NONE || verdict == SIP_DIGEST_BAD)
        return true;
    if (!gw_guesses_allow(a->guesses, &m->from_addr, user, now)) {
        rt_count(&gw_admission_counters[GW_ADMISSION_GUESSES]);
        return false;
    }
    if (verdict == SIP_DIGEST_GOOD)
        gw_guesses_right(a->guesses, &m->from_addr, user, now);
    else if (verdict == SIP_DIGEST_WRONG)
        note_wrong(a, m, user); /* stale ones: see sip/digest.h */
    return true;
}

/** True when the request is a user's, whose name is kept; else it is answered. */
static bool prove(struct gw *gw, const struct sip_message *m, struct sip_reply *reply)
{
    struct gw_admission *a = gw->admission;
    struct gw_users *users = (struct gw_users *)(uintptr_t)gw_registrar_users(gw->registrar);
    char user[GW_USER_LEN];
    enum sip_digest_verdict verdict =
        sip_digest_check(a->digest, m, false, ha1_of, users, user, sizeof user);

    if (!may_guess(a, m, rt_str(user), verdict)) {
        forbid(reply);
        return false;
    }
    switch (verdict) {
    case SIP_DIGEST_GOOD:
        rt_str_copy(a->user, sizeof a->user, rt_str(user));
        return true;
    case SIP_DIGEST_BAD:
        reply->status = 400;
        return false;
    case SIP_DIGEST_WRONG:
        rt_log(RT_LOG_SIP, RT_INFO, "registrar: wrong credentials for \"%.60s\"", user);
        break;
    case SIP_DIGEST_NONE:
    case SIP_DIGEST_STALE:
        break;
    }
    challenge(gw, m, reply, verdict == SIP_DIGEST_STALE);
    return false;
}

/* ---- as whom ---- */

/** True when a header field names another user; one that is absent or anonymous names nobody. */
static bool names_other(struct rt_str value, const char *user)
{
    char name[GW_USER_LEN];
    struct sip_name_addr a;

    sip_name_addr(&a, value);
    return sip_uri_user(name, sizeof name, a.uri) && strcmp(name, user) != 0 &&
           strcmp(name, "anonymous") != 0;
}

/** What the trunk's `caller` makes of a user who calls. False: refused. */
static bool check_caller(const struct gw_trunk *t, const struct sip_message *m, const char *user)
{
    if (!rt_str_eq(m->method, "INVITE") ||
        (!names_other(m->from_uri, user) &&
         !names_other(sip_message_header(m, "P-Preferred-Identity", 0), user)))
        return true;
    rt_count(&gw_admission_counters[GW_ADMISSION_OTHER_CALLER]);
    return t->auth.caller != GW_CALLER_REFUSE;
}

/** The user who proved to have sent the request just admitted; empty: it was let in by its address.
 */
static const char *admitted_user(const struct gw *gw)
{
    return gw->admission ? gw->admission->user : "";
}

const char *gw_admitted_caller(const struct gw *gw, const struct gw_trunk *trunk)
{
    const char *user = admitted_user(gw);
    return user[0] && trunk->auth.caller != GW_CALLER_ANY ? user : NULL;
}

/* ---- doors ---- */

/** A request that has to be a user's. `t` is where its address led, or NULL. */
static const void *admit_user(struct gw *gw, const struct gw_trunk *t, const struct sip_message *m,
                              struct sip_reply *reply)
{
    if (!prove(gw, m, reply))
        return NULL;
    const char *user = gw->admission->user;
    if (rt_str_eq(m->method, "REGISTER")) {
        rt_count(&gw_admission_counters[GW_ADMISSION_BY_USER]);
        return &gw->plan->registrar;
    }
    if (!t || !may_use(t, user))
        t = trunk_of(gw->plan, user);
    if (!t || !check_caller(t, m, user)) {
        gw->admission->user[0] = '\0';
        return forbid(reply);
    }
    rt_count(&gw_admission_counters[GW_ADMISSION_BY_USER]);
    return t;
}

const void *gw_admit(void *arg, const struct sip_message *m, struct sip_reply *reply)
{
    struct gw *gw = arg;
    const struct gw_trunk *t = gw_peer_accepts(gw, &m->from_addr);
    const struct gw_trunk *asking = gw->admission ? any_challenging(gw->plan) : NULL;
    bool registering = gw->admission && rt_str_eq(m->method, "REGISTER");

    if (gw->admission)
        gw->admission->user[0] = '\0';
    if (t && !challenges(t) && !registering) {
        rt_count(&gw_admission_counters[GW_ADMISSION_BY_ADDRESS]);
        return t;
    }
    if (asking && unchallenged(m))
        return t ? t : asking;
    if (asking || registering)
        return admit_user(gw, t, m, reply);
    return forbid(reply);
}

void gw_admission_request(void *arg, const void *owner, const struct sip_message *m,
                          struct sip_reply *reply)
{
    struct gw *gw = arg;

    (void)owner;
    if (gw->registrar && rt_str_eq(m->method, "REGISTER") && admitted_user(gw)[0])
        gw_registrar_request(gw->registrar, admitted_user(gw), m, reply);
}
