/* Notifications of waiting messages (gw/leg_sip_messages.h). */
#include "gw/leg_sip_messages.h"

#include "dialplan/rules.h"
#include "gw/gw.h"
#include "gw/message_summary.h"
#include "gw/mgcp_status.h"

struct rt_counter gw_messages_counters[GW_MESSAGES_NCOUNTERS] = {
    [GW_MESSAGES_TOLD] = {"messages_told_total", "notifications of waiting messages for a line", 0},
    [GW_MESSAGES_UNKNOWN] = {"messages_unknown_total",
                             "notifications of waiting messages for no line: 404", 0},
    [GW_MESSAGES_MALFORMED] = {"messages_malformed_total",
                               "notifications of waiting messages without a fit body: 400, 415", 0},
    [GW_MESSAGES_OTHER] = {"messages_other_total",
                           "notifications of other events outside a dialog: 489", 0},
};

/** The line whose number the URI has, as the trunk says numbers, is told. */
static bool tell(struct gw *gw, const struct gw_trunk *t, struct rt_str uri,
                 const struct gw_message_summary *m)
{
    struct dp_number n;
    char text[DP_TEXT_LEN];

    if (uri.n == 0 || dp_number_from_uri(&n, uri) != 0)
        return false;
    if (t->rules && !n.e164)
        dp_rules_apply(t->rules, &n);
    dp_normalise_called(&n, t->site);
    if (gw_line_messages(gw, dp_text(text, &n), m->waiting) != 0)
        return false;
    rt_log(RT_LOG_CALL, RT_INFO, "messages %s for %s (voice: %u new, %u old)",
           m->waiting ? "wait" : "wait no more", text, m->fresh, m->old);
    return true;
}

static bool is_event(const struct sip_message *msg, const char *event)
{
    struct rt_str value = sip_message_header(msg, "Event", 0);

    return rt_str_caseeq(rt_str_trim(rt_str_cut(&value, ';')), event);
}

static bool is_summary(const struct sip_message *msg)
{
    struct rt_str type = msg->body.type;

    return rt_str_caseeq(rt_str_trim(rt_str_cut(&type, ';')), GW_MESSAGE_SUMMARY_TYPE);
}

static void answer(struct sip_reply *reply, int status, enum gw_messages_counter what)
{
    reply->status = status;
    rt_count(&gw_messages_counters[what]);
}

void leg_sip_messages_notified(struct gw *gw, const struct gw_trunk *trunk,
                               const struct sip_message *msg, struct sip_reply *reply)
{
    struct gw_message_summary m;

    if (!is_event(msg, "message-summary")) {
        rt_buf_puts(&reply->lines, "Allow-Events: message-summary, refer\r\n");
        answer(reply, 489, GW_MESSAGES_OTHER);
    } else if (msg->body.data.n > 0 && !is_summary(msg)) {
        rt_buf_puts(&reply->lines, "Accept: " GW_MESSAGE_SUMMARY_TYPE "\r\n");
        answer(reply, 415, GW_MESSAGES_MALFORMED);
    } else if (gw_message_summary_read(&m, msg->body.data) != 0) {
        answer(reply, 400, GW_MESSAGES_MALFORMED);
    } else if (tell(gw, trunk, m.account, &m) || tell(gw, trunk, msg->request_uri, &m)) {
        answer(reply, 200, GW_MESSAGES_TOLD); /* some peers' account is the voice mail's own */
    } else {
        answer(reply, 404, GW_MESSAGES_UNKNOWN);
    }
}
