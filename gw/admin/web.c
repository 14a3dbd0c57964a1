/* The HTTP thread: its loop, the server, who gets which request; certificates and accounts read
 * from files, and read again when told.
 */
#include "gw/admin/web_priv.h"
#include "gw/admin/web_static.h"
#include "gw/rt/chan.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>

#define FILE_MAX   ((size_t)1 << 20)
#define BODY_SMALL ((size_t)64 << 10)

/** Whatever is answered: nothing of others is loaded, nobody frames us, nothing is kept. */
static const struct rt_http_header always[] = {
    {"Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; "
                                "frame-ancestors 'none'; object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
    {NULL, NULL}};

/* ---- requests ---- */

static bool is_write(const struct rt_http_request *r)
{
    const char *method = rt_http_method(r);

    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

static bool is_api(const struct rt_http_request *r)
{
    static const char prefix[] = GW_API_PREFIX;
    const char *path = rt_http_path(r);

    return strncmp(path, prefix, sizeof prefix - 1) == 0 &&
           (path[sizeof prefix - 1] == '/' || path[sizeof prefix - 1] == '\0');
}

/** Metrics say who is called how often: for those who may look. */
static void metrics(struct gw_web *w, struct rt_http_request *r)
{
    struct gw_api_who who;

    gw_api_who(w->api, r, &who);
    if (who.role >= GW_ROLE_VIEWER)
        gw_web_metrics(w, r);
    else
        gw_api_problem(r, 401, "a viewer's key is needed: Authorization: Bearer KEY");
}

/** Paths that are neither the API's nor a file's nor a page's. */
static const struct {
    bool write;
    const char *path;
    void (*fn)(struct gw_web *w, struct rt_http_request *r);
} own[] = {
    {false, "/metrics", metrics},      {false, "/healthz", gw_web_health},
    {false, "/readyz", gw_web_ready},  {true, "/login", gw_html_login},
    {true, "/logout", gw_html_logout},
};

static bool answer_own(struct gw_web *w, struct rt_http_request *r)
{
    bool write = strcmp(rt_http_method(r), "POST") == 0;

    if (is_write(r) && !write)
        return false;
    for (size_t i = 0; i < RT_COUNT(own); i++)
        if (own[i].write == write && strcmp(own[i].path, rt_http_path(r)) == 0) {
            own[i].fn(w, r);
            return true;
        }
    return false;
}

static void on_request(void *arg, struct rt_http_request *r)
{
    struct gw_web *w = arg;

    if (!gw_web_host(w, r)) {
        gw_api_problem(r, 421, "this name is not ours: admin { host NAME } says which are");
        return;
    }
    if (is_write(r) && !gw_web_origin(r)) {
        gw_api_problem(r, 403, "it comes of another site's page");
        return;
    }
    if (is_api(r)) {
        gw_api_request(w->api, r);
        return;
    }
    if (answer_own(w, r))
        return;
    const struct gw_web_file *f = gw_web_file_find(rt_http_path(r));
    bool page = f && strcmp(f->path, "/index.html") == 0; /* only with something in it */
    if (is_write(r))
        gw_api_problem(r, f ? 405 : 404, NULL);
    else if (f && !page)
        gw_web_file_reply(r, f);
    else if (!gw_html_page(w->html, r))
        gw_api_problem(r, 404, NULL);
}

static void on_gone(void *arg, struct rt_http_request *r)
{
    struct gw_web *w = arg;
    struct gw_web_job *job = rt_http_context(r);

    if (is_api(r))
        gw_api_gone(w->api, r);
    else if (job)
        job->drop(job);
}

/** Strangers send a name and a password; files are sent by those who may change the plan. */
static size_t on_body(void *arg, const struct rt_http_request *r)
{
    struct gw_web *w = arg;
    struct gw_api_who who;

    gw_api_who(w->api, r, &who);
    return who.role >= GW_ROLE_PLANNER ? SIZE_MAX : BODY_SMALL;
}

static const struct rt_http_ops ops = {on_request, on_gone, on_body};

/* ---- files ---- */

static int read_file(struct rt_buf *out, const char *path, struct rt_buf *why)
{
    int err = rt_file_read(out, path, FILE_MAX);

    if (err != 0)
        rt_buf_printf(why, "%s: %s", path, strerror(err));
    return err;
}

/** Reads certificate and key. */
static int read_pair(const struct gw_web *w, struct rt_buf *cert, struct rt_buf *key,
                     struct rt_buf *why)
{
    int err = read_file(cert, w->cert, why);

    return err == 0 ? read_file(key, w->key, why) : err;
}

/** Who is gone, may do other things now or has another password is logged out. */
static void end_sessions(struct gw_web *w, const struct gw_accounts *now)
{
    const struct gw_admin_account *a;

    for (size_t i = 0; w->accounts && (a = gw_accounts_at(w->accounts, i)) != NULL; i++) {
        if (!gw_accounts_same(w->accounts, now, a->name))
            gw_api_end_of(w->api, a->name);
    }
}

static int read_users(struct gw_web *w, struct rt_buf *why)
{
    struct gw_accounts *now;
    size_t before = why->n;
    int err = w->users ? gw_accounts_load(&now, w->users, why) : ENOENT;

    if (!w->users)
        return 0;
    if (err != 0) {
        if (why->n == before)
            rt_buf_printf(why, "%s: %s", w->users, strerror(err));
        return err;
    }
    end_sessions(w, now);
    gw_accounts_free(w->accounts);
    w->accounts = now;
    return 0;
}

/** In the HTTP thread. What cannot be read stays as it was. */
static void on_reload(void *arg, const void *msg)
{
    struct gw_web *w = arg;
    struct rt_buf why = {0}, cert = {0}, key = {0};

    (void)msg;
    if (read_users(w, &why) != 0)
        rt_log(RT_LOG_ADMIN, RT_ERROR, "http: accounts stay as they were: %s", why.p);
    rt_buf_reset(&why);
    int err = w->cert ? read_pair(w, &cert, &key, &why) : 0;
    if (w->cert && err == 0)
        err = rt_http_certificate(w->http, cert.p, key.p);
    if (err != 0)
        rt_log(RT_LOG_ADMIN, RT_ERROR, "http: the certificate stays as it was: %s",
               why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
    rt_buf_release(&cert);
    rt_buf_release(&key);
}

void gw_web_reload(struct gw_web *w)
{
    if (w)
        (void)rt_chan_send(w->reload, &(char){0}); /* full: it is going to be done anyway */
}

/* ---- life ---- */

static bool copy(char **out, const char *text)
{
    *out = text ? rt_str_dup(rt_str(text)) : NULL;
    return *out || !text;
}

/** The plan may be another one tomorrow. */
static int copy_plan(struct gw_web *w, const struct gw_admin_plan *admin)
{
    bool good =
        copy(&w->cert, admin->cert) && copy(&w->key, admin->key) && copy(&w->users, admin->users);

    for (; good && w->nhosts < admin->nhosts; w->nhosts++)
        good = copy(&w->host[w->nhosts], admin->host[w->nhosts]);
    return good ? 0 : ENOMEM;
}

static int make_parts(struct gw_web *w, const char *records)
{
    struct gw_api_config cfg = {.loop = w->loop,
                                .ask = w->ask,
                                .sessions = w->sessions,
                                .accounts = &w->accounts,
                                .host = (const char *const *)w->host,
                                .nhosts = w->nhosts};
    int err = records ? gw_records_new(&w->records, records) : 0;

    if (records && err == 0)
        err = gw_records_new(&w->page_records, records);
    cfg.records = w->records;
    if (err == 0)
        err = gw_api_new(&w->api, &cfg);
    if (err == 0)
        err = gw_html_new(&w->html, w);
    return err;
}

static int serve(struct gw_web *w, const struct gw_admin_plan *admin, struct rt_buf *why)
{
    struct rt_http_config cfg = {.listen = admin->http, .nlisten = admin->nhttp, .always = always};
    struct rt_buf cert = {0}, key = {0};
    int err = w->cert ? read_pair(w, &cert, &key, why) : 0;

    if (err == 0) {
        cfg.cert = cert.p;
        cfg.key = key.p;
        err = rt_http_new(&w->http, w->loop, &cfg, &ops, w, why);
    }
    rt_buf_release(&cert);
    rt_buf_release(&key);
    return err;
}

int gw_web_new(struct gw_web **out, struct rt_loop *signalling, struct gw *const *gw,
               const struct gw_admin_plan *admin, const char *records, void (*stop)(void *arg),
               void *arg, struct rt_buf *why)
{
    struct gw_web *w = calloc(1, sizeof *w);

    if (!w)
        return ENOMEM;
    int err = rt_loop_new(&w->loop, "http");
    if (err == 0)
        err = copy_plan(w, admin);
    if (err == 0)
        err = gw_sessions_new(&w->sessions, admin->session);
    if (err == 0)
        err = read_users(w, why);
    if (err == 0)
        err = rt_chan_new(&w->reload, w->loop, 1, 4, on_reload, w);
    if (err == 0)
        err = gw_ask_new(&w->ask, signalling, w->loop, gw, stop, arg);
    if (err == 0)
        err = make_parts(w, records);
    if (err == 0)
        err = serve(w, admin, why);
    if (err != 0) {
        if (why->n == 0)
            rt_buf_printf(why, "%s", strerror(err));
        gw_web_free(w);
        return err;
    }
    *out = w;
    return 0;
}

int gw_web_start(struct gw_web *w)
{
    return w ? rt_thread_start(&w->thread, w->loop) : 0;
}

void gw_web_free(struct gw_web *w)
{
    if (!w)
        return;
    if (rt_thread_finish(w->thread, NULL, NULL) != 0)
        return; /* it reads a file that does not come: all that it has stays */
    rt_http_free(w->http);
    gw_html_free(w->html);
    gw_api_free(w->api);
    gw_ask_free(w->ask);
    rt_chan_free(w->reload);
    if (w->records)
        gw_records_free(w->records);
    if (w->page_records)
        gw_records_free(w->page_records);
    gw_accounts_free(w->accounts);
    if (w->sessions)
        gw_sessions_free(w->sessions);
    rt_loop_free(w->loop);
    free(w->cert);
    free(w->key);
    free(w->users);
    for (unsigned i = 0; i < RT_COUNT(w->host); i++)
        free(w->host[i]);
    free(w);
}
