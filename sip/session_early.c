/* The early dialogs of our INVITE: forks that send reliable provisionals, and our PRACKs to them
 * (RFC 3262 4).
 */
#include "sip/session.h"
#include "sip/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct sip_early *sip_early_find(const struct sip_session *s, struct rt_str tag)
{
    struct sip_early *e;

    LL_FOREACH(s->early, e)
    if (rt_str_eq(tag, e->d.remote_tag))
        return e;
    return NULL;
}

static void early_free(struct sip_early *e)
{
    sip_dialog_release(&e->d);
    rt_buf_release(&e->answer);
    free(e);
}

static struct sip_early *early_new(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_early *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    if (sip_dialog_fork(&e->d, s->ua, m, &s->d.flow, s->opt.symmetric) != 0) {
        early_free(e);
        return NULL;
    }
    LL_PREPEND(s->early, e);
    return e;
}

bool sip_early_unhear(struct sip_session *s)
{
    struct sip_early *e = s->media_tag ? sip_early_find(s, rt_str(s->media_tag)) : NULL;

    if (e)
        e->agreed = false;
    free(s->media_tag);
    s->media_tag = NULL;
    s->vehicle = SIP_V_NONE;
    s->offer_early = NULL;
    sip_session_drop_offer(s);
    s->exchange = s->offered ? SIP_X_OURS : SIP_X_NONE;
    return sip_session_drop_update(s);
}

void sip_early_free(struct sip_session *s)
{
    while (s->early) {
        struct sip_early *e = s->early;
        bool chosen = s->d.remote_tag && strcmp(e->d.remote_tag, s->d.remote_tag) == 0;
        sip_inside_rebase(s, &e->d, chosen ? &s->d : NULL);
        LL_DELETE(s->early, e);
        early_free(e);
    }
    s->offer_early = NULL;
}

/** RSeq, or 0: it is not a reliable provisional. */
static uint32_t rseq_of(const struct sip_session *s, const struct sip_msg *m)
{
    uint64_t n;

    if (s->opt.reliable == SIP_OFF || m->to_tag.n == 0 ||
        !sip_has_token(&m->scan, "Require", "100rel") ||
        rt_str_u64(&n, rt_str_trim(sip_scan_header(&m->scan, "RSeq", 0)), UINT32_MAX) != 0)
        return 0;
    return (uint32_t)n;
}

/** Offers are answered one at a time. Should the first fork go, another's offer comes again. */
static bool cannot_answer(const struct sip_session *s, const struct sip_msg *m)
{
    if (s->vehicle == SIP_V_PRACK && rt_str_eq(m->to_tag, s->offer_early->d.remote_tag))
        return true;
    return !s->offered && m->pub.body.data.n > 0 && s->media_tag &&
           !rt_str_eq(m->to_tag, s->media_tag);
}

bool sip_early_take(struct sip_session *s, const struct sip_msg *m, struct sip_early **early)
{
    uint32_t rseq = rseq_of(s, m);

    *early = NULL;
    if (rseq == 0)
        return true;
    if (cannot_answer(s, m))
        return false;
    struct sip_early *e = sip_early_find(s, m->to_tag);
    if (!e)
        e = early_new(s, m);
    else if (rseq != e->rseq + 1) {
        rt_count(&sip_counters[rseq <= e->rseq ? SIP_RX_RETRANSMITTED : SIP_RX_OUT_OF_ORDER]);
        return false;
    } else
        sip_dialog_refresh(&e->d, s->ua, m);
    if (!e)
        return false; /* it comes again */
    e->rseq = rseq;
    *early = e;
    return true;
}

/** What a refusal or silence means shows in the INVITE's own answer. */
static void on_described_prack(struct sip_session *s, enum sip_client_event ev,
                               const struct sip_msg *m)
{
    (void)ev;
    (void)m;
    s->pracks--;
}

void sip_early_prack(struct sip_session *s, struct sip_early *e, const struct sip_body *body,
                     bool described)
{
    char line[48];
    struct sip_extras x = {.body = body};

    snprintf(line, sizeof line, "RAck: %u %u INVITE\r\n", e->rseq, s->sent_cseq);
    x.lines = rt_str(line);
    if (sip_inside_send(s, &e->d, "PRACK", &x, described ? on_described_prack : NULL) && described)
        s->pracks++;
}
