/* Logging in and out without JavaScript: plain forms. Only our own page may send them, which web.c
 * has checked.
 */
#include "gw/admin/web_priv.h"

#include <errno.h>
#include <stdlib.h>

#define FIELD_MAX 256

static void put_login(struct rt_buf *out, const char *to, const char *why)
{
    if (why)
        gw_html_tagged(out, "p", why);
    rt_buf_puts(out, "<form method=\"post\" action=\"/login\">"
                     "<input type=\"hidden\" name=\"to\" value=\"");
    gw_html_text(out, to);
    rt_buf_puts(
        out,
        "\"><p><label>Name <input name=\"name\" autocomplete=\"username\" required></label></p>"
        "<p><label>Password <input name=\"password\" type=\"password\" "
        "autocomplete=\"current-password\" required></label></p>"
        "<p><button>Log in</button></p></form>\n");
}

void gw_html_ask_login(struct gw_html *h, struct rt_http_request *r, const char *why,
                       unsigned status, const struct rt_http_header *more, const char *to)
{
    struct rt_buf content = {0};

    gw_html_tagged(&content, "h1", "Log in");
    put_login(&content, to, why);
    gw_html_reply(h, r, status, more, &content);
    rt_buf_release(&content);
}

/** A path of ours, not another site's. */
static const char *ours(const char *to)
{
    for (const char *p = to; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || *p == '\\')
            return "/";
    return to[0] == '/' && to[1] != '/' ? to : "/";
}

static void go_on(struct rt_http_request *r, const char *to, const char *cookie)
{
    const struct rt_http_header headers[] = {
        {"Location", to}, {"Set-Cookie", cookie}, {NULL, NULL}};

    rt_http_reply(r, 303, headers, rt_str(""));
}

/** A form whose password is being hashed. */
struct form {
    struct gw_web_job job;
    struct gw_html *html;
    struct rt_http_request *r;
    struct gw_api_try *login;
    char to[FIELD_MAX];
};

static void drop(struct gw_web_job *job)
{
    struct form *f = (struct form *)job;

    gw_api_login_forget(f->login);
    free(f);
}

static void say_later(const struct form *f, rt_time wait)
{
    char room[RT_DECIMAL_LEN], seconds[RT_DECIMAL_LEN + 1];
    const struct rt_http_header later[] = {{"Retry-After", seconds}, {NULL, NULL}};

    rt_str_copy(seconds, sizeof seconds, rt_decimal(room, (uint64_t)(wait / RT_S) + 1));
    gw_html_ask_login(f->html, f->r, "Too many tries: wait a while.", 429, later, ours(f->to));
}

static void on_login(void *arg, int err, const char *cookie, rt_time wait)
{
    struct form *f = arg;

    if (err == 0)
        go_on(f->r, ours(f->to), cookie);
    else if (err == EAGAIN || err == EBUSY)
        say_later(f, wait);
    else
        gw_html_ask_login(f->html, f->r, "That name and that password do not fit.", 403, NULL,
                          ours(f->to));
    free(f);
}

void gw_html_login(struct gw_web *w, struct rt_http_request *r)
{
    char name[GW_ACCOUNT_NAME_LEN], password[FIELD_MAX];
    struct form *f = calloc(1, sizeof *f);

    if (!f) {
        gw_api_problem(r, 503, "out of memory");
        return;
    }
    *f = (struct form){.job.drop = drop, .html = w->html, .r = r, .to = "/"};
    (void)rt_http_form(r, "to", f->to, sizeof f->to);
    if (rt_http_form(r, "name", name, sizeof name) == 0 &&
        rt_http_form(r, "password", password, sizeof password) == 0) {
        rt_http_set_context(r, f);
        struct gw_api_try *login = gw_api_login(w->api, r, name, password, on_login, f);
        if (login) /* else the form is gone */
            f->login = login;
    } else {
        on_login(f, EACCES, "", 0);
    }
    explicit_bzero(password, sizeof password);
}

void gw_html_logout(struct gw_web *w, struct rt_http_request *r)
{
    char token[GW_TOKEN_LEN] = "", cookie[GW_API_COOKIE_LEN];
    struct gw_api_who who;

    gw_api_who(w->api, r, &who);
    (void)rt_http_form(r, "csrf", token, sizeof token);
    if (!gw_api_may_write(&who, token)) {
        gw_api_problem(r, 403, "the form is an old one");
        return;
    }
    gw_api_logout(w->api, r, cookie);
    go_on(r, "/login", cookie);
}
