/* `show`: trunks, spans and their channels. */
#include "gw/admin/control_priv.h"
#include "gw/mgcp_status.h"
#include "gw/peer.h"
#include "gw/registrar.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <stdio.h>

/* ---- trunks ---- */

/** The span with this number, or NULL. */
static const struct gw_span *span_of(const struct gw *gw, unsigned id)
{
    for (unsigned i = 0; i < gw->nspans; i++)
        if (gw->plan->spans[i].id == id)
            return &gw->spans[i];
    return NULL;
}

static unsigned count_bits(uint32_t set)
{
    return (unsigned)__builtin_popcount(set);
}

void gw_answer_trunk(struct gw_answer *a, const struct gw_trunk *t)
{
    struct gw_peer_status peer;

    gw_answer_begin(a, "trunk");
    gw_answer_text(a, "trunk", t->name);
    gw_answer_text(a, "kind", gw_trunk_kind_name(t->kind));
    gw_answer_where(a, t);
    gw_answer_text(a, "numbers", dp_format_name(t->numbers));
    gw_answer_number(a, "calls", gw_trunk_calls(a->gw, t));
    if (t->kind == GW_TRUNK_SPAN) {
        const struct gw_span *span = span_of(a->gw, t->span->id);
        gw_answer_number(a, "channels", count_bits(t->channels));
        if (span) {
            struct gw_span_status s;
            gw_span_status(&s, span->isdn);
            gw_answer_number(a, "free", gw_span_free(span->isdn, t->channels));
            gw_answer_flag(a, "up", s.dchannel_up);
        }
    } else if (t->kind == GW_TRUNK_MGCP) {
        gw_answer_number(a, "channels", t->mgcp->nendpoints);
        gw_answer_number(a, "free", gw_mgcp_free(a->gw, t));
        gw_answer_flag(a, "up", gw_mgcp_up(a->gw, t));
    } else if (t->registered) { /* up as long as somebody can be called */
        gw_answer_flag(a, "up", gw_registrar_count(a->gw->registrar) > 0);
    } else if (t->by_enum) {
        gw_answer_flag(a, "up", true);
    } else if (gw_peer_status(a->gw, t, &peer)) {
        gw_answer_flag(a, "up", peer.state == GW_PEER_UP);
    }
    gw_answer_text(a, "service", gw_service_name(gw_trunk_service(a->gw, t)));
    gw_answer_end(a);
}

int gw_show_trunks(struct gw_answer *a, const struct gw_args *args)
{
    (void)args;
    for (unsigned i = 0; i < a->plan->ntrunks; i++)
        gw_answer_trunk(a, &a->plan->trunks[i]);
    if (a->plan->ntrunks == 0)
        snprintf(a->note, sizeof a->note, "no trunks");
    return GW_EXIT_OK;
}

/* ---- spans ---- */

static void span_head(struct gw_answer *a, const struct gw_span_plan *p,
                      const struct gw_span_status *s)
{
    gw_answer_number(a, "span", s->id);
    gw_answer_text(a, "line", isdn_rate_name(p->rate));
    gw_answer_text(a, "variant", p->variant->name);
    gw_answer_text(a, "side", p->network ? "network" : "user");
    gw_answer_text(a, "alarm", s->alarm);
    gw_answer_text(a, "dchannel", s->dchannel_up ? "up" : "down");
    gw_answer_number(a, "dchannel_ms", (rt_now() - s->dchannel_since) / RT_MS);
    gw_answer_number(a, "calls", s->calls);
    gw_answer_number(a, "held", s->held);
    gw_answer_number(a, "idle", s->idle);
    gw_answer_number(a, "busy", s->busy);
    gw_answer_number(a, "other", s->other);
    gw_answer_number(a, "slips", (int64_t)s->slips);
    gw_answer_number(a, "lost", (int64_t)s->lost);
}

/** What the interface card counted since the span was opened. */
static void card_detail(struct gw_answer *a, const struct gw_span_plan *p,
                        const struct gw_span_status *s)
{
    gw_answer_number(a, "dahdi", p->dahdi);
    gw_answer_number(a, "violations", (int64_t)s->violations);
    gw_answer_number(a, "crc_errors", (int64_t)s->crc_errors);
    gw_answer_number(a, "e_bits", (int64_t)s->e_bits);
    gw_answer_number(a, "frame_errors", (int64_t)s->frame_errors);
    gw_answer_number(a, "errored_seconds", (int64_t)s->errored_seconds);
    gw_answer_number(a, "irq_misses", (int64_t)s->irq_misses);
}

static void span_detail(struct gw_answer *a, const struct gw_span_plan *p,
                        const struct gw_span_status *s)
{
    char local[RT_ADDR_LEN], remote[RT_ADDR_LEN];

    if (p->kind == GW_SPAN_DAHDI) {
        card_detail(a, p, s);
    } else {
        gw_answer_text(a, "local", rt_addr_format(local, &p->local));
        gw_answer_text(a, "remote", rt_addr_format(remote, &p->remote));
    }
    gw_answer_number(a, "frames", p->frames);
    gw_answer_number(a, "dchannel_timeslot", p->dchannel);
    gw_answer_number(a, "rx_packets", (int64_t)s->rx_packets);
    gw_answer_number(a, "tx_packets", (int64_t)s->tx_packets);
    gw_answer_number(a, "reordered", (int64_t)s->reordered);
    gw_answer_number(a, "late", (int64_t)s->late);
    gw_answer_number(a, "malformed", (int64_t)s->malformed);
    gw_answer_number(a, "foreign", (int64_t)s->foreign);
    gw_answer_number(a, "underruns", (int64_t)s->underruns);
    gw_answer_number(a, "hdlc_bad", (int64_t)s->hdlc_bad);
    gw_answer_number(a, "jitter_frames", s->jitter_frames);
    gw_answer_number(a, "late_sent", (int64_t)s->late_sent);
    gw_answer_number(a, "tick_late_max_us", s->tick_late_max);
}

void gw_answer_span(struct gw_answer *a, const struct gw_span *span)
{
    struct gw_span_status s;

    gw_span_status(&s, span->isdn);
    gw_answer_begin(a, "spans");
    span_head(a, &a->plan->spans[span->index], &s);
    gw_answer_end(a);
}

int gw_show_spans(struct gw_answer *a, const struct gw_args *args)
{
    (void)args;
    for (unsigned i = 0; i < a->gw->nspans; i++)
        gw_answer_span(a, &a->gw->spans[i]);
    if (a->gw->nspans == 0)
        snprintf(a->note, sizeof a->note, "no spans");
    return GW_EXIT_OK;
}

const struct gw_span *gw_control_span(struct gw_answer *a, const char *text)
{
    const struct gw_span *span = NULL;
    uint64_t id = 0;

    if (rt_str_u64(&id, rt_str(text), UINT32_MAX) == 0)
        span = span_of(a->gw, (unsigned)id);
    if (!span)
        gw_answer_fail(a, GW_EXIT_FAILED, "%.20s: no such span", text);
    return span;
}

/** Q.931's and Q.921's, as they run on this span. */
static void list_timers(struct gw_answer *a, const struct gw_span *span)
{
    char value[24];

    for (enum isdn_timer t = 0; t < ISDN_NTIMERS; t++) {
        const struct isdn_timer_row *row = isdn_timer_row(t);
        long long v = (long long)gw_span_timer(span->isdn, t);
        if (row->count)
            snprintf(value, sizeof value, "%lld", v);
        else
            snprintf(value, sizeof value, "%lldms", v / RT_MS);
        gw_answer_begin(a, "timer");
        gw_answer_text(a, "timer", row->name);
        gw_answer_text(a, "value", value);
        gw_answer_text(a, "what", row->what);
        gw_answer_end(a);
    }
}

int gw_show_span(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_span *span = gw_control_span(a, args->arg[0]);
    struct gw_span_status s;

    if (!span)
        return GW_EXIT_FAILED;
    gw_span_status(&s, span->isdn);
    gw_answer_begin(a, "span");
    span_head(a, &a->plan->spans[span->index], &s);
    span_detail(a, &a->plan->spans[span->index], &s);
    gw_answer_text(a, "busy_out", gw_busy_out_word(span));
    gw_answer_end(a);
    list_timers(a, span);
    return GW_EXIT_OK;
}

int gw_loopback(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_span *span = gw_control_span(a, args->arg[0]);
    const char *mode = args->arg[1];

    if (!span)
        return GW_EXIT_FAILED;
    int err = gw_span_loop(span->isdn, mode);
    if (err == EINVAL)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: none of local, remote, off", mode);
    if (err == ENOTSUP)
        return gw_answer_fail(a, GW_EXIT_FAILED, "span %.20s is no interface card's: no loops",
                              args->arg[0]);
    if (err == ENOSYS)
        return gw_answer_fail(a, GW_EXIT_FAILED, "span %.20s: its card has no loops", args->arg[0]);
    if (err != 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "span %.20s: %s", args->arg[0], strerror(err));
    snprintf(a->note, sizeof a->note, "span %.20s: loopback %.20s", args->arg[0], mode);
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "span %.20s: loopback %.20s by the operator", args->arg[0],
           mode);
    return GW_EXIT_OK;
}

/* ---- channels ---- */

/** Which leg holds a channel: names are compared, as the records have them. */
static const struct gw_call *call_on(const struct gw *gw, const char *channel)
{
    for (const struct gw_leg *leg = gw->legs; leg; leg = leg->next) {
        char name[12] = "";
        leg->ops->channel(leg, name, sizeof name);
        if (leg->call && !leg->away && strcmp(name, channel) == 0)
            return leg->call;
    }
    return NULL;
}

static void list_call(struct gw_answer *a, const struct gw_call *call)
{
    gw_answer_number(a, "call", call->number);
    gw_answer_text(a, "caller", call->cdr.caller);
    gw_answer_text(a, "called", call->cdr.called);
}

/** What Q.931 does there, and until when. */
static void channel_detail(struct gw_answer *a, const struct gw_channel_status *c)
{
    rt_time now = rt_now();

    if (c->since > 0)
        gw_answer_number(a, "since_ms", (now - c->since) / RT_MS);
    if (c->call_state)
        gw_answer_text(a, "call_state", c->call_state);
    if (c->timer)
        gw_answer_text(a, "timer", c->timer);
    if (c->due > now)
        gw_answer_number(a, "timer_ms", (c->due - now) / RT_MS);
}

static void list_channel(struct gw_answer *a, unsigned span, unsigned timeslot,
                         const struct gw_channel_status *c)
{
    const struct gw_trunk *trunk = gw_plan_channel(a->plan, span, timeslot);
    char name[32];

    snprintf(name, sizeof name, "%u/%u", span, timeslot);
    const struct gw_call *call = call_on(a->gw, name);
    gw_answer_begin(a, "channel");
    gw_answer_text(a, "channel", name);
    gw_answer_text(a, "state", c->state);
    gw_answer_text(a, "blocked", c->blocked);
    gw_answer_text(a, "trunk", trunk ? trunk->name : "");
    channel_detail(a, c);
    if (call)
        list_call(a, call);
    gw_answer_end(a);
}

/** Held calls have no channel: the last one they had says which span they are of. */
static void list_held(struct gw_answer *a, unsigned span)
{
    char head[16];
    int n = snprintf(head, sizeof head, "%u/", span);

    for (const struct gw_leg *leg = a->gw->legs; leg; leg = leg->next) {
        char name[12] = "";
        if (!leg->away || leg->done || !leg->call)
            continue;
        leg->ops->channel(leg, name, sizeof name);
        if (strncmp(name, head, (size_t)n) != 0)
            continue;
        gw_answer_begin(a, "channel");
        gw_answer_text(a, "channel", "-");
        gw_answer_text(a, "state", "held");
        gw_answer_text(a, "trunk", leg->trunk->name);
        list_call(a, leg->call);
        gw_answer_end(a);
    }
}

int gw_show_channels(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_span *span = gw_control_span(a, args->arg[0]);
    struct gw_channel_status c;

    if (!span)
        return GW_EXIT_FAILED;
    for (unsigned ts = 0; ts < GW_TIMESLOTS; ts++)
        if (gw_channel_status(&c, span->isdn, ts))
            list_channel(a, a->plan->spans[span->index].id, ts, &c);
    list_held(a, a->plan->spans[span->index].id);
    return GW_EXIT_OK;
}
