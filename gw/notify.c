/* Messages to people; notify.h has the words. */
#include "gw/notify.h"

#include "gw/gw.h"
#include "gw/mail.h"
#include "gw/peer.h"
#include "gw/registrar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** Messages on their way. */
#define WAITING_MAX 100

#define URI_LEN 512

struct rt_counter gw_notify_counters[GW_NOTIFY_NCOUNTERS] = {
    [GW_NOTIFY_LOGGED] = {"notify_logged_total", "Messages to people that the log has", 0},
    [GW_NOTIFY_SENT] = {"notify_sent_total", "Messages to people that a SIP peer took", 0},
    [GW_NOTIFY_MAILED] = {"notify_mailed_total",
                          "Messages to people that were given to the program for mail", 0},
    [GW_NOTIFY_FAILED] = {"notify_failed_total",
                          "Messages to people that could not be sent or were refused", 0},
};

/** A message on its way. */
struct gw_notice {
    struct gw *gw;
    struct sip_outside *ask;
    char address[96];
    struct gw_notice *prev, *next;
};

static void end(struct gw_notice *n)
{
    DL_DELETE(n->gw->notices, n);
    n->gw->nnotices--;
    sip_outside_cancel(n->ask);
    free(n);
}

static void fail(const char *address, const char *why)
{
    rt_count(&gw_notify_counters[GW_NOTIFY_FAILED]);
    rt_log(RT_LOG_CALL, RT_WARN, "notify %s: %s", address, why);
}

static void on_answer(void *arg, const struct sip_message *m)
{
    struct gw_notice *n = arg;

    n->ask = NULL;
    if (m && m->status < 300)
        rt_count(&gw_notify_counters[GW_NOTIFY_SENT]);
    else
        fail(n->address, m ? sip_phrase(m->status) : "no answer");
    end(n);
}

/** Where the number is, over that trunk. */
static bool find(struct gw *gw, const struct gw_trunk *t, const char *number, struct sip_hop *hop,
                 char uri[URI_LEN])
{
    struct gw_binding binding;
    char host[RT_ADDR_LEN];

    if (t->registered) {
        if (gw_registrar_contacts(gw, rt_str(number), &binding, 1) == 0)
            return false;
        *hop = (struct sip_hop){
            .transport = binding.transport, .addr = binding.received, .conn = binding.conn};
        return rt_str_copy(uri, URI_LEN, rt_str(binding.uri));
    }
    if (gw_peer_hops(gw, t, hop, 1) == 0)
        return false;
    snprintf(uri, URI_LEN, "sip:%s@%s", number,
             t->to.where ? t->to.where : rt_addr_format(host, &hop->addr));
    return true;
}

static int transmit(struct gw_notice *n, const struct sip_hop *hop, const char *uri,
                    const char *text)
{
    char from[RT_ADDR_LEN + 16], local[RT_ADDR_LEN];
    struct sip_outside_request r = {
        .hop = *hop,
        .method = "MESSAGE",
        .request_uri = rt_str(uri),
        .to_uri = rt_str(uri),
        .body = {.type = rt_str("text/plain"), .data = rt_str(text)},
    };

    snprintf(from, sizeof from, "sip:%s", sip_ua_local(n->gw->sip, hop, local));
    r.from_uri = rt_str(from);
    return sip_outside(&n->ask, n->gw->sip, &r, on_answer, n);
}

static void send_message(struct gw *gw, const struct gw_trunk *t, const char *address,
                         const char *number, const char *text)
{
    struct sip_hop hop;
    char uri[URI_LEN];

    if (!gw->sip || t->kind != GW_TRUNK_SIP || !find(gw, t, number, &hop, uri)) {
        fail(address, "nobody is there");
        return;
    }
    struct gw_notice *n = gw->nnotices < WAITING_MAX ? calloc(1, sizeof *n) : NULL;
    if (!n) {
        fail(address, "too many are on their way");
        return;
    }
    n->gw = gw;
    rt_str_copy(n->address, sizeof n->address, rt_str(address));
    DL_APPEND(gw->notices, n);
    gw->nnotices++;
    if (transmit(n, &hop, uri, text) != 0) {
        n->ask = NULL;
        fail(address, "it cannot be sent");
        end(n);
    }
}

/** The log has the text wherever mail cannot be sent. */
static void by_mail(struct gw *gw, const char *address, const char *text)
{
    int err = gw_mail(gw, address, text, fail);

    if (err == 0) {
        rt_count(&gw_notify_counters[GW_NOTIFY_MAILED]);
        return;
    }
    if (err != ENOENT || gw->plan->dial.mail)
        fail(address, err == EAGAIN ? "too many in a minute" : strerror(err));
    rt_count(&gw_notify_counters[GW_NOTIFY_LOGGED]);
    rt_log(RT_LOG_CALL, RT_NOTICE, "notify %s: %s", address, text);
}

void gw_notify(struct gw *gw, const char *address, const char *text)
{
    const char *colon = strchr(address, ':');
    struct rt_str who = {address, colon ? (size_t)(colon - address) : 0};
    const struct gw_trunk *t =
        colon && !rt_str_eq(who, "mail") ? gw_plan_trunk(gw->plan, who) : NULL;

    if (t) {
        send_message(gw, t, address, colon + 1, text);
        return;
    }
    by_mail(gw, rt_str_eq(who, "mail") ? colon + 1 : address, text);
}

void gw_notify_stop(struct gw *gw)
{
    struct gw_notice *n, *next;

    DL_FOREACH_SAFE(gw->notices, n, next)
    end(n);
    gw_mail_stop(gw);
}
