/* The page for those without JavaScript: the shell that browsers load anyway, with the content of
 * the path written into it here. It is made of the answers of the same commands that the scripts
 * ask for.
 */
#include "gw/admin/control_priv.h"
#include "gw/admin/web_priv.h"
#include "gw/admin/web_static.h"
#include "gw/aside.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define SECTIONS 4
#define WORDS    8
#define PATIENCE (5 * RT_S) /* then the page shows what has come */
#define RECORDS  50
/** Questions to the database that wait: who asks and leaves does not fill the queue. */
#define LOOKUPS_MAX 16
#define FIELD_MAX   256
#define MARKER      "<!--content-->"

/** What stands on a page: the answers of commands, whose `{x}` are taken from the path or the
 * query; without it the section is left out. */
struct section {
    const char *title, *command;
};

static const struct screen {
    const char *path, *title; /**< `{id}`: a segment */
    struct section section[SECTIONS];
    const char *form[3]; /**< fields to ask for: a form of the page's own */
    const char *records; /**< a query of the records of the past, or the field that has it */
    bool call;           /**< with the drawing of its messages */
} screens[] = {
    {"/",
     "Now",
     {{"Gateway", "show status"},
      {"Alarms", "show alarms"},
      {"Calls", "show calls"},
      {"Trunks", "show trunks"}},
     {NULL},
     NULL,
     false},
    {"/calls", "Calls", {{"In progress", "show calls"}}, {"q"}, "{q}", false},
    {"/calls/{id}",
     "Call {id}",
     {{"Call", "show call {id}"}, {"Why it went there", "show explanation {id}"}},
     {NULL},
     "id:{id}",
     true},
    {"/routes",
     "Routes",
     {{"Where it goes", "route explain {number} --from {from}"}, {"Rows", "show routes"}},
     {"number", "from"},
     NULL,
     false},
    {"/trunks",
     "Trunks",
     {{"Trunks", "show trunks"},
      {"Spans", "show spans"},
      {"Groups", "show groups"},
      {"Registrations", "show registrations"}},
     {NULL},
     NULL,
     false},
    {"/rates",
     "Rates & lists",
     {{"Rates of a number", "show rates {number}"},
      {"Decks", "show decks"},
      {"Lists", "show lists"}},
     {"number"},
     NULL,
     false},
    {"/alarms",
     "Alarms & log",
     {{"Alarms", "show alarms"}, {"Log", "show log"}},
     {NULL},
     NULL,
     false},
    {"/settings",
     "Settings",
     {{"Gateway", "show status"}, {"Generations", "history"}},
     {NULL},
     NULL,
     false},
    {"/login", "Log in", {{NULL, NULL}}, {NULL}, NULL, false},
};

struct page;

struct part {
    struct page *page;
    const struct section *section; /**< NULL: not asked for */
    struct gw_asked *asked;
    struct rt_buf lines;
};

/** A page on its way. */
struct page {
    struct gw_web_job job;
    struct gw_aside_job lookup;
    struct gw_html *html;
    struct rt_http_request *request; /**< NULL: the client has left */
    const struct screen *screen;
    struct gw_api_who who;
    char id[FIELD_MAX];
    struct part part[SECTIONS];
    unsigned waits; /**< answers to come */
    bool looking;   /**< a thread is looking up records */
    struct rt_timer timer;
    char query[FIELD_MAX], why[200];
    struct rt_buf records;
    struct page *prev, *next;
};

struct gw_html {
    struct gw_web *web;
    struct rt_buf shell;
    struct rt_str head, tail; /* of the shell, around the content */
    struct gw_aside *aside;   /* NULL: no database */
    unsigned lookups;         /* that wait for it, or for which nobody waits any more */
    struct page *pages;
};

/* ---- paths and words ---- */

static bool matches(struct page *p, const char *path)
{
    size_t n = strcspn(p->screen->path, "{");

    if (p->screen->path[n] == '\0')
        return strcmp(p->screen->path, path) == 0;
    return strncmp(p->screen->path, path, n) == 0 && path[n] != '\0' && !strchr(path + n, '/') &&
           strncmp(path + n, "--", 2) != 0 && rt_str_copy(p->id, sizeof p->id, rt_str(path + n));
}

/** What `{x}` stands for; NULL or empty: nothing. What a command would take for an option is none.
 */
static const char *field(const struct page *p, const char *name)
{
    const char *value = strcmp(name, "id") == 0 ? p->id : rt_http_query(p->request, name);

    return value && strncmp(value, "--", 2) == 0 ? NULL : value;
}

/** Puts what they stand for in place of each `{x}`. False: one is not there. */
static bool expand(struct rt_buf *out, const struct page *p, const char *text)
{
    for (const char *open; (open = strchr(text, '{')) != NULL; text = strchr(open, '}') + 1) {
        char name[16];
        rt_str_copy(name, sizeof name, (struct rt_str){open + 1, strcspn(open + 1, "}")});
        const char *value = field(p, name);
        if (!value || !*value)
            return false;
        rt_buf_put(out, text, (size_t)(open - text));
        rt_buf_puts(out, value);
    }
    rt_buf_puts(out, text);
    return !out->failed;
}

/* ---- writing ---- */

/** A form that asks for the page again. */
static void put_form(struct rt_buf *out, const struct page *p)
{
    if (!p->screen->form[0])
        return;
    rt_buf_printf(out, "<form action=\"%s\"><p>", p->screen->path);
    for (unsigned i = 0; p->screen->form[i]; i++) {
        const char *value = field(p, p->screen->form[i]);
        rt_buf_printf(out, "<label>%s <input name=\"%s\" value=\"", p->screen->form[i],
                      p->screen->form[i]);
        gw_html_text(out, value ? value : "");
        rt_buf_puts(out, "\"></label> ");
    }
    rt_buf_puts(out, "<button>Look</button></p></form>\n");
}

static void put_parts(struct rt_buf *out, const struct page *p)
{
    for (unsigned i = 0; i < SECTIONS; i++) {
        const struct part *part = &p->part[i];
        if (!part->section)
            continue;
        gw_html_tagged(out, "h2", part->section->title);
        if (part->asked)
            gw_html_tagged(out, "p", "no answer yet");
        else
            gw_html_lines(out, rt_buf_str(&part->lines));
    }
}

static void put_records(struct rt_buf *out, const struct page *p)
{
    if (!p->html->aside || !p->screen->records)
        return;
    gw_html_tagged(out, "h2", p->screen->call ? "Record" : "Of the past");
    if (p->looking)
        gw_html_tagged(out, "p", "no answer yet");
    else if (p->why[0])
        gw_html_tagged(out, "p", p->why);
    else
        gw_html_lines(out, rt_buf_str(&p->records));
}

static void put_who(struct rt_buf *out, const struct gw_api_who *who)
{
    rt_buf_puts(out, "<p>");
    gw_html_text(out, who->name[0] ? who->name : "anybody");
    rt_buf_printf(out, ": %s</p>\n", gw_role_name(who->role));
    if (who->session)
        rt_buf_printf(out,
                      "<form method=\"post\" action=\"/logout\"><input type=\"hidden\" "
                      "name=\"csrf\" value=\"%s\"><button>Log out</button></form>\n",
                      who->csrf);
}

void gw_html_reply(struct gw_html *h, struct rt_http_request *r, unsigned status,
                   const struct rt_http_header *more, const struct rt_buf *content)
{
    struct rt_http_header headers[4] = {{"Content-Type", "text/html; charset=utf-8"}};
    struct rt_buf page = {0};

    for (unsigned i = 0; i < 2 && more && more[i].name; i++)
        headers[i + 1] = more[i];
    rt_buf_put(&page, h->head.p, h->head.n);
    rt_buf_put(&page, content->p ? content->p : "", content->n);
    rt_buf_put(&page, h->tail.p, h->tail.n);
    if (page.failed || content->failed)
        gw_api_problem(r, 503, "out of memory");
    else
        rt_http_reply(r, status, headers, rt_buf_str(&page));
    rt_buf_release(&page);
}

/* ---- a page on its way ---- */

static void page_free(struct page *p)
{
    DL_DELETE(p->html->pages, p);
    rt_timer_stop(&p->timer);
    for (unsigned i = 0; i < SECTIONS; i++)
        rt_buf_release(&p->part[i].lines);
    rt_buf_release(&p->records);
    free(p);
}

/** Nobody waits for it any more; while the thread looks up it stays. */
static void page_over(struct page *p)
{
    p->request = NULL;
    rt_timer_stop(&p->timer);
    for (unsigned i = 0; i < SECTIONS; i++) {
        gw_ask_forget(p->part[i].asked);
        p->part[i].asked = NULL;
    }
    if (!p->looking)
        page_free(p);
}

static void drop(struct gw_web_job *job)
{
    page_over((struct page *)job);
}

static void finish(struct page *p)
{
    struct rt_buf content = {0}, title = {0};

    (void)expand(&title, p, p->screen->title);
    gw_html_tagged(&content, "h1", rt_buf_str(&title).p);
    put_form(&content, p);
    put_parts(&content, p);
    if (p->screen->call) {
        rt_buf_puts(
            &content,
            "<h2>Messages</h2>\n<p><img alt=\"The messages of the call\" src=\"" GW_API_PREFIX
            "/calls/");
        gw_html_segment(&content, p->id);
        rt_buf_puts(&content, "/ladder.svg\"></p>\n");
    }
    put_records(&content, p);
    put_who(&content, &p->who);
    gw_html_reply(p->html, p->request, 200, NULL, &content);
    rt_buf_release(&content);
    rt_buf_release(&title);
    page_over(p);
}

static void finish_if_whole(struct page *p)
{
    if (p->waits == 0 && !p->looking)
        finish(p);
}

static void on_time(void *arg)
{
    finish(arg);
}

static void on_answer(void *arg, const struct gw_ask_answer *a)
{
    struct part *part = arg;

    part->asked = NULL;
    rt_buf_put(&part->lines, a->text.p, a->text.n);
    if (a->code == GW_EXIT_UNREACHABLE && a->text.n == 0)
        rt_buf_puts(&part->lines, "{\"exit\":4,\"error\":\"the gateway has not started\"}\n");
    part->page->waits--;
    finish_if_whole(part->page);
}

/** Asks for a section. */
static void ask(struct page *p, unsigned i)
{
    const struct section *s = &p->screen->section[i];
    struct rt_str rest = rt_str(s->command);
    struct rt_buf word[WORDS] = {{0}};
    struct gw_ask_request q = {.who = p->who.name, .from = p->who.from};
    bool good = s->command != NULL;

    while (good && rest.n > 0 && q.words < WORDS) {
        char text[32];
        rt_str_copy(text, sizeof text, rt_str_cut(&rest, ' '));
        good = expand(&word[q.words], p, text);
        q.word[q.words] = word[q.words].p;
        q.words++;
    }
    if (good) {
        p->part[i].page = p;
        p->part[i].section = s;
        p->part[i].asked = gw_ask(p->html->web->ask, &q, on_answer, &p->part[i]);
        p->waits += p->part[i].asked != NULL;
        if (!p->part[i].asked)
            rt_buf_puts(&p->part[i].lines, "{\"exit\":1,\"error\":\"too much to do\"}\n");
    }
    for (unsigned n = 0; n < WORDS; n++)
        rt_buf_release(&word[n]);
}

/* ---- records of the past: in a thread, a disk may be slow ---- */

static void add_record(void *arg, struct rt_str json)
{
    struct page *p = arg;

    rt_buf_put(&p->records, json.p, json.n);
    rt_buf_puts(&p->records, "\n");
}

static void look_up(struct gw_aside_job *j)
{
    struct page *p = (struct page *)((char *)j - offsetof(struct page, lookup));
    struct gw_record_query *q;

    if (gw_record_query_parse(&q, rt_str(p->query), rt_wall(), p->why, sizeof p->why) != 0)
        return;
    int n = gw_records_find(p->html->web->page_records, q, 0, RECORDS, add_record, p);
    if (n < 0)
        rt_str_copy(p->why, sizeof p->why, rt_str(strerror(-n)));
    gw_record_query_free(q);
}

static void looked_up(struct gw_aside_job *j)
{
    struct page *p = (struct page *)((char *)j - offsetof(struct page, lookup));

    p->looking = false;
    p->html->lookups--;
    if (p->request)
        finish_if_whole(p);
    else
        page_free(p);
}

static void look_dropped(struct gw_aside_job *j)
{
    struct page *p = (struct page *)((char *)j - offsetof(struct page, lookup));

    p->looking = false;
    if (!p->request)
        page_free(p);
}

static void look(struct page *p)
{
    struct rt_buf text = {0};

    if (!p->html->aside || !p->screen->records)
        return;
    if (p->html->lookups >= LOOKUPS_MAX) {
        rt_str_copy(p->why, sizeof p->why, rt_str("too much to do: ask again later"));
        return;
    }
    if (!expand(&text, p, p->screen->records))
        rt_buf_reset(&text); /* no query: the newest */
    rt_str_copy(p->query, sizeof p->query, rt_buf_str(&text));
    rt_buf_release(&text);
    p->lookup = (struct gw_aside_job){.work = look_up, .done = looked_up, .drop = look_dropped};
    p->looking = true;
    p->html->lookups++;
    gw_aside_do(p->html->aside, &p->lookup);
}

/* ---- pages ---- */

static void begin(struct page *p, struct rt_http_request *r)
{
    struct gw_html *h = p->html;

    p->job.drop = drop;
    p->request = r;
    rt_timer_init(&p->timer, h->web->loop, on_time, p);
    DL_APPEND(h->pages, p);
    rt_http_set_context(r, p);
    rt_timer_start(&p->timer, PATIENCE);
    for (unsigned i = 0; i < SECTIONS; i++)
        ask(p, i);
    look(p);
    finish_if_whole(p);
}

bool gw_html_page(struct gw_html *h, struct rt_http_request *r)
{
    static const struct rt_http_header bearer[] = {{"WWW-Authenticate", "Bearer"}, {NULL, NULL}};
    struct page *p = calloc(1, sizeof *p);
    const char *path = rt_http_path(r);
    size_t i = 0;

    if (!p) {
        gw_api_problem(r, 503, "out of memory");
        return true;
    }
    p->html = h;
    for (p->screen = screens; i < RT_COUNT(screens) && !matches(p, path); i++)
        p->screen++;
    bool found = i < RT_COUNT(screens), login = found && strcmp(path, "/login") == 0;
    if (found)
        gw_api_who(h->web->api, r, &p->who);
    if (login) {
        gw_html_ask_login(h, r, NULL, 200, NULL, "/");
    } else if (found && p->who.role < GW_ROLE_VIEWER) {
        gw_html_ask_login(h, r, NULL, 401, bearer, path);
    } else if (found) {
        begin(p, r);
        return true;
    }
    free(p);
    return found;
}

/* ---- life ---- */

/** The shell, in two halves. EINVAL: there is no place for the content in it. */
static int take_shell(struct gw_html *h)
{
    const struct gw_web_file *f = gw_web_file_find("/index.html");
    int err = f ? gw_web_file_text(&h->shell, f) : ENOENT;
    const char *marker = err == 0 && h->shell.p ? strstr(h->shell.p, MARKER) : NULL;

    if (err == 0 && !marker)
        err = EINVAL;
    if (err != 0)
        return err;
    h->head = (struct rt_str){h->shell.p, (size_t)(marker - h->shell.p)};
    h->tail = rt_str(marker + sizeof MARKER - 1);
    return 0;
}

int gw_html_new(struct gw_html **out, struct gw_web *w)
{
    struct gw_html *h = calloc(1, sizeof *h);

    if (!h)
        return ENOMEM;
    h->web = w;
    int err = take_shell(h);
    if (err == 0 && w->page_records)
        err = gw_aside_new(&h->aside, w->loop);
    if (err != 0)
        gw_html_free(h);
    else
        *out = h;
    return err;
}

void gw_html_free(struct gw_html *h)
{
    if (!h)
        return;
    gw_aside_free(h->aside);
    while (h->pages)
        page_over(h->pages);
    rt_buf_release(&h->shell);
    free(h);
}
