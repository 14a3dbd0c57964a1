/* Calls of the past over HTTP: a query in one line, answered out of the database of `cdr sqlite:`.
 */
#include "gw/admin/api_priv.h"

#include "gw/cdr_priv.h"

#include <errno.h>
#include <stdlib.h>

#define LIMIT     100
#define LIMIT_MAX 1000
/** CSV goes to a file: more of it is wanted at once. */
#define CSV_LIMIT     10000
#define CSV_LIMIT_MAX 100000

static uint64_t number_of(const struct gw_api_call *c, const char *name, uint64_t deflt)
{
    const char *text = gw_api_value(c, name);
    uint64_t n = deflt;

    if (text)
        (void)rt_str_u64(&n, rt_str(text), INT64_MAX);
    return n;
}

/** Questions that wait: who asks and leaves does not fill the queue. */
#define LOOKUPS_MAX 16
/** An answer grows no further; who wants more asks twice. */
#define ANSWER_MAX ((size_t)64 << 20)

/** A question to the database, which is asked in a thread: a disk may be slow. */
struct lookup {
    struct gw_aside_job aside;
    struct gw_api_call *call;
    struct gw_records *records;
    struct gw_record_query *query;
    uint64_t before;
    unsigned limit;
    bool csv;
    struct rt_buf out;
    int n; /* how many were found; negative: an errno */
};

static void lookup_free(struct lookup *l)
{
    l->call->aside = false;
    l->call->api->lookups--;
    gw_record_query_free(l->query);
    rt_buf_release(&l->out);
    free(l);
}

/* ---- in the thread ---- */

static void add_json(struct rt_buf *out, struct rt_str json)
{
    rt_buf_puts(out, out->p[out->n - 1] == '[' ? "" : ",");
    rt_buf_puts(out, "{\"type\":\"record\",");
    rt_buf_put(out, json.p + 1, json.n - 1);
}

static void add_csv(struct rt_buf *out, struct rt_str json)
{
    json_t *root = json_loadb(json.p, json.n, 0, NULL);
    struct gw_cdr r;

    if (root) {
        gw_cdr_read(&r, root);
        gw_cdr_csv(out, &r);
    }
    json_decref(root);
}

static void on_record(void *arg, struct rt_str json)
{
    struct lookup *l = arg;

    if (l->out.n > ANSWER_MAX || l->out.failed || json.n == 0)
        return;
    if (l->csv)
        add_csv(&l->out, json);
    else
        add_json(&l->out, json);
}

static void work(struct gw_aside_job *j)
{
    struct lookup *l = (struct lookup *)j;

    if (l->csv)
        gw_cdr_csv_header(&l->out);
    else
        rt_buf_puts(&l->out, "{\"items\":[");
    l->n = gw_records_find(l->records, l->query, l->before, l->limit, on_record, l);
    if (l->n == -ENOENT) /* nothing was written yet */
        l->n = 0;
    if (!l->csv)
        rt_buf_puts(&l->out, l->n == 0 ? "],\"note\":\"no calls\"}" : "],\"note\":\"\"}");
}

/* ---- in the HTTP thread ---- */

static void done(struct gw_aside_job *j)
{
    struct lookup *l = (struct lookup *)j;
    struct gw_api_call *c = l->call;
    struct rt_buf out = l->out;
    int n = l->n;
    bool csv = l->csv;

    l->out = (struct rt_buf){0};
    lookup_free(l);
    if (n == -ETIMEDOUT)
        gw_api_refuse(c, 503, "this takes too long: ask for less");
    else if (n < 0)
        gw_api_refuse(c, 503, "%s", strerror(-n));
    else if (out.failed || out.n > ANSWER_MAX)
        gw_api_refuse(c, 503, "this is too much: ask for less");
    else if (csv)
        gw_api_reply_with(c, 200, "text/csv; charset=utf-8", rt_buf_str(&out),
                          "Content-Disposition", "attachment; filename=\"records.csv\"");
    else
        gw_api_reply(c, 200, GW_API_JSON, rt_buf_str(&out));
    rt_buf_release(&out);
}

static void drop(struct gw_aside_job *j)
{
    lookup_free((struct lookup *)j);
}

static void look_up(struct gw_api_call *c, bool csv)
{
    unsigned max = csv ? CSV_LIMIT_MAX : LIMIT_MAX;
    const char *q = gw_api_value(c, "q");
    uint64_t limit = number_of(c, "limit", csv ? CSV_LIMIT : LIMIT);
    struct gw_record_query *query = NULL;
    char why[200] = "";

    if (!c->api->config.records) {
        gw_api_refuse(c, 409, "the plan keeps no records to search: cdr sqlite:FILE");
        return;
    }
    if (gw_record_query_parse(&query, rt_str(q ? q : ""), rt_wall(), why, sizeof why) != 0) {
        gw_api_refuse(c, 400, "q: %s", why);
        return;
    }
    struct lookup *l = c->api->lookups < LOOKUPS_MAX ? calloc(1, sizeof *l) : NULL;
    if (!l) {
        gw_record_query_free(query);
        gw_api_refuse(c, 503, "too much is looked up now: again in a moment");
        return;
    }
    *l = (struct lookup){.aside = {.work = work, .done = done, .drop = drop},
                         .call = c,
                         .records = c->api->config.records,
                         .query = query,
                         .before = number_of(c, "before", 0),
                         .limit = limit < max ? (unsigned)limit : max,
                         .csv = csv};
    c->aside = true;
    c->api->lookups++;
    gw_aside_do(c->api->aside, &l->aside);
}

void gw_api_records(struct gw_api_call *c)
{
    look_up(c, false);
}

void gw_api_records_csv(struct gw_api_call *c)
{
    look_up(c, true);
}
