/* Messages that wait for the user of a line: its gateway is told by L/vmwi while the telephone is
 * idle (RFC 3660 2.4), and its dial tone stutters.
 *
 * The signal is told by itself, never with a connection: a gateway that does not know it refuses
 * the whole command, which must not cost a call. Then the line goes on without it.
 */
#include "dialplan/rules.h"
#include "gw/leg_mgcp_priv.h"
#include "gw/mgcp_status.h"

#include <errno.h>

/* ---- what the gateway is told ---- */

bool leg_mgcp_messages_due(const struct leg_mgcp_line *line)
{
    return (line->messages != line->messages_told || line->messages_unsure) &&
           !line->messages_refused && !line->off_hook && !line->legs && line->plan->line;
}

void leg_mgcp_messages_said(struct leg_mgcp_line *line)
{
    line->messages_told = line->messages;
    line->messages_unsure = false;
}

/** 513, 518, 522, 538: the signal is none of its own (RFC 3435 2.4). */
static bool is_unknown_there(unsigned code)
{
    return code == 513 || code == 518 || code == 522 || code == 538;
}

void leg_mgcp_messages_answered(struct leg_mgcp_line *line, unsigned code, bool done)
{
    line->messages_unsure = line->messages_unsure || !done;
    if (!is_unknown_there(code))
        return;
    line->messages_refused = true;
    rt_log(RT_LOG_CALL, RT_WARN, "mgcp: %s@%s knows no L/vmwi: it is asked without", line->name,
           line->gateway->name);
    leg_mgcp_line_changed(line);
}

void leg_mgcp_messages_restarted(struct leg_mgcp_line *line)
{
    line->messages_told = false; /* off, by the standard */
    line->messages_unsure = false;
    line->messages_refused = false;
}

/* ---- whose they are ---- */

/** The number as the trunk's lines have theirs. */
static void as_dialled(struct dp_number *out, const struct dp_number *n, const struct gw_trunk *t)
{
    struct dp_number in = *n;

    if (t->rules && !in.e164)
        dp_rules_apply(t->rules, &in);
    dp_normalise_called(&in, t->site);
    *out = in;
    if (!t->rules || !dp_rules_apply_out(t->rules, out))
        dp_format_number(out, &in, t->numbers, t->site);
}

static bool has_number(const struct gw_line *as, const struct dp_number *n,
                       const struct dp_number *dialled)
{
    return as->number[0] != '\0' && (strcmp(as->number, dialled->digits) == 0 ||
                                     (!n->e164 && strcmp(as->number, n->digits) == 0));
}

static void set(struct leg_mgcp_line *line, bool waiting)
{
    line->messages_refused = false; /* it may have learnt it */
    if (line->messages == waiting)
        return;
    line->messages = waiting;
    leg_mgcp_line_changed(line);
}

/** How many lines of the trunk have the number. */
static unsigned tell_lines(const struct gw *gw, const struct gw_trunk *t, const struct dp_number *n,
                           bool waiting)
{
    struct dp_number dialled;
    unsigned found = 0;

    as_dialled(&dialled, n, t);
    for (unsigned i = 0; i < t->mgcp->nendpoints; i++) {
        const struct gw_mgcp_endpoint *e = t->mgcp->endpoint[i];
        struct leg_mgcp_line *line =
            e->line && has_number(&t->mgcp->line[i], n, &dialled) ? leg_mgcp_find(gw, e) : NULL;
        if (!line)
            continue;
        set(line, waiting);
        found++;
    }
    return found;
}

int gw_line_messages(struct gw *gw, const char *number, bool waiting)
{
    struct dp_number n;
    unsigned found = 0;

    if (dp_number_parse(&n, rt_str(number)) != 0)
        return ENOENT;
    for (unsigned i = 0; i < gw->plan->ntrunks; i++) {
        const struct gw_trunk *t = &gw->plan->trunks[i];
        if (t->mgcp && gw_mgcp_has_lines(t->mgcp))
            found += tell_lines(gw, t, &n, waiting);
    }
    return found > 0 ? 0 : ENOENT;
}
