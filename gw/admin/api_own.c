/* Rows that are no command: what a call looked like, the session, this interface's description. */
#include "gw/admin/api_priv.h"
#include "gw/admin/ladder_svg.h"

#include "gw/admin/control_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a call's messages ---- */

static void on_ladder(void *arg, const struct gw_ask_answer *a)
{
    struct gw_api_call *c = arg;
    struct rt_buf out = {0};

    c->asked = NULL;
    if (a->code != GW_EXIT_OK) {
        gw_api_reply_lines(c, a->code, a->status, a->text);
        return;
    }
    gw_ladder_svg(&out, a->text);
    gw_api_reply(c, 200, "image/svg+xml", rt_buf_str(&out));
    rt_buf_release(&out);
}

void gw_api_ladder(struct gw_api_call *c)
{
    const struct gw_ask_request r = {
        .kind = GW_ASK_COMMAND, .word = {"show", "call", gw_api_value(c, "id")}, .words = 3};
    gw_api_ask(c, &r, on_ladder);
}

static void on_pcapng(void *arg, const struct gw_ask_answer *a)
{
    struct gw_api_call *c = arg;

    c->asked = NULL;
    if (a->code == GW_EXIT_OK)
        gw_api_reply_with(c, 200, "application/x-pcapng", a->text, "Content-Disposition",
                          "attachment; filename=\"call.pcapng\"");
    else
        gw_api_refuse(c, a->code == GW_EXIT_UNREACHABLE ? 503 : 404, "%.40s: no such call",
                      gw_api_value(c, "id"));
}

void gw_api_pcapng(struct gw_api_call *c)
{
    const struct gw_ask_request r = {
        .kind = GW_ASK_PCAPNG, .word = {gw_api_value(c, "id")}, .words = 1};
    gw_api_ask(c, &r, on_pcapng);
}

void gw_api_openapi(struct gw_api_call *c)
{
    struct rt_buf out = {0};

    gw_openapi(&out);
    if (out.failed)
        gw_api_refuse(c, 503, "out of memory");
    else
        gw_api_reply(c, 200, GW_API_JSON, rt_buf_str(&out));
    rt_buf_release(&out);
}

/* ---- the session ---- */

static json_t *session_of(const struct gw_api_who *who)
{
    return json_pack("[{s:s, s:s, s:s, s:s}]", "type", "session", "name", who->name, "role",
                     gw_role_name(who->role), "csrf", who->csrf);
}

void gw_api_session(struct gw_api_call *c)
{
    gw_api_reply_items(c, session_of(&c->who), "");
}

/** Too soon: how long not yet, in whole seconds. */
static void tell_wait(struct gw_api_call *c, rt_time wait)
{
    char seconds[24], body[200];
    long long s = (long long)((wait + RT_S - 1) / RT_S);

    (void)snprintf(seconds, sizeof seconds, "%lld", s);
    (void)snprintf(body, sizeof body,
                   "{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,"
                   "\"detail\":\"too many wrong passwords: again in %lld s\"}",
                   s);
    gw_api_reply_with(c, 429, "application/problem+json", rt_str(body), "Retry-After", seconds);
}

static void tell_login(struct gw_api_call *c, const char *cookie)
{
    char body[] = "{\"items\":[],\"note\":\"logged in\"}";
    gw_api_reply_with(c, 200, GW_API_JSON, rt_str(body), "Set-Cookie", cookie);
}

static void on_login(void *arg, int err, const char *cookie, rt_time wait)
{
    struct gw_api_call *c = arg;

    c->login = NULL;
    if (err == EAGAIN)
        tell_wait(c, wait);
    else if (err == EACCES)
        gw_api_refuse(c, 401, "name or password is wrong");
    else if (err == EBUSY)
        gw_api_refuse(c, 503, "too many log in now: again in a moment");
    else if (err != 0)
        gw_api_refuse(c, 503, "%s", strerror(err));
    else
        tell_login(c, cookie);
}

void gw_api_do_login(struct gw_api_call *c)
{
    struct gw_api_try *login = gw_api_login(c->api, c->r, gw_api_value(c, "name"),
                                            gw_api_value(c, "password"), on_login, c);

    if (login) /* else the call is over */
        c->login = login;
}

void gw_api_do_logout(struct gw_api_call *c)
{
    char cookie[GW_API_COOKIE_LEN];

    gw_api_logout(c->api, c->r, cookie);
    gw_api_reply_with(c, 200, GW_API_JSON, rt_str("{\"items\":[],\"note\":\"logged out\"}"),
                      "Set-Cookie", cookie);
}
