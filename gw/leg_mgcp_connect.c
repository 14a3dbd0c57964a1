/* Connections of lines: made, kept as mode and descriptions have become, deleted. One command is
 * under way at a time; what changes meanwhile is told by the next.
 */
#include "gw/leg_mgcp_priv.h"

#include <string.h>

/** What the gateway has described is the answer to our offer, or to the other side's when it was
 * asked for with it. One that it does not repeat holds. */
static void take_description(struct leg_mgcp *l, struct rt_str sdp, bool asked)
{
    if (sdp.n > 0) {
        rt_buf_reset(&l->theirs);
        rt_buf_put(&l->theirs, sdp.p, sdp.n);
    }
    if (!asked && leg_mgcp_direct(l))
        return; /* an offer that came meanwhile is answered after the next command */
    unsigned cause = leg_mgcp_described(l);
    if (cause != 0)
        leg_mgcp_release(l, cause, GW_BY_GATEWAY);
}

/* ---- made ---- */

/** Nobody wants it any more. */
static void made_too_late(struct leg_mgcp *l, const struct mgcp_result *r)
{
    if (r->cause == 0) {
        l->state = LEG_MGCP_UP;
        rt_str_copy(l->id, sizeof l->id, r->connection);
    } else {
        l->state = LEG_MGCP_GONE;
    }
    leg_mgcp_leave(l);
}

/** Hook states that cross (4.4.3): the phone is lifted before it could ring. */
static unsigned refused(const struct leg_mgcp *l, const struct mgcp_result *r)
{
    return r->code == 401 && l->leg.side == 'b' ? 17 : r->cause;
}

static void on_made(void *arg, const struct mgcp_result *r)
{
    struct leg_mgcp *l = arg;

    if (l->leg.done || !l->listed) {
        made_too_late(l, r);
        return;
    }
    if (r->cause != 0) {
        l->state = LEG_MGCP_GONE;
        leg_mgcp_release(l, refused(l, r), GW_BY_GATEWAY);
        if (r->code == 401 && l->leg.side == 'b' && l->line->plan->line)
            leg_mgcp_line_busy(l->line);
        return;
    }
    l->state = LEG_MGCP_UP;
    rt_str_copy(l->id, sizeof l->id, r->connection);
    rt_buf_reset(&l->theirs);
    rt_buf_put(&l->theirs, r->sdp.p, r->sdp.n);
    unsigned cause = leg_mgcp_connected(l);
    if (cause != 0)
        leg_mgcp_release(l, cause, GW_BY_GATEWAY);
    else if (!l->leg.done)
        leg_mgcp_sync(l);
}

/** What both commands have in common. */
static void connect_of(struct mgcp_connect *out, const struct leg_mgcp *l,
                       const struct rt_buf *options)
{
    *out = (struct mgcp_connect){
        .call = l->mgcp_call, .mode = leg_mgcp_mode(l), .options = options->p};
    if (l->remote_version != l->told_version)
        out->sdp = rt_buf_str(&l->remote);
}

unsigned leg_mgcp_connect(struct leg_mgcp *l, const struct mgcp_request *request)
{
    struct rt_buf options = {0};
    struct mgcp_connect c;

    leg_mgcp_options(l, &options);
    connect_of(&c, l, &options);
    c.request = request;
    l->state = LEG_MGCP_MAKING;
    l->told_mode = c.mode;
    l->told_version = l->remote_version;
    int err = mgcp_ca_connect(l->line->endpoint, &c, on_made, l);
    rt_buf_release(&options);
    if (err == 0)
        return 0;
    l->state = LEG_MGCP_NONE;
    return 41; /* temporary failure */
}

/* ---- kept ---- */

static void refuse_offer(struct leg_mgcp *l, unsigned code)
{
    l->owes_answer = false;
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_MEDIA_ANSWER,
                                              .status = code >= 500 && code < 600 ? 488 : 500});
}

/** The gateway leaves the connection as it was: who waits for a description gets an answer. */
static void unchanged(struct leg_mgcp *l, const struct mgcp_result *r, bool asked)
{
    rt_log(RT_LOG_CALL, RT_WARN, "mgcp: %s@%s does not change its connection: %u %s", l->line->name,
           l->line->gateway->name, r->code, mgcp_code_text(r->code));
    if (asked && l->owes_answer)
        refuse_offer(l, r->code);
    else if (asked)
        take_description(l, (struct rt_str){"", 0}, true); /* it offers what it has */
}

static void on_changed(void *arg, const struct mgcp_result *r)
{
    struct leg_mgcp *l = arg;
    bool asked = l->asking;

    l->modifying = l->asking = false;
    if (l->leg.done || l->state != LEG_MGCP_UP)
        return;
    if (r->code == 515 || r->code == 516 || (r->cause != 0 && r->code == 0))
        leg_mgcp_connection_gone(l, r->code == 0 ? 27 : 41); /* it has no such connection */
    else if (r->cause != 0)
        unchanged(l, r, asked);
    else if (r->sdp.n > 0 || asked)
        take_description(l, r->sdp, asked);
    if (!l->leg.done && l->state == LEG_MGCP_UP)
        leg_mgcp_sync(l);
}

void leg_mgcp_sync(struct leg_mgcp *l)
{
    struct rt_buf options = {0};
    struct mgcp_connect c;
    const char *mode = leg_mgcp_mode(l);
    bool described = l->remote_version != l->told_version;

    if (l->state != LEG_MGCP_UP || l->modifying || !l->listed ||
        (!described && strcmp(mode, l->told_mode) == 0 && !l->wants_offer))
        return;
    if (described || l->wants_offer)
        leg_mgcp_options(l, &options);
    connect_of(&c, l, &options);
    c.connection = l->id;
    l->told_mode = mode;
    l->told_version = l->remote_version;
    l->asking = described || l->wants_offer;
    l->modifying = true;
    int err = mgcp_ca_connect(l->line->endpoint, &c, on_changed, l);
    rt_buf_release(&options);
    if (err != 0)
        on_changed(l, &(struct mgcp_result){.code = 400, .cause = 41});
}

void leg_mgcp_describe_far(struct leg_mgcp *l, struct rt_str sdp)
{
    if (sdp.n == 0)
        return;
    rt_buf_reset(&l->remote);
    rt_buf_put(&l->remote, sdp.p, sdp.n);
    l->remote_version++;
}

/* ---- deleted ---- */

static void on_removed(void *arg, const struct mgcp_result *r)
{
    struct leg_mgcp *l = arg;

    if (r->stats.present)
        l->stats = r->stats;
    l->state = LEG_MGCP_GONE;
    rt_defer_start(&l->reaper);
}

void leg_mgcp_remove(struct leg_mgcp *l)
{
    l->state = LEG_MGCP_REMOVING;
    if (mgcp_ca_delete(l->line->endpoint, l->mgcp_call, l->id, on_removed, l) != 0)
        rt_defer_start(&l->reaper);
}
