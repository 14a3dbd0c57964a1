/* `show bans` and `unban`: addresses that SIP does not listen to. */
#include "gw/admin/control_priv.h"
#include "gw/bans.h"

#include <stdio.h>

struct listing {
    struct gw_answer *a;
    unsigned n;
};

static void one_ban(void *arg, const struct gw_ban *b)
{
    struct listing *l = arg;
    char host[RT_ADDR_LEN];
    rt_time now = rt_now();

    gw_answer_begin(l->a, "ban");
    gw_answer_text(l->a, "address", rt_addr_host(host, &b->addr));
    gw_answer_number(l->a, "since_ms", (now - b->since) / RT_MS);
    gw_answer_number(l->a, "left_ms", (b->until - now) / RT_MS);
    gw_answer_number(l->a, "ignored", (int64_t)b->ignored);
    gw_answer_end(l->a);
    l->n++;
}

int gw_show_bans(struct gw_answer *a, const struct gw_args *args)
{
    struct listing l = {.a = a};

    (void)args;
    gw_bans_each(a->gw->sip, one_ban, &l);
    if (l.n == 0)
        snprintf(a->note, sizeof a->note, "nobody is banned");
    return GW_EXIT_OK;
}

int gw_verb_unban(struct gw_answer *a, const struct gw_args *args)
{
    const char *text = args->arg[0];
    union rt_addr addr;

    if (rt_addr_parse(&addr, text, strlen(text), 0) != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.60s: not an address", text);
    if (gw_ban_lift(a->gw->sip, &addr) != 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: it is not banned", text);
    snprintf(a->note, sizeof a->note, "%.40s is listened to again", text);
    return GW_EXIT_OK;
}
