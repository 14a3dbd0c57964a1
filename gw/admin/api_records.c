/* Calls of the past over HTTP: a query in one line, answered out of the database of `cdr sqlite:`.
 */
#include "gw/admin/api_priv.h"

#include "gw/cdr_priv.h"

#include <errno.h>

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

/** How many were found; negative: it was answered. */
static int find(struct gw_api_call *c, unsigned deflt, unsigned max, gw_record_fn *fn, void *arg)
{
    struct gw_record_query *query = NULL;
    const char *q = gw_api_value(c, "q");
    uint64_t limit = number_of(c, "limit", deflt);
    char why[200] = "";

    if (!c->api->config.records) {
        gw_api_refuse(c, 409, "the plan keeps no records to search: cdr sqlite:FILE");
        return -1;
    }
    if (gw_record_query_parse(&query, rt_str(q ? q : ""), rt_wall(), why, sizeof why) != 0) {
        gw_api_refuse(c, 400, "q: %s", why);
        return -1;
    }
    int n = gw_records_find(c->api->config.records, query, number_of(c, "before", 0),
                            limit < max ? (unsigned)limit : max, fn, arg);
    gw_record_query_free(query);
    if (n == -ENOENT) /* nothing was written yet */
        n = 0;
    if (n < 0)
        gw_api_refuse(c, 503, "%s",
                      n == -ETIMEDOUT ? "this takes too long: ask for less" : strerror(-n));
    return n;
}

/* ---- JSON ---- */

static void add_json(void *arg, struct rt_str json)
{
    struct rt_buf *out = arg;

    rt_buf_puts(out, out->p[out->n - 1] == '[' ? "" : ",");
    rt_buf_puts(out, "{\"type\":\"record\",");
    rt_buf_put(out, json.p + 1, json.n - 1);
}

void gw_api_records(struct gw_api_call *c)
{
    struct rt_buf out = {0};

    rt_buf_puts(&out, "{\"items\":[");
    int n = find(c, LIMIT, LIMIT_MAX, add_json, &out);
    if (n >= 0) {
        rt_buf_puts(&out, n == 0 ? "],\"note\":\"no calls\"}" : "],\"note\":\"\"}");
        if (out.failed)
            gw_api_refuse(c, 503, "out of memory");
        else
            gw_api_reply(c, 200, GW_API_JSON, rt_buf_str(&out));
    }
    rt_buf_release(&out);
}

/* ---- CSV ---- */

static void add_csv(void *arg, struct rt_str json)
{
    json_t *root = json_loadb(json.p, json.n, 0, NULL);
    struct gw_cdr r;

    if (root) {
        gw_cdr_read(&r, root);
        gw_cdr_csv(arg, &r);
    }
    json_decref(root);
}

void gw_api_records_csv(struct gw_api_call *c)
{
    struct rt_buf out = {0};

    gw_cdr_csv_header(&out);
    if (find(c, CSV_LIMIT, CSV_LIMIT_MAX, add_csv, &out) >= 0) {
        if (out.failed)
            gw_api_refuse(c, 503, "out of memory");
        else
            gw_api_reply_with(c, 200, "text/csv; charset=utf-8", rt_buf_str(&out),
                              "Content-Disposition", "attachment; filename=\"records.csv\"");
    }
    rt_buf_release(&out);
}
