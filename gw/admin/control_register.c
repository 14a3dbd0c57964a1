/* `show registrations`: ours with peers, and those of our users. */
#include "gw/admin/control_priv.h"
#include "gw/register.h"
#include "gw/registrar.h"

#include <stdio.h>

static int64_t seconds_to(rt_time due)
{
    rt_time left = due - rt_now();
    return due == 0 || left < 0 ? 0 : left / RT_S;
}

static void list_ours(void *arg, const struct gw_register_status *s)
{
    struct gw_answer *a = arg;

    gw_answer_begin(a, "registration");
    gw_answer_text(a, "trunk", s->trunk->name);
    gw_answer_text(a, "user", s->trunk->auth.user);
    gw_answer_text(a, "state", s->state);
    gw_answer_number(a, "expires_s", seconds_to(s->until));
    gw_answer_number(a, "next_s", seconds_to(s->next));
    if (s->last != 0)
        gw_answer_number(a, "last_answer", s->last);
    gw_answer_end(a);
}

static void list_binding(void *arg, const struct gw_binding *b)
{
    struct gw_answer *a = arg;
    char addr[RT_ADDR_LEN];

    gw_answer_begin(a, "binding");
    gw_answer_text(a, "user", b->user);
    gw_answer_text(a, "contact", b->uri);
    gw_answer_number(a, "q", b->q);
    gw_answer_number(a, "expires_s", seconds_to(b->expires));
    gw_answer_text(a, "received", rt_addr_format(addr, &b->received));
    gw_answer_text(a, "path", b->path);
    gw_answer_text(a, "agent", b->agent);
    gw_answer_end(a);
}

int gw_show_registrations(struct gw_answer *a, const struct gw_args *args)
{
    (void)args;
    gw_register_each(a->gw, list_ours, a);
    gw_registrar_each(a->gw->registrar, list_binding, a);
    if (!a->gw->registrations && gw_registrar_count(a->gw->registrar) == 0)
        snprintf(a->note, sizeof a->note, "no registrations");
    return GW_EXIT_OK;
}
