/* Requests to the API: whose they are, which row they ask for, and what is answered. */
#include "gw/admin/api_priv.h"

#include "gw/admin/control_priv.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- answers ---- */

static const struct {
    unsigned status;
    const char *title;
} titles[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {421, "Misdirected Request"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
};

static const char *title_of(unsigned status)
{
    for (size_t i = 0; i < RT_COUNT(titles); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

/** `items`: what is to be told beside it, lines with commas; empty: nothing. */
static void problem(struct rt_buf *out, unsigned status, const char *detail, struct rt_str items)
{
    rt_buf_puts(out, "{\"type\":\"about:blank\",\"title\":");
    gw_json_text(out, title_of(status));
    rt_buf_printf(out, ",\"status\":%u", status);
    if (detail && detail[0]) {
        rt_buf_puts(out, ",\"detail\":");
        gw_json_text(out, detail);
    }
    if (items.n > 0) {
        rt_buf_puts(out, ",\"items\":[");
        rt_buf_put(out, items.p, items.n);
        rt_buf_puts(out, "]");
    }
    rt_buf_puts(out, "}");
}

#define PROBLEM "application/problem+json"

static void send_with(struct rt_http_request *r, unsigned status, const char *type,
                      struct rt_str body, const char *name, const char *value)
{
    const struct rt_http_header headers[] = {{"Content-Type", type},
                                             {"Cache-Control", "no-store"},
                                             {"X-Content-Type-Options", "nosniff"},
                                             {name, value},
                                             {NULL, NULL}};
    rt_http_reply(r, status, headers, body);
}

static void send_problem(struct rt_http_request *r, unsigned status, const char *detail,
                         struct rt_str items, const char *name, const char *value)
{
    struct rt_buf out = {0};

    problem(&out, status, detail, items);
    send_with(r, status, PROBLEM, rt_buf_str(&out), name, value);
    rt_buf_release(&out);
}

void gw_api_problem(struct rt_http_request *r, unsigned status, const char *detail)
{
    send_problem(r, status, detail, rt_str(""), status == 401 ? "WWW-Authenticate" : NULL,
                 "Bearer realm=\"tandem\"");
}

void gw_api_call_free(struct gw_api_call *c)
{
    DL_DELETE(c->api->calls, c);
    gw_ask_forget(c->asked);
    gw_api_login_forget(c->login);
    for (unsigned i = 0; i < RT_COUNT(c->value); i++)
        free(c->value[i]);
    free(c->reason);
    json_decref(c->body);
    rt_buf_release(&c->carried);
    free(c);
}

void gw_api_reply_with(struct gw_api_call *c, unsigned status, const char *type, struct rt_str body,
                       const char *name, const char *value)
{
    if (c->r)
        send_with(c->r, status, type, body, name, value);
    gw_api_call_free(c);
}

void gw_api_reply(struct gw_api_call *c, unsigned status, const char *type, struct rt_str body)
{
    gw_api_reply_with(c, status, type, body, NULL, NULL);
}

void gw_api_refuse(struct gw_api_call *c, unsigned status, const char *fmt, ...)
{
    char detail[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(detail, sizeof detail, fmt, ap);
    va_end(ap);
    if (c->r)
        gw_api_problem(c->r, status, detail);
    gw_api_call_free(c);
}

void gw_api_reply_items(struct gw_api_call *c, json_t *items, const char *note)
{
    json_t *root = json_pack("{s:o, s:s}", "items", items ? items : json_array(), "note", note);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

    json_decref(root);
    if (text)
        gw_api_reply(c, 200, GW_API_JSON, rt_str(text));
    else
        gw_api_refuse(c, 503, "out of memory");
    free(text);
}

/* ---- what commands answer ---- */

/** Lines with commas between them; the closing one apart. */
static struct rt_str split(struct rt_str lines, struct rt_buf *items)
{
    struct rt_str last = {"", 0};

    while (lines.n > 0) {
        struct rt_str line = rt_str_cut(&lines, '\n');
        if (line.n > 8 && memcmp(line.p, "{\"exit\":", 8) == 0) {
            last = line;
            continue;
        }
        if (items->n > 0)
            rt_buf_puts(items, ",");
        rt_buf_put(items, line.p, line.n);
    }
    return last;
}

static unsigned status_of(int code, unsigned status, const char *error)
{
    static const unsigned by_code[] = {[GW_EXIT_OK] = 200,
                                       [GW_EXIT_FAILED] = 409,
                                       [GW_EXIT_USAGE] = 400,
                                       [GW_EXIT_PLAN] = 422,
                                       [GW_EXIT_UNREACHABLE] = 503};

    if (status != 0)
        return status;
    if (code == GW_EXIT_FAILED && strstr(error, "no such"))
        return 404;
    return code >= 0 && (size_t)code < RT_COUNT(by_code) ? by_code[code] : 500;
}

static void reply_good(struct gw_api_call *c, const struct rt_buf *items, const char *note)
{
    struct rt_buf out = {0};

    rt_buf_reserve(&out, items->n + 64);
    rt_buf_puts(&out, "{\"items\":[");
    rt_buf_put(&out, items->p ? items->p : "", items->n);
    rt_buf_puts(&out, "],\"note\":");
    gw_json_text(&out, note);
    rt_buf_puts(&out, "}");
    if (out.failed)
        gw_api_refuse(c, 503, "out of memory");
    else
        gw_api_reply(c, 200, GW_API_JSON, rt_buf_str(&out));
    rt_buf_release(&out);
}

void gw_api_reply_lines(struct gw_api_call *c, int code, unsigned status, struct rt_str lines)
{
    struct rt_buf items = {0};
    struct rt_str last = split(lines, &items);
    json_t *closing = json_loadb(last.p, last.n, 0, NULL);
    const char *error = json_string_value(json_object_get(closing, "error"));
    const char *note = json_string_value(json_object_get(closing, "note"));

    status = status_of(code, code == GW_EXIT_OK ? 0 : status, error ? error : "");
    if (items.failed) {
        gw_api_refuse(c, 503, "out of memory");
    } else if (status == 200) {
        reply_good(c, &items, note ? note : "");
    } else {
        if (c->r)
            send_problem(c->r, status, error ? error : "the gateway does not answer now",
                         rt_buf_str(&items), status == 503 ? "Retry-After" : NULL, "1");
        gw_api_call_free(c);
    }
    json_decref(closing);
    rt_buf_release(&items);
}

static void on_command(void *arg, const struct gw_ask_answer *a)
{
    struct gw_api_call *c = arg;

    c->asked = NULL;
    gw_api_reply_lines(c, a->code, a->status, a->text);
}

/* ---- asking ---- */

void gw_api_ask(struct gw_api_call *c, const struct gw_ask_request *r, gw_ask_fn *fn)
{
    struct gw_ask_request full = *r;

    full.who = c->who.name;
    full.from = c->who.from;
    full.why = c->reason;
    c->asked = gw_ask(c->api->config.ask, &full, fn, c);
    if (!c->asked) {
        if (c->r)
            send_problem(c->r, 503, "too many requests at once", rt_str(""), "Retry-After", "1");
        gw_api_call_free(c);
    }
}

static void on_noted(void *arg, const struct gw_ask_answer *a)
{
    (void)arg;
    (void)a;
}

void gw_api_note_of(struct gw_api *api, const struct gw_api_who *who, const char *why,
                    const char *what, const char *outcome)
{
    const struct gw_ask_request r = {.kind = GW_ASK_NOTE,
                                     .word = {what, outcome},
                                     .words = 2,
                                     .who = who->name,
                                     .from = who->from,
                                     .why = why};

    if (!gw_ask(api->config.ask, &r, on_noted, NULL))
        rt_log(RT_LOG_ADMIN, RT_NOTICE, "%s (%s): %s: %s", who->name, who->from, what, outcome);
}

void gw_api_note(struct gw_api_call *c, const char *what, const char *outcome)
{
    gw_api_note_of(c->api, &c->who, c->reason, what, outcome);
}

static void run_command(struct gw_api_call *c)
{
    struct gw_ask_request r = {.kind = GW_ASK_COMMAND, .body = rt_buf_str(&c->carried)};
    char *word[GW_API_WORDS] = {NULL};
    unsigned n;
    bool good = gw_api_words(c, word, &n);

    for (unsigned i = 0; i < n; i++)
        r.word[i] = word[i];
    r.words = n;
    if (good)
        gw_api_ask(c, &r, on_command);
    else
        gw_api_refuse(c, 503, "out of memory");
    for (unsigned i = 0; i < n; i++)
        free(word[i]);
}

/* ---- requests ---- */

static void refuse_method(struct rt_http_request *r, unsigned allowed)
{
    struct rt_buf list = {0};

    for (unsigned i = 0; i < GW_API_METHODS; i++)
        if (allowed & 1U << i)
            rt_buf_printf(&list, "%s%s%s", list.n > 0 ? ", " : "", gw_api_method_name(i),
                          i == GW_API_GET ? ", HEAD" : "");
    send_problem(r, 405, NULL, rt_str(""), "Allow", rt_buf_str(&list).p);
    rt_buf_release(&list);
}

/** Who may not is told so. */
static bool may(struct gw_api_call *c)
{
    const struct gw_api_row *row = c->row;
    bool writes = row->method != GW_API_GET && row->own != gw_api_do_login;

    if (c->who.role < row->role && c->who.role == GW_ROLE_NONE) {
        gw_api_refuse(c, 401, "log in, or send a key");
        return false;
    }
    if (c->who.role < row->role) {
        gw_api_refuse(c, 403, "this needs the role %s; %s is %s", gw_role_name(row->role),
                      c->who.name, gw_role_name(c->who.role));
        return false;
    }
    if (writes && !gw_api_may_write(&c->who, rt_http_header(c->r, "X-CSRF-Token"))) {
        gw_api_refuse(c, 403, "the header X-CSRF-Token is missing or wrong");
        return false;
    }
    return true;
}

void gw_api_request(struct gw_api *api, struct rt_http_request *r)
{
    const char *path = rt_http_path(r);
    size_t prefix = strlen(GW_API_PREFIX);
    struct gw_api_match m;

    gw_api_match(&m, rt_http_method(r), strlen(path) > prefix ? path + prefix : "");
    if (!m.row && m.allowed == 0)
        gw_api_problem(r, 404, "there is nothing at this path");
    else if (!m.row)
        refuse_method(r, m.allowed);
    struct gw_api_call *c = m.row ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        if (m.row)
            gw_api_problem(r, 503, "out of memory");
        return;
    }
    c->api = api;
    c->r = r;
    c->row = m.row;
    DL_APPEND(api->calls, c);
    rt_http_set_context(r, c);
    gw_api_who(api, r, &c->who);
    if (!may(c) || !gw_api_take_params(c, &m))
        return;
    if (c->row->own)
        c->row->own(c);
    else
        run_command(c);
}

void gw_api_gone(struct gw_api *api, struct rt_http_request *r)
{
    struct gw_api_call *c = rt_http_context(r);

    (void)api;
    if (!c)
        return;
    c->r = NULL;
    if (c->listens)
        gw_api_events_gone(c);
    else if (!c->aside)
        gw_api_call_free(c);
}

/* ---- life ---- */

int gw_api_new(struct gw_api **out, const struct gw_api_config *config)
{
    struct gw_api *api = calloc(1, sizeof *api);

    if (!api)
        return ENOMEM;
    api->config = *config;
    gw_api_events_init(api);
    int err = gw_api_rows_init();
    if (err == 0)
        err = gw_aside_new(&api->aside, config->loop);
    if (err == 0)
        err = gw_logins_new(&api->logins, config->loop, config->sessions, config->accounts);
    if (err != 0) {
        gw_aside_free(api->aside);
        free(api);
        return err;
    }
    *out = api;
    return 0;
}

void gw_api_free(struct gw_api *api)
{
    if (!api)
        return;
    gw_aside_free(api->aside);
    gw_api_events_free(api);
    while (api->calls)
        gw_api_call_free(api->calls);
    gw_logins_free(api->logins);
    free(api);
}
