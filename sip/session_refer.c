/* Transfers: REFER with its implicit subscription (RFC 3515), both roles, one at a time in a
 * dialog; and the session that a Replaces names (RFC 3891).
 */
#include "sip/session.h"
#include "sip/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SUBSCRIPTION 60 /* seconds that an active subscription is said to last */

struct sip_transfer {
    struct sip_strans *st; /**< their REFER, until it is answered */
    uint32_t cseq;         /**< of the REFER: the subscription's id */
    bool silent;           /**< they want no NOTIFY (RFC 4488) */
    bool told;             /**< the last NOTIFY is out, or in */
    sip_refer_fn *fn;      /**< ours */
    void *arg;
};

void sip_transfer_free(struct sip_session *s)
{
    if (!s->transfer)
        return;
    sip_strans_detach(s->transfer->st);
    free(s->transfer);
    s->transfer = NULL;
}

void sip_transfer_drop(struct sip_session *s)
{
    if (s->transfer && s->transfer->st)
        sip_session_refer_answer(s, 487);
}

/* ---- theirs ---- */

/** True when exactly one Refer-To is there (RFC 3515 2.4.1). */
static bool well_formed(const struct sip_msg *m)
{
    struct rt_str rest = sip_scan_header(&m->scan, "Refer-To", 0);

    return sip_list_next(&rest).n > 0 && sip_list_next(&rest).n == 0 &&
           sip_scan_header(&m->scan, "Refer-To", 1).n == 0;
}

static int refer_conflict(const struct sip_session *s, const struct sip_msg *m)
{
    if (s->quiet || s->state != SIP_S_UP)
        return 481;
    if (!s->opt.refer || !s->ops->referred)
        return 603;
    if (!well_formed(m))
        return 400;
    return s->transfer && !s->transfer->told ? 491 : 0;
}

void sip_session_referred(struct sip_session *s, const struct sip_msg *m,
                          const struct sip_flow *flow)
{
    int status = refer_conflict(s, m);

    if (status == 0) {
        sip_transfer_free(s);
        s->transfer = calloc(1, sizeof *s->transfer);
        if (!s->transfer || sip_strans_new(&s->transfer->st, m, s->ua, flow, s, NULL, NULL) != 0) {
            free(s->transfer);
            s->transfer = NULL;
            status = 500;
        }
    }
    if (status != 0) {
        sip_session_answer_status(s, m, flow, status);
        return;
    }
    s->transfer->cseq = m->cseq;
    s->transfer->silent =
        rt_str_caseeq(rt_str_trim(sip_scan_header(&m->scan, "Refer-Sub", 0)), "false");
    s->ops->referred(s->arg, s, &m->pub);
}

int sip_session_refer_answer(struct sip_session *s, int status)
{
    struct sip_transfer *t = s->transfer;
    bool silent = t && t->silent && status < 300;

    if (!t || !t->st)
        return EPROTO;
    sip_strans_respond(
        t->st, &(struct sip_response){.status = status,
                                      .tag = s->d.local_tag,
                                      .contact = s->d.contact,
                                      .lines = rt_str(silent ? "Refer-Sub: false\r\n" : "")});
    sip_strans_detach(t->st);
    t->st = NULL;
    t->told = status >= 300;
    return status < 300 ? sip_session_notify(s, 100) : 0;
}

int sip_session_notify(struct sip_session *s, int status)
{
    struct sip_transfer *t = s->transfer;
    char lines[160], fragment[120], state[40];

    if (!t || t->told || t->fn || s->state != SIP_S_UP)
        return EPROTO;
    t->told = status >= 200;
    if (t->silent)
        return 0;
    snprintf(state, sizeof state, "active;expires=%d", SUBSCRIPTION);
    snprintf(lines, sizeof lines, "Event: refer;id=%u\r\nSubscription-State: %s\r\n", t->cseq,
             t->told ? "terminated;reason=noresource" : state);
    snprintf(fragment, sizeof fragment, "SIP/2.0 %d %s\r\n", status, sip_phrase(status));
    struct sip_body body = {rt_str("message/sipfrag;version=2.0"), rt_str(fragment)};
    struct sip_extras x = {.lines = rt_str(lines), .body = &body};
    return sip_inside_send(s, &s->d, "NOTIFY", &x, NULL) ? 0 : ENOMEM;
}

/* ---- ours ---- */

/** Tells the last word, once. */
static void tell(struct sip_session *s, int status)
{
    struct sip_transfer *t = s->transfer;

    if (!t || !t->fn || t->told)
        return;
    t->told = status == 0 || status >= 200;
    t->fn(t->arg, status);
}

static void on_refer(struct sip_session *s, enum sip_client_event ev, const struct sip_msg *m)
{
    if (ev != SIP_CT_FINAL)
        tell(s, 0);
    else if (m->pub.status >= 300)
        tell(s, m->pub.status);
}

int sip_session_refer(struct sip_session *s, struct rt_str refer_to, struct rt_str lines,
                      sip_refer_fn *fn, void *arg)
{
    struct rt_buf all = {0};

    if (s->state != SIP_S_UP)
        return EPROTO;
    if (s->transfer && !s->transfer->told)
        return EALREADY;
    sip_transfer_free(s);
    s->transfer = calloc(1, sizeof *s->transfer);
    if (!s->transfer)
        return ENOMEM;
    s->transfer->fn = fn;
    s->transfer->arg = arg;
    rt_buf_printf(&all, "Refer-To: <%.*s>\r\n%.*s", RT_STR(refer_to), RT_STR(lines));
    struct sip_extras x = {.lines = rt_buf_str(&all)};
    int err = sip_inside_send(s, &s->d, "REFER", &x, on_refer) ? 0 : ENOMEM;
    rt_buf_release(&all);
    return err;
}

/** The status in a message/sipfrag body; 0: there is none. */
static int fragment_status(struct rt_str body)
{
    struct rt_str line = rt_str_cut(&body, '\n'), version = rt_str_cut(&line, ' ');
    uint64_t status;

    if (!rt_str_caseeq(version, "SIP/2.0") ||
        rt_str_u64(&status, rt_str_trim(rt_str_cut(&line, ' ')), 699) != 0 || status < 100)
        return 0;
    return (int)status;
}

void sip_session_notified(struct sip_session *s, const struct sip_msg *m,
                          const struct sip_flow *flow)
{
    struct rt_str event = sip_scan_header(&m->scan, "Event", 0);
    struct rt_str state = sip_scan_header(&m->scan, "Subscription-State", 0);
    int status = fragment_status(m->pub.body.data);

    if (!rt_str_caseeq(rt_str_trim(rt_str_cut(&event, ';')), "refer")) {
        sip_session_answer_status(s, m, flow, 489);
        return;
    }
    if (!s->transfer || !s->transfer->fn) {
        sip_session_answer_status(s, m, flow, 481);
        return;
    }
    sip_session_answer_status(s, m, flow, 200);
    if (s->quiet)
        return;
    if (status)
        tell(s, status);
    if (!s->quiet && rt_str_caseeq(rt_str_trim(rt_str_cut(&state, ';')), "terminated"))
        tell(s, 0);
}

/* ---- Replaces ---- */

/** RFC 3891 3: confirmed, or early and called by us. */
static bool may_be_replaced(const struct sip_session *s, struct rt_str call_id, struct rt_str tag)
{
    if (s->quiet || tag.n == 0 || !rt_str_eq(call_id, s->d.call_id))
        return false;
    if (s->state == SIP_S_PROCEEDING)
        return sip_early_find(s, tag) != NULL;
    return s->state == SIP_S_UP && rt_str_eq(tag, s->d.remote_tag);
}

struct sip_session *sip_session_replaced(struct sip_ua *ua, const struct sip_message *msg,
                                         bool *early_only)
{
    return sip_session_named(ua, sip_message_header(msg, "Replaces", 0), early_only);
}

struct sip_session *sip_session_named(struct sip_ua *ua, struct rt_str params, bool *early_only)
{
    struct rt_str call_id = rt_str_trim(rt_str_cut(&params, ';'));
    struct rt_str ours = sip_param(params, "to-tag"), theirs = sip_param(params, "from-tag");
    struct sip_session *s = NULL;

    *early_only = sip_param(params, "early-only").p != NULL;
    if (ours.n == SIP_TAG_LEN - 1)
        HASH_FIND(hh, ua->sessions, ours.p, SIP_TAG_LEN - 1, s);
    return s && may_be_replaced(s, call_id, theirs) ? s : NULL;
}
