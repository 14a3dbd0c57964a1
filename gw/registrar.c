/* REGISTER answered (RFC 3261 10.3): all of a request takes effect, or nothing. */
#include "gw/registrar.h"

#include "gw/registrar_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CONTACTS_MAX 100
#define TEXT_MAX     256

struct rt_counter gw_registrar_counters[GW_REGISTRAR_NCOUNTERS] = {
    [GW_REGISTRAR_REQUESTS] = {"registrar_requests_total", "REGISTERs of users", 0},
    [GW_REGISTRAR_REFUSED] = {"registrar_refused_total", "REGISTERs refused", 0},
    [GW_REGISTRAR_BRIEF] = {"registrar_too_brief_total", "registrations asked too short", 0},
    [GW_REGISTRAR_OUT_OF_ORDER] = {"registrar_out_of_order_total",
                                   "REGISTERs older than what they change", 0},
    [GW_REGISTRAR_FULL] = {"registrar_full_total", "users with more contacts than allowed", 0},
    [GW_REGISTRAR_EXPIRED] = {"registrar_expired_total", "bindings not renewed in time", 0},
    [GW_REGISTRAR_STATE_FAILURES] = {"registrar_state_failures_total",
                                     "bindings that could not be written to their file", 0},
    [GW_REGISTRAR_STATE_UNREADABLE] = {"registrar_state_unreadable_total",
                                       "lines of the file of bindings that could not be read", 0},
};

/* ---- life ---- */

static void on_save(void *arg)
{
    gw_registrar_state_write(arg);
}

int gw_registrar_read(struct gw_users **out, const struct gw_registrar_plan *plan,
                      struct rt_buf *why)
{
    struct conf_diag diag = {.errors = 0};
    int err = gw_users_load(out, plan->users, plan->realm, plan->users_at, &diag);

    if (err != 0)
        rt_buf_printf(why, "registrar: %s", diag.text.n > 0 ? diag.text.p : strerror(err));
    conf_diag_release(&diag);
    return err;
}

/** What was read with the plan, once. */
static struct gw_users *brought(struct gw_registrar_plan *plan)
{
    struct gw_users *users = plan->known;

    plan->known = NULL;
    return users;
}

static int first_users(struct gw_registrar *r, struct rt_buf *why)
{
    r->users = brought(r->plan);
    return r->users ? 0 : gw_registrar_read(&r->users, r->plan, why);
}

/** Reads the file, and writes it as of now: a line that stays in it goes by the clocks of another
 * start of the machine. */
static int start_state(struct gw_registrar *r, struct rt_buf *why)
{
    if (!r->plan->state)
        return 0;
    int err = gw_registrar_state_read(r);
    if (err == 0)
        err = gw_registrar_state_new(&r->state, r->plan->state);
    if (err == 0)
        gw_registrar_state_write(r);
    else
        rt_buf_printf(why, "registrar: %s: %s", r->plan->state, strerror(err));
    return err;
}

int gw_registrar_new(struct gw_registrar **out, struct rt_loop *loop,
                     struct gw_registrar_plan *plan, struct rt_buf *why)
{
    struct gw_registrar *r = calloc(1, sizeof *r);

    if (!r)
        return ENOMEM;
    r->loop = loop;
    r->plan = plan;
    rt_timer_init(&r->save, loop, on_save, r);
    int err = first_users(r, why);
    if (err == 0)
        err = start_state(r, why);
    if (err != 0) {
        gw_registrar_free(r);
        return err;
    }
    *out = r;
    return 0;
}

void gw_registrar_free(struct gw_registrar *r)
{
    if (!r)
        return;
    if (r->state)
        gw_registrar_state_write(r);
    gw_state_file_free(r->state);
    r->state = NULL;
    gw_registrar_clear(r, NULL);
    rt_timer_stop(&r->save);
    gw_users_free(r->users);
    free(r);
}

/** Bindings of users that are gone go too. */
static void drop_strangers(struct gw_registrar *r)
{
    struct gw_aor *a, *next;

    HASH_ITER(hh, r->aors, a, next)
    if (!gw_users_has(r->users, rt_str(a->user)))
        gw_registrar_clear(r, a->user);
}

void gw_registrar_take(struct gw_registrar *r, struct gw_users *users)
{
    gw_users_free(r->users);
    r->users = users;
    drop_strangers(r);
}

void gw_registrar_adopt(struct gw_registrar *r, struct gw_registrar_plan *plan)
{
    struct gw_registrar_plan *before = r->plan;
    struct gw_users *users = brought(plan);

    r->plan = plan;
    if (users && gw_users_outdated(users, r->users)) {
        gw_users_free(users);
    } else if (users) {
        if (strcmp(before->users, plan->users) != 0) {
            before->known = r->users;
            r->users = NULL;
        }
        gw_registrar_take(r, users);
    }
}

const struct gw_users *gw_registrar_users(const struct gw_registrar *r)
{
    return r->users;
}

/** True when `domain` is one of ours, or a numeric address. */
static bool serves(const struct gw_registrar *r, struct rt_str domain)
{
    union rt_addr numeric;

    for (unsigned i = 0; i < r->plan->ndomains; i++)
        if (rt_str_caseeq(domain, r->plan->domains[i]))
            return true;
    return rt_str_caseeq(domain, r->plan->realm) ||
           rt_addr_parse(&numeric, domain.p, domain.n, 0) == 0;
}

/* ---- a request ---- */

/** A REGISTER as it is judged. */
struct request {
    struct gw_registrar *r;
    const char *user;
    const struct sip_message *m;
    struct rt_buf *lines;
    struct sip_contact contact[CONTACTS_MAX];
    unsigned n;
    bool all; /* `*` */
    bool has_expires;
    uint32_t expires; /* of the request as a whole */
    uint32_t cseq;
};

/** Extensions that we would have to know (10.3 step 2). */
static int check_required(struct request *q)
{
    struct rt_buf required = {0};
    int status = 0;

    sip_message_list(&required, q->m, "Require");
    struct rt_str rest = rt_buf_str(&required);
    while (rest.n > 0) {
        struct rt_str tag = rt_str_trim(rt_str_cut(&rest, ','));
        if (rt_str_caseeq(tag, "path"))
            continue;
        rt_buf_printf(q->lines, "Unsupported: %.*s\r\n", RT_STR(tag));
        status = 420;
    }
    rt_buf_release(&required);
    return status;
}

/** Whose address it is about (steps 1, 4 and 5). */
static int check_address(const struct request *q)
{
    char name[GW_USER_LEN];

    if (!serves(q->r, sip_uri_domain(q->m->to_uri)))
        return 404;
    if (!sip_uri_user(name, sizeof name, q->m->to_uri) || strcmp(name, q->user) != 0)
        return 403;
    return 0;
}

static bool good_uri(struct rt_str uri)
{
    struct sip_uri u;

    return uri.n < GW_CONTACT_LEN && sip_uri_read(&u, uri) == 0 && u.scheme != SIP_SCHEME_TEL;
}

/** Reads the contacts (step 6). */
static int take_contacts(struct request *q)
{
    struct sip_contacts at = {.field = 0};
    struct sip_contact c;

    while (sip_contact_next(&c, &at, q->m)) {
        bool star = rt_str_eq(c.uri, "*");
        if (q->all || (star && q->n > 0) || (!star && !good_uri(c.uri)))
            return 400;
        if (star) {
            q->all = true;
            continue;
        }
        if (q->n == CONTACTS_MAX)
            return 403;
        q->contact[q->n++] = c;
    }
    return q->all && (!q->has_expires || q->expires != 0) ? 400 : 0;
}

/** Seconds that a contact asks for, at most what we give. */
static uint32_t lifetime(const struct request *q, const struct sip_contact *c)
{
    uint32_t longest = (uint32_t)(q->r->plan->max_expires / RT_S);
    uint32_t s = c->has_expires ? c->expires : q->has_expires ? q->expires : longest;

    return s < longest ? s : longest;
}

/** A change that is older than what it changes: same Call-ID, CSeq not higher. */
static bool out_of_order(const struct request *q, const struct gw_bound *b)
{
    return b && rt_str_eq(q->m->call_id, b->pub.call_id) && q->cseq <= b->pub.cseq;
}

static int check_contacts(struct request *q)
{
    uint32_t shortest = (uint32_t)(q->r->plan->min_expires / RT_S);
    unsigned n = gw_registrar_bounds(q->r, q->user);

    for (unsigned i = 0; i < q->n; i++) {
        const struct gw_bound *b = gw_registrar_same(q->r, q->user, q->contact[i].uri);
        uint32_t s = lifetime(q, &q->contact[i]);
        if (s > 0 && s < shortest) {
            rt_count(&gw_registrar_counters[GW_REGISTRAR_BRIEF]);
            rt_buf_printf(q->lines, "Min-Expires: %u\r\n", shortest);
            return 423;
        }
        if (out_of_order(q, b)) {
            rt_count(&gw_registrar_counters[GW_REGISTRAR_OUT_OF_ORDER]);
            return 500;
        }
        n += s > 0 && !b;
        n -= s == 0 && b;
    }
    if (n > q->r->plan->contacts && n > gw_registrar_bounds(q->r, q->user)) {
        rt_count(&gw_registrar_counters[GW_REGISTRAR_FULL]);
        return 403;
    }
    return 0;
}

/** `*`: every binding goes, unless one is newer (step 6). */
static int remove_all(struct request *q)
{
    struct gw_binding list[CONTACTS_MAX];
    unsigned n = gw_registrar_find(q->r, rt_str(q->user), list, CONTACTS_MAX);

    for (unsigned i = 0; i < n; i++)
        if (rt_str_eq(q->m->call_id, list[i].call_id) && q->cseq <= list[i].cseq) {
            rt_count(&gw_registrar_counters[GW_REGISTRAR_OUT_OF_ORDER]);
            return 500;
        }
    gw_registrar_clear(q->r, q->user);
    return 0;
}

static int bind_one(struct request *q, const struct sip_contact *c, const struct gw_binding *like)
{
    char uri[GW_CONTACT_LEN];
    struct gw_binding b = *like;
    struct gw_bound *old = gw_registrar_same(q->r, q->user, c->uri);
    uint32_t s = lifetime(q, c);

    if (s == 0) {
        if (old)
            gw_registrar_unbind(q->r, old);
        return 0;
    }
    rt_str_copy(uri, sizeof uri, c->uri);
    b.uri = uri;
    b.q = c->q;
    b.expires = rt_now() + s * RT_S;
    return gw_registrar_bind(q->r, &b) == 0 ? 0 : 500;
}

static int apply(struct request *q)
{
    char call_id[TEXT_MAX], agent[TEXT_MAX];
    struct rt_buf path = {0};
    int status = 0;

    if (!rt_str_copy(call_id, sizeof call_id, q->m->call_id))
        return 400; /* its order could not be told */
    rt_str_copy(agent, sizeof agent, sip_message_header(q->m, "User-Agent", 0));
    sip_message_list(&path, q->m, "Path");
    if (path.n >= GW_PATH_LEN) {
        rt_buf_release(&path);
        return 400; /* a Route that is cut leads nowhere */
    }
    struct gw_binding like = {.user = q->user,
                              .path = path.n > 0 ? path.p : "",
                              .call_id = call_id,
                              .agent = agent,
                              .cseq = q->cseq,
                              .received = q->m->from_addr,
                              .transport = q->m->transport,
                              .conn = q->m->conn};
    for (unsigned i = 0; i < q->n && status == 0; i++)
        status = bind_one(q, &q->contact[i], &like);
    if (path.n > 0 && q->n > 0) /* RFC 3327 5.3 */
        rt_buf_printf(q->lines, "Path: %s\r\n", path.p);
    if (path.failed)
        status = 500;
    rt_buf_release(&path);
    return status;
}

/** What there is now (step 8). */
static void list_contacts(const struct request *q)
{
    struct gw_binding list[CONTACTS_MAX];
    unsigned n = gw_registrar_find(q->r, rt_str(q->user), list, CONTACTS_MAX);
    rt_time now = rt_now();

    for (unsigned i = 0; i < n; i++) {
        rt_buf_printf(q->lines, "Contact: <%s>", list[i].uri);
        if (list[i].q < 1000)
            rt_buf_printf(q->lines, ";q=0.%03u", list[i].q);
        rt_buf_printf(q->lines, ";expires=%u\r\n",
                      (unsigned)((list[i].expires - now + RT_S - 1) / RT_S));
    }
}

static int serve(struct request *q)
{
    static int (*const steps[])(struct request *) = {take_contacts, check_contacts};
    int status = check_required(q);

    if (status == 0)
        status = check_address(q);
    for (size_t i = 0; i < RT_COUNT(steps) && status == 0; i++)
        status = steps[i](q);
    if (status == 0)
        status = q->all ? remove_all(q) : apply(q);
    if (status == 0)
        list_contacts(q);
    return status == 0 ? 200 : status;
}

void gw_registrar_request(struct gw_registrar *r, const char *user, const struct sip_message *m,
                          struct sip_reply *reply)
{
    struct request q = {.r = r, .user = user, .m = m, .lines = &reply->lines};

    rt_count(&gw_registrar_counters[GW_REGISTRAR_REQUESTS]);
    q.has_expires = sip_message_seconds(&q.expires, m, "Expires");
    q.cseq = sip_message_cseq(m);
    reply->status = serve(&q);
    if (reply->status != 200)
        rt_count(&gw_registrar_counters[GW_REGISTRAR_REFUSED]);
    if (reply->lines.failed) {
        rt_buf_release(&reply->lines);
        reply->lines = (struct rt_buf){0};
        reply->status = 500;
    }
}
