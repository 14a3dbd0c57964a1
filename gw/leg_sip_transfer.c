/* Transfers as SIP peers ask for them: REFER (RFC 3515), Replaces (RFC 3891) in its Refer-To or in
 * an INVITE, Referred-By (RFC 3892). What becomes of a REFER is told by NOTIFY.
 *
 * A Refer-To is a number that the plan routes as if the peer had called it; its host is not asked.
 * With a Replaces that names a leg of ours two calls are joined. One that names a dialog elsewhere
 * is the peer's business: the INVITE goes back to it with the same Replaces.
 */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/leg_sip_secure.h"

/** RFC 5589 leaves it to the transferor to end its call; some never do. */
#define PARTING (32 * RT_S)

/* ---- what was asked for ---- */

/** A Refer-To in its parts. */
struct refer {
    struct dp_number number; /**< no digits: it is none */
    char replaces[512];      /**< unescaped; empty: none */
    struct rt_buf target;    /**< the URI without its header fields */
    struct rt_buf lines;     /**< for the INVITE */
};

static void refer_release(struct refer *r)
{
    rt_buf_release(&r->target);
    rt_buf_release(&r->lines);
}

/** No escape may bring a line of its own. */
static bool one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            return false;
    return true;
}

/** Who asks for it (RFC 3892 3), without parameters: they point into the REFER. */
static void take_referrer(struct refer *r, const struct sip_message *msg)
{
    struct sip_name_addr by;
    struct sip_uri u;

    sip_name_addr(&by, gw_header(msg, "Referred-By", 0));
    if (by.uri.n < LEG_SIP_URI_LEN && sip_uri_read(&u, by.uri) == 0)
        rt_buf_printf(&r->lines, "Referred-By: <%.*s>\r\n", RT_STR(by.uri));
}

/** 0, or the status that refuses it. Of the header fields in the URI only Replaces counts (RFC 3261
 * 19.1.5 leaves it to us). */
static int read_refer(struct refer *r, const struct sip_message *msg)
{
    struct sip_name_addr to;
    struct sip_uri u;

    memset(r, 0, sizeof *r);
    sip_name_addr(&to, gw_header(msg, "Refer-To", 0));
    if (to.uri.n >= LEG_SIP_URI_LEN + sizeof r->replaces || sip_uri_read(&u, to.uri) != 0)
        return 400;
    struct rt_str method = sip_uri_param(&u, "method"), replaces = sip_uri_header(&u, "Replaces");
    if (method.p && !rt_str_caseeq(method, "INVITE"))
        return 501;
    if (replaces.p && (sip_uri_unescape(r->replaces, sizeof r->replaces, replaces) != 0 ||
                       !one_line(r->replaces) || r->replaces[0] == '\0'))
        return 400;
    u.headers = (struct rt_str){"", 0};
    sip_uri_write(&r->target, &u);
    take_referrer(r, msg);
    if (dp_number_from_uri(&r->number, rt_buf_str(&r->target)) != 0)
        memset(&r->number, 0, sizeof r->number);
    return r->number.digits[0] || r->replaces[0] ? 0 : 484;
}

/* ---- REFER ---- */

/** The leg of ours that a Replaces names, or NULL. */
static struct leg_sip *find(struct gw *gw, const char *replaces, bool *early_only)
{
    struct sip_session *s = sip_session_named(gw->sip, rt_str(replaces), early_only);
    return s ? sip_session_owner(s) : NULL;
}

/** A peer that may not transfer its calls does not have them taken from it either. */
static bool may_be_taken(const struct leg_sip *l)
{
    return l->leg.call && !l->leg.done && l->leg.trunk->session.sip.refer;
}

static void join(struct leg_sip *l, struct leg_sip *second)
{
    unsigned cause = may_be_taken(second) && second->answered
                         ? gw_call_transfer_to(&l->leg, &second->leg)
                         : 21; /* call rejected */
    struct gw_event ev = {.type = GW_EV_TRANSFER,
                          .cause = {.q850 = (uint8_t)cause, .location = GW_LOC_PUBLIC_LOCAL}};

    if (cause != 0)
        leg_sip_say_transfer(l, &ev);
}

static void start(struct leg_sip *l, struct refer *r)
{
    struct gw_transfer to = {.called = r->number};

    if (r->replaces[0]) {
        rt_buf_printf(&r->lines, "Replaces: %s\r\nRequire: replaces\r\n", r->replaces);
        to.target = rt_buf_str(&r->target);
    }
    to.lines = rt_buf_str(&r->lines);
    gw_call_transfer(&l->leg, &to);
}

void leg_sip_referred(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg, *second = NULL;
    bool early_only;
    struct refer r;
    int status = read_refer(&r, msg);

    if (status == 0 && (r.lines.failed || r.target.failed))
        status = 500;
    if (status == 0 && r.replaces[0])
        second = find(l->leg.gw, r.replaces, &early_only);
    if (second == l)
        status = 400;
    if (status == 0 && !gw_call_transferable(&l->leg))
        status = 603;
    sip_session_refer_answer(s, status ? status : 202);
    if (status == 0 && second)
        join(l, second);
    else if (status == 0)
        start(l, &r);
    refer_release(&r);
}

void leg_sip_say_transfer(struct leg_sip *l, const struct gw_event *ev)
{
    int status = ev->status ? ev->status : gw_cause_to_sip(&l->leg.trunk->causes, &ev->cause, NULL);

    sip_session_notify(l->session, status);
    if (status == 200)
        rt_timer_start(&l->parting, PARTING);
}

void leg_sip_parted(void *arg)
{
    struct gw_cause cause = {.q850 = 16, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY};
    struct sip_reason reason;

    leg_sip_reason(&reason, &cause);
    leg_sip_end(arg, &cause, &reason);
}

/* ---- INVITE with Replaces ---- */

/** 0, or the status that refuses it (RFC 3891 3). Who knows the tags is the one that was told. */
static int find_replaced(struct leg_sip **out, struct gw *gw, const struct sip_message *msg)
{
    char replaces[512];
    bool early_only;

    *out = NULL;
    if (gw_header(msg, "Replaces", 1).n > 0 ||
        !rt_str_copy(replaces, sizeof replaces, gw_header(msg, "Replaces", 0)))
        return 400;
    struct leg_sip *l = find(gw, replaces, &early_only);
    if (!l || (!l->answered && l->incoming))
        return 481;
    if (!may_be_taken(l))
        return 603;
    if (l->answered && early_only)
        return 486;
    *out = l;
    return 0;
}

static int take_over(struct leg_sip *old, struct leg_sip *l)
{
    if (l->offer.failed)
        return 500;
    unsigned cause = gw_call_replace(&old->leg, &l->leg);
    struct gw_cause c = {.q850 = (uint8_t)cause, .location = GW_LOC_PUBLIC_LOCAL};
    return cause ? gw_cause_to_sip(&l->leg.trunk->causes, &c, NULL) : 0;
}

static void refuse(struct sip_session *s, int status)
{
    sip_session_refuse(s, status, NULL, NULL, NULL, 0);
    sip_session_close(s, NULL);
}

/** The leg that was to take over is none: it goes with the last word of its session. */
static void give_up(struct leg_sip *l, int status)
{
    struct sip_session *s = l->session;

    leg_sip_close_port(l);
    l->session = NULL;
    l->leaving = true;
    refuse(s, status);
}

void leg_sip_replacing(struct gw *gw, struct sip_session *s, const struct gw_trunk *trunk,
                       const struct sip_message *msg)
{
    struct rt_str sdp;
    struct leg_sip *old, *l = NULL;
    int status = find_replaced(&old, gw, msg);

    if (status == 0)
        status = leg_sip_description(&sdp, msg);
    if (status == 0 && (leg_sip_unusable(trunk, msg) || leg_sip_unprotected(trunk, msg)))
        status = 488;
    if (status == 0 && !(l = leg_sip_new(gw, trunk)))
        status = 500;
    if (status != 0) {
        refuse(s, status);
        return;
    }
    rt_buf_put(&l->offer, sdp.p, sdp.n);
    l->session = s;
    l->sessions = 1;
    l->incoming = true;
    rt_str_copy(l->leg.call_id, sizeof l->leg.call_id, msg->call_id);
    sip_session_own(s, &leg_sip_session_ops, l);
    status = take_over(old, l);
    if (status != 0)
        give_up(l, status);
}
