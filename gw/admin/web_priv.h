/* What the files of the HTTP side share. All of it is the HTTP thread's. */
#ifndef GW_ADMIN_WEB_PRIV_H
#define GW_ADMIN_WEB_PRIV_H

#include "gw/admin/api.h"
#include "gw/admin/web.h"

/** What a request that waits begins with; it is the request's context. */
struct gw_web_job {
    /** The client has left: it frees itself. */
    void (*drop)(struct gw_web_job *job);
};

struct gw_html;
struct probe;

/** What strangers may ask, asked once for all of them (web_probe.c). */
struct gw_web_question {
    struct gw_asked *asked;
    struct probe *waiting;
    rt_time until;       /**< what was said holds until then */
    const char *problem; /**< NULL: all is well */
};

struct gw_web {
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_http *http;
    struct rt_chan *reload;
    struct gw_ask *ask;
    struct gw_api *api;
    struct gw_html *html;
    struct gw_web_question health, ready;
    struct gw_sessions *sessions;
    struct gw_accounts *accounts; /* NULL: there is no file of them */
    /* NULL: no database. One is the API's, one the page's: each has a thread of its own. */
    struct gw_records *records, *page_records;
    char *cert, *key, *users; /* files */
    char *host[GW_HTTP_HOSTS_MAX];
    unsigned nhosts;
};

/* ---- web_guard.c ---- */

/** True when the request's Host is one of ours: another's is a page of somebody else's that has its
 * name point here (DNS rebinding). */
bool gw_web_host(const struct gw_web *w, const struct rt_http_request *r);
/** True when a browser says that a write comes of our own page, or no browser sends it. */
bool gw_web_origin(const struct rt_http_request *r);

/* ---- web_probe.c: for programs that watch us ---- */

void gw_web_metrics(struct gw_web *w, struct rt_http_request *r);
/** The signalling thread answers. */
void gw_web_health(struct gw_web *w, struct rt_http_request *r);
/** New calls are taken. */
void gw_web_ready(struct gw_web *w, struct rt_http_request *r);

/* ---- html.c: the page for those without JavaScript ---- */

int gw_html_new(struct gw_html **out, struct gw_web *w);
void gw_html_free(struct gw_html *h);
/** Answers when the path is one of the page's; false: it is not. */
bool gw_html_page(struct gw_html *h, struct rt_http_request *r);
/** Answers with the shell around `content`, and with two headers more at most (NULL: none). */
void gw_html_reply(struct gw_html *h, struct rt_http_request *r, unsigned status,
                   const struct rt_http_header *more, const struct rt_buf *content);

/* ---- html_login.c ---- */

/** Answers with the form that asks who it is; `why` may be NULL. Afterwards it goes on at `to`. */
void gw_html_ask_login(struct gw_html *h, struct rt_http_request *r, const char *why,
                       unsigned status, const struct rt_http_header *more, const char *to);
/** A form was sent: /login, /logout. */
void gw_html_login(struct gw_web *w, struct rt_http_request *r);
void gw_html_logout(struct gw_web *w, struct rt_http_request *r);

/* ---- html_table.c ---- */

/** Text as HTML. */
void gw_html_text(struct rt_buf *out, const char *text);
/** Text as a segment of a path. */
void gw_html_segment(struct rt_buf *out, const char *text);
/** `<tag>text</tag>` */
void gw_html_tagged(struct rt_buf *out, const char *tag, const char *text);
/** Lines of a command's answer as tables, one for each type of line; a single line as a list of
 * terms. What the closing line says stands below. */
void gw_html_lines(struct rt_buf *out, struct rt_str lines);

#endif
