/* Files of tables over HTTP: which there are, one of them, another in its place. Where they are is
 * the plan's word, which is asked for; the disk is read in a thread, as files may be large.
 *
 * A table is called KIND:NAME:FILE: `deck:alpha:rates.csv`. Another one is put beside it under a
 * hidden name and read as the plan would read it; only then does it take the place of the old one.
 */
#include "gw/admin/api_priv.h"

#include "gw/admin/api_table.h"
#include "gw/admin/control_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** What is given out at once. */
#define FILE_MAX ((size_t)64 << 20)

struct job;
typedef void job_fn(struct job *j);

/** What the thread works on. */
struct job {
    struct gw_aside_job aside;
    struct gw_api_call *call;
    json_t *tables; /**< the lines of `plan tables` */
    job_fn *work, *done;
    char *id, *body;
    size_t nbody;
    bool put;         /**< it takes the place of the old one */
    uint64_t bad_max; /**< rows that may be bad */
    /* the outcome */
    json_t *items;
    struct rt_buf text;
    char *path;
    const json_t *table; /**< its line; borrowed from `tables` */
    char why[DP_ROWS_WHY];
    unsigned status; /**< 0: good */
    char note[80];
};

static void job_free(struct job *j)
{
    json_decref(j->tables);
    json_decref(j->items);
    rt_buf_release(&j->text);
    free(j->id);
    free(j->body);
    free(j->path);
    free(j);
}

static void refuse(struct job *j, unsigned status, const char *why)
{
    j->status = status;
    rt_str_copy(j->why, sizeof j->why, rt_str(why));
}

/* ---- files of a line ---- */

typedef int file_fn(void *arg, const json_t *table, const char *path, const char *id);

struct glob {
    const json_t *table;
    file_fn *fn;
    void *arg;
};

static int on_path(void *arg, const char *path)
{
    struct glob *g = arg;
    const char *slash = strrchr(path, '/');
    char id[512];

    (void)snprintf(id, sizeof id, "%s:%s:%s", gw_api_table_text(g->table, "kind"),
                   gw_api_table_text(g->table, "name"), slash ? slash + 1 : path);
    return g->fn(g->arg, g->table, path, id);
}

/** Every file of every table; stops when `fn` returns other than 0. */
static int each_file(const json_t *tables, file_fn *fn, void *arg)
{
    int stop = 0;

    for (size_t i = 0; stop == 0 && i < json_array_size(tables); i++) {
        struct glob g = {json_array_get(tables, i), fn, arg};
        int err = rt_glob(gw_api_table_text(g.table, "path"), on_path, &g);
        stop = err == ENOENT ? 0 : err;
    }
    return stop;
}

static int add_file(void *arg, const json_t *table, const char *path, const char *id)
{
    struct job *j = arg;
    struct rt_file_info info = {.size = 0};
    json_t *one = json_object();
    rt_time now = rt_wall();

    (void)rt_file_stat(&info, path);
    int64_t age = now / RT_S - info.modified;
    json_object_set_new(one, "type", json_string("table"));
    json_object_set_new(one, "table", json_string(id));
    json_object_set(one, "kind", json_object_get(table, "kind"));
    json_object_set(one, "name", json_object_get(table, "name"));
    json_object_set_new(one, "path", json_string(path));
    json_object_set_new(one, "octets", json_integer((json_int_t)info.size));
    json_object_set_new(one, "age_s", json_integer(age > 0 ? age : 0));
    json_object_set(one, "rows", json_object_get(table, "rows"));
    json_object_set(one, "rejects", json_object_get(table, "rejects"));
    json_array_append_new(j->items, one);
    return 0;
}

static int find_file(void *arg, const json_t *table, const char *path, const char *id)
{
    struct job *j = arg;

    if (strcmp(id, j->id) != 0)
        return 0;
    j->path = rt_str_dup(rt_str(path));
    j->table = table;
    return EEXIST;
}

/** False: it was refused. */
static bool find(struct job *j)
{
    (void)each_file(j->tables, find_file, j);
    if (!j->path)
        refuse(j, 404, "no such table");
    return j->path != NULL;
}

/* ---- the four rows, in the thread ---- */

static void work_list(struct job *j)
{
    (void)each_file(j->tables, add_file, j);
    if (json_array_size(j->items) == 0)
        rt_str_copy(j->note, sizeof j->note, rt_str("the plan reads no tables"));
}

static void work_get(struct job *j)
{
    if (!find(j))
        return;
    int err = rt_file_read(&j->text, j->path, FILE_MAX);
    if (err == EFBIG)
        refuse(j, 409, "it is too large to be sent");
    else if (err != 0 || j->text.failed)
        refuse(j, 409, strerror(err != 0 ? err : ENOMEM));
}

/** `ROW<tab># line 17: reason` */
static void add_reject(struct job *j, struct rt_str line)
{
    static const char mark[] = "\t# line ";
    const char *at = line.n > 0 ? memmem(line.p, line.n, mark, sizeof mark - 1) : NULL;
    uint64_t number = 0;

    if (!at)
        return;
    struct rt_str row = {line.p, (size_t)(at - line.p)};
    struct rt_str reason = {at + sizeof mark - 1, line.n - row.n - (sizeof mark - 1)};
    (void)rt_str_u64(&number, rt_str_cut(&reason, ':'), INT64_MAX);
    reason = rt_str_trim(reason);
    json_t *one = json_pack("{s:s, s:I, s:s%, s:s%}", "type", "reject", "line", (json_int_t)number,
                            "reason", reason.p, reason.n, "row", row.p, row.n);
    if (one) /* a row that is no UTF-8 cannot be told */
        json_array_append_new(j->items, one);
}

static void rejects_of(struct rt_buf *out, const char *path)
{
    rt_buf_printf(out, "%s.rejects", path);
}

/** Whoever reads a table leaves its bad rows in a file beside it. */
static void add_rejects(struct job *j, const char *path)
{
    struct rt_buf name = {0}, text = {0};

    rejects_of(&name, path);
    if (!name.failed && rt_file_read(&text, name.p, FILE_MAX) == 0) {
        struct rt_str rest = rt_buf_str(&text);
        while (rest.n > 0)
            add_reject(j, rt_str_cut(&rest, '\n'));
    }
    rt_buf_release(&name);
    rt_buf_release(&text);
}

static void work_rejects(struct job *j)
{
    if (!find(j))
        return;
    add_rejects(j, j->path);
    if (json_array_size(j->items) == 0)
        rt_str_copy(j->note, sizeof j->note, rt_str("no row was refused"));
}

/** Puts the body beside the old file, where no pattern of the plan means it; its name in `beside`.
 */
static int put_beside(const struct job *j, struct rt_buf *beside)
{
    const char *slash = strrchr(j->path, '/'), *name = slash ? slash + 1 : j->path;
    struct rt_file_info info;
    int err = rt_file_stat(&info, j->path);

    rt_buf_put(beside, j->path, (size_t)(name - j->path));
    rt_buf_printf(beside, ".new.%s", name);
    if (err == 0 && beside->failed)
        err = ENOMEM;
    return err != 0 ? err : rt_file_replace(beside->p, j->body, j->nbody, info.mode);
}

/** What is in the file at `path`, as an item, and whether it may take the old one's place. */
static void judge(struct job *j, const char *path)
{
    json_t *one = json_pack("{s:s, s:s}", "type", "table_check", "table", j->id);

    json_array_append(j->items, one);
    j->status = gw_api_table_read(j->table, path, j->path, one, j->why);
    json_int_t bad = json_integer_value(json_object_get(one, "rejects"));
    if (j->status == 0 && (uint64_t)bad > j->bad_max) {
        const char *first = json_string_value(json_object_get(one, "first_reject"));
        (void)snprintf(j->why, sizeof j->why, "%lld bad rows, %s%.200s", (long long)bad,
                       first && first[0] ? "the first: " : "and no more than \"bad\" may be",
                       first);
        j->status = 422;
    }
    json_decref(one);
}

static void work_put(struct job *j)
{
    struct rt_buf beside = {0};

    if (!find(j))
        return;
    int err = put_beside(j, &beside);
    if (err == 0) {
        judge(j, beside.p);
        add_rejects(j, beside.p);
        if (j->status == 0 && j->put)
            err = rt_file_rename(beside.p, j->path);
        if (j->status != 0 || !j->put || err != 0)
            (void)rt_file_remove(beside.p);
        rt_buf_puts(&beside, ".rejects");
        if (!beside.failed)
            (void)rt_file_remove(beside.p);
    }
    if (err != 0)
        refuse(j, 409, strerror(err));
    rt_buf_release(&beside);
}

/* ---- what is answered ---- */

/** Lines beside a refusal. */
static void reply_refusal(struct gw_api_call *c, const struct job *j)
{
    json_t *root = json_pack("{s:s, s:i, s:s, s:O}", "title", "The table is refused", "status",
                             (int)j->status, "detail", j->why, "items", j->items);
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    gw_api_reply(c, j->status, "application/problem+json", rt_str(text ? text : "{}"));
    free(text);
}

static void done_list(struct job *j)
{
    gw_api_reply_items(j->call, json_incref(j->items), j->note);
}

static void done_get(struct job *j)
{
    bool csv = strcmp(gw_api_table_text(j->table, "kind"), "lnp") != 0 &&
               !gw_api_table_text(j->table, "query")[0];

    gw_api_reply(j->call, 200, csv ? "text/csv; charset=utf-8" : "application/octet-stream",
                 rt_buf_str(&j->text));
}

/** The tables are read again; what came of it stands behind what the check said. */
static void on_refreshed(void *arg, const struct gw_ask_answer *a)
{
    struct gw_api_call *c = arg;

    c->asked = NULL;
    gw_api_reply_lines(c, a->code, a->status, a->text);
}

static void done_put(struct job *j)
{
    struct gw_api_call *c = j->call;
    const struct gw_ask_request refresh = {
        .kind = GW_ASK_COMMAND, .word = {"plan", "refresh"}, .words = 2};
    char what[160];

    if (!j->put) {
        gw_api_reply_items(c, json_incref(j->items), "it is good; nothing was changed");
        return;
    }
    (void)snprintf(what, sizeof what, "table %.140s: replaced", j->id);
    gw_api_note(c, what, "ok");
    gw_api_ask(c, &refresh, on_refreshed);
}

/* ---- the way there ---- */

static void work(struct gw_aside_job *aside)
{
    struct job *j = (struct job *)aside;
    j->work(j);
}

static void done(struct gw_aside_job *aside)
{
    struct job *j = (struct job *)aside;
    struct gw_api_call *c = j->call;

    c->aside = false;
    if (j->status == 404)
        gw_api_refuse(c, 404, "%.200s: no such table", j->id);
    else if (j->status != 0)
        reply_refusal(c, j);
    else
        j->done(j);
    job_free(j);
}

static void drop(struct gw_aside_job *aside)
{
    struct job *j = (struct job *)aside;

    j->call->aside = false;
    job_free(j);
}

/** The lines of `plan tables` as an array. */
static json_t *lines_of(struct rt_str text)
{
    json_t *array = json_array();

    while (text.n > 0) {
        struct rt_str line = rt_str_cut(&text, '\n');
        json_t *one = json_loadb(line.p, line.n, 0, NULL);
        if (json_object_get(one, "type"))
            json_array_append_new(array, one);
        else
            json_decref(one);
    }
    return array;
}

static const struct {
    gw_api_own_fn *own;
    job_fn *work, *done;
} rows[] = {
    {gw_api_tables, work_list, done_list},
    {gw_api_table, work_get, done_get},
    {gw_api_rejects, work_rejects, done_list},
    {gw_api_table_put, work_put, done_put},
};

static struct job *job_new(struct gw_api_call *c, struct rt_str lines)
{
    struct job *j = calloc(1, sizeof *j);
    struct rt_str body = c->r ? rt_http_body(c->r) : rt_str("");
    const char *id = gw_api_value(c, "table"), *bad = gw_api_value(c, "bad");

    if (!j)
        return NULL;
    j->call = c;
    j->tables = lines_of(lines);
    j->items = json_array();
    j->id = rt_str_dup(rt_str(id ? id : ""));
    j->body = rt_str_dup(body);
    j->nbody = body.n;
    j->put = gw_api_flag(c, "apply");
    if (bad)
        (void)rt_str_u64(&j->bad_max, rt_str(bad), INT64_MAX);
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        if (rows[i].own == c->row->own) {
            j->work = rows[i].work;
            j->done = rows[i].done;
        }
    j->aside = (struct gw_aside_job){.work = work, .done = done, .drop = drop};
    if (!j->tables || !j->items || !j->id || !j->body) {
        job_free(j);
        return NULL;
    }
    return j;
}

static void on_tables(void *arg, const struct gw_ask_answer *a)
{
    struct gw_api_call *c = arg;
    struct job *j;

    c->asked = NULL;
    if (a->code != GW_EXIT_OK) {
        gw_api_reply_lines(c, a->code, a->status, a->text);
        return;
    }
    j = job_new(c, a->text);
    if (!j) {
        gw_api_refuse(c, 503, "out of memory");
        return;
    }
    c->aside = true;
    gw_aside_do(c->api->aside, &j->aside);
}

static void ask(struct gw_api_call *c)
{
    const struct gw_ask_request r = {
        .kind = GW_ASK_COMMAND, .word = {"plan", "tables"}, .words = 2};
    gw_api_ask(c, &r, on_tables);
}

void gw_api_tables(struct gw_api_call *c)
{
    ask(c);
}

void gw_api_table(struct gw_api_call *c)
{
    ask(c);
}

void gw_api_rejects(struct gw_api_call *c)
{
    ask(c);
}

void gw_api_table_put(struct gw_api_call *c)
{
    struct rt_str body = rt_http_body(c->r);
    struct rt_str type = rt_str(rt_http_header(c->r, "Content-Type"));
    struct rt_str kind = rt_str_trim(rt_str_cut(&type, ';'));

    if (body.n == 0)
        gw_api_refuse(c, 400, "the body is missing: the file's new text");
    else if (!rt_str_caseeq(kind, "text/csv") && !rt_str_caseeq(kind, "application/octet-stream"))
        gw_api_refuse(c, 415, "the body has to be text/csv, or application/octet-stream");
    else
        ask(c);
}
