/* The MGCP adapter, call agent's side: lines and trunks of gateways as legs (RFC 3435).
 *
 * A user who calls is described by his gateway first (CRCX), and that description is the offer that
 * the call begins with; a user who is called is offered what the caller's side described, or our
 * own port. What the telephone plays and detects is leg_mgcp_line.c's.
 */
#include "gw/leg_mgcp_priv.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

static const struct gw_leg_ops mgcp_leg_ops;

/* ---- the leg's life ---- */

static void leg_free(struct gw_leg *leg)
{
    struct leg_mgcp *l = leg_mgcp_of(leg);

    if (l->line) {
        mgcp_ca_forget(l->line->endpoint, l);
        leg_mgcp_line_left(l->line, l, 0);
        l->line->refs--;
        leg_mgcp_line_review(l->line);
    }
    leg_mgcp_close_port(l);
    rt_timer_stop(&l->patience);
    rt_defer_stop(&l->reaper);
    rt_buf_release(&l->theirs);
    rt_buf_release(&l->remote);
    gw_leg_end(leg);
    free(l);
}

static void reap(void *arg)
{
    struct leg_mgcp *l = arg;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

/** Nobody dials any more: the number is what it is. */
static void on_patience(void *arg)
{
    struct leg_mgcp *l = arg;

    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_COMPLETE});
}

struct leg_mgcp *leg_mgcp_new(struct gw *gw, const struct gw_trunk *trunk)
{
    struct leg_mgcp *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &mgcp_leg_ops, trunk);
    l->now = CODEC_COUNT;
    rt_random_hex(l->mgcp_call, 16);
    l->origin = (struct sdp_origin){.session = rt_random_u32(), .version = 0};
    rt_timer_init(&l->patience, gw->loop, on_patience, l);
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    return l;
}

struct gw_leg *gw_leg_mgcp_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    struct leg_mgcp *l = gw->mgcp ? leg_mgcp_new(gw, trunk) : NULL;

    if (!l)
        return NULL;
    l->leg.call = call;
    return &l->leg;
}

void leg_mgcp_seize(struct leg_mgcp *l, struct leg_mgcp_line *line)
{
    l->line = line;
    l->listed = true;
    line->refs++;
    DL_APPEND(line->legs, l);
    if (!line->active)
        line->active = l;
    line->since = rt_now();
}

void leg_mgcp_leave(struct leg_mgcp *l)
{
    rt_timer_stop(&l->patience);
    leg_mgcp_close_port(l);
    if (l->state == LEG_MGCP_UP)
        leg_mgcp_remove(l);
    else if (l->state == LEG_MGCP_NONE || l->state == LEG_MGCP_GONE)
        rt_defer_start(&l->reaper);
    /* one that is being made: its answer says what there is to remove */
}

void leg_mgcp_release(struct leg_mgcp *l, unsigned q850, enum gw_released_by by)
{
    struct gw_event ev = {
        .type = GW_EV_RELEASE,
        .cause = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = by}};

    if (!l->leg.done && l->leg.call)
        gw_call_event(&l->leg, &ev);
    if (l->line)
        leg_mgcp_line_left(l->line, l, by == GW_BY_GATEWAY ? q850 : 0);
    leg_mgcp_leave(l);
}

void leg_mgcp_connection_gone(struct leg_mgcp *l, unsigned cause)
{
    l->state = LEG_MGCP_GONE;
    leg_mgcp_release(l, cause, GW_BY_GATEWAY);
}

/* ---- the connection ---- */

const char *leg_mgcp_mode(const struct leg_mgcp *l)
{
    if (l->listed && l->line->conference && l->conferred)
        return "confrnce";
    if (l->held)
        return "inactive";
    return l->answered ? "sendrecv" : "recvonly";
}

/** A called line rings by now, and so it is said. */
static unsigned called_is_ready(struct leg_mgcp *l)
{
    struct gw_event ev = {.type = GW_EV_ALERTING};
    unsigned cause = leg_mgcp_described(l);

    if (cause != 0)
        return cause;
    if (!l->line->plan->line) {
        leg_mgcp_circuit_seize(l);
        return 0;
    }
    gw_call_event(&l->leg, &ev);
    if (l->listed)
        leg_mgcp_line_ready(l->line, l);
    return 0;
}

unsigned leg_mgcp_connected(struct leg_mgcp *l)
{
    if (!l->incoming)
        return called_is_ready(l);
    if (l->line->plan->line)
        return leg_mgcp_begin_call(l);
    int err = leg_mgcp_offer_call(l, l->called, l->complete);
    return err == 0 ? 0 : err == EBUSY ? 42 : 41;
}

/* ---- a call to a line ---- */

/** Whose number it is; else the first that is free of those without numbers. */
static struct leg_mgcp_line *choose(const struct leg_mgcp *l, const struct dp_number *called,
                                    unsigned *cause)
{
    const struct gw_mgcp_trunk *t = l->leg.trunk->mgcp;
    const struct gw_line *as = gw_mgcp_called_line(l->leg.trunk, called);

    *cause = 41; /* temporary failure: another plan is in force, and has no such line */
    if (as)
        return leg_mgcp_find(l->leg.gw, as->endpoint);
    *cause = t->nnumbers > 0 ? 1 : 34; /* unallocated number; no circuit/channel available */
    for (unsigned i = 0; i < t->nunnumbered; i++) {
        struct leg_mgcp_line *line = leg_mgcp_find(l->leg.gw, t->unnumbered[i]);
        if (line && leg_mgcp_is_free(line))
            return line;
    }
    return NULL;
}

/** 0, or why the line cannot be rung. */
static unsigned refusal(const struct leg_mgcp_line *line)
{
    if (line->service == MGCP_LOST || line->service == MGCP_OUT_OF_SERVICE)
        return 27; /* destination out of order */
    if (line->service != MGCP_IN_SERVICE)
        return 41; /* temporary failure */
    if (leg_mgcp_is_free(line))
        return 0;
    return leg_mgcp_may_wait(line) ? 0 : 17; /* user busy */
}

static unsigned leg_setup(struct gw_leg *leg, const struct gw_hop *hop,
                          const struct gw_setup *setup)
{
    struct leg_mgcp *l = leg_mgcp_of(leg);
    struct leg_mgcp_wish wish = {.loop = false};
    struct mgcp_request request;
    unsigned cause;

    if (leg->bearer == GW_BEARER_DATA64)
        return 65; /* bearer capability not implemented */
    struct leg_mgcp_line *line = choose(l, &hop->called, &cause);
    if (!line)
        return cause;
    cause = refusal(line);
    if (cause != 0)
        return cause;
    l->caller = hop->calling;
    rt_str_copy(l->called, sizeof l->called, rt_str(hop->called.digits));
    l->offered_at = rt_wall();
    l->ring = setup->ring;
    l->name_hidden = setup->name_restricted;
    if (!setup->name_restricted)
        rt_str_copy(l->caller_name, sizeof l->caller_name, rt_str(setup->name));
    if (leg_mgcp_direct(l))
        leg_mgcp_describe_far(l, setup->sdp);
    else
        cause = gw_call_ports(leg->call);
    if (cause != 0)
        return cause;
    leg_mgcp_seize(l, line);
    if (line->active != l)
        line->waiting = l;
    leg_mgcp_line_wish(line, &wish);
    leg_mgcp_wish_request(&request, &wish);
    cause = leg_mgcp_connect(l, line->plan->line ? &request : NULL);
    leg_mgcp_wish_release(&wish);
    if (cause != 0) {
        leg_mgcp_line_left(line, l, 0);
        return cause;
    }
    if (line->plan->line)
        leg_mgcp_line_told(line);
    return 0;
}

/* ---- what the call wants to know ---- */

static int leg_thread(const struct gw_leg *leg)
{
    return leg->port ? (int)((const struct leg_mgcp *)leg)->thread : -1;
}

static void leg_channel(const struct gw_leg *leg, char *out, size_t cap)
{
    const struct leg_mgcp *l = (const struct leg_mgcp *)leg;

    if (l->line)
        snprintf(out, cap, "%s@%s", l->line->name, l->line->gateway->name);
    else if (cap > 0)
        out[0] = '\0';
}

/** It is freed although its gateway has not answered: what is left there is found by an audit. */
static void leg_abandon(struct gw_leg *leg)
{
    const struct leg_mgcp_line *line = leg_mgcp_of(leg)->line;

    if (line)
        (void)mgcp_ca_audit(line->endpoint, NULL, NULL);
}

static const struct gw_leg_ops mgcp_leg_ops = {
    .name = "mgcp",
    .setup = leg_setup,
    .tell = leg_mgcp_tell,
    .thread = leg_thread,
    .media = leg_mgcp_media,
    .renew = leg_mgcp_renew,
    .faxes = leg_mgcp_faxes,
    .codecs = leg_mgcp_codecs,
    .offers = leg_mgcp_offers,
    .channel = leg_channel,
    .stats = leg_mgcp_stats,
    .abandon = leg_abandon,
    .free = leg_free,
};
